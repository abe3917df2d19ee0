"""`lantern setup`: the few questions of a first run. It ends with an administrator who can sign in."""

import click

from server.actions.operation.invitations import invite, path_of
from server.cli.setting_out import note_act, stop, working
from server.importers.county.plan import Verb
from server.importers.county.sheets import BY_NAME, County, Row
from server.importers.county.store import apply, keep_plan
from server.queries.partnership import workers

USED = "Somebody works with this database already: nothing was changed. See `lantern worker list`."


@click.command()
@click.option("--agency", prompt="The organisation that runs this server", help="Such as Watford Borough Council.")
@click.option("--name", prompt="Your whole name", help="The first administrator.")
@click.option("--email", prompt="Your work e-mail address", help="What you will sign in with.")
def setup(agency: str, name: str, email: str) -> None:
    """Make the first administrator of an empty database; prints a link, good for a day, to set a password by.

    The rest of the county comes on the page “County”, or by `lantern county`. Without a terminal give all three options.
    """
    with working() as services:
        now = services.clock()
        with services.database.writing() as session:
            if workers.list_workers(session):
                stop(USED)
            batch = keep_plan(session, _first(agency, name, email), "setup", None, now, services.new_id())
            plan = apply(session, batch.id, now, services.new_id)
            faults = [fault.words for line in plan.of(Verb.REFUSE) for fault in line.faults]
            if faults:
                session.rollback()
                stop(" ".join(faults))
            first = workers.list_workers(session)[0]
            note_act(session, services, "set_up", "worker", first.id)
            link = services.settings.address + path_of(
                invite(session, first, None, now, services.new_id).id, services.keys.secret
            )
        click.echo(f"{name} can administer this server. Within a day, set a password here:\n\n  {link}\n")
        click.echo("Then sign in, open “County”, and bring your districts, agencies, teams and workers in one file.")


def _first(agency: str, name: str, email: str) -> County:
    named = {"Name": agency, "Kind": "other"}
    worker = {"E-mail": email, "Name": name, "Agency": agency, "Roles": "administrator"}
    return County(
        {
            sheet: (Row(2, dict.fromkeys(BY_NAME[sheet].columns, "") | cells),)
            for sheet, cells in (("Agencies", named), ("Workers", worker))
        }
    )
