"""The published map: one a calendar quarter for a commissioner, computed once, frozen, and refused when it could find anyone.

A partnership publishes one map of its whole authority (`authority.py`), so that no district's map can be subtracted from
the county's. A person at its very edge is moved to the nearest leaf inside. Statistics for teams are in `ranking.py`.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sqlalchemy.orm import Session

from server.hotspots import auditor, disclosure, figures
from server.hotspots.authority import LEAF_LEVEL, Ground
from server.hotspots.disclosure import Chance, Region, Rule, Sighting
from server.hotspots.figures import Counted
from server.hotspots.grid import leaves_of, leaves_of_points
from server.hotspots.periods import Period, is_settled, say_period
from server.hotspots.ranking import CELL_M, observe_looks
from server.places.projection import unproject
from server.queries.maps import hotspots as queries
from server.queries.maps.hotspots import Publication, PublishedRegion
from server.queries.maps.publications import Release, add_release
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from shared.geo import grid
from shared.model.codes import PublicationKind
from shared.model.value import Id
from shared.rules.small_counts import HIDDEN_BY_LOT

COMMISSIONER = "commissioner"
DEGREE_DECIMALS = 6
EDGE_M = 500.0
"""A look so near to the authority, from middle to middle of squares of 250 m, is one of its own edge."""
VISITS_ROUNDED_TO = 50
VISIT_BANDS = (0, 50, 200, 1_000, 5_000, 20_000)
"""Where the bands of visits begin. The first holds none and a few alike."""


class Beside(NamedTuple):
    """What is told beside a map: the true counts, and the district of each leaf."""

    counted: Counted
    district_of_leaf: Mapping[int, str]


class RefusedToPublish(Exception):
    """The map must not be published. The message says why; nothing was stored."""


def count_people(session: Session, period: Period, crs: str, ground: Ground) -> Counter[int]:
    """How many verified people slept most nights of the period at each leaf."""
    return Counter(place_people(session, period, crs, ground).values())


def place_people(session: Session, period: Period, crs: str, ground: Ground) -> dict[Id, int]:
    """Verified people, each with the one leaf where they slept most nights of the period (rule D2)."""
    seen = queries.list_people_seen(session, period.first, period.last, ground.district_ids)
    if not seen:
        return {}
    latitude, longitude = np.array([row.latitude for row in seen]), np.array([row.longitude for row in seen])
    leaves = leaves_of_points(crs, latitude, longitude) >> 2 * LEAF_LEVEL
    leaves = _move_inside(leaves, ground)
    sightings = (
        Sighting(row.person_id, leaf, row.night, row.seen_at) for row, leaf in zip(seen, leaves.tolist(), strict=True)
    )
    return disclosure.assign_leaves(sightings)


def count_looks(session: Session, period: Period, crs: str, ground: Ground) -> Counter[int]:
    """How often teams looked in each leaf, people found or not: one square of 125 m, night and shift is one look. One that was
    made elsewhere (a phone tried out in another town, a team that walks there too) is no visit here."""
    rows = queries.list_looked_at(session, period.first, period.last)
    looks, _ = observe_looks(rows, crs, CELL_M)
    if not len(looks) or not len(ground.leaves):
        return Counter()
    leaves = leaves_of(looks.easting_m, looks.northing_m) >> 2 * LEAF_LEVEL
    return Counter(_move_inside(_leave_out_far(leaves, ground), ground).tolist())


def publish_map(
    session: Session,
    people_by_leaf: Mapping[int, int],
    ground: Ground,
    period: Period,
    crs: str,
    rule: Rule,
    now: datetime,
    new_id: Callable[[], Id],
    chance: Chance,
    audience: str = COMMISSIONER,
    beside: Beside | None = None,
) -> Publication:
    """Compute, check and freeze the map of a settled quarter, and the figures beside it: nobody sees either before two agencies
    have approved. Raises RefusedToPublish and stores nothing.

    `chance` must be secret and fresh (`secrets.SystemRandom()`): on it rests what the map does not prove.
    """
    _check_period(session, period, audience, now.date())
    universe = ground.leaves.tolist()
    regions = disclosure.publish(people_by_leaf, universe, rule, chance)
    _check_proofs(regions, people_by_leaf, rule)
    _check_atoms(session, regions, people_by_leaf, universe, period, rule)
    looks = count_looks(session, period, crs, ground)
    total = disclosure.total_shown(regions, sum(people_by_leaf.values()), rule, chance)
    publication = Publication(
        id=new_id(),
        audience=audience,
        period_starts_on=period.first,
        period_ends_on=period.last,
        threshold=rule.threshold,
        minimum_leaves=rule.minimum_leaves,
        leaf_level=LEAF_LEVEL,
        crs=crs,
        published_at=now,
        people_shown=total,
        visits=VISITS_ROUNDED_TO * round(looks.total() / VISITS_ROUNDED_TO),
    )
    queries.add_publication(session, publication, _draw(regions, crs, looks))
    release = Release(
        id=publication.id, kind=PublicationKind.MAP, starts_on=period.first, ends_on=period.last, prepared_at=now,
        content=_tell_figures(beside, total, regions, rule, chance),
    )  # fmt: skip
    if audience == COMMISSIONER:
        add_release(session, release)
    line = AuditLine(id=new_id(), at=now, action="publish_hotspots", purpose=audience, detail=publication.id)
    audit.add_lines(session, [line])
    return publication


def _tell_figures(beside: Beside | None, total: int, regions: Sequence[Region], rule: Rule, chance: Chance) -> str:
    """The figures as they are frozen; without districts where their bands and the map together would tell too much."""
    if beside is None:
        return "{}"
    told = figures.tell(beside.counted, total, lambda: chance.random() < HIDDEN_BY_LOT)
    if not figures.check_districts(told, regions, beside.district_of_leaf, rule):
        told = msgspec.structs.replace(told, districts=())
    return msgspec.json.encode(told).decode()


def _check_proofs(regions: Sequence[Region], people_by_leaf: Mapping[int, int], rule: Rule) -> None:
    """What could somebody prove who knows how the map was made? It has to be nothing (guarantee G, e)."""
    try:
        auditor.check_map(regions, people_by_leaf, rule)
    except auditor.Telling as error:
        raise RefusedToPublish(f"The map would prove too much: {error}. Nothing was stored.") from None


def band_visits(looks: int) -> int:
    """The lower end of the band of looks that is told of an area: exact ones would tell empty ground from a few people."""
    return VISIT_BANDS[bisect_right(VISIT_BANDS, looks) - 1]


def say_visits(visits: int | None) -> str:
    """The band of looks in words: exact ones would tell empty ground from ground with a few people."""
    if visits is None:
        return "Not counted"
    number = bisect_right(VISIT_BANDS, visits) - 1
    if number == 0:
        return f"Fewer than {VISIT_BANDS[1]}, may be none"
    if number == len(VISIT_BANDS) - 1:
        return f"{VISIT_BANDS[-1]:,} or more"
    return f"{VISIT_BANDS[number]:,} to {VISIT_BANDS[number + 1] - 1:,}"


def _check_period(session: Session, period: Period, audience: str, today: date) -> None:
    if not is_settled(period, today):
        raise RefusedToPublish(f"{say_period(period)} has not been over for 30 days: late records are still coming in.")
    published = [each for each in queries.list_publications(session) if _overlaps(each, period)]
    if any(each.audience == audience for each in published):
        raise RefusedToPublish(f"{say_period(period)} is published already, and a published map never changes.")


def _check_atoms(
    session: Session,
    regions: Sequence[Region],
    people_by_leaf: Mapping[int, int],
    universe: Sequence[int],
    period: Period,
    rule: Rule,
) -> None:
    """Every region of the period by any view, with these: no combination may isolate too few people (rule D1)."""
    told = [
        frozenset(region.leaves)
        for publication in queries.list_publications(session)
        if _overlaps(publication, period)
        for region in queries.list_regions(session, publication.id)
    ]
    everywhere = frozenset(universe).union(*told)
    together = [*told, *(region.leaves for region in regions)]
    broken = disclosure.broken_atoms(together, people_by_leaf, everywhere, rule)
    if broken:
        raise RefusedToPublish(
            f"{len(broken)} places could be singled out, with fewer than {rule.threshold} people in less than "
            f"{rule.minimum_leaves} squares of 250 m. The map was not published, and nothing was stored."
        )


def _overlaps(publication: Publication, period: Period) -> bool:
    return publication.period_starts_on <= period.last and period.first <= publication.period_ends_on


def _move_inside(leaves: NDArray[np.int64], ground: Ground) -> NDArray[np.int64]:
    """Leaves outside the authority as the nearest one inside it: somebody met just over the edge is counted there."""
    outside = ~np.isin(leaves, ground.leaves)
    if outside.any():
        tree = cKDTree(ground.middles_m)
        middles = [grid.centre_m(leaf) for leaf in leaves[outside].tolist()]
        leaves = leaves.copy()
        leaves[outside] = ground.leaves[tree.query(middles)[1]]
    return leaves


def _leave_out_far(leaves: NDArray[np.int64], ground: Ground) -> NDArray[np.int64]:
    """Without those farther from the authority than a shift's square over its edge."""
    far = ~np.isin(leaves, ground.leaves)
    if far.any():
        middles = [grid.centre_m(leaf) for leaf in leaves[far].tolist()]
        far[far] = cKDTree(ground.middles_m).query(middles)[0] > EDGE_M
    return leaves[~far]


