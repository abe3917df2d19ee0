"""What importers did: one row a run, in which every row read is accounted for, and the rows refused as they were."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import insert
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


def add_batch(session: Session, batch: ImportBatch, refused: Iterable[RefusedRow]) -> None:
    """Keep the account of a run, and every row that it refused."""
    session.execute(insert(import_batch), [msgspec.structs.asdict(batch)])
    rows = [
        {
            "batch_id": batch.id,
            "row_number": row.row_number,
            "reason": row.reason[:REASON_CHARACTERS],
            "raw": row.raw[:RAW_CHARACTERS],
        }
        for row in refused
    ]
    if rows:
        session.execute(insert(refused_row), rows)
