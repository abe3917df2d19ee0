"""A circle of waiting that PostgreSQL ended: whoever it ended has written nothing, and may do the same again.

What one order of locks keeps from happening (`server.actions.sync.saying`), and is answered by doing again where it does all the
same. Done again is only what has committed nothing yet.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import OperationalError

DEADLOCK: Final = "40P01"


@dataclass
class Handling:
    """What somebody does who would do it again."""

    has_committed: bool = False


_attempt: ContextVar[Handling | None] = ContextVar("lantern_attempt", default=None)


@contextmanager
def attempting() -> Iterator[Handling]:
    """Watch what is committed within, in other threads that begin here too."""
    attempt = Handling()
    before = _attempt.set(attempt)
    try:
        yield attempt
    finally:
        _attempt.reset(before)


def note_commit() -> None:
    """Something was committed: only `server.database.engine` says so."""
    attempt = _attempt.get()
    if attempt is not None:
        attempt.has_committed = True


def is_deadlock(error: BaseException) -> bool:
    """Did PostgreSQL end this transaction so that another could go on?"""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) == DEADLOCK
