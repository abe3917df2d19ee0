"""The facts about people that come one by one: needs, merged records, verifications, and who opened whose record."""

from mobile.store.database import Connection
from mobile.store.rows import body_of, to_ms
from shared.model.device import RecordRead
from shared.model.person import NeedRecorded, PersonMerged
from shared.model.value import Id
from shared.model.verification import Verification


def put_need(connection: Connection, need: NeedRecorded) -> None:
    """Keep a need seen or told."""
    connection.execute(
        "INSERT OR IGNORE INTO need (id, person_id, need, at, body) VALUES (?, ?, ?, ?, ?)",
        (need.id, need.person_id, str(need.need), to_ms(need.at), body_of(need)),
    )


def put_merged(connection: Connection, merged: PersonMerged) -> None:
    """Keep that two records are one person, or that they are not after all."""
    connection.execute(
        "INSERT OR IGNORE INTO person_merged (id, from_id, into_id, at, undone) VALUES (?, ?, ?, ?, ?)",
        (merged.id, merged.from_id, merged.into_id, to_ms(merged.at), merged.undone),
    )


def drop_merged(connection: Connection, merged_id: Id) -> None:
    """A word on two records that this phone may show no more."""
    connection.execute("DELETE FROM person_merged WHERE id = ?", (merged_id,))


def put_verification(connection: Connection, verification: Verification) -> None:
    """Keep a judgement that somebody sleeps rough."""
    connection.execute(
        "INSERT OR IGNORE INTO verification (id, person_id, at, body) VALUES (?, ?, ?, ?)",
        (verification.id, verification.person_id, to_ms(verification.at), body_of(verification)),
    )


def put_read(connection: Connection, read: RecordRead) -> None:
    """Keep that somebody opened a record here (rule A6)."""
    connection.execute(
        "INSERT OR IGNORE INTO record_read (id, subject_id, at) VALUES (?, ?, ?)",
        (read.id, read.subject_id, to_ms(read.at)),
    )


def find_last_read(connection: Connection, subject_id: Id) -> int | None:
    """When this record was last opened on this phone, in ms."""
    row = connection.execute("SELECT max(at) FROM record_read WHERE subject_id = ?", (subject_id,)).fetchone()
    return None if row[0] is None else int(row[0])
