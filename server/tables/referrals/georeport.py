"""Who may send us reports by Open311 (GeoReport v2), and which of the reports each has sent."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of


class GeoreportKeyRow(SQLModel, table=True):
    """A key that a partner's system shows. Only its hash is kept."""

    __tablename__ = "georeport_key"

    id: str = id_key()
    name: str = Field(max_length=200)
    key_hash: str = Field(max_length=64, unique=True)
    made_at: datetime = moment()
    ended_at: datetime | None = moment(optional=True)


class GeoreportRequestRow(SQLModel, table=True):
    """A report that came by Open311, by the number that its sender knows it by."""

    __tablename__ = "georeport_request"

    referral_id: str = loose_id(primary_key=True)
    reference: str = Field(max_length=200, unique=True)
    key_id: str = id_of("georeport_key.id", index=True)
    requested_at: datetime = moment()


georeport_key = table_of(GeoreportKeyRow)
georeport_request = table_of(GeoreportRequestRow)
