"""Where a contact or a visit happened: its cell of the grid and its district, for a whole batch at once.

Its own pin comes first, then its site's, then its referral's. Without any, the team's district, when it walks only one.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import numpy as np
from msgspec import Struct
from sqlalchemy.orm import Session

from server.database.positions import Point, list_points
from server.hotspots.grid import leaves_of_points
from server.queries.partnership import agencies
from server.tables.referrals.referral import referral
from server.tables.street.site import site
from shared.model.position import Position
from shared.model.value import Id


class Finder(Protocol):
    """Answers in which district points are."""

    def find_many(self, latitudes: Sequence[float], longitudes: Sequence[float], /) -> list[Id | None]:
        """A district for each point, None outside of every district."""


class Districts(Protocol):
    """Gives the finder for what the database holds now."""

    def get_finder(self, session: Session, on: date, /) -> Finder:
        """The finder for the districts that stand on a day."""


class Whereabouts(Struct, frozen=True, gc=False):
    """What is known of where something happened."""

    position: Position | None
    site_id: Id | None
    referral_id: Id | None
    team_id: Id | None
    on: date
    """On which day or night: districts end, and others begin."""


class Place(Struct, frozen=True, gc=False):
    """Where it was: the leaf of the grid and the district, as far as they can be told."""

    cell: int | None = None
    district_id: Id | None = None


def find_places(session: Session, asked: Sequence[Whereabouts], districts: Districts, crs: str) -> list[Place]:
    """The place of each, in the order asked."""
    if not asked:
        return []
    points = _points_of(session, asked)
    known = [(point, each.on) for point, each in zip(points, asked, strict=True) if point is not None]
    located = iter(_locate(session, known, districts, crs))
    lost = {each.team_id for point, each in zip(points, asked, strict=True) if point is None and each.team_id}
    only = _only_districts(session, lost)
    return [
        next(located) if point is not None else Place(None, only.get(each.team_id or ""))
        for point, each in zip(points, asked, strict=True)
    ]


def _points_of(session: Session, asked: Sequence[Whereabouts]) -> list[Point | None]:
    sites = list_points(session, site, {e.site_id for e in asked if e.position is None and e.site_id})
    referrals = list_points(session, referral, {e.referral_id for e in asked if e.position is None and e.referral_id})
    return [
        (each.position.latitude, each.position.longitude)
        if each.position is not None
        else sites.get(each.site_id or "") or referrals.get(each.referral_id or "")
        for each in asked
    ]


def _locate(session: Session, known: list[tuple[Point, date]], districts: Districts, crs: str) -> list[Place]:
    if not known:
        return []
    points = [point for point, _ in known]
    found: dict[int, Id | None] = {}
    for on in {on for _, on in known}:
        here = [number for number, (_, day) in enumerate(known) if day == on]
        district_ids = districts.get_finder(session, on).find_many(*zip(*(points[each] for each in here), strict=True))
        found |= dict(zip(here, district_ids, strict=True))
    return list(map(Place, _cells(points, crs), (found[number] for number in range(len(points)))))


def _cells(points: list[Point], crs: str) -> list[int | None]:
    """The leaf of each point. A point that the projection does not reach has none."""
    latitude, longitude = np.array(points, float).T
    try:
        cells: list[int | None] = leaves_of_points(crs, latitude, longitude).tolist()
    except ValueError:
        if len(points) == 1:
            return [None]
        return [cell for point in points for cell in _cells([point], crs)]
    return cells


def _only_districts(session: Session, team_ids: set[Id]) -> dict[Id, Id]:
    """The district of each team that walks only one."""
    walked = agencies.list_districts_walked(session, team_ids) if team_ids else {}
    return {team_id: ids[0] for team_id, ids in walked.items() if len(ids) == 1}
