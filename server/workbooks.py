"""A workbook that came from outside, opened and read row by row. A stranger's file fails in as many ways as there are parsers
beneath: whatever they raise is `Damaged` here, while it is opened and while its rows are read. Pure.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO


class Damaged(Exception):
    """It cannot be opened, or not read to its end."""


class TooLarge(Exception):
    """A small zip file that unpacks to more than the caller takes."""


class OtherArchive(Exception):
    """A zip file with no workbook in it."""


def open_workbook(data: bytes, most_bytes: int, *, read_only: bool = True) -> Any:
    """The workbook, its formulas as what they last showed. Raises Damaged, TooLarge, OtherArchive."""
    stream = io.BytesIO(data)
    if sum(entry.file_size for entry in list_entries(stream)) > most_bytes:
        raise TooLarge
    return load(stream, read_only=read_only)


def list_entries(stream: BinaryIO) -> list[zipfile.ZipInfo]:
    """What a workbook is packed of, before any of it is unpacked. Raises Damaged, OtherArchive."""
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except Exception as error:
        raise Damaged from error
    if not any(entry.filename.startswith("xl/") for entry in entries):
        raise OtherArchive
    stream.seek(0)
    return entries


def load(stream: BinaryIO, *, read_only: bool = True) -> Any:
    """The workbook itself. Raises Damaged."""
    import openpyxl

    try:
        return openpyxl.load_workbook(stream, read_only=read_only, data_only=True)
    except Exception as error:
        raise Damaged from error


def list_rows(sheet: Any, max_row: int | None = None) -> Iterator[tuple[Any, ...]]:
    """The values of a sheet, row by row. Raises Damaged where it cannot be read on."""
    lines = sheet.iter_rows(values_only=True, max_row=max_row)
    while True:
        try:
            line = next(lines, None)
        except Exception as error:
            raise Damaged from error
        if line is None:
            return
        yield line
