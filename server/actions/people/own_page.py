"""A person's own page by a link of theirs: made with a worker, opened once with the PIN that they chose, and what they say on
it comes back
as a task of the service that gave the link.

The link is `id.proof`; the proof follows from the id and the server's secret, so that a stolen database opens nothing. Once
opened, the page
lives for half an hour by a second proof, in forms alone and in no address.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy.orm import Session

from server.access import Access, day_of
from server.database.sql import storable_words
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.partnership import workers
from server.queries.people import own_pages, people, subjects
from server.queries.people.own_pages import OwnLink, OwnWish
from server.security.passwords import Passwords
from server.security.tokens import derive, same
from shared.model.person import Person
from shared.model.value import Id
from shared.policy import Act, Allow, decide
from shared.rules.own_pin import why_not_this_pin

LIVES, STAYS_OPEN = timedelta(days=7), timedelta(minutes=30)
MOST_TRIES = 5
LONGEST_WISH = 2_000
MOST_WISHES = 20
"""Of one link: whoever has more to say says it to somebody, and no page is kept busy by a script."""
KINDS = ("wish", "wrong")
PURPOSE = "own page"


def make_link(access: Access, passwords: Passwords, person_id: Id, pin: str, again: str, secret: bytes) -> str:
    """A link for the person, who types the PIN themselves; returns its path, which is shown this once. Any earlier link ends.

    Raises NotFound, Forbidden, Invalid for a PIN that anybody guesses."""
    subject, same_ids = access.find_person_and_same(person_id)
    access.require(Act.SEE_OWN_RECORD, subject, purpose=f"{PURPOSE}: a link")
    why = why_not_this_pin(pin)
    if why or pin != again:
        raise Invalid(why or "The two are not the same. Type it again.")
    person = people.find_person(access.session, person_id)
    if person is None or person.died_on is not None:
        raise NotFound
    own_pages.end_links(access.session, same_ids, access.now)
    link = OwnLink(
        id=access.new_id(), person_id=person_id, agency_id=access.actor.agency_id, made_at=access.now,
        made_by=access.actor.worker_id, expires_at=access.now + LIVES, pin_hash=passwords.hash(pin),
    )  # fmt: skip
    own_pages.add_link(access.session, link)
    return f"/own/{link.id}.{derive(secret, 'own page', link.id)}"


def find_waiting(session: Session, token: str, secret: bytes, now: datetime) -> OwnLink:
    """The link that a token names, if it may still be opened. Raises NotFound."""
    link_id, _, proof = token.partition(".")
    link = (
        own_pages.find_link(session, link_id, to_change=True)
        if same(proof, derive(secret, "own page", link_id))
        else None
    )
    if link is None or link.opened_at is not None or link.ended_at is not None or link.expires_at < now:
        raise NotFound
    if not _list_given(session, link, now):
        raise NotFound
    return link


def _list_given(session: Session, link: OwnLink, now: datetime) -> list[Id]:
    """Every record that it shows, this one among them; none where whoever made it could not make it now: they had the link in
    their hands, and have a role no more, work elsewhere, or their organisation's agreement is over."""
    today = day_of(now)
    maker = workers.find_actor(session, link.made_by, today)
    if maker is None or maker.agency_id != link.agency_id:
        return []
    subjects.count_relations_from(session, now)
    subject, same_ids = subjects.find_person_and_same(session, link.person_id)
    is_given = subject is not None and isinstance(decide(maker, Act.SEE_OWN_RECORD, subject, today), Allow)
    return same_ids if is_given else []


def open_once(
    session: Session, passwords: Passwords, token: str, pin: str, secret: bytes, now: datetime, new_id: Callable[[], Id]
) -> str | None:
    """Open the page with its PIN; returns what its forms carry from now on, or None for a wrong PIN. The fifth wrong one ends
    the link.

    Raises NotFound for a link that opens nothing."""
    link = find_waiting(session, token, secret, now)
    if not passwords.matches(link.pin_hash, pin):
        tries = link.wrong_tries + 1
        own_pages.set_link(session, replace(link, wrong_tries=tries, ended_at=now if tries >= MOST_TRIES else None))
        return None
    own_pages.set_link(session, replace(link, opened_at=now))
    line = AuditLine(
        id=new_id(), at=now, action="open_own_page", agency_id=link.agency_id, subject_kind="person",
        subject_id=link.person_id, purpose="the person themselves",
    )  # fmt: skip
    audit.add_lines(session, [line])
    return f"{link.id}.{_visit_proof(link.id, now, secret)}"


def find_visit(session: Session, visit: str, secret: bytes, now: datetime) -> tuple[OwnLink, Person, list[Id]]:
    """The page that is open, its person and all their records. Raises NotFound once half an hour is over."""
    link_id, _, proof = visit.partition(".")
    link = own_pages.find_link(session, link_id)
    opened = link.opened_at if link else None
    if link is None or opened is None or link.ended_at is not None or now > opened + STAYS_OPEN:
        raise NotFound
    same_ids = _list_given(session, link, now) if same(proof, _visit_proof(link.id, opened, secret)) else []
    if not same_ids:
        raise NotFound
    person = people.find_person(session, link.person_id)
    if person is None or person.died_on is not None:
        raise NotFound
    return link, person, same_ids


class TooMuch(Failure):
    """So much was said on this page that somebody answers first."""

    def __init__(self) -> None:
        super().__init__(CONFLICTING, "So much was said that somebody answers first.")


def say_wish(
    session: Session, visit: str, kind: str, words: str, secret: bytes, now: datetime, new_id: Callable[[], Id]
) -> None:
    """Keep what they wished or what is wrong. Raises NotFound, Invalid, TooMuch."""
    own_pages.find_link(session, visit.partition(".")[0], to_change=True)  # of two presses the second finds the first
    link, person, _ = find_visit(session, visit, secret, now)
    said = storable_words(words)
    if kind not in KINDS or not said or len(said) > LONGEST_WISH:
        raise Invalid("words")
    waiting = own_pages.list_wishes(session, person_ids=[person.id])
    if any((each.link_id, each.kind, each.words) == (link.id, kind, said) for each in waiting):
        return  # pressed twice
    if sum(each.link_id == link.id for each in waiting) >= MOST_WISHES:
        raise TooMuch
    wish = OwnWish(
        id=new_id(), person_id=person.id, link_id=link.id, agency_id=link.agency_id, kind=kind, words=said, at=now
    )
    own_pages.add_wish(session, wish)


def settle(access: Access, wish_id: Id, answer: str) -> None:
    """Say what was done about it; they read it with the next link. Raises NotFound, Forbidden, Invalid, Failure."""
    wish = own_pages.find_wish(access.session, wish_id)
    subject = subjects.find_person(access.session, wish.person_id) if wish else None
    access.require(Act.SEE_OWN_RECORD, subject, purpose=f"{PURPOSE}: a wish")
    if wish is None or wish.agency_id != access.actor.agency_id:
        raise NotFound
    said = storable_words(answer)
    if not said or len(said) > LONGEST_WISH:
        raise Invalid("Say in a sentence what was done.")
    if not own_pages.settle_wish(access.session, wish.id, access.now, access.actor.worker_id, said):
        raise Failure(CONFLICTING, "Somebody else has settled it meanwhile.")


def _visit_proof(link_id: Id, opened_at: datetime, secret: bytes) -> str:
    return derive(secret, "own visit", link_id, str(int(opened_at.timestamp() * 1000)))
