"""A table in a file, CSV or workbook, as it can be read again and again from its beginning, a row at a time.

What somebody said of its layout (sheet, row of the headings, encoding, delimiter) goes before what it looks like. What a
workbook says of its own size is never trusted: other programs write it wrongly, and rows would be lost in silence.
"""

import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TextIO

from msgspec import Struct

from server.importers.files import (
    HEADING_WITHIN,
    Refusal,
    Row,
    UnusableFile,
    check_heading,
    fits,
    name_columns,
    normalise_heading,
    read_top,
    read_under,
)
from server.importers.inputs import Input, choose_encoding
from server.importers.records import Records
from server.importers.workbook import list_sheets, name_further_sheets, open_sheet, rows_under, to_text

Top = list[tuple[int, list[str]]]
Wanted = list[tuple[str, ...]]


class Layout(Struct, frozen=True, kw_only=True):
    """How a table lies in its file, as somebody said it; what is empty is found. `order` is one of `dates.Order`."""

    sheet: str = ""
    heading_row: int = 0
    encoding: str = ""
    delimiter: str = ""
    order: str = ""


@dataclass(frozen=True)
class Table:
    """A table as it was found. `said` are its headings as they are written, `headings` as we name them."""

    sheets: tuple[str, ...]
    hidden: tuple[str, ...]
    layout: Layout
    said: tuple[str, ...]
    headings: tuple[str, ...]
    rows: Callable[[], Iterator[Row | Refusal]]


def open_table(source: Input, wanted: Wanted, layout: Layout, known: Collection[str] = ()) -> Table:
    """The table that has one of each of the wanted columns. Raises UnusableFile where there is none.

    With `known`, the names that any source may give its columns, the likeliest row is taken for the heading where none fits.
    """
    return (_open_workbook if source.is_workbook else _open_csv)(source, wanted, layout, known)


def _open_csv(source: Input, wanted: Wanted, layout: Layout, known: Collection[str]) -> Table:
    encoding = layout.encoding or choose_encoding(source)

    def open_text() -> TextIO:
        try:
            return io.TextIOWrapper(source.open(), encoding, errors="replace", newline="")
        except LookupError as error:
            raise UnusableFile(f"There is no encoding {encoding!r}: write utf-8, utf-16 or cp1252.") from error

    with open_text() as text:
        records = Records(text, layout.delimiter)
        top = read_top(records, [] if layout.heading_row else wanted)
    number, cells = _find_heading(top, wanted, layout, known)
    heading = name_columns(cells, [] if known else wanted)

    def rows() -> Iterator[Row | Refusal]:
        with open_text() as text:
            below = Records(text, layout.delimiter)
            while below.number < number:
                next(iter(below))
            yield from read_under(below, heading)

    found = Layout(
        heading_row=number, encoding=encoding, delimiter=layout.delimiter or records.delimiter, order=layout.order
    )
    return Table((), (), found, _say(cells, heading), tuple(heading), rows)


def _open_workbook(source: Input, wanted: Wanted, layout: Layout, known: Collection[str]) -> Table:
    shown, hidden = list_sheets(source)
    if layout.sheet and layout.sheet not in (*shown, *hidden):
        raise UnusableFile(f"There is no sheet “{layout.sheet}”. There are: {', '.join(shown)}.")
    tops = {name: _read_top_of_sheet(source, name) for name in ((layout.sheet,) if layout.sheet else shown)}
    fitting = [name for name, top in tops.items() if any(fits(cells, wanted) for _, cells in top)]
    filled = [name for name, top in tops.items() if top]
    if not filled:
        raise UnusableFile("The file is empty: it has no row of headings.")
    if fitting:
        sheet = fitting[0]
    elif known:
        sheet = max(filled, key=lambda name: max(_count_known(cells, known) for _, cells in tops[name]))
    else:
        sheet = filled[0]
    number, cells = _find_heading(tops[sheet], wanted, layout, known)
    heading = name_columns(cells, [] if known else wanted)
    others = [] if layout.sheet else fitting[1:]

    def rows() -> Iterator[Row | Refusal]:
        last = number
        with open_sheet(source, sheet) as lines:
            for row in rows_under(heading, lines, number):
                last = row.number
                yield row
        yield from name_further_sheets(others, last)

    found = Layout(sheet=sheet, heading_row=number, order=layout.order)
    return Table(tuple(shown), tuple(hidden), found, _say(cells, heading), tuple(heading), rows)


def _read_top_of_sheet(source: Input, sheet: str) -> Top:
    top: Top = []
    with open_sheet(source, sheet) as lines:
        for number, values in lines:
            cells = [to_text(value) for value in values]
            if any(cells):
                top.append((number, cells))
            if len(top) == HEADING_WITHIN:
                break
    return top


def _find_heading(top: Top, wanted: Wanted, layout: Layout, known: Collection[str]) -> tuple[int, list[str]]:
    """The row of the headings: the one that was said, else one that fits, else the likeliest. Raises UnusableFile."""
    if layout.heading_row:
        chosen = next((line for line in top if line[0] == layout.heading_row), None)
        if chosen is None:
            raise UnusableFile(f"Row {layout.heading_row} is empty or stands too low to be the row of the headings.")
        return chosen
    fitting = next((line for line in top if fits(line[1], wanted)), None)
    if fitting is not None:
        return fitting
    if not known:
        check_heading([normalise_heading(name) for name in top[0][1]], wanted)
    return max(
        top, key=lambda line: (_count_known(line[1], known), len([each for each in line[1] if each]) > 1, -line[0])
    )


def _count_known(cells: Collection[str], known: Collection[str]) -> int:
    return len({normalise_heading(cell) for cell in cells} & set(known))


def _say(cells: list[str], heading: list[str]) -> tuple[str, ...]:
    return tuple(" ".join(cell.split()) or name for cell, name in zip(cells, heading, strict=False))
