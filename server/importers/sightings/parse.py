"""Night counts as CSV: `date, lon, lat, count`, with any further columns. Bytes in; counts and refusals out. Pure.

Instead of degrees a file may give `easting, northing` in metres of a projection.

Where a column `looked` says yes, somebody set out to look there that night, so that a zero is ground known to be empty.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isfinite

import msgspec

from server.importers.cells import read_count, read_decimal, read_point
from server.importers.dates import read_moment
from server.importers.files import Refusal, Row, UnusableRow, decode_text, read_table, show_raw
from server.importers.report import Reading
from server.places.projection import BRITISH_NATIONAL_GRID, unproject

NAMES: Mapping[str, tuple[str, ...]] = {
    "date": ("date", "night", "count_date", "date_counted"),
    "longitude": ("lon", "longitude", "long", "lng", "easting", "x"),
    "latitude": ("lat", "latitude", "northing", "y"),
    "count": ("count", "people", "number", "total"),
}
IN_METRES = {"longitude": ("easting", "x"), "latitude": ("northing", "y")}
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


def parse(data: bytes, reading: Reading, crs: str = BRITISH_NATIONAL_GRID) -> list[Count | Refusal]:
    """The counts of a file; `crs` is the projection of metres. Raises UnusableFile when it cannot be read as one at all."""
    rows = read_table(decode_text(data), NAMES.values())
    understood = [row if isinstance(row, Refusal) else _understand(row, reading, crs) for row in rows]
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


def _understand(row: Row, reading: Reading, crs: str) -> Count | Refusal:
    try:
        return _read_row(row, reading, crs)
    except UnusableRow as error:
        return Refusal(row.number, str(error), show_raw(row.cells.values()))


def _read_row(row: Row, reading: Reading, crs: str) -> Count:
    def cell(noun: str) -> str:
        return _find_cell(row, NAMES[noun])

    # A night is a day of the calendar where it was counted: no zone may move it.
    night = read_moment("date", cell("date"), "UTC", reading.now)
    if night is None:
        raise UnusableRow("date is empty: give the night of the count, as YYYY-MM-DD or DD/MM/YYYY.")
    point = _read_place(row, crs)
    if point is None:
        raise UnusableRow("lat and lon are empty or zero: a count without a place cannot be put on a map.")
    people = read_count("count", cell("count"), MOST_PEOPLE)
    if people is None:
        raise UnusableRow("count is empty: give how many people were counted; 0 where nobody was.")
    # Whether somebody looked is no part of who was counted: a file that comes again with that column adds nobody.
    said = sorted((name, value) for name, value in row.cells.items() if name not in LOOKED)
    key = hashlib.sha256(msgspec.json.encode(said)).hexdigest()
    return Count(row.number, night.date(), *point, people, key, show_raw(row.cells.values()), _read_looked(row))


def _find_cell(row: Row, names: Sequence[str]) -> str:
    return next((row.cells[name] for name in names if row.cells.get(name)), "")


def _read_place(row: Row, crs: str) -> tuple[float, float] | None:
    """Latitude and longitude as the row gives them, else those of its easting and northing."""
    degrees, metres = (
        [
            _find_cell(row, [name for name in NAMES[half] if (name in IN_METRES[half]) is is_metres])
            for half in IN_METRES
        ]
        for is_metres in (False, True)
    )
    longitude, latitude = degrees
    if latitude or longitude or not all(metres):
        return read_point(("lat", "lon"), latitude, longitude)
    easting, northing = (read_decimal(name, text) for name, text in zip(("easting", "northing"), metres, strict=True))
    if abs(easting) <= 180 and abs(northing) <= 90:
        raise UnusableRow(f"{metres[0]}, {metres[1]} look like degrees, not metres: call these columns lon and lat.")
    north, east = (float(half) for half in unproject(crs, easting, northing))
    if not isfinite(north) or not isfinite(east):
        raise UnusableRow(
            f"easting {metres[0]}, northing {metres[1]} is nowhere in {crs}: name its projection by --crs."
        )
    return north, east


def _read_looked(row: Row) -> bool:
    said = _find_cell(row, LOOKED).strip().casefold()
    if said not in YES | NO:
        raise UnusableRow("looked must be yes or no: did somebody set out to look there that night?")
    return said in YES
