"""Where to go next: a shift suggestion in walking order with its reasons, and assigning it in one press.

What may be gone to is found anew when it is assigned: a page that lay open, or one that was made up, assigns nothing that is not
worth a visit now, and nothing of another team.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import shapely
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.street import planning
from server.database.sql import storable_words
from server.hotspots.live import NEGLECTED_NIGHTS
from server.hotspots.suggestion import Candidate, SuggestedStop, minutes_of, suggest
from server.hotspots.tonight import LikelyCell, find_known, list_likely_cells
from server.http.local_time import to_local
from server.http.services import Services
from server.places.gazetteer import LocalGeocoder
from server.places.projection import unproject
from server.problems import CONFLICTING, Failure, Invalid
from server.queries.maps.live import TeamReport, count_due_without_pin, list_reports_of_team
from server.queries.maps.tonight import list_site_points
from server.queries.partnership import agencies, workers
from server.queries.partnership.boundary_changes import list_divided, with_former
from server.queries.people import subjects
from server.queries.street.follow_ups import count_follow_ups
from server.web.layout.forms import Form, Several, as_tuple
from server.web.layout.maps import Ground, Pin, Shape, map_data
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import count, say_distance, say_short_day
from server.web.lead.naming import name_squares
from server.web.lead.on_shift import teams_of
from server.web.lead.plan import next_moment
from server.web.lead.tonight import ATTRIBUTION, outline
from shared.geo import grid
from shared.model.agency import Team
from shared.model.codes import PlannedStopKind
from shared.model.position import Position
from shared.model.shift import PlannedStop
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.occupancy import say_chance, say_people
from shared.rules.wording import upper_first

PATH = "/where-next"
HOURS = (1, 2, 3, 4, 5, 6, 8)
USUAL_HOURS = 3
PACES = {"walk": "On foot", "drive": "By car or van"}
SQUARES = 120
REFERRAL_WORTH, FOLLOW_UP_WORTH = 1.5, 1.0
NEGLECT_WORTH_MOST, NEGLECT_WORTH_AFTER = 1.0, 28
"""Proposed defaults: as many people as a report, somebody to see again, and ground not looked at for four weeks are worth."""
SAID_LONG = 7
"""After this many nights without a look the reason says so."""
NAME_LENGTH = 200


class AssignForm(Form, frozen=True, kw_only=True):
    """These go out together, to these stops in this order; times are clock times here."""

    team: Id = ""
    stops: Several = ""
    workers: Several = ""
    area: str = ""
    starts: str = ""
    back: str = ""


class Line(Value, frozen=True, kw_only=True):
    """One stop as the table says it."""

    key: str
    kind: PlannedStopKind
    number: int
    place: str
    why: str
    at: str
    away: str
    referral_id: Id | None


@get(PATH, opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def show_where_next(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    team: FromQuery[str] = "",
    hours: FromQuery[str] = "",
    pace: FromQuery[str] = "",
    start: FromQuery[str] = "",
) -> Response[str]:
    """What a shift of one of the reader's teams could do tonight."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="plan of a shift")
        teams = _teams(access)
        chosen = next((each for each in teams if each.id == team), teams[0] if teams else None)
        length = int(hours) if hours in {str(each) for each in HOURS} else USUAL_HOURS
        by = pace if pace in PACES else "walk"
        begins = _next_quarter(access.now)
        asked = storable_words(start)[:NAME_LENGTH]
        here = _find_start(services, asked)
        candidates = list_candidates(access, chosen, services.settings.crs) if chosen else {}
        walk = suggest(list(candidates.values()), here, access.tonight, length * 60, by)
        outlines = [outline(int(each.stop.key[2:]), services.settings.crs) for each in walk if _is_ground(each.stop)]
        return page(
            request, "lead/where_next.html", title="Where to go next", section="/on-shift", worker=access.worker,
            lines=_say(walk, begins, is_from=here is not None), data=_map(walk, outlines), attribution=ATTRIBUTION, team=chosen,
            teams=[(each.id, each.name) for each in teams], hours=[(str(each), count(each, "hour")) for each in HOURS],
            length=str(length), paces=list(PACES.items()), pace=by, start=asked, is_lost=bool(asked) and here is None,
            takes=_say_length(minutes_of(walk)), left_out=len(candidates) - len(walk),
            due_left=sum(_is_due(each, access.tonight) for each in candidates.values())
            - sum(_is_due(each.stop, access.tonight) for each in walk),
            placeless=_count_placeless(access, chosen) if chosen else 0,
            workers=_workers(access, chosen), starts=f"{to_local(begins):%H:%M}",
            home_at=f"{to_local(begins + timedelta(hours=length)):%H:%M}",
        )  # fmt: skip


