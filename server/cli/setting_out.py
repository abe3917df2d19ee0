"""How every command begins:

the settings read, the database brought up to date, and how a failure is told at a terminal.
"""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from server.database.context import Kind, acting
from server.database.engine import Database, parse_url
from server.http.services import Services
from server.problems import Failure
from server.queries.operation import processes
from server.queries.operation.audit import note_terminal_act
from server.restoring import BackupFault
from server.settings import Settings, read_settings
from server.upgrading import Unproven, bring_up_to_date, is_behind

UNUSABLE = 2
OTHER_SCHEMA = (
    "The schema is not this version's, and nothing changes it meanwhile: stop them and run `lantern upgrade`; or, with more than "
    "one server over PostgreSQL, `lantern upgrade --rolling`."
)


def load_settings() -> Settings:
    """The settings of the environment; ends the command with a plain sentence when one cannot be used."""
    try:
        return read_settings(os.environ)
    except ValueError as error:
        stop(str(error))


def name_serving(settings: Settings) -> str:
    """The processes that say that they serve the database that stands, in words; "" where none does, where there is no database
    yet, where it is from before they said so, and where it cannot be read. Makes no file and no key."""
    file = parse_url(settings.database)
    if file.get_backend_name() == "sqlite" and not Path(str(file.database)).is_file():
        return ""
    database = Database(settings.database, pool_size=1)
    try:
        if not database.has_table("server_process"):
            return ""
        with acting(Kind.COMMAND), database.reading() as session:
            serving = processes.list_serving(session, datetime.now(UTC))
    except DatabaseError:
        return ""
    finally:
        database.close()
    return ", ".join(sorted({f"{each.host} ({each.number})" for each in serving}))


def refuse_while_served(settings: Settings, why: str) -> None:
    """End the command while a process serves the database that stands."""
    if serving := name_serving(settings):
        stop(f"Still serving: {serving}. {why} One that died is heard of no more after three minutes.")


def renew_schema(settings: Settings, *, back_up: bool = True) -> None:
    """Bring the database up to date, after a backup where that changes anything; ends the command where none can be made, and
    where a process serves that would find another schema under it."""
    if is_behind(settings.database):
        refuse_while_served(settings, OTHER_SCHEMA)
    try:
        folder = bring_up_to_date(settings, datetime.now(UTC), back_up=back_up)
    except BackupFault as fault:
        stop(str(fault))
    except Unproven as reason:
        stop(f"The schema was not changed. {reason}")
    if folder is not None:
        click.echo(f"The schema was brought up to date. As it was before: {folder}", err=True)


@contextmanager
def working() -> Iterator[Services]:
    """The server's parts over a database that is up to date.

    A failure ends the command with code 2 and its sentence.
    """
    from server.app import create_services  # a command that only reads a file needs no pages

    settings = load_settings()
    renew_schema(settings)
    try:
        services = create_services(settings)
    except ValueError as error:
        stop(str(error))
    try:
        yield services
    except Failure as failure:
        stop(" ".join([failure.detail, *failure.errors]))
    finally:
        services.database.close()


def note_act(session: Session, services: Services, action: str, kind: str, subject_id: str) -> None:
    """Write down what was done at this terminal, and by which user of the machine."""
    subject, by = (kind, subject_id), getpass.getuser()
    note_terminal_act(session, services.clock(), services.new_id, action, subject, by)


def stop(sentence: str) -> NoReturn:
    """End the command: its input cannot be used."""
    click.echo(sentence, err=True)
    sys.exit(UNUSABLE)
