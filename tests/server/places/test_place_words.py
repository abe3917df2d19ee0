"""Where people's words are, and how sure that is."""

from random import Random

import pytest
from sqlalchemy import insert

from server.places.gazetteer import LocalGeocoder, make_name_key
from server.places.place_words import PLACED_FROM, SURE, UNSURE, Asked, find_place, find_places
from server.tables.maps.gazetteer import gazetteer_place
from shared.geo.distance import near_distance_m

WATFORD, ST_ALBANS = (51.6565, -0.3970), (51.7520, -0.3390)
NAMES = (
    ("High Street", 51.6553, -0.3962, "Named Road"), ("High Street", 51.6570, -0.3975, "Named Road"),
    ("High Street", 51.7512, -0.3395, "Named Road"), ("Clarendon Road", 51.6600, -0.3960, "Named Road"),
    ("St Albans Road", 51.6650, -0.3990, "Named Road"), ("Station Road", 51.6630, -0.3965, "Named Road"),
    ("Station Road", 51.6605, -0.3962, "Named Road"), ("Station Road", 51.8000, -0.2000, "Named Road"),
    ("Cassiobury Park", 51.6600, -0.4150, "Park"), ("St. Mary's porch", 51.6550, -0.3960, "church"),
    ("Nascot", 51.6650, -0.4020, "Suburban Area"), ("Orchard Close", 51.9, -0.1, "Named Road"),
    ("Orchard Close", 51.6, -0.5, "Named Road"),
)  # fmt: skip


@pytest.fixture
def named(database):
    rows = [
        {
            "id": str(number),
            "name": name,
            "name_key": make_name_key(name),
            "kind": kind,
            "latitude": at,
            "longitude": on,
        }
        for number, (name, at, on, kind) in enumerate(NAMES)
    ]
    with database.writing() as session:
        session.execute(insert(gazetteer_place), rows)
    return database


def guess(database, words, near=""):
    with database.reading() as session:
        return find_place(session, words, near)


@pytest.mark.parametrize(
    ("words", "near", "name", "at"),
    [
        ("14 High Street, Watford", "", "High Street", (51.6553, -0.3962)),
        ("asleep in the high st", "watford", "High Street", (51.6553, -0.3962)),
        ("High Street St Albans, by the bank", "", "High Street", (51.7512, -0.3395)),
        ("in cassiobury park near the river", "", "Cassiobury Park", (51.66, -0.415)),
        ("St. Marys porch", "", "St. Mary's porch", (51.655, -0.396)),
        ("tent by St Albans Rd", "Watford", "St Albans Road", (51.665, -0.399)),
        ("corner of Clarendon Rd and Station Rd", "", "Clarendon Road by Station Road", (51.66025, -0.3961)),
    ],
)
def test_words_are_where_a_person_would_look(named, words, near, name, at):
    found = guess(named, words, near)
    assert found is not None
    assert (found.name, (found.latitude, found.longitude)) == (name, pytest.approx(at, abs=1e-4))
    assert found.confidence >= PLACED_FROM


@pytest.mark.parametrize(
    "words",
    ["", "homeless man near Tesco", "High Street", "Orchard Close", "Watford", "road", "St Albans", "%%%", "a " * 500],
)
def test_words_that_may_mean_several_places_or_none_place_nothing(named, words):
    assert guess(named, words) is None


def test_several_of_one_name_are_offered_and_none_is_taken(named):
    with named.reading() as session:
        (found,) = find_places(session, [Asked("Orchard Close")])
    assert {each.confidence for each in found} == {UNSURE} and len(found) == 2


def test_a_street_far_from_the_town_that_is_said_is_not_taken(named):
    assert guess(named, "Clarendon Road, Stevenage") is None


def test_a_longer_name_hides_a_shorter_one_within_it(named):
    with named.reading() as session:
        (found,) = find_places(session, [Asked("St Albans Road, Watford")])
    assert [(each.name, each.confidence) for each in found] == [("St Albans Road", SURE)]


def test_many_texts_are_answered_each_by_itself(named):
    with named.reading() as session:
        found = find_places(
            session, [Asked("Cassiobury Park"), Asked("nowhere at all"), Asked("High Street", "Watford")]
        )
    assert [each[0].name if each else "" for each in found] == ["Cassiobury Park", "", "High Street"]


def test_the_geocoder_finds_names_within_a_text_and_says_how_sure_it_is(named):
    geocoder = LocalGeocoder(named)
    found = geocoder.geocode("14 High Street, Watford")
    assert (found.address, found.raw["confidence"]) == ("High Street", SURE)
    assert geocoder.geocode("cassiobury park").raw["confidence"] == 0.9
    assert geocoder.geocode("wd17 2ad").raw["confidence"] == 1.0
    assert geocoder.geocode("cassiob").raw["confidence"] == 0.5
    assert geocoder.geocode("somewhere unknown") is None


def test_names_that_are_everywhere_are_not_each_measured_with_each(database, monkeypatch):
    """Thirty of the commonest names of a whole country in one report, which anybody may send: each pair would be 40 million."""
    draw = Random(3)
    names = [f"{first} {last}" for first in "abcdefghijklmno" for last in ("Road", "Street")]
    rows = [
        {
            "id": f"{name}{number}", "name": name, "name_key": make_name_key(name), "kind": "Named Road",
            "latitude": 50 + 8 * draw.random(), "longitude": -5 + 6 * draw.random(),
        }
        for name in names
        for number in range(300)
    ]  # fmt: skip
    with database.writing() as session:
        session.execute(insert(gazetteer_place), rows)
    measured = []
    monkeypatch.setattr(
        "server.places.place_words.near_distance_m",
        lambda one, other: measured.append(1) or near_distance_m(one, other),
    )
    guess(database, " ".join(names))
    assert 0 < len(measured) < 100_000
