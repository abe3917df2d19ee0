"""What importers did: one row a run, in which every row read is accounted for, and the rows refused, sealed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from server.tables.referrals.imports import held_file, import_batch, import_mapping, refused_row
from shared.model.value import Id

REFERRALS = "referrals"
NOTICES = "notices"
HELD_FOR = timedelta(days=14)
"""A file that nobody brought to its end is forgotten after so long: it may name people."""


class ImportBatch(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an importer: of which file, by whom, when, and what became of its rows. Unfinished: it was cut off."""

    id: Id
    kind: str
    source: str
    file_name: str
    file_sha256: str
    started_at: datetime
    imported_by: Id = ""
    district_id: Id | None = None
    finished_at: datetime | None = None
    undone_at: datetime | None = None
    rows_read: int = 0
    accepted: int = 0
    duplicates: int = 0
    wrong_area: int = 0
    needs_information: int = 0
    refused: int = 0
    part_of: Id | None = None
    part_row: int | None = None


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that could not be used, sealed, and by what it is known again."""

    row_number: int
    held: str
    mark: str


def add_batch(session: Session, batch: ImportBatch) -> None:
    """Begin the account of a run."""
    session.execute(insert(import_batch), [msgspec.structs.asdict(batch)])


def set_counts(session: Session, batch_id: Id, counts: Mapping[str, int], refused: Iterable[RefusedRow]) -> None:
    """Write down what has become of the rows so far, and keep those that were refused just now."""
    session.execute(update(import_batch).where(import_batch.c.id == batch_id).values(**counts))
    rows = [
        {
            "batch_id": batch_id,
            "row_number": row.row_number,
            "held": row.held,
            "mark": row.mark,
        }
        for row in refused
    ]
    if rows:
        session.execute(insert(refused_row), rows)


def finish_batch(session: Session, batch_id: Id, now: datetime) -> None:
    """Say that the file was read to its end."""
    session.execute(update(import_batch).where(import_batch.c.id == batch_id).values(finished_at=now))


def find_batch(session: Session, batch_id: Id) -> ImportBatch | None:
    """One run; None where there is none."""
    row = session.execute(select(import_batch).where(import_batch.c.id == batch_id)).mappings().first()
    return None if row is None else ImportBatch(**row)


def list_parts(session: Session, batch_id: Id) -> list[ImportBatch]:
    """The rows of a file that were mended and brought in alone, and not undone since."""
    theirs = (import_batch.c.part_of == batch_id, import_batch.c.undone_at.is_(None))
    query = select(import_batch).where(*theirs).order_by(import_batch.c.id)
    return [ImportBatch(**row) for row in session.execute(query).mappings()]


def list_batches(session: Session, imported_by: Id, *, limit: int, offset: int = 0) -> list[ImportBatch]:
    """The files of reports that somebody brought in, and the rows that they mended, newest first."""
    query = (
        select(import_batch)
        .where(import_batch.c.kind == REFERRALS, import_batch.c.imported_by == imported_by)
        .order_by(import_batch.c.started_at.desc(), import_batch.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [ImportBatch(**row) for row in session.execute(query).mappings()]


class HeldFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that somebody is about to bring in. `held` is sealed."""

    id: Id
    begun_at: datetime
    begun_by: Id
    file_name: str
    held: str = ""


def hold_file(session: Session, new: HeldFile) -> None:
    """Keep a file until it is brought in."""
    session.execute(insert(held_file), [msgspec.structs.asdict(new)])


def lock_held(session: Session, file_id: Id, worker_id: Id) -> HeldFile | None:
    """A file that this worker is about to bring in, which nobody else changes until the transaction ends."""
    query = select(held_file).where(held_file.c.id == file_id, held_file.c.begun_by == worker_id).with_for_update()
    row = session.execute(query).mappings().first()
    return None if row is None else HeldFile(**row)


def list_held(session: Session, worker_id: Id) -> list[HeldFile]:
    """The files that a worker has not brought to their end, newest first, without what is in them."""
    columns = [column for column in held_file.c if column.name != "held"]
    query = select(*columns).where(held_file.c.begun_by == worker_id).order_by(held_file.c.begun_at.desc())
    return [HeldFile(**row) for row in session.execute(query).mappings()]


def set_held(session: Session, file_id: Id, held: str) -> None:
    """Keep what was answered about a file so far."""
    session.execute(update(held_file).where(held_file.c.id == file_id).values(held=held))


def drop_held(session: Session, file_id: Id) -> None:
    """Let go of a file."""
    session.execute(delete(held_file).where(held_file.c.id == file_id))


def forget_held(session: Session, now: datetime) -> int:
    """Let go of files that nobody brought to their end; returns how many."""
    old = session.execute(delete(held_file).where(held_file.c.begun_at < now - HELD_FOR))
    return int(getattr(old, "rowcount", 0))


class SavedMapping(msgspec.Struct, frozen=True, kw_only=True):
    """What the headings of a source's table mean, by name."""

    name: str
    source: str
    meanings: dict[str, str]


def list_mappings(session: Session) -> list[SavedMapping]:
    """Every mapping that is kept, the newest first."""
    rows = session.execute(select(import_mapping).order_by(import_mapping.c.changed_at.desc(), import_mapping.c.id))
    return [
        SavedMapping(
            name=row["name"], source=row["source"],
            meanings=msgspec.json.decode(row["meanings"], type=dict[str, str]),
        )
        for row in rows.mappings()
    ]  # fmt: skip


