"""A file as it comes from an office: its bytes, its encoding, its table. Any source's columns are in its own folder.

A file that cannot be used at all raises UnusableFile, whose words say what to do. One bad row never does: it becomes a
Refusal, with the row as it was, and the rows after it are read. Pure but for `read_bytes`.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.importers.records import Records

MAX_BYTES = 256 * 1024 * 1024
MAX_CELL_CHARACTERS = 100_000
HEADING_WITHIN = 30
"""A heading is looked for in so many rows that are not blank: titles and notes may stand above it."""
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


class UnusableFile(Exception):
    """Nothing of the file can be used. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, by column name. `number` is what a spreadsheet shows beside it: the heading is row 1."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be used, as it was, and why; by heading too, where its cells fit the headings."""

    number: int
    reason: str
    raw: str
    cells: Mapping[str, str] = field(default_factory=dict)


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
    refuse_other_kinds(data)
    for encoding in list_encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnusableFile("The file is not text in any encoding that is known here: save it again as CSV in UTF-8.")


def refuse_other_kinds(start: bytes) -> None:
    """Raises UnusableFile, saying what to do, for a file whose first bytes say that it is no text."""
    if start.startswith(OLD_WORKBOOK_MAGIC):
        raise UnusableFile(
            "This is an old .xls workbook, or one locked with a password: open it, take the password off, and save it as CSV "
            "or .xlsx."
        )
    if start.startswith(WORKBOOK_MAGIC):
        raise UnusableFile("This is a workbook or a ZIP archive, not a text file: unpack it, or save it as CSV.")
    if start.startswith(PDF_MAGIC):
        raise UnusableFile("This is a PDF: ask whoever sent it for the same rows as CSV.")


def read_table(text: str, required: Iterable[Iterable[str]]) -> Iterator[Row | Refusal]:
    """The rows of a CSV table, under headings in lower case; blank rows, and lines above the heading, are passed over.

    `required` lists columns that must be there, each as its possible names. Raises UnusableFile when one is missing.
    """
    wanted = [tuple(names) for names in required]
    records = Records(io.StringIO(text, newline=""))
    top = read_top(records, wanted)
    if not fits(top[-1][1], wanted):
        check_heading([normalise_heading(name) for name in top[0][1]], wanted)
    yield from read_under(records, name_columns(top[-1][1], wanted))


def read_top(
    records: Iterable[tuple[int, list[str] | str]], wanted: list[tuple[str, ...]]
) -> list[tuple[int, list[str]]]:
    """The first records that say something, down to the one that fits as the heading, which is last then.

    Raises UnusableFile where there are none, or where they are no table.
    """
    top: list[tuple[int, list[str]]] = []
    for number, cells in records:
        if isinstance(cells, list) and any(cell.strip() for cell in cells):
            top.append((number, cells))
        if len(top) == HEADING_WITHIN or (top and wanted and fits(top[-1][1], wanted)):
            break
    if not top:
        raise UnusableFile("The file is empty: it has no row of headings.")
    if top[0][1][0].lstrip()[:1] in {"{", "[", "<"}:
        raise UnusableFile("This is JSON, XML or a web page, not a CSV table: is this the right file and --format?")
    return top


def read_under(records: Records, heading: list[str]) -> Iterator[Row | Refusal]:
    """The rows below the heading."""
    for number, cells in records.under(len(heading)):
        if isinstance(cells, str):
            yield Refusal(number, cells, "")
        elif any(map(str.strip, cells)):
            yield make_row(number, heading, cells)


def fits(cells: Iterable[str], wanted: Iterable[Collection[str]]) -> bool:
    """Is this row the heading: does it name one of each of the columns that must be there?"""
    names = {normalise_heading(name) for name in cells}
    return all(names & set(each) for each in wanted)


def name_columns(cells: Iterable[str], wanted: Iterable[Collection[str]]) -> list[str]:
    """A name of its own for each column, also for one without a heading or with that of another."""
    heading = [normalise_heading(name) for name in cells]
    while heading and not heading[-1]:
        heading.pop()
    check_heading(heading, wanted)
    named: list[str] = []
    for place, name in enumerate(heading, start=1):
        plain = name or f"column_{place}"
        named.append(plain if plain not in named else f"{plain}_column_{place}")
    return named


def make_row(number: int, heading: list[str], cells: list[str]) -> Row | Refusal:
    """One row under its headings, or why it does not fit them."""
    while len(cells) > len(heading) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(heading):
        way = "more" if len(cells) > len(heading) else "fewer"
        reason = (
            f"The row has {len(cells)} cells, {way} than the {len(heading)} headings: "
            "a comma inside a text needs quotes round the text."
        )
        return Refusal(number, reason, show_raw(cells))
    if "\x00" in "".join(cells):
        return Refusal(number, "The row holds NUL characters: save the file again as CSV in UTF-8.", show_raw(cells))
    if max(map(len, cells), default=0) > MAX_CELL_CHARACTERS:
        reason = f"A cell is longer than {MAX_CELL_CHARACTERS:,} characters: is a quotation mark left open?"
        return Refusal(number, reason, show_raw(cells))
    return Row(number, dict(zip(heading, map(str.strip, cells), strict=True)))


def check_heading(heading: list[str], required: Iterable[Iterable[str]]) -> None:
    """Raises UnusableFile naming the columns that are missing, or that stand there twice and must be told apart."""
    required = [tuple(names) for names in required]
    if not any(heading):
        raise UnusableFile("The file is empty: it has no row of headings.")
    twice = sorted(
        {name for name in heading if name and heading.count(name) > 1 and any(name in names for names in required)}
    )
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


def list_encodings(data: bytes) -> list[str]:
    """The encodings that a text may be in, by how it begins: the likeliest first."""
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
