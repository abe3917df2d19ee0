"""Where people are likely tonight, for those who plan a shift: exact squares of their own districts, each with why, and how
long nobody has looked there. A reader of several narrows it to what one team walks, or to one district.
"""

from collections.abc import Sequence
from typing import NamedTuple

import shapely
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.access import Access, Door, of_theirs
from server.hotspots.tonight import Known, LikelyCell, band_of, corners_of, find_known, list_likely_cells
from server.http.services import Services
from server.queries.maps.tonight import SitePoint, list_site_points
from server.queries.partnership import agencies, districts
from server.web.layout.maps import Ground, Shape, map_data
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import count, say, say_short_day
from server.web.lead.on_shift import teams_of
from shared.geo.distance import near_distance_m
from shared.model.position import Position
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.occupancy import say_chance, say_people
from shared.rules.wording import upper_first

SQUARES = 20
SHORT_WALK_M = 120.0
LONG_NOT_LOOKED = 7
"""After this many nights without a look the page says so."""
ATTRIBUTION = "Place names: GeoNames, CC BY 4.0"


class Part(NamedTuple):
    """What the page can be narrowed to: by its value in the address, in words, and the districts it has of the reader's."""

    value: str
    words: str
    district_ids: frozenset[Id]


class Square(Value, frozen=True, kw_only=True):
    """A square as the table says it."""

    number: int
    place: str
    likely: str
    why: str
    looked: str
    is_neglected: bool


@get("/tonight", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def show_tonight(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], of: FromQuery[str] = ""
) -> Response[str]:
    """The likeliest squares of the reader's districts, or of a part of them."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="plan of a shift")
        tonight = access.tonight
        parts = _parts(access)
        part = next((each for each in parts if each.value == of), parts[0])
        known = find_known(access.session, part.district_ids, tonight, services.settings.crs)
        cells = list_likely_cells(known.looks, known.until, SQUARES)
        outlines = [outline(each.cell, services.settings.crs) for each in cells]
        ground = Ground(outlines)
        sites = _sites(access, part.district_ids)
        squares = [
            _square(number, each, _name(sites, ground, number - 1), known) for number, each in enumerate(cells, start=1)
        ]
        shapes = [
            Shape(geojson=shape, label=str(square.number), words=square.likely, band=band_of(cell, known.is_of_others))
            for shape, square, cell in zip(outlines, squares, cells, strict=True)
        ]
        return page(
            request, "lead/tonight.html", title="Where people are likely tonight", section="/tonight", worker=access.worker,
            squares=squares, data=map_data(shapes, ground), attribution=ATTRIBUTION, night=say_short_day(tonight),
            others_until=say_short_day(known.until) if known.is_of_others else "",
            neglected=[square for square in squares if square.is_neglected], part=part,
            parts=[(each.value, each.words) for each in parts],
        )  # fmt: skip


def _parts(access: Access) -> list[Part]:
    """All of the reader's districts, then what each team walks of them, then each district; nothing that says the same again."""
    mine = access.actor.district_ids
    ids = teams_of(access.session, access.actor, access.today)
    found = [
        *(
            Part(f"team:{each.id}", each.name, mine & set(each.district_ids))
            for each in agencies.list_teams(access.session)
            if each.id in ids
        ),
        *(
            Part(f"district:{each.id}", each.name, frozenset({each.id}))
            for each in districts.list_districts(access.session)
            if each.id in mine
        ),
    ]
    return [
        Part("", "All your districts", mine),
        *(each for each in found if each.district_ids and each.district_ids != mine),
    ]


def _sites(access: Access, district_ids: frozenset[Id]) -> list[SitePoint]:
    """The known places by which the squares are named; that they were shown is written down."""
    sites = list_site_points(access.session, district_ids)
    access.note_seen(
        SubjectKind.SITE, [each.site_id for each in sites], action=Act.SEE_PLACE, purpose="plan of a shift"
    )
    return sites


def _name(sites: Sequence[SitePoint], ground: Ground, number: int) -> str:
    """The known place within a short walk, and where that lies; else where the square lies."""
    longitude, latitude = ground.middle(number)
    here = Position(latitude=latitude, longitude=longitude)
    away = [
        (near_distance_m(here, Position(latitude=each.latitude, longitude=each.longitude)), each.name or say(each.kind))
        for each in sites
    ]
    near = min((each for each in away if each[0] <= SHORT_WALK_M), default=None)
    return f"{near[1]}, {ground.name(number)}" if near else ground.name(number)


def outline(cell: int, crs: str) -> str:
    """Returns a square of the grid as GeoJSON in WGS 84."""
    corners = [(longitude, latitude) for latitude, longitude in corners_of(cell, crs)]
    return str(shapely.to_geojson(shapely.Polygon(corners)))


LIKELY = {4: "Very likely", 3: "Likely", 2: "Possible", 1: "Less likely"}


def _square(number: int, cell: LikelyCell, place: str, known: Known) -> Square:
    nights = (known.until - cell.last_looked_on).days
    looked = "Looked at tonight" if nights <= 0 else f"Nobody has looked for {count(nights, 'night')}"
    why = f"{upper_first(say_people(cell.occupancy))}, if anybody; met on {count(cell.nights_seen, 'night')} of the last year"
    if known.is_of_others:
        looked = "No team has looked yet"
        why = f"Counted or reported there on {count(cell.nights_seen, 'day')} of the year"
    return Square(
        number=number,
        place=place,
        likely=LIKELY[band_of(cell, known.is_of_others)]
        if known.is_of_others
        else f"{LIKELY[band_of(cell)]}: {say_chance(cell.chance)}",
        why=why,
        looked=looked,
        is_neglected=nights >= LONG_NOT_LOOKED and not known.is_of_others,
    )
