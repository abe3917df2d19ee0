"""What every question of a phone leaves behind, written for many at once: its nonce is used up, and that it was seen.

What a phone is told is read in a transaction that writes nothing, so that it waits for no writer and could come from a replica.
Only then, and before it is answered, this is written down, together with what waits of others: a request that came before is told
nothing. Whoever comes first writes for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from server.database.engine import BUSY, Database
from server.queries.sync import store as sync
from server.queries.sync.devices import Visit
from server.sync_api.identity import Caller, refuse_proof, use_up


@dataclass(eq=False)
class _Noted:
    """One question, and whether it is new; None until it was written down."""

    caller: Caller
    now: datetime
    visit: Visit | None
    is_new: bool | None = field(default=None)


class Visits:
    """The questions of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Noted] = []
        self._gate, self._turn = Lock(), Lock()

    def note(self, caller: Caller, now: datetime, visit: Visit | None = None) -> None:
        """Write it down; durable when this returns. Raises Failure (401) for a question that came before, and what a database
        that is not free raises (`BUSY`): then this phone must ask again."""
        mine = _Noted(caller, now, visit)
        with self._gate:
            self._waiting.append(mine)
        with self._turn:
            while mine.is_new is None:
                self._write(mine, self._take(mine), now)
        if not mine.is_new:
            raise refuse_proof(now)

    def _take(self, mine: _Noted) -> list[_Noted]:
        """Those that wait, one of each phone: of two questions with one nonce only the first is new."""
        with self._gate:
            together = list({each.caller.number: each for each in [*reversed(self._waiting), mine]}.values())
            self._waiting = [each for each in self._waiting if each not in together]
        return together

    def _write(self, mine: _Noted, together: Sequence[_Noted], now: datetime) -> None:
        try:
            with self._database.writing() as session:
                new = use_up(session, [each.caller for each in together], now)
                visits = [each.visit for each in together if each.visit and each.caller.number in new]
                sync.record_pulls(session, visits)
        except BUSY:
            with self._gate:  # the others try for themselves
                self._waiting = [*(each for each in together if each is not mine), *self._waiting]
            raise
        for each in together:
            each.is_new = each.caller.number in new
