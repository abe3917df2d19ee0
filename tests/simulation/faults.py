"""What can go wrong beneath a store: the process dies between two statements, or the disk is full.

Knows neither sync nor the world; it counts statements and stops where it was told to.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any


class Crash(Exception):
    """The process died. Whatever was not committed is gone, and so is everything in memory."""


class Fuse:
    """Burns through after so many statements: then `error` is raised in the middle of whatever is going on."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.error: Exception = Crash()

    def set(self, left: int, error: Exception) -> None:
        self.left, self.error = left, error

    def clear(self) -> None:
        self.left = None

    def burn(self) -> None:
        """Call before each statement."""
        if self.left is None:
            return
        if self.left == 0:
            self.left = None
            raise self.error
        self.left -= 1


def disk_full() -> sqlite3.OperationalError:
    return sqlite3.OperationalError("database or disk is full")


class FusedConnection:
    """A phone's connection with a fuse in it. `raw` is the durable image: it survives the phone's crash."""

    def __init__(self, raw: sqlite3.Connection, fuse: Fuse) -> None:
        self.raw, self.fuse = raw, fuse

    @property
    def in_transaction(self) -> bool:
        return self.raw.in_transaction

    def execute(self, sql: str, values: Iterable[Any] = ()) -> sqlite3.Cursor:
        if sql != "rollback":
            self.fuse.burn()
        return self.raw.execute(sql, tuple(values))

    def executemany(self, sql: str, rows: Iterable[Any]) -> sqlite3.Cursor:
        self.fuse.burn()
        return self.raw.executemany(sql, rows)


class Image(sqlite3.Connection):
    """A database in memory, gone when nobody holds it. Worlds make thousands; none of them has an end at which to close."""

    def __del__(self) -> None:
        self.close()


def new_image() -> sqlite3.Connection:
    """An empty one, which every thread may use."""
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, factory=Image)


def copy_image(raw: sqlite3.Connection) -> sqlite3.Connection:
    """What is durable in an image, as an image of its own."""
    copy = new_image()
    raw.backup(copy)
    return copy
