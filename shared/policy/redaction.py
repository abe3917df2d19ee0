"""What of a person, and of a contact with them, each relationship sees. Whether they see anything at all is `decide`'s.

Nationality and immigration status are in no Struct that this file knows, and a test keeps it so (privacy rule A10).
"""

from datetime import date
from enum import Enum
from typing import TypeVar

from shared.model.contact import Contact
from shared.model.person import SAFETY_PLAN, Person
from shared.policy.actions import Act
from shared.policy.actor import Actor
from shared.policy.decide import Allow, decide
from shared.policy.subject import Subject


class Relationship(str, Enum):
    """How near somebody stands to a person."""

    WORKING_WITH = "working_with"
    """Their agency works with the person, or they are the district's coordinator or outreach team."""
    CONFERENCE_PARTNER = "conference_partner"
    """They discuss the case at the district's conference."""
    NONE = "none"
    """Anyone else, commissioners first of all."""

    def __str__(self) -> str:
        return self.value


PERSON_SEEN_BY: dict[Relationship, frozenset[str]] = {
    Relationship.WORKING_WITH: frozenset(Person.__struct_fields__),
    Relationship.CONFERENCE_PARTNER: frozenset(
        {
            "id", "name", "name_quality", "alias", "date_of_birth", "dob_quality", "approximate_age_years", "gender",
            "gender_self_described", "language", "wants_first", "strengths", "safety_needs",
            *SAFETY_PLAN, "best_way",
        }
    ),
    Relationship.NONE: frozenset({"id"}),
}  # fmt: skip
"""A partner sees what it needs to look a person up and to keep people safe; not where and how they would be known
again."""

Redacted = TypeVar("Redacted", Person, Contact)

CONTACT_SEEN_BY: dict[Relationship, frozenset[str]] = {
    Relationship.WORKING_WITH: frozenset(Contact.__struct_fields__),
    Relationship.CONFERENCE_PARTNER: frozenset(
        {"id", "state", "seen_at", "recorded_at", "night", "worker_id", "team_id", "person_ids", "needs"}
    ),
    Relationship.NONE: frozenset({"id", "state", "seen_at", "recorded_at", "night", "worker_id", "team_id"}),
}
"""A partner sees that and when outreach met the person, never where; notes are for those who work with them (A3)."""

NEVER_STORED = ("nationality", "immigration", "citizenship", "country_of_birth", "visa")
"""Words that no field of a Struct that travels may contain (A10)."""


def relationship(actor: Actor, subject: Subject, today: date) -> Relationship:
    """How near this actor stands to the person that `subject` describes, by what policy lets them do."""
    if isinstance(decide(actor, Act.SEE_PERSON, subject, today), Allow):
        return Relationship.WORKING_WITH
    if isinstance(decide(actor, Act.SEE_CASE, subject, today), Allow):
        return Relationship.CONFERENCE_PARTNER
    return Relationship.NONE


def redact_person(person: Person, seen_as: Relationship) -> Person:
    """The person with every field emptied that this relationship does not see."""
    return _emptied(person, PERSON_SEEN_BY[seen_as])


def redact_contact(contact: Contact, seen_as: Relationship) -> Contact:
    """The contact with every field emptied that this relationship does not see."""
    return _emptied(contact, CONTACT_SEEN_BY[seen_as])


def _emptied(value: Redacted, seen: frozenset[str]) -> Redacted:
    kept = {name: getattr(value, name) for name in value.__struct_fields__ if name in seen}
    return type(value)(**kept)
