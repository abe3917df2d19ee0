"""Alerts as they arrived, who raised them (server only, 90 days), and the referrals that teams act on."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from server.database.columns import (
    PositionColumns,
    check_code,
    check_position,
    code,
    id_key,
    id_of,
    index_where_present,
    loose_id,
    moment,
    table_of,
    text,
)
from shared.model.codes import ReferralState


class AlertRow(PositionColumns, table=True):
    """One report, untouched:

    `raw` is a JSON object of the columns that are known to say nothing of who reported; the others are with the referrer.
    `guesses` is a JSON list of sentences: what was read as a person would, not as it was written.
    """

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("source", "source_reference"),
        CheckConstraint("people_count IS NULL OR people_count >= 0", name="people_count_not_negative"),
        *check_code("source"),
        *check_position(),
    )

    id: str = id_key()
    source: str = code()
    source_reference: str = Field(max_length=200)
    received_at: datetime = moment()
    raw: str = text("{}")
    reported_at: datetime | None = moment(optional=True)
    seen_at: datetime | None = moment(optional=True)
    seen_text: str = Field(default="", max_length=200)
    postcode: str = Field(default="", max_length=200)
    place: str = text()
    appearance: str = text()
    concerns: str = text()
    age_group: str = Field(default="", max_length=200)
    gender: str = Field(default="", max_length=200)
    people_count: int | None = None
    referrer_type: str = Field(default="", max_length=200)
    contact_consent: bool = False
    outcome_text: str = Field(default="", max_length=200)
    parent_reference: str = Field(default="", max_length=200)
    district_name: str = Field(default="", max_length=200)
    guesses: str = text("[]")
    guesses_confirmed_at: datetime | None = moment(optional=True)
    import_batch_id: str | None = loose_id(optional=True, index=True)


class AlertVersionRow(SQLModel, table=True):
    """The same reference as it came again with other content.

    `changes` is a JSON object of what we understood before and now; `applied` says which of it was taken at once. What is
    left waits for a person until `settled_at`.
    """

    __tablename__ = "alert_version"

    id: str = id_key()
    alert_id: str = id_of("alert.id", index=True, cascade=True)
    received_at: datetime = moment()
    raw: str = text("{}")
    extras: str = text("{}")
    delete_on: date = Field(index=True)
    changes: str = text("{}")
    applied: str = text("[]")
    settled_at: datetime | None = moment(optional=True)
    settled_by: str | None = loose_id(optional=True)
    import_batch_id: str | None = loose_id(optional=True, index=True)


class AlertReferrerRow(SQLModel, table=True):
    """How to reach whoever raised an alert, and every column of the row that is not known to be free of that.

    Never leaves the server, never syncs, and is deleted 90 days after the report (A8).
    """

    __tablename__ = "alert_referrer"

    alert_id: str = id_of("alert.id", primary_key=True, cascade=True)
    name: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=254)
    telephone: str = Field(default="", max_length=60)
    language: str = Field(default="", max_length=2)
    extras: str = text("{}")
    delete_on: date = Field(index=True)


class ReferralRow(PositionColumns, table=True):
    """An alert that a team acts on. `state` is where its latest progress left it."""

    __tablename__ = "referral"
    __table_args__ = (
        Index(None, "district_id", "state"),
        Index(None, "team_id", "state"),
        Index(None, "latitude", "longitude"),
        Index(
            "ix_referral_open",
            "district_id",
            "team_id",
            "state",
            sqlite_where=sql("closed_at IS NULL"),
            postgresql_where=sql("closed_at IS NULL"),
        ),
        *check_code("source", "state"),
        *check_position(),
    )

    id: str = id_key()
    number: str = Field(max_length=200)
    alert_id: str = id_of("alert.id", index=True)
    source: str = code()
    reported_at: datetime = moment(index=True)
    due_on: date
    state: str = code(ReferralState.RECEIVED)
    seen_at: datetime | None = moment(optional=True)
    seen_text: str = Field(default="", max_length=200)
    place: str = text()
    description: str = text()
    concerns: str = text()
    age_group: str = Field(default="", max_length=200)
    gender: str = Field(default="", max_length=200)
    people_count: int | None = None
    district_id: str | None = loose_id(optional=True)
    team_id: str | None = loose_id(optional=True)
    assigned_worker_id: str | None = loose_id(optional=True)
    duplicate_of: str | None = loose_id(optional=True)
    outcome: str = Field(default="", max_length=200)
    closed_at: datetime | None = moment(optional=True)


class ReferralProgressRow(SQLModel, table=True):
    """One step of a referral, as recorded."""

    __tablename__ = "referral_progress"
    __table_args__ = (
        Index(None, "referral_id", "at"),
        *index_where_present("contact_id"),
        *index_where_present("visit_id"),
        *check_code("state"),
    )

    id: str = id_key()
    referral_id: str = loose_id()
    state: str = code()
    at: datetime = moment()
    worker_id: str = loose_id()
    outcome: str = Field(default="", max_length=200)
    contact_id: str | None = loose_id(optional=True)
    visit_id: str | None = loose_id(optional=True)
    duplicate_of: str | None = loose_id(optional=True)
    note: str = text()
    left_district_id: str | None = loose_id(optional=True)
    """Of which district it was, where it was offered to another; empty where it was of none."""
    left_team_id: str | None = loose_id(optional=True)
    left_worker_id: str | None = loose_id(optional=True)
    """Which team and which of its workers had it, where it was given or offered to another."""


alert = table_of(AlertRow)
alert_version = table_of(AlertVersionRow)
alert_referrer = table_of(AlertReferrerRow)
referral = table_of(ReferralRow)
referral_progress = table_of(ReferralProgressRow)
