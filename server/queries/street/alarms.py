"""Alarms and their log: only ever added to. And the messages that wait for the telephone gateway."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.database.statements import ids
from server.tables.partnership.worker import worker
from server.tables.street.alarm import alarm, alarm_event, alarm_message
from shared.model.alarm import CALLS, ENDS, Alarm, AlarmEvent, AlarmEventKind, AlarmStep
from shared.model.mail import MailState
from shared.model.value import Id, Value

CLAIMED_FOR = timedelta(minutes=2)
"""How long a message that is being sent is left alone: a sender that crashed has had its try."""

_ENDED = (
    select(alarm_event.c.alarm_id)
    .where(alarm_event.c.alarm_id == alarm.c.id, alarm_event.c.kind.in_([str(each) for each in ENDS]))
    .exists()
)


LEFT = "They work here no more."
CALLED = "They called for help themselves."


_IS_SILENT = (
    select(alarm_event.c.alarm_id)
    .where(alarm_event.c.alarm_id == alarm.c.id, alarm_event.c.kind == str(AlarmEventKind.DURESS))
    .exists()
)
_ASKED_HELP = (
    select(alarm_event.c.alarm_id)
    .where(alarm_event.c.alarm_id == alarm.c.id, alarm_event.c.kind.in_([str(each) for each in CALLS]))
    .exists()
)
_LATER = alarm_event.alias()
_WAS_PUT_BACK = (
    select(alarm_event.c.alarm_id)
    .where(
        alarm_event.c.alarm_id == alarm.c.id,
        alarm_event.c.kind == str(AlarmEventKind.PUT_BACK),
        ~exists().where(
            _LATER.c.alarm_id == alarm_event.c.alarm_id,
            _LATER.c.number > alarm_event.c.number,
            _LATER.c.kind == str(AlarmEventKind.TAKEN),
        ),
    )
    .exists()
)


class Call(Value, frozen=True, kw_only=True):
    """A message for somebody's telephone, and the number as it is now (empty: none is known). `about` is a first name."""

    id: Id
    alarm_id: Id
    worker_id: Id
    step: AlarmStep
    is_over: bool
    attempts: int
    telephone: str
    about: str
    asks_help: bool = False
    is_silent: bool = False
    is_put_back: bool = False


def list_open_alarms(session: Session) -> list[Alarm]:
    """Every alarm without an end, the oldest first."""
    return _list(session, _OPEN)


def find_alarm(session: Session, alarm_id: Id) -> Alarm | None:
    """The alarm with this id."""
    return next(iter(_list(session, _ONE, {"alarm_id": alarm_id})), None)


def list_alarms_of_teams(session: Session, team_ids: Collection[Id], since: datetime) -> list[Alarm]:
    """The alarms of these teams that are open or were raised since then, the oldest first."""
    return _list(session, _OF_TEAMS, {"teams": sorted(team_ids), "since": since})


_ALARMS = select(alarm).order_by(alarm.c.raised_at, alarm.c.id)
_OPEN = _ALARMS.where(~_ENDED)
_ONE = _ALARMS.where(alarm.c.id == bindparam("alarm_id"))
_LATELY = alarm.c.raised_at >= bindparam("since", type_=alarm.c.raised_at.type)
_OF_TEAMS = _ALARMS.where(alarm.c.team_id.in_(ids("teams")), ~_ENDED | _LATELY)
_LOG = select(alarm_event).where(alarm_event.c.alarm_id.in_(ids("alarms")))
_LOG = _LOG.order_by(alarm_event.c.number, alarm_event.c.id)


def _list(session: Session, query: Select[Any], values: Mapping[str, Any] | None = None) -> list[Alarm]:
    found = session.execute(query, values or {}).all()
    if not found:
        return []
    events: dict[Id, list[AlarmEvent]] = defaultdict(list)
    for row in session.execute(_LOG, {"alarms": [row.id for row in found]}):
        events[row.alarm_id].append(_event(row))
    return [
        Alarm(
            id=row.id, worker_id=row.worker_id, team_id=row.team_id, due_at=row.due_at, raised_at=row.raised_at,
            events=tuple(events[row.id]),
        )
        for row in found
    ]  # fmt: skip


def _event(row: Row[Any]) -> AlarmEvent:
    return AlarmEvent(
        id=row.id, alarm_id=row.alarm_id, at=row.at, kind=AlarmEventKind(row.kind),
        step=AlarmStep(row.step) if row.step else None, worker_id=row.worker_id, note=row.note,
    )  # fmt: skip


def add_alarm(session: Session, new: Alarm) -> Alarm:
    """Store an alarm, and say as what. Where one about this very promise is there already it stands a microsecond after that."""
    while session.scalar(_KNOWN, {"worker_id": new.worker_id, "due_at": new.due_at}):
        new = msgspec.structs.replace(new, due_at=new.due_at + timedelta(microseconds=1))
    columns = ("id", "worker_id", "team_id", "due_at", "raised_at")
    bulk.insert_new(session, alarm, [{name: getattr(new, name) for name in columns}])
    return new


def is_answered(session: Session, worker_id: Id, due_at: datetime) -> bool:
    """Did somebody say what came of it, that this promise was not kept? One that ended by itself is named again where what ended
    it is taken back: a held check-in that was set aside."""
    found = _list(session, _OF_PROMISE, {"worker_id": worker_id, "first": due_at, "last": due_at + ONE_PROMISE})
    last = found[-1] if found else None
    return last is not None and (last.ended is None or last.ended.worker_id is not None)


