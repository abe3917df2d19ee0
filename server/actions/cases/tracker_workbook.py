"""The tracker as an Excel workbook in the toolkit's shape: General Data, MDT 1 to n, actions, a summary of outcomes.

Every text is written as text, never as a formula or a link, whatever it begins with (ASVS 1.2.10). Reading a
workbook back
gives the same tracker. Nothing here reads the record.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

from server.actions.cases.sheets import open_book, write_sheet
from server.actions.cases.tracker import OPEN, NewRow, TrackedAction, TrackedCase, TrackedReview, Tracker
from server.actions.cases.tracker_cells import (
    Unread,
    read_day,
    read_gender,
    read_number,
    read_status,
    read_support,
    read_yes,
)
from server.actions.cases.tracker_sheets import (
    ACTIONS_SHEET,
    GENERAL_SHEET,
    MDT_SHEET,
    SUMMARY_SHEET,
    TWIN_OF_GENERAL,
    Grid,
    list_elsewhere,
    twin_of,
)
from server.problems import Invalid
from server.queries.cases.priorities import GENERAL_FIELDS, CaseGeneral
from server.workbooks import Damaged, OtherArchive, TooLarge, list_rows, open_workbook
from shared.model.codes import Gender, ReceivingSupport, SupportNeed
from shared.model.value import Id

NEEDS = tuple(SupportNeed)
T = TypeVar("T")
FIRST_COLUMNS = ("Case", "Name", "Date of birth", "Gender", "Status", "MDT number", "Verification", "Outcome")
REVIEW_COLUMNS = ("Case", "Name", "Held on", "Outcome", "Notes", "Actions")
ACTION_COLUMNS = ("Case", "Name", "MDT number", "Agency", "Action", "Due", "Done", "Remark")
YES, NO = "yes", "no"
MOST_ROWS = 20_000
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
NOT_A_WORKBOOK = "This is not an Excel workbook (.xlsx) that can be read. Download the tracker and work in that."


def write_workbook(tracker: Tracker) -> bytes:
    """Write a tracker as an .xlsx file: each sheet, and its hidden twin, so that only what was changed since is taken."""
    file = io.BytesIO()
    with open_book(file, f"Rough Sleeper Tracker, {tracker.district}") as (book, head, blue, wrap):
        sheets = list(_list_sheets(tracker))
        for name, columns, rows in sheets:
            write_sheet(book, name, columns, rows, head if name in (GENERAL_SHEET, SUMMARY_SHEET) else blue, wrap)
        for name, columns, rows in sheets:
            write_sheet(book, twin_of(name), columns, rows, head, wrap).hide()
    return file.getvalue()


def _list_sheets(tracker: Tracker) -> Iterator[tuple[str, tuple[str, ...], list[list[Any]]]]:
    """Each sheet by its name, with its columns and its rows."""
    yield GENERAL_SHEET, _general_columns(), [_general_row(case) for case in tracker.cases]
    for number in range(1, _last_mdt(tracker) + 1):
        reviews = [_review_row(case, review) for case, review in _reviews(tracker, number)]
        yield MDT_SHEET.format(number), REVIEW_COLUMNS, reviews
    yield ACTIONS_SHEET, ACTION_COLUMNS, [_action_row(case, each) for case in tracker.cases for each in case.actions]
    yield SUMMARY_SHEET, ("Outcome", "Status", "Cases"), list(_summary(tracker))


def read_workbook(content: bytes, district: str, today: date) -> Tracker:
    """Read an .xlsx file of this shape: its General Data, and what was changed on its other sheets. Raises Invalid, in words, for
    another file; a cell that cannot be read costs itself."""
    grids = _read_grids(content)
    wrong: list[str] = []
    general, typed = _rows(grids[GENERAL_SHEET])
    cases = tuple(_read_case(_Cells(row, wrong, today)) for row in general)
    new = tuple(_read_new_row(_Cells(row, wrong, today)) for row in typed)
    return Tracker(
        district=district, cases=cases, not_read=tuple(wrong), new_rows=new, elsewhere=list_elsewhere(grids, today)
    )


def read_downloaded(content: bytes, today: date) -> dict[Id, TrackedCase]:
    """What the General Data of a workbook said when it was downloaded, by case; empty for one that does not say."""
    twin = _read_grids(content).get(TWIN_OF_GENERAL)
    return {row["Case"]: _read_case(_Cells(row, [], today)) for row in _rows(twin)[0]} if twin else {}


class _Cells:
    """One row as it is read: what cannot be read is noted in words, and its field left alone."""

    def __init__(self, row: dict[str, Any], wrong: list[str], today: date) -> None:
        self.row, self.wrong, self.today = row, wrong, today
        self.unread: set[str] = set()

    def day(self, value: Any) -> date | None:
        """A day; two figures of a year are the last such year."""
        return read_day(value, self.today)

    def read(self, column: str, reader: Callable[[Any], T], fallback: T, field: str = "") -> T:
        """The cell of a column, or `fallback`."""
        try:
            return reader(self.row[column])
        except Unread as why:
            name = self.row["Name"] or "a row"
            self.wrong.append(f"{name}, sheet “{GENERAL_SHEET}”, {column}: “{self.row[column]}” was not taken. {why}")
            self.unread.add(field or column)
            return fallback


def _general_columns() -> tuple[str, ...]:
    return (
        *FIRST_COLUMNS,
        *(name.replace("_", " ").capitalize() for name in GENERAL_FIELDS),
        *(_say(n) for n in NEEDS),
    )


def _say(need: SupportNeed) -> str:
    return f"Need: {need.value.replace('_', ' ')}"


def _general_row(case: TrackedCase) -> list[Any]:
    needs = dict(case.needs)
    return [
        case.case_id, case.known_as, case.date_of_birth, case.gender.value, case.status, case.mdt_number,
        case.verification, case.outcome, *(YES if getattr(case.general, name) else NO for name in GENERAL_FIELDS),
        *(f"receiving support: {needs[need].value}" if need in needs else "" for need in NEEDS),
    ]  # fmt: skip


def _last_mdt(tracker: Tracker) -> int:
    return max((review.mdt_number for case in tracker.cases for review in case.reviews), default=1)


def _reviews(tracker: Tracker, number: int) -> Iterator[tuple[TrackedCase, TrackedReview]]:
    return ((case, review) for case in tracker.cases for review in case.reviews if review.mdt_number == number)


def _review_row(case: TrackedCase, review: TrackedReview) -> list[Any]:
    bullets = [
        f"{action.agency}: {action.text} by {action.due_on.day} {action.due_on:%b}"
        for action in case.actions
        if action.mdt_number == review.mdt_number
    ]
    return [case.case_id, case.known_as, review.held_on, review.outcome, review.notes, "\n".join(bullets)]


def _action_row(case: TrackedCase, action: TrackedAction) -> list[Any]:
    return [
        case.case_id, case.known_as, action.mdt_number, action.agency, action.text, action.due_on,
        YES if action.done else NO, action.remark,
    ]  # fmt: skip


def _summary(tracker: Tracker) -> Iterator[list[Any]]:
    counted = Counter((case.outcome or "No outcome yet", case.status) for case in tracker.cases)
    return ([outcome, status, number] for (outcome, status), number in sorted(counted.items()))


def _read_grids(content: bytes) -> dict[str, Grid]:
    """Every sheet of a workbook, by its name, row by row. Raises Invalid where there is no tracker in it."""
    try:
        sheets = open_workbook(content, MOST_UNPACKED_BYTES).worksheets
        grids: dict[str, Grid] = {sheet.title: list(islice(list_rows(sheet), MOST_ROWS + 1)) for sheet in sheets}
    except TooLarge as why:
        raise Invalid("The workbook is too large to be a tracker.") from why
    except (Damaged, OtherArchive) as why:
        raise Invalid(NOT_A_WORKBOOK) from why
    if GENERAL_SHEET not in grids:
        raise Invalid(f"The workbook has no sheet named “{GENERAL_SHEET}”. Download the tracker and work in that.")
    for name, grid in grids.items():
        if len(grid) > MOST_ROWS:
            raise Invalid(f"The sheet “{name}” has more than {MOST_ROWS:,} rows.")
    return grids


def _rows(grid: Grid) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of General Data that name a case; and the others that say anything."""
    head = [str(value).strip() if value is not None else "" for value in (grid[0] if grid else ())]
    missing = [column for column in _general_columns() if column not in head]
    if missing:
        raise Invalid(f"The sheet “{GENERAL_SHEET}” has no column named “{missing[0]}”.")
    found, others = [], []
    for line in grid[1:]:
        values = dict(zip(head, line, strict=False))
        row = {column: _text(values.get(column)) for column in _general_columns()}
        row["Case"] = str(row["Case"])
        if row["Case"]:
            found.append(row)
        elif any(value != "" for value in row.values()):
            others.append(row)
    return found, others


