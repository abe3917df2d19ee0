"""Files of a whole county: what was planned by whom, what it changed, and whether that was undone."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from server.database.columns import id_key, loose_id, moment, table_of, text


class CountyBatchRow(SQLModel, table=True):
    """One file. `county` is its rows, sealed with a key outside the database, gone once applied or after a day; `lines` is
    what was done, with what stood before."""

    __tablename__ = "county_batch"

    id: str = id_key()
    file_name: str = Field(default="", max_length=200)
    planned_at: datetime = moment()
    planned_by: str | None = loose_id(optional=True)
    county: str = text()
    applied_at: datetime | None = moment(optional=True)
    lines: str = text()
    undone_at: datetime | None = moment(optional=True)


county_batch = table_of(CountyBatchRow)
