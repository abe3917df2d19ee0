"""The side of a person's page: what somebody about to meet them would want to know at once, each line with the field of the form
that changes it. Pure."""

from datetime import date

from server.web.layout.words import count, say, say_day
from shared.model.codes import Gender, InstitutionLeft
from shared.model.person import Person
from shared.model.value import Value


class Line(Value, frozen=True):
    """A label, what it says, whether it asks for something to be done, and the field that changes it (none: it is counted)."""

    label: str
    says: str
    asks: bool = False
    field: str = ""


NOT_SAID = "Not known"


def glance_at(person: Person, nights: int, today: date, *, whole: bool = False) -> list[Line]:
    """Returns the lines that have something to say; a missing date of birth always does (RS MDT toolkit). `whole`: for whoever
    may change them, also those that nothing is known of."""
    lines = [
        Line("Name", person.name if person.alias else "", field="name"),
        Line("Also known as", person.alias if person.name else "", field="alias"),
        _birth(person, today),
        Line("Age, about", _age(person), field="approximate_age_years"),
        Line("Gender", _gender(person), field="gender"),
        Line("Speaks", person.language, field="language"),
        Line("How to know them", person.description, field="description"),
        Line("Seen sleeping rough", f"{count(nights, 'night')} in 14 days"),
        Line("Left before this", _institution(person), field="institution_left"),
    ]
    if not whole:
        return [line for line in lines if line.says]
    return [line if line.says else Line(line.label, _without(line, person), field=line.field) for line in lines]


def age_on(born: date, today: date) -> int:
    """Returns whole years of age."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _without(line: Line, person: Person) -> str:
    """What stands where nothing is known; a name stands in the heading where it is the only one."""
    in_heading = {"name": person.name, "alias": person.alias}.get(line.field, "")
    return in_heading or NOT_SAID


def _birth(person: Person, today: date) -> Line:
    born = person.date_of_birth
    if born is None:
        return Line("Date of birth", "Missing. Agencies need it to look somebody up.", True, "date_of_birth")
    return Line("Date of birth", f"{say_day(born)} (age {age_on(born, today)})", False, "date_of_birth")


def _age(person: Person) -> str:
    return "" if person.approximate_age_years is None else str(person.approximate_age_years)


def _gender(person: Person) -> str:
    if person.gender_self_described:
        return person.gender_self_described
    return "" if person.gender is Gender.NOT_KNOWN else say(person.gender)


def _institution(person: Person) -> str:
    if person.institution_left in (InstitutionLeft.NONE, InstitutionLeft.NOT_KNOWN):
        return ""
    left = say(person.institution_left)
    return f"{left}, {say_day(person.institution_left_on)}" if person.institution_left_on else left
