"""`lantern rebuild`: what is derived made anew from the facts, or proven to be what is stored."""

import sys
from json import dumps

import click

from server.cli.setting_out import working
from server.jobs.catalogue import rebuilder_of

NAMED_MAX = 50


@click.command("rebuild")
@click.option(
    "--check",
    "only_prove",
    is_flag=True,
    help="Change nothing; say what would differ. Exit code 1 when something does.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON on standard output.")
def rebuild(only_prove: bool, as_json: bool) -> None:
    """Make every derived row anew from the facts, while the server runs, and judge again what a fault of ours set aside."""
    with working() as services:
        one = rebuilder_of(services, services.clock(), only_prove=only_prove)
        done = one.run(lambda words: click.echo(words, err=True))
    if as_json:
        click.echo(dumps({"records": done.records, "differing": done.differing, "let_in": done.let_in}))
    else:
        for row in done.differing[:NAMED_MAX]:
            click.echo(f"{'differs' if only_prove else 'made anew'}: {row}")
        more = len(done.differing) - NAMED_MAX
        click.echo(
            f"{done.records} records, {len(done.differing)} rows differed{f' ({more} more)' if more > 0 else ''}."
        )
        if done.let_in:
            click.echo(f"{done.let_in} records that were set aside for a fault of the server's count now.")
    sys.exit(1 if only_prove and done.differing else 0)
