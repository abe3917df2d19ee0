"""`lantern upgrade`: the database for the version that is installed, in one command."""

import sys
from datetime import UTC, datetime
from json import dumps

import click
from msgspec import to_builtins

from server.cli.setting_out import load_settings, name_serving, stop
from server.database.opening import teach_key
from server.restoring import BackupFault
from server.upgrading import Unproven, Upgraded, upgrade_whole

PUT_BACK = 1


@click.command()
@click.option(
    "--rolling", is_flag=True, help="Other servers go on serving meanwhile; upgrade them one after the other."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def upgrade(rolling: bool, as_json: bool) -> None:
    """Bring the database up to the version that is installed: back up, migrate, prove; what is not proven is put back.

    Migration and proof are one transaction: where it fails the database is as it was, also what others wrote meanwhile. Run it as
    the owner of the tables. Exit codes: 0 done, 1 put back, 2 not begun.
    """
    settings = load_settings()
    if not rolling and (serving := name_serving(settings)):
        stop(
            f"Still serving: {serving}. Stop them first; or, with more than one server over PostgreSQL, say --rolling."
        )
    try:
        done = upgrade_whole(settings, datetime.now(UTC))
    except BackupFault as fault:
        stop(f"Not begun, because no backup could be made first: {fault}")
    except Unproven as reason:
        click.echo(f"Put back: the database is as it was. {reason}", err=True)
        sys.exit(PUT_BACK)
    teach_key(settings)
    click.echo(dumps(to_builtins(done)) if as_json else _say(done))


def _say(done: Upgraded) -> str:
    if done.before == done.after:
        return f"Nothing to do: the schema stands at {done.after}."
    counted = ", ".join(f"{name} {after}" for name, (_, after) in sorted(done.counts.items()))
    kept = f" As it was before: {done.backup}" if done.backup else ""
    return f"Upgraded from {done.before or 'nothing'} to {done.after}, and proven ({counted}).{kept}"
