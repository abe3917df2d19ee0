"""The group commit of pushes: whichever may write takes all that wait along, into one transaction.

A commit costs the same for one phone as for eight, and what follows from a batch (who is verified, who comes to the case
list) is derived once for all. Each is judged by itself: one that is refused, or spoilt, changes nothing for the others.

Who waits for whom is decided on the event loop alone, so that nothing here is locked; a push that waits holds no thread.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from sqlalchemy.orm import Session

from server.database.context import Kind, acting
from server.database.engine import BUSY, Database
from server.queries.sync import store as sync
from server.queries.sync.applying import ServerFault, note_fault
from server.queries.sync.store import Account, Arrival, Project
from server.sync_api.admission import busy
from server.sync_api.identity import Caller, refuse_proof, to_ms, use_up
from server.sync_api.reading_pushes import ReadPush, UnreadPush
from sync.group_commit import choose_group
from sync.reading import DecodedBatch
from sync.wire import PushAnswer, Refused

CHANGES_MAX = 2_000
"""No transaction takes more, save for one phone that sends more by itself: nobody waits long for what others brought."""
BYTES_MAX = 500_000
"""No more are read in one go, as they came over the wire: about as many changes."""
WAIT_S = 10.0
MOMENT_S = 0.001
MOMENTS = 10
"""After the commit of a group: phones that were just answered send their next page, and those that are so quick go together
again, as with PostgreSQL's `commit_delay`."""
GROUP_MAX = 10
"""So many pages of a phone's log fill a transaction: no more need be waited for."""
COUNTED = frozenset({"gap", "fork"})
"""Refusals that the devices' page counts."""

Read = Callable[[Sequence[UnreadPush]], Sequence[ReadPush | Exception]]


@dataclass(eq=False, kw_only=True)
class Waiting:
    """One push that waits, what was read in it, and what became of it. `told` is how its phone hears of that."""

    unread: UnreadPush
    told: asyncio.Future[PushAnswer]
    outcome: PushAnswer | Exception | None = None
    _read: ReadPush | None = field(default=None, init=False)

    @property
    def is_read(self) -> bool:
        return self._read is not None

    @property
    def caller(self) -> Caller:
        """Its phone, once it was read."""
        assert self._read is not None
        return self._read.caller

    @property
    def batch(self) -> DecodedBatch:
        """Its records, once it was read."""
        assert self._read is not None
        return self._read.batch

    def take_in(self, read: ReadPush | Exception) -> None:
        """Note what was read; what cannot be read is its answer, too."""
        if isinstance(read, Exception):
            self.outcome = read
        else:
            self._read = read

    def tell(self) -> None:
        """Let the phone have its answer, unless it has gone."""
        if self.told.done():
            return
        if isinstance(self.outcome, PushAnswer):
            self.told.set_result(self.outcome)
        else:
            self.told.set_exception(self.outcome or busy())


