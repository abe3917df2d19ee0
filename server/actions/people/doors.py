"""Every door is used: a service writes in a line what it saw of somebody, refers them to another, and hears its answer.

Who wrote a line reads it, and of a referral and its answers whoever receives it; another service only where the person agreed to
share it, or another lawful basis is said.
"""

from datetime import date, timedelta

from msgspec.structs import replace

from server.access import Access
from server.actions.operation.outbox import Outbox
from server.actions.people.consents import find_shared_subject
from server.actions.people.pressing import find_pressed
from server.actions.sync.projection.holding import hold_people
from server.database.context import raised
from server.problems import CONFLICTING, Failure, InvalidFields, NotFound
from server.queries.cases import cases
from server.queries.operation import addressees
from server.queries.partnership import agencies, services
from server.queries.people import doors, people
from shared.model.door import REFERRAL_ENDED, DoorFact, DoorKind, ServiceAnswer
from shared.model.mail import MailFacts, MailKind
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.policy import Act, Subject, SubjectKind
from shared.policy.actor import agreements_valid_until
from shared.rules.health import why_not_on

PURPOSE = "a service’s day"
LONGEST_LINE, LONGEST = 300, 10_000
USEFUL_FOR = timedelta(days=7)


class Path(Value, frozen=True, kw_only=True):
    """What a reader sees of somebody's way through services. `unshared`: other services wrote something that the person has not
    agreed to share with this one."""

    person: Person
    facts: tuple[DoorFact, ...]
    unshared: bool


def read_path(access: Access, person_id: Id) -> Path:
    """What the reader's service wrote, and what is shared with it. Raises NotFound or Forbidden."""
    person, subject, every = _open(access, person_id)
    own = _list_own(every, access.actor.agency_id)
    shown = tuple(each for each in every if each.id in own or access.allows(Act.SEE_DOORS, subject))
    if any(each.id not in own for each in shown):
        access.require(Act.SEE_DOORS, subject, purpose=PURPOSE)
    return Path(person=person, facts=shown, unshared=len(shown) < len(every))


def record(access: Access, told: DoorFact) -> None:
    """Keep a line, a referral or an answer; its id, moment and author are the actor's. Raises NotFound, Forbidden,
    InvalidFields."""
    hold_people(access.session, [told.person_id])
    path = read_path(access, told.person_id)
    new = replace(
        told, id=access.new_id(), agency_id=access.actor.agency_id, recorded_at=access.now,
        recorded_by=access.actor.worker_id, words=told.words.strip(),
    )  # fmt: skip
    wrong = _find_faults(new, path, access.today)
    if why := why_not_on(path.person.died_on, new.on):
        wrong["on"] = why
    if new.kind is not DoorKind.ANSWERED and new.service_id is not None:
        kept = services.find_kept(access.session, new.service_id)
        if kept is None:
            wrong["service"] = "Choose a service of the directory."
        else:
            is_referral = new.kind is DoorKind.REFERRED
            new = replace(new, service=kept.service.name, to_agency_id=kept.agency_id if is_referral else None)
    if (
        find_pressed(path.facts, new) is not None
    ):  # asked first: an answer that ended a referral is no answer to one that ended
        return
    if wrong:
        raise InvalidFields(wrong)
    doors.add_fact(access.session, new)
    _tell_other(access, path, new)


def _tell_other(access: Access, path: Path, new: DoorFact) -> None:
    """Write to the service that somebody was referred to, or to whoever referred them: neither who nor a word is in it."""
    about = next((each for each in path.facts if each.id == new.about_id), None)
    to = new.to_agency_id if about is None else about.agency_id
    if to is None or to == access.actor.agency_id or path.person.died_on is not None:
        return
    if not _may_be_told(access, new.person_id, to):
        return
    outbox, useful_until = Outbox(access.session, access.now, access.new_id), access.now + USEFUL_FOR
    if about is None:
        kind = MailKind.SERVICE_REFERRED
        outbox.tell_agency(to, kind, f"referred/{new.id}", MailFacts(), useful_until=useful_until)
        return
    kind = MailKind.SERVICE_ANSWERED
    for each in addressees.list_listeners(access.session, kind, access.now, to):
        if each.worker_id == about.recorded_by:
            outbox.tell_worker(each, kind, f"answered/{new.id}", MailFacts(), useful_until=useful_until)


