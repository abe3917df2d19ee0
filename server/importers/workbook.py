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
        yield enumerate(sheet.iter_rows(values_only=True), start=1)


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
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    with source.open() as stream:
        try:
            _check_archive(stream)
            workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
            raise UnusableFile("The workbook cannot be opened: save it as CSV, or again as .xlsx.") from error
        try:
            yield workbook
        finally:
            workbook.close()


def _check_archive(stream: Any) -> None:
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        if not any(entry.filename.startswith("xl/") for entry in entries):
            raise UnusableFile("This is a ZIP archive and no workbook: unpack it, and import what is inside.")
        texts = sum(entry.file_size for entry in entries if entry.filename.endswith("sharedStrings.xml"))
        if texts > SHARED_TEXTS_MAX_BYTES or sum(entry.file_size for entry in entries) > UNPACKED_MAX_BYTES:
            raise UnusableFile(
                f"The workbook holds more than {SHARED_TEXTS_MAX_BYTES >> 20} MB of texts, or unpacks to more than "
                f"{UNPACKED_MAX_BYTES >> 30} GB: save it as CSV, which is read a row at a time."
            )
    stream.seek(0)
