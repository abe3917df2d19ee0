"""What a team lead does with a referral:

gives it to a team or a worker, asks for more, finds that two are one, offers it to another district, closes it with
its outcome.

Each step is a fact in the referral's history and, in the same transaction, a change of device 0, so that the team's
phones hear of it. The tables are written first: publishing holds the feed until the commit.
"""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from server.access import Access, of_theirs
from server.actions.operation.orders import order_placing
from server.actions.operation.outbox import Outbox
from server.actions.referrals.clock import resumed_due
from server.database.context import raised
from server.problems import Invalid, NotFound
from server.queries.partnership import districts
from server.queries.people import subjects
from server.queries.referrals import inbox, referral_steps, referrals
from server.queries.referrals.desk import UNDO_WITHIN
from server.queries.referrals.folded import find_head
from server.queries.referrals.referral_steps import NOBODYS_SCOPE, TAKEN_BACK, Holder
from server.queries.sync.store import find_scopes, place_entity, publish
from shared.model.codes import ReferralState
from shared.model.referral import Referral, ReferralProgress
from shared.model.value import Id
from shared.policy import Act
from shared.rules.referral import FINAL_STATES, OUTCOMES, why_not_follow
from sync.authoring import NewChange


def assign_referral(
    access: Access, referral_id: Id, team_id: Id, worker_id: Id | None = None, *, note: str = ""
) -> None:
    """Gives a referral to a team, and to one of its workers if named.

    Raises Invalid for a team or worker that cannot.
    """
    found = _open(access, Act.ASSIGN_REFERRAL, referral_id)
    assignees = {(each.team_id, each.worker_id) for each in inbox.list_assignees(access.session, found.district_id)}
    if (team_id, worker_id) not in assignees:
        raise Invalid("Choose a team that walks this district, or one of its workers.")
    had_it = referral_steps.find_holder(access.session, found.id)
    holder = Holder(team_id=team_id, worker_id=worker_id)
    if (found.state, had_it) == (ReferralState.ASSIGNED, holder):
        return  # pressed twice
    step = _step(access, found, ReferralState.ASSIGNED, note=note)
    referral_steps.add_step(access.session, step)
    referral_steps.note_left(access.session, step.id, had_it)
    referral_steps.set_assignment(access.session, found.id, holder)
    _tell_phones(access, found, _scope(team_id), [_fact(access, step), _patch(access, found.id, holder)])


def progress_referral(
    access: Access,
    referral_id: Id,
    state: ReferralState,
    *,
    note: str = "",
    outcome: str = "",
    duplicate_of: Id | None = None,
    confirmed: bool = False,
) -> None:
    """Moves a referral on. `confirmed`: also when the one that it repeats is closed, and so nobody will go there.

    Raises Invalid, in words, for a state that may not follow or an outcome that is none of the 26.
    """
    found = _open(access, Act.PROGRESS_REFERRAL, referral_id)
    if state is ReferralState.DUPLICATE_OF:
        duplicate_of = _find_head(access, found.id, duplicate_of, confirmed=confirmed)
    if found.state is state and not _says_more(access, found.id, note, outcome, duplicate_of):
        return  # pressed twice
    step = _step(access, found, state, note=note, outcome=outcome, duplicate_of=duplicate_of)
    referral_steps.add_step(access.session, step)
    _answer(access, step)
    _tell_phones(access, found, _scope(found.team_id), [_fact(access, step)])


def close_referral(access: Access, referral_id: Id, outcome_code: str, note: str = "") -> None:
    """Closes a referral with one of the 26 outcomes, in whatever state that outcome leaves it."""
    outcome = OUTCOMES.get(outcome_code)
    if outcome is None:
        raise Invalid("Choose an outcome from the list.")
    is_duplicate = outcome.state is ReferralState.DUPLICATE_OF
    state = ReferralState.CLOSED if is_duplicate else outcome.state
    progress_referral(access, referral_id, state, outcome=outcome.text, note=note)


def offer_referral(access: Access, referral_id: Id, district_id: Id, note: str = "") -> None:
    """Gives a referral to another district as new there; its first team hears of it, and the old team's phones forget it."""
    found = _open(access, Act.ASSIGN_REFERRAL, referral_id)
    taker = districts.find_district(access.session, district_id)
    if taker is None or taker.id == found.district_id:
        raise Invalid("Choose the district that the referral belongs to.")
    had_it = referral_steps.find_holder(access.session, found.id)
    words = f"Offered to {taker.name}." + (f" {note}" if note else "")
    step = _step(access, found, ReferralState.WRONG_AREA, note=words)
    referral_steps.add_step(access.session, step)
    referral_steps.note_left(access.session, step.id, had_it, found.district_id or "")
    # It is new there: a late step from a phone settles the referral by its newest one, which must not be the sending away.
    arrived = msgspec.structs.replace(
        step, id=access.new_id(), state=ReferralState.RECEIVED, at=access.now + timedelta(milliseconds=1), note=""
    )
    referral_steps.add_step(access.session, arrived)
    team_id = referrals.list_team_of_districts(access.session).get(taker.id)
    referral_steps.set_district(access.session, found.id, taker.id, team_id)
    moved = msgspec.structs.replace(found, district_id=taker.id, team_id=team_id, state=ReferralState.RECEIVED)
    _tell_phones(access, moved, _scope(team_id), [])


