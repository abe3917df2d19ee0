"""Gi* against published values, and what it must never do: mistake more looking for more rough sleeping."""

import csv
import json

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from server.hotspots.statistic import (
    Observations,
    forecast_hotspots,
    gi_star,
    queen_adjacency,
    rank_hotspots,
    stands_out,
)
from tests.paths import SHARED_DATA

REFERENCE = SHARED_DATA / "gistar" / "reference_values.json"
needs_reference = pytest.mark.skipif(
    not REFERENCE.exists(), reason="the public reference values are not beside this tree"
)


def within(points, distance):
    near = (cdist(points, points) <= distance).astype(float)
    np.fill_diagonal(near, 0)
    return sparse.csr_array(near)


@needs_reference
def test_gi_star_equals_the_reference_of_another_implementation():
    toy = json.loads(REFERENCE.read_text())["toy_esda_doctest"]

    scores = gi_star(np.array(toy["y"]), within(np.array(toy["points"], float), toy["threshold"]))

    assert scores == pytest.approx(toy["gistar_B"], abs=1e-7)


@needs_reference
def test_gi_star_equals_the_values_that_its_authors_published():
    known = json.loads(REFERENCE.read_text())["getisord1996"]
    with (REFERENCE.parent / known["file"]).open() as lines:
        rows = list(csv.DictReader(lines))
    points = np.array([(float(row["x"]), float(row["y"])) for row in rows])
    values = np.array([float(row["val"]) for row in rows])

    scores = gi_star(values, within(points, 30))

    assert scores == pytest.approx([float(row["gistar_d30"]) for row in rows], abs=1e-6)
    assert scores[known["cell0"]] == pytest.approx(known["gistar_binary_d30"], abs=1e-5)


def test_places_that_are_all_alike_have_no_hotspot():
    assert gi_star(np.full(9, 4.0), within(np.zeros((9, 2)), 1)).tolist() == [0.0] * 9


def observations(*rows):
    """Rows of (easting, northing, day, people, is_look)."""
    easting, northing, day, people, is_look = zip(*rows, strict=True)
    return Observations(
        np.array(easting, float), np.array(northing, float), np.array(day), np.array(people, float), np.array(is_look)
    )


def test_ground_that_nobody_looked_at_is_on_no_list():
    one = [(60, 60, night, 3, True) for night in range(20)]
    two = [(700, 700, night, 1, True) for night in range(20)]

    assert [(cell.easting, cell.northing) for cell in rank_hotspots(observations(*one), 125)] == [(0, 0)]
    assert [(cell.easting, cell.northing) for cell in rank_hotspots(observations(*one, *two), 125)] == [
        (0, 0),
        (625, 625),
    ]


def test_where_every_square_was_looked_at_the_list_is_gi_star_itself():
    found = np.random.default_rng(3).poisson(1.0, (7, 9))
    rows = [
        (x * 125 + 60, y * 125 + 60, night, int(found[y, x]), True)
        for y in range(7)
        for x in range(9)
        for night in (1, 2)
    ]
    points = np.array([(x, y) for x in range(9) for y in range(7)], float)
    rate = np.array([(found[int(y), int(x)] * 2 + found.mean()) / 3 * 2 for x, y in points])
    expected = dict(zip(map(tuple, points), gi_star(rate, within(points, 1.5)), strict=True))

    for cell in rank_hotspots(observations(*rows), 125):
        assert cell.score == pytest.approx(expected[cell.easting / 125, cell.northing / 125], abs=1e-6)