@post(PATH, opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def assign_walk(
    door: NamedDependency[Door], services: NamedDependency[Services], data: URLEncodedBody[AssignForm]
) -> Response[Any]:
    """They go out, and their phones know where to."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="plan of a shift")
        team = next((each for each in _teams(access) if each.id == data.team), None)
        # Whoever names another team is answered as by the plan itself.
        candidates = list_candidates(access, team, services.settings.crs) if team is not None else {}
        keys = as_tuple(data.stops)
        if not keys:
            raise Invalid("Choose at least one stop.")
        if team is not None and not set(keys) <= candidates.keys():
            raise Failure(CONFLICTING, "What is worth a visit has changed since. Look again, and assign it anew.")
        starts_at = _read(data.starts, access.now - timedelta(hours=1))
        back_at = _read(data.back, starts_at)
        stops = [_planned(candidates[each]) for each in keys if each in candidates]
        area = storable_words(data.area)
        planning.plan_shift(access, data.team, as_tuple(data.workers), area, starts_at, back_at, stops)
    return go_to("/shift-plan", done="shift_assigned")


def _read(text: str, after: datetime) -> datetime:
    found = next_moment(text, after)
    if found is None:
        raise Invalid("Give clock times such as 20:00 and 23:30.")
    return found


def _next_quarter(now: datetime) -> datetime:
    return now + timedelta(minutes=15 - now.minute % 15, seconds=-now.second, microseconds=-now.microsecond)


def _find_start(services: Services, words: str) -> Position | None:
    """A postcode, a street or a place as the machine's own gazetteer knows it."""
    found = LocalGeocoder(services.database).geocode(words) if words else None
    return None if found is None else Position(latitude=found.latitude, longitude=found.longitude)


def _teams(access: Access) -> list[Team]:
    """The teams whose shifts the reader plans."""
    ids = teams_of(access.session, access.actor, access.today)
    return [each for each in agencies.list_teams(access.session) if each.id in ids]


def _workers(access: Access, team: Team | None) -> list[tuple[Id, str]]:
    found = workers.list_workers_of_team(access.session, team.id) if team else []
    return [(each.id, each.name) for each in found]


# ------------------------------------------------------------------------------------------------ what is worth a visit


def list_candidates(access: Access, team: Team, crs: str) -> Mapping[str, Candidate]:
    """Everything that a shift of the team may be sent to now, by its key. What was shown is written down."""
    access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, team.id), purpose="shift suggestion")
    districts = frozenset(team.district_ids) & access.actor.district_ids
    teams = access.teams_within(Act.SEE_REFERRALS)
    reports = list_reports_of_team(access.session, team.id, access.actor.district_ids, teams)
    access.note_seen(
        SubjectKind.REFERRAL,
        [each.referral_id for each in reports],
        action=Act.SEE_REFERRALS,
        purpose="shift suggestion",
    )
    found = [_report(each, access.tonight) for each in reports] + _squares(access, districts, crs)
    return {each.key: each for each in found}


def _count_placeless(access: Access, team: Team) -> int:
    teams = access.teams_within(Act.SEE_REFERRALS)
    return count_due_without_pin(access.session, team.id, access.actor.district_ids, teams, access.tonight)


def _report(report: TeamReport, tonight: date) -> Candidate:
    late = "Was due" if report.due_on < tonight else "Due"
    people = f", {report.people} people" if report.people > 1 else ""
    return Candidate(
        key=f"r:{report.referral_id}", kind=PlannedStopKind.REFERRAL, referral_id=report.referral_id,
        position=Position(latitude=report.latitude, longitude=report.longitude), due_on=report.due_on,
        worth=REFERRAL_WORTH + max(report.people - 1, 0), name=report.place[:NAME_LENGTH] or "Report",
        why=f"Report{people}. {late} {say_short_day(report.due_on)}",
    )  # fmt: skip