def take_back_offer(access: Access, referral_id: Id, since: datetime) -> bool:
    """Lets a referral be of the district again, or of none, that the actor offered it away from since a moment, as it was;
    False where they did not.

    It is another district's by now: the actor may because they had it, and nobody there has touched it.
    """
    with raised(access.session):  # on PostgreSQL the actor sees it no more
        steps = referral_steps.list_newest(access.session, referral_id, 3)
        if len(steps) < 2 or {each.worker_id for each in steps[:2]} != {access.actor.worker_id} or steps[1].at < since:
            return False
        left, holder = referral_steps.find_left(access.session, steps[1].id)
        row = inbox.find_inbox_row(access.session, referral_id)
    if left is None or row is None or row.referral.state is not ReferralState.RECEIVED:
        return False
    access.require(Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="offer taken back", detail=referral_id)
    with raised(access.session):
        referral_steps.set_district(access.session, referral_id, left or None, holder.team_id)
        found = msgspec.structs.replace(row.referral, district_id=left or None)
        _put_back(access, found, steps[0], steps[2] if len(steps) > 2 else None, holder)
    return True


def take_back_step(access: Access, found: Referral, undone: ReferralProgress, before: ReferralProgress | None) -> None:
    """Leaves a referral as it stood before its newest step, whatever may otherwise follow what; the taking back is a step itself.

    Raises Invalid where what came before is not known.
    """
    if before is None and undone.state is ReferralState.RECEIVED:
        raise Invalid("How it stood before came with its file and is not kept as a step: take the next step instead.")
    if undone.state is ReferralState.ASSIGNED:
        holder = referral_steps.find_left(access.session, undone.id)[1]
    else:
        holder = referral_steps.find_holder(access.session, found.id)
    _put_back(access, found, undone, before, holder)


def _put_back(
    access: Access, found: Referral, newest: ReferralProgress, before: ReferralProgress | None, holder: Holder
) -> None:
    state = _state_unjudged(access, found) if before is None else before.state
    head_id = before.duplicate_of if before is not None else None
    if head_id is not None:
        head_id = _find_head(access, found.id, head_id, confirmed=True)
    _resume(access, found, state)
    # After the arrival of an offer, which is dated a moment later than it was made.
    at = max(access.now, newest.at + timedelta(milliseconds=1))
    step = ReferralProgress(
        id=access.new_id(), referral_id=found.id, state=state, at=at, worker_id=access.actor.worker_id,
        outcome=before.outcome if before is not None else "", duplicate_of=head_id, note=TAKEN_BACK,
    )  # fmt: skip
    referral_steps.add_step(access.session, step)
    if state in FINAL_STATES:
        referral_steps.set_closed_at(access.session, found.id, None if before is None else before.at)
    referral_steps.set_assignment(access.session, found.id, holder)
    said = referral_steps.find_said(access.session, found.id, state)
    if before is not None and said is not None:
        _answer(access, msgspec.structs.replace(said, outcome=step.outcome, duplicate_of=head_id))
    moved = msgspec.structs.replace(found, state=state, team_id=holder.team_id)
    _tell_phones(access, moved, _scope(holder.team_id), [_fact(access, step), _patch(access, found.id, holder)])


def _state_unjudged(access: Access, found: Referral) -> ReferralState:
    """The state in which a referral came, before anybody took a step with it."""
    if found.position is None and (found.district_id is None or referral_steps.was_brought(access.session, found.id)):
        return ReferralState.NEEDS_INFORMATION
    return ReferralState.WRONG_AREA if found.district_id is None else ReferralState.RECEIVED


def _answer(access: Access, step: ReferralProgress) -> None:
    """Whoever told us hears, when it cannot be taken back any more."""
    outbox = Outbox(access.session, access.now, access.new_id, waits=UNDO_WITHIN)
    outbox.answer_referrers([step])
    if step.duplicate_of is not None:
        outbox.answer_as_head(step.referral_id, step.duplicate_of, step)


def _open(access: Access, action: Act, referral_id: Id) -> Referral:
    access.require(action, subjects.find_referral(access.session, referral_id))
    found = inbox.find_inbox_row(access.session, referral_id)
    if found is None:
        raise NotFound
    return found.referral


