"""Small named values that this phone keeps for itself inside the encrypted file: its configuration, tokens, last sync."""

from typing import TypeVar

from mobile.store.database import Connection
from mobile.store.rows import body_of, read_body

Struct = TypeVar("Struct")


def put_setting(connection: Connection, name: str, value: object) -> None:
    """Keep a value (any Struct or plain value) under a name."""
    connection.execute(
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, body_of(value)),
    )


def drop_setting(connection: Connection, name: str) -> None:
    """Keep nothing under a name."""
    connection.execute("DELETE FROM setting WHERE name = ?", (name,))


def list_names(connection: Connection, beginning: str) -> list[str]:
    """The names that begin so."""
    rows = connection.execute("SELECT name FROM setting WHERE substr(name, 1, ?) = ?", (len(beginning), beginning))
    return [name for (name,) in rows]


def find_setting(connection: Connection, name: str, kind: type[Struct]) -> Struct | None:
    """The value under a name."""
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return read_body(row[0], kind) if row else None
