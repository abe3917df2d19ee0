"""A district's own spreadsheet: any layout is read, and every cell is accounted for."""

import csv
import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.importers.caseload.cells import Unread, read_birth, read_names, read_status, say_name
from server.importers.caseload.grid import read_file
from server.importers.caseload.meanings import find_heading, find_sheet, propose, say_headings
from server.importers.caseload.reading import FATES, Caseload, read_caseload
from server.importers.files import UnusableFile

TODAY = date(2026, 11, 29)
BLOCKS = ["MDT date", "Update", "Actions", "Owner"]
HEADS = [
    "Name", "DOB", "Gender", "Nationality", "District", "Verified rough sleeper (Y/N)", "Current accommodation",
    "Mental Health need", "Receiving MH support?", "Substance misuse", "Receiving support?", "Eviction risk", "Status",
    "First seen",
]  # fmt: skip
ROWS: list[list[Any]] = [
    ["Peter ROE (aka Socks)", date(1975, 3, 2), "M", "UK", "Watford", "Y", "tent by the canal", "Y", "N", "Y - heroin", "Y CGL",
     "N/A", "Open", "3/2/2024", "12/10/2026", "engaging", "CGL to script", "CGL", "09/11/2026", "did not come", "rebook", "HPFT"],
    ["Maria ?", "DOB unknown", "F", "Romania", "Watford", "y", "", "N", "", "N", "", "", "open"],
    ["ROE Peter", "2.3.75", "Male", "", "watford", "Yes", "One YMCA", "Yes", "", "", "", "", "Closed - housed"],
    ["CLOSED CASES"],
    ["Dave & Karen (couple)", "c.1980 / 1984", "", "", "", "Y", "car park", "", "", "", "", "", "Open"],
    ["Ola Nowak", "31/02/1980", "", "", "", "maybe", "", "perhaps", "", "", "", "", "sleeping"],
    ["", "", "", "", "", "", "a doorway"],
]  # fmt: skip


def workbook(rows: list[list[Any]] = ROWS, heads: list[str] | None = None, merged: bool = True) -> bytes:
    """A caseload as a district keeps it: a title, merged heads, two blocks of MDT columns, a second sheet, a hidden one."""
    book = openpyxl.Workbook()
    notes: Any = book.active
    notes.title = "Read me"
    notes.append(["How to use this tracker"])
    sheet = book.create_sheet("Tracker")
    heads = heads or HEADS
    sheet.append(["RS tracker, Watford"])
    sheet.append(["General Data", *[None] * (len(heads) - 1), "MDT 1", None, None, None, "MDT 2"])
    sheet.append([*heads, *BLOCKS, *BLOCKS])
    for row in rows:
        sheet.append([None if cell == "" else cell for cell in row])
    if merged:
        first = len(heads) + 1
        sheet.merge_cells(start_row=2, end_row=2, start_column=1, end_column=first - 1)
        sheet.merge_cells(start_row=2, end_row=2, start_column=first, end_column=first + 3)
        sheet.merge_cells(start_row=2, end_row=2, start_column=first + 4, end_column=first + 7)
    book.create_sheet("Old").sheet_state = "hidden"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def as_csv(rows: list[list[Any]], delimiter: str = ",") -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue().encode("utf-8")


def read(data: bytes, mends: dict[str, str] | None = None) -> Caseload:
    file = read_file(data)
    grid = file.sheets[find_sheet(file.sheets)]
    heading = find_heading(grid)
    return read_caseload(grid, heading, propose(grid, heading), mends or {}, TODAY)


@pytest.mark.parametrize("merged", [True, False])
def test_sheet_heading_and_blocks_are_found(merged: bool) -> None:
    file = read_file(workbook(merged=merged))
    index = find_sheet(file.sheets)
    grid = file.sheets[index]
    heading = find_heading(grid)

    assert (grid.name, heading, file.hidden) == ("Tracker", 2, ("Old",))
    assert propose(grid, heading) == (
        "name", "date_of_birth", "gender", "withheld", "district", "verified", "accommodation", "need.mental_health",
        "support.mental_health", "need.drugs", "support.drugs", "general.eviction_risk", "status", "first_seen",
        "mdt.1.date", "mdt.1.update", "mdt.1.actions", "mdt.1.owner",
        "mdt.2.date", "mdt.2.update", "mdt.2.actions", "mdt.2.owner",
    )  # fmt: skip
    assert say_headings(grid, heading)[-1].endswith("Owner")


