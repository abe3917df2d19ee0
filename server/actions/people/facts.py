"""What is known of a person, changed from their page: each field that was changed is written, the others stay as somebody else
may have just written them; what a field said before stays on record, and the phones hear of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from server.access import Access
from server.actions.people.own_record import scope_of
from server.actions.sync.projection.holding import hold_people
from server.actions.sync.saying import say
from server.actions.sync.validation import read_field
from server.database.sql import storable_words
from server.problems import InvalidFields, NotFound
from server.queries.people import people, person_page, subjects
from server.queries.sync.store import Project
from shared.model.codes import Gender, InstitutionLeft, Quality, ReceivingSupport, SupportNeed
from shared.model.person import SAFETY_PLAN, NeedRecorded, Person
from shared.model.value import Id, Value
from shared.policy import Act, Subject
from shared.rules.days import read_written_date
from sync.authoring import NewChange

PURPOSE = "a fact of the record"
TEXTS = (
    "name",
    "alias",
    "gender_self_described",
    "language",
    "description",
    "wants_first",
    "strengths",
    "safety_needs",
    *SAFETY_PLAN,
    "best_way",
)
CODES: Mapping[str, type[Gender] | type[Quality] | type[InstitutionLeft]] = {
    "name_quality": Quality, "dob_quality": Quality, "gender": Gender, "institution_left": InstitutionLeft,
}  # fmt: skip
DATES = ("date_of_birth", "institution_left_on")
FIELDS = (
    "name", "name_quality", "alias", "date_of_birth", "dob_quality", "approximate_age_years", "gender",
    "gender_self_described", "language", "institution_left", "institution_left_on", "wants_first", "strengths",
    "safety_needs", *SAFETY_PLAN, "best_way", "description",
)  # fmt: skip
FIRST_YEAR = 1900
WORDS = {
    "date_of_birth": "the date of birth", "institution_left_on": "the day they left",
    "approximate_age_years": "the approximate age",
}  # fmt: skip


class Newer(Value, frozen=True, kw_only=True):
    """A field that somebody else changed meanwhile: what it says now."""

    field: str
    says: str


def say_fact(value: object) -> str:
    """A field as a form holds it: a day as 1 February 1980."""
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    return "" if value is None else str(value)


def change_facts(
    access: Access,
    project: Project,
    person_id: Id,
    typed: Mapping[str, str],
    shown: Mapping[str, str],
    *,
    let_in: Subject | None = None,
) -> list[Newer]:
    """Write what was typed where it differs from what the form showed; returns what was newer and therefore not written.

    `let_in` is the person where the meeting has let the actor in to them (decision 84). Raises NotFound, Forbidden, or
    InvalidFields with what is wrong by field.
    """
    subject = let_in or access.require(
        Act.EDIT_PERSON, subjects.find_person(access.session, person_id), purpose=PURPOSE
    )
    hold_people(access.session, [person_id])
    person = people.find_person(access.session, person_id) if let_in else access.open_person(person_id, PURPOSE)
    if person is None:
        raise NotFound
    changed = {
        name: typed[name] for name in FIELDS if name in typed and typed[name].strip() != shown.get(name, "").strip()
    }
    newer = [
        Newer(field=name, says=say_fact(getattr(person, name)))
        for name in changed
        if say_fact(getattr(person, name)).strip() not in (shown.get(name, "").strip(), typed[name].strip())
    ]
    values = read_facts(changed, access.today)
    sets = {name: value for name, value in values.items() if name not in {each.field for each in newer}}
    if sets:
        say(access.session, project, [_patch(access, scope_of(access, subject), person_id, sets)], access.now)
    return newer


def read_facts(typed: Mapping[str, str], today: date) -> dict[str, Any]:
    """The values that were typed, ready to be written. Raises InvalidFields with what is wrong by field."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, text in typed.items():
        plain = storable_words(text)
        try:
            values[name] = _read(name, plain, today)
            read_field("person.patched", name, msgspec.json.encode(values[name]))
        except ValueError as why:
            wrong[name] = str(why)
        except msgspec.ValidationError:
            wrong[name] = "That is too long to be kept there."
    if wrong:
        raise InvalidFields(wrong)
    if "date_of_birth" in values and "dob_quality" not in values:
        values["dob_quality"] = str(Quality.FULL if values["date_of_birth"] else Quality.NOT_COLLECTED)
    return values


def set_needs(
    access: Access,
    project: Project,
    person_id: Id,
    said: Mapping[SupportNeed, ReceivingSupport],
    shown: Mapping[SupportNeed, str],
    *,
    let_in: Subject | None = None,
) -> list[Newer]:
    """Record what is said of needs today, where it is another word than the form showed (`shown`); returns what was newer and
    therefore not recorded."""
    subject, same = access.find_person_and_same(person_id)
    subject = let_in or access.require(Act.EDIT_PERSON, subject, purpose=PURPOSE, detail="needs")
    hold_people(access.session, [person_id])
    known = {each.need: str(each.receiving_support) for each in person_page.list_needs(access.session, same)}
    changed = {need: support for need, support in said.items() if str(support) != shown.get(need, "")}
    newer = [
        Newer(field=f"need_{need}", says=known.get(need, ""))
        for need, support in changed.items()
        if known.get(need, "") not in (shown.get(need, ""), str(support))
    ]
    facts = [
        NeedRecorded(
            id=access.new_id(), person_id=person_id, need=need, receiving_support=support, at=access.now,
            worker_id=access.actor.worker_id,
        )
        for need, support in changed.items()
        if known.get(need) == (shown.get(need) or None)
    ]  # fmt: skip
    scope = scope_of(access, subject)
    now_ms = int(access.now.timestamp() * 1000)
    say(
        access.session,
        project,
        [
            NewChange(
                id=access.new_id(), type="need.recorded", scope=scope, entity=person_id, who=access.actor.worker_id,
                at_ms=now_ms, payload=msgspec.Raw(msgspec.json.encode(fact)),
            )
            for fact in facts
        ],
        access.now,
    )  # fmt: skip
    return newer


def _patch(access: Access, scope: str, person_id: Id, sets: Mapping[str, Any]) -> NewChange:
    return NewChange(
        id=access.new_id(), type="person.patched", scope=scope, entity=person_id, who=access.actor.worker_id,
        at_ms=int(access.now.timestamp() * 1000), sets=dict(sets),
    )  # fmt: skip


def read_birthday(text: str, today: date) -> date:
    """A day of the past in any spelling of the country. Raises ValueError, in words."""
    found = read_written_date(text, today)
    if found is None:
        raise ValueError("Write the day, the month and the year, such as 1 February 1980 or 1/2/80.")
    if found > today:
        raise ValueError("That day is still to come.")
    if found.year < FIRST_YEAR:
        raise ValueError(f"That is before {FIRST_YEAR}.")
    return found


def _read(name: str, text: str, today: date) -> str | int | None:
    if name in DATES:
        return read_birthday(text, today).isoformat() if text else None
    if name == "approximate_age_years":
        if text and not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) <= 120):
            raise ValueError("Write the age as a number of years, such as 45.")
        return int(text) if text else None
    if name in CODES:
        if text not in {str(each) for each in CODES[name]}:
            raise ValueError("Choose one of the answers.")
        return text
    if name in TEXTS:
        return text
    raise ValueError("This is not a field of the record.")


def list_shown(person: Person) -> dict[str, str]:
    """What the form shows of each field."""
    return {name: say_fact(getattr(person, name)) for name in FIELDS}
