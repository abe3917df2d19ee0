"""Place names as CSV: `name, lat, lon`, with an optional `kind`; or OS Open Names as it is supplied, in metres and, square by
square, without headings. Bytes in; places and refusals out. Pure.

Source of the columns: OS Open Names, technical specification (docs.os.uk).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass

from server.importers.cells import read_decimal, read_point, shorten
from server.importers.files import Refusal, Row, UnusableRow, decode_text, read_table, show_raw
from server.places.projection import BRITISH_NATIONAL_GRID, unproject

NAMES: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "place", "title", "station", "name1"),
    "latitude": ("lat", "latitude", "geo_latitude"),
    "longitude": ("lon", "longitude", "long", "lng", "geo_longitude"),
}
KINDS = ("kind", "type", "category", "local_type")


@dataclass(frozen=True)
class Named:
    """One row: a name at a WGS 84 point."""

    number: int
    name: str
    kind: str
    latitude: float
    longitude: float


OPEN_NAMES = (
    "ID", "NAMES_URI", "NAME1", "NAME1_LANG", "NAME2", "NAME2_LANG", "TYPE", "LOCAL_TYPE", "GEOMETRY_X", "GEOMETRY_Y",
)  # fmt: skip
"""The first columns of OS Open Names, in their order; the others are not needed."""
POSTCODE = "postcode"
"""Postcodes are left out: the postcode directory has them all."""
GREAT_BRITAIN_M = (700_000.0, 1_300_000.0)


def parse(data: bytes) -> list[Named | Refusal]:
    """The places of a file. Raises UnusableFile when it cannot be read as one at all."""
    text = decode_text(data)
    text = text.lstrip("\ufeff")
    first = text.split("\n", 1)[0]
    if "/id.ordnancesurvey.co.uk" in first or "data.ordnancesurvey.co.uk" in first:
        cells = len(next(csv.reader([first])))
        more = [f"MORE_{number}" for number in range(cells - len(OPEN_NAMES))]
        return _read_open_names(",".join([*OPEN_NAMES, *more]) + "\n" + text, above=1)
    if {"name1", "geometry_x", "geometry_y"} <= {cell.strip().casefold().strip('"') for cell in first.split(",")}:
        return _read_open_names(text, above=0)
    rows = read_table(text, NAMES.values())
    return [row if isinstance(row, Refusal) else _understand(row) for row in rows]


def _understand(row: Row) -> Named | Refusal:
    try:
        return _read_row(row)
    except UnusableRow as error:
        return Refusal(row.number, str(error), show_raw(row.cells.values()))


def _read_row(row: Row) -> Named:
    def cell(*names: str) -> str:
        return next((row.cells[name] for name in names if row.cells.get(name)), "")

    name = cell(*NAMES["name"])
    if not name:
        raise UnusableRow("name is empty: a place needs what people call it.")
    point = read_point(("lat", "lon"), cell(*NAMES["latitude"]), cell(*NAMES["longitude"]))
    if point is None:
        raise UnusableRow("lat and lon are empty or zero: a place needs its point.")
    return Named(row.number, shorten(name), shorten(cell(*KINDS), 64), *point)


def _read_open_names(text: str, above: int) -> list[Named | Refusal]:
    """OS Open Names; `above` headings were put above it, which its own lines do not count."""
    found: list[Named | Refusal] = []
    wanted: list[tuple[int, str, str, float, float]] = []
    for row in read_table(text, (("name1",), ("local_type",), ("geometry_x",), ("geometry_y",))):
        if isinstance(row, Refusal):
            found.append(Refusal(row.number - above, row.reason, row.raw))
        elif row.cells["local_type"].strip().casefold() != POSTCODE:
            try:
                wanted.append(_read_metres(row, row.number - above))
            except UnusableRow as error:
                found.append(Refusal(row.number - above, str(error), show_raw(row.cells.values())))
    latitudes, longitudes = unproject(BRITISH_NATIONAL_GRID, [each[3] for each in wanted], [each[4] for each in wanted])
    for (number, name, kind, _, _), latitude, longitude in zip(wanted, latitudes, longitudes, strict=True):
        found.append(Named(number, name, kind, round(float(latitude), 6), round(float(longitude), 6)))
    return sorted(found, key=lambda each: each.number)


def _read_metres(row: Row, number: int) -> tuple[int, str, str, float, float]:
    name = row.cells["name1"].strip()
    if not name:
        raise UnusableRow("name1 is empty: a place needs what people call it.")
    east, north = (read_decimal(column, row.cells[column]) for column in ("geometry_x", "geometry_y"))
    if not (0 < east < GREAT_BRITAIN_M[0] and 0 < north < GREAT_BRITAIN_M[1]):
        raise UnusableRow(f"geometry_x {east:.0f}, geometry_y {north:.0f} is not on the British National Grid.")
    return number, shorten(name), shorten(row.cells["local_type"].strip(), 64), east, north
