"""What importers did: one row a run, in which every row read is accounted for, and the rows refused as they were."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from server.tables.referrals.imports import import_batch, refused_row
from shared.model.value import Id

REASON_CHARACTERS = 400
RAW_CHARACTERS = 100_000


class ImportBatch(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an importer: of which file, when, and what became of its rows."""

    id: Id
    kind: str
    source: str
    file_name: str
    file_sha256: str
    started_at: datetime
    finished_at: datetime
    rows_read: int
    accepted: int
    duplicates: int
    wrong_area: int
    needs_information: int
    refused: int


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that could not be used, as it was, with what to do about it."""

    row_number: int
    reason: str
    raw: str
    cells: Mapping[str, str] = msgspec.field(default_factory=dict)


def add_batch(session: Session, batch: ImportBatch, refused: Iterable[RefusedRow]) -> None:
    """Keep the account of a run, and every row that it refused."""
    session.execute(insert(import_batch), [msgspec.structs.asdict(batch)])
    rows = [
        {
            "batch_id": batch.id,
            "row_number": row.row_number,
            "reason": row.reason[:REASON_CHARACTERS],
            "raw": row.raw[:RAW_CHARACTERS],
            "cells": _encode_cells(row.cells),
        }
        for row in refused
    ]
    if rows:
        session.execute(insert(refused_row), rows)


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A refused row that nobody has mended or left out yet, with the file that it came in."""

    batch_id: Id
    row_number: int
    source: str
    file_name: str
    started_at: datetime
    reason: str
    raw: str
    cells: dict[str, str]


def count_refused(session: Session) -> int:
    """How many refused rows of referrals wait to be mended."""
    return session.scalar(select(func.count()).select_from(_waiting().subquery())) or 0


def list_refused(session: Session, *, limit: int, offset: int = 0) -> list[WaitingRow]:
    """The refused rows that wait, those of the newest file first."""
    query = _waiting().order_by(import_batch.c.started_at.desc(), refused_row.c.batch_id, refused_row.c.row_number)
    return [_waiting_row(found) for found in session.execute(query.limit(limit).offset(offset)).mappings()]


def find_refused(session: Session, batch_id: Id, row_number: int) -> WaitingRow | None:
    """One refused row that waits; None where there is none, or somebody has seen to it."""
    query = _waiting().where(refused_row.c.batch_id == batch_id, refused_row.c.row_number == row_number)
    found = session.execute(query).mappings().first()
    return None if found is None else _waiting_row(found)


def settle_refused(session: Session, batch_id: Id, row_number: int, now: datetime, worker_id: Id) -> None:
    """Take a row out of the tray: it was mended, or somebody left it out. The row itself is kept for its time."""
    session.execute(
        update(refused_row)
        .where(refused_row.c.batch_id == batch_id, refused_row.c.row_number == row_number)
        .values(settled_at=now, settled_by=worker_id)
    )


def _waiting() -> Select[Any]:
    return (
        select(refused_row, import_batch.c.source, import_batch.c.file_name, import_batch.c.started_at)
        .join(import_batch, import_batch.c.id == refused_row.c.batch_id)
        .where(import_batch.c.kind == "referrals", refused_row.c.settled_at.is_(None))
    )


def _waiting_row(found: Any) -> WaitingRow:
    return WaitingRow(
        batch_id=found["batch_id"], row_number=found["row_number"], source=found["source"], file_name=found["file_name"],
        started_at=found["started_at"], reason=found["reason"], raw=found["raw"],
        cells=msgspec.json.decode(found["cells"] or "{}", type=dict[str, str]),
    )  # fmt: skip


def _encode_cells(cells: Mapping[str, str]) -> str:
    """The cells by heading; a row too long to be mended by hand has none."""
    plain = {name: text.replace("\x00", "\u2400") for name, text in cells.items()}
    encoded = json.dumps(plain)
    return encoded if len(encoded) <= RAW_CHARACTERS else "{}"
