"""Cases on a district's MDT list, where they went, who leads on them, the actions agreed for them, and what each conference
made of them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from server.database.columns import (
    CODE_LENGTH,
    check_code,
    check_one_of,
    code,
    id_key,
    id_of,
    loose_id,
    moment,
    table_of,
    text,
)
from shared.model.codes import CaseState, CaseStep


class CaseRow(SQLModel, table=True):
    """A person on one district's list. One person has at most one case there that is neither closed nor declined."""

    __tablename__ = "mdt_case"
    __table_args__ = (
        Index(None, "district_id", "state", "since"),
        Index(
            "uq_mdt_case_one_live",
            "person_id",
            "district_id",
            unique=True,
            sqlite_where=sql("state IN ('candidate', 'listed', 'open')"),
            postgresql_where=sql("state IN ('candidate', 'listed', 'open')"),
        ),
        check_one_of("state", CaseState),
        CheckConstraint("mdt_number >= 1", name="first_review_is_the_baseline"),
    )

    id: str = id_key()
    person_id: str = loose_id(index=True)
    district_id: str = id_of("district.id")
    state: str = code()
    since: datetime = moment()
    reason: str = text()
    mdt_number: int = 1
    put_forward_by: str | None = loose_id(optional=True)
    closed_at: datetime | None = moment(optional=True)
    outcome: str = Field(default="", max_length=200)
    basis: str | None = Field(default=None, max_length=CODE_LENGTH)
    told_as: str | None = Field(default=None, sa_type=Text)


class CaseEventRow(SQLModel, table=True):
    """One step of a case, never changed. The state in `mdt_case` is what the last one says."""

    __tablename__ = "case_event"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        check_one_of("step", CaseStep),
        check_one_of("from_state", CaseState),
        check_one_of("to_state", CaseState),
        CheckConstraint("number >= 1", name="number_counts_from_one"),
    )

    id: str = id_key()
    case_id: str = id_of("mdt_case.id", index=True)
    number: int
    at: datetime = moment()
    step: str = code()
    from_state: str | None = Field(default=None, max_length=CODE_LENGTH)
    to_state: str = code()
    worker_id: str | None = loose_id(optional=True)
    reason: str = text()
    conference_id: str | None = loose_id(optional=True)
    district_id: str = id_of("district.id")


class CaseMoveRow(SQLModel, table=True):
    """A case went from one district's list to another's; its reviews and actions went with it."""

    __tablename__ = "case_move"
    __table_args__ = (
        Index(None, "from_district_id", "at"),
        CheckConstraint("from_district_id <> to_district_id", name="goes_elsewhere"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
    )

    id: str = id_key()
    case_id: str = id_of("mdt_case.id", index=True)
    from_district_id: str = id_of("district.id")
    to_district_id: str = id_of("district.id")
    at: datetime = moment()
    worker_id: str | None = loose_id(optional=True)
    reason: str = text()


class CaseToldRow(SQLModel, table=True):
    """A district is told that somebody seen bedded down there is on another district's list. Derived; newest word."""

    __tablename__ = "case_told"
    __table_args__ = (Index(None, "district_id", "last_night"),)

    case_id: str = id_of("mdt_case.id", primary_key=True, cascade=True)
    district_id: str = id_of("district.id", primary_key=True)
    nights: int
    last_night: date
    told_at: datetime = moment()


class CaseLeadRow(SQLModel, table=True):
    """Who leads on a case, in which phase of support. A case has at most one lead that has not ended."""

    __tablename__ = "case_lead"
    __table_args__ = (
        Index(
            "uq_case_lead_one_now",
            "case_id",
            unique=True,
            sqlite_where=sql("ended_at IS NULL"),
            postgresql_where=sql("ended_at IS NULL"),
        ),
        *check_code("phase"),
    )

    id: str = id_key()
    case_id: str = id_of("mdt_case.id", index=True)
    agency_id: str = id_of("agency.id", index=True)
    worker_id: str | None = loose_id(optional=True)
    phase: str = code()
    since: datetime = moment()
    set_by: str = loose_id()
    reason: str = text()
    ended_at: datetime | None = moment(optional=True)


class CaseloadWeightRow(SQLModel, table=True):
    """What a phase of support weighs in a district, from a moment on. The newest counts; earlier ones stay."""

    __tablename__ = "caseload_weight"
    __table_args__ = (
        Index(None, "district_id", "phase", "at"),
        CheckConstraint("weight >= 0 AND weight <= 10", name="weighs_something_possible"),
        *check_code("phase"),
    )

    id: str = id_key()
    district_id: str = id_of("district.id")
    phase: str = code()
    weight: float
    at: datetime = moment()
    worker_id: str = loose_id()


class ActionRow(SQLModel, table=True):
    """A short bullet with an owner agency and a date."""

    __tablename__ = "case_action"
    __table_args__ = (
        Index(None, "agency_id", "due_on"),
        CheckConstraint("mdt_number >= 1", name="first_review_is_the_baseline"),
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_by_somebody"),
    )

    id: str = id_key()
    case_id: str = id_of("mdt_case.id", index=True)
    agency_id: str = id_of("agency.id")
    text: str = text()
    due_on: date
    agreed_at: datetime = moment()
    agreed_by: str = loose_id()
    mdt_number: int
    done_at: datetime | None = moment(optional=True)
    done_by: str | None = loose_id(optional=True)
    done_note: str = Field(default="")
    explained: str = Field(default="")
    refused: str = Field(default="")
    holder_id: str | None = loose_id(optional=True)
    conference_id: str | None = loose_id(optional=True, index=True)


class CaseReviewRow(SQLModel, table=True):
    """What one conference made of one case."""

    __tablename__ = "case_review"
    __table_args__ = (CheckConstraint("mdt_number >= 1", name="first_review_is_the_baseline"),)

    id: str = id_key()
    case_id: str = id_of("mdt_case.id", index=True)
    conference_id: str = id_of("case_conference.id", index=True)
    mdt_number: int
    at: datetime = moment()
    outcome: str = Field(default="", max_length=200)
    outcome_code: str = Field(default="", max_length=64)
    next_on: date | None = None
    notes: str = text()
    reached: bool = True


class SavedViewRow(SQLModel, table=True):
    """How a worker narrows a case list, under a name of their own. No word that somebody was looked for by is in it."""

    __tablename__ = "saved_view"

    worker_id: str = id_of("worker.id", primary_key=True, cascade=True)
    name: str = Field(primary_key=True, max_length=80)
    choice: str = Field(max_length=400)
    saved_at: datetime = moment()


mdt_case = table_of(CaseRow)
saved_view = table_of(SavedViewRow)
case_event = table_of(CaseEventRow)
case_move = table_of(CaseMoveRow)
case_told = table_of(CaseToldRow)
case_lead = table_of(CaseLeadRow)
caseload_weight = table_of(CaseloadWeightRow)
case_action = table_of(ActionRow)
case_review = table_of(CaseReviewRow)
