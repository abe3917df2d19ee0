"""Many referrals at once, as a triage desk decides them, and the last decision taken back.

Each is decided by itself: one that cannot be is told of, and the others are done.
"""

from collections.abc import Callable, Collection
from datetime import datetime

import msgspec

from server.access import Access
from server.actions.referrals.referrals import assign_referral, take_back_offer, take_back_step
from server.actions.street import planning
from server.problems import Invalid, NotFound
from server.queries.people import subjects
from server.queries.referrals import desk, inbox, referrals
from server.queries.referrals.desk import UNDO_WITHIN
from server.queries.referrals.referral_steps import TAKEN_BACK
from server.queries.street import plans
from server.queries.street.plans import ShiftPlan
from shared.model.codes import PlannedStopKind, ReferralState
from shared.model.referral import Referral
from shared.model.shift import PlannedStop
from shared.model.value import Id, Value
from shared.policy import Act

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
    chosen = list(dict.fromkeys(referral_ids))
    if len(chosen) > AT_ONCE:
        refused.append(f"No more than {AT_ONCE} are decided at once: choose the other {len(chosen) - AT_ONCE} again.")
    for referral_id in chosen[:AT_ONCE]:
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
    row = inbox.find_inbox_row(access.session, referral_id)
    if not steps or row is None:
        raise Invalid("It is more than ten minutes ago, or somebody else has gone on with it: open it again instead.")
    undone, before = steps[0], steps[1] if len(steps) > 1 else None
    if undone.note == TAKEN_BACK:
        return  # pressed twice
    if undone.state is ReferralState.ASSIGNED:
        is_given_anew = before is not None and before.state is ReferralState.ASSIGNED
        _leave_shifts(access, row.referral, undone.at if is_given_anew else None)
    desk.take_back_mails(access.session, [referral_id], undone.at)
    take_back_step(access, row.referral, undone, before)


def _leave_shifts(access: Access, referral: Referral, since: datetime | None) -> None:
    """No shift goes there any more that was to go because of this step: of one that was given before, none planned since."""
    if referral.team_id is None:
        return
    planning.hold_plans(access, referral.team_id)
    for plan in plans.list_plans(access.session, [referral.team_id], access.now):
        left = [each for each in plan.stops if each.referral_id != referral.id]
        is_of_step = since is None or plan.set_at >= since
        if is_of_step and len(left) < len(plan.stops) and plan.back_at > access.now:
            planning.change_stops(access, plan, left)


def find_shift(access: Access, plan_id: Id) -> ShiftPlan:
    """A shift that can still be sent somewhere, by its plan or one that has been changed since. Raises Invalid, Forbidden."""
    team_id = plans.find_team_id(access.session, plan_id)
    if team_id is not None:
        access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, team_id), purpose="plan of a shift")
        planning.hold_plans(access, team_id)
    plan = plans.find_standing(access.session, plan_id)
    if plan is None or plan.back_at <= access.now:
        raise Invalid("That shift was called off or is over. Choose another, or the team.")
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


def encode(done: Done) -> bytes:
    """What the page's script reads."""
    return msgspec.json.encode(done)
