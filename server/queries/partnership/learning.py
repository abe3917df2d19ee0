"""The shelf of case studies and the notice board of those who work with one another."""

from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from server.tables.partnership.learning import board_notice, shelf_study
from shared.model.value import Id, Value


class ShelfStudy(Value, frozen=True, kw_only=True):
    """A case study of a quarter. `sections` are the words of each; it says of nobody in particular whom it tells."""

    id: Id
    quarter: date
    agency_id: Id
    kept_by: Id
    title: str
    sections: dict[str, str]


class BoardNotice(Value, frozen=True, kw_only=True):
    """A notice, or an answer to one. `until_on` is the last day on which it hangs."""

    id: Id
    agency_id: Id
    worker_id: Id
    posted_at: datetime
    until_on: date
    content: str
    title: str = ""
    answers_id: Id | None = None


def add_study(session: Session, new: ShelfStudy) -> None:
    """Put a study on the shelf."""
    values = {name: getattr(new, name) for name in ("id", "quarter", "agency_id", "kept_by", "title")}
    session.execute(insert(shelf_study), [values | {"content": msgspec.json.encode(new.sections).decode()}])


def list_studies(session: Session) -> list[ShelfStudy]:
    """What stands on the shelf, the latest quarter first."""
    query = select(shelf_study).where(shelf_study.c.taken_down_at.is_(None))
    rows = session.execute(query.order_by(shelf_study.c.quarter.desc(), shelf_study.c.title, shelf_study.c.id))
    return [_read_study(row) for row in rows.mappings()]


def find_study(session: Session, study_id: Id) -> ShelfStudy | None:
    """A study that stands on the shelf."""
    query = select(shelf_study).where(shelf_study.c.id == study_id, shelf_study.c.taken_down_at.is_(None))
    row = session.execute(query).mappings().one_or_none()
    return None if row is None else _read_study(row)


def add_notice(session: Session, new: BoardNotice) -> None:
    """Hang a notice."""
    session.execute(insert(board_notice), [msgspec.structs.asdict(new)])


def list_notices(session: Session, today: date) -> list[BoardNotice]:
    """What hangs on the board, the newest first: notices and answers whose last day has not passed."""
    query = select(board_notice).where(board_notice.c.taken_down_at.is_(None), board_notice.c.until_on >= today)
    ordered = query.order_by(board_notice.c.posted_at.desc(), board_notice.c.id)
    return [_read_notice(row) for row in session.execute(ordered).mappings()]


def find_notice(session: Session, notice_id: Id) -> BoardNotice | None:
    """A notice that hangs, or did until its last day."""
    query = select(board_notice).where(board_notice.c.id == notice_id, board_notice.c.taken_down_at.is_(None))
    row = session.execute(query).mappings().one_or_none()
    return None if row is None else _read_notice(row)


def set_last_day(session: Session, notice_id: Id, until_on: date) -> None:
    """Let a notice hang until this day, and its answers with it."""
    theirs = or_(board_notice.c.id == notice_id, board_notice.c.answers_id == notice_id)
    session.execute(update(board_notice).where(theirs).values(until_on=until_on))


def take_down_study(session: Session, study_id: Id, at: datetime, by: Id) -> None:
    """Take a study off the shelf: its words go, that it stood there stays."""
    gone = {"taken_down_at": at, "taken_down_by": by, "title": "", "content": "{}"}
    session.execute(update(shelf_study).where(shelf_study.c.id == study_id).values(**gone))


def take_down_notice(session: Session, notice_id: Id, at: datetime, by: Id) -> None:
    """Take a notice down with its answers: their words go, that they hung there stays."""
    gone = {"taken_down_at": at, "taken_down_by": by, "title": "", "content": ""}
    hangs = board_notice.c.taken_down_at.is_(None)
    theirs = or_(board_notice.c.id == notice_id, board_notice.c.answers_id == notice_id)
    session.execute(update(board_notice).where(hangs, theirs).values(**gone))


def _read_study(row: Any) -> ShelfStudy:
    names = ("id", "quarter", "agency_id", "kept_by", "title")
    sections = msgspec.json.decode(row["content"], type=dict[str, str])
    return ShelfStudy(**{name: row[name] for name in names}, sections=sections)


def _read_notice(row: Any) -> BoardNotice:
    return BoardNotice(**{name: row[name] for name in BoardNotice.__struct_fields__})
