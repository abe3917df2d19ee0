"""Preparing one conference: the cases chosen and those left out, each with why; who runs it; what each agency will
see."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.priorities import rank_district
from server.actions.conferences import conferences as acts
from server.actions.conferences.papers import compose_one
from server.actions.conferences.readers import find_reader, list_readers
from server.actions.conferences.seating import ask_to_table, invite_guest, let_go, uninvite_guest
from server.http.local_time import to_local
from server.http.services import Services
from server.problems import Invalid, InvalidFields, NotFound
from server.queries.cases import case_actions
from server.queries.conferences import conferences, guests, seats
from server.queries.conferences.guests import Guest
from server.queries.partnership import agencies
from server.queries.partnership.districts import find_district
from server.security.documents import DocumentKeys
from server.web.coordinator.conference_change import CHANGED, ChangeForm, as_form, merge_change
from server.web.coordinator.conferences import SECTION, ConferenceForm, read_start
from server.web.coordinator.since import list_mailed, list_since
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.conference import CaseConference
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.actions import is_red_flag
from shared.rules.agenda import circulation_warning


class SwapForm(Form, frozen=True, kw_only=True):
    """Which two cases change places, and why."""

    out: str = ""
    put_in: str = ""
    reason: str = ""


class ShapeForm(Form, frozen=True, kw_only=True):
    """A case that is put on the agenda or taken off it by hand, and why."""

    case: str = ""
    reason: str = ""


class SeatForm(Form, frozen=True, kw_only=True):
    """A service that is asked to the table, or let go from it."""

    agency: str = ""
    press: str = ""


class GuestForm(Form, frozen=True, kw_only=True):
    """A service that is invited to one case, or invited no longer."""

    case: str = ""
    agency: str = ""
    reason: str = ""
    press: str = ""


class Line(Value, frozen=True, kw_only=True):
    """One case of the agenda, or one left out, as the page shows it."""

    case_id: Id
    person_id: Id
    known_as: str
    position: int
    mdt_number: int
    reason: str
    carried_over: bool
    flags: tuple[str, ...]
    red: int


@get(
    SECTION + "/{conference_id:str}",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_conference(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], conference_id: FromPath[Id]
) -> Response[str]:
    """The conference as it is prepared, and what has changed since each agency was sent its agenda."""
    with door.open() as access:
        return _answer(request, access, conference_id, files=services.files)


@post(
    SECTION + "/{conference_id:str}/change",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def change(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[ChangeForm]
) -> Response[Any]:
    """Changes when, where and by whom. What somebody else changed meanwhile is shown beside, never written over."""
    form = ConferenceForm(**{name: getattr(data, name) for name in CHANGED})
    try:
        with door.open() as access:
            conference = acts.open_unfinished(access, conference_id)
            form, errors = merge_change(access, conference, data)
            starts_at = read_start(errors, form)
            if errors or starts_at is None:
                return _answer(request, access, conference_id, errors, form=form)
            acts.change_conference(
                access, conference_id, starts_at, form.place, form.chair or None, form.minute_taker or None
            )
        return go_to(f"{SECTION}/{conference_id}", "changed")
    except InvalidFields as refused:
        with door.open() as access:
            return _answer(request, access, conference_id, refused.by_field, form=form)


@post(
    SECTION + "/{conference_id:str}/add",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def add(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[ShapeForm]
) -> Response[Any]:
    """Puts a case on the agenda by hand."""

    def act(access: Access) -> None:
        acts.add_to_agenda(access, conference_id, data.case, data.reason)

    return _act(request, door, conference_id, act, f"shape-{data.case}", "put_on")


@post(
    SECTION + "/{conference_id:str}/take-off",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def take_off(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[ShapeForm]
) -> Response[Any]:
    """Takes a case off the agenda by hand."""

    def act(access: Access) -> None:
        acts.take_off_agenda(access, conference_id, data.case, data.reason)

    return _act(request, door, conference_id, act, f"shape-{data.case}", "taken_off")


@post(
    SECTION + "/{conference_id:str}/seat",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def change_seat(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[SeatForm]
) -> Response[Any]:
    """Asks a service to the district's table, or lets it go from there."""

    def act(access: Access) -> None:
        district_id = acts.open_conference(access, conference_id, Act.PREPARE_CONFERENCE).district_id
        change = let_go if data.press == "let_go" else ask_to_table
        change(access, district_id, data.agency)

    return _act(request, door, conference_id, act, "agency", "seat_changed")


