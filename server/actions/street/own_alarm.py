"""What somebody may know of the search for themselves.

After a check-in under duress whoever made them may be looking at their screen: every page and telephone of theirs then says what
it would say had they really been well. Everybody else sees the alarm as it is.
"""

from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.queries.partnership import workers
from server.queries.street import alarms
from server.queries.street.lone_working import list_on_shift
from shared.model.alarm import Alarm, AlarmEvent, AlarmEventKind, OwnAlarm
from shared.model.value import Id
from shared.rules.alarms import GRACE

LEFT = frozenset({AlarmEventKind.TOLD, AlarmEventKind.SENT})


def find_own(access: Access) -> OwnAlarm | None:
    """The search for the actor as they may know of it; None where there is none, or nothing of it may be seen where they are."""
    mine = access.actor.worker_id
    found = next((each for each in alarms.list_open_alarms(access.session) if each.worker_id == mine), None)
    alarm = show_to(access.session, mine, found, access.now) if found is not None else None
    if alarm is None or alarm.ended is not None:
        return None
    taken, reached = alarm.taken, sorted(alarm.reached_ids - {mine})
    holder = taken.worker_id or "" if taken else ""
    names = workers.list_short_names(access.session, {holder, *reached})
    return OwnAlarm(
        help_at=alarm.help.at if alarm.help else None, taken_by=names.get(holder, ""), taken_at=taken.at if taken else None,
        reached=tuple(names[each] for each in reached if each in names),
    )  # fmt: skip


def show_to(session: Session, reader_id: Id, alarm: Alarm, now: datetime) -> Alarm | None:
    """An alarm as one reader may see it; None where there would be none had the check-in been a true one."""
    if alarm.worker_id != reader_id or not alarm.is_silent:
        return alarm
    events = tuple(each for each in alarm.events if _may_be_seen(each, alarm))
    if any(each.kind is AlarmEventKind.HELP for each in events):
        return msgspec.structs.replace(alarm, events=events)
    missed_at = None if alarm.ended is not None else _missed_at(session, reader_id)
    if missed_at is not None and missed_at <= now:
        return _missed_again(alarm, events, missed_at, now)
    return _heard_then(alarm)


def _may_be_seen(event: AlarmEvent, alarm: Alarm) -> bool:
    """Whether a line would stand there anyway: the sign itself would not, nor what others do about it."""
    return event.kind is not AlarmEventKind.DURESS and (
        event.kind is not AlarmEventKind.NOTED or event.worker_id == alarm.worker_id
    )


def _missed_at(session: Session, worker_id: Id) -> datetime | None:
    """When somebody is told of them unless they are heard, by what they promised last."""
    return next((each.alarm_at for each in list_on_shift(session) if each.worker_id == worker_id), None)


def _missed_again(alarm: Alarm, events: tuple[AlarmEvent, ...], missed_at: datetime, now: datetime) -> Alarm:
    """They are looked for anew; a while later a message has gone to those to whom one went. Who took it before is not named."""
    shown = tuple(
        msgspec.structs.replace(each, at=max(each.at, missed_at))
        for each in events
        if each.at >= missed_at or (each.kind in LEFT and now >= missed_at + GRACE)
    )
    return msgspec.structs.replace(alarm, due_at=missed_at, raised_at=missed_at, events=shown)


def _heard_then(alarm: Alarm) -> Alarm | None:
    """One that was open before ended when they were heard; one that the sign itself began never was, unless they have ended it on
    their own screen since."""
    place = next(place for place, each in enumerate(alarm.events) if each.kind is AlarmEventKind.DURESS)
    last = alarm.events[place]
    if place == 0:
        own = [each for each in alarm.events if each.kind is AlarmEventKind.NOTED and each.worker_id == alarm.worker_id]
        if not own:
            return None
        last = own[-1]
    heard = msgspec.structs.replace(last, kind=AlarmEventKind.HEARD, worker_id=None, note="")
    return msgspec.structs.replace(alarm, events=(*alarm.events[:place], heard))
