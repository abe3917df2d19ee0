"""Trying a part of what came: all of it or nothing stays, and a row at fault is told from a disk or a file at fault."""

import contextlib
from collections.abc import Iterator
from typing import Final

import msgspec

from mobile.store.sync_rows import Connection

ABOUT_WHAT_CAME: Final = (msgspec.MsgspecError, RecursionError, ValueError, TypeError, LookupError, ArithmeticError)
REFUSED_BY_TABLES: Final = frozenset({"IntegrityError", "DataError", "InterfaceError", "ProgrammingError"})


def is_about_what_came(fault: BaseException) -> bool:
    """Is a row at fault, as far as this app can read it, and not the disk or the file? Drivers share only the names of these."""
    return isinstance(fault, ABOUT_WHAT_CAME) or type(fault).__name__ in REFUSED_BY_TABLES


@contextlib.contextmanager
def attempt(db: Connection) -> Iterator[None]:
    """A part of the open transaction that leaves nothing behind when it fails."""
    db.execute("savepoint attempt")
    try:
        yield
    except BaseException:
        db.execute("rollback to attempt")
        raise
    finally:
        db.execute("release attempt")