def _draw(regions: Sequence[Region], crs: str, looks_by_leaf: Mapping[int, int]) -> list[PublishedRegion]:
    """Each region numbered from the most people to the fewest, with its outline in WGS 84."""
    ordered = sorted(regions, key=lambda region: (-(region.shown or 0), min(region.leaves)))
    return [
        PublishedRegion(
            number=number,
            leaves=tuple(sorted(region.leaves)),
            geojson=outline(region.leaves, crs),
            shown=region.shown,
            visits=band_visits(sum(looks_by_leaf.get(leaf, 0) for leaf in region.leaves)),
        )
        for number, region in enumerate(ordered, start=1)
    ]


def outline(leaves: frozenset[int], crs: str) -> str:
    """The shape of leaves together, as GeoJSON in WGS 84 degrees."""
    corners = np.array([grid.corner_m(leaf) for leaf in _join_quarters(leaves)], float)
    sizes = np.array([grid.size_m(leaf) for leaf in _join_quarters(leaves)], float)
    squares = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + sizes, corners[:, 1] + sizes)
    shape = shapely.transform(shapely.union_all(squares), lambda metres: _to_degrees(crs, metres))
    return str(shapely.to_geojson(shapely.set_precision(shape, 10**-DEGREE_DECIMALS, mode="valid_output")))


def _join_quarters(leaves: frozenset[int]) -> list[int]:
    """The same ground in fewer, larger cells: four quarters are their parent."""
    joined: list[int] = []
    level = set(leaves)
    while level:
        parents = Counter(cell >> 2 for cell in level)
        whole = {parent for parent, quarters in parents.items() if quarters == 4}
        joined += sorted(cell for cell in level if cell >> 2 not in whole)
        level = whole
    return joined


def _to_degrees(crs: str, metres: NDArray[np.float64]) -> NDArray[np.float64]:
    latitude, longitude = unproject(crs, metres[:, 0], metres[:, 1])
    return np.column_stack((longitude, latitude))
