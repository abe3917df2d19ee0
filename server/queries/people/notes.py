"""Notes of services about a person, and who broke the glass to read them."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from server.database.context import READERS, Kind, beyond_reader, raised
from server.database.sql import Sql
from server.database.statements import ids
from server.tables.operation.audit import audit
from server.tables.partnership.agency import agency
from server.tables.partnership.worker import worker
from server.tables.people.note import break_glass, person_note
from shared.model.value import Id, Value

FLAGGED = "flagged:"
"""How a refusal begins in the audit when it belongs in the privacy officer's queue (privacy rule A3)."""


MOST = 200
"""So many attempts, or copies that were made, are listed at once."""
OWN_COPY = "own copy made"
"""The purpose under which a person's own copy of everything is made."""


class PersonNote(Value, frozen=True, kw_only=True):
    """One note of one agency about one person."""

    id: Id
    person_id: Id
    agency_id: Id
    worker_id: Id
    at: datetime
    text: str


class BreakGlass(Value, frozen=True, kw_only=True):
    """One time somebody opened one person's notes in need."""

    id: Id
    person_id: Id
    worker_id: Id
    agency_id: Id
    at: datetime
    ends_at: datetime
    cause: str
    reason: str
    reviewed_at: datetime | None = None
    reviewed_by: Id | None = None
    finding: str = ""


class Attempt(Value, frozen=True, kw_only=True):
    """Somebody looked for notes that were not theirs to read. Says who and when, and of whom only the id."""

    at: datetime
    worker_name: str
    agency_name: str
    subject_id: Id


def add_note(session: Session, note: PersonNote) -> None:
    """Store a note."""
    session.execute(insert(person_note), [msgspec.structs.asdict(note)])


def list_notes(session: Session, person_ids: Collection[Id]) -> list[PersonNote]:
    """Every note about these records of one person, the newest first."""
    query = (
        select(person_note)
        .where(person_note.c.person_id.in_(person_ids))
        .order_by(person_note.c.at.desc(), person_note.c.id.desc())
    )
    return [PersonNote(**row) for row in session.execute(query).mappings()]


_KEEPERS = (
    select(agency.c.name)
    .distinct()
    .join(person_note, person_note.c.agency_id == agency.c.id)
    .where(person_note.c.person_id.in_(ids("person_ids")))
    .order_by(agency.c.name)
)


@beyond_reader
def list_keepers(session: Session, person_ids: Collection[Id]) -> list[str]:
    """The names of the agencies that keep notes about this person: whom to ask."""
    return list(session.scalars(_KEEPERS, {"person_ids": person_ids}))


_WITH_NOTES = """
with recursive same(whose, id) as (
    select asked.value, asked.value from ?@ asked
    union
    select s.whose, case when m.from_id = s.id then m.into_id else m.from_id end
    from same s join person_merge m on (m.from_id = s.id or m.into_id = s.id) and not m.undone
)
select distinct s.whose, n.agency_id from same s join person_note n on n.person_id = s.id
"""


def list_with_notes(session: Session, person_ids: Collection[Id]) -> dict[Id, set[Id]]:
    """Those of these people of whom agencies keep notes, under any of their records, with these agencies' ids. It sees what no
    phone's transaction does, and tells of a note no more than that it is there."""
    found: dict[Id, set[Id]] = {}
    with raised(session, above=READERS | {Kind.SYNC}):
        for person_id, agency_id in Sql(session).rows(_WITH_NOTES, sorted(person_ids)):
            found.setdefault(person_id, set()).add(agency_id)
    return found


def add_break_glass(session: Session, opened: BreakGlass) -> None:
    """Keep that the glass was broken."""
    session.execute(insert(break_glass), [msgspec.structs.asdict(opened)])


_OPENED_FOR = select(break_glass.c.worker_id).where(
    break_glass.c.person_id.in_(ids("person_ids")),
    break_glass.c.at <= bindparam("now"),
    break_glass.c.ends_at > bindparam("now"),
)


