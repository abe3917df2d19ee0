"""The conferences of a district, and calling the next one: a date four weeks on, two different people to run it."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door
from server.actions.conferences import seating
from server.actions.conferences.conferences import schedule_conference
from server.actions.conferences.readers import list_readers
from server.http.local_time import local_zone, to_local
from server.problems import InvalidFields, NotFound
from server.queries.conferences import conferences, seats
from server.queries.conferences.places import find_newcomer_places
from server.queries.partnership.districts import list_districts
from server.web.layout.forms import Errors, Form, read_date, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.conference import CaseConference
from shared.model.district import District
from shared.model.value import Id
from shared.policy import Act
from shared.rules.agenda import CASES_AT_MOST, cadence_warning, suggest_dates

SECTION = "/conferences"
USUAL_TIME = "10:00"


class ConferenceForm(Form, frozen=True, kw_only=True):
    """When, where and by whom."""

    district: str = ""
    day: str = ""
    time: str = ""
    place: str = ""
    chair: str = ""
    minute_taker: str = ""


class PlacesForm(Form, frozen=True, kw_only=True):
    """How many places of each agenda are kept for people new to the conference."""

    district: str = ""
    places: str = ""


@get(SECTION, opt={"action": Act.PREPARE_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def show_conferences(request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[str]:
    """The conferences of one district of the coordinator's."""
    with door.open() as access:
        return _answer(request, access, choose_district(access, district, Act.PREPARE_CONFERENCE))


@post(SECTION, opt={"action": Act.PREPARE_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def call_conference(
    request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[ConferenceForm]
) -> Response[Any]:
    """Calls a conference; its cases are chosen by rule."""
    with door.open() as access:
        district = choose_district(access, data.district, Act.PREPARE_CONFERENCE)
        errors: Errors = {}
        starts_at = read_start(errors, data)
        if starts_at is not None and not errors:
            try:
                made = schedule_conference(
                    access, district.id, starts_at, data.place, data.chair or None, data.minute_taker or None
                )
                return go_to(f"{SECTION}/{made.id}", "conference_called")
            except InvalidFields as refused:
                errors |= refused.by_field
        return _answer(request, access, district, data, errors)


@post("/newcomers", opt={"action": Act.PREPARE_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def keep_places(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[PlacesForm]) -> Response[Any]:
    """Keeps places of each agenda for people new to the conference."""
    with door.open() as access:
        district = choose_district(access, data.district, Act.PREPARE_CONFERENCE)
        places = read_whole(data.places, CASES_AT_MOST)
        if places is None:
            errors = {"places": f"Write a number from 0 to {CASES_AT_MOST}."}
            return _answer(request, access, district, errors=errors, places=data.places)
        seating.keep_places(access, district.id, places)
    return go_to(f"{SECTION}?district={district.id}", "saved")


def read_start(errors: Errors, form: ConferenceForm) -> datetime | None:
    """Returns the moment that a form's day and time name, local; notes what is wrong with them."""
    day = read_date(errors, "day", form.day, "Enter the day of the conference.")
    try:
        at = time.fromisoformat(form.time.strip())
    except ValueError:
        errors["time"] = "Enter the time, such as 10:00."
        return None
    return None if day is None else datetime.combine(day, at, local_zone())


def choose_district(access: Access, district_id: Id, action: Act) -> District:
    """Returns the district asked for, or the reader's first; one that is not theirs is refused as if it did not
    exist."""
    own = [each for each in list_districts(access.session) if each.id in access.actor.district_ids]
    wanted = district_id or (own[0].id if own else "")
    access.require_district(action, wanted, purpose="case conference")
    found = next((each for each in own if each.id == wanted), None)
    if found is None:
        raise NotFound
    return found


def _answer(
    request: AnyRequest,
    access: Access,
    district: District,
    form: ConferenceForm | None = None,
    errors: Errors | None = None,
    places: str = "",
) -> Response[str]:
    held = conferences.list_conferences(access.session, [district.id])
    newest = max((_day(each) for each in held), default=None)
    suggested, *others = suggest_dates(newest, access.today)
    shown = form or ConferenceForm(day=suggested.isoformat(), time=USUAL_TIME, chair=access.actor.worker_id)
    own = [each for each in list_districts(access.session) if each.id in access.actor.district_ids]
    planned = CaseConference(id="", district_id=district.id, starts_at=access.now)
    return page(
        request, "coordinator/conferences.html", title="Conferences", section=SECTION, worker=access.worker,
        status=422 if errors else 200, district=district, districts=own, errors=errors or {}, form=shown, now=access.now,
        people=[("", "Choose"), *seats.list_people_at_the_table(access.session, district.id)],
        upcoming=[each for each in reversed(held) if each.finished_at is None],
        past=[each for each in held if each.finished_at is not None],
        places=places or str(find_newcomer_places(access.session, district.id)),
        suggestion=_say_suggestion(newest, suggested, others),
        withheld=[reader.withheld for reader in list_readers(access, planned) if reader.withheld],
    )  # fmt: skip


def _day(conference: CaseConference) -> date:
    return to_local(conference.starts_at).date()


def _say_suggestion(newest: date | None, suggested: date, others: Sequence[date]) -> str:
    if newest is None:
        return "There has been none yet. The toolkit recommends one every 4 to 6 weeks."
    also = f" {' and '.join(f'{day.day} {day:%B}' for day in others)} would do too." if others else ""
    said = (
        cadence_warning(newest, suggested)
        or f"{(suggested - newest).days // 7} weeks after the last one, as the toolkit recommends."
    )
    return f"{said}{also}"
