"""The evidence that two records are one person, field by field."""

from datetime import date
from typing import Any

import pytest

from shared.model.codes import Gender
from shared.model.person import Person
from shared.rules.same_person import SHOWN_FROM_BITS, Index, compare, is_one_slip


def person(person_id: str, name: str = "", **told: Any) -> Person:
    return Person(id=person_id, name=name, **told)


BORN = date(1975, 3, 2)
JOHN = person("john", "John Smith", date_of_birth=BORN)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (person("x", "John Smith", date_of_birth=BORN), "the same date of birth"),
        (person("x", "Smith John", date_of_birth=BORN), "the same names in another order"),
        (person("x", "Jon Smyth", date_of_birth=BORN), "John Smith and Jon Smyth sound alike"),
        (person("x", "John Smith", date_of_birth=date(1975, 2, 3)), "day and month of birth exchanged"),
        (person("x", "John Smith", date_of_birth=date(1976, 3, 2)), "the date of birth differs in one digit"),
        (person("x", "John Smith", date_of_birth=date(1957, 3, 2)), "the date of birth differs in one digit"),
        (person("x", "JOHN SMITH"), "both called JOHN SMITH"),
    ],
)
def test_one_person_written_otherwise_is_found_with_the_reason(other: Person, reason: str) -> None:
    (match,) = Index([other]).find(JOHN)
    assert reason in match.reasons
    assert match.bits >= SHOWN_FROM_BITS


@pytest.mark.parametrize(
    ("one", "other"),
    [("Michał Wójcik", "Michal Wojcik"), ("Łukasz", "Lukasz"), ("محمد", "Mohammed"), ("Олександр", "Oleksandr")],
)
def test_letters_beyond_ascii_count(one: str, other: str) -> None:
    born = date(1990, 5, 17)
    match = compare(person("a", one, date_of_birth=born), person("b", other, date_of_birth=born))
    assert match.bits >= SHOWN_FROM_BITS + 5
    assert not match.doubts


@pytest.mark.parametrize(
    "other",
    [
        person("x", "John Smith", date_of_birth=date(1990, 11, 17)),
        person("x", "Peter Jones", date_of_birth=date(1975, 3, 3)),
        person("x", "Mary Smith", date_of_birth=date(1982, 7, 21), gender=Gender.FEMALE),
        person("x", "John Jones"),
    ],
)
def test_who_is_somebody_else_is_not_shown(other: Person) -> None:
    assert Index([other]).find(JOHN) == []


def test_a_doubt_is_said_beside_the_reasons() -> None:
    match = compare(JOHN, person("x", "John Smith", date_of_birth=BORN, gender=Gender.NOT_KNOWN))
    assert match.doubts == ()
    other = compare(JOHN, person("x", "Anna Brown", date_of_birth=BORN))
    assert other.doubts == ("called Anna Brown",)


def test_every_pair_is_told_once_and_nobody_with_themselves() -> None:
    people = [JOHN, person("x", "Smith John", date_of_birth=BORN), person("y", "Wanda Kowalska")]
    assert [(one, match.person_id) for one, match in Index(people).pairs()] == [("john", "x")]


@pytest.mark.parametrize(
    ("one", "other", "is_slip"),
    [
        ("1975-03-02", "1976-03-02", True),
        ("1975-03-02", "1957-03-02", True),
        ("1975-03-02", "1986-03-02", False),
        ("1975-03-02", "1975-03-02", False),
    ],
)
def test_a_slip_is_one_digit_or_two_neighbours_exchanged(one: str, other: str, is_slip: bool) -> None:
    assert is_one_slip(one, other) is is_slip


def test_the_strongest_evidence_comes_first() -> None:
    known = [person("weak", "John Smith"), person("strong", "John Smith", date_of_birth=BORN)]
    assert [match.person_id for match in Index(known).find(JOHN)] == ["strong", "weak"]
