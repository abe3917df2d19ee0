"""The quarterly share with Public Health: counts through disclosure control, of a district and of all districts together, and no
name.
"""

import io
from collections.abc import Collection, Sequence
from datetime import timedelta

from server.access import Access
from server.hotspots.periods import Period, quarter_of, say_period
from server.queries.cases import presentations, priorities
from server.queries.partnership.districts import list_districts
from server.queries.people import people
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.outcomes import Outcome, Quarter, make_outcome_tables
from shared.rules.presentations import Presented, Table, Tally, add_up, age_on, count_presentations, make_tables
from shared.rules.wording import upper_first

QUARTERS_TOLD = 4


class Share(Value, frozen=True, kw_only=True):
    """What is told of one area."""

    area: str
    tables: tuple[Table, ...]

    @property
    def is_small(self) -> bool:
        """Is there nothing that may be told, of this quarter or of those before it?"""
        return not any(cell.isdecimal() for table in self.tables for row in table.rows for cell in row.cells)


def compose_share(access: Access, district_id: Id, period: Period) -> tuple[Share, Share]:
    """The tables of a district and of all districts together. Counting reads records, so the door notes that it was done."""
    access.require_district(Act.SHARE_TRACKER, district_id, purpose="quarterly share")
    names = {each.id: each.name for each in list_districts(access.session)}
    presented = presentations.list_presented_by_district(access.session, period.first, period.last)
    tallies = {each: _count(access, presented.get(each, frozenset()), period) for each in names}
    over_time, together = _outcomes(access, district_id, list(names), period)
    return (
        Share(area=names[district_id], tables=(*make_tables(tallies[district_id]), over_time)),
        Share(area="All districts together", tables=(*make_tables(add_up(list(tallies.values()))), together)),
    )


def _count(access: Access, ids: Collection[Id], period: Period) -> Tally:
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


def _outcomes(access: Access, district_id: Id, district_ids: Sequence[Id], period: Period) -> tuple[Table, Table]:
    """The last four quarters, this one last."""
    periods = [period]
    while len(periods) < QUARTERS_TOLD:
        periods.insert(0, _quarter_before(periods[0]))
    every = [_quarters(access, each) for each in periods]
    nobody = Quarter(people={})
    return make_outcome_tables(
        [say_period(each) for each in periods],
        [quarters.get(district_id, nobody) for quarters in every],
        [[quarters.get(each, nobody) for each in district_ids] for quarters in every],
    )


def _quarters(access: Access, period: Period) -> dict[Id, Quarter]:
    session, before = access.session, _quarter_before(period)
    new = presentations.list_new_by_district(session, *period)
    closed = presentations.list_closed_by_district(session, *period)
    gone = presentations.list_seen_rough(session, *before) - presentations.list_seen_rough(session, *period)
    met = presentations.list_need_met(session, *period)
    return {
        district_id: Quarter(
            people={
                Outcome.PRESENTED: presented,
                Outcome.NEW: new.get(district_id, frozenset()),
                Outcome.NO_LONGER_SEEN: gone,
                Outcome.NEED_MET: met,
                Outcome.CLOSED: closed.get(district_id, frozenset()),
            }
        )
        for district_id, presented in presentations.list_presented_by_district(session, *period).items()
    }


def _quarter_before(period: Period) -> Period:
    return quarter_of(period.first - timedelta(days=1))


def write_share(shares: Sequence[Share], period: Period) -> bytes:
    """The tables as an .xlsx file, one sheet for each area, ready for a committee."""
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True})
        for share in shares:
            sheet = book.add_worksheet(_sheet_name(share.area))
            sheet.write_string(0, 0, f"{share.area}, {say_period(period)}", bold)
            line = 2
            for table in share.tables:
                sheet.write_string(line, 0, table.title, bold)
                for column, words in enumerate(table.columns, start=1):
                    sheet.write_string(line, column, upper_first(words), bold)
                for row in table.rows:
                    line += 1
                    sheet.write_string(line, 0, upper_first(row.label))
                    for column, cell in enumerate(row.cells, start=1):
                        sheet.write_string(line, column, cell)
                line += 2
            sheet.set_column(0, 0, 48)
            sheet.set_column(1, 8, 30)
    return file.getvalue()


def _sheet_name(area: str) -> str:
    """Excel takes 31 characters, and not all of them."""
    return "".join(letter for letter in area if letter not in "[]:*?/\\'")[:31]
