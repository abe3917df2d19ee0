"""The conferences to come: within some days, with a case on their agenda, or whose minutes somebody takes."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tables.conferences.conference import agenda_item, case_conference
from shared.model.conference import CaseConference
from shared.model.value import Id


def list_between(session: Session, start: datetime, end: datetime) -> list[CaseConference]:
    """The conferences of all districts that begin between two moments and have not ended, the earliest first."""
    within = (case_conference.c.starts_at >= start) & (case_conference.c.starts_at < end)
    query = select(case_conference).where(within, case_conference.c.finished_at.is_(None))
    rows = session.execute(query.order_by(case_conference.c.starts_at, case_conference.c.id)).mappings()
    return [CaseConference(**row) for row in rows]


def find_next_with(session: Session, case_id: Id) -> CaseConference | None:
    """The next conference to come whose agenda has a case."""
    on = select(agenda_item.c.conference_id).where(agenda_item.c.case_id == case_id, agenda_item.c.off_at.is_(None))
    query = select(case_conference).where(case_conference.c.finished_at.is_(None), case_conference.c.id.in_(on))
    row = session.execute(query.order_by(case_conference.c.starts_at).limit(1)).mappings().first()
    return None if row is None else CaseConference(**row)


def list_minuted_by(session: Session, worker_id: Id) -> list[CaseConference]:
    """The conferences to come, or being held, whose minutes this worker takes, the earliest first."""
    mine = (case_conference.c.minute_taker_id == worker_id) & case_conference.c.finished_at.is_(None)
    query = select(case_conference).where(mine).order_by(case_conference.c.starts_at, case_conference.c.id)
    return [CaseConference(**row) for row in session.execute(query).mappings()]


def list_next_with(
    session: Session, case_ids: Collection[Id], conference_ids: Collection[Id]
) -> dict[Id, CaseConference]:
    """By case, the first of these conferences to come whose agenda has it."""
    query = (
        select(agenda_item.c.case_id, case_conference)
        .join(case_conference, case_conference.c.id == agenda_item.c.conference_id)
        .where(
            agenda_item.c.case_id.in_(case_ids), agenda_item.c.off_at.is_(None), case_conference.c.finished_at.is_(None),
            case_conference.c.id.in_(conference_ids),
        )
        .order_by(case_conference.c.starts_at.desc(), case_conference.c.id)
    )  # fmt: skip
    names = CaseConference.__struct_fields__
    return {
        row["case_id"]: CaseConference(**{name: row[name] for name in names})
        for row in session.execute(query).mappings()
    }
