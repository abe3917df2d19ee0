"""Attachments as rows: their bytes piece by piece, found by the hash of the whole.

The rules are in `sync.blobs`. Whether somebody may send or see an attachment is decided elsewhere.
"""

from typing import Protocol

from sqlalchemy.orm import Session

from server.database.sql import Sql
from server.tables.sync import sync as tables
from sync.blobs import BlobRefused, accept_piece, check_size, is_whole

ANNOUNCED_ANEW_AFTER_MS = 86_400_000


class Sealing(Protocol):
    """Seals pieces as they come, each bound to its place, and opens them again."""

    def seal(self, content: bytes, bound: str) -> bytes: ...

    def open(self, sealed: bytes, bound: str) -> bytes: ...


def begin_blob(session: Session, sha256: str, size: int, device: int | None = None, now_ms: int = 0) -> int:
    """Make room for an attachment; returns how many of its bytes are here already. Raises `BlobRefused`.

    While it is not whole, the phone that announced it may announce it with another size, and after a day anybody may: a wrong
    word must not keep an attachment out for ever.
    """
    check_size(size)
    sql = Sql(session)
    found = _find(sql, sha256)
    if found is None:
        sql.insert(tables.blob, [(sha256, size, 0, now_ms, device)])
        return 0
    known_size, received = found
    if known_size == size:
        return received
    by, at_ms = sql.rows("select device, begun_at_ms from sync_blob where sha256 = ?", sha256)[0]
    is_theirs = device is not None and by == device
    if received == known_size or not (is_theirs or now_ms - at_ms > ANNOUNCED_ANEW_AFTER_MS):
        raise BlobRefused("This attachment was announced with another size.", received)
    delete_blob(session, sha256)
    return begin_blob(session, sha256, size, device, now_ms)


def forget_unfinished(session: Session, before_ms: int) -> int:
    """Delete what was begun before a moment and is not filed yet; returns how many. A phone begins it again."""
    sql = Sql(session)
    found = sql.rows("select sha256 from sync_blob where begun_at_ms < ?", before_ms)
    for (sha256,) in found:
        delete_blob(session, sha256)
    return len(found)


def find_received(session: Session, sha256: str) -> int | None:
    """How many bytes of an attachment are here; None when it was never begun."""
    found = _find(Sql(session), sha256)
    return found[1] if found is not None else None


def append_blob(session: Session, sha256: str, start: int, piece: bytes, sealing: Sealing) -> int:
    """Take a piece; returns how many bytes are here now. A repeated piece changes nothing. Raises `BlobRefused`.

    When the last piece makes a whole that is not what its name promises, all of it is thrown away and 0 is returned.
    """
    sql = Sql(session)
    found = _find(sql, sha256, lock=True)
    if found is None:
        raise BlobRefused("This attachment was not begun.")
    size, received = found
    fresh = accept_piece(size, received, start, piece)
    if not fresh:
        return received
    sql.insert(tables.blob_part, [(sha256, received, sealing.seal(fresh, _bound(sha256, received)))])
    received += len(fresh)
    if received == size and not is_whole(sha256, _join(sql, sha256, sealing)):
        sql.run("delete from sync_blob_part where sha256 = ?", sha256)
        received = 0
    sql.run("update sync_blob set received = ? where sha256 = ?", received, sha256)
    return received


def find_blob(session: Session, sha256: str, sealing: Sealing) -> bytes | None:
    """The bytes of an attachment that has arrived whole."""
    sql = Sql(session)
    found = _find(sql, sha256)
    return _join(sql, sha256, sealing) if found is not None and found[0] == found[1] else None


def delete_blob(session: Session, sha256: str) -> None:
    """Delete an attachment's bytes for good."""
    sql = Sql(session)
    sql.run("delete from sync_blob_part where sha256 = ?", sha256)
    sql.run("delete from sync_blob where sha256 = ?", sha256)


def _find(sql: Sql, sha256: str, *, lock: bool = False) -> tuple[int, int] | None:
    query = "select size, received from sync_blob where sha256 = ?"
    row = sql.find(query + " for update" if lock and sql.is_postgres else query, sha256)
    return (row[0], row[1]) if row is not None else None


def _join(sql: Sql, sha256: str, sealing: Sealing) -> bytes:
    parts = sql.rows("select start, bytes from sync_blob_part where sha256 = ? order by start", sha256)
    return b"".join(sealing.open(bytes(part), _bound(sha256, start)) for start, part in parts)


def _bound(sha256: str, start: int) -> str:
    return f"{sha256}:{start}"
