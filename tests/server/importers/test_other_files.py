"""Boundaries and night counts brought in: each row in one place, a second time nothing twice."""

from datetime import timedelta

import msgspec
import pytest
import shapely
from sqlalchemy import func, select

from server.importers.accounting import Importing
from server.importers.boundaries.parse import parse as parse_boundaries
from server.importers.boundaries.store import import_boundaries
from server.importers.sightings.parse import Count
from server.importers.sightings.parse import parse as parse_sightings
from server.importers.sightings.store import import_sightings
from server.places.districts import load_district_finder, name_of_unlisted
from server.queries.maps.boundaries import list_boundaries
from server.queries.maps.tonight import list_outside_points
from server.queries.partnership.districts import add_district, list_districts
from server.tables.maps.sighting import sighting
from shared.model.district import District
from tests.server.importers.conftest import COUNTY, NOW, READING, square

COUNTS = b"""date,lon,lat,count,kind
2026-08-01,-0.39,51.66,2,tent
2026-08-01,-0.39,51.66,2,vehicle
2026-08-01,-0.39,51.66,2,tent
01/09/2026,-0.50,51.66,0,
2026-08-01,-1.55,53.80,7,street
2026-08-99,-0.39,51.66,2,tent
"""


def load_boundaries(database, new_id, data=COUNTY):
    run = Importing("boundaries", "geojson", "county.geojson", data, NOW, new_id)
    return import_boundaries(database, run, parse_boundaries(data))


def load_counts(database, new_id, tmp_path):
    run = Importing("sightings", "csv", "counts.csv", COUNTS, NOW, new_id)
    return import_sightings(database, run, parse_sightings(COUNTS, READING), tmp_path)


def test_boundaries_open_their_districts_once(database, new_id):
    first, second = load_boundaries(database, new_id), load_boundaries(database, new_id)

    assert (first.accepted, first.duplicates) == (2, 0)
    assert (second.accepted, second.duplicates) == (0, 2)
    with database.reading() as session:
        assert [(each.code, each.name) for each in list_districts(session)] == [
            ("E07000102", "Three Rivers"),
            ("E07000103", "Watford"),
        ]


def test_a_boundary_that_moved_replaces_the_one_before(database, new_id):
    load_boundaries(database, new_id)
    moved = msgspec.json.encode(
        {"type": "FeatureCollection", "features": [square("E07000103", "Watford", -0.45, 51.62, -0.30, 51.72)]}
    )

    assert load_boundaries(database, new_id, moved).accepted == 1
    with database.reading() as session:
        assert len(list_boundaries(session)) == 2
        finder = load_district_finder(session, None)  # type: ignore[arg-type]
    assert finder.find(51.66, -0.32) is not None


def test_a_district_known_by_its_code_alone_gets_its_name_from_the_file(database, new_id):
    with database.writing() as session:
        add_district(session, District(id="w", code="E07000103", name=name_of_unlisted("E07000103")))

    load_boundaries(database, new_id)

    with database.reading() as session:
        assert {each.id: each.name for each in list_districts(session)}["w"] == "Watford"


def test_a_name_that_an_administrator_gave_is_kept(database, new_id):
    with database.writing() as session:
        add_district(session, District(id="w", code="E07000103", name="Watford Borough"))

    load_boundaries(database, new_id)

    with database.reading() as session:
        assert {each.id: each.name for each in list_districts(session)}["w"] == "Watford Borough"


def test_a_code_that_stands_twice_is_refused_the_second_time(database, new_id):
    twice = COUNTY.replace(b"E07000102", b"E07000103")

    account = load_boundaries(database, new_id, twice)

    assert (account.accepted, [refusal.number for refusal in account.refused]) == (1, [2])
    assert "join its polygons" in account.refused[0].reason


def test_a_polygon_that_crosses_itself_is_mended(database, new_id):
    bow = msgspec.json.decode(COUNTY)
    bow["features"][0]["geometry"]["coordinates"] = [[[0, 51], [1, 52], [1, 51], [0, 52], [0, 51]]]

    (area, _) = parse_boundaries(msgspec.json.encode(bow))

    assert shapely.is_valid(shapely.from_geojson(area.geojson))


