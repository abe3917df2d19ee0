"""`lantern backup` and `lantern restore`."""

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from json import dumps
from pathlib import Path

import click

from server.actions.operation.orders import open_ledger
from server.backups import make_backup, rehearse_restore, repeat_orders, restore_backup
from server.cli.setting_out import load_settings, note_act, refuse_while_served, renew_schema, stop, working
from server.restoring import BackupFault
from server.sealed_backups import opened, read_recipients, seal_backup

ENCRYPTED = "encrypted"
WRITTEN_MEANWHILE = "Stop them first: what is written while a backup is loaded would be lost, and nobody told."


@click.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", type=click.IntRange(1), default=7, show_default=True, help="How many backups to keep there.")
@click.option(
    "--encrypt-to",
    "recipients",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of public keys (age1…): an encrypted copy for them is made into TARGET/encrypted.",
)
@click.option("--json", "as_json", is_flag=True, help="Print where it is as JSON.")
def backup(target: Path, keep: int, recipients: Path | None, as_json: bool) -> None:
    """Back the database, the keys and the ledger up into a new folder under TARGET, while the server runs.

    The schema stays as it is: back up before you install a new version.
    """
    settings = load_settings()
    try:
        if recipients is not None:
            read_recipients(recipients)
        folder = make_backup(settings, target, datetime.now(UTC), retained=keep)
        sealed = seal_backup(folder, target / ENCRYPTED, recipients, retained=keep) if recipients is not None else []
    except BackupFault as fault:
        stop(str(fault))
    if as_json:
        click.echo(dumps({"backup": str(folder)} | ({"encrypted": [str(each) for each in sealed]} if sealed else {})))
    elif sealed:
        click.echo(f"Backed up to {folder}. Carry {' and '.join(map(str, sealed))} to two different places.")
    else:
        click.echo(f"Backed up to {folder}. Keep it encrypted, off this machine.")


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--keys", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="NAME.keys.age, beside NAME.data.age."
)
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file of the key that opens both.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--rehearse", is_flag=True, help="Load and prove it, throw it away again, and replace nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def restore(source: Path, keys: Path | None, identity: Path | None, yes: bool, rehearse: bool, as_json: bool) -> None:
    """Restore the backup SOURCE: a folder, or an encrypted copy, NAME.data.age.

    What was ordered since is repeated: hiding, erasures, revocations, wipes, enrolments, roles. Stop the server first. What is
    there is replaced only once the backup is loaded beside it, brought up to date and proven. Phones send again whatever the
    backup does not hold.
    """
    settings = load_settings()
    if not rehearse:
        refuse_while_served(settings, WRITTEN_MEANWHILE)
    if not (yes or rehearse):
        click.confirm("Replace the present database with this backup?", abort=True)
    try:
        with _open(source, keys, identity) as folder:
            done = (rehearse_restore if rehearse else restore_backup)(settings, folder, datetime.now(UTC))
    except BackupFault as fault:
        stop(str(fault))
    if not rehearse:
        _note("restore", f"as of {done.made_at:%Y-%m-%dT%H:%M}Z")
    told = {"made_at": done.made_at.isoformat(), "ledger_entries_replayed": done.ledger_entries_replayed}
    what = "A restore was rehearsed" if rehearse else "Restored"
    click.echo(
        dumps(told)
        if as_json
        else f"{what} as of {done.made_at:%d %B %Y %H:%M} UTC; {done.ledger_entries_replayed} orders repeated."
    )


def _open(source: Path, keys: Path | None, identity: Path | None) -> AbstractContextManager[Path]:
    """The folder of a backup. Raises BackupFault where what it takes to open it is not there."""
    if source.is_dir():
        return nullcontext(source)
    if identity is None:
        raise BackupFault(
            "An encrypted copy is opened by its key: give --identity FILE, and --keys for the server's keys."
        )
    return opened(source, keys, identity)


@click.command("replay")
def replay_orders() -> None:
    """Repeat the orders that the ledger knows and the database does not.

    For a database that was put back by other means than `lantern restore`, such as a machine's snapshot. Stop the server first.
    """
    settings = load_settings()
    refuse_while_served(settings, "Stop them first: what the database forgot is shown by them meanwhile.")
    renew_schema(settings)
    done = repeat_orders(settings, open_ledger(settings).read(), datetime.now(UTC))
    _note("replay_orders", f"{done} orders")
    click.echo(f"{done} orders repeated.")


def _note(action: str, what: str) -> None:
    """A line in the audit of the database that stands now."""
    with working() as services, services.database.writing() as session:
        note_act(session, services, action, "backup", what)
