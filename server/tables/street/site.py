"""Bedding-down places: the shown value of each merged field."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from server.database.columns import (
    PositionColumns,
    check_code,
    check_position,
    code,
    id_key,
    loose_id,
    moment,
    table_of,
    text,
)
from shared.model.codes import SiteKind


class SiteRow(PositionColumns, table=True):
    """A bedding-down place."""

    __tablename__ = "site"
    __table_args__ = (Index(None, "latitude", "longitude"), *check_code("kind"), *check_position())

    id: str = id_key()
    name: str = Field(default="", max_length=200)
    kind: str = code(SiteKind.UNKNOWN)
    access_notes: str = text()
    hazards: str = text()
    in_use: bool = True
    team_id: str | None = loose_id(optional=True, index=True)
    district_id: str | None = loose_id(optional=True, index=True)
    created_at: datetime = moment()
    changed_at: datetime = moment()


site = table_of(SiteRow)
