"""Many referrals at once, as a triage desk decides them, and the last decision taken back.

Each is decided by itself: one that cannot be is told of, and the others are done.
"""

from collections.abc import Callable, Collection
from datetime import datetime

import msgspec

from server.access import Access
from server.actions.referrals.referrals import (
    TAKEN_BACK,
    assign_referral,
    progress_referral,
    reopen_referral,
    take_back_offer,
)
from server.actions.street import planning
from server.problems import Invalid, NotFound
from server.queries.people import subjects
from server.queries.referrals import desk, inbox, referral_steps, referrals
from server.queries.referrals.desk import UNDO_WITHIN
from server.queries.street import plans
from server.queries.street.plans import ShiftPlan
from server.queries.sync.store import list_changes
from shared.model.codes import PlannedStopKind, ReferralState
from shared.model.referral import Referral
from shared.model.shift import PlannedStop
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.referral import FINAL_STATES

AT_ONCE = 100


class Done(Value, frozen=True, kw_only=True):
    """What became of the referrals that were chosen: how many were done, and why each other one was not."""

    ids: tuple[Id, ...]
    refused: tuple[str, ...]


def assign_to_own_team(access: Access, referral_id: Id, team_id: Id = "", worker_id: Id | None = None) -> None:
    """Gives a referral to a team; where none is named, to the one that walks its district."""
    row = inbox.find_inbox_row(access.session, referral_id)
    district_id = row.referral.district_id if row else None
    own = referrals.list_team_of_districts(access.session).get(district_id or "")
    if not team_id and own is None:
        raise Invalid("No team walks this district yet.")
    assign_referral(access, referral_id, team_id or own or "", worker_id)


def do_each(access: Access, referral_ids: Collection[Id], act: Callable[[Id], None]) -> Done:
    """Does it to each; nothing of one that cannot be done is kept."""
    done, refused = [], []
    for referral_id in list(dict.fromkeys(referral_ids))[:AT_ONCE]:
        try:
            with access.session.begin_nested():
                act(referral_id)
            done.append(referral_id)
        except Invalid as error:
            refused.append(" ".join(error.errors))
        except NotFound:
            refused.append("One of them is not here any more.")
    return Done(ids=tuple(done), refused=tuple(dict.fromkeys(refused)))


def undo(access: Access, referral_id: Id) -> None:
    """Takes back the newest step, if the actor took it in the last ten minutes; a mail that has not gone out is not sent.

    The step itself stays in the history, and the taking back stands beside it.
    """
    since = access.now - UNDO_WITHIN
    if take_back_offer(access, referral_id, since):
        return
    access.require(Act.PROGRESS_REFERRAL, subjects.find_referral(access.session, referral_id), detail="undo")
    steps = desk.list_newest_steps(access.session, [referral_id], access.actor.worker_id, since).get(referral_id)
    if not steps:
        raise Invalid("It is more than ten minutes ago, or somebody else has gone on with it: open it again instead.")
    if steps[0].note == TAKEN_BACK:
        return  # pressed twice
    before = steps[1].state if len(steps) > 1 else ReferralState.RECEIVED
    had_it = _find_holder(access, referral_id, is_given_anew=steps[0].state is before is ReferralState.ASSIGNED)
    if steps[0].state is ReferralState.ASSIGNED:
        _leave_shifts(access, referral_id, steps[0].at if before is ReferralState.ASSIGNED else None)
    desk.take_back_mails(access.session, [referral_id], since)
    if steps[0].state in FINAL_STATES:
        reopen_referral(access, referral_id, TAKEN_BACK)
    elif steps[0].state is not ReferralState.RECEIVED:
        progress_referral(access, referral_id, ReferralState.RECEIVED, note=TAKEN_BACK)
    if before is ReferralState.NEEDS_INFORMATION:
        progress_referral(access, referral_id, before, note=TAKEN_BACK)
        desk.take_back_mails(access.session, [referral_id], access.now)
    elif before is ReferralState.ASSIGNED:
        team_id, worker_id = had_it
        if team_id is not None:
            assign_referral(access, referral_id, team_id, worker_id, note=TAKEN_BACK)
    elif steps[0].state is ReferralState.ASSIGNED:
        referral_steps.set_assignment(access.session, referral_id, _team_before(access, referral_id), None)


def _find_holder(access: Access, referral_id: Id, *, is_given_anew: bool) -> tuple[Id | None, Id | None]:
    """The team and the worker who had it before the newest step: before the newest giving, where that step gave it to another."""
    if is_given_anew:
        given = [each.change for each in list_changes(access.session, referral_id) if each.change is not None]
        sets = [each.set_ for each in given if each.set_ is not None and "assigned_worker_id" in each.set_]
        if len(sets) > 1:
            team_id, worker_id = (msgspec.json.decode(sets[-2][name][0]) for name in ("team_id", "assigned_worker_id"))
            return team_id, worker_id
        return _team_before(access, referral_id), None
    row = inbox.find_inbox_row(access.session, referral_id)
    return (row.referral.team_id if row else None), referral_steps.find_worker(access.session, referral_id)


def _leave_shifts(access: Access, referral_id: Id, since: datetime | None) -> None:
    """No shift goes there any more that was to go because of this step: of one that was given before, none planned since."""
    row = inbox.find_inbox_row(access.session, referral_id)
    team_id = row.referral.team_id if row else None
    for plan in plans.list_plans(access.session, [team_id], access.now) if team_id else []:
        left = [each for each in plan.stops if each.referral_id != referral_id]
        is_of_step = since is None or plan.set_at >= since
        if is_of_step and len(left) < len(plan.stops) and plan.back_at > access.now:
            planning.change_stops(access, plan, left)


def find_shift(access: Access, plan_id: Id) -> ShiftPlan:
    """A shift that can still be sent somewhere, by its plan or one that has been changed since. Raises Invalid, Forbidden."""
    plan = plans.find_standing(access.session, plan_id)
    if plan is None or plan.back_at <= access.now:
        raise Invalid("That shift was called off or is over. Choose another, or the team.")
    access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, plan.team_id), purpose="plan of a shift")
    return plan


def send_on_shift(access: Access, plan: ShiftPlan, referral_ids: Collection[Id]) -> None:
    """Lets a planned shift go to these referrals of its team, after where it goes already."""
    known = {each.referral_id for each in plan.stops}
    rows = [inbox.find_inbox_row(access.session, each) for each in referral_ids if each not in known]
    new = [_stop(row.referral) for row in rows if row is not None]
    if new:
        planning.change_stops(access, plan, [*plan.stops, *new])


def _stop(referral: Referral) -> PlannedStop:
    return PlannedStop(
        kind=PlannedStopKind.REFERRAL, referral_id=referral.id, position=referral.position,
        name=referral.place[:200] or "Report", why=f"Report {referral.number}",
    )  # fmt: skip


def _team_before(access: Access, referral_id: Id) -> Id | None:
    row = inbox.find_inbox_row(access.session, referral_id)
    district_id = row.referral.district_id if row else None
    return referrals.list_team_of_districts(access.session).get(district_id or "")


def encode(done: Done) -> bytes:
    """What the page's script reads."""
    return msgspec.json.encode(done)
