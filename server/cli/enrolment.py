"""`lantern enrol-code`: a one-time code for a worker's phone."""

from json import dumps

import click

from server.actions.operation.enrolment import make_code
from server.cli.setting_out import note_act, stop, working
from server.queries.partnership import workers


@click.command("enrol-code")
@click.argument("email")
@click.option("--team", "team_id", help="The id of the team (default: their first).")
@click.option("--json", "as_json", is_flag=True, help="Print the code and when it ends as JSON.")
def enrol_code(email: str, team_id: str | None, as_json: bool) -> None:
    """Print a code with which a worker's phone enrols: it lives ten minutes and works once."""
    with working() as services, services.database.writing() as session:
        found = workers.find_worker_by_email(session, email)
        if found is None:
            stop("Nobody signs in with this address: see `lantern worker add`.")
        if not found.team_ids:
            stop("This worker walks with no team yet. Add them to a team first.")
        issued = make_code(
            session, found.id, team_id or found.team_ids[0], services.settings, services.clock(), services.new_id
        )
        note_act(session, services, "give_enrolment_code", "worker", found.id)
    if as_json:
        click.echo(dumps({"code": issued.code, "expires_at": issued.expires_at.isoformat()}))
    else:
        click.echo(issued.code)
