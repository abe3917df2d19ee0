"""Pushes that wait for their turn to write go together: whoever's turn it is takes all that wait into one transaction.

A commit costs the same for one phone as for eight, and what follows from a batch (who is verified, who comes to the case
list) is derived once for all. Each is judged by itself: one that is refused, or spoilt, changes nothing for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy.orm import Session

from server.database import BUSY, Database
from server.queries import sync
from server.queries.sync import Arrival, Project
from server.sync_api.admission import busy
from server.sync_api.identity import Caller, refuse_proof, to_ms, use_up
from sync.company import choose_company
from sync.reading import DecodedBatch
from sync.wire import PushAnswer, Refused

CHANGES_MAX = 2_000
"""No transaction takes more, save for one phone that sends more by itself: nobody waits long for what others brought."""
WAIT_S = 10.0
COUNTED = frozenset({"gap", "fork"})
"""Refusals that the devices' page counts."""


@dataclass(eq=False, kw_only=True)
class Waiting:
    """One push that waits, and what became of it."""

    caller: Caller
    batch: DecodedBatch
    now: datetime
    outcome: PushAnswer | Exception | None = None


class GatheredPushes:
    """The pushes of this process, one transaction after another. More at once only wait for each other's rows."""

    def __init__(self, database: Database, project: Project) -> None:
        self._database = database
        self._project = project
        self._turn = Lock()
        self._guard = Lock()
        self._waiting: list[Waiting] = []

    def take(self, caller: Caller, batch: DecodedBatch, now: datetime) -> PushAnswer:
        """Store and project a batch, alone or with others; durable when this returns.

        Raises Failure (401) for a request that came before, and `Refused` for what sync refuses, or `busy` when the
        database was not free in time: then nothing of this batch was stored.
        """
        mine = Waiting(caller=caller, batch=batch, now=now)
        with self._guard:
            self._waiting.append(mine)
        while not self._turn.acquire(timeout=WAIT_S):
            if self._leave(mine):
                raise busy()
        try:
            if mine.outcome is None:
                self._carry_out(self._gather(mine))
        finally:
            self._turn.release()
        if isinstance(mine.outcome, PushAnswer):
            return mine.outcome
        raise mine.outcome or busy()

    def _gather(self, mine: Waiting) -> list[Waiting]:
        """This push and those that may go with it, in the order of their phones."""
        with self._guard:
            others = [each for each in self._waiting if each is not mine]
            along = choose_company(mine.batch, [each.batch for each in others], CHANGES_MAX)
            self._waiting = [each for place, each in enumerate(others) if place not in along]
        return sorted([mine, *(others[place] for place in along)], key=lambda each: each.caller.number)

    def _leave(self, mine: Waiting) -> bool:
        """Wait no longer. False when somebody has taken it along: then it will be told."""
        with self._guard:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
            return True

    def _carry_out(self, together: Sequence[Waiting]) -> None:
        """One transaction for all; where it fails for another reason than a busy database, one for each."""
        try:
            with self._database.writing() as session:
                outcomes = self._judge(session, together)
        except BUSY:
            outcomes = [busy() for _ in together]
        except Exception as error:
            if len(together) > 1:
                for each in together:
                    self._carry_out([each])
                return
            outcomes = [error]
        for each, outcome in zip(together, outcomes, strict=True):
            each.outcome = outcome
        self._count_refusals(together)

    def _judge(self, session: Session, together: Sequence[Waiting]) -> list[PushAnswer | Exception]:
        """What becomes of each, once this transaction is committed. A request that came before is not heard again."""
        new = use_up(session, [each.caller for each in together], together[0].now)
        heard = [each for each in together if each.caller.number in new]
        arrivals = [Arrival(each.caller.number, each.batch, to_ms(each.now)) for each in heard]
        answers = iter(sync.push_together(session, arrivals, self._project))
        return [next(answers) if each.caller.number in new else refuse_proof(each.now) for each in together]

    def _count_refusals(self, together: Sequence[Waiting]) -> None:
        refused = [each for each in together if isinstance(each.outcome, Refused) and each.outcome.code in COUNTED]
        if refused:
            with self._database.writing() as session:
                for each in refused:
                    assert isinstance(each.outcome, Refused)
                    sync.record_refusal(session, each.caller.number, each.outcome.code)
