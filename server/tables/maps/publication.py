"""The ledger of what left the partnership as counts: maps, quarterly shares and returns, each frozen as it was approved."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import ID_LENGTH, check_one_of, id_key, loose_id, moment, table_of, text
from shared.model.codes import PublicationKind


class PublicationRow(SQLModel, table=True):
    """One thing that is told of a period and an area ("" for the whole partnership). `content` is JSON and never changes.

    It is shown once two people of two agencies approved, and until it is withdrawn; one that was told before approval was
    asked for is `founding`.
    """

    __tablename__ = "publication"
    __table_args__ = (
        UniqueConstraint("kind", "area_id", "starts_on", "ends_on"),
        check_one_of("kind", PublicationKind),
        CheckConstraint("ends_on >= starts_on", name="period_is_ordered"),
        CheckConstraint(
            "second_agency_id IS NULL OR (first_agency_id IS NOT NULL AND first_agency_id <> second_agency_id)",
            name="two_agencies_approved",
        ),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn_with_a_reason"),
    )

    id: str = id_key()
    kind: str = Field(max_length=64)
    area_id: str = Field(default="", max_length=ID_LENGTH)
    starts_on: date
    ends_on: date
    content: str = text("{}")
    prepared_at: datetime = moment()
    founding: bool = False
    first_agency_id: str | None = loose_id(optional=True)
    first_by: str | None = loose_id(optional=True)
    first_at: datetime | None = moment(optional=True)
    second_agency_id: str | None = loose_id(optional=True)
    second_by: str | None = loose_id(optional=True)
    second_at: datetime | None = moment(optional=True)
    withdrawn_by: str | None = loose_id(optional=True)
    withdrawn_at: datetime | None = moment(optional=True)
    withdrawn_reason: str = text()


publication = table_of(PublicationRow)
