"""Districts that end and others that begin on a day: the plan, until and after it is carried out, and which followed which."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of, text


class BoundaryChangeRow(SQLModel, table=True):
    """A plan (JSON): which districts end, which begin with what outlines, and who works where from then on."""

    __tablename__ = "boundary_change"
    __table_args__ = (CheckConstraint("applied_at IS NULL OR called_off_at IS NULL", name="done_or_called_off"),)

    id: str = id_key()
    on_day: date = Field(index=True)
    plan: str = text()
    planned_at: datetime = moment()
    planned_by: str = loose_id()
    applied_at: datetime | None = moment(optional=True)
    called_off_at: datetime | None = moment(optional=True)
    told: str = text()


class DistrictSuccessorRow(SQLModel, table=True):
    """One district's ground became another's: whoever works for the later one reads what happened under the earlier. `number`
    is the order in which a split's districts were named; through several changes every pair is kept."""

    __tablename__ = "district_successor"

    from_id: str = id_of("district.id", primary_key=True)
    to_id: str = id_of("district.id", primary_key=True, index=True)
    on_day: date
    number: int = 0


boundary_change = table_of(BoundaryChangeRow)
district_successor = table_of(DistrictSuccessorRow)