def reopen_referral(access: Access, referral_id: Id, note: str = "") -> None:
    """Makes a referral work again that was closed, folded into another or sent away: everything can be taken back."""
    found = _open(access, Act.PROGRESS_REFERRAL, referral_id)
    if found.state not in FINAL_STATES:
        raise Invalid("It is open already.")
    progress_referral(access, referral_id, ReferralState.RECEIVED, note=note)


def _says_more(access: Access, referral_id: Id, note: str, outcome: str, duplicate_of: Id | None) -> bool:
    """Does a step into the state that a referral is in already tell anything that its newest step did not?"""
    newest = referral_steps.find_newest(access.session, referral_id)
    return newest is None or (newest.note, newest.outcome, newest.duplicate_of) != (note, outcome, duplicate_of)


def _find_head(access: Access, referral_id: Id, other_id: Id | None, *, confirmed: bool) -> Id:
    """The referral that is worked on for both: another one, theirs to see, and open unless they say that they know."""
    if other_id is None or other_id == referral_id:
        raise Invalid("Choose the other referral that reports the same.")
    head_id = find_head(access.session, other_id)
    if head_id == referral_id:
        raise Invalid("That one is held to repeat this one already. Open it again first.")
    access.require(Act.SEE_REFERRAL, subjects.find_referral(access.session, head_id))
    head = inbox.find_inbox_row(access.session, head_id)
    if head is None:
        raise NotFound
    if head.referral.state in FINAL_STATES and not confirmed:
        raise Invalid(
            f"Referral {head.referral.number} is closed: nobody would go there for this one. Fold it in only if you know "
            "that it tells of the same night."
        )
    return head_id


def _step(access: Access, found: Referral, state: ReferralState, **fields: Any) -> ReferralProgress:
    refusal = why_not_follow(found.state, state) if found.state is not state else None
    if refusal is not None:
        raise Invalid(refusal)
    _resume(access, found, state)
    return ReferralProgress(
        id=access.new_id(), referral_id=found.id, state=state, at=access.now, worker_id=access.actor.worker_id, **fields
    )


def _resume(access: Access, found: Referral, state: ReferralState) -> None:
    """Lets the clock go on, if it stood still and this step ends that.

    Also where it is closed: whether that was in time, and what a reopening goes on with, is by the clock that stood still.
    """
    if found.state is ReferralState.NEEDS_INFORMATION and state is not found.state:
        referral_steps.set_due(access.session, found.id, resumed_due(access.session, found, access.now))


def _scope(team_id: Id | None) -> str | None:
    return None if team_id is None else f"team:{team_id}"


def _tell_phones(access: Access, found: Referral, scope: str | None, changes: list[NewChange]) -> None:
    """Lets the team that now has the referral hear of it, and no other team: whole if its phones do not know it yet or may have
    let it go since it was over, or if the day has moved that was promised when `found` was read."""
    session, now_ms = access.session, int(access.now.timestamp() * 1000)
    known_in = find_scopes(session, found.id)
    wanted = frozenset({scope or NOBODYS_SCOPE})
    if known_in and known_in != wanted:
        order_placing(session, found.id, wanted, access.now, access.new_id())
        place_entity(session, found.id, wanted)
    if scope is None:
        return
    due_on = referral_steps.find_due(session, found.id)
    is_known = known_in - {NOBODYS_SCOPE} and found.state not in FINAL_STATES
    first = [] if is_known and due_on == found.due_on else [_received(access, found, due_on)]
    publish(session, [msgspec.structs.replace(each, scope=scope) for each in (*first, *changes)], now_ms)


def _received(access: Access, found: Referral, due_on: date) -> NewChange:
    whole = msgspec.structs.replace(found, due_on=due_on)
    return _change(access, "referral.received", found.id, payload=msgspec.Raw(msgspec.json.encode(whole)))


def _fact(access: Access, step: ReferralProgress) -> NewChange:
    return _change(access, "referral.progressed", step.referral_id, payload=msgspec.Raw(msgspec.json.encode(step)))


def _patch(access: Access, referral_id: Id, holder: Holder) -> NewChange:
    sets = {"team_id": holder.team_id, "assigned_worker_id": holder.worker_id}
    return _change(access, "referral.patched", referral_id, sets=sets)


def _change(access: Access, kind: str, referral_id: Id, **content: Any) -> NewChange:
    return NewChange(
        id=access.new_id(), type=kind, scope="", entity=referral_id, who=access.actor.worker_id,
        at_ms=int(access.now.timestamp() * 1000), **content,
    )  # fmt: skip


__all__ = ["assign_referral", "close_referral", "offer_referral", "progress_referral", "reopen_referral"]
