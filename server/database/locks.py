"""Advisory locks: whoever derives something from records locks them first, to the end of the transaction.

Otherwise two transactions each derive from what they see, neither sees the other's facts, and the later word is wrong; or
each waits for a row of the other. SQLite has one writer as it is. PostgreSQL takes its locks always in the order
of their names and before the feed counter: the order of every road is in `server.actions.sync.saying`.
"""

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy.orm import Session

from server.database.sql import Sql
from shared.model.value import Id

EVERYTHING: Final = 0x4C616E7465726E
HELD_ONE_BY_ONE_MAX: Final = 64
"""More records than this are held all at once, everybody's: PostgreSQL keeps room for 64 locks a transaction."""


def lock_records(session: Session, ids: Iterable[Id]) -> None:
    """Lock these records; waits for whoever holds one of them. Once held, what others committed is seen.

    Holding more later in the same transaction is allowed; where that makes a circle, PostgreSQL ends one of the two.
    """
    sql = Sql(session)
    if not sql.is_postgres:
        return
    names = sorted(set(ids))
    if len(names) > HELD_ONE_BY_ONE_MAX:
        sql.rows("select pg_advisory_xact_lock(?)", EVERYTHING)
    elif names:
        sql.rows("select pg_advisory_xact_lock_shared(?)", EVERYTHING)
        sql.rows("select pg_advisory_xact_lock(hashtextextended(e.value, 0)) from ?@ e", names)


def holds_nothing(session: Session) -> bool:
    """Is there nothing to hold, since a database has one writer as it is?"""
    return not Sql(session).is_postgres


def lock_free_names(sql: Sql, names: Collection[str]) -> frozenset[str]:
    """Hold those of these names, the first of many, that nobody else holds, and say which; waits for nobody.

    For work that may as well be done by whoever comes next.
    """
    if not sql.is_postgres or not names:
        return frozenset(names)
    free = "select e.value from ?@ e where pg_try_advisory_xact_lock(hashtextextended(e.value, 0))"
    return frozenset(name for (name,) in sql.rows(free, sorted(names)[:HELD_ONE_BY_ONE_MAX]))
