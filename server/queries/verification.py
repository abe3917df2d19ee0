"""The facts that verification is derived from, for some people at once, and the derived status.

Of a long history only what can decide is read: the first and the newest rough-sleeping contact. Where somebody has
judged, all of them are read.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.queries import bulk
from server.tables.contact import contact, contact_person
from server.tables.person import person_merge
from server.tables.site import site
from server.tables.verification import person_verification, verification
from shared.model.codes import ContactState, EvidenceBasis, ReviewStatus
from shared.model.contact import Contact
from shared.model.value import Id, Value
from shared.model.verification import Verification
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
    """For each person every id that is the same person, their own among them."""
    merges = session.execute(select(person_merge.c.from_id, person_merge.c.into_id).where(~person_merge.c.undone)).all()
    groups: dict[Id, frozenset[Id]] = {}
    for from_id, into_id in merges:
        joined = groups.get(from_id, frozenset({from_id})) | groups.get(into_id, frozenset({into_id}))
        groups |= dict.fromkeys(joined, joined)
    return {each: groups.get(each, frozenset({each})) for each in person_ids}


def list_canonical(session: Session, person_ids: Collection[Id]) -> set[Id]:
    """Which of these ids stand for their person: those that were not merged into another."""
    merged = select(person_merge.c.from_id).where(~person_merge.c.undone, person_merge.c.from_id.in_(person_ids))
    return set(person_ids) - set(session.scalars(merged))


def list_judgements(session: Session, person_ids: Collection[Id]) -> dict[Id, list[Verification]]:
    """The recorded judgements about these ids."""
    found: dict[Id, list[Verification]] = defaultdict(list)
    for row in session.execute(select(verification).where(verification.c.person_id.in_(person_ids))).mappings():
        words = {**row, "basis": EvidenceBasis(row["basis"]), "review_status": ReviewStatus(row["review_status"])}
        found[row["person_id"]].append(Verification(**words))
    return found


def list_evidence(
    session: Session, person_ids: Collection[Id], judged: Mapping[Id, Sequence[Verification]]
) -> dict[Id, list[Evidence]]:
    """The contacts that decide: for people somebody has judged all rough-sleeping ones and those the judgements name,
    for the others the first and the newest."""
    found: dict[Id, list[Evidence]] = defaultdict(list)
    unjudged = [each for each in person_ids if each not in judged]
    if unjudged:
        _collect(session, found, _extremes(unjudged))
    if judged:
        named = [each.contact_id for verdicts in judged.values() for each in verdicts if each.contact_id]
        every = _evidence().where(
            contact_person.c.person_id.in_(list(judged)),
            or_(contact_person.c.state.in_(ROUGH), contact_person.c.contact_id.in_(named)),
        )
        _collect(session, found, every)
    return found


def _evidence() -> Any:
    return select(
        contact_person.c.person_id,
        contact_person.c.contact_id,
        contact_person.c.state,
        contact_person.c.seen_at,
        contact_person.c.district_id,
        contact.c.worker_id,
        contact.c.site_id,
    ).join(contact, contact.c.id == contact_person.c.contact_id)


def _extremes(person_ids: Collection[Id]) -> Any:
    ends = (
        select(
            contact_person.c.person_id,
            func.min(contact_person.c.seen_at).label("first"),
            func.max(contact_person.c.seen_at).label("last"),
        )
        .where(contact_person.c.person_id.in_(person_ids), contact_person.c.state.in_(ROUGH))
        .group_by(contact_person.c.person_id)
        .subquery()
    )
    is_end = or_(contact_person.c.seen_at == ends.c.first, contact_person.c.seen_at == ends.c.last)
    return (
        _evidence()
        .join(ends, ends.c.person_id == contact_person.c.person_id)
        .where(contact_person.c.state.in_(ROUGH), is_end)
    )


def _collect(session: Session, found: dict[Id, list[Evidence]], query: Any) -> None:
    for row in session.execute(query):
        told = Contact(
            id=row.contact_id,
            state=ContactState(row.state),
            seen_at=row.seen_at,
            recorded_at=row.seen_at,
            night=row.seen_at.date(),
            worker_id=row.worker_id,
            team_id="",
            site_id=row.site_id,
            person_ids=(row.person_id,),
        )
        found[row.person_id].append(Evidence(contact=told, district_id=row.district_id))


def list_site_names(session: Session, site_ids: Collection[Id]) -> dict[Id, str]:
    """The names of these sites; those without a name are left out."""
    if not site_ids:
        return {}
    rows = session.execute(select(site.c.id, site.c.name).where(site.c.id.in_(site_ids), site.c.name != ""))
    return {row.id: row.name for row in rows}


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
