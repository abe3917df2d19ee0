"""An Excel workbook as the rows of a table: the first visible sheet that has the heading, read to its end.

Formulas are read as what they last showed. What a workbook says of its own size is never trusted: other programs write it
wrongly, and rows would be lost in silence. Pure.
"""

import io
import zipfile
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from server.importers.files import (
    HEADING_WITHIN,
    MAX_BYTES,
    WORKBOOK_MAGIC,
    Refusal,
    Row,
    UnusableFile,
    check_heading,
    decode_text,
    fits,
    make_row,
    name_columns,
    normalise_heading,
    read_table,
)


def read_rows(data: bytes, required: Iterable[Iterable[str]]) -> Iterator[Row | Refusal]:
    """The rows of a workbook or of a CSV table, whichever the bytes are. Raises UnusableFile when they are neither."""
    wanted = [tuple(names) for names in required]
    return read_workbook(data, wanted) if data.startswith(WORKBOOK_MAGIC) else read_table(decode_text(data), wanted)


def read_workbook(data: bytes, wanted: list[tuple[str, ...]]) -> Iterator[Row | Refusal]:
    """The rows under the heading of the first visible sheet that has one with the wanted columns.

    Of each further sheet that has such a heading a refusal says so: its rows are not lost in silence.
    """
    best: list[str] = []
    sheets = list(_list_visible_sheets(data))
    for place, sheet in enumerate(sheets, start=1):
        lines = enumerate(sheet.iter_rows(values_only=True), start=1)
        seen = 0
        for _, values in lines:
            cells = [to_text(value) for value in values]
            if not any(cells):
                continue
            if fits(cells, wanted):
                last = 0
                for row in _rows_under(name_columns(cells, wanted), lines):
                    last = row.number
                    yield row
                yield from _name_further_sheets(sheets[place:], wanted, max(last, 1))
                return
            best = best or [normalise_heading(cell) for cell in cells]
            seen += 1
            if seen == HEADING_WITHIN:
                break
    check_heading(best, wanted)


def list_headings(data: bytes) -> set[str]:
    """Every cell near the top of the visible sheets, as a heading would be called."""
    return {
        normalise_heading(to_text(value))
        for sheet in _list_visible_sheets(data)
        for values in sheet.iter_rows(values_only=True, max_row=HEADING_WITHIN)
        for value in values
    }


def to_text(value: Any) -> str:
    """A cell as it would stand in CSV."""
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _rows_under(heading: list[str], lines: Iterator[tuple[int, Any]]) -> Iterator[Row | Refusal]:
    for number, values in lines:
        cells = [to_text(value) for value in values]
        if not any(cells):
            continue
        names = heading + [f"column_{place}" for place in range(len(heading) + 1, len(cells) + 1)]
        yield make_row(number, names, cells + [""] * (len(names) - len(cells)))


def _name_further_sheets(sheets: list[Any], wanted: list[tuple[str, ...]], after: int) -> Iterator[Refusal]:
    """A refusal for each of these sheets that holds reports, too, numbered after the last row."""
    for sheet in sheets:
        top = sheet.iter_rows(values_only=True, max_row=HEADING_WITHIN)
        if any(fits([to_text(value) for value in values], wanted) for values in top):
            after += 1
            reason = (
                f"The sheet “{sheet.title[:60]}” holds reports, too, and was not read: save it as a file of its own and import "
                "that, then leave this line out."
            )
            yield Refusal(after, reason, "")


def _list_visible_sheets(data: bytes) -> Collection[Any]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if not any(name.startswith("xl/") for name in archive.namelist()):
                raise UnusableFile("This is a ZIP archive and no workbook: unpack it, and import what is inside.")
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise UnusableFile(
                    f"The workbook unpacks to more than {MAX_BYTES // 2**20} MB: import it in parts, or as CSV."
                )
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
        raise UnusableFile("The workbook cannot be opened: save it as CSV, or again as .xlsx.") from error
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    for sheet in sheets:
        sheet.reset_dimensions()
    return sheets
