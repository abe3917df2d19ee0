"""People sleeping rough: the shown value of each merged field, their needs, and records found to be one person.

Nationality and recourse to public funds stand in a table of their own, which nothing that lists, maps or exports may
read (privacy rule A10).
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, false
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, code, id_key, index_where_present, loose_id, moment, table_of, text
from shared.model.codes import Gender, InstitutionLeft, Quality, ReceivingSupport


class PersonRow(SQLModel, table=True):
    """A person as they are shown now.

    The patches behind each field are kept by sync; verification is derived from facts.
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint(
            "approximate_age_years IS NULL OR approximate_age_years BETWEEN 0 AND 130", name="age_in_range"
        ),
        *check_code("name_quality", "dob_quality", "gender", "institution_left"),
    )

    id: str = id_key()
    name: str = Field(default="", max_length=200)
    name_quality: str = code(Quality.NOT_COLLECTED)
    alias: str = Field(default="", max_length=200)
    description: str = text()
    date_of_birth: date | None = None
    dob_quality: str = code(Quality.NOT_COLLECTED)
    approximate_age_years: int | None = None
    gender: str = code(Gender.NOT_KNOWN)
    gender_self_described: str = Field(default="", max_length=200)
    language: str = Field(default="", max_length=200)
    wants_first: str = text()
    strengths: str = text()
    safety_needs: str = text()
    safety_signs: str = text()
    safety_helps: str = text()
    safety_call: str = text()
    safety_avoid: str = text()
    best_way: str = text()
    institution_left: str = code(InstitutionLeft.NOT_KNOWN)
    institution_left_on: date | None = None
    died_on: date | None = None
    team_id: str | None = loose_id(optional=True, index=True)
    district_id: str | None = loose_id(optional=True, index=True)
    """Where they were last met: who else may open the record follows from it."""
    created_at: datetime = moment()
    changed_at: datetime = moment()


class PersonNeedRow(SQLModel, table=True):
    """A support need as it was told or seen at a moment. The newest of a kind describes the person today.

    It is withdrawn while the contact in which it was told, as corrected, names somebody else or no such need.
    """

    __tablename__ = "person_need"
    __table_args__ = (
        Index(None, "person_id", "need", "at"),
        *index_where_present("contact_id"),
        *check_code("need", "receiving_support"),
    )

    id: str = id_key()
    person_id: str = loose_id()
    need: str = code()
    receiving_support: str = code(ReceivingSupport.NOT_KNOWN)
    at: datetime = moment()
    worker_id: str = loose_id()
    contact_id: str | None = loose_id(optional=True)
    is_withdrawn: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class PersonMergeRow(SQLModel, table=True):
    """`from_id` and `into_id` are one person, unless undone. Resolved at read; ids are never rewritten."""

    __tablename__ = "person_merge"
    __table_args__ = (CheckConstraint("from_id <> into_id", name="two_records"),)

    id: str = id_key()
    from_id: str = loose_id(index=True)
    into_id: str = loose_id(index=True)
    at: datetime = moment()
    worker_id: str = loose_id()
    undone: bool = False


class PersonRestrictedRow(SQLModel, table=True):
    """Never on a phone, a map, a list, a filter, an export or a statistic (privacy rule A10).

    Off unless a worker asks. `recourse_to_public_funds` is `none`, `has` or empty; `receiving_support` tells whether
    anybody helps with it.
    """

    __tablename__ = "person_restricted"
    __table_args__ = check_code("receiving_support")

    person_id: str = id_key()
    nationality_group: str | None = Field(default=None, max_length=64)
    recourse_to_public_funds: str | None = Field(default=None, max_length=64)
    receiving_support: str = code(ReceivingSupport.NOT_KNOWN)
    left_asylum_support: bool = False
    left_asylum_support_on: date | None = None
    recorded_at: datetime = moment()
    recorded_by: str = loose_id()


person = table_of(PersonRow)
person_need = table_of(PersonNeedRow)
person_merge = table_of(PersonMergeRow)
person_restricted = table_of(PersonRestrictedRow)
