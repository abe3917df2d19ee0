"""What is known of ground under the names that it had: of districts whose whole ground became these, and of one that was divided,
what lies within the outlines of these. Nothing of one that was divided is a district's that has no outline, but what has no place
of its own: stays, and since when somebody is known, go with their person, as `_list_theirs` says.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import msgspec
import numpy as np
from sqlalchemy.orm import Session

from server.places.districts import Areas
from server.places.projection import unproject
from server.queries.cases.case_moves import list_parts_moved_to
from server.queries.maps.boundaries import list_boundaries
from server.queries.maps.hotspots import find_one_id
from server.queries.maps.indicators import (
    ContactPoint,
    Coverage,
    find_coverage,
    list_contact_points,
    list_last_places,
    list_moves_of,
    list_placed_nights,
    list_placeless_strangers,
    list_seen_nights,
)
from server.queries.maps.tonight import CellLook, list_cell_looks
from server.queries.partnership.boundary_changes import list_divided, list_lineage, list_successors, with_former
from server.queries.people.brought_in import list_known_since
from server.queries.people.stays import find_first_recorded
from server.queries.street.looks import list_looks
from shared.geo import grid
from shared.model.value import Id
from shared.rules.indicators import MovedIn, SeenNight


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


def list_ground_moves(session: Session, district_id: Id) -> list[MovedIn]:
    """Who moved into accommodation, as a district or its ground under another name recorded it."""
    moves = list_moves_of(session, list_lineage(session, district_id))
    for old in _list_divided_into(session, district_id):
        theirs = list_moves_of(session, [old])
        ours = _list_theirs(session, old, district_id, {each.person_id for each in theirs})
        moves += [each for each in theirs if each.person_id in ours]
    return moves


def list_ground_known_since(session: Session, district_id: Id) -> dict[Id, date]:
    """Since when somebody is known to sleep rough, as it was brought in for a district or for its ground under another name."""
    known = list_known_since(session, list_lineage(session, district_id))
    for old in _list_divided_into(session, district_id):
        theirs = list_known_since(session, [old])
        for each in _list_theirs(session, old, district_id, theirs):
            known[each] = min(theirs[each], known.get(each, theirs[each]))
    return known


def find_stays_since(session: Session, district_id: Id) -> datetime | None:
    """Since when stays are recorded on a district's ground, under whatever name; None where none ever was."""
    return find_first_recorded(
        session, [*list_lineage(session, district_id), *_list_divided_into(session, district_id)]
    )


def find_ground_coverage(session: Session, district_id: Id, first: date, last: date, night: date | None) -> Coverage:
    """What stands beside the figures of the nights from the first to the last, of a district's ground under whatever name."""
    also = {each.id for each in _list_contacts_inside(session, district_id, first, last)}
    found = find_coverage(session, district_id, first, last, also)
    return msgspec.structs.replace(found, on_night=count_ground_strangers(session, district_id, night))


def count_ground_strangers(session: Session, district_id: Id, night: date | None) -> int:
    """The people whom nobody knew on a night, those of one square once, and those of no known place as if it were one square;
    none of no night."""
    if night is None:
        return 0
    lineage = list_lineage(session, district_id)
    looks = list_looks(session, set(lineage), night, night)
    cells = {each.cell for each in _list_contacts_inside(session, district_id, night, night)} - {None}
    others = list_looks(session, _list_divided_into(session, district_id), night, night) if cells else []
    most: dict[tuple[int, Id], int] = {}
    for each in (*looks, *(each for each in others if each.cell in cells)):
        place = (each.cell, each.site_id)
        most[place] = max(most.get(place, 0), each.unidentified)
    nowhere = max(list_placeless_strangers(session, lineage, night), default=0)
    return sum(most.values()) + nowhere


def _list_contacts_inside(session: Session, district_id: Id, first: date, last: date) -> list[ContactPoint]:
    """The contacts of districts that were divided, on a district's own ground. Those of one square and night are in one part."""
    divided = _list_divided_into(session, district_id)
    placed = list_contact_points(session, divided, first, last) if divided else []
    leading: dict[tuple[int, date], ContactPoint] = {}
    for each in placed:  # by id
        if each.cell is not None:
            leading.setdefault((each.cell, each.night), each)
    at = [each if each.cell is None else leading[each.cell, each.night] for each in placed]
    inside = _find_inside(session, [district_id], [each.latitude for each in at], [each.longitude for each in at])
    return [each for each, is_ours in zip(placed, inside, strict=True) if is_ours]


def _list_divided_into(session: Session, district_id: Id) -> list[Id]:
    return sorted(list_divided(session, with_former(session, [district_id])))


def _list_theirs(session: Session, old: Id, district_id: Id, person_ids: Collection[Id]) -> set[Id]:
    """Whose past in a district that was divided is this part's, of these people by the one id that their records share: by the
    last known place where they were met there; beyond every outline, or met at none, by the part to which their case went;
    else the first named, as for all that has no place when a district is divided."""
    if not person_ids:
        return set()
    parts = list_successors(session)[old]
    ours = with_former(session, [district_id])
    part_of = {each: part for part in parts for each in with_former(session, [part])}
    places = [each for each in list_last_places(session, old).items() if each[0] in person_ids]
    found = _find_areas(session, part_of).find_many(
        *(np.array([point[half] for _, point in places], float) for half in (0, 1))
    )
    by_place = {who: part for (who, _), part in zip(places, found, strict=True) if part is not None}
    one_id = find_one_id(session)
    by_case = {one_id.get(who, who): part for who, part in list_parts_moved_to(session, old, part_of).items()}
    chosen = {each: by_place.get(each, by_case.get(each, parts[0])) for each in person_ids}
    return {each for each, part in chosen.items() if part_of[part] in ours}


def _find_inside(
    session: Session, district_ids: Collection[Id], latitude: Sequence[float], longitude: Sequence[float]
) -> list[bool]:
    """Which points lie within these districts, or within one whose whole ground became theirs: a part that was drawn and joined
    another that was not has an outline under its old name alone."""
    if not latitude:
        return []
    areas = _find_areas(session, with_former(session, district_ids))
    found = areas.find_many(np.asarray(latitude, float), np.asarray(longitude, float))
    return [each is not None for each in found]


def _find_areas(session: Session, district_ids: Collection[Id]) -> Areas:
    return Areas([each for each in list_boundaries(session) if each.district_id in district_ids])
