"""Metres: geopy's, the cheap ones, and how they are said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.geo.distance import distance_m, near_distance_m, say_distance
from shared.model.position import Position
from tests.shared.cast import WATFORD_STATION


def test_the_stairwell_and_the_underpass_are_two_hundred_metres_apart():
    underpass = Position(latitude=WATFORD_STATION.latitude + 200 / 111_195, longitude=WATFORD_STATION.longitude)
    assert distance_m(WATFORD_STATION, underpass) == pytest.approx(200, abs=0.01)
    assert distance_m(WATFORD_STATION, WATFORD_STATION) == 0


@given(st.floats(-60, 60), st.floats(-180, 180), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
def test_the_cheap_distance_agrees_with_geopy_near_by(latitude, longitude, north, east):
    other = (longitude + east + 180) % 360 - 180
    here, there = Position(latitude=latitude, longitude=longitude), Position(latitude=latitude + north, longitude=other)
    assert near_distance_m(here, there) == pytest.approx(distance_m(here, there), rel=1e-3, abs=0.01)


@pytest.mark.parametrize(
    ("metres", "words"),
    [(0, "0 m"), (42, "40 m"), (180, "180 m"), (996, "1.0 km"), (1234, "1.2 km"), (25_000, "25.0 km")],
)
def test_a_distance_is_said_as_a_worker_reads_it(metres, words):
    assert say_distance(metres) == words