def test_people_are_read_with_everything_that_the_row_says() -> None:
    caseload = read(workbook())
    peter = caseload.drafts[0]

    assert peter.person == {
        "name": "Peter Roe", "name_quality": "full", "alias": "Socks", "date_of_birth": "1975-03-02", "dob_quality": "full",
        "gender": "male",
    }  # fmt: skip
    assert peter.needs == {"mental_health": "no", "drugs": "yes"}
    assert (peter.verified, peter.first_seen, peter.mdt_number, peter.status) == (True, "2024-02-03", 3, "open")
    assert [(mdt.number, mdt.date, mdt.update, mdt.actions, mdt.owner) for mdt in peter.mdts] == [
        (1, "2026-10-12", "engaging", "CGL to script", "CGL"), (2, "2026-11-09", "did not come", "rebook", "HPFT"),
    ]  # fmt: skip
    assert any("Y - heroin" in note for note in peter.notes)
    assert any("Y CGL" in note for note in peter.notes)


def test_nobody_is_lost_and_two_in_one_cell_are_two() -> None:
    caseload = read(workbook())
    names = [(draft.row, draft.part, draft.person.get("name", "")) for draft in caseload.drafts]

    assert names == [
        (4, 1, "Peter Roe"), (5, 1, "Maria"), (6, 1, "Peter Roe"), (8, 1, "Dave"), (8, 2, "Karen"), (9, 1, "Ola Nowak"),
        (10, 1, ""),
    ]  # fmt: skip
    dave, karen = caseload.drafts[3], caseload.drafts[4]
    assert (dave.person["approximate_age_years"], karen.person["approximate_age_years"]) == (46, 42)
    assert caseload.drafts[2].outcome == "housed"
    assert caseload.drafts[-1].why_not.startswith("Nobody is named")


def test_every_cell_has_one_fate_and_what_cannot_be_read_says_why() -> None:
    caseload = read(workbook())

    filled = sum(1 for row in ROWS for cell in row if cell != "")
    assert sum(caseload.count(fate) for fate in FATES) == filled == len(caseload.cells)
    unreadable = {(cell.row, cell.text): cell.words for cell in caseload.of("unreadable")}
    assert set(unreadable) == {(9, "31/02/1980"), (9, "perhaps"), (9, "sleeping")}
    assert all(unreadable.values())
    assert [cell.text for cell in caseload.of("withheld")] == ["UK", "Romania"]
    assert [cell.text for cell in caseload.of("heading")] == ["CLOSED CASES"]


def test_a_mended_cell_is_read_as_mended_and_names_somebody() -> None:
    caseload = read(workbook(), {"9-2": "1/2/1980", "9-8": "y", "9-13": "open", "10-1": "Wanda"})

    assert caseload.of("unreadable") == []
    assert caseload.drafts[-2].person["date_of_birth"] == "1980-02-01"
    assert caseload.drafts[-1].person["name"] == "Wanda"
    assert caseload.drafts[-1].why_not == ""


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_without_numbers_over_its_meetings_is_read_too(delimiter: str) -> None:
    rows = [
        ["First name", "Surname", "D.O.B.", "MDT date", "Update", "Actions", "MDT date", "Update", "Actions"],
        ["Ann", "Lee", "1980", "1/9/26", "met", "ring", "1/10/26", "met again", "write"],
    ]
    draft = read(as_csv(rows, delimiter)).drafts[0]
    assert [(mdt.number, mdt.update, mdt.actions) for mdt in draft.mdts] == [
        (1, "met", "ring"),
        (2, "met again", "write"),
    ]
    assert draft.person["name"] == "Ann Lee"


def test_days_after_months_are_read_so_where_the_column_proves_it() -> None:
    rows = [["Name", "DOB"], ["Ann", "12/25/1980"], ["Ben", "03/04/1975"]]
    assert [draft.person["date_of_birth"] for draft in read(as_csv(rows)).drafts] == ["1980-12-25", "1975-03-04"]


