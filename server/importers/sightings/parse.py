"""Night counts as CSV: `date, lon, lat, count`, with any further columns. Bytes in; counts and refusals out. Pure.

Where a column `looked` says yes, somebody set out to look there that night, so that a zero is ground known to be empty.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from server.importers.cells import read_count, read_point
from server.importers.dates import read_moment
from server.importers.files import Refusal, Row, UnusableRow, decode_text, read_table, show_raw
from server.importers.report import Reading

NAMES: Mapping[str, tuple[str, ...]] = {
    "date": ("date", "night", "count_date", "date_counted"),
    "longitude": ("lon", "longitude", "long", "lng"),
    "latitude": ("lat", "latitude"),
    "count": ("count", "people", "number", "total"),
}
LOOKED = ("looked", "is_look", "searched")
YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0", ""})
MOST_PEOPLE = 10_000


@dataclass(frozen=True)
class Count:
    """One row: people counted at a WGS 84 point on a night. `key` is the same for the n-th such row of any file; `looked` where
    the file says that somebody set out to look there."""

    number: int
    night: date
    latitude: float
    longitude: float
    people: int
    key: str
    raw: str
    looked: bool = False


def parse(data: bytes, reading: Reading) -> list[Count | Refusal]:
    """The counts of a file. Raises UnusableFile when it cannot be read as one at all."""
    rows = read_table(decode_text(data), NAMES.values())
    understood = [row if isinstance(row, Refusal) else _understand(row, reading) for row in rows]
    return _number_alike(understood)


def _number_alike(rows: Sequence[Count | Refusal]) -> list[Count | Refusal]:
    """Rows that say the very same are so many people, not one: the n-th of them keeps a key of its own, in every import."""
    alike: Counter[str] = Counter()
    numbered: list[Count | Refusal] = []
    for row in rows:
        if isinstance(row, Count):
            alike[row.key] += 1
            if alike[row.key] > 1:
                row = replace(row, key=hashlib.sha256(f"{row.key}/{alike[row.key]}".encode()).hexdigest())
        numbered.append(row)
    return numbered


def _understand(row: Row, reading: Reading) -> Count | Refusal:
    try:
        return _read_row(row, reading)
    except UnusableRow as error:
        return Refusal(row.number, str(error), show_raw(row.cells.values()))


def _read_row(row: Row, reading: Reading) -> Count:
    def cell(noun: str) -> str:
        return next((row.cells[name] for name in NAMES[noun] if row.cells.get(name)), "")

    # A night is a day of the calendar where it was counted: no zone may move it.
    night = read_moment("date", cell("date"), "UTC", reading.now)
    if night is None:
        raise UnusableRow("date is empty: give the night of the count, as YYYY-MM-DD or DD/MM/YYYY.")
    point = read_point(("lat", "lon"), cell("latitude"), cell("longitude"))
    if point is None:
        raise UnusableRow("lat and lon are empty or zero: a count without a place cannot be put on a map.")
    people = read_count("count", cell("count"), MOST_PEOPLE)
    if people is None:
        raise UnusableRow("count is empty: give how many people were counted; 0 where nobody was.")
    # Whether somebody looked is no part of who was counted: a file that comes again with that column adds nobody.
    said = sorted((name, value) for name, value in row.cells.items() if name not in LOOKED)
    key = hashlib.sha256(msgspec.json.encode(said)).hexdigest()
    return Count(row.number, night.date(), *point, people, key, show_raw(row.cells.values()), _read_looked(row))


def _read_looked(row: Row) -> bool:
    said = next((row.cells[name] for name in LOOKED if row.cells.get(name)), "").strip().casefold()
    if said not in YES | NO:
        raise UnusableRow("looked must be yes or no: did somebody set out to look there that night?")
    return said in YES
