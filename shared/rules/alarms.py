"""Who is told of somebody who was not heard, one step after another, until somebody has it. Pure.

A step that reaches nobody takes no time. Whoever says "I have it" owns the alarm and stops the steps; one who then says
nothing more for a while is not waited for: everybody is told, again and again, until the alarm has an end. Nothing here ends
an alarm: that is the worker being heard, or somebody saying what came of it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from shared.model.alarm import ANEW, Alarm, AlarmEvent, AlarmEventKind, AlarmStep
from shared.model.value import Id, Value

MESSAGE_AGAIN = timedelta(minutes=1)
MESSAGE_TRIES_AT_MOST = 120
"""A message that could not be handed on is tried again each minute, for two hours: it is of no use later."""


class Rung(Value, frozen=True, kw_only=True):
    """One step, and how long it has to answer."""

    step: AlarmStep
    waits: timedelta


Ladder = Sequence[Rung]

DEFAULT_LADDER = (
    Rung(step=AlarmStep.WORKER, waits=timedelta(minutes=3)),
    Rung(step=AlarmStep.COLLEAGUES, waits=timedelta(minutes=4)),
    Rung(step=AlarmStep.LEAD, waits=timedelta(minutes=5)),
    Rung(step=AlarmStep.DEPUTY, waits=timedelta(minutes=5)),
    Rung(step=AlarmStep.MANAGER, waits=timedelta(minutes=5)),
)
"""A proposed default: within five minutes of being due and not heard, somebody other than the worker knows."""
GRACE = timedelta(minutes=5)
"""The longest the first step may take: the law of lone working."""
AGAIN = timedelta(minutes=15)
"""How soon everybody is told again while nobody has it, or whoever has it says nothing."""


def read_ladder(text: str) -> Ladder:
    """A ladder such as `worker:3,colleagues:4,lead:5`, in minutes. Raises ValueError with what is wrong."""
    rungs = []
    for part in text.split(","):
        name, _, minutes = part.strip().partition(":")
        if name not in {str(step) for step in AlarmStep if step is not AlarmStep.EVERYBODY}:
            raise ValueError(f"{name!r} is no step: give worker, colleagues, lead, deputy or manager.")
        if not minutes.isdecimal() or not 0 <= int(minutes) <= 60:
            raise ValueError(f"{part.strip()!r}: give whole minutes from 0 to 60 after a colon.")
        rungs.append(Rung(step=AlarmStep(name), waits=timedelta(minutes=int(minutes))))
    if len({rung.step for rung in rungs}) != len(rungs):
        raise ValueError("a step is named twice.")
    if any(rung.step is AlarmStep.WORKER and rung.waits > GRACE for rung in rungs):
        raise ValueError("the worker's own step may take five minutes at most.")
    return tuple(rungs)


def next_steps(alarm: Alarm, ladder: Ladder, reached: Collection[AlarmStep], now: datetime) -> list[AlarmStep]:
    """The steps that must be told now. `reached` are those that reach somebody.

    The worker's own step has its time counted from when the check-in was due, every other from when it was told.
    """
    if alarm.ended is not None:
        return []
    if alarm.taken is not None:
        return [AlarmStep.EVERYBODY] if now >= _last_word(alarm, now) + AGAIN else []
    if any(each.kind in ANEW for each in alarm.events):
        return _steps_at_once(alarm, now)
    # A step waits from when the first of it was told: who took a post over meanwhile holds nobody up.
    told = {each.step: each.at for each in reversed(alarm.events) if each.kind is AlarmEventKind.TOLD and each.step}
    lost = _find_lost(alarm)
    steps: list[AlarmStep] = []
    ready_at = alarm.due_at
    for rung in ladder:
        if rung.step not in told and rung.step not in reached:
            continue
        if rung.step not in told:
            if ready_at > now:
                return steps
            steps.append(rung.step)
        if rung.step in lost:  # a step that has reached nobody takes no time
            continue
        begun = alarm.due_at if rung.step is AlarmStep.WORKER else told.get(rung.step, now)
        # Told in what is not yet: the clock was set back since, and nobody is made to wait until it gets there.
        ready_at = max(ready_at, begun + rung.waits) if begun <= now else ready_at
    last = max((each.at for each in alarm.events if _is_to_everybody(each) and each.at <= now), default=None)
    if last is not None:
        ready_at = last + AGAIN
    return [*steps, AlarmStep.EVERYBODY] if ready_at <= now else steps


def _find_lost(alarm: Alarm) -> set[AlarmStep]:
    """The steps, but for the worker's own, whose every message has come to nothing: no answer is to be waited for."""
    unreached = alarm.unreached_ids
    told: dict[AlarmStep, set[Id]] = {}
    for each in alarm.events:
        if each.kind is AlarmEventKind.TOLD and each.step is not None and each.worker_id is not None:
            told.setdefault(each.step, set()).add(each.worker_id)
    return {step for step, ids in told.items() if ids <= unreached and step is not AlarmStep.WORKER}


def _steps_at_once(alarm: Alarm, now: datetime) -> list[AlarmStep]:
    """Whoever asks for help waits for no step: everybody is told at once, and again until somebody has it. So does whoever was
    missed when the server was put back, as who has it is not known, and whoever is missed whose alarm was had by one who left."""
    asked = max(place for place, each in enumerate(alarm.events) if each.kind in ANEW)
    since = [each.at for each in alarm.events[asked:] if _is_to_everybody(each) and each.at <= now]
    return [] if since and now < since[-1] + AGAIN else [AlarmStep.EVERYBODY]


def late_comers(alarm: Alarm, holders: Mapping[AlarmStep, Collection[Id]]) -> dict[AlarmStep, list[Id]]:
    """Whoever holds a post, or is out, only since its step was told, and was told by none: they hear of it now, while nobody
    has it."""
    begun = {each.step for each in alarm.events if each.kind is AlarmEventKind.TOLD}
    if alarm.ended is not None or alarm.taken is not None or not begun:
        return {}
    known, found = set(alarm.told_ids), dict[AlarmStep, list[Id]]()
    for step in (AlarmStep.COLLEAGUES, AlarmStep.LEAD, AlarmStep.DEPUTY, AlarmStep.MANAGER):
        if begun & {step, AlarmStep.EVERYBODY}:
            found[step] = [each for each in holders.get(step, ()) if each not in known]
            known.update(found[step])
    return {step: ids for step, ids in found.items() if ids}


def next_message_try(tried: int, now: datetime) -> datetime | None:
    """When to hand a message on again after `tried` times without success; None when that was often enough."""
    return None if tried >= MESSAGE_TRIES_AT_MOST else now + MESSAGE_AGAIN


def _last_word(alarm: Alarm, now: datetime) -> datetime:
    """When whoever has it last said something, or everybody was last told because they did not; long ago where all of that was
    said by a clock that has been set back since."""
    said = (AlarmEventKind.TAKEN, AlarmEventKind.NOTED)
    others = [each for each in alarm.events if each.worker_id != alarm.worker_id and each.at <= now]
    return max((each.at for each in others if each.kind in said or _is_to_everybody(each)), default=now - AGAIN)


def _is_to_everybody(event: AlarmEvent) -> bool:
    return event.kind is AlarmEventKind.TOLD and event.step is AlarmStep.EVERYBODY
