"""The tracker as an Excel workbook in the toolkit's shape: General Data, MDT 1 to n, actions, a summary of outcomes.

Every text is written as text, never as a formula or a link, whatever it begins with (ASVS 1.2.10). Reading a
workbook back
gives the same tracker. Nothing here reads the record.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
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
from server.problems import Invalid
from server.queries.cases.priorities import GENERAL_FIELDS, CaseGeneral
from server.workbooks import Damaged, OtherArchive, TooLarge, list_rows, open_workbook
from shared.model.codes import Gender, ReceivingSupport, SupportNeed
from shared.model.value import Id

GENERAL_SHEET, MDT_SHEET, ACTIONS_SHEET, SUMMARY_SHEET = "General Data", "MDT {}", "Actions", "Outcomes Summary"
NEEDS = tuple(SupportNeed)
T = TypeVar("T")
FIRST_COLUMNS = ("Case", "Name", "Date of birth", "Gender", "Status", "MDT number", "Verification", "Outcome")
REVIEW_COLUMNS = ("Case", "Name", "Held on", "Outcome", "Notes", "Actions")
ACTION_COLUMNS = ("Case", "Name", "MDT number", "Agency", "Action", "Due", "Done", "Remark")
DOWNLOADED_SHEET = "As downloaded"
"""A hidden sheet: what General Data said at the download, so that only what was changed since is taken."""
YES, NO = "yes", "no"
MOST_ROWS = 20_000
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
NOT_A_WORKBOOK = "This is not an Excel workbook (.xlsx) that can be read. Download the tracker and work in that."


def write_workbook(tracker: Tracker) -> bytes:
    """Write a tracker as an .xlsx file."""
    file = io.BytesIO()
    with open_book(file, f"Rough Sleeper Tracker, {tracker.district}") as (book, head, blue, wrap):
        write_sheet(book, GENERAL_SHEET, _general_columns(), map(_general_row, tracker.cases), head, wrap)
        for number in range(1, _last_mdt(tracker) + 1):
            rows = (_review_row(case, review) for case, review in _reviews(tracker, number))
            write_sheet(book, MDT_SHEET.format(number), REVIEW_COLUMNS, rows, blue, wrap)
        actions = (_action_row(case, action) for case in tracker.cases for action in case.actions)
        write_sheet(book, ACTIONS_SHEET, ACTION_COLUMNS, actions, blue, wrap)
        write_sheet(book, SUMMARY_SHEET, ("Outcome", "Status", "Cases"), _summary(tracker), head, wrap)
        downloaded = map(_general_row, tracker.cases)
        write_sheet(book, DOWNLOADED_SHEET, _general_columns(), downloaded, head, wrap).hide()
    return file.getvalue()


def read_workbook(content: bytes, district: str, today: date) -> Tracker:
    """Read an .xlsx file of this shape. Raises Invalid, in words, for another file; a cell that cannot be read costs itself."""
    sheets = _open(content)
    wrong: list[str] = []
    reviews: dict[Id, list[TrackedReview]] = {}
    actions: dict[Id, list[TrackedAction]] = {}
    skipped: dict[Id, set[str]] = {}
    for number in range(1, 1000):
        name = MDT_SHEET.format(number)
        if name not in sheets:
            break
        for row in _rows(sheets[name], REVIEW_COLUMNS, name)[0]:
            cells = _Cells(row, name, wrong, today)
            held_on = cells.read("Held on", cells.need_day, None)
            if held_on is None:
                skipped.setdefault(row["Case"], set()).add("reviews")
                continue
            told = {"outcome": str(row["Outcome"]), "notes": str(row["Notes"])}
            reviews.setdefault(row["Case"], []).append(TrackedReview(mdt_number=number, held_on=held_on, **told))
    for row in _rows(sheets[ACTIONS_SHEET], ACTION_COLUMNS, ACTIONS_SHEET)[0]:
        cells = _Cells(row, ACTIONS_SHEET, wrong, today)
        action = _read_action(cells)
        if cells.unread or action is None:
            skipped.setdefault(row["Case"], set()).add("actions")
        else:
            actions.setdefault(row["Case"], []).append(action)
    general, new_rows = _rows(sheets[GENERAL_SHEET], _general_columns(), GENERAL_SHEET)
    cases = tuple(
        _read_case(
            _Cells(row, GENERAL_SHEET, wrong, today, skipped.get(row["Case"], set())), reviews.get(row["Case"], []),
            actions.get(row["Case"], []),
        )
        for row in general
    )  # fmt: skip
    new = tuple(
        NewRow(
            name=named,
            date_of_birth=(cells := _Cells(row, GENERAL_SHEET, wrong, today)).read("Date of birth", cells.day, None),
        )
        for named, row in new_rows
    )  # fmt: skip
    return Tracker(district=district, cases=cases, not_read=tuple(wrong), new_rows=new)


def read_downloaded(content: bytes, today: date) -> dict[Id, TrackedCase]:
    """What the General Data of a workbook said when it was downloaded, by case; empty for one that does not say."""
    sheets = _open(content)
    if DOWNLOADED_SHEET not in sheets:
        return {}
    rows, _ = _rows(sheets[DOWNLOADED_SHEET], _general_columns(), DOWNLOADED_SHEET)
    return {row["Case"]: _read_case(_Cells(row, DOWNLOADED_SHEET, [], today), [], []) for row in rows}


class _Cells:
    """One row as it is read: what cannot be read is noted in words, and its field left alone."""

    def __init__(
        self, row: dict[str, Any], sheet: str, wrong: list[str], today: date, unread: Iterable[str] = ()
    ) -> None:
        self.row, self.sheet, self.wrong, self.today, self.unread = row, sheet, wrong, today, set(unread)

    def day(self, value: Any) -> date | None:
        """A day; two figures of a year are the last such year."""
        return read_day(value, self.today)

    def need_day(self, value: Any) -> date | None:
        """A day that has to be there."""
        found = self.day(value)
        if found is None:
            raise Unread("Write a day with its year.")
        return found

    def read(self, column: str, reader: Callable[[Any], T], fallback: T, field: str = "") -> T:
        """The cell of a column, or `fallback`."""
        try:
            return reader(self.row[column])
        except Unread as why:
            name = self.row["Name"] or "a row"
            self.wrong.append(f"{name}, sheet “{self.sheet}”, {column}: “{self.row[column]}” was not taken. {why}")
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


def _open(content: bytes) -> dict[str, Any]:
    try:
        sheets = {sheet.title: sheet for sheet in open_workbook(content, MOST_UNPACKED_BYTES).worksheets}
    except TooLarge as why:
        raise Invalid("The workbook is too large to be a tracker.") from why
    except (Damaged, OtherArchive) as why:
        raise Invalid(NOT_A_WORKBOOK) from why
    for name in (GENERAL_SHEET, ACTIONS_SHEET):
        if name not in sheets:
            raise Invalid(f"The workbook has no sheet named “{name}”. Download the tracker and work in that.")
    return sheets


def _lines(sheet: Any) -> Iterator[tuple[Any, ...]]:
    try:
        yield from list_rows(sheet)
    except Damaged as why:
        raise Invalid(NOT_A_WORKBOOK) from why


def _rows(
    sheet: Any, columns: tuple[str, ...], name: str
) -> tuple[list[dict[str, Any]], list[tuple[str, dict[str, Any]]]]:
    """The rows that name a case; and the others that hold anything else, each with what it is called."""
    lines = _lines(sheet)
    head = [str(value).strip() if value is not None else "" for value in next(lines, ())]
    missing = [column for column in columns if column not in head]
    if missing:
        raise Invalid(f"The sheet “{name}” has no column named “{missing[0]}”.")
    found, others = [], []
    for number, line in enumerate(lines, start=2):
        if number > MOST_ROWS:
            raise Invalid(f"The sheet “{name}” has more than {MOST_ROWS:,} rows.")
        values = dict(zip(head, line, strict=False))
        row = {column: _text(values.get(column)) for column in columns}
        row["Case"] = str(row["Case"])
        if row["Case"]:
            found.append(row)
        elif any(value != "" for value in row.values()):
            others.append((str(row.get("Name") or f"Row {number}"), row))
    return found, others


def _text(value: Any) -> Any:
    if value is None:
        return ""
    return (
        value.date()
        if isinstance(value, datetime)
        else str(value)
        if not isinstance(value, int | float | date)
        else value
    )


def _read_case(cells: _Cells, reviews: list[TrackedReview], actions: list[TrackedAction]) -> TrackedCase:
    row = cells.row
    ticked = {name: cells.read(name.replace("_", " ").capitalize(), read_yes, False, name) for name in GENERAL_FIELDS}
    told = {
        need: cells.read(_say(need), read_support, ReceivingSupport.NOT_KNOWN, "needs")
        for need in NEEDS
        if row[_say(need)]
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
        reviews=tuple(sorted(reviews, key=lambda review: review.mdt_number)),
        actions=tuple(actions),
        unread=tuple(sorted(cells.unread)),
    )


def _read_action(cells: _Cells) -> TrackedAction | None:
    row = cells.row
    due_on = cells.read("Due", cells.need_day, None)
    number, done = cells.read("MDT number", read_number, 1), cells.read("Done", read_yes, False)
    if due_on is None:
        return None
    return TrackedAction(
        mdt_number=number, agency=str(row["Agency"]), text=str(row["Action"]), due_on=due_on, done=done,
        remark=str(row["Remark"]),
    )  # fmt: skip
