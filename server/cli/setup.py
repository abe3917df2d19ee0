"""`lantern setup`: the few questions of a first run. It ends with an administrator who can sign in."""

import click

from server.cli.setting_out import note_act, stop, working
from server.importers.county.beginning import USED, First, begin, path_of
from server.queries.partnership import workers


@click.command()
@click.option("--agency", help="The organisation that runs this server, such as Watford Borough Council.")
@click.option("--name", help="The whole name of the first administrator.")
@click.option("--email", help="Their work e-mail address: what they will sign in with.")
@click.option("--link", is_flag=True, help="Ask nothing here: print a link, good for a day, to a page that asks.")
def setup(agency: str | None, name: str | None, email: str | None, link: bool) -> None:
    """Make the first administrator of an empty database; prints a link, good for a day, to set a password by.

    The rest of the county comes on the page “County”, or by `lantern county`. Without a terminal give all three, or --link.
    """
    with working() as services:
        now, secret = services.clock(), services.keys.secret
        if link:
            with services.database.reading() as session:
                if workers.list_workers(session):
                    stop(USED)
            click.echo(f"Within a day, set this server up here:\n\n  {services.settings.address}{path_of(now, secret)}")
            return
        first = First(
            agency=agency or click.prompt("The organisation that runs this server"),
            name=name or click.prompt("Your whole name"),
            email=email or click.prompt("Your work e-mail address"),
        )
        with services.database.writing() as session:
            made, path = begin(session, first, now, services.new_id, secret)
            note_act(session, services, "set_up", "worker", made.id)
        address = services.settings.address
        click.echo(f"{made.name} can administer this server. Within a day, set a password here:\n\n  {address}{path}\n")
        click.echo("Then sign in, open “County”, and bring your districts, agencies, teams and workers in one file.")
