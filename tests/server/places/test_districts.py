"""Which district a point is in: by polygon where one is drawn, by the nearest postcode elsewhere, in none outside."""

import json
from datetime import date

import numpy as np
import pytest
import shapely

from server.places.districts import (
    Areas,
    CurrentDistricts,
    DistrictFinder,
    NearestPostcode,
    load_district_finder,
    load_england_finder,
)
from server.places.postcodes import find_position, load_ground
from server.queries.maps.boundaries import Boundary, save_boundary
from server.queries.partnership.districts import add_district
from shared.model.district import District
from tests.conftest import EVENING

WATFORD, THREE_RIVERS, HERTSMERE = "E07000103", "E07000102", "E07000098"
WATFORD_STATION = (51.6639, -0.3966)
RICKMANSWORTH = (51.6390, -0.4733)
LONDON = (51.5074, -0.1278)
SEA = (50.2, -1.5)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("postcodes")


@pytest.fixture(scope="module")
def ground(cache):
    return load_ground(cache)


def square(district_id, west, south, east, north):
    return Boundary(district_id, shapely.to_geojson(shapely.box(west, south, east, north)), west, south, east, north)


def test_a_point_is_in_the_district_of_its_nearest_postcode(ground):
    finder = DistrictFinder(nearest=NearestPostcode(ground, {WATFORD: "watford", THREE_RIVERS: "three-rivers"}))

    assert finder.find(*WATFORD_STATION) == "watford"
    assert finder.find(*RICKMANSWORTH) == "three-rivers"


def test_a_neighbours_postcode_keeps_a_point_out_of_ours(ground):
    finder = DistrictFinder(nearest=NearestPostcode(ground, {WATFORD: "watford"}))

    assert finder.find(*RICKMANSWORTH) is None


@pytest.mark.parametrize("point", [LONDON, SEA, (0.0, 0.0), (34.05, -118.24), (89.9, 0.0), (-51.66, -0.4)])
def test_a_point_outside_every_district_is_in_none(ground, point):
    finder = DistrictFinder(nearest=NearestPostcode(ground, {WATFORD: "watford"}))

    assert finder.find(*point) is None


def test_a_postcode_too_far_away_decides_nothing(ground):
    near = NearestPostcode(ground, {code: code for code in ground.codes}, max_distance_m=5_000)
    far = NearestPostcode(ground, {code: code for code in ground.codes}, max_distance_m=100_000)

    at_sea = (np.array([SEA[0]]), np.array([SEA[1]]))
    assert near.find_many(*at_sea) == [None]
    assert far.find_many(*at_sea) != [None]


def test_a_polygon_decides_alone_for_its_district_and_postcodes_for_the_rest(ground):
    drawn_small = Areas([square("watford", -0.40, 51.65, -0.39, 51.66)])
    finder = DistrictFinder(drawn_small, NearestPostcode(ground, {THREE_RIVERS: "three-rivers"}))

    assert finder.find(51.655, -0.395) == "watford"
    assert finder.find(*WATFORD_STATION) is None
    assert finder.find(*RICKMANSWORTH) == "three-rivers"


def test_a_point_on_a_border_is_in_one_district_and_the_same_one_each_time():
    areas = Areas([square("east", 0, 51, 1, 52), square("west", -1, 51, 0, 52)])

    assert areas.find_many(np.array([51.5, 51.5]), np.array([0.0, 0.0])) == ["east", "east"]


def test_many_points_are_answered_as_single_ones_are(ground):
    finder = load_finder_of(ground)
    random = np.random.default_rng(3)
    latitude, longitude = random.uniform(51.6, 51.8, 200), random.uniform(-0.55, -0.2, 200)

    together = finder.find_many(latitude.tolist(), longitude.tolist())

    assert together == [finder.find(*point) for point in zip(latitude.tolist(), longitude.tolist(), strict=True)]
    assert len(set(together)) == 4


def load_finder_of(ground):
    return DistrictFinder(nearest=NearestPostcode(ground, {code: code for code in (WATFORD, THREE_RIVERS, HERTSMERE)}))


def test_england_is_known_with_no_district_in_the_database(cache):
    finder = load_england_finder(cache)

    assert finder.find(*WATFORD_STATION) == WATFORD
    assert finder.find(51.48, -3.18) is None  # Cardiff


def test_the_ground_is_the_same_from_the_cache_as_from_the_package(ground, cache):
    again = load_ground(cache)

    assert again.codes == ground.codes
    assert (again.easting_m == ground.easting_m).all()
    assert [path.name for path in cache.iterdir()] == ["postcodes-1.npz"]


def test_a_finder_is_loaded_again_when_a_boundary_is(database, cache):
    current = CurrentDistricts(cache)
    with database.writing() as session:
        add_district(session, District(id="watford", code="X1", name="Watford"))
        assert current.get_finder(session, date(2026, 11, 1)).find(*WATFORD_STATION) is None
        save_boundary(session, square("watford", -0.45, 51.6, -0.35, 51.7), EVENING)
        assert current.get_finder(session, date(2026, 11, 1)).find(*WATFORD_STATION) == "watford"
        assert current.get_finder(session, date(2026, 11, 1)) is current.get_finder(session, date(2026, 11, 1))


def test_a_district_that_has_ended_answers_no_more(database, cache):
    with database.writing() as session:
        add_district(session, District(id="old", code=WATFORD, name="Watford", valid_to=date(2028, 3, 31)))

        assert load_district_finder(session, cache, date(2028, 3, 31)).find(*WATFORD_STATION) == "old"
        assert load_district_finder(session, cache, date(2028, 4, 1)).find(*WATFORD_STATION) is None


@pytest.mark.parametrize("text", ["WD17 2AD", "wd172ad", " WD17  2AD "])
def test_a_postcode_is_found_however_it_is_spaced(text):
    position = find_position(text)

    assert (round(position.latitude, 3), round(position.longitude, 3)) == (51.657, -0.394)
    assert position.source == "address_lookup"
    assert position.accuracy_m == 100.0


@pytest.mark.parametrize("text", ["", "WD17", "WD17 2A", "somewhere", "ZZ99 9ZZ", "BT1 5GS", "WD17 2AD; DROP"])
def test_an_unknown_or_partial_postcode_is_nowhere(text):
    assert find_position(text) is None


def test_the_nearest_postcode_agrees_with_detailed_polygons_in_nearly_every_case(shared_data, ground):
    features = json.loads((shared_data / "boundaries" / "herts_lad24_detailed.geojson").read_text())["features"]
    boundaries = []
    for feature in features:
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        boundaries.append(Boundary(feature["properties"]["lad24cd"], json.dumps(feature["geometry"]), *shape.bounds))
    random = np.random.default_rng(9)
    latitude, longitude = random.uniform(51.59, 52.09, 20_000), random.uniform(-0.75, 0.2, 20_000)
    drawn = Areas(boundaries).find_many(latitude, longitude)
    nearest = NearestPostcode(ground, {area.district_id: area.district_id for area in boundaries})

    guessed = nearest.find_many(latitude, longitude)

    inside = [number for number, district_id in enumerate(drawn) if district_id is not None]
    right = sum(guessed[number] == drawn[number] for number in inside)
    assert len(inside) > 8_000
    assert right / len(inside) > 0.96
