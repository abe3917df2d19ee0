"""The facts that verification is derived from, for some people at once, and the derived status.

Of a long history only what can decide is read: the first and the newest rough-sleeping contact. Where somebody has
judged, all of them are read.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.sql import Sql, moment_of, some_moment_of
from server.tables.people.verification import person_verification
from shared.model.codes import ContactState, EvidenceBasis, ReviewStatus
from shared.model.contact import Contact
from shared.model.value import Id, Value
from shared.model.verification import Verification
from shared.rules.joined import choose_one
from shared.rules.verification import ROUGH_SLEEPING_STATES

ROUGH = tuple(str(state.value) for state in ROUGH_SLEEPING_STATES)


class Evidence(Value, frozen=True, kw_only=True):
    """A contact that bears on verification, and the district it happened in."""

    contact: Contact
    district_id: Id | None = None


class PersonStatus(Value, frozen=True, kw_only=True):
    """Whether a person is verified now, since when, where, and why: the row that is derived."""

    person_id: Id
    verified: bool
    basis: EvidenceBasis | None = None
    review_status: ReviewStatus = ReviewStatus.UNREVIEWED
    since: datetime | None = None
    contact_id: Id | None = None
    worker_id: Id | None = None
    district_id: Id | None = None
    reason: str = ""


def list_groups(session: Session, person_ids: Collection[Id]) -> dict[Id, frozenset[Id]]:
    """For each person every id that is the same person, their own among them.

    Found from the people asked for, step by step, never from all merges of the country.
    """
    sql, groups = Sql(session), dict[Id, frozenset[Id]]()
    known, asked = set[Id](), set(person_ids)
    while asked:
        known |= asked
        found = sql.rows(_TOUCHING, asked, asked)
        for from_id, into_id in found:
            joined = groups.get(from_id, frozenset({from_id})) | groups.get(into_id, frozenset({into_id}))
            groups |= dict.fromkeys(joined, joined)
        asked = {person_id for pair in found for person_id in pair} - known
    return {each: groups.get(each, frozenset({each})) for each in person_ids}


_TOUCHING = "select from_id, into_id from person_merge where not undone and (from_id in ?* or into_id in ?*)"


def list_canonical(session: Session, person_ids: Collection[Id]) -> set[Id]:
    """Which of these ids stand for their person. Give all that are one person, as `list_groups` finds them."""
    joined = "select from_id, into_id from person_merge where not undone and from_id in ?*"
    return set(person_ids) - choose_one(Sql(session).rows(joined, set(person_ids))).keys()


def list_judgements(session: Session, person_ids: Collection[Id]) -> dict[Id, list[Verification]]:
    """The recorded judgements about these ids."""
    found: dict[Id, list[Verification]] = defaultdict(list)
    names = Verification.__struct_fields__
    query = f"select {', '.join(names)} from verification where person_id in ?*"
    for row in Sql(session).rows(query, set(person_ids)):
        told = dict(zip(names, row, strict=True))
        words = {"basis": EvidenceBasis(told["basis"]), "review_status": ReviewStatus(told["review_status"])}
        found[told["person_id"]].append(Verification(**told | words | {"at": moment_of(told["at"])}))
    return found


def list_evidence(
    session: Session, person_ids: Collection[Id], judged: Mapping[Id, Sequence[Verification]]
) -> dict[Id, list[Evidence]]:
    """The contacts that decide: for people somebody has judged all rough-sleeping ones and those the judgements name,
    for the others the first and the newest."""
    rows: list[Any] = []
    unjudged = sorted(set(person_ids) - judged.keys())
    if unjudged:
        rows += _list_ends(Sql(session), unjudged)
    if judged:
        named = {each.contact_id for verdicts in judged.values() for each in verdicts if each.contact_id}
        rows += Sql(session).rows(_EVERY, set(judged), named)
    found: dict[Id, list[Evidence]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(_evidence(*row))
    return found


_EVIDENCE = (
    "select met.person_id, met.contact_id, met.state, met.seen_at, met.district_id, told.worker_id, told.site_id "
    "from {source} join contact told on told.id = met.contact_id where {condition}"
)
_ROUGH = f"state in {ROUGH}"
_EVERY = _EVIDENCE.format(
    source="contact_person met", condition=f"met.person_id in ?* and (met.{_ROUGH} or met.contact_id in ?*)"
)
_NAMED = _EVIDENCE.format(source="contact_person met", condition="met.contact_id in ?*")
_ONE = f"(select contact_id from contact_person where person_id = asked.value and {_ROUGH} order by {{order}} limit 1)"
_FIRST, _NEWEST = _ONE.format(order="seen_at, contact_id"), _ONE.format(order="seen_at desc, contact_id desc")


def _list_ends(sql: Sql, person_ids: Sequence[Id]) -> list[Any]:
    """The first and the newest rough-sleeping contact of each.

    In two steps, one index entry after another: asked at once, PostgreSQL would read every contact there is.
    """
    found = sql.rows(f"select asked.value, {_FIRST}, {_NEWEST} from ?@ asked", person_ids)
    ends = {(person_id, each) for person_id, *both in found for each in both if each is not None}
    rows = sql.rows(_NAMED, {contact_id for _, contact_id in ends}) if ends else []
    return [row for row in rows if (row[0], row[1]) in ends]


def _evidence(
    person_id: Id, contact_id: Id, state: str, seen_at: Any, district_id: Id | None, worker_id: Id, site_id: Id | None
) -> Evidence:
    moment = some_moment_of(seen_at)
    told = Contact(
        id=contact_id,
        state=ContactState(state),
        seen_at=moment,
        recorded_at=moment,
        night=moment.date(),
        worker_id=worker_id,
        team_id="",
        site_id=site_id,
        person_ids=(person_id,),
    )
    return Evidence(contact=told, district_id=district_id)


def list_site_names(session: Session, site_ids: Collection[Id]) -> dict[Id, str]:
    """The names of these sites; those without a name are left out."""
    if not site_ids:
        return {}
    return dict(Sql(session).rows("select id, name from site where id in ?* and name <> ''", set(site_ids)))


def store_statuses(session: Session, statuses: Sequence[PersonStatus]) -> None:
    """Keep the derived statuses."""
    rows = [
        {
            "person_id": each.person_id,
            "verified": each.verified,
            "basis": None if each.basis is None else str(each.basis.value),
            "review_status": str(each.review_status.value),
            "since": each.since,
            "contact_id": each.contact_id,
            "worker_id": each.worker_id,
            "district_id": each.district_id,
            "reason": each.reason,
        }
        for each in statuses
    ]
    bulk.upsert(session, person_verification, rows)


def find_status(session: Session, person_id: Id) -> PersonStatus | None:
    """The derived status of one person."""
    row = session.execute(select(person_verification).where(person_verification.c.person_id == person_id)).mappings()
    found = row.first()
    if found is None:
        return None
    basis = None if found["basis"] is None else EvidenceBasis(found["basis"])
    return PersonStatus(**{**found, "basis": basis, "review_status": ReviewStatus(found["review_status"])})
