"""The consent conversation: what somebody agrees to share, with whom and until when; what they would rather not; what they take
back. A word is a fact that phones hear of; policy asks all of them at every look."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from server.access import Access
from server.actions.people.own_record import scope_of
from server.actions.sync.projection.holding import hold_people
from server.actions.sync.saying import say
from server.database.sql import storable_words
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.partnership import agencies
from server.queries.people import consents, documents, people
from server.queries.people.documents import Document
from server.queries.sync.store import Project
from shared.model.codes import DocumentKind, DocumentState
from shared.model.consent import ConsentSaid
from shared.model.person import Person
from shared.model.telling import ConsentAnswer, ConsentWay, LawfulBasis, Shareable
from shared.model.value import Id, Value
from shared.policy import Act, Subject
from shared.rules.consent import list_standing
from shared.rules.health import why_not_on
from sync.authoring import NewChange

PURPOSE = "consent"
LONGEST_WORDS = 10_000
SHORTEST_REASON = 10
A_MOMENT = timedelta(milliseconds=1)
LONGEST_DAYS = 366 * 5
"""What nobody has spoken of for five years, nobody has agreed to."""


class Said(Value, frozen=True, kw_only=True):
    """A word as a form sends it: about each of these things."""

    what: tuple[str, ...]
    agency_id: Id | None
    answer: str
    basis: str = str(LawfulBasis.CONSENT)
    way: str = str(ConsentWay.WORD)
    document_id: Id | None = None
    said_on: date | None = None
    until: date | None = None
    words: str = ""


def find_shared_subject(access: Access, person_id: Id) -> tuple[Subject | None, list[Id]]:
    """What a decision that rests on consent asks of a person, with every id that is the same person."""
    subject, same = access.find_person_and_same(person_id)
    return (None if subject is None else consents.with_consents(access.session, subject, same)), same


def read_consents(access: Access, person_id: Id) -> tuple[Person, tuple[ConsentSaid, ...], dict[Id, datetime]]:
    """Everything that the person said about sharing, as it counts, and when each word was said. Raises NotFound or Forbidden."""
    person = access.open_person(person_id, PURPOSE, Act.SEE_CONSENT)
    _, same = access.find_person_and_same(person_id)
    said_at = {each.id: each.at for each in consents.list_as_said(access.session, same)}
    return person, consents.list_said(access.session, same), said_at


def list_papers(access: Access, person_id: Id) -> list[Document]:
    """The signed papers that a word may stand on; none for whoever may not see documents."""
    subject, same = access.find_person_and_same(person_id)
    if subject is None or not access.allows(Act.SEE_DOCUMENT, subject):
        return []
    found = documents.list_of_people(access.session, same)
    return [each for each in found if each.kind is DocumentKind.CONSENT and each.state is DocumentState.KEPT]


def say_consent(access: Access, project: Project, person_id: Id, said: Said) -> int:
    """Keep what somebody said, one fact for each thing; returns how many. Raises NotFound, Forbidden, Invalid."""
    subject = access.require(
        Act.RECORD_CONSENT, access.find_person_and_same(person_id)[0], purpose=PURPOSE, detail=", ".join(said.what)
    )
    if said.basis != LawfulBasis.CONSENT:
        access.require(Act.STATE_BASIS, subject, purpose=PURPOSE, detail=said.basis[:64])
    said = msgspec.structs.replace(said, words=storable_words(said.words))
    wrong = _find_faults(access, person_id, said)
    if wrong:
        raise Invalid(*wrong)
    at = _find_moment(access, person_id, said.said_on)
    facts = [
        ConsentSaid(
            id=access.new_id(), person_id=person_id, what=Shareable(what), agency_id=said.agency_id,
            answer=ConsentAnswer(said.answer), basis=LawfulBasis(said.basis), way=ConsentWay(said.way),
            document_id=said.document_id if said.way == ConsentWay.PAPER else None,
            until=said.until if said.answer == ConsentAnswer.AGREED else None, at=at,
            worker_id=access.actor.worker_id, words=said.words,
        )
        for what in said.what
    ]  # fmt: skip
    _tell(access, project, subject, facts)
    return len(facts)


def withdraw(access: Access, project: Project, person_id: Id, consent_ids: Collection[Id]) -> int:
    """Take back what stands, as of this moment; returns how many words that ends. Raises NotFound, Forbidden, Failure where it
    was taken back already."""
    subject = access.require(Act.RECORD_CONSENT, access.find_person_and_same(person_id)[0], purpose="consent withdrawn")
    hold_people(access.session, [person_id])
    _, same = access.find_person_and_same(person_id)
    every = consents.list_said(access.session, same)
    chosen = [each for each in every if each.id in consent_ids]
    if not chosen:
        raise NotFound
    standing = {each.id for each in list_standing(every) if each.answer is ConsentAnswer.AGREED}
    ending = [each for each in chosen if each.id in standing]
    if not ending:
        raise Failure(CONFLICTING, "That was taken back already, or something newer was said. Load the page again.")
    if any(each.basis is LawfulBasis.CONSENT for each in ending) and _why_not_living(access, person_id, None):
        raise Failure(CONFLICTING, "They have died, so that nobody can take it back for them. Load the page again.")
    if any(each.basis is not LawfulBasis.CONSENT for each in ending):
        access.require(Act.STATE_BASIS, subject, purpose="consent withdrawn")
    facts = [
        msgspec.structs.replace(
            each, id=access.new_id(), person_id=person_id, answer=ConsentAnswer.WITHDRAWN, way=ConsentWay.WORD,
            document_id=None, until=None, at=max(access.now, each.at), worker_id=access.actor.worker_id, words="",
        )
        for each in ending
    ]  # fmt: skip
    _tell(access, project, subject, facts)
    return len(facts)


def _find_moment(access: Access, person_id: Id, said_on: date | None) -> datetime:
    """When it was said; today's word comes after every other, also after one of a phone whose clock is a little ahead."""
    if said_on is not None and said_on != access.today:
        return datetime.combine(said_on, time(12), UTC)
    hold_people(access.session, [person_id])
    _, same = access.find_person_and_same(person_id)
    return max([access.now, *(each.at + A_MOMENT for each in consents.list_said(access.session, same))])


