"""Runs the jobs beside a server, each lane on a thread of its own, from when it starts until it stops. First of all it makes
ready what the first push would wait for; and says that its process is there, so that one that dies is missed."""

import logging
import os
import threading
from collections.abc import Callable
from platform import node

from server.database.context import Kind, acting
from server.http.services import Services
from server.jobs.catalogue import JOBS, LANES, ROUND
from server.jobs.runner import LEASE, run_due, say_where
from server.queries.operation import jobs as stored
from server.queries.operation import processes
from server.queries.operation.processes import SEEN_EVERY, ServerProcess

STOPS_WITHIN_S = 30.0
log = logging.getLogger("lantern.jobs")


class Background:
    """Threads that look every quarter of a minute what is due."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._holder = services.new_id()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(lane,), name=f"lantern-{lane}", daemon=True) for lane in LANES
        ]
        self._threads.append(threading.Thread(target=self._be_there, name="lantern-presence", daemon=True))

    def start(self) -> None:
        """Begin."""
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        """Let the job at hand in each lane finish, and begin no other."""
        self._stopping.set()
        for each in self._threads:
            each.join(STOPS_WITHIN_S)

    def _be_there(self) -> None:
        with acting(Kind.JOB):
            self._attempt(self._begin)
            while not self._stopping.wait(SEEN_EVERY.total_seconds()):
                self._attempt(self._see)
            self._attempt(self._end)

    def _begin(self) -> None:
        now = self._services.clock()
        new = ServerProcess(id=self._holder, host=node()[:100], number=os.getpid(), started_at=now, seen_at=now)
        with self._services.database.writing() as session:
            processes.begin_process(session, new)

    def _see(self) -> None:
        with self._services.database.writing() as session:
            processes.see_process(session, self._holder, self._services.clock())

    def _end(self) -> None:
        with self._services.database.writing() as session:
            processes.end_process(session, self._holder, self._services.clock())

    def _work(self, lane: str) -> None:
        with acting(Kind.JOB):
            self._work_on(lane)

    def _work_on(self, lane: str) -> None:
        if lane == LEASE:
            self._attempt(self._make_ready)
        while not self._stopping.is_set():
            self._attempt(lambda: self._run_due(lane))
            self._stopping.wait(ROUND.total_seconds())

    def _make_ready(self) -> None:
        with self._services.database.reading() as session:
            self._services.make_ready(session)
        with self._services.database.writing() as session:
            stored.keep_only(session, [job.name for job in JOBS])

    def _run_due(self, lane: str) -> None:
        run_due(self._services, LANES[lane], self._holder, lease=lane, is_stopping=self._stopping.is_set)

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            # A database that is away for a while is no reason to stop: the next round finds out.
            log.error("The jobs could not be run: %s", say_where(error))
