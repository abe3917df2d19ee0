"""Case conferences of a district: agenda, attendance, written updates."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.tables.columns import id_key, id_of, loose_id, moment, table_of, text


class CaseConferenceRow(SQLModel, table=True):
    """One MDT meeting. The chair and the minute-taker are different people (RS MDT toolkit, administration)."""

    __tablename__ = "case_conference"
    __table_args__ = (
        Index(None, "district_id", "starts_at"),
        CheckConstraint(
            "chair_id IS NULL OR minute_taker_id IS NULL OR chair_id <> minute_taker_id", name="chair_takes_no_minutes"
        ),
    )

    id: str = id_key()
    district_id: str = id_of("district.id")
    starts_at: datetime = moment()
    place: str = Field(default="", max_length=200)
    chair_id: str | None = loose_id(optional=True)
    minute_taker_id: str | None = loose_id(optional=True)
    circulated_at: datetime | None = moment(optional=True)
    finished_at: datetime | None = moment(optional=True)


class AgendaItemRow(SQLModel, table=True):
    """One case on an agenda."""

    __tablename__ = "agenda_item"
    __table_args__ = (
        UniqueConstraint("conference_id", "case_id"),
        CheckConstraint("position >= 1", name="position_counts_from_one"),
    )

    id: str = id_key()
    conference_id: str = id_of("case_conference.id", cascade=True)
    case_id: str = id_of("mdt_case.id", index=True)
    position: int
    reason: str = text()
    carried_over: bool = False


class AttendanceRow(SQLModel, table=True):
    """Whether an agency came."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("conference_id", "agency_id"),)

    id: str = id_key()
    conference_id: str = id_of("case_conference.id", cascade=True)
    agency_id: str = id_of("agency.id")
    attended: bool = False
    apologies: bool = False
    name: str = Field(default="", max_length=200)


class WrittenUpdateRow(SQLModel, table=True):
    """What an agency that cannot attend says of one case."""

    __tablename__ = "written_update"

    id: str = id_key()
    conference_id: str = id_of("case_conference.id", index=True, cascade=True)
    case_id: str = id_of("mdt_case.id", index=True)
    agency_id: str = id_of("agency.id")
    worker_id: str = loose_id()
    at: datetime = moment()
    text: str = text()


case_conference = table_of(CaseConferenceRow)
agenda_item = table_of(AgendaItemRow)
attendance = table_of(AttendanceRow)
written_update = table_of(WrittenUpdateRow)
