"""Whoever went out by a phone whose word waits for somebody's decision. Their phone says that they are looked after, so they are.

Nothing of it is in the record, so it shows nobody that they are out, and silences nothing: it only lets them be missed.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.queries.partnership.workers import list_bearers
from server.queries.street.alarms import find_said_home
from server.queries.street.held_check_ins import EPOCH, TEAM_SCOPE, list_sound, mend
from server.queries.street.plans import find_last_acts
from server.queries.street.shifts import find_last_home
from server.queries.sync.changes import StoredBody, list_quarantined
from server.tables.partnership.agency import team
from server.tables.street.shift import check_in
from shared.model.shift import CheckIn, Shift, ShiftEnded, ShiftJoined
from shared.model.value import NO_JSON, Id, Value
from shared.rules.check_ins import Outing, promise_of

FACTS: dict[str, type[CheckIn | Shift | ShiftEnded | ShiftJoined]] = {
    "shift.started": Shift, "shift.joined": ShiftJoined, "checkin.made": CheckIn, "shift.ended": ShiftEnded,
}  # fmt: skip
NOTICED_WITHIN = timedelta(days=3)
"""What was held for longer raises nobody any more: a tray that nobody decides on is no street."""


class HeldWalk(Value, frozen=True, kw_only=True):
    """A worker who went out and is not known to be home; `team_id` is what their phone says, or empty."""

    worker_id: Id
    team_id: Id
    outing: Outing


class Said(NamedTuple):
    """One thing that a worker said of themselves, and when by the server's clock."""

    worker_id: Id
    team_id: Id
    at: datetime
    fact: CheckIn | Shift | ShiftEnded | ShiftJoined


def list_held_walks(session: Session, now: datetime, known: Collection[Id]) -> list[HeldWalk]:
    """Who went out so. Those in `known` are looked for already, however long ago that was."""
    held = list_quarantined(session, of_types=tuple(FACTS))
    if not held:
        return []
    numbers = {each.device for each in held}
    bearers, sound = list_bearers(session, numbers), list_sound(session, numbers)
    said: dict[Id, list[Said]] = {}
    for each in held:
        one = _read(each, bearers[each.device][0]) if each.device in bearers and each.device in sound else None
        if one is not None and (
            one.worker_id in known or EPOCH + timedelta(milliseconds=each.received_at_ms) > now - NOTICED_WITHIN
        ):
            said.setdefault(one.worker_id, []).append(one)
    teams = set(session.scalars(select(team.c.id))) if said else set()
    walks = [_walk(session, theirs, teams) for theirs in said.values()]
    return [each for each in walks if each is not None]


def _read(held: StoredBody, bearer: Id) -> Said | None:
    """What whoever carries the phone says of themselves; None of what cannot be read, or is about somebody else."""
    change = held.change
    if change is None or change.erased:
        return None
    try:
        fact = msgspec.json.decode(change.p, type=FACTS[change.t])
    except NO_JSON:
        return None
    if fact.worker_id != bearer:
        return None
    at = fact.started_at if isinstance(fact, Shift) else fact.at
    return Said(bearer, change.s.removeprefix(TEAM_SCOPE), mend(at, held.skew_ms, held.received_at_ms), fact)


def _walk(session: Session, said: Sequence[Said], teams: Collection[Id]) -> HeldWalk | None:
    """Where what one worker said leaves them; None where they are home."""
    out = [each for each in said if not isinstance(each.fact, ShiftEnded)]
    if not out:
        return None
    worker_id, last = out[0].worker_id, max(out, key=lambda each: each.at)
    promises = [(each.at, _promise(each.fact, each.at)) for each in out if isinstance(each.fact, CheckIn)]
    promises += _list_newest(session, worker_id)
    checked_in_at, promised_at = max(promises) if promises else (None, None)
    home = [each.at for each in said if isinstance(each.fact, ShiftEnded)]
    known = find_last_home(session, worker_id), find_said_home(session, worker_id)
    home += [at for at in known if at is not None]
    if home and max(home) >= max(last.at, checked_in_at or last.at):
        return None
    since = max((each.at for each in out if not isinstance(each.fact, CheckIn)), default=min(each.at for each in out))
    outing = Outing(
        since=since, checked_in_at=checked_in_at, promised_at=promised_at,
        acted_at=find_last_acts(session, [worker_id]).get(worker_id),
    )  # fmt: skip
    return HeldWalk(worker_id=worker_id, team_id=last.team_id if last.team_id in teams else "", outing=outing)


def _promise(made: CheckIn, at: datetime) -> datetime:
    return promise_of(made.at, made.next_due_at, at)


def _list_newest(session: Session, worker_id: Id) -> list[tuple[datetime, datetime]]:
    """The newest check-in of theirs that counts, and its promise: one that came once their team was put right."""
    query = select(check_in.c.heard_at, check_in.c.due_at).where(check_in.c.worker_id == worker_id)
    rows = session.execute(query.where(check_in.c.due_at.is_not(None)).order_by(check_in.c.heard_at.desc()).limit(1))
    return [(row.heard_at, row.due_at) for row in rows]
