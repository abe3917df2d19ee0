"""The tracker as an Excel workbook in the toolkit's shape: General Data, MDT 1 to n, actions, a summary of outcomes.

Every text is written as text, never as a formula or a link, whatever it begins with (ASVS 1.2.10). Reading a
workbook back
gives the same tracker. Nothing here reads the record.
"""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from server.actions.cases.tracker import CLOSED, OPEN, TrackedAction, TrackedCase, TrackedReview, Tracker, plain
from server.problems import Invalid
from server.queries.cases.priorities import GENERAL_FIELDS, CaseGeneral
from shared.model.codes import Gender, ReceivingSupport, SupportNeed
from shared.model.value import Id

GENERAL_SHEET, MDT_SHEET, ACTIONS_SHEET, SUMMARY_SHEET = "General Data", "MDT {}", "Actions", "Outcomes Summary"
NEEDS = tuple(SupportNeed)
FIRST_COLUMNS = ("Case", "Name", "Date of birth", "Gender", "Status", "MDT number", "Verification", "Outcome")
REVIEW_COLUMNS = ("Case", "Name", "Held on", "Outcome", "Notes", "Actions")
ACTION_COLUMNS = ("Case", "Name", "MDT number", "Agency", "Action", "Due", "Done", "Remark")
YES, NO = "yes", "no"
MOST_ROWS = 20_000
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
NOT_A_WORKBOOK = "This is not an Excel workbook (.xlsx) that can be read. Download the tracker and work in that."