def _text(value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return ""
    return (
        value.date()
        if isinstance(value, datetime)
        else str(value)
        if not isinstance(value, int | float | date)
        else value
    )


def _read_new_row(cells: _Cells) -> NewRow:
    """Who was typed in, with whatever else the row says: the form that puts somebody forward begins with it."""
    born = cells.read("Date of birth", cells.day, None)
    said = tuple(
        f"{column}: {cells.row[column]}"
        for column in _general_columns()
        if column not in ("Name", "Date of birth") and cells.row[column] != ""
    )
    return NewRow(name=str(cells.row["Name"]), date_of_birth=born, says=said)


def _read_case(cells: _Cells) -> TrackedCase:
    row = cells.row
    ticked = {name: cells.read(name.replace("_", " ").capitalize(), read_yes, False, name) for name in GENERAL_FIELDS}
    told = {
        need: cells.read(_say(need), read_support, ReceivingSupport.NOT_KNOWN, "needs")
        for need in NEEDS
        if row[_say(need)] != ""
    }
    return TrackedCase(
        case_id=str(row["Case"]),
        known_as=str(row["Name"]),
        date_of_birth=cells.read("Date of birth", cells.day, None, "date_of_birth"),
        gender=cells.read("Gender", read_gender, Gender.NOT_KNOWN, "gender"),
        status=cells.read("Status", read_status, OPEN, "status"),
        mdt_number=cells.read("MDT number", read_number, 1, "mdt_number"),
        verification=str(row["Verification"]),
        needs=tuple(sorted(told.items())),
        general=CaseGeneral(case_id=str(row["Case"]), **ticked),
        outcome=str(row["Outcome"]),
        reviews=(),
        actions=(),
        unread=tuple(sorted(cells.unread)),
    )
