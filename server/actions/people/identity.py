"""Settling whether two records are one person: found by evidence, said by one lead or coordinator and looked at by a second.

Every word is a fact: "same" waits until another has looked too and both records were seen by one of them at least, so that two
districts settle between them what neither sees whole; "different" is remembered, and the pair is not asked of again. What joins
two records, and what parts them, is written by device 0 and reaches phones at their next sync.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.actions.sync.projection.holding import hold_people
from server.actions.sync.saying import say
from server.database.engine import Database
from server.problems import CONFLICTING, Failure, NotFound
from server.queries.cases import cases
from server.queries.people import identity, many_subjects, subjects
from server.queries.people.concealment import list_hidden
from server.queries.people.identity import Judgement, Likely, Pair, in_order
from server.queries.people.verification import list_groups
from server.queries.sync.store import Project, find_scopes
from shared.model.codes import IdentityWord
from shared.model.person import Person, PersonMerged
from shared.model.value import Id, Value
from shared.policy import Act, Subject
from shared.rules.evidence import Sighting
from shared.rules.same_person import Index, Match
from sync.authoring import NewChange

PURPOSE = "the same person"
ONE_DIED = (
    "One of the two records says that they have died, and the other does not. Record the death in the other one too, "
    "or strike it out, and join them then."
)
MEANWHILE = "Somebody else has settled this meanwhile. Load the page again."


# ------------------------------------------------------------------------------------------------------------ finding
class Finder:
    """Finds likely pairs, for jobs: at night of the whole county, and through the day of those who were written down since.

    It keeps what it read of everybody, since reading 50,000 people for one newcomer takes seconds.
    """

    def __init__(self) -> None:
        self._index: Index | None = None

    def look_through(self, database: Database, now: datetime, heartbeat: Callable[[], None] = lambda: None) -> int:
        """Compare everybody with everybody; returns how many pairs may be one person. Nobody waits while it compares."""
        self._index = self._read(database)
        heartbeat()
        found = [_likely(one_id, match.person_id, match.bits, now) for one_id, match in self._index.pairs()]
        heartbeat()
        with database.writing() as session:
            found = _without_joined(session, found)
            identity.replace_likely(session, found)
        return len(found)

    def look_up_new(self, database: Database, since: datetime, now: datetime) -> int:
        """Compare whoever was written down or changed since with everybody; returns how many pairs were found."""
        if self._index is None:
            self._index = self._read(database)
        with database.reading() as session:
            changed = list(identity.list_sightings(session, changed_since=since))
        for each in changed:
            self._index.put(each)
        matches = [(each.person.id, match) for each in changed for match in self._index.find(each)]
        found = {each.pair: each for each in (_likely(one_id, m.person_id, m.bits, now) for one_id, m in matches)}
        if not changed:
            return 0
        with database.writing() as session:
            here = _without_joined(session, list(found.values()))
            identity.renew_likely(session, {each.person.id for each in changed}, here)
        return len(here)

    def _read(self, database: Database) -> Index:
        with database.reading() as session:
            return Index(identity.list_sightings(session))


def _likely(one_id: Id, other_id: Id, bits: float, now: datetime) -> Likely:
    low, high = in_order(one_id, other_id)
    return Likely(one_id=low, other_id=high, bits=bits, found_at=now)


def _without_joined(session: Session, found: Sequence[Likely]) -> list[Likely]:
    """Who is one person already is no pair; nor is who has gone since, and is still in the index."""
    groups = list_groups(session, {each for likely in found for each in likely.pair})
    here = identity.list_known_since(session, sorted(groups))
    return [
        each
        for each in found
        if each.other_id not in groups[each.one_id] and each.one_id in here and each.other_id in here
    ]


# ------------------------------------------------------------------------------------------------------------ reading
class Open(Value, frozen=True, kw_only=True):
    """A pair that waits for a word: which records the reader may open, and who has said already that they are one."""

    likely: Likely
    sees_one: bool
    sees_other: bool
    said_same: tuple[Judgement, ...] = ()

    @property
    def pair(self) -> Pair:
        return self.likely.pair


def list_open(access: Access, likely: Iterable[Likely]) -> list[Open]:
    """Those of these pairs that wait, and that the reader may judge."""
    pairs = list(likely)
    ids = {each for one in pairs for each in one.pair}
    said = identity.list_judgements(access.session, ids)
    groups = list_groups(access.session, ids)
    known = many_subjects.list_people(access.session, ids)
    found = []
    for each in pairs:
        words = said.get(each.pair, [])
        if each.other_id in groups[each.one_id] or (words and words[-1].said is not IdentityWord.SAME):
            continue
        sees = _sees(access, each.pair, known)
        if sees is not None:
            found.append(
                Open(likely=each, sees_one=sees[0], sees_other=sees[1], said_same=tuple(identity.standing(words)))
            )
    return found


def _sees(access: Access, pair: Pair, known: Mapping[Id, Subject]) -> tuple[bool, bool] | None:
    """Which of two of the known the actor may join with another; None where they may not know of such a pair.

    Hiding follows a merge: two records of which other services may know become one for neither, and nobody is asked.
    """
    hidden = list_hidden(access.session)
    if hidden.get(pair[0]) != hidden.get(pair[1]):
        return None
    found = [known.get(each) for each in pair]
    if any(each is None or _is_concealed(access, each) for each in found):
        return None
    one, other = (each is not None and access.allows(Act.MERGE_PEOPLE, each) for each in found)
    return (one, other) if one or other else None


def _is_concealed(access: Access, subject: Subject) -> bool:
    return subject.hidden and access.actor.agency_id not in subject.known_to_agency_ids


def find_among_own(access: Access, new: Sighting) -> list[tuple[Person, Match]]:
    """Who of the people that the actor may see on a list may be the one whom they are about to write down."""
    known = list(identity.list_sightings(access.session, near=(access.actor.team_ids, access.actor.district_ids)))
    people = {each.person.id: each.person for each in known}
    found = []
    for match in Index(known).find(new):
        subject = subjects.find_person(access.session, match.person_id)
        if subject is not None and access.allows(Act.SEE_PERSON_LIST, subject):
            found.append((people[match.person_id], match))
    return found


# ----------------------------------------------------------------------------------------------------------- settling
def judge(access: Access, project: Project, one_id: Id, other_id: Id, said: IdentityWord) -> bool:
    """Keep what the actor says of two records, "same" or "different"; returns whether they were joined by it.

    Raises NotFound where the actor may not know of the two, Failure where they are one already, or where the actor has said so
    before: the second look is somebody else's.
    """
    pair, sees = _hold(access, one_id, other_id)
    if pair[1] in subjects.list_same_person(access.session, pair[0]):
        raise Failure(CONFLICTING, MEANWHILE)
    words = identity.standing(identity.list_judgements(access.session, [pair[0]]).get(pair, []))
    if said is IdentityWord.SAME and access.actor.worker_id in {each.worker_id for each in words}:
        raise Failure(CONFLICTING, "You have said so already. Somebody else, a lead or a coordinator, looks now.")
    is_joined = said is IdentityWord.SAME and _is_seen_whole(words, sees)
    if is_joined and identity.has_one_died(access.session, pair):
        # A death is said on somebody's record and ends what is planned; it is never what joining two records brings about.
        raise Failure(CONFLICTING, ONE_DIED)
    _keep(access, pair, said, sees)
    if not is_joined:
        return False
    from_id, into_id = _direction(access, pair)
    _publish(access, project, from_id, into_id, undone=False)
    return True


def part(access: Access, project: Project, one_id: Id, other_id: Id) -> None:
    """Two records that were joined are two people after all: each has its own history again, and the pair is asked of no more.

    Raises NotFound, and Failure where somebody has parted them meanwhile.
    """
    pair, sees = _hold(access, one_id, other_id)
    joined = [
        each for each in identity.list_joined(access.session, [pair[0]]) if in_order(each.from_id, each.into_id) == pair
    ]
    if not joined:
        raise Failure(CONFLICTING, MEANWHILE)
    _keep(access, pair, IdentityWord.PARTED, sees)
    for from_id, into_id in sorted({(each.from_id, each.into_id) for each in joined}):
        _publish(access, project, from_id, into_id, undone=True)


def _hold(access: Access, one_id: Id, other_id: Id) -> tuple[Pair, tuple[bool, bool]]:
    """The two records, held, once policy has let the actor through. A pair of which they may open one only has to have been
    found by evidence, or joined: else any id could be tried against one's own record."""
    pair = in_order(one_id, other_id)
    sees = _sees(access, pair, many_subjects.list_people(access.session, pair)) if one_id != other_id else None
    if sees is None or not (all(sees) or _is_known(access, pair)):
        access.require(Act.MERGE_PEOPLE, None, purpose=PURPOSE)
        raise NotFound
    hold_people(access.session, pair)
    for person_id, is_seen in zip(pair, sees, strict=True):
        if is_seen:
            access.require(Act.MERGE_PEOPLE, subjects.find_person(access.session, person_id), purpose=PURPOSE)
    return pair, sees