def write_workbook(tracker: Tracker) -> bytes:
    """Write a tracker as an .xlsx file."""
    import xlsxwriter

    file = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, safe) as book:
        book.set_properties({"title": f"Rough Sleeper Tracker, {tracker.district}", "author": "Lantern"})
        head = book.add_format({"bold": True, "bg_color": "#f6d9b0", "text_wrap": True, "valign": "top"})
        blue = book.add_format({"bold": True, "bg_color": "#cfe2f3", "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        _write_sheet(book, GENERAL_SHEET, _general_columns(), map(_general_row, tracker.cases), head, wrap)
        for number in range(1, _last_mdt(tracker) + 1):
            rows = (_review_row(case, review) for case, review in _reviews(tracker, number))
            _write_sheet(book, MDT_SHEET.format(number), REVIEW_COLUMNS, rows, blue, wrap)
        actions = (_action_row(case, action) for case in tracker.cases for action in case.actions)
        _write_sheet(book, ACTIONS_SHEET, ACTION_COLUMNS, actions, blue, wrap)
        _write_sheet(book, SUMMARY_SHEET, ("Outcome", "Status", "Cases"), _summary(tracker), head, wrap)
    return file.getvalue()


def read_workbook(content: bytes, district: str) -> Tracker:
    """Read an .xlsx file of this shape. Raises Invalid, in words, for anything else."""
    sheets = _open(content)
    reviews: dict[Id, list[TrackedReview]] = {}
    for number in range(1, 1000):
        name = MDT_SHEET.format(number)
        if name not in sheets:
            break
        for row in _rows(sheets[name], REVIEW_COLUMNS, name):
            reviews.setdefault(row["Case"], []).append(
                TrackedReview(
                    mdt_number=number,
                    held_on=_need_day(row, "Held on", name),
                    outcome=row["Outcome"],
                    notes=row["Notes"],
                )
            )
    actions: dict[Id, list[TrackedAction]] = {}
    for row in _rows(sheets[ACTIONS_SHEET], ACTION_COLUMNS, ACTIONS_SHEET):
        actions.setdefault(row["Case"], []).append(_read_action(row))
    general = _rows(sheets[GENERAL_SHEET], _general_columns(), GENERAL_SHEET)
    cases = tuple(_read_case(row, reviews.get(row["Case"], []), actions.get(row["Case"], [])) for row in general)
    return Tracker(district=district, cases=cases)


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


def _write_sheet(book: Any, name: str, columns: tuple[str, ...], rows: Any, head: Any, wrap: Any) -> None:
    sheet = book.add_worksheet(name)
    day = book.add_format({"num_format": "d mmm yyyy", "valign": "top"})
    for column, words in enumerate(columns):
        sheet.write_string(0, column, words, head)
    last = 0
    for last, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(last, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001 - Excel's days have no zone
            elif isinstance(value, int):
                sheet.write_number(last, column, value, wrap)
            elif value:
                sheet.write_string(last, column, plain(value), wrap)
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, len(columns) - 1, 18)
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)


def _open(content: bytes) -> dict[str, Any]:
    import openpyxl

    _refuse_bomb(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = {sheet.title: sheet for sheet in book.worksheets}
    except Exception as why:  # a stranger's file fails in as many ways as there are parsers
        raise Invalid(NOT_A_WORKBOOK) from why
    for name in (GENERAL_SHEET, ACTIONS_SHEET):
        if name not in sheets:
            raise Invalid(f"The workbook has no sheet named “{name}”. Download the tracker and work in that.")
    return sheets


def _refuse_bomb(content: bytes) -> None:
    """A workbook is a zip file: a small one may unpack to more than any memory holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
    except zipfile.BadZipFile as why:
        raise Invalid(NOT_A_WORKBOOK) from why
    if unpacked > MOST_UNPACKED_BYTES:
        raise Invalid("The workbook is too large to be a tracker.")


def _rows(sheet: Any, columns: tuple[str, ...], name: str) -> list[dict[str, Any]]:
    lines = sheet.iter_rows(values_only=True)
    head = [str(value) if value is not None else "" for value in next(lines, ())]
    missing = [column for column in columns if column not in head]
    if missing:
        raise Invalid(f"The sheet “{name}” has no column named “{missing[0]}”.")
    found = []
    for number, line in enumerate(lines, start=2):
        if number > MOST_ROWS:
            raise Invalid(f"The sheet “{name}” has more than {MOST_ROWS:,} rows.")
        values = dict(zip(head, line, strict=False))
        if values.get("Case"):
            found.append({column: _text(values.get(column)) for column in columns})
    return found


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


def _read_case(row: dict[str, Any], reviews: list[TrackedReview], actions: list[TrackedAction]) -> TrackedCase:
    if row["Status"] not in (OPEN, CLOSED):
        raise Invalid(f"{row['Name']}: the status is “{row['Status']}”. Write {OPEN} or {CLOSED}.")
    ticked = {name: _read_yes(row, name.replace("_", " ").capitalize()) for name in GENERAL_FIELDS}
    told = {need: row[_say(need)] for need in NEEDS if row[_say(need)]}
    return TrackedCase(
        case_id=str(row["Case"]),
        known_as=str(row["Name"]),
        date_of_birth=_read_day(row, "Date of birth", GENERAL_SHEET),
        gender=Gender(str(row["Gender"]) or Gender.NOT_KNOWN.value),
        status=row["Status"],
        mdt_number=int(row["MDT number"] or 1),
        verification=str(row["Verification"]),
        needs=tuple((need, _read_support(row, words)) for need, words in sorted(told.items())),
        general=CaseGeneral(case_id=str(row["Case"]), **ticked),
        outcome=str(row["Outcome"]),
        reviews=tuple(sorted(reviews, key=lambda review: review.mdt_number)),
        actions=tuple(actions),
    )


def _read_action(row: dict[str, Any]) -> TrackedAction:
    return TrackedAction(
        mdt_number=int(row["MDT number"] or 1),
        agency=str(row["Agency"]),
        text=str(row["Action"]),
        due_on=_need_day(row, "Due", ACTIONS_SHEET),
        done=_read_yes(row, "Done"),
        remark=str(row["Remark"]),
    )


def _read_support(row: dict[str, Any], words: str) -> ReceivingSupport:
    said = str(words).rpartition(":")[2].strip().casefold().replace(" ", "_")
    if said not in {each.value for each in ReceivingSupport}:
        raise Invalid(
            f"{row['Name']}: “{words}” says nothing about support. Write receiving support: yes, no or not_known."
        )
    return ReceivingSupport(said)


def _read_yes(row: dict[str, Any], column: str) -> bool:
    said = str(row[column]).strip().casefold()
    if said not in (YES, NO, ""):
        raise Invalid(f"{row['Name']}: “{row[column]}” under “{column}”. Write {YES} or {NO}.")
    return said == YES


def _read_day(row: dict[str, Any], column: str, sheet: str) -> date | None:
    value = row[column]
    if value == "" or isinstance(value, date):
        return value or None
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError as why:
        raise Invalid(
            f"{row['Name']}, sheet “{sheet}”: “{value}” under “{column}” is no day. Write it as 2026-11-28."
        ) from why


def _need_day(row: dict[str, Any], column: str, sheet: str) -> date:
    found = _read_day(row, column, sheet)
    if found is None:
        raise Invalid(f"{row['Name']}, sheet “{sheet}”: there is no day under “{column}”.")
    return found
