"""When jobs ran, how it went, and the lease that lets one process at a time run them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.operation.job import job, lease
from shared.model.value import Value

BACKUP = "backup"
"""Made by a command of its own, not by a server, and kept among the jobs: so that one that stays out is told as they are."""


class JobRun(Value, frozen=True, kw_only=True):
    """The last run of a job. `looked_until` is when the last one that went well began, `late_after` by when the next one should
    have begun."""

    name: str
    started_at: datetime
    finished_at: datetime | None = None
    looked_until: datetime | None = None
    done: int = 0
    error: str = ""
    late_after: datetime | None = None

    def is_late(self, now: datetime) -> bool:
        """Should it have begun again by now?"""
        return self.late_after is not None and now > self.late_after


class HeldLease(Value, frozen=True, kw_only=True):
    """A lane of jobs that somebody runs now, and until when it is theirs."""

    name: str
    until: datetime


def list_leases(session: Session) -> list[HeldLease]:
    """Who runs jobs now, by lane."""
    return [HeldLease(**row) for row in session.execute(select(lease.c.name, lease.c.until)).mappings()]


def keep_only(session: Session, names: Collection[str]) -> None:
    """Forget jobs that there are no more: they would be late for ever."""
    session.execute(delete(job).where(job.c.name.not_in([*names, BACKUP])))


def list_runs(session: Session) -> Mapping[str, JobRun]:
    """The last run of every job, by name."""
    return {row["name"]: JobRun(**row) for row in session.execute(select(job)).mappings()}


def set_run(session: Session, run: JobRun) -> None:
    """Keep how a job went; what was kept of its run before is replaced."""
    bulk.upsert(session, job, [{name: getattr(run, name) for name in JobRun.__struct_fields__}])


def take_lease(
    session: Session, name: str, holder: str, now: datetime, until: datetime, *, longest: datetime | None = None
) -> bool:
    """Take a lease, or hold it longer. False while somebody else holds it. One that ends after `longest` is nobody's: it was
    taken by a clock that has been set back since."""
    bulk.insert_new(session, lease, [{"name": name, "holder": "", "until": now}])
    free = (lease.c.holder == holder) | (lease.c.until <= now)
    if longest is not None:
        free |= lease.c.until > longest
    theirs = update(lease).where(lease.c.name == name, free).values(holder=holder, until=until)
    return session.execute(theirs.returning(lease.c.name)).first() is not None


def give_back_lease(session: Session, name: str, holder: str) -> None:
    """Let somebody else have it."""
    session.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))
