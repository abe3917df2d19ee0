"""A phone keeps what the next shifts need (rule B9): facts of the last four weeks, referrals that are open or were over since
then, five thousand people. Purged on each sync.

Only what came from others is let go, and only here: the server keeps everything, and the feeds' cursors do not move
back for it. Own changes leave when every backup holds them, which is `sync.device`'s to decide.
"""

from datetime import datetime, timedelta

from mobile.store import pictures, retention
from mobile.store.record import Record
from mobile.store.rows import to_ms

KEPT_DAYS = 28
PEOPLE_MAX = 5_000
UNSENT_DAYS = 14
"""So long a picture waits for a server that does not take it (privacy rule B6)."""


def purge(record: Record, now: datetime, kept_days: int = KEPT_DAYS, people_max: int = PEOPLE_MAX) -> int:
    """Let go of what is older than the shift needs. Returns how many changes went. Raises `StoreError`."""
    before_ms = to_ms(now - timedelta(days=kept_days))
    with record.store.writing() as connection:
        facts = retention.list_old_facts(connection, before_ms)
        people = retention.list_people_beyond(connection, people_max)
        referrals = retention.list_closed_referrals(connection, before_ms)
        pictures.drop_old(connection, to_ms(now - timedelta(days=UNSENT_DAYS)))
        went = retention.let_go(connection, facts, people)
        return went + retention.let_referrals_go(connection, referrals)
