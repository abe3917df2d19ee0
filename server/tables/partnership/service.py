"""The directory of services: public knowledge, one row a service."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import code, id_key, loose_id, moment, table_of, text
from shared.model.service import ServiceStatus


class ServiceRow(SQLModel, table=True):
    """`body` is the service as `shared.model.service.Service`; the columns beside it are for finding it. `source` is the feed
    that it came from, empty for one that was entered here; `agency_id` the partner that receives referrals to it here;
    `edited_at` is when somebody last changed or checked it here."""

    __tablename__ = "service"
    __table_args__ = (UniqueConstraint("source", "reference"),)

    id: str = id_key()
    source: str = Field(default="", max_length=200)
    reference: str = Field(max_length=200)
    name: str = Field(max_length=300)
    status: str = code(ServiceStatus.ACTIVE)
    checked_on: date | None = None
    words: str = text()
    body: str = text()
    came_with: str = text()
    agency_id: str | None = loose_id(optional=True)
    changed_at: datetime = moment()
    edited_at: datetime | None = moment(optional=True)
    edited_by: str | None = loose_id(optional=True)


service = table_of(ServiceRow)
