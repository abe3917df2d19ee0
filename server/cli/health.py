"""`lantern health`: whether the server's database, schema and keys are in order."""

from json import dumps

import click

from server.cli.setting_out import load_settings
from server.database.engine import Database
from server.migrate import find_revision, newest_revision
from server.security.keys import load_keys


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def health(as_json: bool) -> None:
    """Check the database, its schema and the keys. Exit codes: 0 in order, 1 something is not."""
    settings = load_settings()
    database = Database(settings.database)
    findings = {"database": database.url.get_backend_name(), "schema": find_revision(database)}
    findings["wanted_schema"] = newest_revision()
    database.close()
    load_keys(settings)
    is_fine = findings["schema"] == findings["wanted_schema"]
    click.echo(dumps(findings) if as_json else _say(findings, is_fine=is_fine))
    raise SystemExit(0 if is_fine else 1)


def _say(findings: dict[str, str | None], *, is_fine: bool) -> str:
    if is_fine:
        return f"In order: {findings['database']}, schema {findings['schema']}, keys readable."
    stands, wanted = findings["schema"] or "nothing", findings["wanted_schema"]
    return f"The schema stands at {stands}, {wanted} is wanted: run `lantern migrate`."
