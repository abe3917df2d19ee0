"""One alarm: who was not heard, how to reach them and their colleagues, where they were last, what was done; "I have it"."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.street import alarms as acting
from server.actions.street.alarms import open_alarm
from server.http.services import Services
from server.problems import CONFLICTING, Failure, Invalid
from server.queries.partnership.workers import list_short_names
from server.queries.people import subjects
from server.queries.referrals import inbox
from server.queries.street import duties, plans
from server.queries.street.last_known import find_last_contact, find_last_place
from server.queries.street.lone_working import list_on_shift
from server.queries.street.plans import ShiftPlan
from server.web.layout.clocks import say_clock, say_duration
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.planned import say_plan
from server.web.lead.last_place import draw_last_place
from server.web.lead.on_shift import say_alarm
from server.web.lead.shift_words import ACTS
from server.web.lead.tonight import ATTRIBUTION
from shared.model.alarm import BY_MAIL, Alarm, AlarmEvent, AlarmEventKind, AlarmStep
from shared.model.position import Position
from shared.model.shift import PlannedStop
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.shift_plans import MAY_BE_EARLY, MAY_BE_LATE

STEPS = {
    AlarmStep.WORKER: "on their own phone", AlarmStep.COLLEAGUES: "as a colleague who is out",
    AlarmStep.LEAD: "as the team’s lead", AlarmStep.DEPUTY: "as deputy", AlarmStep.MANAGER: "as manager on duty",
    AlarmStep.EVERYBODY: "with everybody",
}  # fmt: skip
CHANNELS = {"sms": "by text message", "voice": "by a call", BY_MAIL: "by e-mail"}


PLANNED_WITHIN = timedelta(hours=12)
"""How long after a plan is over it still tells where somebody who is missed may be."""


class Stop(Value, frozen=True, kw_only=True):
    """A stop of a plan in words; the report that it is about, where the reader may open that."""

    words: str
    referral_id: Id | None
    position: Position | None


class Walk(Value, frozen=True, kw_only=True):
    """Where a plan of the night sends them: its words, and its stops."""

    words: str
    stops: tuple[Stop, ...]


class TakeForm(Form, frozen=True, kw_only=True):
    """ "I have it"; `instead_of` is who has it so far, where it is taken over."""

    instead_of: Id = ""


class DoneForm(Form, frozen=True, kw_only=True):
    """What was done, and how it stands: `noted` leaves the alarm open."""

    note: str = ""
    outcome: str = ""


@get("/alarms/{alarm_id:str}", opt={"action": Act.SEE_SHIFTS}, sync_to_thread=True, include_in_schema=False)
def show_alarm(request: AnyRequest, door: NamedDependency[Door], alarm_id: FromPath[str]) -> Response[str]:
    """Everything one needs to act."""
    return _show(request, door, alarm_id, DoneForm(), {})


@get(
    "/alarms/{alarm_id:str}/now",
    opt={"action": Act.SEE_SHIFTS, "polls": True},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_alarm_now(request: AnyRequest, door: NamedDependency[Door], alarm_id: FromPath[str]) -> Response[str]:
    """The same, for the page that renews itself."""
    return _show(request, door, alarm_id, DoneForm(), {})


@post("/alarms/{alarm_id:str}/take", opt={"action": Act.SEE_SHIFTS}, sync_to_thread=True, include_in_schema=False)
def take_alarm(
    request: AnyRequest, door: NamedDependency[Door], alarm_id: FromPath[str], data: URLEncodedBody[TakeForm]
) -> Response[Any]:
    """ "I have it"."""
    try:
        with door.open() as access:
            acting.take(access, alarm_id, data.instead_of or None)
    except Failure as refused:
        return _say_refused(request, door, alarm_id, DoneForm(), refused)
    return go_to(f"/alarms/{alarm_id}", done="alarm_taken")


@post("/alarms/{alarm_id:str}/done", opt={"action": Act.SEE_SHIFTS}, sync_to_thread=True, include_in_schema=False)
def say_done(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    alarm_id: FromPath[str],
    data: URLEncodedBody[DoneForm],
) -> Response[Any]:
    """What was done, and whether it has an end."""
    try:
        with door.open() as access:
            if data.outcome in (AlarmEventKind.WELL, AlarmEventKind.HOME):
                ladder = services.settings.alarm.ladder
                acting.close(access, alarm_id, AlarmEventKind(data.outcome), data.note, ladder)
            else:
                acting.note(access, alarm_id, data.note)
    except Failure as refused:
        return _say_refused(request, door, alarm_id, data, refused)
    return go_to(f"/alarms/{alarm_id}", done="alarm_noted")


def _say_refused(request: AnyRequest, door: Door, alarm_id: Id, form: DoneForm, refused: Failure) -> Response[str]:
    """The page as it stands now, with what was typed: nobody who looks for somebody is sent elsewhere by a press too late."""
    if isinstance(refused, Invalid):
        return _show(request, door, alarm_id, form, {"note": " ".join(refused.errors)}, 422)
    if refused.kind is CONFLICTING:
        return _show(request, door, alarm_id, form, {"stands": refused.detail}, refused.kind.status)
    raise refused


def _show(
    request: AnyRequest, door: Door, alarm_id: Id, form: DoneForm, errors: Errors, status: int = 200
) -> Response[str]:
    with door.open() as access:
        alarm = open_alarm(access, alarm_id)
        return page(
            request, "lead/alarm.html", title="An alarm", section="/on-shift", worker=access.worker, status=status,
            form=form, errors=errors, **_facts(access, alarm),
        )  # fmt: skip


def _facts(access: Access, alarm: Alarm) -> dict[str, Any]:
    session, now = access.session, access.now
    out = {each.worker_id: each for each in list_on_shift(session)}
    mine = out.get(alarm.worker_id)
    near = [each.worker_id for each in out.values() if mine and set(each.team_ids) & set(mine.team_ids)]
    near = [each for each in near if each != alarm.worker_id]
    people = {each.worker_id: each for each in duties.list_reachable(session, [alarm.worker_id, *near], also_left=True)}
    ids = {alarm.worker_id, *(each.worker_id for each in alarm.events if each.worker_id)}
    names = list_short_names(session, ids)
    taken = alarm.taken
    # Once it is over nobody is looked for: where they are after that is no longer for whoever was told of it.
    is_open = alarm.ended is None
    place = find_last_place(session, alarm.worker_id) if is_open else None
    contact = find_last_contact(session, alarm.worker_id) if is_open else None
    planned = plans.list_planned(session, alarm.worker_id, alarm.due_at - PLANNED_WITHIN, alarm.due_at + MAY_BE_EARLY)
    walks = _list_walks(access, planned)
    promised, police = _say_promise(alarm, planned, now)
    stops = [
        (number, each.words, each.position)
        for walk in walks
        for number, each in enumerate(walk.stops, start=1)
        if each.position is not None
    ]
    return {
        "alarm": alarm, "who": people.get(alarm.worker_id), "stands": say_alarm(alarm, names, now),
        "promised": promised, "police": police, "asked": _list_asked(alarm, now),
        "colleagues": [people[each] for each in near if each in people],
        "place": place, "contact": contact, "walks": walks, "acts": ACTS,
        "data": draw_last_place(session, names.get(alarm.worker_id, "They"), place, stops, now) if place else None,
        "attribution": ATTRIBUTION,
        "log": [(say_clock(each.at, now), _say(each, names)) for each in alarm.events],
        "is_open": is_open, "holder_id": taken.worker_id if taken else "",
        "holder": names.get(taken.worker_id or "", "") if taken else "",
        "is_about_me": alarm.worker_id == access.actor.worker_id,
        "is_mine": taken is not None and taken.worker_id == access.actor.worker_id,
        "clock": lambda moment: say_clock(moment, now), "ago": lambda moment: say_duration(now - moment),
    }  # fmt: skip


def _say_promise(alarm: Alarm, planned: Sequence[ShiftPlan], now: datetime) -> tuple[str, str]:
    """What was promised and not kept, and what to tell the police of it."""
    help_asked = alarm.help
    if help_asked is not None:
        verb = "checked in under duress" if alarm.is_silent else "asked for help"
        return f"{verb} at {say_clock(help_asked.at, now)}", "an outreach worker who asks for help"
    for plan in planned:
        if plan.starts_at + MAY_BE_LATE == alarm.due_at:
            return (
                f"was to go out at {say_clock(plan.starts_at, now)}, and was not heard",
                "an outreach worker who was to go out and was not heard",
            )
        if plan.back_at + MAY_BE_LATE == alarm.due_at:
            return (
                f"was to be home at {say_clock(plan.back_at, now)}, and was not heard",
                "an outreach worker who should be home and was not heard",
            )
    return (
        f"was due to be heard at {say_clock(alarm.due_at, now)}",
        "an outreach worker who is out and has missed a check-in",
    )


def _list_asked(alarm: Alarm, now: datetime) -> list[tuple[str, str]]:
    """What the worker said themselves, the newest first: it must not be looked for below a map."""
    theirs = [each for each in alarm.events if each.worker_id == alarm.worker_id and each.note]
    said = [each for each in theirs if each.kind in (AlarmEventKind.HELP, AlarmEventKind.NOTED)]
    return [(say_clock(each.at, now), each.note) for each in reversed(said)]


def _list_walks(access: Access, planned: Sequence[ShiftPlan]) -> list[Walk]:
    """Where the worker was to go tonight, by every plan that names them."""
    names = list_short_names(access.session, {who for plan in planned for who in plan.worker_ids})
    return [
        Walk(words=say_plan(plan, names, access.now), stops=tuple(_say_stop(access, each) for each in plan.stops))
        for plan in planned
    ]


def _say_stop(access: Access, stop: PlannedStop) -> Stop:
    """A stop as the reader may know it. Of a report only who may read it is told more than the plan says."""
    words, position, referral_id = stop.name, stop.position, stop.referral_id
    if referral_id is not None:
        subject = subjects.find_referral(access.session, referral_id)
        row = inbox.find_inbox_row(access.session, referral_id)
        if subject is None or row is None or not access.allows(Act.SEE_REFERRALS, subject):
            referral_id = None
        else:
            access.note_seen(SubjectKind.REFERRAL, [referral_id], action=Act.SEE_REFERRALS, purpose="lone working")
            words, position = row.referral.place or words, row.referral.position or position
    return Stop(words=words or "A report", referral_id=referral_id, position=position)


def _say(event: AlarmEvent, names: dict[Id, str]) -> str:
    """Returns one line of the log."""
    who = names.get(event.worker_id or "", "")
    said: dict[AlarmEventKind, Callable[[], str]] = {
        AlarmEventKind.HELP: lambda: f"{who} asks for help. {event.note}",
        AlarmEventKind.DURESS: lambda: f"{who} checked in under duress",
        AlarmEventKind.TOLD: lambda: f"{who} is told {STEPS.get(event.step, '')}" if who and event.step else event.note,
        AlarmEventKind.SENT: lambda: f"{who} was told {CHANNELS.get(event.note, 'by telephone')}",
        AlarmEventKind.FAILED: lambda: f"{who} could not be told. {event.note}" if who else event.note,
        AlarmEventKind.TAKEN: lambda: f"{who} has it",
        AlarmEventKind.PUT_BACK: lambda: event.note,
        AlarmEventKind.GIVEN_UP: lambda: f"{who}, who had it, works here no more: nobody has it",
        AlarmEventKind.NOTED: lambda: f"{who}: {event.note}",
        AlarmEventKind.HEARD: lambda: "Heard again",
        AlarmEventKind.WELL: lambda: f"Reached, and goes on. {who}: {event.note}",
        AlarmEventKind.HOME: lambda: f"Home. {who}: {event.note}" if who else event.note or "Home",
    }
    return said[event.kind]()