def _squares(access: Access, district_ids: frozenset[Id], crs: str) -> list[Candidate]:
    tonight = access.tonight
    known = find_known(access.session, district_ids, tonight, crs)
    if known.is_of_others:
        return []
    here = with_former(access.session, district_ids)
    # Of one that was divided too: its squares that lie elsewhere are none of the known ones.
    again = count_follow_ups(access.session, here | list_divided(access.session, here), tonight)
    likely = list_likely_cells(known.looks, tonight, SQUARES, also=again)
    cells = [each for each in likely if each.last_looked_on < tonight]
    sites = list_site_points(access.session, district_ids)
    access.note_seen(
        SubjectKind.SITE, [each.site_id for each in sites], action=Act.SEE_PLACE, purpose="shift suggestion"
    )
    ground = Ground([outline(each.cell, crs) for each in cells])
    names = name_squares(access.session, ground, sites, len(cells))
    return [_square(each, name, again.get(each.cell, 0), tonight, crs) for each, name in zip(cells, names, strict=True)]


def _square(cell: LikelyCell, name: str, again: int, tonight: date, crs: str) -> Candidate:
    nights = (tonight - cell.last_looked_on).days
    neglect = min(nights / NEGLECT_WORTH_AFTER, 1.0) * NEGLECT_WORTH_MOST if nights >= NEGLECTED_NIGHTS else 0.0
    easting, northing = grid.centre_m(cell.cell)
    latitude, longitude = unproject(crs, [easting], [northing])
    kind = PlannedStopKind.NEGLECTED if neglect else PlannedStopKind.LIKELY
    reasons = [f"{count(again, 'person', 'people')} to see again"] if again else []
    reasons += [f"{say_chance(cell.chance)}; {say_people(cell.occupancy)}, if anybody"]
    reasons += [f"Nobody has looked for {count(nights, 'night')}"] if nights >= SAID_LONG else []
    return Candidate(
        key=f"c:{cell.cell}", kind=PlannedStopKind.FOLLOW_UP if again else kind, name=name[:NAME_LENGTH],
        position=Position(latitude=round(float(latitude[0]), 5), longitude=round(float(longitude[0]), 5)),
        worth=cell.chance * cell.occupancy.about + FOLLOW_UP_WORTH * again + neglect,
        why=". ".join(upper_first(each) for each in reasons),
    )  # fmt: skip


def _is_ground(candidate: Candidate) -> bool:
    return candidate.referral_id is None


def _is_due(candidate: Candidate, tonight: date) -> bool:
    return candidate.due_on is not None and candidate.due_on <= tonight


def _planned(candidate: Candidate) -> PlannedStop:
    if not _is_ground(candidate):
        return PlannedStop(kind=candidate.kind, referral_id=candidate.referral_id)
    return PlannedStop(kind=candidate.kind, position=candidate.position, name=candidate.name, why=candidate.why)


# ----------------------------------------------------------------------------------------------------------- in words


def _say(walk: Sequence[SuggestedStop], begins: datetime, *, is_from: bool) -> list[Line]:
    """The lines of the table. `is_from`: they set out from where the reader said, and not from the first stop."""
    return [
        Line(
            key=each.stop.key, kind=each.stop.kind, number=number, place=each.stop.name, why=each.stop.why,
            at=f"{to_local(begins + timedelta(minutes=each.after_minutes)):%H:%M}",
            away=say_distance(each.leg_m) if number > 1 or is_from else "Begins here",
            referral_id=each.stop.referral_id,
        )
        for number, each in enumerate(walk, start=1)
    ]  # fmt: skip


def _say_length(minutes: float) -> str:
    hours, left = divmod(round(minutes / 5) * 5, 60)
    parts = [count(hours, "hour")] if hours else []
    return " ".join([*parts, f"{left} minutes"] if left or not hours else parts)


def _map(walk: Sequence[SuggestedStop], outlines: Sequence[str]) -> object:
    """Squares with their numbers, and a ring with its number for each report."""
    left = iter(outlines)
    shapes = [
        Shape(
            geojson=next(left) if _is_ground(each.stop) else _around(each.stop.position), label=str(number),
            words=each.stop.name, band=BANDS.get(each.stop.kind, 1),
        )
        for number, each in enumerate(walk, start=1)
    ]  # fmt: skip
    ground = Ground([shape.geojson for shape in shapes])
    pins = [
        Pin(each.stop.position.longitude, each.stop.position.latitude, "report")
        for each in walk
        if not _is_ground(each.stop)
    ]
    return map_data(shapes, ground, pins)


BANDS = {
    PlannedStopKind.FOLLOW_UP: 4,
    PlannedStopKind.LIKELY: 2,
    PlannedStopKind.NEGLECTED: 0,
    PlannedStopKind.REFERRAL: 1,
}


def _around(position: Position) -> str:
    """A few metres around a report, so that its number stands on the map."""
    return str(shapely.to_geojson(shapely.Point(position.longitude, position.latitude).buffer(0.0002, quad_segs=2)))
