"""What is found while a server runs: its disk and ledger, its schema, its processes, its jobs, its backups, its mail, and what
waits for partners' systems. One list for `/ready`, the page “Server”, the mails to whoever administers, the log and the metrics.
"""

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from server.condition.finding import Finding, Grade, look, unsafe, well
from server.database.engine import Database
from server.migrate import find_revision, is_known, newest_revision
from server.queries.operation import jobs, outbox, processes
from server.queries.operation.jobs import JobRun
from server.queries.operation.processes import ServerProcess
from server.queries.partnership import systems
from server.settings import Settings
from server.soundness import ROOM_BYTES, Soundness

LITTLE_BYTES = 2 * 1024**3
"""From here on somebody should make room: a county's night writes far less."""
DIED_LATELY = timedelta(days=1)
MAIL_WAITS = timedelta(hours=1)
NEEDED = ("sound", "schema")
"""Without these a server must be sent no requests."""


def list_findings(settings: Settings, database: Database, soundness: Soundness, now: datetime) -> list[Finding]:
    """All of it. Raises what the database raises when it does not answer."""
    schema = look_at_schema(database)
    if schema.grade is Grade.UNSAFE:
        return [schema]
    trouble = soundness.list_trouble()
    with database.reading() as session:
        runs = jobs.list_runs(session)
        return [
            unsafe("sound", " ".join(trouble))
            if trouble
            else well("sound", "Disk, log and ledger are as they should be."),
            schema,
            look_at_room(shutil.disk_usage(settings.data).free),
            *look_at_jobs([each for each in runs.values() if each.name != jobs.BACKUP], now),
            look_at_backups(runs.get(jobs.BACKUP), now),
            look_at_processes(processes.list_died(session, now - DIED_LATELY, now)),
            *_look_at_mail(session, settings, now),
            *_look_at_hooks(session),
        ]


def is_ready(findings: Sequence[Finding]) -> bool:
    """May requests be sent to this server? A job that is late is no reason to send them elsewhere."""
    return not any(each.grade is Grade.UNSAFE for each in findings if each.about in NEEDED)


def look_at_schema(database: Database) -> Finding:
    """Does the database stand where this version wants it? One of a newer version is served on while servers are upgraded one
    after the other: its schema holds all that this one asks for (`tests/server/database/test_expanding.py`)."""
    stands, wanted = find_revision(database), newest_revision()
    if stands is not None and not is_known(stands):
        return look("schema", f"The schema stands at {stands}, of a newer version: upgrade this server, too.")
    if stands != wanted:
        return unsafe(
            "schema", f"The schema stands at {stands or 'nothing'}, {wanted} is wanted: run `lantern migrate`."
        )
    return well("schema", f"The schema stands at {stands}, as this version wants it.")


def look_at_room(free: int) -> Finding:
    """How much is free on the disk of the server's data, in bytes. Pure."""
    if free < ROOM_BYTES:
        return unsafe("disk", "The disk is full: nothing that phones send can be kept.")
    if free < LITTLE_BYTES:
        return look("disk", f"The disk fills: only {free / 1024**3:.1f} GiB are free. Make room.")
    return well("disk", f"{free / 1024**3:.0f} GiB are free.")


def look_at_jobs(runs: Sequence[JobRun], now: datetime) -> Iterator[Finding]:
    """Each job that failed the last time, or has not begun when it should. Pure."""
    is_well = True
    for run in sorted(runs, key=lambda run: run.name):
        about = f"job {run.name}"
        if run.error:
            is_well = False
            yield look(
                about, f"It failed the last time ({run.error}): the log says where. It is tried again by itself."
            )
        elif run.is_late(now):
            is_well = False
            yield look(
                about, f"It is late: it last began on {run.started_at:%d %B at %H:%M} UTC. Does `lantern serve` run?"
            )
    if is_well:
        yield well("jobs", f"All {len(runs)} began when they should, and went well." if runs else "None has begun yet.")


def look_at_backups(last: JobRun | None, now: datetime) -> Finding:
    """Was a backup made lately? Whether it is whole, and where it lies, `lantern doctor` says. Pure."""
    if last is None:
        return look("backups", "None was ever made of this database: run `lantern backup` each night, by its timer.")
    made = f"The last was made on {last.started_at:%d %B at %H:%M} UTC"
    if last.is_late(now):
        return look("backups", f"{made}: does the timer run? `systemctl status lantern-backup` says why it failed.")
    return well("backups", f"{made}.")


def look_at_processes(died: Sequence[ServerProcess]) -> Finding:
    """Which processes of the server ended without saying so. Pure."""
    if not died:
        return well("processes", "None has died in the last day.")
    last = max(died, key=lambda each: each.seen_at)
    count = "One process" if len(died) == 1 else f"{len(died)} processes"
    when = f"the last on {last.host} at about {last.seen_at:%H:%M} UTC"
    return look(
        "processes", f"{count} died in the last day, {when}. Look for why in the log; did the machine’s memory run out?"
    )


def _look_at_mail(session: Session, settings: Settings, now: datetime) -> Iterator[Finding]:
    if not settings.mail.host:
        yield look("mail", "LANTERN_SMTP_HOST is not set: mails wait, and nobody is reminded of anything.")
        return
    waits, failed = (
        outbox.count_waiting_since(session, now - MAIL_WAITS),
        outbox.count_failed_since(session, now - DIED_LATELY),
    )
    if waits:
        yield look(
            "mail", f"{waits} waited for more than an hour: does the mail server answer? The page “E-mails” says more."
        )
    if failed:
        yield look("mail", f"{failed} could not be sent in the last day. The page “E-mails” says why.")
    if not waits and not failed:
        yield well("mail", "None waits for long, and none failed in the last day.")


def _look_at_hooks(session: Session) -> Iterator[Finding]:
    """Of systems that hear hooks."""
    listed = [each for each in systems.list_systems(session) if each.system.ended_at is None]
    unanswered = [each.system.name for each in listed if not each.is_answered_for]
    failed = [each.system.name for each in listed if each.failed]
    if unanswered:
        yield look("systems", f"Nobody answers any more for {', '.join(unanswered)}: `lantern system list`.")
    if failed:
        yield look("systems", f"Hooks could not be handed on to {', '.join(failed)}: `lantern system list` says why.")
    if listed and not unanswered and not failed:
        yield well("systems", "Each partner’s system is answered for, and takes what it is told.")
