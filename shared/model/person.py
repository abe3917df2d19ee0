"""A person sleeping rough, or reported so: a description that people improve together, field by field.

Nationality and immigration status are not here, and never will be: this Struct reaches phones (privacy rule A10).
"""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from shared.model.codes import Gender, InstitutionLeft, Quality, ReceivingSupport, SupportNeed
from shared.model.value import Id, Value

ShortText = Annotated[str, Meta(max_length=200)]
LongText = Annotated[str, Meta(max_length=10_000)]


class Person(Value, frozen=True, kw_only=True):
    """Someone sleeping rough. May be unnamed: an alias, a description and an approximate age are enough."""

    id: Id
    name: ShortText = ""
    name_quality: Quality = Quality.NOT_COLLECTED
    alias: ShortText = ""
    description: LongText = ""
    date_of_birth: date | None = None
    dob_quality: Quality = Quality.NOT_COLLECTED
    approximate_age_years: Annotated[int, Meta(ge=0, le=130)] | None = None
    gender: Gender = Gender.NOT_KNOWN
    gender_self_described: ShortText = ""
    language: ShortText = ""
    wants_first: LongText = ""
    strengths: LongText = ""
    safety_needs: LongText = ""
    safety_signs: LongText = ""
    safety_helps: LongText = ""
    safety_call: LongText = ""
    safety_avoid: LongText = ""
    best_way: LongText = ""
    institution_left: InstitutionLeft = InstitutionLeft.NOT_KNOWN
    institution_left_on: date | None = None
    died_on: date | None = None
    """Said on a page of the server alone, where it ends what is planned for them."""

    @property
    def known_as(self) -> str:
        """What to call them on a list: name, else alias, else the first words of how they would be known again."""
        return self.name or self.alias or self.description[:60] or "Name not known"


PERSON_FIELDS: tuple[str, ...] = tuple(field for field in Person.__struct_fields__ if field != "id")
"""The fields that `person.patched` may set, each merged by itself."""


SAFETY_PLAN: tuple[str, ...] = ("safety_signs", "safety_helps", "safety_call", "safety_avoid")
"""A plan in place of a score: signs that things get worse, what helps, whom to call, what not to do (Evolve, GM Think)."""
SAFETY_FIELDS: tuple[str, ...] = ("safety_needs", *SAFETY_PLAN)
"""What is read before a visit: a symbol says that there is something."""


class NeedRecorded(Value, frozen=True, kw_only=True):
    """A support need seen or told at a moment (a fact; the newest by `at` describes the person today)."""

    id: Id
    person_id: Id
    need: SupportNeed
    receiving_support: ReceivingSupport = ReceivingSupport.NOT_KNOWN
    at: datetime
    worker_id: Id
    contact_id: Id | None = None


class PersonMerged(Value, frozen=True, kw_only=True):
    """Two records found to be one person: an alias resolved at read, reversible; ids are never rewritten."""

    id: Id
    from_id: Id
    into_id: Id
    at: datetime
    worker_id: Id
    undone: bool = False
