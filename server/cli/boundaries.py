"""`lantern boundaries`: districts end and others begin, by the same steps as the page, in the name of an administrator."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from server.actions.partnership import boundary_changes as changing
from server.actions.partnership.boundary_changes import Beginning, Plan
from server.actions.partnership.boundary_moves import carry_out
from server.cli.caseload import open_door
from server.cli.setting_out import stop, working
from server.http.services import Services
from server.importers.boundaries.parse import parse_whole
from server.importers.files import UnusableFile, read_bytes
from server.problems import NotFound
from server.queries.partnership import boundary_changes, districts
from server.queries.partnership.boundary_changes import Change

by_whom = click.option("--as", "email", required=True, help="The e-mail address of the administrator who does it.")


@click.group()
def boundaries() -> None:
    """Districts that end and others that begin on a day: planned, shown, carried out."""


@boundaries.command("plan")
@by_whom
@click.option("--on", "on_day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first day of the new ones.")
@click.option(
    "--ends", "ending", multiple=True, required=True, help="The code of a district that ends; repeat for more."
)
@click.option("--begins", help="The district that begins, as CODE=NAME, on the ground of those that end.")
@click.option(
    "--outlines", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Those that begin, as GeoJSON."
)
def plan_change(
    email: str, on_day: datetime, ending: tuple[str, ...], begins: str | None, outlines: Path | None
) -> None:
    """Keep a plan, and say what it would do. Nothing is changed before its day."""
    beginning = _read_beginnings(begins, outlines)
    with working() as services:
        with open_door(services, email).open() as access:
            codes = {each.code: each.id for each in districts.list_districts(access.session) if each.valid_to is None}
            unknown = [code for code in ending if code not in codes]
            if unknown:
                stop(f"There is no district with code {', '.join(unknown)}: see `lantern district list`.")
            plan = Plan(ends=tuple(codes[code] for code in ending), begins=beginning)
            change = changing.plan_change(access, date(on_day.year, on_day.month, on_day.day), plan)
        _tell(services, change)


@boundaries.command("list")
def list_changes() -> None:
    """List plans, the newest first: id, day, how it stands."""
    with working() as services, services.database.reading() as session:
        for each in boundary_changes.list_changes(session):
            stands = "waits" if each.is_waiting else "carried out" if each.applied_at else "called off"
            click.echo(f"{each.id}  {each.on_day}  {stands}")


@boundaries.command("show")
@click.argument("change_id")
def show_change(change_id: str) -> None:
    """Say what a plan would do if it were carried out now, or what it did."""
    with working() as services:
        with services.database.reading() as session:
            change = boundary_changes.find_change(session, change_id)
        if change is None:
            raise NotFound
        _tell(services, change)


@boundaries.command("apply")
@by_whom
@click.argument("change_id")
def apply_change(email: str, change_id: str) -> None:
    """Carry a plan out whose day has come. The night's job does so too; twice, it is done once."""
    with working() as services, open_door(services, email).open() as access:
        carry_out(access, change_id, services.settings)
    click.echo("Carried out.")


@boundaries.command("call-off")
@by_whom
@click.argument("change_id")
def call_off(email: str, change_id: str) -> None:
    """The plan will not be carried out."""
    with working() as services, open_door(services, email).open() as access:
        changing.call_off(access, change_id)
    click.echo("Called off.")


def _read_beginnings(begins: str | None, outlines: Path | None) -> tuple[Beginning, ...]:
    if (begins is None) == (outlines is None):
        stop("Give either --begins CODE=NAME or --outlines FILE.")
    if begins is not None:
        code, _, name = begins.partition("=")
        return (Beginning(code=code.strip(), name=name.strip()),)
    assert outlines is not None
    try:
        areas = parse_whole(read_bytes(outlines))
    except UnusableFile as error:
        stop(str(error))
    return tuple(Beginning(code=each.code, name=each.name, geojson=each.geojson) for each in areas)


def _tell(services: Services, change: Change) -> None:
    with services.database.reading() as session:
        shown = changing.show_change(session, change, ZoneInfo(services.settings.timezone))
    click.echo(change.id)
    for sentence in shown.done:
        click.echo(sentence)
    for sentence in shown.left:
        click.echo(f"To settle beside it: {sentence}")
