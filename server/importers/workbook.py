"""An Excel workbook, a row at a time: its sheets by name, and what stands in their cells as it would stand in CSV.

Formulas are read as what they last showed. What a workbook says of its own size is never trusted. Pure.
"""

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

from server.importers.files import HEADING_WITHIN, Refusal, Row, UnusableFile, make_row, normalise_heading
from server.importers.inputs import Input
from server.workbooks import Damaged, OtherArchive, TooLarge, list_entries, list_rows, load

SHARED_TEXTS_MAX_BYTES = 64 << 20
"""The texts of a workbook stand in one part of it, which has to be held whole."""
UNPACKED_MAX_BYTES = 2 << 30

Lines = Iterator[tuple[int, Any]]


def list_sheets(source: Input) -> tuple[list[str], list[str]]:
    """The names of the sheets that are shown, and of those that are hidden."""
    with _open(source) as workbook:
        shown = [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        hidden = [sheet.title for sheet in workbook.worksheets if sheet.sheet_state != "visible"]
    return shown, hidden


@contextmanager
def open_sheet(source: Input, name: str) -> Iterator[Lines]:
    """The rows of a sheet to its end, each with the number that a spreadsheet shows beside it."""
    with _open(source) as workbook:
        sheet = workbook[name]
        sheet.reset_dimensions()
        yield enumerate(rows_of(sheet), start=1)


def list_headings(source: Input) -> set[str]:
    """Every cell near the top of the visible sheets, as a heading would be called."""
    found: set[str] = set()
    for name in list_sheets(source)[0]:
        with open_sheet(source, name) as lines:
            for number, values in lines:
                found |= {normalise_heading(to_text(value)) for value in values}
                if number >= HEADING_WITHIN:
                    break
    return found


def to_text(value: Any) -> str:
    """A cell as it would stand in CSV."""
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def rows_under(heading: list[str], lines: Lines, heading_row: int) -> Iterator[Row | Refusal]:
    """The rows below the heading; a cell to its right has a name of its own."""
    for number, values in lines:
        if number <= heading_row:
            continue
        cells = [to_text(value) for value in values]
        if not any(cells):
            continue
        names = heading + [f"column_{place}" for place in range(len(heading) + 1, len(cells) + 1)]
        yield make_row(number, names, cells + [""] * (len(names) - len(cells)))


def name_further_sheets(names: Iterable[str], after: int) -> Iterator[Refusal]:
    """A refusal for each of these sheets, which hold reports, too, numbered after the last row: they are not lost in silence."""
    for place, name in enumerate(names, start=after + 1):
        reason = (
            f"The sheet “{name[:60]}” holds reports, too, and was not read: choose it, or save it as a file of its own and "
            "import that, then leave this line out."
        )
        yield Refusal(place, reason, "")


@contextmanager
def _open(source: Input) -> Iterator[Any]:
    with source.open() as stream:
        with in_words():
            _check_size(list_entries(stream))
            workbook = load(stream)
        try:
            yield workbook
        finally:
            workbook.close()


def _check_size(entries: Iterable[zipfile.ZipInfo]) -> None:
    sizes = [(entry.filename, entry.file_size) for entry in entries]
    texts = sum(size for name, size in sizes if name.endswith("sharedStrings.xml"))
    if texts > SHARED_TEXTS_MAX_BYTES or sum(size for _, size in sizes) > UNPACKED_MAX_BYTES:
        raise UnusableFile(
            f"The workbook holds more than {SHARED_TEXTS_MAX_BYTES >> 20} MB of texts, or unpacks to more than "
            f"{UNPACKED_MAX_BYTES >> 30} GB: save it as CSV, which is read a row at a time."
        )


@contextmanager
def in_words() -> Iterator[None]:
    """What is wrong with a workbook, as UnusableFile."""
    try:
        yield
    except OtherArchive as error:
        raise UnusableFile("This is a ZIP archive and no workbook: unpack it, and bring what is inside.") from error
    except TooLarge as error:
        raise UnusableFile("The workbook is too large: bring it in parts, or as CSV.") from error
    except Damaged as error:
        raise UnusableFile("The workbook cannot be opened: save it as CSV, or again as .xlsx.") from error


def rows_of(sheet: Any, max_row: int | None = None) -> Iterator[tuple[Any, ...]]:
    """The values of a sheet, row by row. Raises UnusableFile where it is damaged."""
    with in_words():
        yield from list_rows(sheet, max_row)
