"""Who may see: the agencies and the roles they hold, each agreed to by two agencies (privacy rule A11)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import check_one_of, id_key, id_of, loose_id, moment, table_of, text
from shared.model.codes import Role


class RecipientRow(SQLModel, table=True):
    """An agency that may hold a role, or is proposed to. It holds once a second agency agreed, or by the founding.

    `proposed_by` is empty for what was entered at a terminal.
    """

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("agency_id", "role"),
        check_one_of("role", Role),
        CheckConstraint(
            "second_agency_id IS NULL OR (first_agency_id IS NOT NULL AND first_agency_id <> second_agency_id)",
            name="two_agencies_agreed",
        ),
        CheckConstraint("(first_at IS NULL) = (first_agency_id IS NULL)", name="first_is_whole"),
        CheckConstraint("(second_at IS NULL) = (second_agency_id IS NULL)", name="second_is_whole"),
        CheckConstraint("NOT founding OR first_at IS NULL", name="founding_asks_nobody"),
    )

    id: str = id_key()
    agency_id: str = id_of("agency.id")
    role: str = Field(max_length=64)
    founding: bool = False
    proposed_at: datetime = moment()
    proposed_by: str | None = loose_id(optional=True)
    reason: str = text()
    first_agency_id: str | None = Field(default=None, foreign_key="agency.id", max_length=36)
    first_by: str | None = loose_id(optional=True)
    first_at: datetime | None = moment(optional=True)
    second_agency_id: str | None = Field(default=None, foreign_key="agency.id", max_length=36)
    second_by: str | None = loose_id(optional=True)
    second_at: datetime | None = moment(optional=True)


recipient = table_of(RecipientRow)