def _is_known(access: Access, pair: Pair) -> bool:
    likely = any(each.pair == pair for each in identity.list_likely_of(access.session, [pair[0]]))
    return likely or pair[1] in subjects.list_same_person(access.session, pair[0])


def _is_seen_whole(words: Sequence[Judgement], sees: tuple[bool, bool]) -> bool:
    """Has somebody else said so too, and each record been open to one of those who say so?"""
    if not words:
        return False
    return (sees[0] or any(each.saw_one for each in words)) and (sees[1] or any(each.saw_other for each in words))


def _keep(access: Access, pair: Pair, said: IdentityWord, sees: tuple[bool, bool]) -> None:
    identity.add_judgement(
        access.session,
        Judgement(
            id=access.new_id(), one_id=pair[0], other_id=pair[1], said=said, at=access.now,
            worker_id=access.actor.worker_id, saw_one=sees[0], saw_other=sees[1],
        ),
    )  # fmt: skip


def _direction(access: Access, pair: Pair) -> Pair:
    """Into the one that is on a list, else into the one known longer: the other one's card goes from phones' tiles."""
    listed = {each.person_id for each in cases.list_live_cases_of(access.session, pair)}
    since = identity.list_known_since(access.session, pair)
    into, from_ = sorted(pair, key=lambda each: (each not in listed, since[each], each))
    return from_, into


