"""Asking the services that work with a person, and answering what another service asked.

A question goes to every service that works with the person; where there is none, or none that may be told anything today, to the
coordinators of the districts that know them. Whom it reached is not said to who asks: with whom somebody works may be nobody's
business. Who answers is named by answering.
"""

from datetime import timedelta

import msgspec

from server.access import Access
from server.actions.cases.answers import check_length
from server.actions.operation.outbox import Outbox
from server.actions.sync.projection.holding import hold_people
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.cases import cases, questions
from server.queries.cases.questions import AskedQuestion
from server.queries.operation import addressees
from server.queries.partnership import agencies
from server.queries.people import health, many_subjects, people, subjects
from shared.model.codes import CaseState
from shared.model.mail import MailFacts, MailKind
from shared.model.question import Question
from shared.model.value import Id, Value
from shared.policy import Act, Subject
from shared.policy.actor import agreements_valid_until
from shared.policy.redaction import Relationship, redact_person

PURPOSE = "ask a service"
WAITS = timedelta(days=90)
"""So long a question stands on the pages of those who could answer it."""
USEFUL_FOR = timedelta(days=7)
PRESSED_TWICE = timedelta(minutes=1)
DIED = "They have died, so nobody is asked. Their record says who worked with them."
OVER = "Nobody is asked about them any more. Ring the coordinator of their district."
DISCUSSED = (CaseState.LISTED, CaseState.OPEN)
UNNAMED = "this person"


class AboutSomebody(Value, frozen=True, kw_only=True):
    """Somebody as the reader may know them, and what their service asked about them before."""

    known_as: str
    may_open: bool
    asked: tuple[AskedQuestion, ...]


def open_asking(access: Access, person_id: Id) -> AboutSomebody:
    """What the reader may be told of somebody before they ask. Raises NotFound, Forbidden."""
    subject, same = access.find_person_and_same(person_id)
    found = access.require(Act.ASK_SERVICE, subject, purpose=PURPOSE)
    return AboutSomebody(
        known_as=_call(access, person_id, found, same), may_open=access.allows(Act.SEE_PERSON, found),
        asked=tuple(questions.list_about(access.session, same, access.actor.agency_id)),
    )  # fmt: skip


def ask(access: Access, person_id: Id, text: str) -> Question:
    """Ask whoever works with somebody; a second press asks nothing twice. Raises NotFound, Invalid."""
    subject, same = access.find_person_and_same(person_id)
    found = access.require(Act.ASK_SERVICE, subject, purpose=PURPOSE)
    if not text.strip():
        raise Invalid("Write what you want to know.")
    if health.list_dead(access.session, same):
        raise Invalid(DIED if access.allows(Act.SEE_PERSON, found) else OVER)
    hold_people(access.session, [person_id])
    asked = Question(
        id=access.new_id(), person_id=person_id, agency_id=access.actor.agency_id, worker_id=access.actor.worker_id,
        asked_at=access.now, text=check_length(text),
    )  # fmt: skip
    before = questions.list_about(access.session, [person_id], asked.agency_id)
    pressed = next((each.question for each in before if _is_pressed_twice(each.question, asked)), None)
    if pressed is not None:
        return pressed
    questions.add_question(access.session, asked)
    _tell_who_may_answer(access, asked, found)
    return asked


def answer(access: Access, question_id: Id, text: str) -> Question:
    """Answer what another service asked. Raises NotFound for whoever could not, Failure where somebody did before."""
    found = questions.find_question(access.session, question_id)
    subject = None if found is None else subjects.find_person(access.session, found.question.person_id)
    access.require(Act.ANSWER_QUESTION, subject, purpose=PURPOSE)
    if found is None or found.question.agency_id == access.actor.agency_id:
        raise NotFound
    if not text.strip():
        raise Invalid("Write the answer, or how to reach you.")
    answered = msgspec.structs.replace(
        found.question, answered_at=access.now, answered_by=access.actor.worker_id,
        answer_agency_id=access.actor.agency_id, answer=check_length(text),
    )  # fmt: skip
    if not questions.set_answer(access.session, answered):
        raise Failure(CONFLICTING, "Somebody answered this before you.")
    _tell_who_asked(access, answered)
    return answered