@beyond_reader
def list_opened_for(session: Session, person_ids: Collection[Id], now: datetime) -> frozenset[Id]:
    """The workers for whom this person's notes stand open now."""
    return frozenset(session.scalars(_OPENED_FOR, {"person_ids": person_ids, "now": now}))


def list_openings(session: Session, person_ids: Collection[Id]) -> list[BreakGlass]:
    """Every time this person's notes were opened in need, the newest first."""
    query = select(break_glass).where(break_glass.c.person_id.in_(person_ids))
    rows = session.execute(query.order_by(break_glass.c.at.desc(), break_glass.c.id)).mappings()
    return [BreakGlass(**row) for row in rows]


def count_reviewed(session: Session, since: datetime) -> tuple[int, int]:
    """How many openings since a moment were reviewed, and how many there were."""
    query = select(func.count(break_glass.c.reviewed_at), func.count()).where(break_glass.c.at >= since)
    reviewed, opened = session.execute(query).one()
    return reviewed, opened


def list_exports(session: Session, since: datetime, limit: int = MOST) -> list[Attempt]:
    """When somebody made the copy of everything held about a person, the newest first. Says of whom only the id."""
    query = (
        select(audit.c.at, audit.c.subject_id, worker.c.short_name, agency.c.name)
        .join(worker, worker.c.id == audit.c.actor_id)
        .join(agency, agency.c.id == audit.c.agency_id)
        .where(audit.c.action == "export_person", audit.c.allowed.is_(True), audit.c.at >= since)
        .where(audit.c.purpose == OWN_COPY)
        .order_by(audit.c.at.desc())
        .limit(limit)
    )
    return [
        Attempt(at=row.at, worker_name=row.short_name, agency_name=row.name, subject_id=row.subject_id)
        for row in session.execute(query)
    ]


def find_break_glass(session: Session, opened_id: Id) -> BreakGlass | None:
    """The breaking with this id."""
    row = session.execute(select(break_glass).where(break_glass.c.id == opened_id)).mappings().first()
    return None if row is None else BreakGlass(**row)


def list_unreviewed(session: Session) -> list[BreakGlass]:
    """What nobody has reviewed yet, the oldest first."""
    query = select(break_glass).where(break_glass.c.reviewed_at.is_(None)).order_by(break_glass.c.at, break_glass.c.id)
    return [BreakGlass(**row) for row in session.execute(query).mappings()]


def set_reviewed(session: Session, opened_id: Id, now: datetime, worker_id: Id, finding: str) -> None:
    """Keep what a review found."""
    session.execute(
        update(break_glass)
        .where(break_glass.c.id == opened_id)
        .values(reviewed_at=now, reviewed_by=worker_id, finding=finding)
    )


def list_attempts(session: Session, since: datetime, limit: int = MOST) -> list[Attempt]:
    """The refused looks at notes since a moment, the newest first."""
    query = (
        select(audit.c.at, audit.c.subject_id, worker.c.short_name, agency.c.name)
        .join(worker, worker.c.id == audit.c.actor_id)
        .join(agency, agency.c.id == audit.c.agency_id)
        .where(audit.c.allowed.is_(False), audit.c.reason.startswith(FLAGGED), audit.c.at >= since)
        .order_by(audit.c.at.desc())
        .limit(limit)
    )
    return [
        Attempt(at=row.at, worker_name=row.short_name, agency_name=row.name, subject_id=row.subject_id)
        for row in session.execute(query)
    ]


def list_attempted(session: Session, start: datetime, end: datetime) -> list[datetime]:
    """When somebody looked for notes that were not theirs, from one moment until before another."""
    within = (audit.c.at >= start) & (audit.c.at < end)
    query = select(audit.c.at).where(within, audit.c.allowed.is_(False), audit.c.reason.startswith(FLAGGED))
    return list(session.scalars(query))


def list_opened(session: Session, start: datetime, end: datetime) -> list[datetime]:
    """When the glass was broken, from one moment until before another."""
    return list(session.scalars(select(break_glass.c.at).where(break_glass.c.at >= start, break_glass.c.at < end)))