def _find_faults(access: Access, person_id: Id, said: Said) -> list[str]:
    wrong = []
    if not said.what or not set(said.what) <= {str(each) for each in Shareable}:
        wrong.append("Choose what it is about.")
    if said.answer not in {str(ConsentAnswer.AGREED), str(ConsentAnswer.REFUSED)}:
        wrong.append("Choose what they said.")
    if said.way not in {str(each) for each in ConsentWay} or said.basis not in {str(each) for each in LawfulBasis}:
        wrong.append("Choose one of the answers.")
    if said.agency_id is not None and agencies.find_agency(access.session, said.agency_id) is None:
        wrong.append("Choose a service of the partnership.")
    if said.way == ConsentWay.PAPER and said.document_id not in {each.id for each in list_papers(access, person_id)}:
        wrong.append("Choose the signed paper. Add it under Documents first, as consent to share.")
    if said.basis != LawfulBasis.CONSENT:
        if said.answer != ConsentAnswer.AGREED:
            wrong.append("What rests on another basis than consent is told, not asked.")
        if len(said.words) < SHORTEST_REASON:
            wrong.append("Say in a sentence why it is shared without asking.")
    if said.basis == LawfulBasis.CONSENT and (why := _why_not_living(access, person_id, said.said_on)):
        wrong.append(why)
    return wrong + _find_wrong_days(access, said)


def _why_not_living(access: Access, person_id: Id, said_on: date | None) -> str | None:
    """What rests on law may be said of somebody who died; a word of theirs may only be written down late."""
    person = people.find_person(access.session, person_id)
    return why_not_on(person.died_on if person is not None else None, said_on or access.today)


def _find_wrong_days(access: Access, said: Said) -> list[str]:
    wrong = []
    if said.said_on is not None and not 0 <= (access.today - said.said_on).days <= LONGEST_DAYS:
        wrong.append("Give the day on which they said it: today, or one of the last five years.")
    if said.until is not None and not 0 <= (said.until - access.today).days <= LONGEST_DAYS:
        wrong.append("Give a last day that is still to come, within five years.")
    if len(said.words) > LONGEST_WORDS:
        wrong.append("Use 10,000 characters or fewer.")
    return wrong


def _tell(access: Access, project: Project, subject: Subject, facts: list[ConsentSaid]) -> None:
    """Publish facts of one person: the tables and the phones hear of them."""
    now_ms, scope = int(access.now.timestamp() * 1000), scope_of(access, subject)
    new = [
        NewChange(
            id=access.new_id(), type="consent.said", scope=scope, entity=subject.id, who=access.actor.worker_id,
            at_ms=now_ms, payload=msgspec.Raw(msgspec.json.encode(fact)),
        )
        for fact in facts
    ]  # fmt: skip
    say(access.session, project, new, access.now)
