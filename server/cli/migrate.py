"""`lantern migrate`: the schema up to the newest revision, or down."""

import click

from server.cli.setting_out import load_settings
from server.database.engine import Database
from server.migrate import downgrade, find_revision, upgrade


@click.command()
@click.option("--down-to", help="Take the schema down to this revision; `base` leaves nothing. Data is lost.")
def migrate(down_to: str | None) -> None:
    """Bring the database's schema up to date."""
    settings = load_settings()
    if down_to is None:
        upgrade(settings.database)
    else:
        click.confirm(f"Take the schema down to {down_to}? Data in what is dropped is lost.", abort=True)
        downgrade(settings.database, down_to)
    database = Database(settings.database)
    click.echo(f"The schema stands at {find_revision(database) or 'nothing'}.")
    database.close()
