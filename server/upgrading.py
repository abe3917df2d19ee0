"""Bringing a database up to date, and a backup of it made first: whatever a migration does, what it found can be had again.

A database that is new, or up to date, needs none. The backup is beside the nightly ones and is none of them: it tells no
phone what it may forget.
"""

from datetime import datetime
from pathlib import Path

from server.backups import STAMP, list_backups, make_backup
from server.database.engine import Database
from server.migrate import find_revision, newest_revision, upgrade
from server.restoring import BackupFault
from server.settings import Settings

BEFORE_UPGRADES = "before-upgrades"
"""The folder in `LANTERN_DATA`. The two newest are kept: one that is restored is of the last upgrade or of the one before."""
KEPT = 2
NO_BACKUP = (
    "The schema was not changed, because no backup could be made first: {why} Make one by other means and say `lantern migrate "
    "--no-backup`."
)


def bring_up_to_date(settings: Settings, now: datetime, *, back_up: bool = True) -> Path | None:
    """Migrate where that is needed, after a backup; returns where it is. Raises BackupFault: then nothing was migrated."""
    folder = None
    if back_up and is_behind(settings.database):
        try:
            folder = _back_up(settings, now)
        except BackupFault as fault:
            raise BackupFault(NO_BACKUP.format(why=fault)) from fault
    upgrade(settings.database)
    return folder


def is_behind(url: str) -> bool:
    """Is there a schema that is older than this version's? A database of a newer version is none of ours to back up."""
    database = Database(url, pool_size=1)
    try:
        return find_revision(database) not in {None, newest_revision()}
    finally:
        database.close()


def _back_up(settings: Settings, now: datetime) -> Path:
    """A killed upgrade that is begun again in the same second has its backup already."""
    target = settings.data / BEFORE_UPGRADES
    made = [each for each in list_backups(target) if each.name == f"{now:{STAMP}}"]
    return made[0] if made else make_backup(settings, target, now, retained=KEPT, is_told=False)
