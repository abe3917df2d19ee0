"""Every door is used: a service writes in a line what it saw of somebody, refers them to another, and hears its answer.

Who wrote a line reads it; another service only where the person agreed to share it, or another lawful basis is said.
"""

from datetime import date, timedelta

from msgspec.structs import replace

from server.access import Access
from server.actions.people.consents import find_shared_subject
from server.database.locks import lock_records
from server.problems import CONFLICTING, Failure, InvalidFields, NotFound
from server.queries.cases import cases
from server.queries.partnership import services
from server.queries.people import doors, people
from shared.model.door import REFERRAL_ENDED, DoorFact, DoorKind, ServiceAnswer
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.policy import Act, Subject

PURPOSE = "a service’s day"
LONGEST_LINE, LONGEST = 300, 10_000
PRESSED_TWICE = timedelta(minutes=1)


class Path(Value, frozen=True, kw_only=True):
    """What a reader sees of somebody's way through services. `unshared`: other services wrote something that the person has not
    agreed to share with this one."""

    person: Person
    facts: tuple[DoorFact, ...]
    unshared: bool


def read_path(access: Access, person_id: Id) -> Path:
    """What the reader's service wrote, and what is shared with it. Raises NotFound or Forbidden."""
    person, subject, same = _open(access, person_id)
    every = doors.list_facts(access.session, same)
    own = access.actor.agency_id
    shown = tuple(each for each in every if each.agency_id == own or access.allows(Act.SEE_DOORS, subject))
    if any(each.agency_id != own for each in shown):
        access.require(Act.SEE_DOORS, subject, purpose=PURPOSE)
    return Path(person=person, facts=shown, unshared=len(shown) < len(every))


def record(access: Access, told: DoorFact) -> None:
    """Keep a line, a referral or an answer; its id, moment and author are the actor's. Raises NotFound, Forbidden,
    InvalidFields."""
    lock_records(access.session, [told.person_id])
    path = read_path(access, told.person_id)
    new = replace(
        told, id=access.new_id(), agency_id=access.actor.agency_id, recorded_at=access.now,
        recorded_by=access.actor.worker_id, words=told.words.strip(),
    )  # fmt: skip
    wrong = _find_faults(new, path, access.today)
    if new.kind is not DoorKind.ANSWERED and new.service_id is not None:
        kept = services.find_kept(access.session, new.service_id)
        if kept is None:
            wrong["service"] = "Choose a service of the directory."
        else:
            new = replace(new, service=kept.service.name)
    if wrong:
        raise InvalidFields(wrong)
    if not any(_is_pressed_twice(each, new) for each in path.facts):
        doors.add_fact(access.session, new)


def _is_pressed_twice(before: DoorFact, new: DoorFact) -> bool:
    """Did the same worker write the very same a moment ago?"""
    of_new = replace(new, id=before.id, recorded_at=before.recorded_at)
    return before == of_new and new.recorded_at - before.recorded_at < PRESSED_TWICE


def strike_out(access: Access, person_id: Id, fact_id: Id) -> None:
    """It was never so; a service takes back what it wrote itself. Raises NotFound, Forbidden, Failure."""
    path = read_path(access, person_id)
    found = next((each for each in path.facts if each.id == fact_id), None)
    if found is None or found.agency_id != access.actor.agency_id:
        raise NotFound
    if found.struck_at is not None:
        raise Failure(CONFLICTING, "It was struck out already. Load the page again.")
    doors.strike_out(access.session, fact_id, access.now, access.actor.worker_id)


def _open(access: Access, person_id: Id) -> tuple[Person, Subject, list[Id]]:
    found, same = find_shared_subject(access, person_id)
    subject = access.require(Act.RECORD_AT_DOOR, found, purpose=PURPOSE)
    person = people.find_person(access.session, person_id)
    if person is None or not (access.allows(Act.SEE_PERSON, subject) or _is_on_a_list_of(access, same)):
        raise NotFound
    return person, subject, same


def _is_on_a_list_of(access: Access, same: list[Id]) -> bool:
    """Does a list of the actor's districts name them? Whoever only sees the list learns of nobody else by an id."""
    theirs = cases.list_cases_of(access.session, same)
    return any(each.district_id in access.actor.district_ids for every in theirs.values() for each in every)


def _find_faults(new: DoorFact, path: Path, today: date) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if new.on > today:
        wrong["on"] = "That day is still to come."
    if new.kind is DoorKind.CAME_BY and not new.words:
        wrong["words"] = "Say it in a line, such as: came for breakfast, asked about his GP."
    if len(new.words) > (LONGEST_LINE if new.kind is DoorKind.CAME_BY else LONGEST):
        wrong["words"] = (
            "Say it in a line: longer words belong in a note." if new.kind is DoorKind.CAME_BY else "Use fewer words."
        )
    if new.kind is DoorKind.REFERRED and new.service_id is None:
        wrong["service"] = "Choose the service that they are referred to."
    if new.kind is DoorKind.ANSWERED:
        if new.code not in {str(each) for each in ServiceAnswer}:
            wrong["code"] = "Choose what the service said."
        standing = {each.id for each in path.facts if each.kind is DoorKind.REFERRED and each.struck_at is None}
        if new.about_id not in standing:
            wrong["about"] = "Choose the referral that it answers."
        elif new.about_id in list_ended(path.facts):
            wrong["about"] = "That referral has ended. Refer them again if they want it."
    return wrong


def list_ended(facts: tuple[DoorFact, ...]) -> set[Id]:
    """The referrals that were refused or are over."""
    ended = {str(each) for each in REFERRAL_ENDED}
    return {
        each.about_id
        for each in facts
        if each.kind is DoorKind.ANSWERED and each.struck_at is None and each.code in ended and each.about_id
    }
