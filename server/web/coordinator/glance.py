"""The side of a person's page: what somebody about to meet them would want to know at once. Pure."""

from datetime import date

from server.web.layout.words import count, say, say_day
from shared.model.codes import Gender, InstitutionLeft
from shared.model.person import Person

Line = tuple[str, str, bool]
"""A label, what it says, and whether it asks for something to be done."""


def glance_at(person: Person, nights: int, today: date) -> list[Line]:
    """Returns the lines that have something to say; a missing date of birth always does (RS MDT toolkit)."""
    lines = [
        ("Also known as", person.alias if person.name else "", False),
        _birth(person, today),
        ("Age, about", f"{person.approximate_age_years}" if person.approximate_age_years is not None else "", False),
        ("Gender", _gender(person), False),
        ("Speaks", person.language, False),
        ("How to know them", person.description, False),
        ("Seen sleeping rough", f"{count(nights, 'night')} in 14 days", False),
        ("Left before this", _institution(person), False),
    ]
    return [line for line in lines if line[1]]


def age_on(born: date, today: date) -> int:
    """Returns whole years of age."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _birth(person: Person, today: date) -> Line:
    born = person.date_of_birth
    if born is None:
        return "Date of birth", "Missing. Agencies need it to look somebody up.", True
    return "Date of birth", f"{say_day(born)} (age {age_on(born, today)})", False


def _gender(person: Person) -> str:
    if person.gender_self_described:
        return person.gender_self_described
    return "" if person.gender is Gender.NOT_KNOWN else say(person.gender)


def _institution(person: Person) -> str:
    if person.institution_left in (InstitutionLeft.NONE, InstitutionLeft.NOT_KNOWN):
        return ""
    left = say(person.institution_left)
    return f"{left}, {say_day(person.institution_left_on)}" if person.institution_left_on else left
