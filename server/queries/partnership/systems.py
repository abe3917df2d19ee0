"""Programs of partner agencies, and what each is told of when it is new."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.cases.case import case_action, case_event
from server.tables.partnership.agency import agency
from server.tables.partnership.system import partner_system, system_notice
from server.tables.partnership.worker import worker
from shared.model.codes import CaseState
from shared.model.mail import MailState
from shared.model.value import Id, Value

CLAIMED_FOR = timedelta(minutes=10)
"""How long a notice that is being sent is left alone: a sender that crashed has had its try."""
KEPT_FOR = timedelta(days=90)
DISCUSSED = (CaseState.LISTED.value, CaseState.OPEN.value)


class Scope(StrEnum):
    """What a system may be let do. What the worker who answers for it may not, it may not either."""

    REFERRALS = "referrals"
    CASES = "cases"
    ACTIONS = "actions"
    CONTACTS = "contacts"
    FIGURES = "figures"


class NoticeKind(StrEnum):
    """What is new."""

    CASE = "case.listed"
    ACTION = "action.agreed"


class PartnerSystem(Value, frozen=True, kw_only=True):
    """A program of an agency, and the worker who answers for it."""

    id: Id
    agency_id: Id
    worker_id: Id
    name: str
    scopes: tuple[Scope, ...]
    secret_hash: str
    made_at: datetime
    hook_url: str = ""
    ended_at: datetime | None = None


class ListedSystem(Value, frozen=True, kw_only=True):
    """A system with the names of whose it is, and how many notices wait and could not be handed on."""

    system: PartnerSystem
    agency_name: str
    answered_for_by: str
    is_answered_for: bool
    """Does that worker still work there?"""
    waiting: int = 0
    failed: int = 0
    last_error: str = ""


class Notice(Value, frozen=True, kw_only=True):
    """Something new that a system is told of."""

    id: Id
    system_id: Id
    kind: NoticeKind
    about_id: Id
    made_at: datetime
    attempts: int = 0


class NewAction(Value, frozen=True, kw_only=True):
    """An action that was agreed, and whose it is."""

    id: Id
    case_id: Id
    agency_id: Id


def add_system(session: Session, new: PartnerSystem) -> None:
    row = msgspec.structs.asdict(new) | {"scopes": " ".join(sorted(new.scopes))}
    session.execute(insert(partner_system), [row])


def find_system(session: Session, system_id: Id) -> PartnerSystem | None:
    """The system with this id, ended or not."""
    found = _list(session, select(partner_system).where(partner_system.c.id == system_id))
    return found[0] if found else None


def list_hooked(session: Session) -> list[PartnerSystem]:
    """The systems that are told of what is new."""
    return _list(
        session,
        select(partner_system)
        .where(partner_system.c.ended_at.is_(None), partner_system.c.hook_url != "")
        .order_by(partner_system.c.id),
    )


def list_systems(session: Session) -> list[ListedSystem]:
    """Every system there was, the working ones first."""
    query = (
        select(partner_system, agency.c.name.label("agency_name"), worker.c.short_name, worker.c.active)
        .add_columns((worker.c.agency_id == partner_system.c.agency_id).label("same_agency"))
        .join(agency, agency.c.id == partner_system.c.agency_id)
        .join(worker, worker.c.id == partner_system.c.worker_id)
        .order_by(partner_system.c.ended_at.is_not(None), agency.c.name, partner_system.c.name, partner_system.c.id)
    )
    counts = _count_unsent(session)
    return [
        ListedSystem(
            system=_read(row), agency_name=row["agency_name"], answered_for_by=row["short_name"],
            is_answered_for=bool(row["active"] and row["same_agency"]),
            waiting=counts.get((row["id"], MailState.WAITING.value), (0, ""))[0],
            failed=counts.get((row["id"], MailState.FAILED.value), (0, ""))[0],
            last_error=max((error for (system_id, _), (_, error) in counts.items() if system_id == row["id"]), default=""),
        )
        for row in session.execute(query).mappings()
    ]  # fmt: skip


def _count_unsent(session: Session) -> dict[tuple[Id, str], tuple[int, str]]:
    query = (
        select(system_notice.c.system_id, system_notice.c.state, func.count(), func.max(system_notice.c.last_error))
        .where(system_notice.c.state != MailState.SENT.value)
        .group_by(system_notice.c.system_id, system_notice.c.state)
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in session.execute(query)}


def set_secret(session: Session, system_id: Id, secret_hash: str) -> bool:
    """Give a working system another secret: the one before, and its tokens, are good for nothing. False where there is none."""
    return _set(session, system_id, secret_hash=secret_hash)


def set_hook(session: Session, system_id: Id, hook_url: str) -> bool:
    """Say where a system hears of what is new; nowhere, with an empty address. False where there is no such working system."""
    return _set(session, system_id, hook_url=hook_url)


def end_system(session: Session, system_id: Id, now: datetime) -> bool:
    """Let a system in no more; what waits for it is sent no more. False where there is none, or it was ended before."""
    session.execute(
        delete(system_notice).where(
            system_notice.c.system_id == system_id, system_notice.c.state == MailState.WAITING.value
        )
    )
    return _set(session, system_id, ended_at=now)


def _set(session: Session, system_id: Id, **values: Any) -> bool:
    theirs = (partner_system.c.id == system_id) & partner_system.c.ended_at.is_(None)
    done = session.execute(update(partner_system).where(theirs).values(**values).returning(partner_system.c.id))
    return done.first() is not None


# --------------------------------------------------------------------------------------------------------- what is new
def list_newly_listed(session: Session, since: datetime) -> list[Id]:
    """Cases that came onto a list from a moment on."""
    query = (
        select(case_event.c.case_id)
        .distinct()
        .where(
            case_event.c.at >= since,
            case_event.c.to_state.in_(DISCUSSED),
            case_event.c.from_state.is_(None) | case_event.c.from_state.not_in(DISCUSSED),
        )
        .order_by(case_event.c.case_id)
    )
    return list(session.scalars(query))


def list_newly_agreed(session: Session, since: datetime, agency_ids: Collection[Id]) -> list[NewAction]:
    """Actions of these agencies that were agreed from a moment on."""
    query = (
        select(case_action.c.id, case_action.c.case_id, case_action.c.agency_id)
        .where(case_action.c.agreed_at >= since, case_action.c.agency_id.in_(agency_ids))
        .order_by(case_action.c.id)
    )
    return [NewAction(**row) for row in session.execute(query).mappings()]


def add_notices(session: Session, new: Sequence[Notice]) -> None:
    """Let notices wait. What a system was told of before it is not told again."""
    rows = [
        {
            "id": each.id, "system_id": each.system_id, "kind": str(each.kind), "about_id": each.about_id,
            "made_at": each.made_at, "state": MailState.WAITING.value, "attempts": 0, "next_try_at": each.made_at,
            "last_error": "", "sent_at": None,
        }
        for each in new
    ]  # fmt: skip
    bulk.insert_new(session, system_notice, rows)


def count_notices(session: Session) -> int:
    return int(session.scalar(select(func.count()).select_from(system_notice)) or 0)


def claim_notice(
    session: Session, now: datetime, passed_over: Collection[Id] = ()
) -> tuple[Notice, PartnerSystem] | None:
    """What waited longest and is due, counted as tried, with whom it is for; left alone by others for ten minutes. Nothing for a
    system that is `passed_over`, nor for one whose answerer does not work there any more."""
    due = (
        select(system_notice.c.id)
        .join(partner_system, partner_system.c.id == system_notice.c.system_id)
        .join(worker, worker.c.id == partner_system.c.worker_id)
        .where(
            worker.c.active.is_(True),
            worker.c.agency_id == partner_system.c.agency_id,
            system_notice.c.state == MailState.WAITING.value,
            system_notice.c.next_try_at <= now,
            partner_system.c.hook_url != "",
            partner_system.c.ended_at.is_(None),
            partner_system.c.id.not_in(sorted(passed_over)),
        )
        .order_by(system_notice.c.next_try_at, system_notice.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=system_notice)
    )
    notice_id = session.scalar(due)
    if notice_id is None:
        return None
    theirs = update(system_notice).where(system_notice.c.id == notice_id)
    session.execute(theirs.values(attempts=system_notice.c.attempts + 1, next_try_at=now + CLAIMED_FOR))
    columns = (system_notice.c[name] for name in Notice.__struct_fields__)
    row = session.execute(select(*columns).where(system_notice.c.id == notice_id)).mappings().one()
    notice = Notice(**{**row, "kind": NoticeKind(row["kind"])})
    system = find_system(session, notice.system_id)
    assert system is not None
    return notice, system


def settle_notice(
    session: Session, notice_id: Id, state: MailState, *, next_try_at: datetime | None = None, error: str = "",
    sent_at: datetime | None = None,
) -> None:  # fmt: skip
    """Keep what became of a try."""
    values: dict[str, Any] = {"state": state.value, "last_error": error[:200], "sent_at": sent_at}
    if next_try_at is not None:
        values["next_try_at"] = next_try_at
    session.execute(update(system_notice).where(system_notice.c.id == notice_id).values(**values))


def forget_old_notices(session: Session, now: datetime) -> None:
    """What was told long ago. `write_notices` looks back for days at most, so that nothing is told twice."""
    session.execute(delete(system_notice).where(system_notice.c.made_at < now - KEPT_FOR))


def _list(session: Session, query: Select[Any]) -> list[PartnerSystem]:
    return [_read(row) for row in session.execute(query).mappings()]


def _read(row: Any) -> PartnerSystem:
    told = {name: row[name] for name in PartnerSystem.__struct_fields__}
    known = {each.value for each in Scope}
    scopes = tuple(Scope(each) for each in row["scopes"].split() if each in known)
    return PartnerSystem(**told | {"scopes": scopes})
