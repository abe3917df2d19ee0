"""The sheets of a county's file and their columns, and the file itself: a workbook, or the same as JSON.

Every cell is text here; what a text means is judged in `plan`. A worker's row names agencies, teams and districts by the words
that people use, never by ids: the `Id` column is filled in by an export alone, so that a later file may rename what it names.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from msgspec import json

from server.database.sql import storable_words
from server.importers.files import WORKBOOK_MAGIC, UnusableFile
from server.importers.workbook import in_words, rows_of
from server.workbooks import open_workbook
from shared.model.value import NO_JSON

MOST_BYTES = 8 * 1024 * 1024
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
MOST_ROWS = 20_000
APART = "; "
"""Between the names of a list in one cell."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its columns in order, and those that together name a row."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


SHEETS = (
    Sheet("Districts", ("Code", "Name", "Verified only", "Answer in days", "From", "Until", "Id"), ("Code",)),
    Sheet("Agencies", ("Name", "Kind", "Mailbox", "Id"), ("Name",)),
    Sheet("Teams", ("Agency", "Name", "Districts", "Id"), ("Agency", "Name")),
    Sheet(
        "Workers",
        (
            "E-mail",
            "Name",
            "Agency",
            "Roles",
            "Teams",
            "Districts",
            "Trained on",
            "Telephone",
            "Emergency contact",
            "Active",
            "Id",
        ),
        ("E-mail", "Name", "Agency"),
    ),
    Sheet(
        "Agreements",
        ("Agency", "Kind", "Version", "Signed by", "Signed on", "Last day", "Id"),
        ("Agency", "Kind", "Version"),
    ),
)
"""In the order in which they are applied: a row may name what an earlier sheet brings."""

BY_NAME = {sheet.name: sheet for sheet in SHEETS}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number a spreadsheet shows beside it, and its cells by column, every column there."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class County:
    """Rows by sheet. `unread` names sheets and columns of the file that mean nothing here."""

    rows: Mapping[str, tuple[Row, ...]]
    unread: tuple[str, ...] = field(default=())

    def of(self, sheet: str) -> tuple[Row, ...]:
        return self.rows.get(sheet, ())


def read_county(data: bytes) -> County:
    """Reads either form. Raises UnusableFile in words that say what to do."""
    if len(data) > MOST_BYTES:
        raise UnusableFile(f"The file is larger than {MOST_BYTES // 2**20} MB: is it the right one?")
    tables = dict(_read_workbook(data) if data.startswith(WORKBOOK_MAGIC) else _read_json(data))
    known = {sheet.name.casefold(): sheet for sheet in SHEETS}
    rows: dict[str, tuple[Row, ...]] = {}
    unread: list[str] = []
    for name, table in tables.items():
        sheet = known.get(name.strip().casefold())
        if sheet is None:
            unread.append(f"sheet {name}")
            continue
        rows[sheet.name], strange = _under_headings(sheet, table)
        unread += [f"column {column} of {sheet.name}" for column in strange]
    if not rows:
        raise UnusableFile(f"The file has none of the sheets {', '.join(sheet.name for sheet in SHEETS)}.")
    return County(rows, tuple(unread))


def _under_headings(sheet: Sheet, table: list[list[str]]) -> tuple[tuple[Row, ...], list[str]]:
    heading = next((number for number, cells in enumerate(table) if any(cells)), None)
    if heading is None:
        return (), []
    known = {column.casefold(): column for column in sheet.columns}
    columns = [known.get(cell.strip().casefold()) for cell in table[heading]]
    if not set(sheet.key) & set(columns):
        raise UnusableFile(f"The first row of the sheet {sheet.name} names none of the columns {', '.join(sheet.key)}.")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise UnusableFile(f"The sheet {sheet.name} has the column {', '.join(twice)} more than once.")
    strange = [cell for cell, column in zip(table[heading], columns, strict=True) if column is None and cell.strip()]
    rows = []
    for number, cells in enumerate(table[heading + 1 :], start=heading + 2):
        if any(cell.strip() for cell in cells):
            said = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
            rows.append(Row(number, {name: said.get(name, "") for name in sheet.columns}))
    return tuple(rows), strange


def _read_json(data: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    try:
        tables = json.decode(data, type=dict[str, list[dict[str, str | int | bool | None]]])
    except NO_JSON as error:
        raise UnusableFile(
            "The file is neither a workbook (.xlsx) nor JSON of this shape: start from an export."
        ) from error
    for name, records in tables.items():
        columns = list(dict.fromkeys(column for record in records for column in record))
        rows = [[_to_text(record.get(column)) for column in columns] for record in records]
        yield name, [columns, *rows] if columns else []


def _read_workbook(data: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    with in_words():
        book = open_workbook(data, MOST_UNPACKED_BYTES)
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            table = [[_to_text(value) for value in line] for line in rows_of(sheet, MOST_ROWS + 1)]
            if len(table) > MOST_ROWS:
                raise UnusableFile(f"The sheet {sheet.title} has more than {MOST_ROWS:,} rows.")
            yield sheet.title, table
    finally:
        book.close()


def _to_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return storable_words(str(value))


def write_json(county: County) -> bytes:
    tables = {sheet.name: [dict(row.cells) for row in county.of(sheet.name)] for sheet in SHEETS}
    return json.format(json.encode(tables), indent=2)


def write_workbook(county: County) -> bytes:
    """Every cell is written as text, never as a formula or a link, whatever it begins with (ASVS 1.2.10)."""
    import xlsxwriter

    file = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, safe) as book:
        book.set_properties({"title": "County", "author": "Lantern"})
        head = book.add_format({"bold": True, "bg_color": "#f6d9b0"})
        for sheet in SHEETS:
            _write_sheet(book.add_worksheet(sheet.name), sheet, county.of(sheet.name), head)
    return file.getvalue()


def _write_sheet(written: Any, sheet: Sheet, rows: Iterable[Row], head: Any) -> None:
    for number, column in enumerate(sheet.columns):
        written.write_string(0, number, column, head)
    for line, row in enumerate(rows, start=1):
        for number, column in enumerate(sheet.columns):
            written.write_string(line, number, row.cells[column])
    written.freeze_panes(1, 0)
    written.autofilter(0, 0, max(1, len(list(rows))), len(sheet.columns) - 1)
    written.set_column(0, len(sheet.columns) - 2, 26)
    written.set_column(len(sheet.columns) - 1, len(sheet.columns) - 1, 12)
