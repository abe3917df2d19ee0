"""What a page says: the server's own changes, and what they mean for the tables, in one order of locks with every push.

**The order**, on every road that writes for phones (a push, a page, a job, a replayed ledger):

1. the phones' rows (a push alone), in the order of their numbers;
2. records, by name (`server.database.locks`): those that a change names, those that are one person with them, the nights;
3. the rows that follow from them;
4. the feed counter, and the counters of the server's own log: held to the commit.

Who takes the counter first and waits for a record then waits for a push that waits for the counter. Where a circle is closed all
the same, PostgreSQL ends one of the two: a phone is told `busy` and a request is done again (`server.http.once_more`).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from server.actions.sync.projection.holding import hold_new
from server.queries.sync.store import Project, publish
from sync.authoring import NewChange
from sync.server import AcceptedChange
from sync.wire import SERVER_DEVICE


def say(session: Session, project: Project, new: Sequence[NewChange], now: datetime) -> None:
    """Let phones and tables hear these changes. None says nothing."""
    if not new:
        return
    now_ms = int(now.timestamp() * 1000)
    hold_new(session, new)
    said = publish(session, new, now_ms)
    project(session, [AcceptedChange(each, each.hlc, now_ms, SERVER_DEVICE) for each in said])
