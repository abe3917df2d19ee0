"""The published map of one quarter, and a table that says the same. No filter, no box, no date and nothing to click that
narrows it to a person (privacy rules D3, D6): the address names a publication and nothing else.
"""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.access import Access, Door
from server.hotspots.periods import Period, say_period
from server.hotspots.publication import say_visits
from server.problems import NotFound
from server.queries.maps.hotspots import Publication, PublishedRegion, list_publications, list_regions
from server.queries.maps.publications import list_releases
from server.queries.partnership.agencies import find_agency
from server.web.layout.maps import Ground, Shape, map_data
from server.web.layout.page import AnyRequest, page
from shared.geo import grid
from shared.model.codes import PublicationKind
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind

AUDIENCE = "commissioner"
ATTRIBUTION = "Place names: GeoNames, CC BY 4.0"
DENSITIES_PER_KM2 = (1.0, 10.0, 100.0)
"""Where the next colour begins, in people seen a square kilometre: areas differ in size, so a count alone would mislead."""


class Area(Value, frozen=True, kw_only=True):
    """One area as the table says it."""

    number: int
    name: str
    words: str
    size_km2: float
    size: str
    visits: str


class Quarter(Value, frozen=True, kw_only=True):
    """One quarter beside the others: looking beside finding."""

    path: str
    name: str
    people: int
    visits: int | None
    is_shown: bool


@get("/hotspots", opt={"action": Act.SEE_HOTSPOTS}, sync_to_thread=True, include_in_schema=False)
def show_newest_map(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The latest map."""
    with door.open() as access:
        return _answer(request, access, None)


@get("/hotspots/{publication_id:str}", opt={"action": Act.SEE_HOTSPOTS}, sync_to_thread=True, include_in_schema=False)
def show_map(request: AnyRequest, door: NamedDependency[Door], publication_id: FromPath[Id]) -> Response[str]:
    """An earlier map, as it was published."""
    with door.open() as access:
        return _answer(request, access, publication_id)


def _answer(request: AnyRequest, access: Access, publication_id: Id | None) -> Response[str]:
    access.require(Act.SEE_HOTSPOTS)
    told = {each.id for each in list_releases(access.session, PublicationKind.MAP) if each.is_shown}
    published = [each for each in list_publications(access.session, AUDIENCE) if each.id in told]
    if publication_id is None and not published:
        return page(request, "commissioner/none.html", title="Hotspots", section="/hotspots", worker=access.worker)
    shown = next((each for each in published if publication_id in (None, each.id)), None)
    if shown is None:
        raise NotFound
    access.note_seen(SubjectKind.SYSTEM, [shown.id], action=Act.SEE_HOTSPOTS, purpose="quarterly map")
    regions = list_regions(access.session, shown.id)
    ground = Ground([region.geojson for region in regions])
    areas = [_area(shown, region, ground.name(number)) for number, region in enumerate(regions)]
    agency = find_agency(access.session, access.worker.agency_id)
    return page(
        request, "commissioner/hotspots.html", title=f"Hotspots, {_say(shown)}", section="/hotspots", worker=access.worker,
        period=_say(shown), publication=shown, areas=areas, legend=_legend(shown.threshold), attribution=ATTRIBUTION,
        few=_few(shown), viewer=f"{access.worker.name}, {agency.name if agency else ''}".rstrip(", "), now=access.now,
        total=f"About {shown.people_shown}" if shown.people_shown else _few(shown).capitalize(),
        data=map_data([_shape(shown, region, area) for region, area in zip(regions, areas, strict=True)], ground),
        quarters=[_quarter(each, shown) for each in published],
    )  # fmt: skip


def _area(publication: Publication, region: PublishedRegion, name: str) -> Area:
    side_km = grid.size_m(region.leaves[0]) / 1000 if region.leaves else 0.0
    size_km2 = len(region.leaves) * side_km**2
    return Area(
        number=region.number,
        name=name,
        words=f"About {region.shown}" if region.shown is not None else _few(publication).capitalize(),
        size_km2=size_km2,
        size=_say_size(size_km2),
        visits=say_visits(region.visits),
    )


def _shape(publication: Publication, region: PublishedRegion, area: Area) -> Shape:
    return Shape(
        geojson=region.geojson,
        label=str(area.number) if region.shown is not None else "",
        words=area.words,
        band=band_of(region.shown, area.size_km2),
    )


def band_of(shown: int | None, size_km2: float) -> int:
    """Returns the colour's number: 0 below the threshold, then by how close together people were."""
    if shown is None or size_km2 <= 0:
        return 0
    return 1 + sum(1 for density in DENSITIES_PER_KM2 if shown / size_km2 >= density)


def _legend(threshold: int) -> list[tuple[str, str]]:
    """The colours in words, the fewest first."""
    return [
        ("none", f"Fewer than {threshold}, may be none"),
        ("1", "Less than 1 person a km²"),
        ("2", "1 to 10 a km²"),
        ("3", "10 to 100 a km²"),
        ("4", "100 or more a km²"),
    ]


def _say_size(size_km2: float) -> str:
    return f"{size_km2:,.0f} km²" if size_km2 >= 10 else f"{size_km2:.2g} km²"


def _few(publication: Publication) -> str:
    return f"fewer than {publication.threshold}, may be none"


def _say(publication: Publication) -> str:
    return say_period(Period(publication.period_starts_on, publication.period_ends_on))


def _quarter(publication: Publication, shown: Publication) -> Quarter:
    return Quarter(
        path=f"/hotspots/{publication.id}",
        name=_say(publication),
        people=publication.people_shown,
        visits=publication.visits,
        is_shown=publication.id == shown.id,
    )
