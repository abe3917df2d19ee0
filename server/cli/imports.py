"""`lantern import`: referrals, boundaries, a gazetteer and night counts, from files into the database.

A composition root: it reads the clock, makes ids and prints. What a file means is in `server.importers`.
"""

import getpass
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import IntegrityError, OperationalError
from uuid_utils import uuid7

from server.cli.setting_out import renew_schema
from server.database.engine import Database
from server.database.opening import open_database
from server.importers.accounting import Account, Importing
from server.importers.boundaries.parse import parse as parse_boundaries
from server.importers.boundaries.store import import_boundaries
from server.importers.files import UnusableFile, read_bytes
from server.importers.gazetteer.parse import parse as parse_gazetteer
from server.importers.gazetteer.store import import_gazetteer
from server.importers.report import Reading
from server.importers.sightings.parse import parse as parse_sightings
from server.importers.sightings.store import import_sightings
from server.places.postcodes import PostcodesMissing
from server.places.projection import check_projection
from server.queries.operation.audit import note_terminal_act
from server.settings import Settings, read_settings

DONE, DONE_WITH_REFUSALS, UNUSABLE = 0, 1, 2
SHOWN_REFUSALS = 20

console = Console(stderr=True)

json_option = click.option("--json", "as_json", is_flag=True, help="Print the account as JSON on standard output.")
zone_option = click.option("--timezone", help="What times without a zone mean (default: LANTERN_TIMEZONE).")
file_argument = click.argument("file", type=click.Path(path_type=Path))


@click.group("import")
def import_files() -> None:
    """Bring a file in. Every row read is accounted for, and a second import of the same file accepts nothing twice.

    Exit codes: 0 done, 1 done with refusals listed, 2 unusable input.
    """


@import_files.command("boundaries")
@file_argument
@click.option("--code", "code_property", help="The property that holds a district's code (default: found by name).")
@click.option("--name", "name_property", help="The property that holds a district's name (default: found by name).")
@json_option
def boundaries(file: Path, code_property: str | None, name_property: str | None, as_json: bool) -> None:
    """Load district boundaries from GeoJSON."""

    def run(data: bytes, settings: Settings, database: Database, step: Callable[[str], None]) -> Account:
        step("Reading the polygons")
        areas = parse_boundaries(data, code_property, name_property)
        importing = Importing("boundaries", "geojson", file.name, data, datetime.now(UTC), make_id)
        return import_boundaries(database, importing, areas)

    _import(file, as_json, run)


@import_files.command("gazetteer")
@file_argument
@json_option
def gazetteer(file: Path, as_json: bool) -> None:
    """Load place names from CSV: name, lat, lon, and a kind if you have one; or a square of OS Open Names as it comes."""

    def run(data: bytes, settings: Settings, database: Database, step: Callable[[str], None]) -> Account:
        step("Reading the names")
        rows = parse_gazetteer(data)
        importing = Importing("gazetteer", "csv", file.name, data, datetime.now(UTC), make_id)
        return import_gazetteer(database, importing, rows)

    _import(file, as_json, run)


@import_files.command("sightings")
@file_argument
@click.option("--crs", help="EPSG code of the projection of easting and northing in metres (default: LANTERN_CRS).")
@json_option
def sightings(file: Path, crs: str | None, as_json: bool) -> None:
    """Load night counts from CSV: date, lon and lat or easting and northing, count; and looked (yes, no): only where it says
    yes a zero means that nobody was there."""

    def run(data: bytes, settings: Settings, database: Database, step: Callable[[str], None]) -> Account:
        now = datetime.now(UTC)
        step("Reading the counts")
        rows = parse_sightings(data, Reading(settings.timezone, now), check_projection(crs or settings.crs))
        step(f"Storing {len(rows):,} counts")
        importing = Importing("sightings", "csv", file.name, data, now, make_id)
        return import_sightings(database, importing, rows, settings.data)

    _import(file, as_json, run)


def _import(
    file: Path, as_json: bool, run: Callable[[bytes, Settings, Database, Callable[[str], None]], Account]
) -> None:
    """The same for a file that is held whole."""

    def read_and_run(settings: Settings, database: Database, step: Callable[[str], None]) -> Account:
        return run(read_bytes(file), settings, database, step)

    work(file, as_json, read_and_run)


def work(file: Path, as_json: bool, run: Callable[[Settings, Database, Callable[[str], None]], Account]) -> None:
    """Read, store, tell: and end with the exit code that says how it went."""
    try:
        settings = read_settings(os.environ)
        with _Step() as step:
            step("Opening the database")
            renew_schema(settings)
            database = open_database(settings)
            try:
                step(f"Reading {file.name}")
                account = run(settings, database, step)
                with database.writing() as session:
                    by = getpass.getuser()
                    note_terminal_act(session, datetime.now(UTC), make_id, "import_file", ("import", ""), by)
            finally:
                database.close()
    except (UnusableFile, PostcodesMissing, ValueError) as error:
        _tell_unusable(str(error), as_json)
        sys.exit(UNUSABLE)
    except OperationalError as error:
        _tell_unusable(f"The database cannot be used: {error.orig}. Run it again: nothing is stored twice.", as_json)
        sys.exit(UNUSABLE)
    except IntegrityError:
        _tell_unusable("Another import stores the same rows just now: run it again. Nothing is stored twice.", as_json)
        sys.exit(UNUSABLE)
    tell(account, as_json)
    sys.exit(DONE_WITH_REFUSALS if account.refused else DONE)


class _Step:
    """A line on standard error that says what is being done; silent where nobody watches."""

    def __enter__(self) -> Callable[[str], None]:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._bar.start()
        task = self._bar.add_task("", total=None)
        return lambda words: self._bar.update(task, description=words)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def tell(account: Account, as_json: bool) -> None:
    """Print what became of the rows."""
    if as_json:
        click.echo(dumps(account.as_json(), ensure_ascii=False))
        return
    click.echo(
        f"Read {account.read:,}: accepted {account.accepted:,}, duplicates {account.duplicates:,}, "
        f"wrong area {account.wrong_area:,}, need information {account.needs_information:,}, "
        f"refused {account.refused_number:,}."
    )
    if account.newer:
        click.echo(f"  {account.newer:,} of the duplicates say something new: kept as newer versions.")
    for refusal in account.refused[:SHOWN_REFUSALS]:
        click.echo(f"  row {refusal.number}: {refusal.reason}")
    if account.refused_number > SHOWN_REFUSALS:
        click.echo(
            f"  and {account.refused_number - SHOWN_REFUSALS:,} more; all of them are in the tray of refused rows."
        )


def _tell_unusable(reason: str, as_json: bool) -> None:
    click.echo(reason, err=True)
    if as_json:
        click.echo(dumps({"error": reason}, ensure_ascii=False))


def check_zone(zone: str) -> str:
    """The zone, if there is one of this name. Raises UnusableFile."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnusableFile(f"{zone!r} is no time zone: give one such as Europe/London.") from error
    return zone


def make_id() -> str:
    """A fresh id."""
    return str(uuid7())
