"""Notices of discharges, releases and by the duty to refer: kept, found, answered, and forgotten."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from server.tables.referrals.notice import notice
from shared.geo.night import DEFAULT_ZONE, local_day
from shared.model.notice import Notice, NoticeAnswer, NoticeKind
from shared.model.value import Id

KEPT = timedelta(days=365)
"""So long a notice by which nobody was put forward is kept, as an alert's words are (privacy rule A8), and no shorter than it
is waited for."""


def add_notice(session: Session, new: Notice) -> None:
    """Keep a notice."""
    session.execute(insert(notice), [msgspec.structs.asdict(new) | {"kind": str(new.kind)}])


def find_by_reference(session: Session, reference: str) -> Notice | None:
    """The notice with this reference."""
    return _first(session, notice.c.reference == reference)


def find_notice(session: Session, notice_id: Id) -> Notice | None:
    """The notice with this id."""
    return _first(session, notice.c.id == notice_id)


def count_waiting(session: Session, district_ids: Collection[Id]) -> int:
    """How many wait in these districts."""
    return session.scalar(select(func.count()).select_from(notice).where(*_waits(district_ids))) or 0


def list_waiting(session: Session, district_ids: Collection[Id], *, limit: int, offset: int = 0) -> list[Notice]:
    """What waits in these districts, the next to be expected first."""
    order = (notice.c.expected_on.is_(None), notice.c.expected_on, notice.c.received_at, notice.c.id)
    query = select(notice).where(*_waits(district_ids)).order_by(*order).limit(limit).offset(offset)
    return [_read(row) for row in session.execute(query).mappings()]


def list_answered(session: Session, district_ids: Collection[Id], *, limit: int) -> list[Notice]:
    """What was answered in these districts, the newest first."""
    theirs = notice.c.district_id.in_(sorted(district_ids)), notice.c.answer.is_not(None)
    query = select(notice).where(*theirs).order_by(notice.c.answered_at.desc(), notice.c.id).limit(limit)
    return [_read(row) for row in session.execute(query).mappings()]


def _waits(district_ids: Collection[Id]) -> tuple[Any, Any]:
    return notice.c.district_id.in_(sorted(district_ids)), notice.c.answer.is_(None)


def find_same(session: Session, new: Notice) -> Notice | None:
    """A notice that says the same of the same person, in its district or brought by the same worker, who may have sent it on."""
    same = (
        ((notice.c.district_id == new.district_id) | (notice.c.received_by == new.received_by))
        & (notice.c.kind == str(new.kind))
        & (notice.c.name == new.name)
        & (notice.c.institution == new.institution)
        & (notice.c.expected_on.is_(None) if new.expected_on is None else notice.c.expected_on == new.expected_on)
        & (
            notice.c.date_of_birth.is_(None)
            if new.date_of_birth is None
            else notice.c.date_of_birth == new.date_of_birth
        )
    )
    return _first(session, same)


def answer_notice(
    session: Session, notice_id: Id, answer: NoticeAnswer, words: str, at: datetime, by: Id, person_id: Id | None
) -> bool:
    """Keep the answer; False where it was answered before."""
    waits = (notice.c.id == notice_id) & notice.c.answer.is_(None)
    values = {
        "answer": str(answer),
        "answer_words": words,
        "answered_at": at,
        "answered_by": by,
        "person_id": person_id,
    }
    return bool(getattr(session.execute(update(notice).where(waits).values(**values)), "rowcount", 0))


def add_to_notice(session: Session, notice_id: Id, values: Mapping[str, Any]) -> bool:
    """Write what it lacked; False where it was answered meanwhile."""
    waits = (notice.c.id == notice_id) & notice.c.answer.is_(None)
    return bool(getattr(session.execute(update(notice).where(waits).values(**values)), "rowcount", 0))


def send_on(session: Session, notice_id: Id, district_id: Id) -> bool:
    """Give it to another district; False where it was answered meanwhile."""
    waits = (notice.c.id == notice_id) & notice.c.answer.is_(None)
    done = session.execute(update(notice).where(waits).values(district_id=district_id))
    return bool(getattr(done, "rowcount", 0))


def forget_old(session: Session, now: datetime, zone: str = DEFAULT_ZONE) -> int:
    """Forget notices by which nobody was put forward and that are older than they may be; returns how many. Whoever is still to
    come, such as from a long sentence, and of whom nothing was said yet, is waited for."""
    today = local_day(now, zone)
    is_over = or_(notice.c.answer.is_not(None), notice.c.expected_on.is_(None), notice.c.expected_on < today)
    old = notice.c.person_id.is_(None) & (notice.c.received_at < now - KEPT) & is_over
    return int(getattr(session.execute(delete(notice).where(old)), "rowcount", 0))


def _first(session: Session, condition: Any) -> Notice | None:
    row = session.execute(select(notice).where(condition).order_by(notice.c.received_at).limit(1)).mappings().first()
    return None if row is None else _read(row)


def _read(row: Any) -> Notice:
    said = {"kind": NoticeKind(row["kind"]), "answer": NoticeAnswer(row["answer"]) if row["answer"] else None}
    return Notice(**dict(row) | said)
