"""Case conferences of a district: agenda, circulation, attendance, written updates, and what is typed meanwhile."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import CODE_LENGTH, id_key, id_of, loose_id, moment, table_of, text


class CaseConferenceRow(SQLModel, table=True):
    """One MDT meeting. The chair and the minute-taker are different people (RS MDT toolkit, administration)."""

    __tablename__ = "case_conference"
    __table_args__ = (
        Index(None, "district_id", "starts_at"),
        CheckConstraint(
            "chair_id IS NULL OR minute_taker_id IS NULL OR chair_id <> minute_taker_id", name="chair_takes_no_minutes"
        ),
        CheckConstraint("called_off_at IS NULL OR finished_at IS NOT NULL", name="called_off_has_ended"),
    )

    id: str = id_key()
    district_id: str = id_of("district.id")
    starts_at: datetime = moment()
    place: str = text()
    chair_id: str | None = loose_id(optional=True)
    minute_taker_id: str | None = loose_id(optional=True)
    circulated_at: datetime | None = moment(optional=True)
    finished_at: datetime | None = moment(optional=True)
    sequence: int = 0
    called_off_at: datetime | None = moment(optional=True)
    organizer_id: str | None = loose_id(optional=True)


class AgendaItemRow(SQLModel, table=True):
    """One case on an agenda, or one that was taken off it since: what was typed about it stays with it."""

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
    off_at: datetime | None = moment(optional=True)
    off_reason: str = text()


class ConferenceGuestRow(SQLModel, table=True):
    """An agency without a seat that was invited to one case of one conference, and why."""

    __tablename__ = "conference_guest"
    __table_args__ = (CheckConstraint("reason <> ''", name="invited_with_a_reason"),)

    conference_id: str = id_of("case_conference.id", primary_key=True, cascade=True)
    case_id: str = id_of("mdt_case.id", primary_key=True)
    agency_id: str = id_of("agency.id", primary_key=True, index=True)
    reason: str = text()
    asked_at: datetime = moment()
    asked_by: str = loose_id()


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
    leaves_at: datetime | None = moment(optional=True)


class ConferencePresenceRow(SQLModel, table=True):
    """Whose screen shows a meeting, and which case of it, when last. Of use for a minute, and gone after a day."""

    __tablename__ = "conference_presence"

    conference_id: str = id_of("case_conference.id", primary_key=True, cascade=True)
    worker_id: str = loose_id(primary_key=True)
    item_id: str = Field(default="", max_length=36)
    seen_at: datetime = moment()


class WrittenUpdateRow(SQLModel, table=True):
    """What an agency that cannot attend says of one case, until it takes that back."""

    __tablename__ = "written_update"

    id: str = id_key()
    conference_id: str = id_of("case_conference.id", index=True, cascade=True)
    case_id: str = id_of("mdt_case.id", index=True)
    agency_id: str = id_of("agency.id")
    worker_id: str = loose_id()
    at: datetime = moment()
    text: str = text()
    withdrawn_at: datetime | None = moment(optional=True)
    withdrawn_by: str | None = loose_id(optional=True)


class ConferenceNoteRow(SQLModel, table=True):
    """What is typed about one case while it is discussed. `version` grows with each save, `outcome_version` with each save of
    the outcome; several people may type at once."""

    __tablename__ = "conference_note"
    __table_args__ = (CheckConstraint("version >= 1", name="version_counts_from_one"),)

    agenda_item_id: str = id_of("agenda_item.id", primary_key=True, cascade=True)
    notes: str = text()
    outcome: str = Field(default="", max_length=200)
    outcome_code: str = Field(default="", max_length=CODE_LENGTH)
    next_on: date | None = None
    version: int = 1
    outcome_version: int = 0
    next_version: int = 0
    changed_at: datetime = moment()
    changed_by: str = loose_id()


class AgendaLeftOutRow(SQLModel, table=True):
    """A case that is not on an agenda, and why not."""

    __tablename__ = "agenda_left_out"

    conference_id: str = id_of("case_conference.id", primary_key=True, cascade=True)
    case_id: str = id_of("mdt_case.id", primary_key=True)
    position: int
    reason: str = text()


class CirculationRow(SQLModel, table=True):
    """What one agency was sent of a conference, or why it was sent nothing: its agenda before, the minutes after.

    `warning` is kept when an agenda was late. `starts_at` and `place` are as they were told, `version` is that of the minutes,
    `sha256` the digest of the whole: of the digests of its cases, in their order (`server.tables.conferences.kept`).
    """

    __tablename__ = "circulation"
    __table_args__ = (
        Index(None, "conference_id", "agency_id"),
        CheckConstraint("paper IN ('agenda', 'minutes')", name="paper_is_known"),
    )

    id: str = id_key()
    conference_id: str = id_of("case_conference.id", cascade=True)
    agency_id: str = id_of("agency.id", index=True)
    paper: str = Field(default="agenda", max_length=CODE_LENGTH)
    at: datetime = moment()
    worker_id: str = loose_id()
    cases: int = 0
    withheld: str = text()
    warning: str = text()
    sha256: str = Field(default="", max_length=64)
    starts_at: datetime | None = moment(optional=True)
    place: str = text()
    version: int = 0


class NewcomerPlacesRow(SQLModel, table=True):
    """How many places of each agenda a district keeps for people new to its conference; without a row, the rule's own number."""

    __tablename__ = "newcomer_places"
    __table_args__ = (CheckConstraint("places BETWEEN 0 AND 15", name="fit_an_agenda"),)

    district_id: str = id_of("district.id", primary_key=True)
    places: int
    said_at: datetime = moment()
    said_by: str = loose_id()


case_conference = table_of(CaseConferenceRow)
newcomer_places = table_of(NewcomerPlacesRow)
agenda_item = table_of(AgendaItemRow)
conference_guest = table_of(ConferenceGuestRow)
attendance = table_of(AttendanceRow)
conference_presence = table_of(ConferencePresenceRow)
written_update = table_of(WrittenUpdateRow)
conference_note = table_of(ConferenceNoteRow)
agenda_left_out = table_of(AgendaLeftOutRow)
circulation = table_of(CirculationRow)
