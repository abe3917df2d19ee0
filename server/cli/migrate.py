"""`lantern migrate`: the schema up to the newest revision, or down."""

import click

from server.cli.setting_out import load_settings, renew_schema
from server.database.engine import Database
from server.database.opening import teach_key
from server.migrate import downgrade, find_revision


@click.command()
@click.option("--down-to", help="Take the schema down to this revision; `base` leaves nothing. Data is lost.")
@click.option(
    "--backup/--no-backup", "back_up", default=True, show_default=True, help="Back up first, into LANTERN_DATA."
)
def migrate(down_to: str | None, back_up: bool) -> None:
    """Bring the database's schema up to date. A backup is made before anything changes."""
    settings = load_settings()
    if down_to is None:
        renew_schema(settings, back_up=back_up)
        teach_key(settings)
    else:
        click.confirm(f"Take the schema down to {down_to}? Data in what is dropped is lost.", abort=True)
        downgrade(settings.database, down_to)
    database = Database(settings.database)
    click.echo(f"The schema stands at {find_revision(database) or 'nothing'}.")
    database.close()
