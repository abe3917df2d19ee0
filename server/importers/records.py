"""The records of a CSV text, one after another, however long the text is: no more of it is held than the record being read.

A record that goes over several lines and does not fit the heading has a quotation mark left open: its first line is taken
alone, and reading goes on with the next line, so that no row is swallowed. Pure.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Protocol

DELIMITERS = (",", ";", "\t", "|")
SEPARATOR_LINE = re.compile(r"\ufeff?sep=(.)", re.IGNORECASE)
"""What Excel writes above the headings, to say by which sign the cells are parted."""
LOOKED_AT_LINES = 30
LONGEST_RECORD_CHARACTERS = 1_000_000
MOST_LINES_OF_A_RECORD = 1_000
LONG_LINE = "(too long)\n"
"""Stands for a line that was passed over; told from another by what it is, not by what it says."""

csv.field_size_limit(4 * LONGEST_RECORD_CHARACTERS)


class Text(Protocol):
    """Where lines come from; their ends are kept as they are."""

    def readline(self, size: int = -1, /) -> str: ...


class Records:
    """Each record with its number from the top, counted as a spreadsheet does; or, in words, why it cannot be read."""

    def __init__(self, text: Text, delimiter: str = "") -> None:
        self._lines = _Lines(text)
        self.number, self._width = 0, 0
        first = self._lines.peek(1)
        told = SEPARATOR_LINE.fullmatch(first[0].strip()) if first else None
        if told is not None:
            self._lines.drop()
            self.number = 1
        self.delimiter = delimiter or (told[1] if told else _guess_delimiter(self._lines.peek(LOOKED_AT_LINES)))

    def under(self, width: int) -> Iterator[tuple[int, list[str] | str]]:
        """The records that are left, below a heading of so many columns."""
        self._width = width
        return iter(self)

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        reader = csv.reader(self._lines, delimiter=self.delimiter, strict=False)
        while True:
            self._lines.begin()
            try:
                cells: list[str] | str | None = next(reader, None)
            except csv.Error as error:
                cells = f"The row cannot be read as CSV ({error}): open the file and save it again."
            if cells is None:
                return
            self.number += 1
            yield self.number, self._judge(cells)

    def _judge(self, cells: list[str] | str) -> list[str] | str:
        lines = self._lines
        if lines.is_too_long:
            return (
                f"A line is longer than {LONGEST_RECORD_CHARACTERS:,} characters: is a quotation mark left open, or is this "
                "no CSV?"
            )
        is_open = lines.is_cut or (bool(self._width) and not isinstance(cells, str) and len(cells) != self._width)
        if len(lines.taken) > 1 and is_open:
            (alone,) = csv.reader(lines.taken[:1], delimiter=self.delimiter, strict=False)
            lines.put_back()
            return alone
        return cells


class _Lines:
    """Lines, those put back first; remembers which of them the record being read has taken."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._ahead: deque[str] = deque()
        self._characters = 0
        self.taken: list[str] = []
        self.is_cut = False
        self.is_too_long = False

    def peek(self, many: int) -> list[str]:
        """The next lines that say something, which are read again."""
        found = [line for line in self._ahead if line.strip()]
        while len(found) < many and (line := self._read()):
            self._ahead.append(line)
            if line.strip():
                found.append(line)
        return found[:many]

    def drop(self) -> None:
        """Pass over everything up to the first line that says something, and that line."""
        while not self._ahead.popleft().strip():
            pass

    def begin(self) -> None:
        """A new record begins."""
        self.taken, self._characters, self.is_cut, self.is_too_long = [], 0, False, False

    def put_back(self) -> None:
        """Read all lines of the record again but its first."""
        self._ahead.extendleft(reversed(self.taken[1:]))

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES_OF_A_RECORD or self._characters >= LONGEST_RECORD_CHARACTERS:
            self.is_cut = True
            raise StopIteration
        line = self._ahead.popleft() if self._ahead else self._read()
        if line is LONG_LINE and self.taken:
            self._ahead.appendleft(line)
            self.is_cut = True
            raise StopIteration
        if not line:
            raise StopIteration
        self.is_too_long = line is LONG_LINE
        self.taken.append(line)
        self._characters += len(line)
        return line

    def _read(self) -> str:
        """The next line. One longer than any record is passed over, and told of as a record of its own."""
        line = self._text.readline(LONGEST_RECORD_CHARACTERS)
        if len(line) >= LONGEST_RECORD_CHARACTERS and not line.endswith(("\n", "\r")):
            self._skip_line()
            return LONG_LINE
        return line

    def _skip_line(self) -> None:
        while piece := self._text.readline(LONGEST_RECORD_CHARACTERS):
            if piece.endswith(("\n", "\r")):
                return


def _guess_delimiter(lines: list[str]) -> str:
    return max(DELIMITERS, key=lambda sign: max([line.count(sign) for line in islice(lines, LOOKED_AT_LINES)] or [0]))
