"""Night counts loaded from elsewhere:

how many people were counted at a point on a night. Nobody is identified in them.
"""

from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, loose_id, table_of


class SightingRow(SQLModel, table=True):
    """One count. `row_key` tells a repeated row of the same file from a second count at the same place; `looked`: the file says
    that somebody set out to look there, so that a zero says that nobody was there."""

    __tablename__ = "sighting"
    __table_args__ = (
        UniqueConstraint("row_key"),
        CheckConstraint("people >= 0", name="people_not_negative"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_in_range"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_in_range"),
    )

    id: str = id_key()
    night: date = Field(index=True)
    latitude: float
    longitude: float
    people: int
    district_id: str | None = loose_id(optional=True)
    import_batch_id: str | None = loose_id(optional=True, index=True)
    row_key: str = Field(max_length=64)
    looked: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


sighting = table_of(SightingRow)
