"""Stays off the streets: what the figures of people accommodated, and of returners from a settled home, are counted from."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, code, id_key, id_of, loose_id, moment, table_of


class StayRow(SQLModel, table=True):
    """A fact: where somebody moved in, and when they left. The kind of place alone, no address; on no phone."""

    __tablename__ = "person_stay"
    __table_args__ = (
        CheckConstraint("left_on IS NULL OR left_on >= moved_in_on", name="left_after_moving_in"),
        CheckConstraint("(struck_at IS NULL) = (struck_by IS NULL)", name="struck_by_somebody"),
        *check_code("kind"),
    )

    id: str = id_key()
    person_id: str = loose_id(index=True)
    district_id: str = id_of("district.id", index=True)
    kind: str = code()
    moved_in_on: date = Field(index=True)
    left_on: date | None = None
    left_for: str | None = Field(default=None, max_length=64)
    recorded_at: datetime = moment()
    recorded_by: str = loose_id()
    struck_at: datetime | None = moment(optional=True)
    struck_by: str | None = loose_id(optional=True)


stay = table_of(StayRow)