def test_every_count_stands_in_exactly_one_place(database, new_id, tmp_path_factory):
    load_boundaries(database, new_id)

    account = load_counts(database, new_id, tmp_path_factory.getbasetemp())

    assert (account.read, account.accepted, account.duplicates, len(account.refused)) == (6, 5, 0, 1)
    assert account.is_whole
    with database.reading() as session:
        rows = session.execute(select(sighting.c.people, sighting.c.district_id)).all()
    assert sorted(row[0] for row in rows) == [0, 2, 2, 2, 7]
    assert sum(row[1] is None for row in rows) == 1


def test_a_second_load_of_the_same_counts_adds_none(database, new_id, tmp_path_factory):
    load_counts(database, new_id, tmp_path_factory.getbasetemp())

    again = load_counts(database, new_id, tmp_path_factory.getbasetemp())

    assert (again.accepted, again.duplicates) == (0, 5)


def test_counts_of_another_continent_are_kept_where_the_projection_does_not_reach(database, new_id, tmp_path):
    far = b"date,lon,lat,count\n2026-08-01,151.2,-33.86,3\n"
    run = Importing("sightings", "csv", "far.csv", far, NOW, new_id)

    account = import_sightings(database, run, parse_sightings(far, READING), tmp_path)

    assert account.accepted == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(sighting)) == 1


def test_a_count_in_metres_is_where_its_projection_says():
    """By easting and northing: the option that names the projection named nothing that anybody read."""
    told = ("511000,197000,3", "inf,1,1", "9e99,9e99,1", ",197000,1", "-0.39,51.66,1")
    rows = "\n".join(["date,easting,northing,count", *(f"2026-08-01,{each}" for each in told)]).encode()

    first, *refused = parse_sightings(rows, READING, "EPSG:27700")

    assert (round(first.latitude, 3), round(first.longitude, 3), first.people) == (51.661, -0.397, 3)
    assert len(refused) == 4, "degrees are no metres in the sea off Scilly"
    assert all(not isinstance(each, Count) for each in refused)
    far = parse_sightings(b"date,x,y,count\n2026-08-01,486000,3620000,1\n", READING, "EPSG:32611")[0]
    assert (round(far.latitude, 1), round(far.longitude, 1)) == (32.7, -117.1)


@pytest.mark.parametrize("column", ["lad24cd", "LAD23CD", "code", "Code"])
def test_a_code_is_found_by_its_usual_names(column):
    areas = parse_boundaries(COUNTY.replace(b"lad24cd", column.encode()))

    assert [area.code for area in areas] == ["E07000103", "E07000102"]


def test_where_no_team_looked_a_zero_stands_for_a_look_only_where_the_file_says_so(database, new_id, tmp_path):
    load_boundaries(database, new_id)
    rows = b"date,lon,lat,count,looked\n2026-08-01,-0.39,51.66,0,yes\n2026-08-01,-0.41,51.66,0,no\n2026-08-01,-0.40,51.65,2,no\n"
    run = Importing("sightings", "csv", "counts.csv", rows, NOW, new_id)
    import_sightings(database, run, parse_sightings(rows, READING), tmp_path)

    with database.reading() as session:
        here = [each.id for each in list_districts(session)]
        told = list_outside_points(session, here, timedelta(days=365))
    assert sorted((each.longitude, each.people) for each in told) == [(-0.4, 2), (-0.39, 0)]


def test_a_file_that_comes_again_with_what_was_looked_at_adds_nobody(database, new_id, tmp_path):
    """Each of its people was counted a second time, since every row said something else than before."""
    load_boundaries(database, new_id)
    plain = b"date,lon,lat,count\n2026-08-01,-0.39,51.66,0\n2026-08-01,-0.40,51.65,2\n2026-08-01,-0.40,51.65,2\n"
    said = b"date,lon,lat,count,looked\n2026-08-01,-0.39,51.66,0,yes\n2026-08-01,-0.40,51.65,2,yes\n2026-08-01,-0.40,51.65,2,no\n"
    accounts = [
        import_sightings(
            database, Importing("sightings", "csv", "counts.csv", rows, NOW, new_id), parse_sightings(rows, READING),
            tmp_path,
        )
        for rows in (plain, said)
    ]  # fmt: skip

    assert [(each.accepted, each.duplicates) for each in accounts] == [(3, 0), (0, 3)]
    with database.reading() as session:
        rows = session.execute(select(sighting.c.people, sighting.c.looked).order_by(sighting.c.people)).all()
    assert sorted(map(tuple, rows)) == [(0, True), (2, False), (2, True)]
