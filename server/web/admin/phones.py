"""The device page: when each phone was last seen, what it has not sent, whether its clock is right, and what was set aside."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.access import Access, Door
from server.actions.sync.held import list_held
from server.http.services import Services
from server.problems import NotFound
from server.queries.operation.device_page import PhoneRow, list_phones
from server.queries.operation.sealed_boxes import KeptBox, count_shut, list_shut
from server.queries.partnership.agencies import list_teams
from server.queries.people import subjects
from server.queries.sync.devices import DeviceHealth
from server.queries.sync.store import list_device_health
from server.web.admin.health import from_ms, say_clock, say_state, say_trouble, say_weaknesses
from server.web.layout.forms import Errors
from server.web.layout.held import Typed, describe_held, left_in
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import count, say_ago, say_moment
from shared.model.agency import Team
from shared.model.app_state import read_app
from shared.model.codes import DeviceStatus
from shared.model.value import Id, Value
from shared.policy import Act, Subject, SubjectKind

UNCONFIRMED = (
    "Its four digits were not compared yet: it receives nothing until its carrier and whoever enrolled it have"
)


class Phone(Value, frozen=True, kw_only=True):
    """A phone as the page says it."""

    number: int
    label: str
    carried_by: str
    team: str
    status: DeviceStatus
    state: str
    wiped: bool
    last_seen: str
    last_seen_at: str
    unsent: int
    set_aside: int
    held: int
    clock: str
    trouble: tuple[str, ...]
    app: str
    keeps_apart: str
    confirmed: bool
    needs_a_look: bool


class SetAside(Value, frozen=True, kw_only=True):
    """A sealed record that could not be opened, and why."""

    id: Id
    what: str
    why: str
    received: str


@get("/devices", opt={"action": Act.SEE_DEVICES}, sync_to_thread=True, include_in_schema=False)
def show_phones(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The phones that the reader answers for."""
    with door.open() as access:
        phones = _phones(access)
        return page(
            request, "admin/phones.html", title="Phones", section="/devices", worker=access.worker,
            phones=sorted(phones, key=lambda phone: (not phone.needs_a_look, phone.team, phone.carried_by)),
            summary=_summary(phones), may_enrol=access.actor.roles and _may_enrol(access),
        )  # fmt: skip


@get("/devices/{number:int}", opt={"action": Act.SEE_DEVICES}, sync_to_thread=True, include_in_schema=False)
def show_phone(request: AnyRequest, door: NamedDependency[Door], number: FromPath[int]) -> Response[str]:
    """One phone, what was set aside of its work, and how to stop it."""
    return answer_phone(request, door, number, {}, 200)


def answer_phone(request: AnyRequest, door: Door, number: int, errors: Errors, status: int) -> Response[str]:
    """The page of a phone; `errors` is what was wrong with a press on it."""
    with door.open() as access:
        subject, phone = _find(access, number)
        return page(
            request, "admin/phone.html", title=phone.label, section="/devices", worker=access.worker, phone=phone,
            held=phone.held, shut=[_shut(each) for each in list_shut(access.session, number)],
            may_stop=access.allows(Act.WIPE_DEVICE, subject), errors=errors, status=status,
        )  # fmt: skip


@get("/devices/{number:int}/name", opt={"action": Act.ENROL_DEVICE}, sync_to_thread=True, include_in_schema=False)
def show_name(request: AnyRequest, door: NamedDependency[Door], number: FromPath[int]) -> Response[str]:
    """What a phone is called: a page of its own, so that nothing typed stands beside another button."""
    return answer_name(request, door, number, None, {}, 200)


def answer_name(
    request: AnyRequest, door: Door, number: int, typed: str | None, errors: Errors, status: int
) -> Response[str]:
    """The form for a phone's name, with what was typed (None: what it is called now)."""
    with door.open() as access:
        subject, phone = _find(access, number)
        access.require(Act.ENROL_DEVICE, subject, purpose="device page")
        return page(
            request, "admin/phone_name.html", title="Call it something else", section="/devices", worker=access.worker,
            number=number, called=phone.label, label=phone.label if typed is None else typed, errors=errors,
            status=status,
        )  # fmt: skip


@get("/devices/{number:int}/held", opt={"action": Act.SEE_DEVICES}, sync_to_thread=True, include_in_schema=False)
def show_held_of_phone(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], number: FromPath[int]
) -> Response[str]:
    """What was set aside of one phone's work."""
    path = f"/devices/{number}"
    typed = left_in(services, door.worker.id, f"{path}/held", f"{path}/adopt")
    return answer_held_of_phone(request, door, number, typed, {}, 200)


