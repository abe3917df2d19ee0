"""Killing the server, its PostgreSQL, or a migration at random moments (SIGKILL, real processes), and counting what is left.

Phones with the production store record and sync over real HTTP without a pause; the parent kills what they talk to after a
random while and starts it again. In the end everything that was acknowledged must be there once, every feed whole, and every
phone empty-handed. The phone itself is killed in `tests.mobile.kills`. `bench.crashes` does hundreds of it.
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
from sqlalchemy import text

from server.actions.operation.enrolment import make_code
from server.app import create_app, create_services, make_id, utc_now
from server.database.engine import Database
from server.migrate import downgrade, find_revision, newest_revision, upgrade
from server.settings import Settings
from tests.server.cast import Cast, make_cast, make_settings
from tests.server.live import PATIENCE_S, held_port
from tests.server.walker import Walker
from tests.simulation.invariants import FEED_ROWS, check_feeds

FORKSERVER = multiprocessing.get_context("forkserver")
FORKSERVER.set_forkserver_preload(["tests.server.kills", "tests.server.operation.drill"])
"""The forkserver imports everything once, so that a server is up in a tenth of a second after its predecessor was killed."""

REQUEST_TIMEOUT_S = 20
QUIET_ROUNDS_MAX = 30
PHONES = 4
MORE_ACKNOWLEDGED = 15
"""So much is acknowledged between one kill and the next: a slow machine takes longer, and sees as much."""
FIRST_REVISION = "0001"

Say = Callable[[int], None]
"""Told of each kill, so that somebody who waits for hundreds of them sees that they go on."""


def quietly(_kills: int) -> None:
    """Says nothing."""


@dataclass
class Tally:
    """What many kills came to. `cut` counts the requests that were under way when something died, by kind.

    `unwell` are answers of 500: a server whose database died says that it is busy (503), and nothing else.
    """

    kills: int = 0
    recorded: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    halved: int = 0
    unsent: int = 0
    unwell: int = 0
    cut: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.halved or self.unsent or self.unwell)


class Killable(Protocol):
    """Something that may be killed and started again."""

    def kill(self) -> None:
        """SIGKILL."""

    def start(self) -> None:
        """Start it over what is durable, and wait until it is there."""


# ---------------------------------------------------------------------------------------------------------- the server


def serve_until_killed(url: str, data: str, port: int) -> None:
    """In a process of its own: Lantern's server on this port."""
    import uvicorn

    app = create_app(make_settings(url, Path(data)))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", lifespan="off", access_log=False)


class ServerProcess:
    """Lantern's server in a process that may be killed."""

    def __init__(self, settings: Settings, port: int) -> None:
        self._settings, self._port = settings, port
        self._process: Any = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        arguments = (self._settings.database, str(self._settings.data), self._port)
        self._process = FORKSERVER.Process(target=serve_until_killed, args=arguments, daemon=True)
        self._process.start()
        ends = time.monotonic() + PATIENCE_S
        while not self._is_healthy():
            assert time.monotonic() < ends, "the server did not answer in time"
            threading.Event().wait(0.02)

    def _is_healthy(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.address}/health", timeout=REQUEST_TIMEOUT_S).status_code == 200
        return False

    def kill(self) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join(PATIENCE_S)


@contextmanager
def running(settings: Settings) -> Iterator[tuple[ServerProcess, Cast]]:
    """A server over a migrated database with the cast in it."""
    services = create_services(settings)
    cast = make_cast(services.database, utc_now(), make_id)
    services.database.close()
    with held_port() as port:
        server = ServerProcess(settings, port)
        server.start()
        try:
            yield server, cast
        finally:
            server.kill()


# ---------------------------------------------------------------------------------------------------------- the phones


def enrol(settings: Settings, cast: Cast, address: str, count: int) -> list[Walker]:
    """So many phones of Aisha's, enrolled over HTTP."""
    database = Database(settings.database)
    walkers = []
    for _ in range(count):
        with database.writing() as session:
            code = make_code(session, cast.aisha.id, cast.team.id, settings, utc_now(), make_id).code
        walker = Walker(address, lambda: datetime.now(UTC), make_id, REQUEST_TIMEOUT_S)
        walker.enrol(code)
        walkers.append(walker)
    database.close()
    return walkers


class Night:
    """Phones that record and sync until dawn, each on a thread of its own."""

    def __init__(self, walkers: list[Walker], seed: int) -> None:
        self.walkers = walkers
        self._dawn = threading.Event()
        self._people = [make_id() for _ in range(5)]
        self._failures: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._walk, args=(walker, random.Random(f"{seed} {number}")))
            for number, walker in enumerate(walkers)
        ]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for(self, more: int) -> None:
        """Until the phones were acknowledged so much more, however long this machine takes; or one of them has failed."""
        wanted = self._count_acknowledged() + more
        ends = time.monotonic() + PATIENCE_S
        while self._count_acknowledged() < wanted and not self._failures:
            assert time.monotonic() < ends, "the phones were acknowledged nothing more"
            threading.Event().wait(0.01)

    def _count_acknowledged(self) -> int:
        return sum(len(walker.acknowledged) for walker in self.walkers)

    def end(self) -> None:
        """Dawn: every phone finishes what it is doing. Raises what a phone's own code raised, if anything."""
        self._dawn.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        if self._failures:
            raise self._failures[0]

    def _walk(self, walker: Walker, chance: random.Random) -> None:
        try:
            while not self._dawn.is_set():
                self._record(walker, chance)
                if walker.sync().trouble is not None:
                    self._dawn.wait(0.02)
        except BaseException as error:  # shown by `end`, on the other thread
            self._failures.append(error)

    def _record(self, walker: Walker, chance: random.Random) -> None:
        if walker.store.unsent_count > 200:
            return
        for _ in range(chance.randint(1, 8)):
            if chance.random() < 0.7:
                walker.record_contact(note="n" * chance.randint(0, 300))
            else:
                walker.patch_person(chance.choice(self._people), description=f"hat {chance.randrange(1_000)}")


