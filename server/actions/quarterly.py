"""The quarterly share with Public Health: counts of a district's presentations through disclosure control, and no
name."""

import io
from collections.abc import Sequence

from server.access import Access
from server.hotspots.periods import Period, say_period
from server.queries import people, presentations, priorities
from shared.model.value import Id
from shared.policy import Act
from shared.rules.presentations import Presented, Table, age_on, count_presentations


def compose_share(access: Access, district_id: Id, period: Period) -> tuple[Table, ...]:
    """The tables of a district and a quarter. Counting reads records, so the door notes that it was done."""
    access.require_district(Act.SHARE_TRACKER, district_id, purpose="quarterly share")
    ids = presentations.list_presented(access.session, district_id, period.first, period.last)
    needs = priorities.list_newest_needs(access.session, ids)
    return count_presentations(
        Presented(
            person_id=person.id,
            gender=person.gender,
            age_years=person.approximate_age_years
            if person.date_of_birth is None
            else age_on(person.date_of_birth, period.last),
            needs=needs.get(person.id, ()),
        )
        for person in people.list_people(access.session, ids)
    )


def write_share(tables: Sequence[Table], district_name: str, period: Period) -> bytes:
    """The tables as an .xlsx file, one sheet, ready for a committee."""
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Presentations")
        bold = book.add_format({"bold": True})
        sheet.write_string(0, 0, f"{district_name}, {say_period(period)}", bold)
        line = 2
        for table in tables:
            sheet.write_string(line, 0, table.title, bold)
            for row in table.rows:
                line += 1
                sheet.write_string(line, 0, row.label.capitalize())
                sheet.write_string(line, 1, row.shown)
            line += 2
        sheet.set_column(0, 1, 38)
    return file.getvalue()
