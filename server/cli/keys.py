"""`lantern keys`: the keys to which phones seal what they have not sent."""

import click

from server.actions.operation.keyring import rotate_sealing_key
from server.cli.setting_out import note_act, working


@click.command("keys")
@click.option(
    "--rotate", is_flag=True, help="Make a new key for phones that enrol from now on; the earlier ones still open."
)
def keys(rotate: bool) -> None:
    """Say how many sealing keys this database holds, and which one phones are told."""
    with working() as services:
        if rotate:
            rotate_sealing_key(services.database, services.settings, services.clock())
            with services.database.writing() as session:
                note_act(session, services, "rotate_keys", "", "")
            click.echo(
                "Rotated. Back up now, for no earlier backup holds it; restart the server, so that phones are told the new key."
            )
            return
        count = len(services.keys.opening)
        wrapped = (
            "wrapped with LANTERN_SECRET"
            if services.settings.secret
            else "as they are: set LANTERN_SECRET to wrap them"
        )
        click.echo(f"{count} sealing keys in the database, {wrapped}. Phones are told {services.keys.sealing_public}.")
