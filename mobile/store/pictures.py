"""Pictures that wait to be sent, inside the encrypted store: each beside the change that announces it, gone once the server has
it. What they show is not known here."""

from msgspec import Struct

from mobile.store.database import Connection
from shared.model.value import Id


class Waiting(Struct, frozen=True):
    """A picture to be sent."""

    sha256: str
    body: bytes


def put_picture(connection: Connection, sha256: str, body: bytes, document_id: Id, at_ms: int) -> None:
    """Keep a picture until it is sent; the same bytes once."""
    connection.execute(
        "INSERT OR IGNORE INTO picture (sha256, body, document_id, at) VALUES (?, ?, ?, ?)",
        (sha256, body, document_id, at_ms),
    )


def find_next(connection: Connection, after: str = "") -> Waiting | None:
    """One picture at a time, by its hash: the next after another."""
    row = connection.execute(
        "SELECT sha256, body FROM picture WHERE sha256 > ? ORDER BY sha256 LIMIT 1", (after,)
    ).fetchone()
    return Waiting(row[0], bytes(row[1])) if row is not None else None


def drop_picture(connection: Connection, sha256: str) -> None:
    """The server has it, or will never take it."""
    connection.execute("DELETE FROM picture WHERE sha256 = ?", (sha256,))


def drop_document(connection: Connection, document_id: Id) -> None:
    """The change that announced it says nothing any more."""
    connection.execute("DELETE FROM picture WHERE document_id = ?", (document_id,))


def drop_old(connection: Connection, before_ms: int) -> None:
    """What nobody took in all that time, nobody will: its announcement is gone from the server too."""
    connection.execute("DELETE FROM picture WHERE at < ?", (before_ms,))
