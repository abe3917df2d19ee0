"""Counting a quarter for its map and the figures beside it. What may be told of it is decided in `figures` and `disclosure`."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy.orm import Session

from server.hotspots.authority import Ground
from server.hotspots.figures import GROUPS, Counted
from server.hotspots.periods import Period
from server.hotspots.publication import count_looks, place_people
from server.places.districts import load_district_finder
from server.places.projection import unproject
from server.queries.maps import hotspots as queries
from server.queries.maps.boundaries import list_districts_on
from server.queries.maps.indicators import list_moves_of, list_seen_nights
from server.queries.maps.quarters import count_reports
from server.queries.partnership.boundary_changes import with_former
from server.queries.people import equality
from server.queries.people.brought_in import list_known_since
from server.queries.people.doors import list_between
from server.queries.people.stays import list_counted_stays
from shared.model.value import Id
from shared.rules.equality import group_people
from shared.rules.flow import NEAR, find_flows, find_referrals
from shared.rules.indicators import SeenNight, first_of_month, month_indicators, months_later


def count_quarter(
    session: Session, period: Period, crs: str, ground: Ground, district_of_leaf: Mapping[int, str]
) -> Counted:
    """The true counts of a quarter: of the people of the map, and of no others."""
    leaf_of = place_people(session, period, crs, ground)
    met: dict[Id, set[date]] = defaultdict(set)
    for each in queries.list_people_seen(session, period.first, period.last, ground.district_ids):
        met[each.person_id].add(each.night)
    reports, in_time = count_reports(session, ground.district_ids, period.first, period.last)
    flows, referrals, agencies_together = _find_flows(session, period, ground)
    return Counted(
        flows=flows,
        referrals=referrals,
        agencies_together=agencies_together,
        equality=_find_equality(session),
        nights_met={person: len(met[person]) for person in leaf_of},
        groups=_find_groups(session, period, ground),
        district_of={person: district_of_leaf.get(leaf, "") for person, leaf in leaf_of.items()},
        districts=sorted({name for name in district_of_leaf.values() if name}),
        looks=count_looks(session, period, crs, ground).total(),
        reports=reports,
        in_time=in_time,
    )


def _find_groups(session: Session, period: Period, ground: Ground) -> dict[str, frozenset[Id]]:
    """Who is new, long-term, returning or accommodated in any month of the quarter, over all its districts together."""
    nights: set[SeenNight] = set()
    here = sorted(with_former(session, ground.district_ids))
    for district_id in here:
        nights.update(list_seen_nights(session, district_id))
    moves = list_moves_of(session, here)
    known = list_known_since(session, here)
    found: dict[str, set[Id]] = {name: set() for name in GROUPS}
    for later in range(3):
        month = month_indicators(
            months_later(first_of_month(period.first), later), nights, moves=moves, known_since=known
        )
        for name, those in found.items():
            those |= getattr(month, name)
    return {name: frozenset(those) for name, those in found.items()}


def _find_flows(
    session: Session, period: Period, ground: Ground
) -> tuple[dict[str, frozenset[Id]], dict[str, frozenset[Id]], int]:
    """Ways through stays and services that end in the quarter, referrals made in it, and how many organisations wrote something
    of any person of it."""
    one_id = queries.find_one_id(session)
    nights: dict[Id, set[date]] = defaultdict(set)
    for each in queries.list_people_seen(session, period.first - NEAR, period.last, ground.district_ids):
        nights[each.person_id].add(each.night)
    stays = [
        replace(each, person_id=one_id.get(each.person_id, each.person_id)) for each in list_counted_stays(session)
    ]
    facts = [
        replace(each, person_id=one_id.get(each.person_id, each.person_id))
        for each in list_between(session, period.first, period.last)
    ]
    wrote = {each.agency_id for each in facts if each.person_id in nights}
    referrals = find_referrals(facts, period.first, period.last)
    return find_flows(nights, stays, facts, period.first, period.last), referrals, len(wrote)


def _find_equality(session: Session) -> dict[tuple[str, str], frozenset[Id]]:
    one_id = queries.find_one_id(session)
    return group_people(
        replace(each, person_id=one_id.get(each.person_id, each.person_id)) for each in equality.list_answers(session)
    )


def name_leaves(session: Session, data: Path, on: date, crs: str, ground: Ground) -> dict[int, str]:
    """The district of each leaf of the authority by its middle; "" for one that has its middle outside."""
    names = {each.id: each.name for each in list_districts_on(session, on)}
    latitude, longitude = unproject(crs, ground.middles_m[:, 0], ground.middles_m[:, 1])
    found = load_district_finder(session, data, on).find_many(latitude.tolist(), longitude.tolist())
    return {
        leaf: names.get(district_id or "", "") for leaf, district_id in zip(ground.leaves.tolist(), found, strict=True)
    }
