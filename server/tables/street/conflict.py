"""Fields of a person, site or referral that two people changed unseen by one another, listed for the team."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from server.database.columns import loose_id, moment, table_of, text


class ConflictRow(SQLModel, table=True):
    """One field with more than one head. `heads` is JSON: each value with who wrote it and when. Gone once resolved."""

    __tablename__ = "conflict"
    __table_args__ = (Index(None, "team_id", "noticed_at"),)

    entity_id: str = loose_id(primary_key=True)
    field: str = Field(primary_key=True, max_length=64)
    entity_kind: str = Field(max_length=20)
    team_id: str | None = loose_id(optional=True)
    noticed_at: datetime = moment()
    heads: str = text("[]")


conflict = table_of(ConflictRow)
