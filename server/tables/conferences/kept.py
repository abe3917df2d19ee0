"""What each agency was sent of a conference, case by case and sealed; and the versions of its minutes.

Each row names its case, so that whatever was sent about a person goes with the person.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of, text


class CirculatedCaseRow(SQLModel, table=True):
    """One case of what one agency was sent: its bytes, sealed with the key that `key_name` names (empty: not known), and the
    digest of the bytes before the sealing."""

    __tablename__ = "circulated_case"

    circulation_id: str = id_of("circulation.id", primary_key=True, cascade=True)
    case_id: str = id_of("mdt_case.id", primary_key=True)
    position: int
    sha256: str = Field(max_length=64)
    sealed: bytes = Field(sa_type=LargeBinary)
    key_name: str = Field(default="", max_length=64, index=True)


class MinutesVersionRow(SQLModel, table=True):
    """One version of the minutes: the first is what was typed, each later one a correction with its reason."""

    __tablename__ = "minutes_version"
    __table_args__ = (
        UniqueConstraint("conference_id", "number"),
        CheckConstraint("number >= 1", name="number_counts_from_one"),
        CheckConstraint("(checked_at IS NULL) = (checked_by IS NULL)", name="checked_by_somebody"),
    )

    id: str = id_key()
    conference_id: str = id_of("case_conference.id", cascade=True)
    number: int
    at: datetime = moment()
    worker_id: str = loose_id()
    why: str = text()
    checked_at: datetime | None = moment(optional=True)
    checked_by: str | None = loose_id(optional=True)


class MinutesCaseRow(SQLModel, table=True):
    """What one version of the minutes says of one case."""

    __tablename__ = "minutes_case"

    version_id: str = id_of("minutes_version.id", primary_key=True, cascade=True)
    case_id: str = id_of("mdt_case.id", primary_key=True)
    notes: str = text()
    outcome: str = Field(default="", max_length=200)


circulated_case = table_of(CirculatedCaseRow)
minutes_version = table_of(MinutesVersionRow)
minutes_case = table_of(MinutesCaseRow)
