"""All 16,149 Los Angeles reports and all 6,815 San Diego counts through the real importers, on both databases."""

from datetime import date

import numpy as np
import pytest

from bench.los_angeles import convert
from server.hotspots.ranking import forecast_cells, rank_cells
from server.importers.accounting import Importing
from server.importers.boundaries.parse import parse as parse_boundaries
from server.importers.boundaries.store import import_boundaries
from server.importers.open311.parse import parse as parse_open311
from server.importers.referrals import import_referrals
from server.importers.report import Reading
from server.importers.sightings.parse import parse as parse_sightings
from server.importers.sightings.store import import_sightings
from server.places.projection import project
from tests.server.importers.conftest import NOW

pytestmark = pytest.mark.slow
LOS_ANGELES, SAN_DIEGO = "EPSG:32611", "EPSG:32611"


def test_every_los_angeles_report_is_accounted_for(database, shared_data, new_id, tmp_path):
    districts = (shared_data / "boundaries" / "los_angeles_council_districts.geojson").read_bytes()
    run = Importing("boundaries", "geojson", "districts", districts, NOW, new_id)
    assert import_boundaries(database, run, parse_boundaries(districts)).accepted == 15
    data = convert((shared_data / "reports" / "la311_encampment_2015_2016.csv.gz").read_bytes())
    zone = "America/Los_Angeles"
    rows = parse_open311(data, Reading(zone, NOW))
    run = Importing("referrals", "open311", "requests.json", data, NOW, new_id, zone)

    account = import_referrals(database, run, rows, tmp_path)
    again = import_referrals(database, run, rows, tmp_path)

    assert account.as_json() == {
        "read": 16_149, "accepted": 16_149, "duplicates": 0, "wrong_area": 0, "needs_information": 0, "newer": 0,
        "refused": [],
    }  # fmt: skip
    assert (again.accepted, again.duplicates) == (0, 16_149)
    with database.reading() as session:
        ranking = rank_cells(session, date(2016, 6, 30), LOS_ANGELES)
    assert ranking.from_reports
    assert ranking.cells[0].score > 10


def test_every_san_diego_count_is_accounted_for_and_the_forecast_beats_chance(database, shared_data, new_id, tmp_path):
    data = (shared_data / "counts" / "san_diego_night_counts_2018_2020.csv").read_bytes()
    counts = parse_sightings(data, Reading("UTC", NOW))
    run = Importing("sightings", "csv", "counts.csv", data, NOW, new_id)

    account = import_sightings(database, run, counts, tmp_path)

    assert (account.read, account.accepted, account.is_whole) == (6_815, 6_815, True)
    day = date(2020, 1, 1)
    with database.reading() as session:
        cells = forecast_cells(session, day, SAN_DIEGO).cells[:16]
    share = share_found(cells, [count for count in counts if day <= count.night < date(2020, 4, 1)])
    assert share > 0.25  # sixteen cells of 125 m are a quarter of a square kilometre of downtown's seven


def share_found(cells, counts):
    """How much of what was counted lies in these cells."""
    easting, northing = project(SAN_DIEGO, [c.latitude for c in counts], [c.longitude for c in counts])
    found = {(cell.easting, cell.northing) for cell in cells}
    corners = zip(np.floor(easting / 125) * 125, np.floor(northing / 125) * 125, strict=True)
    people = [count.people for count in counts]
    return sum(number for number, corner in zip(people, corners, strict=True) if corner in found) / sum(people)