class GatheredPushes:
    """The pushes of this process, one transaction after another. More at once only wait for each other's rows.

    One thread reads them, too, shortly before they are written: many readers would keep it from the interpreter.
    `clock` is the time by which a push is judged; `domain` is what changes mean, and who writes down what became of them.
    """

    def __init__(
        self, database: Database, domain: tuple[Project, Account | None], read: Read, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._project, self._account = domain
        self._read = read
        self.clock = clock
        self._waiting: list[Waiting] = []
        self._committing: asyncio.Task[None] | None = None
        self._writer = ThreadPoolExecutor(1, "pushes")

    def close(self) -> None:
        """Let the transaction that is on its way end, and begin no other."""
        self._writer.shutdown()

    async def take(self, unread: UnreadPush) -> PushAnswer:
        """Store and project a push, alone or with others; durable when this returns.

        Raises Failure (401) for a phone that does not prove itself and for a request that came before, and `Refused` for what
        sync refuses, or `busy` when the database was not free in time: then nothing of this push was stored.
        """
        loop = asyncio.get_running_loop()
        mine = Waiting(unread=unread, told=loop.create_future())
        self._waiting.append(mine)
        if self._committing is None or self._committing.done():
            self._committing = loop.create_task(self._commit_groups())
        patience = loop.call_later(WAIT_S, self._leave, mine)
        try:
            return await mine.told
        finally:
            patience.cancel()

    def _leave(self, mine: Waiting) -> None:
        """Wait no longer. Who was taken along by somebody will be told what became of it."""
        if mine in self._waiting:
            self._waiting.remove(mine)
            mine.tell()

    async def _commit_groups(self) -> None:
        while self._waiting:
            await self._read_some()
            together = self._gather()
            await self._have_done(self._carry_out, together)
            for each in together:
                each.tell()
            await self._wait_for_siblings(len(together) + len(self._waiting))

    async def _wait_for_siblings(self, expected: int) -> None:
        """Give those who were just answered a moment to send what they have next. Who is alone is not kept waiting."""
        for _ in range(MOMENTS):
            if len(self._waiting) >= min(expected, GROUP_MAX) or expected == 1:
                return
            await self._read_some()
            await asyncio.sleep(MOMENT_S)

    async def _read_some(self) -> None:
        """Read the next that were not read yet, within `BYTES_MAX`; those that cannot be read need wait no longer."""
        unread = [each for each in self._waiting if not each.is_read]
        within = bisect_right(list(accumulate(each.unread.size for each in unread)), BYTES_MAX)
        await self._have_done(self._read_in, unread[: max(within, 1)])
        for each in [each for each in self._waiting if each.outcome is not None]:
            self._leave(each)

    def _read_in(self, unread: Sequence[Waiting]) -> None:
        for each, read in zip(unread, self._read([each.unread for each in unread]), strict=True):
            each.take_in(read)

    def _gather(self) -> list[Waiting]:
        """Who has waited longest and those that may go with it, in the order of their phones."""
        ready = [each for each in self._waiting if each.is_read]
        if not ready:
            return []
        first, *others = ready
        along = choose_group(first.batch, [each.batch for each in others], CHANGES_MAX)
        together = [first, *(others[place] for place in along)]
        self._waiting = [each for each in self._waiting if each not in together]
        return sorted(together, key=lambda each: each.caller.number)

    async def _have_done(self, work: Callable[[Sequence[Waiting]], None], pushes: Sequence[Waiting]) -> None:
        """Let the writing thread do something for pushes; a fault that it did not foresee is the answer of those without one."""
        if not pushes:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(self._writer, _for_phones, work, pushes)
        except Exception as error:
            for each in pushes:
                each.outcome = each.outcome or error

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
        new = use_up(session, [each.caller for each in together], together[0].unread.now)
        heard = [each for each in together if each.caller.number in new]
        arrivals = [Arrival(each.caller.number, each.batch, to_ms(each.unread.now)) for each in heard]
        answers = iter(sync.push_together(session, arrivals, self._project, self._account))
        return [next(answers) if each.caller.number in new else refuse_proof(each.unread.now) for each in together]

    def _count_refusals(self, together: Sequence[Waiting]) -> None:
        """Write down who was refused what. A phone whose refusal cannot be counted hears `busy`, and asks again."""
        refused = [each for each in together if _is_counted(each.outcome)]
        if not refused:
            return
        try:
            with self._database.writing() as session:
                for each in refused:
                    assert isinstance(each.outcome, Refused)
                    if isinstance(each.outcome, ServerFault):
                        note_fault(session, each.outcome, to_ms(each.unread.now))
                    sync.record_refusal(session, each.caller.number, each.outcome.code)
        except BUSY:
            for each in refused:
                each.outcome = busy()


def _for_phones(work: Callable[[Sequence[Waiting]], None], pushes: Sequence[Waiting]) -> None:
    """The writing thread knows nothing of the request that came."""
    with acting(Kind.SYNC):
        work(pushes)


def _is_counted(outcome: object) -> bool:
    return isinstance(outcome, ServerFault) or (isinstance(outcome, Refused) and outcome.code in COUNTED)
