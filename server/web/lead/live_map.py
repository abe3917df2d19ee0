"""The teams' live map of a district: squares that stand out, ground that nobody looked at for long, exact places with their
contacts, open reports. Beside it a table that says the same. It renews itself while somebody is at it.

Filters are time and the state of a contact; nothing about anybody is one (privacy rule A10).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import blake2b

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.access import Access, Door, of_theirs
from server.hotspots.former_ground import list_ground_looks
from server.hotspots.live import NEGLECTED_NIGHTS, Change, LiveSquare, find_squares
from server.hotspots.tonight import LOOK_BACK
from server.http.services import Services
from server.queries.maps.live import OpenReport, SiteNow, find_stamp, list_open_reports, list_sites_now
from server.queries.partnership.boundary_changes import list_divided, with_former
from server.queries.partnership.districts import list_districts
from server.web.layout.maps import Ground, Pin, Shape, map_data
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import count, say, say_short_day
from server.web.lead.naming import name_squares
from server.web.lead.tonight import ATTRIBUTION, outline
from shared.model.codes import ContactState
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.verification import ROUGH_SLEEPING_STATES

PATH = "/live-map"
DAYS = (7, 30, 90, 180)
USUAL_DAYS = 90
ROUGH = "rough"
STATES = (ROUGH, *(str(each.value) for each in ContactState))
CHANGES = {Change.NEW: "New", Change.PERSISTING: "As before", Change.FADING: "Fading", Change.NONE: ""}


class Row(Value, frozen=True, kw_only=True):
    """One square as the table says it."""

    number: int
    place: str
    change: str
    people: str
    looked: str
    is_neglected: bool


@get(PATH, opt={"action": Act.SEE_LIVE_MAP}, sync_to_thread=True, include_in_schema=False)
def show_live_map(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    district: FromQuery[str] = "",
    days: FromQuery[str] = "",
    contact: FromQuery[str] = "",
) -> Response[str]:
    """One of the reader's districts, or all of them."""
    with door.open() as access:
        access.require(Act.SEE_LIVE_MAP, of_theirs(access.actor), purpose="live map")
        names = {each.id: each.name for each in list_districts(access.session) if each.id in access.actor.district_ids}
        chosen = with_former(access.session, [district]) if district in names else frozenset(names)
        shown_days = int(days) if days in {str(each) for each in DAYS} else USUAL_DAYS
        state = contact if contact in STATES else ROUGH
        crs = services.settings.crs
        asked = [district] if district in names else names
        looks = list_ground_looks(access.session, asked, access.tonight - LOOK_BACK, crs)
        squares = find_squares(looks, access.tonight, shown_days)
        outlines = [outline(each.cell, crs) for each in squares]
        ground = Ground(outlines)
        since = access.tonight - timedelta(days=shown_days - 1)
        sites, reports = _sites(access, chosen, since, state), _reports(access, chosen)
        places = name_squares(access.session, ground, sites, len(squares))
        rows = [_row(access, *told) for told in zip(range(1, len(squares) + 1), squares, places, strict=True)]
        return page(
            request, "lead/live_map.html", title="Live map", section=PATH, worker=access.worker, rows=rows,
            sites=[_say_site(each) for each in sites], reports=[_say_report(access, each) for each in reports],
            data=map_data(_shapes(access, squares, outlines, rows), ground, _pins(sites, reports)), attribution=ATTRIBUTION,
            districts=[("", "All of yours"), *sorted(names.items(), key=lambda pair: pair[1])], district=district,
            periods=[(str(each), f"The last {each} nights") for each in DAYS], days=str(shown_days),
            states=[(ROUGH, "Sleeping rough"), *((each, say(ContactState(each))) for each in STATES[1:])], state=state,
            stamp=_stamp(access, frozenset(names)), neglected_nights=NEGLECTED_NIGHTS,
            left_out=len({each.cell for each in looks}) - len(squares),
        )  # fmt: skip


