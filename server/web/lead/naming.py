"""What a square of the teams' own ground is called: by a known place or a street, as people who walk there say it."""

from collections.abc import Sequence
from math import cos, radians
from typing import Protocol

from sqlalchemy.orm import Session

from server.queries.maps import gazetteer
from server.web.layout.maps import Ground
from server.web.layout.words import say
from shared.geo.distance import METRES_PER_DEGREE, near_distance_m
from shared.model.codes import SiteKind
from shared.model.position import Position

NEAR_M = 250.0


class Named(Protocol):
    """A known place at its pin."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> SiteKind: ...
    @property
    def latitude(self) -> float: ...
    @property
    def longitude(self) -> float: ...


def name_squares(session: Session, ground: Ground, sites: Sequence[Named], squares: int) -> list[str]:
    """Each square by the nearest known place or name of the gazetteer, a street where it holds streets; else by where it
    lies."""
    if not squares:
        return []
    middles = [ground.middle(number)[::-1] for number in range(squares)]
    north = NEAR_M / METRES_PER_DEGREE
    east = north / cos(radians(max(abs(latitude) for latitude, _ in middles)))
    streets = gazetteer.list_near(session, middles, north, east)
    named = [
        *((each.name or say(each.kind), Position(latitude=each.latitude, longitude=each.longitude)) for each in sites),
        *((each.name, Position(latitude=each.latitude, longitude=each.longitude)) for each in streets),
    ]
    found = []
    for number, (latitude, longitude) in enumerate(middles):
        here = Position(latitude=latitude, longitude=longitude)
        away = [(near_distance_m(here, point), name) for name, point in named]
        nearest = min((each for each in away if each[0] <= NEAR_M), default=None)
        found.append(f"{nearest[1]}, {ground.name(number)}" if nearest else ground.name(number))
    return found
