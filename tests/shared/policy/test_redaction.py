"""What each relationship sees of a person and of a contact; nationality is nowhere."""

import importlib
import pkgutil
from datetime import date

import msgspec
import pytest

import shared.model
from shared.model.codes import Role
from shared.model.person import Person
from shared.policy import Actor, Subject
from shared.policy.redaction import (
    CONTACT_SEEN_BY,
    NEVER_STORED,
    PERSON_SEEN_BY,
    Relationship,
    redact_contact,
    redact_person,
    relationship,
)
from tests.shared.cast import WATFORD_STATION, contact

TODAY = date(2026, 11, 20)
MAREK = Person(
    id="marek", name="Marek K", description="red hat, scar", date_of_birth=date(1981, 2, 3), safety_needs="two workers"
)


def test_the_service_that_works_with_someone_sees_all_of_it():
    assert redact_person(MAREK, Relationship.WORKING_WITH) == MAREK


def test_a_conference_partner_can_look_marek_up_but_not_find_him():
    seen = redact_person(MAREK, Relationship.CONFERENCE_PARTNER)
    assert (seen.name, seen.date_of_birth, seen.description) == ("Marek K", date(1981, 2, 3), "")


def test_a_conference_partner_learns_when_and_never_where():
    whole = contact(position=WATFORD_STATION, note="sleeps behind the bins", next_step="bring boots")
    seen = redact_contact(whole, Relationship.CONFERENCE_PARTNER)
    assert (seen.site_id, seen.position, seen.note, seen.next_step) == (None, None, "", "")
    assert seen.seen_at == whole.seen_at


def test_nobody_else_learns_who():
    assert redact_person(MAREK, Relationship.NONE) == Person(id="marek")
    assert redact_contact(contact(), Relationship.NONE).person_ids == ()


@pytest.mark.parametrize(
    ("role", "district", "expected"),
    [
        (Role.COORDINATOR, "watford", Relationship.WORKING_WITH),
        (Role.AGENCY_MEMBER, "watford", Relationship.CONFERENCE_PARTNER),
        (Role.AGENCY_MEMBER, "dacorum", Relationship.NONE),
        (Role.COMMISSIONER, "watford", Relationship.NONE),
    ],
)
def test_the_relationship_follows_from_policy(role, district, expected):
    someone = Actor(
        worker_id="x", agency_id="cgl", roles=frozenset({role}), district_ids=frozenset({district}),
        agreements_valid_until=TODAY, trained_on=TODAY,
    )  # fmt: skip
    assert relationship(someone, Subject(district_ids=frozenset({"watford"})), TODAY) is expected


def test_every_relationship_has_its_row_and_every_field_exists():
    assert set(PERSON_SEEN_BY) == set(CONTACT_SEEN_BY) == set(Relationship)
    assert set().union(*PERSON_SEEN_BY.values()) <= set(Person.__struct_fields__)


def test_no_struct_that_travels_has_a_field_for_nationality():
    offending = []
    for module in pkgutil.iter_modules(shared.model.__path__):
        for name, value in vars(importlib.import_module(f"shared.model.{module.name}")).items():
            if isinstance(value, type) and issubclass(value, msgspec.Struct):
                offending += [(name, f) for f in value.__struct_fields__ if any(word in f for word in NEVER_STORED)]
    assert not offending