def find_said_home(session: Session, worker_id: Id) -> datetime | None:
    """When somebody last said of a worker who was missed that they are home: a walk that is held has no shift to be ended."""
    theirs = select(func.max(alarm_event.c.at)).join(alarm, alarm.c.id == alarm_event.c.alarm_id)
    by_hand = (alarm_event.c.kind == str(AlarmEventKind.HOME)) & alarm_event.c.worker_id.is_not(None)
    said: datetime | None = session.scalar(theirs.where(alarm.c.worker_id == worker_id, by_hand))
    return said


ONE_PROMISE = timedelta(milliseconds=1)
_MOMENT = alarm.c.due_at.type
_KNOWN = select(
    exists().where(alarm.c.worker_id == bindparam("worker_id"), alarm.c.due_at == bindparam("due_at", type_=_MOMENT))
)
_OF_PROMISE = _ALARMS.where(
    alarm.c.worker_id == bindparam("worker_id"),
    alarm.c.due_at >= bindparam("first", type_=_MOMENT),
    alarm.c.due_at < bindparam("last", type_=_MOMENT),
)


@beyond_reader
def add_events(session: Session, events: Sequence[AlarmEvent]) -> None:
    """Add lines to the log, after those that are there."""
    count = select(func.count()).select_from(alarm_event)
    numbers = {
        each: session.scalar(count.where(alarm_event.c.alarm_id == each)) or 0
        for each in {event.alarm_id for event in events}
    }
    rows = []
    for event in events:
        rows.append({
            "id": event.id, "alarm_id": event.alarm_id, "number": numbers[event.alarm_id], "at": event.at,
            "kind": str(event.kind), "step": str(event.step) if event.step else None, "worker_id": event.worker_id,
            "note": event.note,
        })  # fmt: skip
        numbers[event.alarm_id] += 1
    bulk.insert_all(session, alarm_event, rows)


# --------------------------------------------------------------------------------------------- the telephone gateway


def first_name(name: str) -> str:
    """What a message calls somebody, whatever stands in their name."""
    return next(iter(name.split()), "A colleague")


def add_messages(session: Session, events: Sequence[AlarmEvent], is_over: bool) -> None:
    """Let a message wait for each of these who has a telephone."""
    asked = {each.worker_id for each in events}
    numbers = select(worker.c.id).where(
        worker.c.id.in_(sorted(each for each in asked if each)), worker.c.telephone != ""
    )
    have = set(session.scalars(numbers))
    rows = [
        {
            "id": each.id, "alarm_id": each.alarm_id, "worker_id": each.worker_id,
            "step": str(each.step or AlarmStep.EVERYBODY), "is_over": is_over, "queued_at": each.at,
            "state": str(MailState.WAITING), "attempts": 0, "next_try_at": each.at, "last_error": "",
        }
        for each in events
        if each.worker_id in have
    ]  # fmt: skip
    bulk.insert_new(session, alarm_message, rows)


def claim_call(session: Session, now: datetime) -> Call | None:
    """The message that waited longest and is due, counted as tried, and left alone by others for two minutes.

    One that says somebody was not heard is given up once that is over: it would send people to look for nobody."""
    due = (
        select(alarm_message.c.id)
        .where(alarm_message.c.state == str(MailState.WAITING), _is_due(now))
        .order_by(alarm_message.c.next_try_at, alarm_message.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    while (message_id := session.scalar(due)) is not None:
        _set(session, message_id, attempts=alarm_message.c.attempts + 1, next_try_at=now + CLAIMED_FOR)
        call = _read_call(session, message_id)
        if call is not None:
            return call
    return None


def _is_due(now: datetime) -> ColumnElement[bool]:
    """A message waits for two minutes at most. One that is to wait longer was written by a clock that has been set back since."""
    waits_until = alarm_message.c.next_try_at
    return (waits_until <= now) | (waits_until > now + 2 * CLAIMED_FOR)


def _read_call(session: Session, message_id: Id) -> Call | None:
    """The message with the number as it is now; one that is no longer for anybody is given up.

    So is one that asks the worker herself to be heard, once she has called for help: whoever made her check in may hold her
    telephone, and reads nothing there that a check-in would not have stopped."""
    about = worker.alias()
    query = (
        select(alarm_message, worker.c.telephone, about.c.name)
        .join(alarm, alarm.c.id == alarm_message.c.alarm_id)
        .join(worker, worker.c.id == alarm_message.c.worker_id)
        .join(about, about.c.id == alarm.c.worker_id)
        .where(alarm_message.c.id == message_id)
        .add_columns(
            worker.c.active,
            alarm.c.worker_id.label("about_id"),
            _ENDED.label("is_ended"),
            _ASKED_HELP.label("asks_help"),
            _IS_SILENT.label("is_silent"),
            _WAS_PUT_BACK.label("is_put_back"),
        )
    )
    row = session.execute(query).one()
    why = ""
    if not row.active:
        why = LEFT
    elif row.is_ended and not row.is_over:
        why = "It was over."
    elif row.asks_help and row.worker_id == row.about_id:
        why = CALLED
    if why:
        _set(session, message_id, state=str(MailState.FAILED), last_error=why)
        return None
    return Call(
        id=row.id, alarm_id=row.alarm_id, worker_id=row.worker_id, step=AlarmStep(row.step), is_over=row.is_over,
        attempts=row.attempts, telephone=row.telephone, about=first_name(row.name), asks_help=row.asks_help,
        is_silent=row.is_silent, is_put_back=row.is_put_back,
    )  # fmt: skip


def settle_call(session: Session, message_id: Id, state: MailState, next_try_at: datetime, error: str = "") -> None:
    """What became of a message: sent, given up, or waiting for its next try."""
    _set(session, message_id, state=str(state), next_try_at=next_try_at, last_error=error)


def _set(session: Session, message_id: Id, **values: Any) -> None:
    session.execute(update(alarm_message).where(alarm_message.c.id == message_id).values(**values))
