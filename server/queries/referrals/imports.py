"""What importers did: one row a run, in which every row read is accounted for, and the rows refused as they were."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from server.tables.referrals.imports import held_file, import_batch, import_mapping, refused_row
from shared.model.value import Id

REFERRALS = "referrals"
NOTICES = "notices"
REASON_CHARACTERS = 400
RAW_CHARACTERS = 100_000
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


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that could not be used, as it was, with what to do about it."""

    row_number: int
    reason: str
    raw: str
    cells: Mapping[str, str] = msgspec.field(default_factory=dict)


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
            "reason": row.reason[:REASON_CHARACTERS],
            "raw": row.raw[:RAW_CHARACTERS],
            "cells": _encode_cells(row.cells),
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


def list_batches(session: Session, imported_by: Id, *, limit: int) -> list[ImportBatch]:
    """The files of reports that somebody brought in, newest first."""
    query = (
        select(import_batch)
        .where(import_batch.c.kind == REFERRALS, import_batch.c.imported_by == imported_by)
        .order_by(import_batch.c.started_at.desc(), import_batch.c.id.desc())
        .limit(limit)
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


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A refused row that nobody has mended or left out yet, with the file that it came in."""

    batch_id: Id
    row_number: int
    source: str
    file_name: str
    started_at: datetime
    district_id: Id | None
    reason: str
    raw: str
    cells: dict[str, str]


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


def list_refused(session: Session, *, limit: int, offset: int = 0, kind: str = REFERRALS) -> list[WaitingRow]:
    """The refused rows that wait, those of the newest file first."""
    query = _waiting(kind).order_by(*_NEWEST_FILE_FIRST).limit(limit).offset(offset)
    return [_waiting_row(found) for found in session.execute(query).mappings()]


def list_refused_in(session: Session, district_ids: Collection[Id], kind: str, *, limit: int) -> list[WaitingRow]:
    """The refused rows that wait of files for these districts, those of the newest file first."""
    query = _waiting(kind).where(import_batch.c.district_id.in_(sorted(district_ids))).order_by(*_NEWEST_FILE_FIRST)
    return [_waiting_row(found) for found in session.execute(query.limit(limit)).mappings()]


def count_refused_in(session: Session, district_ids: Collection[Id], kind: str) -> int:
    """How many wait of files for these districts."""
    query = select(func.count()).select_from(refused_row).join(import_batch, _OF_BATCH)
    theirs = (import_batch.c.kind == kind, import_batch.c.district_id.in_(sorted(district_ids)), _IS_WAITING)
    return session.scalar(query.where(*theirs)) or 0


def list_refused_before(session: Session, district_id: Id, kind: str) -> list[tuple[dict[str, str], bool]]:
    """The cells of every row that was refused of files for a district and is kept, and whether somebody has seen to it."""
    query = select(refused_row.c.cells, refused_row.c.settled_at).join(import_batch, _OF_BATCH)
    rows = session.execute(query.where(import_batch.c.kind == kind, import_batch.c.district_id == district_id))
    return [(_decode_cells(row.cells), row.settled_at is not None) for row in rows]


def find_refused(session: Session, batch_id: Id, row_number: int, kind: str = REFERRALS) -> WaitingRow | None:
    """One refused row that waits; None where there is none, or somebody has seen to it."""
    query = _waiting(kind).where(refused_row.c.batch_id == batch_id, refused_row.c.row_number == row_number)
    found = session.execute(query).mappings().first()
    return None if found is None else _waiting_row(found)


def settle_refused(session: Session, batch_id: Id, row_number: int, now: datetime, worker_id: Id) -> bool:
    """Take a row out of the tray: it is mended, or left out; False where somebody did so before. It is kept for its time."""
    waits = (refused_row.c.batch_id == batch_id) & (refused_row.c.row_number == row_number) & _IS_WAITING
    done = session.execute(update(refused_row).where(waits).values(settled_at=now, settled_by=worker_id))
    return bool(getattr(done, "rowcount", 0))


_OF_BATCH = import_batch.c.id == refused_row.c.batch_id
_IS_WAITING = refused_row.c.settled_at.is_(None)
_NEWEST_FILE_FIRST = (import_batch.c.started_at.desc(), refused_row.c.batch_id, refused_row.c.row_number)
_OF_THE_FILE = (import_batch.c.source, import_batch.c.file_name, import_batch.c.started_at, import_batch.c.district_id)


def _waiting(kind: str) -> Select[Any]:
    return (
        select(refused_row, *_OF_THE_FILE).join(import_batch, _OF_BATCH).where(import_batch.c.kind == kind, _IS_WAITING)
    )


def _waiting_row(found: Any) -> WaitingRow:
    return WaitingRow(
        batch_id=found["batch_id"], row_number=found["row_number"], source=found["source"], file_name=found["file_name"],
        started_at=found["started_at"], district_id=found["district_id"], reason=found["reason"], raw=found["raw"],
        cells=_decode_cells(found["cells"]),
    )  # fmt: skip


def _decode_cells(encoded: str) -> dict[str, str]:
    return msgspec.json.decode(encoded or "{}", type=dict[str, str])


def _encode_cells(cells: Mapping[str, str]) -> str:
    """The cells by heading; a row too long to be mended by hand has none."""
    plain = {name: text.replace("\x00", "\u2400") for name, text in cells.items()}
    encoded = json.dumps(plain)
    return encoded if len(encoded) <= RAW_CHARACTERS else "{}"