@post(
    SECTION + "/{conference_id:str}/guest",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def change_guest(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[GuestForm]
) -> Response[Any]:
    """Invites a service without a seat to one case, or invites it no longer."""

    def act(access: Access) -> None:
        if data.press == "let_go":
            uninvite_guest(access, conference_id, data.case, data.agency)
        else:
            invite_guest(access, conference_id, data.case, data.agency, data.reason)

    return _act(request, door, conference_id, act, f"guest-{data.case}", "guest_changed")


@post(
    SECTION + "/{conference_id:str}/swap",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def swap(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[SwapForm]
) -> Response[Any]:
    """Puts a case that was left out in the place of another."""

    def act(access: Access) -> None:
        acts.swap_cases(access, conference_id, data.out, data.put_in, data.reason)

    return _act(request, door, conference_id, act, "reason", "swapped", data)


@get(
    SECTION + "/{conference_id:str}/paper/{agency_id:str}",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_paper(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], agency_id: FromPath[Id]
) -> Response[str]:
    """Exactly what one agency will see."""
    with door.open() as access:
        conference = acts.open_conference(access, conference_id, Act.PREPARE_CONFERENCE)
        reader = find_reader(access, conference, agency_id)
        if reader is None:
            raise NotFound
        paper = compose_one(access, conference, reader)
        access.note_seen(SubjectKind.PERSON, [case.person_id for case in paper.cases], purpose="agenda preview")
        return page(
            request, "coordinator/paper.html", title=f"What {paper.agency.name} will see", section=SECTION,
            worker=access.worker, conference=conference, paper=paper, now=access.now, today=access.today,
            district=find_district(access.session, conference.district_id),
        )  # fmt: skip


def _act(
    request: AnyRequest,
    door: Door,
    conference_id: Id,
    act: Callable[[Access], None],
    field: str,
    done: str,
    swap_form: SwapForm | None = None,
) -> Response[Any]:
    """Does it and says so; else the page again, with what is wrong beside the field it is about."""
    try:
        with door.open() as access:
            act(access)
        return go_to(f"{SECTION}/{conference_id}", done)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, conference_id, {field: refused.problem.errors[0]}, swap_form)


def _answer(
    request: AnyRequest,
    access: Access,
    conference_id: Id,
    errors: Errors | None = None,
    swap_form: SwapForm | None = None,
    form: ConferenceForm | None = None,
    files: DocumentKeys | None = None,
) -> Response[str]:
    conference = acts.open_conference(access, conference_id, Act.PREPARE_CONFERENCE)
    chosen, left_out = _lines(access, conference)
    access.note_seen(SubjectKind.PERSON, [line.person_id for line in (*chosen, *left_out)], purpose="case conference")
    starts = to_local(conference.starts_at)
    circulated = conferences.list_circulated(access.session, conference_id)
    readers = list_readers(access, conference)
    return page(
        request, "coordinator/conference.html", title=f"Conference, {starts.day} {starts:%B}", section=SECTION,
        worker=access.worker, status=422 if errors else 200, errors=errors or {}, conference=conference, now=access.now,
        district=find_district(access.session, conference.district_id), chosen=chosen, left_out=left_out,
        form=form or as_form(conference), was=as_form(conference),
        swap_form=swap_form or SwapForm(), readers=readers, since=list_since(access, files, conference, readers),
        people=[("", "Choose"), *seats.list_people_at_the_table(access.session, conference.district_id)],
        change_open=bool(errors and errors.keys() & {"day", "time", "place", "chair", "minute_taker"}),
        warning=circulation_warning(conference.starts_at, access.now), circulated=circulated,
        mailed=list_mailed(access, conference_id), asked=seats.list_asked(access.session, conference.district_id),
        to_ask=[("", "Choose"), *((a.id, a.name) for a in seats.list_to_ask(access.session, conference.district_id))],
        guests=_list_guests(access, conference), may_come=_list_may_come(access, conference),
        names={agency.id: agency.name for agency in agencies.list_agencies(access.session)},
    )  # fmt: skip


def _list_guests(access: Access, conference: CaseConference) -> dict[Id, list[Guest]]:
    invited: dict[Id, list[Guest]] = {}
    for each in guests.list_guests(access.session, conference.id):
        invited.setdefault(each.case_id, []).append(each)
    return invited


def _list_may_come(access: Access, conference: CaseConference) -> list[tuple[Id, str]]:
    possible = guests.list_possible_guests(access.session, conference.district_id)
    return [("", "Choose"), *((each.id, each.name) for each in possible)]


def _lines(access: Access, conference: CaseConference) -> tuple[list[Line], list[Line]]:
    items = conferences.list_items(access.session, conference.id)
    left_out = conferences.list_left_out(access.session, conference.id)
    ranked, cases = rank_district(access, conference.district_id)
    flags = {each.case_id: each.flags for each in ranked}
    red: dict[Id, int] = {}
    for owned in case_actions.list_missed(access.session, [conference.district_id], access.today):
        red[owned.action.case_id] = red.get(owned.action.case_id, 0) + is_red_flag(owned.action, access.today)

    def line(case_id: Id, position: int, reason: str, carried_over: bool) -> Line | None:
        case = cases.get(case_id)
        if case is None:
            return None
        return Line(
            case_id=case_id, person_id=case.row.person_id, known_as=case.row.known_as, position=position,
            mdt_number=case.row.mdt_number, reason=reason, carried_over=carried_over, flags=flags.get(case_id, ()),
            red=red.get(case_id, 0),
        )  # fmt: skip

    chosen = [line(item.case_id, item.position, item.reason, item.carried_over) for item in items]
    rest = [line(each.case_id, each.position, each.reason, False) for each in left_out]
    return [each for each in chosen if each], [each for each in rest if each]
