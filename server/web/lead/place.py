"""Where a referral is, shown on a map with how sure that is, and put right: by a press on it, a name, a point or a postcode."""

from typing import Any

import shapely
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import SYSTEM, Access, Door
from server.actions.referrals.place import set_place
from server.http.services import Services
from server.importers.files import make_storable
from server.importers.points import read_typed_point
from server.places.districts import load_district_finder
from server.places.place_words import Asked, Guess, find_places
from server.problems import NotFound
from server.queries.maps.boundaries import list_boundaries
from server.queries.maps.gazetteer import list_within
from server.queries.people import subjects
from server.queries.referrals import inbox
from server.queries.referrals.inbox import InboxRow
from server.web.layout.forms import Errors, Form
from server.web.layout.maps import OUTLINE, Ground, Name, Pin, Shape, box_around, map_data, ring_around
from server.web.layout.page import AnyRequest, go_to, page
from server.web.lead.tonight import ATTRIBUTION
from shared.geo.distance import near_distance_m
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.referral import is_open

SIMPLIFIED_DEGREES = 0.0005
MOST_NAMES, MOST_GUESSES, MOST_NEAR = 150, 8, 50
RINGS_M = (50.0, 250.0)
"""Within the one it may be the same doorway, within the other somebody known may be meant."""


class PointForm(Form, frozen=True, kw_only=True):
    """One of the places that the words may mean, or a point, a postcode or a grid reference; or words to look for, which go by
    POST: where somebody is said to be stands in no address."""

    take: str = "point"
    choice: str = ""
    point: str = ""
    words: str = ""


@get(
    "/referrals/{referral_id:str}/place",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_place(request: AnyRequest, door: NamedDependency[Door], referral_id: FromPath[Id]) -> Response[str]:
    """The map, and the places that the words of the report may mean."""
    with door.open() as access:
        return _page(request, access, referral_id)


@post(
    "/referrals/{referral_id:str}/place",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def put_place(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], referral_id: FromPath[Id],
    data: URLEncodedBody[PointForm],
) -> Response[Any]:  # fmt: skip
    """Puts it there; or shows the places that other words may mean."""
    if data.take == "find":
        with door.open() as access:
            return _page(request, access, referral_id, words=make_storable(data.words.strip())[:300])
    found = read_typed_point((data.choice if data.take == "choice" else data.point).strip())
    with door.open() as access:
        if found is None:
            said = "Press on the map, choose one, or give a point such as 51.66385, -0.39610, a postcode or a grid reference."
            return _page(request, access, referral_id, form=data, errors={"point": said})
        district_id = load_district_finder(access.session, services.settings.data, access.today).find(*found)
        if district_id is None:
            said = "That point is in none of our districts. Are latitude and longitude exchanged?"
            return _page(request, access, referral_id, form=data, errors={"point": said})
        set_place(access, referral_id, *found, district_id)
    return go_to(f"/referrals/{referral_id}", done="put_on_map")


def _page(
    request: AnyRequest, access: Access, referral_id: Id, words: str = "", form: PointForm | None = None,
    errors: Errors | None = None,
) -> Response[str]:  # fmt: skip
    subject = subjects.find_referral(access.session, referral_id)
    access.require(Act.PROGRESS_REFERRAL, subject, purpose="place of a referral")
    access.require(Act.SEE_REFERRAL, subject, purpose="place of a referral")
    row = inbox.find_inbox_row(access.session, referral_id)
    if row is None:
        raise NotFound
    referral, here = row.referral, row.referral.position
    said = words or ". ".join(filter(None, [referral.place, referral.description]))
    guesses = find_places(access.session, [Asked(said, row.district_name)])[0][:MOST_GUESSES]
    usual = f"{here.latitude:.5f}, {here.longitude:.5f}" if here is not None else ""
    return page(
        request, "lead/place.html", title=f"Where is referral {referral.number}?", section="/referrals", worker=access.worker,
        status=422 if errors else 200, referral=referral, words=words, guesses=guesses, errors=errors or {},
        form=form or PointForm(point=usual), data=_draw(access, row, guesses), attribution=ATTRIBUTION,
    )  # fmt: skip


def _draw(access: Access, row: InboxRow, guesses: tuple[Guess, ...]) -> Any:
    """The outline of its district, or of all, with the names around its pin."""
    areas = list_boundaries(access.session)
    own = [each for each in areas if each.district_id == row.referral.district_id] or areas
    shapes = [Shape(geojson=_simplify(each.geojson), label="", words="District", band=OUTLINE) for each in own]
    here = row.referral.position
    if here is not None:
        shapes += [
            Shape(geojson=ring_around(here, metres), label="", words=f"{metres:.0f} m", band=OUTLINE)
            for metres in RINGS_M
        ]
    points = [(here.longitude, here.latitude)] if here else [(each.longitude, each.latitude) for each in guesses]
    box = box_around(points) if points else None
    west, south, east, north = box or (0.0, 0.0, 0.0, 0.0)
    named = list_within(access.session, west, south, east, north, MOST_NAMES) if box else []
    pins = [Pin(each.longitude, each.latitude, "site") for each in guesses]
    pins += _list_near(access, row)
    pins += [Pin(here.longitude, here.latitude, "report")] if here else []
    names = [Name(each.longitude, each.latitude, each.name) for each in named]
    return map_data(shapes, Ground([each.geojson for each in shapes]), pins, names, box)


def _list_near(access: Access, row: InboxRow) -> list[Pin]:
    """The other open reports within the wider ring; that they were shown is written down."""
    referral = row.referral
    near = inbox.list_near_referrals(access.session, [referral])[referral.id]
    shown = [
        (each.id, each.position)
        for each in near
        if each.position is not None and referral.position is not None and is_open(each)
        and near_distance_m(each.position, referral.position) <= RINGS_M[1]
        and access.allows(Act.SEE_REFERRAL, subjects.find_referral(access.session, each.id) or SYSTEM)
    ][:MOST_NEAR]  # fmt: skip
    access.note_seen(
        SubjectKind.REFERRAL, [each for each, _ in shown], action=Act.SEE_REFERRAL, purpose="map of a referral"
    )
    return [Pin(position.longitude, position.latitude, "report") for _, position in shown]


def _simplify(geojson: str) -> str:
    return str(shapely.to_geojson(shapely.simplify(shapely.from_geojson(geojson), SIMPLIFIED_DEGREES)))
