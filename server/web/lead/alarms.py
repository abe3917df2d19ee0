"""One alarm: who was not heard, how to reach them and their colleagues, where they were last, what was done; "I have it"."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.street import alarms as acting
from server.actions.street.alarms import open_alarm
from server.http.services import Services
from server.queries.partnership.workers import list_short_names
from server.queries.street import duties
from server.queries.street.last_known import find_last_contact, find_last_place
from server.queries.street.lone_working import list_on_shift
from server.web.layout.clocks import say_clock, say_duration
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.lead.on_shift import say_alarm
from server.web.lead.shift_words import ACTS
from shared.model.alarm import BY_MAIL, Alarm, AlarmEvent, AlarmEventKind, AlarmStep
from shared.model.value import Id
from shared.policy import Act

STEPS = {
    AlarmStep.WORKER: "on their own phone", AlarmStep.COLLEAGUES: "as a colleague who is out",
    AlarmStep.LEAD: "as the team’s lead", AlarmStep.DEPUTY: "as deputy", AlarmStep.MANAGER: "as manager on duty",
    AlarmStep.EVERYBODY: "with everybody",
}  # fmt: skip
CHANNELS = {"sms": "by text message", "voice": "by a call", BY_MAIL: "by e-mail"}


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
    with door.open() as access:
        alarm = open_alarm(access, alarm_id)
        return page(
            request, "lead/alarm.html", title="An alarm", section="/on-shift", worker=access.worker,
            **_facts(access, alarm),
        )  # fmt: skip


@post("/alarms/{alarm_id:str}/take", opt={"action": Act.SEE_SHIFTS}, sync_to_thread=True, include_in_schema=False)
def take_alarm(door: NamedDependency[Door], alarm_id: FromPath[str], data: URLEncodedBody[TakeForm]) -> Response[Any]:
    """ "I have it"."""
    with door.open() as access:
        acting.take(access, alarm_id, data.instead_of or None)
    return go_to(f"/alarms/{alarm_id}", done="alarm_taken")


@post("/alarms/{alarm_id:str}/done", opt={"action": Act.SEE_SHIFTS}, sync_to_thread=True, include_in_schema=False)
def say_done(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    alarm_id: FromPath[str],
    data: URLEncodedBody[DoneForm],
) -> Response[Any]:
    """What was done, and whether it has an end."""
    with door.open() as access:
        if data.outcome in (AlarmEventKind.WELL, AlarmEventKind.HOME):
            ladder = services.settings.alarm.ladder
            acting.close(access, alarm_id, AlarmEventKind(data.outcome), data.note, ladder)
        else:
            acting.note(access, alarm_id, data.note)
    return go_to(f"/alarms/{alarm_id}", done="alarm_noted")


def _facts(access: Access, alarm: Alarm) -> dict[str, Any]:
    session, now = access.session, access.now
    out = {each.worker_id: each for each in list_on_shift(session)}
    mine = out.get(alarm.worker_id)
    near = [each.worker_id for each in out.values() if mine and set(each.team_ids) & set(mine.team_ids)]
    near = [each for each in near if each != alarm.worker_id]
    people = {each.worker_id: each for each in duties.list_reachable(session, [alarm.worker_id, *near])}
    ids = {alarm.worker_id, *(each.worker_id for each in alarm.events if each.worker_id)}
    names = list_short_names(session, ids)
    taken = alarm.taken
    return {
        "alarm": alarm, "who": people.get(alarm.worker_id), "stands": say_alarm(alarm, names, now),
        "due_text": say_clock(alarm.due_at, now), "colleagues": [people[each] for each in near if each in people],
        "place": find_last_place(session, alarm.worker_id), "contact": find_last_contact(session, alarm.worker_id),
        "acts": ACTS, "log": [(say_clock(each.at, now), _say(each, names)) for each in alarm.events],
        "is_open": alarm.ended is None, "holder_id": taken.worker_id if taken else "",
        "holder": names.get(taken.worker_id or "", "") if taken else "",
        "is_about_me": alarm.worker_id == access.actor.worker_id,
        "is_mine": taken is not None and taken.worker_id == access.actor.worker_id,
        "clock": lambda moment: say_clock(moment, now), "ago": lambda moment: say_duration(now - moment),
    }  # fmt: skip


def _say(event: AlarmEvent, names: dict[Id, str]) -> str:
    """Returns one line of the log."""
    who = names.get(event.worker_id or "", "")
    said: dict[AlarmEventKind, Callable[[], str]] = {
        AlarmEventKind.HELP: lambda: f"{who} asks for help. {event.note}",
        AlarmEventKind.DURESS: lambda: f"{who} checked in under duress",
        AlarmEventKind.TOLD: lambda: f"{who} is told {STEPS.get(event.step, '')}" if who and event.step else event.note,
        AlarmEventKind.SENT: lambda: f"{who} was told {CHANNELS.get(event.note, 'by telephone')}",
        AlarmEventKind.FAILED: lambda: f"{who} could not be told. {event.note}",
        AlarmEventKind.TAKEN: lambda: f"{who} has it",
        AlarmEventKind.NOTED: lambda: f"{who}: {event.note}",
        AlarmEventKind.HEARD: lambda: "Heard again",
        AlarmEventKind.WELL: lambda: f"Reached, and goes on. {who}: {event.note}",
        AlarmEventKind.HOME: lambda: f"Home. {who}: {event.note}" if who else "Home",
    }
    return said[event.kind]()
