"""How often something was tried, counted in the database so that every process counts together."""

from datetime import timedelta

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from server.tables.operation.session import rate_limit
from shared.model.value import Value


class Limit(Value, frozen=True, kw_only=True):
    """At most `tries` in a `window`, which begins with the first try."""

    purpose: str
    tries: int
    window: timedelta


def count_try(session: Session, limit: Limit, subject: str, now_ms: int) -> int:
    """Count one try; returns for how many milliseconds `subject` must wait: 0 when it may go on.

    `subject` is a hash of whatever is limited. The count stands whether or not what follows succeeds, so give this a
    transaction of its own.
    """
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(rate_limit)
    is_over = rate_limit.c.window_ends_ms <= now_ms
    window_ms = int(limit.window.total_seconds() * 1000)
    row = session.execute(
        insert.values(purpose=limit.purpose, subject=subject, window_ends_ms=now_ms + window_ms, tries=1)
        .on_conflict_do_update(
            index_elements=["purpose", "subject"],
            set_={
                "tries": case((is_over, 1), else_=rate_limit.c.tries + 1),
                "window_ends_ms": case((is_over, now_ms + window_ms), else_=rate_limit.c.window_ends_ms),
            },
        )
        .returning(rate_limit.c.tries, rate_limit.c.window_ends_ms)
    ).one()
    return int(row.window_ends_ms) - now_ms if row.tries > limit.tries else 0


def forgive_try(session: Session, purpose: str, subject: str) -> None:
    """Take one try back: it was nobody who guesses."""
    theirs = (rate_limit.c.purpose == purpose) & (rate_limit.c.subject == subject) & (rate_limit.c.tries > 0)
    session.execute(update(rate_limit).where(theirs).values(tries=rate_limit.c.tries - 1))


def forget_tries(session: Session, purpose: str, subject: str) -> None:
    """Begin anew, after a success."""
    session.execute(delete(rate_limit).where(rate_limit.c.purpose == purpose, rate_limit.c.subject == subject))


def forget_old_windows(session: Session, now_ms: int) -> None:
    """Delete what no longer limits anybody."""
    session.execute(delete(rate_limit).where(rate_limit.c.window_ends_ms < now_ms))