def become_quiet(walkers: list[Walker]) -> None:
    """With nothing killed any more, every phone sends and hears everything."""
    for _ in range(QUIET_ROUNDS_MAX):
        outcomes = [walker.sync() for walker in walkers]
        if all(outcome.trouble is None and not outcome.pulled for outcome in outcomes):
            return


# ------------------------------------------------------------------------------------------------------------- killing


Choose = Callable[[ServerProcess], Sequence[Killable]]


def kill_while_phones_sync(settings: Settings, seed: int, kills: int, choose: Choose, say: Say = quietly) -> Tally:
    """So many kills while phones record and sync, of what `choose` names, in turn. A server must find its own way back to
    a database that was killed under it."""
    chance = random.Random(seed)
    with running(settings) as (server, cast):
        walkers = enrol(settings, cast, server.address, PHONES)
        night = Night(walkers, seed)
        victims = choose(server)
        night.begin()
        try:
            for n in range(kills):
                night.wait_for(MORE_ACKNOWLEDGED)
                threading.Event().wait(chance.uniform(0.0, 0.2))
                victim = victims[n % len(victims)]
                victim.kill()
                victim.start()
                say(n + 1)
        finally:
            night.end()
        become_quiet(walkers)
        (reader,) = enrol(settings, cast, server.address, 1)
        become_quiet([reader])
        tally = look(settings, walkers, reader)
        tally.kills = kills
        for walker in [*walkers, reader]:
            walker.close()
    return tally


def look(settings: Settings, walkers: list[Walker], reader: Walker) -> Tally:
    """What is left: on the server, on the phones, and on one that comes fresh and reads everything."""
    database = Database(settings.database)
    with database.reading() as session:
        changes = session.execute(text("select id, device, n, type, reason from sync_change")).all()
        feed = session.execute(text(FEED_ROWS)).all()
        contacts = session.execute(text("select count(*) from contact")).scalar_one()
        acked = {row.number: row.acked for row in session.execute(text("select number, acked from sync_device"))}
    database.close()
    kept = {row.id for row in changes}
    recorded = [change_id for walker in walkers for change_id in walker.recorded]
    acknowledged = set[str]().union(*(walker.acknowledged for walker in walkers))
    shown = {change.id for change, _ in reader.store.list_effective()}
    counted = sum(row.type == "contact.recorded" and row.reason is None for row in changes)
    numbers = Counter(row.device for row in changes)
    cut = sum((walker.unanswered for walker in walkers), Counter[str]())
    cut["answered that it is busy"] = sum(walker.statuses[503] for walker in walkers)
    return Tally(
        recorded=len(recorded),
        acknowledged=len(acknowledged),
        lost=len(acknowledged - kept) + len(set(recorded) - kept) + len(kept - shown),
        doubled=len(kept - set(recorded)) + max(contacts - counted, 0) + _twice_in_a_feed(feed),
        halved=max(counted - contacts, 0) + sum(acked[d] != n for d, n in numbers.items()) + _feed_faults(feed),
        unsent=sum(walker.store.unsent_count for walker in walkers),
        unwell=sum(walker.statuses[500] for walker in walkers),
        cut=dict(cut),
    )


def _twice_in_a_feed(feed: Any) -> int:
    puts = Counter((row.scope, row.change_id) for row in feed if row.op == "put")
    return sum(count - 1 for count in puts.values())


def _feed_faults(feed: Any) -> int:
    try:
        check_feeds(feed)
    except AssertionError:
        return 1
    return 0


# ---------------------------------------------------------------------------------------------------------- migrations


def kill_migration(
    make_copy: Callable[[int], str], drop: Callable[[str], None], seed: int, kills: int, say: Say = quietly
) -> Tally:
    """`make_copy(n)` gives the URL of a peopled database (`prepare_old`); each is migrated by a process that is killed.

    It must stand at the old revision or at the newest and at nothing between, with every row; and a second try succeeds.
    """
    chance, tally = random.Random(seed), Tally()
    for n in range(kills):
        url = make_copy(n)
        process = FORKSERVER.Process(target=upgrade, args=(url,), daemon=True)
        process.start()
        process.join(chance.uniform(0.0, 0.8))
        if process.is_alive():
            tally.cut["migrate cut off"] = tally.cut.get("migrate cut off", 0) + 1
        with suppress(ProcessLookupError):
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join(PATIENCE_S)
        _look_at_migrated(url, tally)
        drop(url)
        tally.kills += 1
        say(n + 1)
    return tally


def _look_at_migrated(url: str, tally: Tally) -> None:
    database = Database(url, pool_size=1)
    stands = find_revision(database)
    is_between = stands not in {newest_revision(), FIRST_REVISION}
    upgrade(url)
    with database.reading() as session:
        people = session.execute(text("select count(*) from worker")).scalar_one()
    tally.halved += int(is_between or find_revision(database) != newest_revision())
    tally.lost += int(people != 7)
    database.close()


def prepare_old(url: str) -> None:
    """A database with the cast in it, at the schema of the first release."""
    upgrade(url)
    database = Database(url, pool_size=1)
    make_cast(database, utc_now(), make_id)
    database.close()
    downgrade(url, FIRST_REVISION)
