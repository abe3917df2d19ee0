"""Rows as sheets of an Excel workbook: every text is text, never a formula or a link, whatever it begins with (ASVS 1.2.10)."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from server.actions.cases.tracker import plain

MOST_OF_A_CELL = 32_767
"""As many characters does Excel keep in a cell."""
CUT = "\n… cut here: a cell holds no more. The rest is in Lantern."
SURE_DAYS_FROM = date(1900, 3, 1)
"""Before it Excel and other programs differ by a day, and day 0 is none: such a day is written in words."""


def write_list(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A list as a workbook of one sheet."""
    file = io.BytesIO()
    with open_book(file, title) as (book, head, _, wrap):
        write_sheet(book, "List", tuple(columns), rows, head, wrap)
    return file.getvalue()


@contextmanager
def open_book(file: io.BytesIO, title: str) -> Iterator[tuple[Any, Any, Any, Any]]:
    """A workbook to write into, with the formats of an orange head, a blue one, and a plain cell."""
    import xlsxwriter

    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, safe) as book:
        book.set_properties({"title": title, "author": "Lantern"})
        head = book.add_format({"bold": True, "bg_color": "#f6d9b0", "text_wrap": True, "valign": "top"})
        blue = book.add_format({"bold": True, "bg_color": "#cfe2f3", "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        yield book, head, blue, wrap


def write_sheet(book: Any, name: str, columns: tuple[str, ...], rows: Any, head: Any, wrap: Any) -> Any:
    """Write one sheet: the columns, then the rows; days as days, everything else as text, never a formula or a link."""
    sheet = book.add_worksheet(name)
    day = book.add_format({"num_format": "d mmm yyyy", "valign": "top"})
    for column, words in enumerate(columns):
        sheet.write_string(0, column, words, head)
    last = 0
    for last, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, date) and value < SURE_DAYS_FROM:
                sheet.write_string(last, column, f"{value.day} {value:%B} {value.year}", wrap)
            elif isinstance(value, date):
                sheet.write_datetime(last, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001 - Excel's days have no zone
            elif isinstance(value, int):
                sheet.write_number(last, column, value, wrap)
            elif value:
                sheet.write_string(last, column, _fit(plain(value)), wrap)
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, len(columns) - 1, 18)
    sheet.set_column(0, 0, 38)
    _set_print(sheet)
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
    return sheet


def _fit(text: str) -> str:
    """A text as one cell can hold it. Where it is cut it says so: a program would cut it unseen."""
    if len(text) <= MOST_OF_A_CELL:
        return text
    return text[: MOST_OF_A_CELL - len(CUT)].rstrip() + CUT


def _set_print(sheet: Any) -> None:
    """On A4 across, as wide as the paper, with the head on every page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
