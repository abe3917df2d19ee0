"""Place names as CSV: `name, lat, lon`, with an optional `kind`. Bytes in; places and refusals out. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.importers.cells import read_point, shorten
from server.importers.files import Refusal, Row, UnusableRow, decode_text, read_table, show_raw

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


def parse(data: bytes) -> list[Named | Refusal]:
    """The places of a file. Raises UnusableFile when it cannot be read as one at all."""
    rows = read_table(decode_text(data), NAMES.values())
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
