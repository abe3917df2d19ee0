"""How every command begins:

the settings read, the database brought up to date, and how a failure is told at a terminal.
"""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from sqlalchemy.orm import Session

from server.app import create_services
from server.http.services import Services
from server.migrate import upgrade
from server.problems import Failure
from server.queries.operation.audit import note_terminal_act
from server.settings import Settings, read_settings

UNUSABLE = 2


def load_settings() -> Settings:
    """The settings of the environment; ends the command with a plain sentence when one cannot be used."""
    try:
        return read_settings(os.environ)
    except ValueError as error:
        stop(str(error))


@contextmanager
def working() -> Iterator[Services]:
    """The server's parts over a database that is up to date.

    A failure ends the command with code 2 and its sentence.
    """
    settings = load_settings()
    upgrade(settings.database)
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
