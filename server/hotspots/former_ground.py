"""What is known of ground under the names that it had: of districts whose whole ground became these, and of one that was divided,
what lies within the outlines of these. Nothing of one that was divided is a district's that has no outline.
"""

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np
from sqlalchemy.orm import Session

from server.places.districts import Areas
from server.places.projection import unproject
from server.queries.maps.boundaries import list_boundaries
from server.queries.maps.indicators import list_placed_nights, list_seen_nights
from server.queries.maps.tonight import CellLook, list_cell_looks
from server.queries.partnership.boundary_changes import list_divided, with_former
from shared.geo import grid
from shared.model.value import Id
from shared.rules.indicators import SeenNight


def list_ground_looks(session: Session, district_ids: Collection[Id], since: date, crs: str) -> list[CellLook]:
    """The looks in these districts from a night on, under whatever name their ground had."""
    here = with_former(session, district_ids)
    looks = list_cell_looks(session, here, since)
    divided = list_divided(session, here)
    others = list_cell_looks(session, divided, since) if divided else []
    if not others:
        return looks
    middles = np.array([grid.centre_m(each.cell) for each in others], float)
    latitude, longitude = unproject(crs, middles[:, 0], middles[:, 1])
    inside = _find_inside(session, district_ids, latitude.tolist(), longitude.tolist())
    return looks + [each for each, is_ours in zip(others, inside, strict=True) if is_ours]


def list_ground_nights(session: Session, district_id: Id) -> list[SeenNight]:
    """Every night on which somebody was met sleeping rough on a district's ground, under whatever name it had: nobody is new
    because a boundary was drawn. Who was met at no known place of a district that was divided is in none of its parts."""
    nights = list_seen_nights(session, district_id)
    divided = list_divided(session, with_former(session, [district_id]))
    others = list_placed_nights(session, divided) if divided else []
    inside = _find_inside(session, [district_id], [each[1] for each in others], [each[2] for each in others])
    return [*{*nights, *(each[0] for each, is_ours in zip(others, inside, strict=True) if is_ours)}]


def _find_inside(
    session: Session, district_ids: Collection[Id], latitude: Sequence[float], longitude: Sequence[float]
) -> list[bool]:
    areas = Areas([each for each in list_boundaries(session) if each.district_id in set(district_ids)])
    found = areas.find_many(np.asarray(latitude, float), np.asarray(longitude, float))
    return [each is not None for each in found]
