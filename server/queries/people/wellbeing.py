"""Questionnaires as versions, and what people filled in. No list of people asks these tables anything."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.orm import Session

from server.tables.people.wellbeing import questionnaire, wellbeing
from shared.model.value import Id
from shared.model.wellbeing import Filled, Questionnaire


def list_questionnaires(session: Session) -> list[Questionnaire]:
    """Every version of every questionnaire, the oldest first."""
    rows = session.scalars(select(questionnaire.c.body).order_by(questionnaire.c.key, questionnaire.c.version))
    return [msgspec.json.decode(body, type=Questionnaire) for body in rows]


def add_questionnaire(session: Session, new: Questionnaire, at: datetime) -> None:
    """Keep a version."""
    row = {"key": new.key, "version": new.version, "body": msgspec.json.encode(new).decode(), "loaded_at": at}
    session.execute(insert(questionnaire), [row])


def list_filled(session: Session, person_ids: Collection[Id]) -> list[Filled]:
    """What one person filled in under all their records, the oldest first."""
    query = select(wellbeing).where(wellbeing.c.person_id.in_(sorted(person_ids)))
    rows = session.execute(query.order_by(wellbeing.c.filled_on, wellbeing.c.at, wellbeing.c.id)).mappings()
    return [_read(row) for row in rows]


def add_filled(session: Session, new: Filled) -> None:
    """Keep what somebody filled in."""
    row = msgspec.structs.asdict(new) | {"points": msgspec.json.encode(new.points).decode()}
    session.execute(insert(wellbeing), [row])


def strike_out(session: Session, filled_id: Id, at: datetime, worker_id: Id) -> None:
    """It was never so; it stays on record."""
    session.execute(update(wellbeing).where(wellbeing.c.id == filled_id).values(struck_at=at, struck_by=worker_id))


def _read(row: RowMapping) -> Filled:
    told: dict[str, Any] = dict(row)
    return Filled(**told | {"points": msgspec.json.decode(row["points"], type=tuple[int | None, ...])})