def _may_be_told(access: Access, person_id: Id, agency_id: Id) -> bool:
    """Nobody without a valid agreement (A2), nor of somebody who is hidden from them (A5), hears that something waits."""
    subject, _ = access.find_person_and_same(person_id)
    if subject is None or (subject.hidden and agency_id not in subject.known_to_agency_ids):
        return False
    until = agreements_valid_until(agencies.list_agreements(access.session, agency_id), access.today)
    return until is not None and until >= access.today


def strike_out(access: Access, person_id: Id, fact_id: Id) -> None:
    """It was never so; a service takes back what it wrote itself. Raises NotFound, Forbidden, Failure."""
    path = read_path(access, person_id)
    found = next((each for each in path.facts if each.id == fact_id), None)
    if found is None or found.agency_id != access.actor.agency_id:
        raise NotFound
    if found.struck_at is not None:
        raise Failure(CONFLICTING, "It was struck out already. Load the page again.")
    doors.strike_out(access.session, fact_id, access.now, access.actor.worker_id)


class Received(Value, frozen=True, kw_only=True):
    """A referral to a service of the reader's, and what was last answered."""

    person: Person
    referral: DoorFact
    last: DoorFact | None


def list_received(access: Access) -> list[Received]:
    """What waits for the reader's service: whom others referred to it, the longest waiting first."""
    found = []
    for each in doors.list_received(access.session, access.actor.agency_id):
        subject, same = access.find_person_and_same(each.person_id)
        with raised(access.session):
            person = people.find_person(access.session, each.person_id)
        if subject is None or person is None or person.died_on is not None:
            continue
        if access.allows(Act.RECORD_AT_DOOR, _let_in(access, subject)):
            answers = [fact for fact in doors.list_facts(access.session, same) if fact.about_id == each.id]
            last = next((fact for fact in answers if fact.struck_at is None), None)
            found.append(Received(person=person, referral=each, last=last))
    access.note_seen(SubjectKind.PERSON, sorted({each.person.id for each in found}), purpose="referred to us")
    return found


def _open(access: Access, person_id: Id) -> tuple[Person, Subject, list[DoorFact]]:
    """Somebody, what policy asks of them, and every fact of theirs: who reads which is for the caller."""
    found, same = find_shared_subject(access, person_id)
    every = [] if found is None else doors.list_facts(access.session, same)
    received = any(_receives(each, access.actor.agency_id) for each in every)
    let_in = _let_in(access, found) if found is not None and received else found
    access.require(Act.RECORD_AT_DOOR, let_in, purpose=PURPOSE)
    with raised(access.session):
        person = people.find_person(access.session, person_id)
    if person is None or found is None:
        raise NotFound
    if not (received or access.allows(Act.SEE_PERSON, found) or _is_on_a_list_of(access, same)):
        raise NotFound
    return person, found, every


def _let_in(access: Access, subject: Subject) -> Subject:
    """To whom somebody is referred works with them at this door, and at no other."""
    return replace(subject, working_agency_ids=subject.working_agency_ids | {access.actor.agency_id})


def _receives(fact: DoorFact, agency_id: Id) -> bool:
    return fact.to_agency_id == agency_id and fact.struck_at is None


def _list_own(every: list[DoorFact], agency_id: Id) -> set[Id]:
    """What a service wrote or received, and what was answered to that."""
    own = {each.id for each in every if each.agency_id == agency_id or _receives(each, agency_id)}
    return own | {each.id for each in every if each.about_id in own}


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
