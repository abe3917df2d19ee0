"""What is written when a referral moves on:

the step itself, and where it leaves the referral. Who may, and which state may follow which, is decided in
`server.actions.referrals.referrals`.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from server.tables.referrals.referral import alert, referral, referral_progress
from server.tables.street.contact import contact_correction
from server.tables.street.shift import visit
from shared.model.codes import ReferralState
from shared.model.referral import ReferralProgress
from shared.model.value import Id, Value
from shared.rules.corrections import STRUCK
from shared.rules.referral import FINAL_STATES, THERE


def stands() -> ColumnElement[bool]:
    """Was somebody there? Not where the contact or the visit by which a step was taken is struck out. What somebody decided, such
    as an outcome, stands whatever it was decided by."""
    later = contact_correction.alias("later_word")
    is_later = or_(
        later.c.at > contact_correction.c.at,
        and_(later.c.at == contact_correction.c.at, later.c.id > contact_correction.c.id),
    )
    contact_struck = exists().where(
        contact_correction.c.contact_id == referral_progress.c.contact_id,
        contact_correction.c.reason.startswith(STRUCK),
        ~exists().where(later.c.contact_id == contact_correction.c.contact_id, is_later),
    )
    visit_struck = exists().where(visit.c.id == referral_progress.c.visit_id, visit.c.is_struck)
    return or_(referral_progress.c.state.not_in(THERE), ~or_(contact_struck, visit_struck))


TAKEN_BACK = "Taken back."
"""What the last step of a taking back says: it is not taken back itself."""


NOBODYS_SCOPE = "team:"
"""Where a referral is placed that no team has: no phone follows it. One that were placed nowhere would be heard again where its
changes were made."""


class Holder(Value, frozen=True, kw_only=True):
    """Which team has a referral, and which of its workers."""

    team_id: Id | None = None
    worker_id: Id | None = None


def add_step(session: Session, step: ReferralProgress) -> None:
    """Stores the step, and leaves the referral in its state. A referral that is open again has no outcome."""
    session.execute(insert(referral_progress), [{**msgspec.structs.asdict(step), "state": str(step.state)}])
    is_over = step.state in FINAL_STATES
    values: dict[str, Any] = {
        "state": str(step.state),
        "duplicate_of": step.duplicate_of,
        "outcome": step.outcome if is_over else "",
        "closed_at": step.at if is_over else None,
    }
    session.execute(update(referral).where(referral.c.id == step.referral_id).values(**values))


def note_left(session: Session, step_id: Id, holder: Holder, district_id: Id | None = None) -> None:
    """Says who had a referral before this step gave it to another; with `district_id` (empty: none) it was offered away from
    that district."""
    values = {"left_district_id": district_id, "left_team_id": holder.team_id, "left_worker_id": holder.worker_id}
    session.execute(update(referral_progress).where(referral_progress.c.id == step_id).values(**values))


def find_left(session: Session, step_id: Id) -> tuple[Id | None, Holder]:
    """The district that a step offered a referral away from (empty: none; None: it offered nothing), and who had it before."""
    columns = (
        referral_progress.c.left_district_id, referral_progress.c.left_team_id, referral_progress.c.left_worker_id,
    )  # fmt: skip
    district_id, team_id, worker_id = session.execute(select(*columns).where(referral_progress.c.id == step_id)).one()
    return district_id, Holder(team_id=team_id, worker_id=worker_id)


def find_holder(session: Session, referral_id: Id) -> Holder:
    """Which team has a referral, and which of its workers."""
    query = select(referral.c.team_id, referral.c.assigned_worker_id).where(referral.c.id == referral_id)
    found = session.execute(query).first()
    return Holder() if found is None else Holder(team_id=found[0], worker_id=found[1])


def set_assignment(session: Session, referral_id: Id, holder: Holder) -> None:
    """Says which team, and which of its workers, has the referral."""
    values = {"team_id": holder.team_id, "assigned_worker_id": holder.worker_id}
    session.execute(update(referral).where(referral.c.id == referral_id).values(**values))


def set_closed_at(session: Session, referral_id: Id, closed_at: datetime | None) -> None:
    """Says when a referral that is over was; None for one of another area that nobody has judged yet."""
    session.execute(update(referral).where(referral.c.id == referral_id).values(closed_at=closed_at))


def was_brought(session: Session, referral_id: Id) -> bool:
    """Did a file bring it, or a pull, and not a form of ours?"""
    query = select(alert.c.import_batch_id).join(referral, referral.c.alert_id == alert.c.id)
    return bool(session.scalar(query.where(referral.c.id == referral_id)))


def set_due(session: Session, referral_id: Id, due_on: date) -> None:
    """Says by when an outcome is promised."""
    session.execute(update(referral).where(referral.c.id == referral_id).values(due_on=due_on))


def find_due(session: Session, referral_id: Id) -> date:
    """By when an outcome is promised."""
    due_on: date = session.execute(select(referral.c.due_on).where(referral.c.id == referral_id)).scalar_one()
    return due_on


def find_asked_at(session: Session, referral_id: Id) -> datetime | None:
    """Since when more is asked for: from the first question of those that nothing has answered yet. None while nothing is."""
    newest_first = (
        select(referral_progress.c.state, referral_progress.c.at)
        .where(referral_progress.c.referral_id == referral_id)
        .order_by(referral_progress.c.at.desc(), referral_progress.c.id.desc())
    )
    asked_at: datetime | None = None
    for state, at in session.execute(newest_first):
        if state != str(ReferralState.NEEDS_INFORMATION):
            break
        asked_at = at
    return asked_at


def list_asked(session: Session, referral_ids: Collection[Id]) -> dict[Id, date]:
    """Of these referrals those for which more is asked, each with the day by which an outcome is promised."""
    asked = (referral.c.id.in_(referral_ids), referral.c.state == str(ReferralState.NEEDS_INFORMATION))
    query = select(referral.c.id, referral.c.due_on).where(*asked)
    return {referral_id: due_on for referral_id, due_on in session.execute(query)}  # noqa: C416 - rows are not pairs


def count_told_anew(session: Session, referral_ids: Collection[Id]) -> dict[Id, int]:
    """How often each referral was opened again by whoever told us of it or its source, not by one of us; none are left out."""
    query = (
        select(referral_progress.c.referral_id, func.count())
        .where(
            referral_progress.c.referral_id.in_(referral_ids), referral_progress.c.worker_id == "",
            referral_progress.c.state == str(ReferralState.RECEIVED),
        )
        .group_by(referral_progress.c.referral_id)
    )  # fmt: skip
    return {referral_id: number for referral_id, number in session.execute(query)}  # noqa: C416 - rows are not pairs


def find_newest(session: Session, referral_id: Id) -> ReferralProgress | None:
    """The newest step of a referral; None where none was taken."""
    return next(iter(list_newest(session, referral_id, 1)), None)


def list_newest(session: Session, referral_id: Id, limit: int) -> list[ReferralProgress]:
    """So many steps of a referral, the newest first."""
    query = select(referral_progress).where(referral_progress.c.referral_id == referral_id)
    newest = query.order_by(referral_progress.c.at.desc(), referral_progress.c.id.desc()).limit(limit)
    return [read_step(found) for found in session.execute(newest).mappings()]


def find_said(session: Session, referral_id: Id, state: ReferralState) -> ReferralProgress | None:
    """The newest step into a state that was no taking back: what whoever told us heard of it, they heard of that one."""
    query = select(referral_progress).where(
        referral_progress.c.referral_id == referral_id, referral_progress.c.state == str(state),
        referral_progress.c.note != TAKEN_BACK,
    )  # fmt: skip
    newest = query.order_by(referral_progress.c.at.desc(), referral_progress.c.id.desc()).limit(1)
    found = session.execute(newest).mappings().first()
    return None if found is None else read_step(found)


def read_step(found: Any) -> ReferralProgress:
    """The step that a row of its table holds."""
    plain = {name: found[name] for name in ReferralProgress.__struct_fields__ if name != "state"}
    return ReferralProgress(**plain, state=ReferralState(found["state"]))


def find_closer(session: Session, referral_id: Id) -> Id | None:
    """Who took the newest step of a referral: empty where its source did, or no step was ever taken; None if it is not here."""
    newest = (
        select(referral_progress.c.worker_id)
        .where(referral_progress.c.referral_id == referral_id)
        .order_by(referral_progress.c.at.desc(), referral_progress.c.id.desc())
        .limit(1)
    )
    if session.scalar(select(referral.c.id).where(referral.c.id == referral_id)) is None:
        return None
    return session.scalar(newest) or ""


def set_district(session: Session, referral_id: Id, district_id: Id | None, team_id: Id | None) -> None:
    """Gives the referral to another district, or to none, as new there."""
    values = {
        "district_id": district_id, "team_id": team_id, "assigned_worker_id": None, "outcome": "", "closed_at": None,
        "state": str(ReferralState.RECEIVED),
    }  # fmt: skip
    session.execute(update(referral).where(referral.c.id == referral_id).values(**values))


def list_answered(session: Session, contact_ids: Collection[Id], visit_ids: Collection[Id]) -> set[Id]:
    """The referrals that took a step because of these contacts or visits."""
    if not contact_ids and not visit_ids:
        return set()
    by_contact = select(referral_progress.c.referral_id).where(referral_progress.c.contact_id.in_(contact_ids))
    by_visit = select(referral_progress.c.referral_id).where(referral_progress.c.visit_id.in_(visit_ids))
    return set(session.scalars(by_contact.union(by_visit)))


def settle_referrals(session: Session, referral_ids: Collection[Id]) -> None:
    """Leaves each of these referrals in the state of its newest step that stands, in whatever order they came from phones."""
    if not referral_ids:
        return
    steps = select(referral_progress, stands().label("stands")).where(referral_progress.c.referral_id.in_(referral_ids))
    newest: dict[Id, Any] = {}
    for row in session.execute(steps.order_by(referral_progress.c.at, referral_progress.c.id)):
        newest[row.referral_id] = row if row.stands else newest.get(row.referral_id)
    for referral_id, row in newest.items():
        is_over = row is not None and ReferralState(row.state) in FINAL_STATES
        values = {
            "state": str(ReferralState.RECEIVED) if row is None else row.state,
            "duplicate_of": None if row is None else row.duplicate_of,
            "outcome": row.outcome if is_over else "",
            "closed_at": row.at if is_over else None,
        }
        session.execute(update(referral).where(referral.c.id == referral_id).values(**values))