def list_for(access: Access) -> list[AskedQuestion]:
    """What others asked and nobody has answered, the newest first: of whom the reader's service works with; for a coordinator, of
    whoever is in their districts."""
    waiting = questions.list_waiting_of_others(access.session, access.actor.agency_id, access.now - WAITS)
    known = many_subjects.list_people(access.session, {each.person.id for each in waiting})
    may = {who for who, subject in known.items() if access.allows(Act.ANSWER_QUESTION, subject)}
    return [each for each in waiting if each.person.id in may]


def list_ours(access: Access) -> list[AskedQuestion]:
    """What the reader's service asked, named as the reader may know them today."""
    asked = questions.list_asked_by(access.session, access.actor.agency_id, access.now - WAITS)
    ours = []
    for each in asked:
        subject, same = access.find_person_and_same(each.person.id)
        if subject is not None and access.allows(Act.ASK_SERVICE, subject):
            called = _call(access, each.person.id, subject, same)
            ours.append(msgspec.structs.replace(each, person=msgspec.structs.replace(each.person, name=called)))
    return ours


def _is_pressed_twice(before: Question, new: Question) -> bool:
    """Did the same worker ask the very same a moment ago?"""
    same = (before.worker_id, before.text) == (new.worker_id, new.text)
    return same and new.asked_at - before.asked_at < PRESSED_TWICE


def _call(access: Access, person_id: Id, subject: Subject, same: list[Id]) -> str:
    """What the reader may call them: all of it for who may open the record, else what their conference says of somebody."""
    person = people.find_person(access.session, person_id)
    if person is not None and access.allows(Act.SEE_PERSON, subject):
        return person.known_as
    every = [case for theirs in cases.list_cases_of(access.session, same).values() for case in theirs]
    here = [each for each in every if each.district_id in access.actor.district_ids and each.state in DISCUSSED]
    return redact_person(person, Relationship.CONFERENCE_PARTNER).known_as if person is not None and here else UNNAMED


def _tell_who_may_answer(access: Access, asked: Question, subject: Subject) -> None:
    outbox, kind, key = _outbox(access), MailKind.QUESTION_ASKED, f"question/{asked.id}"
    signed = agencies.list_every_agreement(access.session)
    told = [
        agency_id
        for agency_id in sorted(subject.working_agency_ids - {asked.agency_id})
        if _may_know(subject, agency_id)
        and (until := agreements_valid_until(signed.get(agency_id, ()), access.today))
        and until >= access.today
    ]
    for agency_id in told:
        outbox.tell_agency(agency_id, kind, key, MailFacts(), useful_until=access.now + USEFUL_FOR)
    if told:
        return
    coordinators = {
        each.worker_id for each in addressees.list_listeners(access.session, MailKind.ACTION_RETURNED, access.now)
    }
    for to in addressees.list_listeners(access.session, kind, access.now):
        here = to.worker_id in coordinators - {asked.worker_id} and to.district_ids & subject.district_ids
        if here and _may_know(subject, to.agency_id):
            outbox.tell_worker(to, kind, key, MailFacts(), useful_until=access.now + USEFUL_FOR)


def _may_know(subject: Subject, agency_id: Id) -> bool:
    """Of somebody who is hidden nobody else hears that something is asked, and nobody waits for an answer of theirs (A5)."""
    return not subject.hidden or agency_id in subject.known_to_agency_ids


def _tell_who_asked(access: Access, answered: Question) -> None:
    kind = MailKind.QUESTION_ANSWERED
    for to in addressees.list_listeners(access.session, kind, access.now, answered.agency_id):
        if to.worker_id == answered.worker_id:
            _outbox(access).tell_worker(
                to, kind, f"answered/{answered.id}", MailFacts(), useful_until=access.now + USEFUL_FOR
            )


def _outbox(access: Access) -> Outbox:
    return Outbox(access.session, access.now, access.new_id)
