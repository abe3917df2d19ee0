"""Who may be the same person: what the rule compares, the pairs that it found, what people judged, and who was joined.

Which of it a reader sees is policy's to say: they may open one of the two records.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.queries.people.concealment import not_concealed
from server.queries.people.people import read_person
from server.queries.people.verification import list_groups
from server.tables.people.identity import identity_judgement, likely_same
from server.tables.people.person import person, person_merge
from server.tables.street.contact import contact, contact_person
from shared.model.codes import IdentityWord
from shared.model.person import PersonMerged
from shared.model.position import Position
from shared.model.value import Id, Value
from shared.rules.evidence import Sighting

AT_ONCE = 5_000
"""A statement of PostgreSQL takes 65,535 values: after a county was brought in, more people than that are new."""
Pair = tuple[Id, Id]
"""Two records, the one whose id is lower first."""


class Likely(Value, frozen=True, kw_only=True):
    """Two records that may be one person, and the evidence in bits."""

    one_id: Id
    other_id: Id
    bits: float
    found_at: datetime

    @property
    def pair(self) -> Pair:
        return self.one_id, self.other_id


class Judgement(Value, frozen=True, kw_only=True):
    """What somebody said of two records, and which of them they could open then."""

    id: Id
    one_id: Id
    other_id: Id
    said: IdentityWord
    at: datetime
    worker_id: Id
    saw_one: bool
    saw_other: bool


def in_order(one_id: Id, other_id: Id) -> Pair:
    """Two records as they are kept."""
    return min(one_id, other_id), max(one_id, other_id)


# ------------------------------------------------------------------------------------------------- what is compared
_NEWEST = (
    select(contact_person.c.contact_id)
    .where(contact_person.c.person_id == person.c.id)
    .order_by(contact_person.c.seen_at.desc(), contact_person.c.contact_id.desc())
    .limit(1)
    .correlate(person)
    .scalar_subquery()
)
_MET = (
    select(
        person, contact.c.seen_at, contact.c.site_id, contact.c.latitude, contact.c.longitude,
        contact.c.team_id.label("met_by"),
    )
    .select_from(person)
    .outerjoin(contact, contact.c.id == _NEWEST)
    .order_by(person.c.id)
)  # fmt: skip


def list_sightings(
    session: Session,
    *,
    person_ids: Collection[Id] | None = None,
    changed_since: datetime | None = None,
    near: tuple[Collection[Id], Collection[Id]] | None = None,
) -> Iterator[Sighting]:
    """Everybody, or those asked for (by id, by when their record was changed last, or of these teams and districts and of whom
    the reader may know), each with when and where they were last met."""
    query = _MET
    if person_ids is not None:
        query = query.where(person.c.id.in_(sorted(person_ids)))
    if changed_since is not None:
        query = query.where(person.c.changed_at >= changed_since)
    if near is not None:
        query = query.where(_of(*near), *not_concealed(session, person.c.id))
    for row in session.execute(query).mappings():
        placed = row["latitude"] is not None and row["longitude"] is not None
        yield Sighting(
            person=read_person(row),
            seen_at=row["seen_at"],
            site_id=row["site_id"],
            team_id=row["met_by"] or row["team_id"],
            position=Position(latitude=row["latitude"], longitude=row["longitude"]) if placed else None,
        )


def _of(team_ids: Collection[Id], district_ids: Collection[Id]) -> Any:
    return person.c.team_id.in_(sorted(team_ids)) | person.c.district_id.in_(sorted(district_ids))


def _of_or_met(team_ids: Collection[Id], district_ids: Collection[Id]) -> Any:
    """Records of these teams and districts, and whoever was met by them or there."""
    met = select(contact_person.c.person_id).where(
        contact_person.c.team_id.in_(sorted(team_ids)) | contact_person.c.district_id.in_(sorted(district_ids))
    )
    return select(person.c.id).where(_of(team_ids, district_ids)).union(met).scalar_subquery()


@beyond_reader
def list_sightings_of(session: Session, person_ids: Collection[Id]) -> list[Sighting]:
    """These records, to lay them beside one another: of which the reader sees more than that they are there, policy says."""
    return list(list_sightings(session, person_ids=person_ids))


def has_one_died(session: Session, pair: Pair) -> bool:
    """Is it said of one of two records, with all that are one with it, that they have died, and of the other not?"""
    groups = list_groups(session, pair)
    known = list_sightings_of(session, groups[pair[0]] | groups[pair[1]])
    died = {each.person.id for each in known if each.person.died_on is not None}
    return bool(died & groups[pair[0]]) != bool(died & groups[pair[1]])


# ------------------------------------------------------------------------------------------------ the pairs found
def replace_likely(session: Session, found: Collection[Likely]) -> None:
    """What the whole county was found to hold: what was found before and no longer is goes."""
    session.execute(delete(likely_same))
    bulk.insert_all(session, likely_same, [_row(each) for each in found])


def renew_likely(session: Session, person_ids: Collection[Id], found: Collection[Likely]) -> None:
    """What was found anew of these people."""
    every = sorted(person_ids)
    for start in range(0, len(every), AT_ONCE):
        session.execute(delete(likely_same).where(_about(likely_same, every[start : start + AT_ONCE])))
    bulk.insert_new(session, likely_same, [_row(each) for each in found])


def _row(found: Likely) -> dict[str, Any]:
    return {"one_id": found.one_id, "other_id": found.other_id, "bits": found.bits, "found_at": found.found_at}


def _about(table: Any, person_ids: Collection[Id]) -> Any:
    ids = sorted(person_ids)
    return or_(table.c.one_id.in_(ids), table.c.other_id.in_(ids))


@beyond_reader
def list_likely(session: Session, team_ids: Collection[Id], district_ids: Collection[Id]) -> list[Likely]:
    """Pairs of which one at least is these teams' or districts' or was met by them, the strongest first."""
    ids = _of_or_met(team_ids, district_ids)
    query = select(likely_same).where(or_(likely_same.c.one_id.in_(ids), likely_same.c.other_id.in_(ids)))
    return _read_likely(
        session, query.order_by(likely_same.c.bits.desc(), likely_same.c.one_id, likely_same.c.other_id)
    )


@beyond_reader
def list_likely_of(session: Session, person_ids: Collection[Id]) -> list[Likely]:
    """Pairs that one of these records is in, the strongest first."""
    query = select(likely_same).where(_about(likely_same, person_ids))
    return _read_likely(
        session, query.order_by(likely_same.c.bits.desc(), likely_same.c.one_id, likely_same.c.other_id)
    )


def _read_likely(session: Session, query: Any) -> list[Likely]:
    return [Likely(**row) for row in session.execute(query).mappings()]


# ---------------------------------------------------------------------------------------------- what people judged
def add_judgement(session: Session, said: Judgement) -> None:
    """Keep what somebody said."""
    row = {name: getattr(said, name) for name in Judgement.__struct_fields__} | {"said": str(said.said)}
    session.execute(insert(identity_judgement), [row])


@beyond_reader
def list_judgements(session: Session, person_ids: Collection[Id]) -> dict[Pair, list[Judgement]]:
    """What was said of each two records of which one is among these, in the order in which it was said."""
    query = select(identity_judgement).where(_about(identity_judgement, person_ids))
    found: dict[Pair, list[Judgement]] = {}
    for row in session.execute(query.order_by(identity_judgement.c.at, identity_judgement.c.id)).mappings():
        said = Judgement(**{**row, "said": IdentityWord(row["said"])})
        found.setdefault((said.one_id, said.other_id), []).append(said)
    return found


def standing(words: Sequence[Judgement]) -> list[Judgement]:
    """Of all that was said of two records, the words that they are one since somebody last said that they are two."""
    last = max((n for n, each in enumerate(words) if each.said is not IdentityWord.SAME), default=-1)
    return list(words[last + 1 :])


# ------------------------------------------------------------------------------------------------- who was joined
@beyond_reader
def list_joined(session: Session, person_ids: Collection[Id]) -> list[PersonMerged]:
    """Joinings that stand, of which one record is among these; the newest first."""
    ids = sorted(person_ids)
    query = select(person_merge).where(
        person_merge.c.undone.is_(False), or_(person_merge.c.from_id.in_(ids), person_merge.c.into_id.in_(ids))
    )
    return _read_joined(session, query)


@beyond_reader
def list_joined_of(session: Session, team_ids: Collection[Id], district_ids: Collection[Id]) -> list[PersonMerged]:
    """Joinings that stand, of which one record is these teams' or districts' or was met by them; the newest first."""
    ids = _of_or_met(team_ids, district_ids)
    query = select(person_merge).where(
        person_merge.c.undone.is_(False), or_(person_merge.c.from_id.in_(ids), person_merge.c.into_id.in_(ids))
    )
    return _read_joined(session, query)


def _read_joined(session: Session, query: Any) -> list[PersonMerged]:
    rows = session.execute(query.order_by(person_merge.c.at.desc(), person_merge.c.id)).mappings()
    return [PersonMerged(**row) for row in rows]


def find_last_said(session: Session, pair: Pair) -> datetime | None:
    """When somebody last said of these two, from wherever, that they are one or are not."""
    one, other = pair
    named = (person_merge.c.from_id.in_([one, other])) & (person_merge.c.into_id.in_([one, other]))
    found: datetime | None = session.scalar(
        select(person_merge.c.at).where(named).order_by(person_merge.c.at.desc()).limit(1)
    )
    return found


def list_known_since(session: Session, person_ids: Sequence[Id]) -> dict[Id, datetime]:
    """When each of these records was begun."""
    query = select(person.c.id, person.c.created_at).where(person.c.id.in_(sorted(person_ids)))
    return {row.id: row.created_at for row in session.execute(query)}