def _publish(access: Access, project: Project, from_id: Id, into_id: Id, *, undone: bool) -> None:
    """Tell it wherever one of the two is heard, a fact for each place."""
    now_ms = int(access.now.timestamp() * 1000)
    # Of two words about a pair the later one stands, and a phone whose clock is ahead may have said the one before.
    last = identity.find_last_said(access.session, in_order(from_id, into_id))
    at = access.now if last is None else max(access.now, last + timedelta(milliseconds=1))
    changes = [
        NewChange(
            id=access.new_id(), type="person.merged", scope=scope, entity=from_id, who=access.actor.worker_id, at_ms=now_ms,
            sets=None, payload=msgspec.Raw(msgspec.json.encode(_fact(access, from_id, into_id, at, undone))),
        )
        for scope in _scopes(access.session, (from_id, into_id))
    ]  # fmt: skip
    say(access.session, project, changes, access.now)


def _fact(access: Access, from_id: Id, into_id: Id, at: datetime, undone: bool) -> PersonMerged:
    return PersonMerged(
        id=access.new_id(), from_id=from_id, into_id=into_id, at=at, worker_id=access.actor.worker_id, undone=undone
    )  # fmt: skip


def _scopes(session: Session, person_ids: Collection[Id]) -> list[str]:
    return sorted({scope for each in person_ids for scope in find_scopes(session, each)})
