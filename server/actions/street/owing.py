"""Which words are owed and were not heard at one moment, by check-ins and by plans; and how what was missed ended by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy.orm import Session

from server.queries.partnership import workers
from server.queries.street import plans, shifts
from server.queries.street.held_check_ins import HeldSign, find_held_signs
from server.queries.street.held_walks import HeldWalk
from server.queries.street.lone_working import OnShift
from shared.model.alarm import Alarm, AlarmEventKind
from shared.model.value import Id
from shared.rules.check_ins import LONGEST_PROMISE, Outing, alarm_at
from shared.rules.shift_plans import MAY_BE_EARLY, MAY_BE_LATE
from shared.rules.shift_plans import alarm_at as alarm_of_plan

NOT_AWAITED = (
    "Nobody waits for their word any more: the plan was called off, or what said that they were out was set aside."
)


class Owed(NamedTuple):
    """A worker was to be heard at `due_at`, by a check-in or by a plan, and was not."""

    worker_id: Id
    team_id: Id
    due_at: datetime


def first_team(session: Session, worker_id: Id) -> Id:
    """The first team of a worker; empty where they have none."""
    found = workers.find_worker(session, worker_id)
    return found.team_ids[0] if found and found.team_ids else ""


def list_owed(
    session: Session,
    now: datetime,
    out: Mapping[Id, OnShift],
    walks: Mapping[Id, HeldWalk],
    open_alarms: Sequence[Alarm],
) -> list[Owed]:
    """Every word that was owed by now and was not heard: check-ins of those who are out, by a phone that is held too, and what
    was planned."""
    late = [each for each in out.values() if each.alarm_at is not None and each.alarm_at <= now]
    # A check-in that waits for somebody's decision counts for this alone: she pressed.
    signs = find_held_signs(session) if late else {}
    owed = []
    for one in late:
        at = alarm_at(_with_held(one.outing, signs.get(one.worker_id)))
        if at is not None:
            owed.append(Owed(one.worker_id, one.team_ids[0], at))
    for walk in walks.values():
        at = None if walk.worker_id in out else alarm_at(walk.outing)
        if at is not None and at <= now:
            owed.append(Owed(walk.worker_id, walk.team_id or first_team(session, walk.worker_id), at))
    since = {each.worker_id: each.outing.since for each in walks.values()}
    since |= {each.worker_id: each.out_since for each in out.values()}
    promises = {alarm.promised_at - MAY_BE_LATE for alarm in open_alarms}
    for each in plans.list_expected(session, now, promises, {alarm.worker_id for alarm in open_alarms}):
        due = alarm_of_plan(
            each.starts_at, each.back_at, each.went_out_at, is_out=each.worker_id in since, acted_at=each.acted_at,
            out_since=since.get(each.worker_id),
        )  # fmt: skip
        if due is not None:
            owed.append(Owed(each.worker_id, each.team_id, due))
    return [each for each in owed if each.due_at <= now]


def _with_held(outing: Outing, sign: HeldSign | None) -> Outing:
    if sign is None or (outing.checked_in_at is not None and sign.at <= outing.checked_in_at):
        return outing
    return msgspec.structs.replace(outing, checked_in_at=sign.at, promised_at=sign.due_at)


def is_owed(alarm: Alarm, is_out: bool, owed: Sequence[Owed]) -> bool:
    """Does what an alarm is about stand still? What ended before by somebody's word keeps none open."""
    return any(each.worker_id == alarm.worker_id and (is_out or each.due_at >= alarm.promised_at) for each in owed)


def find_ending(session: Session, alarm: Alarm, is_out: bool) -> tuple[AlarmEventKind, str]:
    """How an alarm has ended by itself: they were heard, or are home; or nobody waits for their word any more, in words."""
    acted_at = plans.find_last_acts(session, [alarm.worker_id]).get(alarm.worker_id)
    home_at = shifts.find_last_home(session, alarm.worker_id)
    if is_out:
        return AlarmEventKind.HEARD, ""
    if home_at is not None and home_at >= alarm.due_at - LONGEST_PROMISE and (acted_at is None or home_at >= acted_at):
        return AlarmEventKind.HOME, ""
    if acted_at is not None and acted_at >= alarm.due_at - MAY_BE_LATE - MAY_BE_EARLY:
        return AlarmEventKind.HEARD, ""
    return AlarmEventKind.HOME, NOT_AWAITED
