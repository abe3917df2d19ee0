"""`lantern questionnaires`: what people may say of how they are. The wording comes from a file that the operator may use; none
comes with Lantern."""

from pathlib import Path

import click

from server.actions.people import wellbeing as actions
from server.cli.setting_out import stop, working
from server.importers.files import UnusableFile, read_bytes
from server.problems import Invalid, NotFound
from server.queries.people.wellbeing import list_questionnaires
from shared.rules.wellbeing import SCORINGS, choose_asked

LARGEST = 200_000


@click.group("questionnaires")
def questionnaires() -> None:
    """Questionnaires about wellbeing, in a wording that you are licensed for."""


@questionnaires.command("load")
@click.argument("file", type=click.Path(path_type=Path))
def load(file: Path) -> None:
    """Load the questionnaire of FILE (TOML), or its new wording: docs/operate says what stands in it."""
    try:
        told = actions.read_definition(read_bytes(file, LARGEST))
    except UnusableFile as error:
        stop(str(error))
    except Invalid as refused:
        stop("\n".join(refused.errors))
    with working() as server, server.database.writing() as session:
        kept = actions.load_questionnaire(session, told, server.clock())
    click.echo(
        f"{told.name}: as it was." if kept is None else f"{kept.name}: version {kept.version} is asked from now on."
    )


@questionnaires.command("list")
def list_asked() -> None:
    """Which are offered, and how each is scored."""
    with working() as server, server.database.reading() as session:
        asked = choose_asked(list_questionnaires(session))
    for each in asked:
        click.echo(
            f"{each.key} (version {each.version}): {each.name}, {len(each.items)} items. {SCORINGS[each.scoring].source}"
        )
    if not asked:
        click.echo("None is loaded.")


@questionnaires.command("retire")
@click.argument("key")
def retire(key: str) -> None:
    """Offer KEY no more. What was filled in stays, with its score."""
    with working() as server, server.database.writing() as session:
        try:
            actions.retire_questionnaire(session, key, server.clock())
        except NotFound:
            stop(f"No questionnaire {key} is offered.")
    click.echo("It is offered no more.")
