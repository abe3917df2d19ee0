"""What whoever is missed may know of the search for them, on their own phone or page: under duress nothing that anybody else who
was not heard would not read."""

import msgspec

from server.access import Access
from server.queries.partnership import workers
from server.queries.street import alarms
from server.queries.street.lone_working import list_on_shift
from shared.model.alarm import Alarm, AlarmEventKind, OwnAlarm
from shared.rules.alarms import GRACE


def find_own(access: Access) -> OwnAlarm | None:
    """The search for the actor as they may know of it; None where there is none, or nothing of it may be seen where they are."""
    mine = access.actor.worker_id
    found = next((each for each in alarms.list_open_alarms(access.session) if each.worker_id == mine), None)
    alarm = _hide_duress(access, found) if found is not None and found.is_silent else found
    if alarm is None:
        return None
    taken, reached = alarm.taken, sorted(alarm.reached_ids - {mine})
    holder = taken.worker_id or "" if taken else ""
    names = workers.list_short_names(access.session, {holder, *reached})
    return OwnAlarm(
        help_at=alarm.help.at if alarm.help else None, taken_by=names.get(holder, ""), taken_at=taken.at if taken else None,
        reached=tuple(names[each] for each in reached if each in names),
    )  # fmt: skip


def _hide_duress(access: Access, alarm: Alarm) -> Alarm | None:
    """The alarm as it would stand had the actor really been well when they checked in: whoever made them may know what stands on
    a screen otherwise. Help that they had asked for is still looked after; else there is nothing before they are missed again,
    and a while after that a message has gone to those to whom one went. Who took it before then is not named."""
    events = tuple(each for each in alarm.events if each.kind is not AlarmEventKind.DURESS)
    if any(each.kind is AlarmEventKind.HELP for each in events):
        return msgspec.structs.replace(alarm, events=events)
    out = {each.worker_id: each for each in list_on_shift(access.session)}
    missed_at = out[alarm.worker_id].alarm_at if alarm.worker_id in out else None
    if missed_at is None or missed_at > access.now:
        return None
    shown = tuple(
        each
        for each in events
        if each.at >= missed_at or (each.kind is AlarmEventKind.SENT and access.now >= missed_at + GRACE)
    )
    return msgspec.structs.replace(alarm, events=shown)
