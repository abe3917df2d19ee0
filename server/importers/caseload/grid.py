"""A spreadsheet as sheets of texts, however it was laid out; what its columns mean is not decided here. Pure."""

import io
from datetime import datetime
from typing import Any

from msgspec import Struct

from server.importers.files import MAX_BYTES, WORKBOOK_MAGIC, UnusableFile, decode_text, make_storable
from server.importers.records import Records
from server.importers.workbook import in_words, rows_of, to_text
from server.workbooks import open_workbook

ROWS_MAX, COLUMNS_MAX, CELL_MAX = 2_000, 200, 10_000


class Merged(Struct, frozen=True):
    """A head over several columns, or several rows: first and last of each, counted from 0."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


class Grid(Struct, frozen=True):
    """One sheet. Row 0 is the spreadsheet's row 1."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    merged: tuple[Merged, ...] = ()

    def cell(self, row: int, column: int) -> str:
        cells = self.rows[row]
        return cells[column] if column < len(cells) else ""

    def spread(self, row: int, column: int) -> str:
        """The cell, or what stands in the head that covers it."""
        for each in self.merged:
            if each.first_row <= row <= each.last_row and each.first_column <= column <= each.last_column:
                return self.cell(each.first_row, each.first_column)
        return self.cell(row, column)

    @property
    def width(self) -> int:
        return max((len(cells) for cells in self.rows), default=0)


class File(Struct, frozen=True):
    """The sheets that are shown, and the names of those that were hidden and are not read."""

    sheets: tuple[Grid, ...]
    hidden: tuple[str, ...] = ()


def read_file(data: bytes) -> File:
    """Every sheet of a workbook, or the one of a CSV file. Raises UnusableFile, in words."""
    file = _read_workbook(data) if data.startswith(WORKBOOK_MAGIC) else File((_read_csv(decode_text(data)),))
    if not any(sheet.rows for sheet in file.sheets):
        raise UnusableFile("Nothing stands in this file.")
    return file


def _read_csv(text: str) -> Grid:
    records = Records(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    rows = []
    for number, cells in records:
        if isinstance(cells, str):
            raise UnusableFile(f"Row {number} cannot be read. {cells}")
        rows.append(cells)
    return _checked("", rows, ())


def _read_workbook(data: bytes) -> File:
    with in_words():
        workbook = open_workbook(data, MAX_BYTES // 4, read_only=False)
    shown = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    return File(
        tuple(_read_sheet(sheet) for sheet in shown),
        tuple(sheet.title for sheet in workbook.worksheets if sheet.sheet_state != "visible"),
    )


def _read_sheet(sheet: Any) -> Grid:
    rows = [[_say(value) for value in values] for values in rows_of(sheet, ROWS_MAX + 200)]
    merged = tuple(
        Merged(each.min_row - 1, each.max_row - 1, each.min_col - 1, each.max_col - 1)
        for each in sheet.merged_cells.ranges
    )
    return _checked(sheet.title, rows, merged)


def _say(value: Any) -> str:
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    return to_text(value)


def _checked(name: str, rows: list[list[str]], merged: tuple[Merged, ...]) -> Grid:
    plain = [[make_storable(cell.strip()) for cell in cells] for cells in rows]
    for cells in plain:
        while cells and not cells[-1]:
            cells.pop()
    while plain and not plain[-1]:
        plain.pop()
    if len(plain) > ROWS_MAX:
        raise UnusableFile(f"{name or 'The file'} has more than {ROWS_MAX:,} rows: bring it in parts.")
    if any(len(cells) > COLUMNS_MAX for cells in plain):
        raise UnusableFile(f"{name or 'The file'} has more than {COLUMNS_MAX} columns: leave out what is no caseload.")
    if any(len(cell) > CELL_MAX for cells in plain for cell in cells):
        raise UnusableFile(f"A cell of {name or 'the file'} is longer than {CELL_MAX:,} characters.")
    return Grid(name, tuple(tuple(cells) for cells in plain), merged)
