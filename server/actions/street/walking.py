"""Going out, checking in and coming home without a phone that can be read out: the same facts that a phone would have sent.

Whoever walks alone by these is looked after like everybody else. Pages and their forms are not known here.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.access import Access
from server.actions.street.contacts import list_own_teams
from server.actions.sync.saying import say
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.partnership import workers
from server.queries.people import subjects
from server.queries.street import contact_form, shifts
from server.queries.street.lone_working import OnShift, list_on_shift
from server.queries.sync.store import Project, find_change
from shared.geo.night import outreach_night
from shared.model.shift import CheckIn, Shift, ShiftEnded, ShiftJoined
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.check_ins import PROMISES
from sync.authoring import NewChange

LONGEST_AREA, LONGEST_SUMMARY = 200, 10_000


def find_own_walk(access: Access) -> OnShift | None:
    """The shifts the actor is on now."""
    out = list_on_shift(access.session)
    return next((each for each in out if each.worker_id == access.actor.worker_id), None)


def find_team_out(access: Access) -> Id:
    """The team that the actor is out with; empty while they are not out, or are out with several."""
    walk = find_own_walk(access)
    return walk.team_ids[0] if walk is not None and len(walk.team_ids) == 1 else ""


def go_out(
    access: Access, project: Project, form_id: Id, team_id: Id, area: str = "", colleague_ids: Sequence[Id] = ()
) -> None:
    """Start a shift, with these colleagues of the team along. Raises Failure for whoever is out already."""
    team = subjects.find_team(access.session, team_id)
    if team is None or team_id not in {each.id for each in list_own_teams(access)}:
        raise NotFound
    access.require(Act.RECORD_CONTACT, team, purpose="shift on the web")
    if len(area) > LONGEST_AREA:
        raise Invalid(f"Say where in {LONGEST_AREA} characters or fewer.")
    known = {each.id for each in workers.list_workers_of_team(access.session, team_id)} - {access.actor.worker_id}
    if not set(colleague_ids) <= known:
        raise Invalid("Choose colleagues of this team.")
    if _is_known(access, form_id):
        return
    if find_own_walk(access) is not None:
        raise Failure(CONFLICTING, "You are out already. End that shift first.")
    night = outreach_night(access.now, access.zone.key)
    begun = Shift(
        id=access.new_id(), team_id=team_id, worker_id=access.actor.worker_id, started_at=access.now, night=night,
        area=area,
    )  # fmt: skip
    joined = [
        ShiftJoined(id=access.new_id(), shift_id=begun.id, worker_id=each, at=access.now) for each in colleague_ids
    ]
    told = [_say(access, form_id, team_id, "shift.started", begun, begun.id)]
    told += [_say(access, access.new_id(), team_id, "shift.joined", each, begun.id) for each in joined]
    say(access.session, project, told, access.now)


def check_in(access: Access, project: Project, form_id: Id, minutes: int) -> None:
    """I am well, and will be heard again within so many minutes. Raises Failure for whoever is not out."""
    if minutes not in PROMISES:
        raise Invalid("Choose when you will be heard again.")
    if _is_known(access, form_id):
        return
    shift_id, team_id = _own_shifts(access)[-1]
    said = CheckIn(
        id=access.new_id(), shift_id=shift_id, worker_id=access.actor.worker_id, at=access.now,
        next_due_at=access.now + timedelta(minutes=minutes),
    )  # fmt: skip
    told = _say(access, form_id, team_id, "checkin.made", said, shift_id)
    say(access.session, project, [told], access.now)


def come_home(access: Access, project: Project, form_id: Id, summary: str) -> None:
    """End every shift the actor is on. Raises Failure for whoever is not out."""
    if len(summary) > LONGEST_SUMMARY:
        raise Invalid(f"Use {LONGEST_SUMMARY:,} characters or fewer.")
    if _is_known(access, form_id):
        return
    mine = _own_shifts(access)
    told = []
    for place, (shift_id, team_id) in enumerate(mine):
        is_last = place == len(mine) - 1
        ended = ShiftEnded(
            id=access.new_id(), shift_id=shift_id, worker_id=access.actor.worker_id, at=access.now,
            summary=summary if is_last else "",
        )  # fmt: skip
        told.append(_say(access, form_id if is_last else access.new_id(), team_id, "shift.ended", ended, shift_id))
    say(access.session, project, told, access.now)


def _own_shifts(access: Access) -> list[tuple[Id, Id]]:
    """The shifts the actor is on with the team of each, the newest last."""
    walk = find_own_walk(access)
    if walk is None:
        raise Failure(CONFLICTING, "You are not out: start a shift first.")
    found = [(each, shifts.find_shift(access.session, each)) for each in walk.shift_ids]
    return [(shift_id, shift.team_id) for shift_id, shift in found if shift is not None]


def _is_known(access: Access, form_id: Id) -> bool:
    """Was this very form sent before? Then nothing is said twice. Raises Invalid for a form that was not handed out."""
    try:
        is_ours = str(UUID(form_id)) == form_id
    except ValueError:
        is_ours = False
    if not is_ours:
        raise Invalid("Open the page anew, and press again.")
    contact_form.hold_form(access.session, form_id)
    before = find_change(access.session, form_id)
    if before is not None and (before.change is None or before.change.who != access.actor.worker_id):
        raise Invalid("Open the page anew, and press again.")
    return before is not None


def _say(access: Access, change_id: Id, team_id: Id, kind: str, fact: Value, shift_id: Id) -> NewChange:
    payload: Any = msgspec.Raw(msgspec.json.encode(fact))
    return NewChange(
        id=change_id, type=kind, scope=f"team:{team_id}", entity=shift_id, who=access.actor.worker_id,
        at_ms=int(access.now.timestamp() * 1000), payload=payload,
    )  # fmt: skip