def test_a_column_that_proves_both_asks_for_the_unclear_cells() -> None:
    rows = [["Name", "DOB"], ["Ann", "12/25/1980"], ["Ben", "25/12/1975"], ["Cat", "03/04/1975"]]
    caseload = read(as_csv(rows))
    assert [cell.text for cell in caseload.of("unreadable")] == ["03/04/1975"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("John SMITH (aka Smudge)", [("John Smith", "Smudge", True)]),
        ("SMITH, John", [("John Smith", "", True)]),
        ("SMITH John", [("John Smith", "", True)]),
        ("Dave & Karen (couple)", [("Dave", "", True), ("Karen", "", True)]),
        ("Dave and Karen Jones", [("Dave Jones", "", True), ("Karen Jones", "", True)]),
        ('Michał "Misiek" Wójcik', [("Michał Wójcik", "Misiek", True)]),
        ("Maria ?", [("Maria", "", False)]),
        ("Unknown", []),
        ("Anderson", [("Anderson", "", True)]),
    ],
)
def test_names_are_read_as_people_type_them(text: str, named: list[tuple[str, str, bool]]) -> None:
    assert read_names(text) == named


def test_a_name_is_not_shouted() -> None:
    assert say_name("O'BRIEN Mary-Ann") == "Mary-Ann O'Brien"


@pytest.mark.parametrize(
    ("text", "born", "age"),
    [
        ("DOB unknown", None, None), ("?", None, None), ("n/k", None, None), ("c.1980", None, 46), ("1980s", None, 41),
        ("45", None, 45), ("approx 45", None, 45), ("2.3.75", date(1975, 3, 2), None), ("1975-03-02", date(1975, 3, 2), None),
        ("27455", date(1975, 3, 2), None), ("2nd March 1975", date(1975, 3, 2), None), ("refused", None, None),
    ],
)  # fmt: skip
def test_dates_of_birth_are_read_as_people_type_them(text: str, born: date | None, age: int | None) -> None:
    assert read_birth(text, TODAY) == (born, age)


@pytest.mark.parametrize("text", ["31/02/1980", "1/1/1890", "1/1/2030", "soon"])
def test_what_is_no_date_of_birth_says_so(text: str) -> None:
    with pytest.raises(Unread):
        read_birth(text, TODAY)


@pytest.mark.parametrize(
    ("text", "status", "outcome"),
    [("", "open", ""), ("Closed - housed", "closed", "housed"), ("CLOSED", "closed", ""), ("Housed", "closed", "Housed"),
     ("Open (long term)", "open", "long term"), ("pending", "candidate", "")],
)  # fmt: skip
def test_a_status_and_its_outcome(text: str, status: str, outcome: str) -> None:
    assert read_status(text) == (status, outcome)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04nothing", b"\xd0\xcf\x11\xe0", b"%PDF-1.7"])
def test_what_is_no_spreadsheet_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(UnusableFile):
        read_file(data)


@pytest.mark.slow
@given(
    st.lists(
        st.lists(st.text(max_size=12) | st.sampled_from(["y", "N/A", "1/2/80", "A & B", "?", "Closed"]), max_size=6),
        max_size=6,
    )
)
def test_no_cell_is_ever_lost(rows: list[list[str]]) -> None:
    heads = ["Name", "DOB", "Gender", "Status", "Mental health", "Notes"]
    file = read_file(as_csv([heads, *rows]))
    grid = file.sheets[0]
    caseload = read_caseload(grid, 0, propose(grid, 0), {}, TODAY)
    filled = sum(1 for row in grid.rows[1:] for cell in row if cell.strip())
    assert len(caseload.cells) == filled == sum(caseload.count(fate) for fate in FATES)


def test_what_a_name_says_of_looks_and_other_names_is_not_written_over() -> None:
    rows = [
        ["Name", "Known as", "Description"],
        ["tall, red scarf, Polish", "", "has a dog"],
        ["Dave Jones (aka Ginger)", "Dodge", "short"],
    ]
    scarf, dave = read(as_csv(rows)).drafts

    assert scarf.person["description"] == "tall, red scarf, Polish; has a dog"
    assert dave.person["alias"] == "Ginger"
    assert "Known as: Dodge" in dave.notes
