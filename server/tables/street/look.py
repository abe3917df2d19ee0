"""Looks: what one shift found in one square on one night, derived from contacts and visits as they are stored."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import ID_LENGTH, table_of


class LookRow(SQLModel, table=True):
    """One square (`cell`, a leaf of the grid; 0 where only the site is known) × night × outing, in one district.

    `people` counts distinct known people met sleeping rough, `unidentified` those whom nobody knew. A row with neither says
    that somebody looked and found nobody; no row says that nobody looked. `outing` is the shift, else the team. No person
    is named here; hidden people count, and are taken off again for whoever may not know of them.
    """

    __tablename__ = "look"
    __table_args__ = (CheckConstraint("people >= 0 AND unidentified >= 0", name="counts_not_negative"),)

    district_id: str = Field(primary_key=True, max_length=ID_LENGTH)
    night: date = Field(primary_key=True)
    outing: str = Field(primary_key=True, max_length=ID_LENGTH)
    cell: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    site_id: str = Field(primary_key=True, max_length=ID_LENGTH)
    people: int
    unidentified: int


look = table_of(LookRow)