def answer_held_of_phone(
    request: AnyRequest, door: Door, number: int, typed: Typed, errors: Errors, status: int
) -> Response[str]:
    """What was set aside of one phone's work, with what stands in its form."""
    with door.open() as access:
        subject, phone = _find(access, number)
        return page(
            request, "admin/phone_held.html", title="Set aside", section="/devices", worker=access.worker,
            number=number, called=phone.label, held=describe_held(access, list_held(access, number)), typed=typed,
            count_all=phone.held,
            errors=errors, status=status, may_decide=access.allows(Act.DECIDE_HELD, subject),
        )  # fmt: skip


def _find(access: Access, number: int) -> tuple[Subject, Phone]:
    """A phone that the reader answers for. Raises NotFound."""
    subject = access.require(Act.SEE_DEVICES, subjects.find_device(access.session, number), purpose="device page")
    phone = next((each for each in _phones(access) if each.number == number), None)
    if phone is None:
        raise NotFound
    return subject, phone


def _may_enrol(access: Access) -> bool:
    return any(access.allows(Act.ENROL_DEVICE, of_team(each)) for each in list_teams(access.session))


def of_team(team: Team) -> Subject:
    """Returns what belongs to a team as policy sees it."""
    return Subject(
        kind=SubjectKind.DEVICE, id=team.id, owner_agency_id=team.agency_id, team_id=team.id,
        district_ids=frozenset(team.district_ids),
    )  # fmt: skip


def _phones(access: Access) -> list[Phone]:
    health = {each.number: each for each in list_device_health(access.session)}
    shut = count_shut(access.session)
    walked = {team.id: frozenset(team.district_ids) for team in list_teams(access.session)}
    return [
        _phone(access, row, health[row.number], shut.get(row.number, 0))
        for row in list_phones(access.session)
        if row.number in health and access.allows(Act.SEE_DEVICES, _subject(row, walked.get(row.team_id, frozenset())))
    ]


def _subject(row: PhoneRow, district_ids: frozenset[Id]) -> Subject:
    return Subject(
        kind=SubjectKind.DEVICE, id=str(row.number), owner_agency_id=row.agency_id, team_id=row.team_id,
        worker_id=row.worker_id, district_ids=district_ids,
    )  # fmt: skip


def _phone(access: Access, row: PhoneRow, health: DeviceHealth, shut: int) -> Phone:
    seen_at = from_ms(health.seen_at_ms) if health.seen_at_ms is not None else None
    # One that is out of use has no trouble: whatever it said last is nothing that anybody could mend.
    trouble = say_trouble(health, access.now, shut) if _matters(health, shut) else ()
    if row.confirmed_at is None and DeviceStatus(health.status) is DeviceStatus.OK:
        trouble = (UNCONFIRMED, *trouble)
    return Phone(
        number=row.number,
        label=row.label,
        carried_by=row.worker_name,
        team=row.team_name,
        status=DeviceStatus(health.status),
        state=say_state(health, access.now),
        wiped=health.wiped_at_ms is not None,
        last_seen=say_ago(seen_at, access.now),
        last_seen_at=say_moment(seen_at, access.now) if seen_at else "",
        unsent=health.unsent,
        set_aside=health.held + shut,
        held=health.held,
        clock=say_clock(health.skew_ms) if seen_at else "Not known yet",
        trouble=trouble,
        app=read_app(health.app or row.app_version)[0],
        keeps_apart=say_weaknesses(health.app) or ("Nothing found" if seen_at else "Not known yet"),
        confirmed=row.confirmed_at is not None,
        needs_a_look=bool(trouble),
    )


def _matters(health: DeviceHealth, shut: int) -> bool:
    """Is something still waited for: is it in use, told to wipe itself and has not answered, or does something of it wait?"""
    is_to_wipe = health.status in (DeviceStatus.WIPE_AFTER_PUSH, DeviceStatus.WIPE_NOW) and health.wiped_at_ms is None
    return health.status == DeviceStatus.OK or is_to_wipe or bool(health.unsent or health.held or shut)


def _shut(box: KeptBox) -> SetAside:
    what = "A sealed record" if box.n is None else f"Record {box.n}, sealed"
    return SetAside(id=box.box_hash, what=what, why=box.verdict, received=say_moment(box.received_at))


def _summary(phones: list[Phone]) -> str:
    look = sum(1 for phone in phones if phone.needs_a_look)
    well = f"{look} need{'s' if look == 1 else ''} a look" if look else "all well"
    return f"{count(len(phones), 'phone')}, {well}."
