"""`lantern retention`: what is past its time, deleted now, or with --dry-run only counted."""

from json import dumps

import click

from server.cli.setting_out import note_act, working
from server.jobs.catalogue import keeper_of

WORDS = {
    "places_coarsened": "exact places older than a year, kept as their 250 m square",
    "places_deleted": "places older than two years, deleted",
    "pictures_deleted": "pictures of places older than a year, deleted",
    "people_forgotten": "people with whom nobody has dealt for seven years, forgotten",
    "words_deleted": "notes and reports about nobody by name, older than seven years, emptied",
    "for_review": "more, with a safeguarding need, that somebody must decide about",
    "referrers_deleted": "addresses of those who told us, deleted after 90 days",
    "lines_deleted": "audit lines and e-mails older than seven years, deleted",
}


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Count what is past its time; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON on standard output.")
def retention(dry_run: bool, as_json: bool) -> None:
    """Keep nothing past its time. `lantern serve` does it every night at three."""
    with working() as services:
        keeper = keeper_of(services, services.clock())
        found = keeper.look() if dry_run else keeper.keep_no_longer()
        if not dry_run:
            with services.database.writing() as session:
                note_act(session, services, "keep_no_longer", "", "")
    if as_json:
        counts = {name: getattr(found, name) for name in WORDS}
        click.echo(dumps({"dry_run": dry_run, **counts}))
        return
    for name, words in WORDS.items():
        click.echo(f"{getattr(found, name):>8,}  {words}")
