"""What the partnership learns from: exact counts for whoever is named to read them, case studies on a shelf, a notice board."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of, text


class ExactShareRow(SQLModel, table=True):
    """A quarter's share with every number as it is, frozen with the one that is told. `content` is JSON and never changes."""

    __tablename__ = "exact_share"

    publication_id: str = id_of("publication.id", primary_key=True)
    content: str = text()


class NamedAnalystRow(SQLModel, table=True):
    """Who may read exact counts for an agency whose agreement covers it, what for, named by whom; until that ended."""

    __tablename__ = "named_analyst"
    __table_args__ = (
        CheckConstraint("purpose <> ''", name="has_a_purpose"),
        CheckConstraint("named_by <> worker_id", name="named_by_another"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
    )

    id: str = id_key()
    agency_id: str = id_of("agency.id", index=True)
    worker_id: str = id_of("worker.id", index=True)
    purpose: str = text()
    named_at: datetime = moment()
    named_by: str = loose_id()
    ended_at: datetime | None = moment(optional=True)
    ended_by: str | None = loose_id(optional=True)


class ShelfStudyRow(SQLModel, table=True):
    """A case study as it was put on the shelf of a quarter. It says of nobody in particular whom it tells."""

    __tablename__ = "shelf_study"
    __table_args__ = (CheckConstraint("(taken_down_at IS NULL) = (taken_down_by IS NULL)", name="taken_by_somebody"),)

    id: str = id_key()
    quarter: date = Field(index=True)
    agency_id: str = id_of("agency.id", index=True)
    kept_by: str = loose_id()
    title: str = Field(max_length=200)
    content: str = text()
    taken_down_at: datetime | None = moment(optional=True)
    taken_down_by: str | None = loose_id(optional=True)


class BoardNoticeRow(SQLModel, table=True):
    """A notice among those who work with one another, or an answer to one (`answers_id`). It hangs until its last day."""

    __tablename__ = "board_notice"
    __table_args__ = (CheckConstraint("(taken_down_at IS NULL) = (taken_down_by IS NULL)", name="taken_by_somebody"),)

    id: str = id_key()
    answers_id: str | None = Field(default=None, foreign_key="board_notice.id", max_length=36, index=True)
    agency_id: str = id_of("agency.id", index=True)
    worker_id: str = loose_id()
    posted_at: datetime = moment()
    until_on: date
    title: str = Field(default="", max_length=200)
    content: str = text()
    taken_down_at: datetime | None = moment(optional=True)
    taken_down_by: str | None = loose_id(optional=True)


exact_share = table_of(ExactShareRow)
named_analyst = table_of(NamedAnalystRow)
shelf_study = table_of(ShelfStudyRow)
board_notice = table_of(BoardNoticeRow)
