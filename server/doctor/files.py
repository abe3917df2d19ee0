"""What lies on the disk: whose it is, who may read it, how old the newest backup is, how much room is left.

Looks only: nothing is made, and no key is read.
"""

import shutil
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from server.backups import BACKUP_EVERY, BackupFault, list_backups, read_manifest
from server.condition.finding import Finding, look, unsafe, well
from server.condition.running import look_at_room
from server.database.engine import parse_url
from server.settings import Settings

OTHERS = 0o077
READERS = 0o007
"""A password file may be read by the server's group."""
WRITERS = 0o022
KEPT_APART = ("keys", "keys/*", "ledger.jsonl", "audit-heads*")


def look_at_files(settings: Settings, backups: Path | None, now: datetime) -> Iterator[Finding]:
    """Modes, owner, room, backups."""
    if not settings.data.is_dir():
        yield unsafe("data folder", f"There is no {settings.data}: is LANTERN_DATA right, and has `lantern setup` run?")
        return
    yield _modes(settings)
    if settings.data.stat().st_uid == 0:
        yield look("data folder", "It belongs to root: serve as an account of Lantern's own.")
    for about, secret in (
        ("mail password", settings.mail.password_file),
        ("mailbox password", settings.mailbox.password_file),
        ("telephone token", settings.alarm.token_file),
        ("sign-in secret", settings.openid.secret_file),
        ("key of the reports’ server", settings.georeport.key_file),
    ):
        yield from _secret_file(about, secret)
    for about, authority in (
        ("mail authority", settings.mail.authority_file),
        ("mailbox authority", settings.mailbox.authority_file),
    ):
        yield from _authority_file(about, authority)
    yield look_at_room(shutil.disk_usage(settings.data).free)
    yield _backups(backups, now)


def find_database_file(settings: Settings) -> Path | None:
    """The embedded database; None for a PostgreSQL."""
    url = parse_url(settings.database)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def _modes(settings: Settings) -> Finding:
    kept = [settings.data, *(path for pattern in KEPT_APART for path in settings.data.glob(pattern))]
    if (file := find_database_file(settings)) is not None:
        kept += file.parent.glob(f"{file.name}*")
    if settings.ledger_copy is not None and settings.ledger_copy.exists():
        kept.append(settings.ledger_copy)
    open_to_others = sorted({str(path) for path in kept if path.stat().st_mode & OTHERS})
    if open_to_others:
        return unsafe("file modes", f"Others on this machine may read {', '.join(open_to_others)}: chmod go-rwx.")
    return well("file modes", "Data, keys and ledger are for the server's own account alone.")


def _secret_file(about: str, file: Path | None) -> Iterator[Finding]:
    if file is None:
        return
    try:
        mode = file.stat().st_mode
    except OSError:
        yield look(about, f"{file} cannot be read: nothing will be sent.")
        return
    if mode & READERS:
        yield unsafe(about, f"Everybody on this machine may read {file}: chmod o-rwx.")


def _authority_file(about: str, file: Path | None) -> Iterator[Finding]:
    """Certificates that are trusted: who may write the file may pass for the server behind it."""
    if file is None:
        return
    try:
        mode = file.stat().st_mode
        ssl.create_default_context(cafile=str(file))
    except OSError:
        yield look(about, f"{file} holds no certificate that can be read: nobody is trusted.")
        return
    if mode & WRITERS:
        yield unsafe(about, f"Others on this machine may write {file}, and so pass for that server: chmod go-w.")


def _backups(folder: Path | None, now: datetime) -> Finding:
    if folder is None:
        return look("backups", "Not looked at: give --backups FOLDER.")
    if folder.is_dir() and folder.stat().st_mode & OTHERS:
        return unsafe("backups", f"Others on this machine may read {folder}: a backup is as readable as the database.")
    made = list_backups(folder)
    if not made:
        return look("backups", f"There is no backup in {folder}.")
    try:
        age = now - read_manifest(made[-1]).made_at
    except BackupFault as fault:
        return unsafe("backups", f"The newest backup cannot be used. {fault}")
    hours = age / timedelta(hours=1)
    if age > BACKUP_EVERY:
        return look("backups", f"The newest backup is {hours:.0f} hours old: does the timer run?")
    return well("backups", f"The newest backup is whole and {hours:.0f} hours old; {len(made)} are kept.")
