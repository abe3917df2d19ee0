"""Runs the jobs that are due, one process at a time in each lane, and keeps how each went.

Whoever runs holds a lease in the database, so that many workers over one PostgreSQL run each job once. A runner that
dies loses its lease after two minutes.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from traceback import format_tb
from zoneinfo import ZoneInfo

from server.database.deadlocks import is_deadlock
from server.http.services import Services
from server.jobs.schedule import CLOCKS_APART, Schedule, late_after
from server.queries.operation import jobs as stored
from server.queries.operation.jobs import JobRun
from shared.model.value import Value

LEASE = "jobs"
LEASED_FOR = timedelta(minutes=2)
FIRST_LOOK_BACK = timedelta(days=1)
TRIES = 4
FAILED_AGAIN = timedelta(minutes=10)
"""How soon a job that failed is tried anew, whatever its schedule says."""
OVERLAP = timedelta(minutes=2)
"""What a transaction wrote under an earlier time may be committed later: a job looks a little further back."""

log = logging.getLogger("lantern.jobs")


@dataclass(frozen=True)
class Moment:
    """When a job runs: `now`, the time up to which it has looked before (`since`), and `heartbeat`, to be called between pieces
    of long work: it keeps the lease."""

    now: datetime
    since: datetime
    zone: ZoneInfo
    heartbeat: Callable[[], None]


@dataclass(frozen=True)
class Job:
    """One job: its name, when it is due, and what it does. `run` returns how many things it did."""

    name: str
    schedule: Schedule
    run: Callable[[Services, Moment], int]


class Ran(Value, frozen=True, kw_only=True):
    """What one job did. `error` is empty when it went well."""

    job: str
    done: int = 0
    error: str = ""


class LeaseLost(Exception):
    """Somebody else has taken the lease over: stop at once."""


def run_due(
    services: Services,
    jobs: Sequence[Job],
    holder: str,
    *,
    names: Sequence[str] = (),
    lease: str = LEASE,
    is_stopping: Callable[[], bool] = lambda: False,
) -> list[Ran] | None:
    """Run what is due (or the jobs named, due or not); None when another process runs those of this lease now. Once it
    `is_stopping` the job at hand is the last: the others are due still.

    A job that fails is logged and kept as failed; the others run all the same.
    """
    if not _hold(services, holder, lease):
        return None
    zone = ZoneInfo(services.settings.timezone)
    try:
        with services.database.reading() as session:
            before = stored.list_runs(session)
        now = services.clock()
        due = [job for job in jobs if (job.name in names if names else _is_due(job, before.get(job.name), now, zone))]
        going_on = takewhile(lambda _: not is_stopping(), due)
        return [_run(services, job, before.get(job.name), zone, holder, lease) for job in going_on]
    except LeaseLost:
        log.warning("Another process has taken the jobs over.")
        return None
    finally:
        with services.database.writing() as session:
            stored.give_back_lease(session, lease, holder)


def _run(services: Services, job: Job, before: JobRun | None, zone: ZoneInfo, holder: str, lease: str) -> Ran:
    now = services.clock()

    def heartbeat() -> None:
        if not _hold(services, holder, lease):
            raise LeaseLost

    looked_until = min(before.looked_until, now) if before and before.looked_until else None
    since = looked_until - OVERLAP if looked_until else now - FIRST_LOOK_BACK
    try:
        heartbeat()
        ran = Ran(job=job.name, done=_do(services, job, Moment(now, since, zone, heartbeat)))
    except LeaseLost:
        raise
    except Exception as error:
        # Whatever one job stumbles over must not keep the others from running: it is kept, logged and tried again.
        log.error("The job %s failed: %s", job.name, say_where(error))
        ran = Ran(job=job.name, error=type(error).__name__)
    run = JobRun(
        name=job.name, started_at=now, finished_at=services.clock(), looked_until=looked_until if ran.error else now,
        done=ran.done, error=ran.error, late_after=late_after(job.schedule, now),
    )  # fmt: skip
    with services.database.writing() as session:
        stored.set_run(session, run)
    return ran


def _do(services: Services, job: Job, moment: Moment) -> int:
    """Run it; again where PostgreSQL ended it so that another could go on, which is no fault of the job's."""
    for tried in range(1, TRIES):
        try:
            return job.run(services, moment)
        except Exception as error:
            if not is_deadlock(error):
                raise
            log.warning("The job %s waited in a circle, and is done again (%d)", job.name, tried)
            moment.heartbeat()
    return job.run(services, moment)


def say_where(error: BaseException) -> str:
    """What kind of fault it was and where, for the log: never its message, which may quote a row of somebody's record."""
    return f"{type(error).__name__}\n{''.join(format_tb(error.__traceback__))}"


def _is_due(job: Job, before: JobRun | None, now: datetime, zone: ZoneInfo) -> bool:
    if before is not None and before.error and now - before.started_at >= FAILED_AGAIN:
        return True
    return job.schedule.is_due(before.started_at if before else None, now, zone)


def _hold(services: Services, holder: str, lease: str) -> bool:
    now = services.clock()
    with services.database.writing() as session:
        return stored.take_lease(session, lease, holder, now, now + LEASED_FOR, longest=now + LEASED_FOR + CLOCKS_APART)