@get(PATH + "/stamp", opt={"action": Act.SEE_LIVE_MAP, "polls": True}, sync_to_thread=True, include_in_schema=False)
def show_live_stamp(door: NamedDependency[Door]) -> Response[str]:
    """Has anything come in? The page asks it every half minute, and loads itself anew only then."""
    with door.open() as access:
        access.require(Act.SEE_LIVE_MAP, of_theirs(access.actor), purpose="live map")
        stamp = _stamp(access, access.actor.district_ids)
    return Response(stamp, media_type="text/plain", headers={"cache-control": "no-store"})


def _stamp(access: Access, district_ids: frozenset[Id]) -> str:
    """With the day and the night: “Tonight” is another one tomorrow, and what was due is late. Of the ground's earlier names too:
    a record of a night before the boundary changed comes in under the old one."""
    here = with_former(access.session, district_ids)
    stamp = find_stamp(access.session, here | list_divided(access.session, here))
    found = f"{access.today} {access.tonight} {stamp}"
    return blake2b(found.encode(), digest_size=8).hexdigest()


def _row(access: Access, number: int, square: LiveSquare, place: str) -> Row:
    nights = (access.tonight - square.last_looked_on).days
    since = f"Not looked at since {say_short_day(square.last_looked_on)}"
    looked = (
        since if square.is_neglected(access.tonight) else "Tonight" if nights <= 0 else f"{count(nights, 'night')} ago"
    )
    return Row(
        number=number, place=place, change=CHANGES[square.change],
        people=f"{square.people} in {count(square.looks, 'look')}" if square.looks else "Not known: nobody looked",
        looked=looked, is_neglected=square.is_neglected(access.tonight),
    )  # fmt: skip


def _shapes(access: Access, squares: Sequence[LiveSquare], outlines: Sequence[str], rows: Sequence[Row]) -> list[Shape]:
    return [
        Shape(
            geojson=shape,
            label=str(row.number),
            words=row.change or row.looked,
            band=band_of(square, access.tonight),
        )
        for shape, square, row in zip(outlines, squares, rows, strict=True)
    ]


def band_of(square: LiveSquare, tonight: date) -> int:
    """The colour: 0 hatched, not looked at for long; 4 new, 3 as before, 2 fading, 1 looked at."""
    if square.is_neglected(tonight):
        return 0
    return {Change.NEW: 4, Change.PERSISTING: 3, Change.FADING: 2, Change.NONE: 1}[square.change]


def _pins(sites: Sequence[SiteNow], reports: Sequence[OpenReport]) -> list[Pin]:
    return [
        *(Pin(each.longitude, each.latitude, "site") for each in sites),
        *(Pin(each.longitude, each.latitude, "report") for each in reports),
    ]


def _sites(access: Access, district_ids: frozenset[Id], since: date, state: str) -> list[SiteNow]:
    """The known places; that they were shown is written down."""
    states = {str(each.value) for each in ROUGH_SLEEPING_STATES} if state == ROUGH else {state}
    found = list_sites_now(access.session, district_ids, since, states)
    access.note_seen(SubjectKind.SITE, [each.site_id for each in found], action=Act.SEE_PLACE, purpose="live map")
    return found


def _reports(access: Access, district_ids: frozenset[Id]) -> list[OpenReport]:
    """The open reports, for those who may read reports."""
    if not access.allows(Act.SEE_REFERRALS, of_theirs(access.actor)):
        return []
    found = list_open_reports(access.session, district_ids)
    ids = [each.referral_id for each in found]
    access.note_seen(SubjectKind.REFERRAL, ids, action=Act.SEE_REFERRALS, purpose="live map")
    return found


def _say_site(site: SiteNow) -> tuple[str, str, str]:
    last = say_short_day(site.last_night) if site.last_night else "Never"
    return site.name or say(site.kind), str(site.contacts), last


def _say_report(access: Access, report: OpenReport) -> tuple[Id, str, str, bool]:
    """Id, reported, due, late."""
    late = report.due_on < access.today
    return report.referral_id, say_short_day(report.reported_at), say_short_day(report.due_on), late
