"""A file as it comes from an office: its bytes, its encoding, its table. Any source's columns are in its own folder.

A file that cannot be used at all raises UnusableFile, whose words say what to do. One bad row never does: it becomes a
Refusal, with the row as it was, and the rows after it are read. Pure but for `read_bytes`.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 256 * 1024 * 1024
MAX_CELL_CHARACTERS = 100_000
DELIMITERS = (",", ";", "\t", "|")
WORKBOOK_MAGIC = b"PK\x03\x04"
OLD_WORKBOOK_MAGIC = b"\xd0\xcf\x11\xe0"
PDF_MAGIC = b"%PDF"
GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

csv.field_size_limit(MAX_BYTES)


class UnusableFile(Exception):
    """Nothing of the file can be used. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, by column name. `number` is what a spreadsheet shows beside it: the heading is row 1."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be used, as it was, and why."""

    number: int
    reason: str
    raw: str


class UnusableRow(Exception):
    """This row cannot be used; the message says why and what to do."""


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The file's bytes, unpacked when it is gzip. Raises UnusableFile when it cannot be read or is too large."""
    try:
        if path.stat().st_size > max_bytes:
            raise UnusableFile(_too_large(path.name, max_bytes))
        data = path.read_bytes()
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read: {error.strerror or error}.") from error
    return _unpack(data, path.name, max_bytes) if data.startswith(GZIP_MAGIC) else data


def decode_text(data: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 or UTF-32 by its mark, UTF-16 by its look, else Windows' Western European."""
    if data.startswith((WORKBOOK_MAGIC, OLD_WORKBOOK_MAGIC)):
        raise UnusableFile(
            "This is a workbook, not a text file: save it as CSV, or import it with --format spreadsheet."
        )
    if data.startswith(PDF_MAGIC):
        raise UnusableFile("This is a PDF: ask whoever sent it for the same rows as CSV.")
    for encoding in _list_encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnusableFile("The file is not text in any encoding that is known here: save it again as CSV in UTF-8.")


def read_table(text: str, required: Iterable[Iterable[str]]) -> Iterator[Row | Refusal]:
    """The rows of a CSV table, under headings in lower case; blank rows are passed over.

    `required` lists columns that must be there, each as its possible names. Raises UnusableFile when one is missing.
    """
    first_line, rest = _find_heading(text)
    if first_line.lstrip()[:1] in {"{", "[", "<"}:
        raise UnusableFile("This is JSON, XML or a web page, not a CSV table: is this the right file and --format?")
    delimiter = max(DELIMITERS, key=first_line.count)
    lines = csv.reader(io.StringIO(text[rest:], newline=""), delimiter=delimiter, strict=False)
    heading = [normalise_heading(name) for name in next(lines, [])]
    check_heading(heading, required)
    number = 1
    while True:
        try:
            cells = next(lines, None)
        except csv.Error as error:
            number += 1
            yield Refusal(number, f"The row cannot be read as CSV ({error}): open the file and save it again.", "")
            continue
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            number += 1
            continue
        number += 1
        yield make_row(number, heading, cells)


def make_row(number: int, heading: list[str], cells: list[str]) -> Row | Refusal:
    """One row under its headings, or why it does not fit them."""
    if len(cells) != len(heading):
        way = "more" if len(cells) > len(heading) else "fewer"
        reason = (
            f"The row has {len(cells)} cells, {way} than the {len(heading)} headings: "
            "a comma inside a text needs quotes round the text."
        )
        return Refusal(number, reason, show_raw(cells))
    if any("\x00" in cell for cell in cells):
        return Refusal(number, "The row holds NUL characters: save the file again as CSV in UTF-8.", show_raw(cells))
    if any(len(cell) > MAX_CELL_CHARACTERS for cell in cells):
        reason = f"A cell is longer than {MAX_CELL_CHARACTERS:,} characters: is a quotation mark left open?"
        return Refusal(number, reason, show_raw(cells))
    return Row(number, dict(zip(heading, (cell.strip() for cell in cells), strict=True)))


def check_heading(heading: list[str], required: Iterable[Iterable[str]]) -> None:
    """Raises UnusableFile naming the columns that are missing, or that stand there twice."""
    if not any(heading):
        raise UnusableFile("The file is empty: it has no row of headings.")
    twice = sorted({name for name in heading if name and heading.count(name) > 1})
    if twice:
        raise UnusableFile(f"The heading names {', '.join(twice)} more than once: give each column its own name.")
    missing = [" or ".join(names) for names in map(list, required) if not set(names) & set(heading)]
    if missing:
        raise UnusableFile(
            f"The heading lacks {', '.join(missing)}. It names {', '.join(filter(None, heading))[:300]}. "
            "Is this the right --format?"
        )


def normalise_heading(name: str) -> str:
    """A column name in lower case, with underscores for spaces and signs: "Date & Time Opened" is date_time_opened."""
    words = "".join(letter if letter.isalnum() else " " for letter in name.strip().lower()).split()
    return "_".join(words)


def show_raw(cells: Iterable[str]) -> str:
    """Cells as one line of CSV, for the refused row that is kept; NULs are shown, since no database stores them."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([make_storable(cell) for cell in cells])
    return line.getvalue()


def make_storable(text: str) -> str:
    """The same text with what no database can hold made visible: NUL characters and halves of surrogate pairs."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\u2400").encode("utf-8", "replace").decode("utf-8")


def _find_heading(text: str) -> tuple[str, int]:
    """The first line that is not blank, and where it begins."""
    start = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            return line, start
        start += len(line)
    raise UnusableFile("The file is empty: it has no row of headings.")


def _list_encodings(data: bytes) -> list[str]:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return [encoding]
    start = data[:4000]
    if start[1::2].count(0) > len(start) // 4:
        return ["utf-16-le"]
    if start[::2].count(0) > len(start) // 4:
        return ["utf-16-be"]
    if start.count(0) > len(start) // 8:
        return []
    return ["utf-8", "cp1252", "latin-1"]


def _unpack(data: bytes, name: str, max_bytes: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            unpacked = packed.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnusableFile(f"{name} is a gzip file that cannot be unpacked: fetch it again.") from error
    if len(unpacked) > max_bytes:
        raise UnusableFile(_too_large(name, max_bytes))
    return unpacked


def _too_large(name: str, max_bytes: int) -> str:
    return f"{name} is larger than {max_bytes // 2**20} MB: split it and import the parts."