def keep_mapping(session: Session, mapping_id: Id, mapping: SavedMapping, now: datetime) -> None:
    """Keep a mapping under its name, in the place of what stood under it."""
    session.execute(delete(import_mapping).where(import_mapping.c.name == mapping.name))
    row = {
        "id": mapping_id, "name": mapping.name, "source": mapping.source, "changed_at": now,
        "meanings": msgspec.json.encode(mapping.meanings).decode(),
    }  # fmt: skip
    session.execute(insert(import_mapping), [row])


class KeptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A refused row that nobody has mended or left out yet, sealed, with the file that it came in."""

    batch_id: Id
    row_number: int
    source: str
    file_name: str
    started_at: datetime
    district_id: Id | None
    held: str


def count_refused(session: Session) -> int:
    """How many refused rows of referrals wait to be mended."""
    return session.scalar(counting_refused()) or 0


@cache
def counting_refused() -> Select[Any]:
    """The question itself."""
    return (
        select(func.count())
        .select_from(refused_row)
        .join(import_batch, _OF_BATCH)
        .where(import_batch.c.kind == REFERRALS, _IS_WAITING)
    )


def list_refused(session: Session, *, limit: int, offset: int = 0, kind: str = REFERRALS) -> list[KeptRow]:
    """The refused rows that wait, those of the newest file first."""
    query = _waiting(kind).order_by(*_NEWEST_FILE_FIRST).limit(limit).offset(offset)
    return [KeptRow(**found) for found in session.execute(query).mappings()]


def list_refused_in(session: Session, district_ids: Collection[Id], kind: str, *, limit: int) -> list[KeptRow]:
    """The refused rows that wait of files for these districts, those of the newest file first."""
    query = _waiting(kind).where(import_batch.c.district_id.in_(sorted(district_ids))).order_by(*_NEWEST_FILE_FIRST)
    return [KeptRow(**found) for found in session.execute(query.limit(limit)).mappings()]


def count_refused_in(session: Session, district_ids: Collection[Id], kind: str) -> int:
    """How many wait of files for these districts."""
    query = select(func.count()).select_from(refused_row).join(import_batch, _OF_BATCH)
    theirs = (import_batch.c.kind == kind, import_batch.c.district_id.in_(sorted(district_ids)), _IS_WAITING)
    return session.scalar(query.where(*theirs)) or 0


def list_marks(session: Session, district_id: Id, kind: str) -> dict[str, bool]:
    """Every row that was refused of files for a district and is known still, by its mark: has somebody seen to it?"""
    query = select(refused_row.c.mark, refused_row.c.settled_at).join(import_batch, _OF_BATCH)
    rows = session.execute(query.where(import_batch.c.kind == kind, import_batch.c.district_id == district_id))
    seen: dict[str, bool] = {}
    for row in rows:
        seen[row.mark] = seen.get(row.mark, False) or row.settled_at is not None
    return seen


def list_unlike(session: Session, name: str) -> list[KeptRow]:
    """The rows that are held, of whatever kind, whose mark begins with another name than this."""
    query = select(*_KEPT).join(import_batch, _OF_BATCH).where(_IS_HELD, refused_row.c.mark.not_like(f"{name}.%"))
    return [KeptRow(**found) for found in session.execute(query).mappings()]


def set_words(session: Session, row: KeptRow, sealed: RefusedRow) -> None:
    """Keep a row that is held as it is sealed now."""
    session.execute(
        update(refused_row)
        .where(_is_row(row.batch_id, row.row_number), _IS_HELD)
        .values(held=sealed.held, mark=sealed.mark)
    )


def find_refused(session: Session, batch_id: Id, row_number: int, kind: str = REFERRALS) -> KeptRow | None:
    """One refused row that waits; None where there is none, or somebody has seen to it."""
    query = _waiting(kind).where(_is_row(batch_id, row_number))
    found = session.execute(query).mappings().first()
    return None if found is None else KeptRow(**found)


def settle_refused(
    session: Session, batch_id: Id, row_number: int, now: datetime, worker_id: Id, *, keeps: bool = False
) -> bool:
    """Take a row out of the tray, and its words out of the database unless it `keeps` them: it is mended, or left out; False
    where somebody did so before."""
    waits = _is_row(batch_id, row_number) & _IS_WAITING
    values = {"settled_at": now, "settled_by": worker_id} | ({} if keeps else {"held": ""})
    done = session.execute(update(refused_row).where(waits).values(**values))
    return bool(getattr(done, "rowcount", 0))


def let_wait_again(session: Session, batch_id: Id, row_number: int) -> None:
    """Put a row that was mended back into the tray, as it came."""
    mended = _is_row(batch_id, row_number) & _IS_HELD
    session.execute(update(refused_row).where(mended).values(settled_at=None, settled_by=None))


_OF_BATCH = import_batch.c.id == refused_row.c.batch_id
_IS_WAITING = refused_row.c.settled_at.is_(None)
_IS_HELD = refused_row.c.held != ""
_NEWEST_FILE_FIRST = (import_batch.c.started_at.desc(), refused_row.c.batch_id, refused_row.c.row_number)
_KEPT = (
    refused_row.c.batch_id, refused_row.c.row_number, refused_row.c.held,
    import_batch.c.source, import_batch.c.file_name, import_batch.c.started_at, import_batch.c.district_id,
)  # fmt: skip


def _is_row(batch_id: Id, row_number: int) -> ColumnElement[bool]:
    return (refused_row.c.batch_id == batch_id) & (refused_row.c.row_number == row_number)


def _waiting(kind: str) -> Select[Any]:
    return select(*_KEPT).join(import_batch, _OF_BATCH).where(import_batch.c.kind == kind, _IS_WAITING)
