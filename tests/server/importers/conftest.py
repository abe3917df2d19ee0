"""A county of two districts beside one another, drawn as squares, with an outreach team that walks the first."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from server.database.engine import Database
from server.importers.accounting import Account, Importing
from server.importers.boundaries.parse import parse as parse_boundaries
from server.importers.boundaries.store import import_boundaries
from server.importers.referrals import import_referrals
from server.importers.report import Reading
from server.importers.sources import PARSERS
from server.queries.partnership.districts import list_districts
from server.tables.partnership.agency import agency, team, team_district
from tests.server.importers.rows import TRAY
from tests.worlds import Write, register

NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)
ZONE = "Europe/London"
READING = Reading(ZONE, NOW)


def square(code, name, west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"lad24cd": code, "lad24nm": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


COUNTY = msgspec.json.encode(
    {
        "type": "FeatureCollection",
        "features": [
            square("E07000103", "Watford", -0.45, 51.62, -0.35, 51.72),
            square("E07000102", "Three Rivers", -0.55, 51.62, -0.45, 51.72),
        ],
    }
)


@register
def two_squares(database: Database, now: datetime, new_id: Callable[[], str]) -> None:
    """Both districts drawn, and a team for Watford."""
    run = Importing("boundaries", "geojson", "county.geojson", COUNTY, now, new_id)
    import_boundaries(database, run, parse_boundaries(COUNTY))
    with database.writing() as session:
        watford = next(each for each in list_districts(session) if each.name == "Watford")
        session.execute(insert(agency), [{"id": "outreach", "name": "Street Outreach", "kind": "outreach"}])
        session.execute(insert(team), [{"id": "team-1", "agency_id": "outreach", "name": "Watford outreach"}])
        session.execute(insert(team_district), [{"team_id": "team-1", "district_id": watford.id}])


@pytest.fixture(name="two_squares")
def begin_two_squares(database: Database, world: Callable[[Write], Any]) -> Database:
    world(two_squares)
    return database


@pytest.fixture
def county(two_squares: Database) -> Database:
    return two_squares


@pytest.fixture
def bring_in(county: Database, new_id: Callable[[], str], tmp_path: Path) -> Callable[..., Account]:
    """Imports a file's bytes as the command does, and gives its account."""

    def bring(data: bytes, source: str = "streetlink") -> Account:
        run = Importing("referrals", source, "file", data, NOW, new_id, ZONE, tray=TRAY)
        return import_referrals(county, run, PARSERS[source](data, READING), tmp_path)

    return bring


@pytest.fixture
def database_role() -> str:
    return "app"
