"""`lantern hotspots`: cells of any place, ranked as of a day, for the teams; and `--publish`, the commissioner's frozen map.

A composition root: it reads the clock, makes ids and prints. The statistic is in `server.hotspots`.
"""

import os
import sys
from datetime import UTC, date, datetime
from json import dumps
from random import SystemRandom
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session
from uuid_utils import uuid7

from server.cli.setting_out import renew_schema
from server.database.engine import Database
from server.database.opening import open_database
from server.hotspots.authority import load_authority
from server.hotspots.disclosure import Rule
from server.hotspots.periods import last_complete_quarter, say_period
from server.hotspots.publication import Beside, RefusedToPublish, count_people, publish_map
from server.hotspots.quarter import count_quarter, name_leaves
from server.hotspots.ranking import CELL_M, LOOK_BACK_DAYS, Ranking, forecast_cells, rank_cells
from server.places.projection import UnusableProjection, check_projection
from server.queries.maps.hotspots import list_looked_at
from server.settings import Settings, read_settings

SHOWN_CELLS = 20


@click.command("hotspots")
@click.option("--as-of", "as_of", help="The day to rank for, YYYY-MM-DD (default: today).")
@click.option("--forecast", is_flag=True, help="Rank where to expect people from that day on, from before it only.")
@click.option("--crs", help="EPSG code of a projection in metres (default: LANTERN_CRS).")
@click.option(
    "--size", "size_m", type=click.IntRange(25, 10_000), default=CELL_M, show_default=True, help="Cell width, m."
)
@click.option("--days", type=click.IntRange(1), default=LOOK_BACK_DAYS, show_default=True, help="How far back to look.")
@click.option(
    "--publish",
    is_flag=True,
    help="Prepare the last quarter's map for two organisations to approve.",
)
@click.option(
    "--threshold", type=click.IntRange(5), default=10, show_default=True, help="People a published area needs."
)
@click.option("--json", "as_json", is_flag=True, help="Print cells as JSON on standard output, best first.")
def hotspots(
    as_of: str | None,
    forecast: bool,
    crs: str | None,
    size_m: int,
    days: int,
    publish: bool,
    threshold: int,
    as_json: bool,
) -> None:
    """Rank cells by how much more rough sleeping they hold than chance explains, for the looking done.

    This is the teams' own view. Exit codes: 0 done, 2 unusable input or a map that must not be published.
    """
    try:
        settings = read_settings(os.environ)
        chosen_crs = check_projection(crs or settings.crs)
        day = _read_day(as_of)
        renew_schema(settings)
        database = open_database(settings)
        try:
            if publish:
                _publish(database, settings, chosen_crs, day, threshold)
                return
            with database.reading() as session:
                ranking = _rank(session, day, forecast, chosen_crs, size_m, days)
        finally:
            database.close()
    except (UnusableProjection, ValueError, RefusedToPublish) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    _tell(ranking, as_json, chosen_crs)


def _rank(session: Session, day: date, forecast: bool, crs: str, size_m: int, days: int) -> Ranking:
    if forecast:
        return forecast_cells(session, day, crs, size_m)
    return rank_cells(session, day, crs, size_m, days)


def _publish(database: Database, settings: Settings, crs: str, day: date, threshold: int) -> None:
    period = last_complete_quarter(day)
    with database.writing() as session:
        ground = load_authority(session, settings.data, crs, period.last)
        if not len(ground.leaves):
            raise RefusedToPublish("No district is known: import boundaries first.")
        if not list_looked_at(session, period.first, period.last):
            # What is frozen once is frozen for ever: a map of nothing would stand in the place of one that is counted later.
            raise RefusedToPublish(f"Nobody looked anywhere in {say_period(period)}, as far as is held here.")
        people = count_people(session, period, crs, ground)
        district_of_leaf = name_leaves(session, settings.data, period.last, crs, ground)
        beside = Beside(count_quarter(session, period, crs, ground, district_of_leaf), district_of_leaf)
        rule = Rule(threshold=threshold)
        now, chance = datetime.now(UTC), SystemRandom()
        published = publish_map(
            session, people, ground, period, crs, rule, now, lambda: str(uuid7()), chance, beside=beside
        )
    told = f"about {published.people_shown} people, give or take 4"
    click.echo(
        f"Prepared {say_period(period)}: {told if published.people_shown else f'fewer than {threshold} people'}."
    )
    click.echo("It is told once two people of two organisations have approved it on the page “What is told”.")


def _tell(ranking: Ranking, as_json: bool, crs: str) -> None:
    if ranking.from_reports and ranking.cells:
        click.echo("No team has looked and nobody was counted in this time: ranked by reports from outside.", err=True)
    if ranking.points_left_out:
        click.echo(f"{ranking.points_left_out:,} points lie outside {crs} and were left out.", err=True)
    if not ranking.cells:
        click.echo("Nothing was seen in this time: is the day right?", err=True)
    if as_json:
        click.echo(dumps([_as_json(cell) for cell in ranking.cells]))
        return
    table = Table("Easting", "Northing", "Width, m", "Score", "Stands out")
    for cell in ranking.cells[:SHOWN_CELLS]:
        told = "yes" if cell.stands_out else ""
        table.add_row(f"{cell.easting:.0f}", f"{cell.northing:.0f}", str(cell.size_m), f"{cell.score:.2f}", told)
    Console().print(table)


def _as_json(cell: Any) -> dict[str, Any]:
    return {"easting": cell.easting, "northing": cell.northing, "size_m": cell.size_m, "score": cell.score}


def _read_day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--as-of is {text!r}: give a day as YYYY-MM-DD.") from None
