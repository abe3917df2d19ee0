"""What agencies were sent of conferences, as sealed bytes, and the versions of minutes. Who may read it is decided elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, literal, select, tuple_, update
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.statements import narrow
from server.queries.conferences.conferences import Circulated
from server.queries.people.concealment import case_not_concealed
from server.tables.conferences.conference import circulation
from server.tables.conferences.kept import circulated_case, minutes_case, minutes_version
from shared.model.value import Id, Value


class SealedCase(Value, frozen=True, kw_only=True):
    """One case of what one agency was sent."""

    circulation_id: Id
    case_id: Id
    position: int
    sha256: str
    sealed: bytes
    key_name: str


class MinutesVersion(Value, frozen=True, kw_only=True):
    """One version of the minutes, and who found it right."""

    id: Id
    conference_id: Id
    number: int
    at: datetime
    worker_id: Id
    why: str = ""
    checked_at: datetime | None = None
    checked_by: Id | None = None


class MinutesText(Value, frozen=True, kw_only=True):
    """What a version says of one case."""

    case_id: Id
    notes: str = ""
    outcome: str = ""


def add_circulated_cases(session: Session, sent: Sequence[SealedCase]) -> None:
    """Keep what was sent."""
    if sent:
        rows = [{name: getattr(each, name) for name in SealedCase.__struct_fields__} for each in sent]
        session.execute(insert(circulated_case), rows)


def set_digest(session: Session, circulation_id: Id, sha256: str) -> None:
    """Keep the digest of what was sent."""
    session.execute(update(circulation).where(circulation.c.id == circulation_id).values(sha256=sha256))


def list_circulated_cases(session: Session, circulation_ids: Collection[Id]) -> list[SealedCase]:
    """What was sent in these circulations, in the order of each paper; nothing of somebody hidden from the reader."""
    query = (
        select(circulated_case)
        .where(circulated_case.c.circulation_id.in_(circulation_ids))
        .order_by(circulated_case.c.circulation_id, circulated_case.c.position)
    )
    shown = narrow(query, case_not_concealed(session, circulated_case.c.case_id))
    return [SealedCase(**row) for row in session.execute(shown).mappings()]


@beyond_reader
def list_circulated_to_guest(session: Session, circulation_ids: Collection[Id], agency_id: Id) -> list[SealedCase]:
    """What an agency of elsewhere was sent: it reads that, and nothing of the cases themselves."""
    theirs = select(circulation.c.id).where(circulation.c.id.in_(circulation_ids), circulation.c.agency_id == agency_id)
    return list_circulated_cases(session, list(session.scalars(theirs)))


def list_sealed_otherwise(session: Session, key_name: str, after: tuple[Id, Id], limit: int) -> list[SealedCase]:
    """Some of what another key than this one has sealed, from the one after `after` on, by circulation and case."""
    place = circulated_case.c.circulation_id, circulated_case.c.case_id
    beyond = tuple_(*place) > tuple_(*map(literal, after))
    query = select(circulated_case).where(circulated_case.c.key_name != key_name, beyond).order_by(*place).limit(limit)
    rows = session.execute(query).mappings()
    return [SealedCase(**row) for row in rows]


def set_sealed(session: Session, anew: Sequence[SealedCase]) -> None:
    """The same bytes, sealed with another key."""
    for each in anew:
        this = circulated_case.c.circulation_id == each.circulation_id, circulated_case.c.case_id == each.case_id
        session.execute(update(circulated_case).where(*this).values(sealed=each.sealed, key_name=each.key_name))


def find_circulated(session: Session, conference_id: Id, circulation_id: Id) -> Circulated | None:
    """One circulation of a conference."""
    query = select(circulation).where(circulation.c.id == circulation_id, circulation.c.conference_id == conference_id)
    row = session.execute(query).mappings().first()
    return None if row is None else Circulated(**row)


def add_version(session: Session, new: MinutesVersion, texts: Sequence[MinutesText]) -> None:
    """Keep a version of the minutes."""
    session.execute(insert(minutes_version), [{name: getattr(new, name) for name in new.__struct_fields__}])
    if texts:
        rows = [
            {"version_id": new.id, "case_id": each.case_id, "notes": each.notes, "outcome": each.outcome}
            for each in texts
        ]
        session.execute(insert(minutes_case), rows)


def add_correction(session: Session, before_id: Id, new: MinutesVersion, corrected: MinutesText) -> None:
    """Keep a version that says of one case something else than the version before, and of all others the same: also of people
    who are hidden from whoever corrects."""
    add_version(session, new, [corrected])
    others = select(literal(new.id), minutes_case.c.case_id, minutes_case.c.notes, minutes_case.c.outcome).where(
        minutes_case.c.version_id == before_id, minutes_case.c.case_id != corrected.case_id
    )
    session.execute(insert(minutes_case).from_select(["version_id", "case_id", "notes", "outcome"], others))


def check_version(session: Session, version_id: Id, worker_id: Id, now: datetime) -> None:
    """Somebody found a version right."""
    session.execute(
        update(minutes_version).where(minutes_version.c.id == version_id).values(checked_at=now, checked_by=worker_id)
    )


def list_versions(session: Session, conference_id: Id) -> list[MinutesVersion]:
    """The versions of the minutes of a conference, the first one first."""
    query = (
        select(minutes_version)
        .where(minutes_version.c.conference_id == conference_id)
        .order_by(minutes_version.c.number)
    )
    return [MinutesVersion(**row) for row in session.execute(query).mappings()]


def list_texts(session: Session, version_id: Id) -> Mapping[Id, MinutesText]:
    """What a version says, by case; nothing of somebody hidden from the reader."""
    query = select(minutes_case.c.case_id, minutes_case.c.notes, minutes_case.c.outcome).where(
        minutes_case.c.version_id == version_id, *case_not_concealed(session, minutes_case.c.case_id)
    )
    return {row["case_id"]: MinutesText(**row) for row in session.execute(query).mappings()}
