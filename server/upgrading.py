"""Bringing a database up to date: a backup first, then the migrations and their proof in one transaction. What is not proven is
rolled back: nothing of it was ever there, whoever else wrote meanwhile. The backup is for what no proof can know.

A database that is new, or up to date, needs none. The backup is beside the nightly ones and is none of them: it tells no
phone what it may forget.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.backups import STAMP, list_backups, make_backup
from server.database.engine import Database
from server.migrate import find_revision, is_known, newest_revision, upgrade
from server.queries.operation import standing
from server.restoring import BackupFault
from server.settings import Settings
from server.tables import metadata
from shared.model.value import Value

BEFORE_UPGRADES = "before-upgrades"
"""The folder in `LANTERN_DATA`. The two newest are kept: one that is restored is of the last upgrade or of the one before."""
KEPT = 2
NO_BACKUP = (
    "The schema was not changed, because no backup could be made first: {why} Make one by other means and say `lantern migrate "
    "--no-backup`."
)

INSUFFICIENT_PRIVILEGE = "42501"
NOT_THE_OWNER = (
    "The role that LANTERN_DATABASE names may not change the schema: run `lantern upgrade` as the owner of the tables "
    "(docs/operate: SETTINGS=/etc/lantern/owner.env)."
)


class Unproven(Exception):
    """The migrated database was not what it should be, and was rolled back; the message is a plain sentence."""


class Upgraded(Value, frozen=True, kw_only=True):
    """What an upgrade did. `counts` are the facts that were there before and that there are now; `backup` is as it was before."""

    before: str | None
    after: str | None
    backup: str = ""
    counts: dict[str, tuple[int, int]] = {}


def bring_up_to_date(settings: Settings, now: datetime, *, back_up: bool = True) -> Path | None:
    """Migrate where that is needed, after a backup; returns where it is. Raises BackupFault, Unproven: nothing is changed."""
    folder = None
    if back_up and is_behind(settings.database):
        try:
            folder = _back_up(settings, now)
        except BackupFault as fault:
            raise BackupFault(NO_BACKUP.format(why=fault)) from fault
    migrate_proven(settings.database)
    return folder


def upgrade_whole(settings: Settings, now: datetime) -> Upgraded:
    """The same, told. Raises BackupFault, Unproven: then nothing is changed."""
    before = _find(settings.database)
    if before is not None and not is_known(before):
        raise Unproven(
            f"The database stands at {before}, which is of a newer version of Lantern: install that version."
        )
    folder = None
    if is_behind(settings.database):
        folder = _back_up(settings, now)
    counts = migrate_proven(settings.database)
    return Upgraded(before=before, after=_find(settings.database), backup=str(folder or ""), counts=counts)


def is_behind(url: str) -> bool:
    """Is there a schema that is older than this version's? A database of a newer version is none of ours to back up."""
    return _find(url) not in {None, newest_revision()}


def migrate_proven(url: str) -> dict[str, tuple[int, int]]:
    """Migrate, and prove it before it is committed; returns how many of each fact there were and are. Raises Unproven."""
    counts: dict[str, tuple[int, int]] = {}

    @contextmanager
    def proven(connection: Connection) -> Iterator[None]:
        before = _count(connection)
        yield
        after = _count(connection)
        _prove(connection, before, after)
        counts.update({name: (count, after[name]) for name, count in before.items()})

    try:
        upgrade(url, around=proven)
    except Exception as error:  # the driver's own too: a step may speak to it directly
        if getattr(getattr(error, "orig", error), "sqlstate", "") == INSUFFICIENT_PRIVILEGE:
            raise Unproven(NOT_THE_OWNER) from error
        raise
    return counts


def _count(connection: Connection) -> dict[str, int]:
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        return standing.count_facts(session)


def _prove(connection: Connection, before: dict[str, int], after: dict[str, int]) -> None:
    """No fact is missing, nothing refers to what is not there, and every table has the columns that this version asks for."""
    if short := sorted(name for name, count in before.items() if after.get(name, 0) < count):
        raise Unproven(f"Facts would be missing afterwards ({', '.join(short)}).")
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        if broken := standing.find_broken(session):
            raise Unproven(f"The database would not hold together ({', '.join(broken)}).")
    for each in metadata.sorted_tables:
        try:
            connection.execute(select(each).limit(0))
        except DBAPIError as error:
            raise Unproven(f"The table {each.name} would not be as this version wants it.") from error


def _find(url: str) -> str | None:
    database = Database(url, pool_size=1)
    try:
        return find_revision(database)
    finally:
        database.close()


def _back_up(settings: Settings, now: datetime) -> Path:
    """A killed upgrade that is begun again in the same second has its backup already."""
    target = settings.data / BEFORE_UPGRADES
    made = [each for each in list_backups(target) if each.name == f"{now:{STAMP}}"]
    return made[0] if made else make_backup(settings, target, now, retained=KEPT, is_told=False)