def sparse_county(seed):
    """120 places in six towns, each looked at on some of 90 nights, and some of the empty squares around them."""
    chance = np.random.default_rng(seed)
    towns = chance.uniform(50, 430, (6, 2))
    places = set()
    while len(places) < 120:
        places.add(tuple(np.floor(chance.normal(towns[chance.integers(6)], 8)).astype(int).tolist()))
    sleeping = dict(zip(sorted(places), chance.gamma(0.5, 1.2, 120), strict=True))
    rows = []
    for (x, y), usual in sleeping.items():
        nights = chance.choice(90, chance.integers(1, 90), replace=False)
        rows += [(x * 125 + 5, y * 125 + 5, night, chance.poisson(usual), True) for night in nights]
        for side in [(x + a, y + u) for a in (-1, 0, 1) for u in (-1, 0, 1) if (x + a, y + u) not in sleeping]:
            if chance.random() < 0.35:
                nights = chance.choice(90, chance.integers(1, 20), replace=False)
                rows += [(side[0] * 125 + 5, side[1] * 125 + 5, night, 0, True) for night in nights]
    return sleeping, rows


def test_in_a_sparse_county_the_first_twelve_squares_hold_nine_tenths_of_what_the_best_twelve_do():
    held = []
    for seed in range(40):
        sleeping, rows = sparse_county(seed)
        first = rank_hotspots(observations(*rows), 125)[:12]
        found = sum(sleeping.get((cell.easting // 125, cell.northing // 125), 0) for cell in first)
        held.append(found / sum(sorted(sleeping.values())[-12:]))

    assert np.mean(held) >= 0.9


def test_what_chance_alone_makes_hardly_ever_stands_out():
    flat = np.random.default_rng(8).normal(size=2_000)

    assert stands_out(flat).sum() <= 3
    assert stands_out(np.append(flat, 8.0))[-1]
    assert stands_out(np.array([])).tolist() == []


def test_cells_left_of_the_origin_keep_their_corners():
    cells = rank_hotspots(observations((-10, -10, 1, 2, False), (600, 600, 1, 1, False)), 125)

    assert (-125.0, -125.0) in {(cell.easting, cell.northing) for cell in cells}


def test_the_place_with_more_people_than_chance_explains_comes_first():
    seen = observations(
        *((e * 125 + 5, n * 125 + 5, 1, 1, False) for e in range(10) for n in range(10)), (630, 630, 1, 40, False)
    )

    best = rank_hotspots(seen, 125)[0]

    assert abs(best.easting - 625) <= 125
    assert abs(best.northing - 625) <= 125
    assert best.score > 3
    assert best.stands_out


def test_more_looking_is_not_mistaken_for_more_rough_sleeping():
    one_in_ten_visits = [(5, 5, night, int(night % 10 == 0), True) for night in range(60)]
    every_visit = [(2005, 5, night, 1, True) for night in range(5)]

    best = rank_hotspots(observations(*one_in_ten_visits, *every_visit), 125)[0]

    assert abs(best.easting - 2000) <= 125


def test_a_forecast_sees_nothing_of_the_day_itself_or_later():
    past = [(5, 5, 10, 3, False), (2005, 5, 12, 1, False)]
    future = [(9005, 5, 20, 50, False), (9005, 5, 25, 50, False)]

    assert forecast_hotspots(observations(*past, *future), 125, 20) == forecast_hotspots(observations(*past), 125, 20)


def test_what_was_seen_lately_counts_more_in_a_forecast():
    seen = observations((5, 5, 0, 2, False), (2005, 5, 179, 1.5, False))

    best = forecast_hotspots(seen, 125, 180)[0]

    assert (best.easting, best.northing) == (2000.0, 0.0)


def test_nothing_seen_ranks_nothing():
    empty = Observations(np.array([]), np.array([]), np.array([], int), np.array([]), np.array([], bool))

    assert rank_hotspots(empty, 125) == []
    assert forecast_hotspots(empty, 125, 5) == []


def test_adjacency_is_symmetric_with_an_empty_diagonal():
    from server.hotspots.statistic import Ground

    ground = Ground(np.array([0, 0, 1, 5]), np.array([0, 1, 1, 5]), 125)

    assert queen_adjacency(ground).toarray().tolist() == [[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]
