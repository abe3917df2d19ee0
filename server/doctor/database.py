"""What the database tells: its schema, the role, who can administer, a demo's people, orders it does not know, and its jobs."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from server.actions.operation.ledger import list_unknown
from server.actions.operation.orders import open_ledger
from server.condition.finding import Finding, look, unsafe, well
from server.database.context import Kind, acting
from server.database.opening import open_database
from server.doctor.files import find_database_file
from server.jobs.catalogue import JOBS
from server.jobs.runner import Job
from server.jobs.schedule import late_after
from server.migrate import find_revision, newest_revision
from server.queries.operation import authority, jobs
from server.queries.operation.jobs import JobRun
from server.queries.partnership import workers
from server.settings import DEMO_EMAIL_HOST, Settings
from server.soundness import SENT_AGAIN


def look_at_database(settings: Settings, now: datetime) -> Iterator[Finding]:
    """All of it, where there is a database of this version's schema."""
    file = find_database_file(settings)
    if file is not None and not file.exists():
        yield unsafe("database", f"There is no {file.name}: run `lantern setup`.")
        return
    database = open_database(settings, pool_size=1)
    try:
        stands, wanted = find_revision(database), newest_revision()
        if stands != wanted:
            yield unsafe(
                "schema", f"The schema stands at {stands or 'nothing'}, {wanted} is wanted: run `lantern migrate`."
            )
            return
        yield well("schema", f"The schema stands at {stands}, as this version wants it.")
        with acting(Kind.COMMAND), database.reading() as session:
            if not database.is_sqlite:
                yield _role(session)
            yield from _people(session, settings)
            yield _orders(session, settings)
            yield from look_at_jobs(dict(jobs.list_runs(session)), now)
    except (DBAPIError, SQLAlchemyError) as error:
        yield unsafe("database", f"The database does not answer ({type(error).__name__}): is LANTERN_DATABASE right?")
    finally:
        database.close()


def _role(session: Session) -> Finding:
    if breaches := authority.list_breaches(session):
        return unsafe(
            "role",
            f"PostgreSQL would not hold this server back: {'; '.join(breaches)}. Give it lantern_app (docs/operate).",
        )
    return well("role", "The server's role owns no table and sees no row but by the forced policies of its tables.")


def _people(session: Session, settings: Settings) -> Iterator[Finding]:
    invented = sum(email.endswith(f"@{DEMO_EMAIL_HOST}") for email in workers.list_emails(session).values())
    if invented or (settings.data / "demo").exists():
        yield unsafe(
            "demo", "This is a demo's county: its passwords are printed in public. Begin with an empty database."
        )
    if not workers.has_administrator(session):
        yield look("administrator", "Nobody can administer this server: run `lantern setup`.")


def _orders(session: Session, settings: Settings) -> Finding:
    unknown = [each for each in list_unknown(session, open_ledger(settings).read()) if each.kind not in SENT_AGAIN]
    if unknown:
        return unsafe(
            "ledger",
            f"The ledger knows {len(unknown)} orders that this database does not: it was put back. Run `lantern replay`.",
        )
    return well("ledger", "The database knows every order of the ledger.")


def look_at_jobs(runs: dict[str, JobRun], now: datetime) -> Iterator[Finding]:
    """Which jobs failed, and which have not run for too long. Pure."""
    failed = [job.name for job in JOBS if job.name in runs and runs[job.name].error]
    late = [job.name for job in JOBS if _is_late(job, runs.get(job.name), now)]
    if failed:
        yield look("jobs", f"Failed the last time: {', '.join(failed)}. The log says where.")
    if late:
        yield look("jobs", f"Late: {', '.join(late)}. They run inside `lantern serve`: does it run?")
    if not failed and not late:
        yield well("jobs", f"All {len(JOBS)} ran when they should.")


def _is_late(job: Job, run: JobRun | None, now: datetime) -> bool:
    return run is None or now > late_after(job.schedule, run.started_at)
