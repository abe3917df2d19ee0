"""How likely somebody is at a place, and how many: right as often as it says, in simulated counties of three kinds."""

import csv
import io
import random
from collections import Counter, defaultdict
from math import cos, floor, radians

import pytest

from shared.rules.occupancy import Nights, judge, say_chance, say_people

COUNTIES = 25


def make_county(chance, kind):
    """Places with a chance of their own, looked at on one to forty nights; what the next look finds is not shown to the rule."""
    places, truth = {}, []
    for place in range(chance.randint(60, 250)):
        if kind == "few hot ones":
            often = chance.betavariate(6, 2) if chance.random() < 0.2 else chance.betavariate(0.5, 6)
        else:
            often = chance.betavariate(2, 5) if kind == "alike" else chance.betavariate(0.6, 2.2)
        party = chance.gammavariate(1.0, 1.0)
        looked = found = people = squares = 0.0
        for night in range(chance.randint(1, 40)):
            weight = 0.5 ** (3 * night / 90)
            there = find(chance, often, party)
            looked, found, people = looked + weight, found + weight * (there > 0), people + weight * there
            squares += weight**2
        places[place] = Nights(looked=looked, found=found, people=people, squares=squares)
        truth.append(find(chance, often, party))
    return places, truth


def find(chance, often, party):
    if chance.random() >= often:
        return 0
    more, left = 0, chance.expovariate(1.0)
    while left < party:
        more, left = more + 1, left + chance.expovariate(1.0)
    return 1 + more


def test_what_is_said_is_right_as_often_as_it_says_and_beats_every_baseline():
    told, held = [], []
    for number in range(3 * COUNTIES):
        chance = random.Random(number)
        places, truth = make_county(chance, ("spread", "alike", "few hot ones")[number % 3])
        judged = judge(places)
        usual = sum(each.found for each in places.values()) / sum(each.looked for each in places.values())
        for place, there in enumerate(truth):
            nights, said = places[place], judged[place]
            own = nights.found / nights.looked
            drawn = (nights.found + 0.5) / (nights.looked + 2)
            told.append((said.chance, own, drawn, usual, there > 0))
            held += [said.low <= there <= said.high] if there else []
    check_calibration(told)
    assert sum(held) / len(held) >= 0.8


def check_calibration(told):
    """Rows of what was said, three baselines, and whether somebody was there."""
    for tenth in range(10):
        here = [each for each in told if tenth / 10 <= each[0] < (tenth + 1) / 10]
        if len(here) > 100:
            expected, seen = (sum(each[column] for each in here) / len(here) for column in (0, 4))
            assert abs(expected - seen) <= 0.05, (tenth, len(here), expected, seen)
    brier = [sum((each[column] - each[4]) ** 2 for each in told) / len(told) for column in range(4)]
    assert brier[0] < min(brier[1:])


def test_over_the_last_twenty_rounds_of_san_diego_it_is_right_as_often_as_it_says(shared_data):
    """Each round looks at every square of 125 m in which anybody was ever counted before; only earlier rounds are known."""
    counted = defaultdict(Counter)
    text = (shared_data / "counts" / "san_diego_night_counts_2018_2020.csv").read_text()
    for row in csv.DictReader(io.StringIO(text)):
        metres = 111_195 * float(row["lat"]), 111_195 * cos(radians(32.7)) * float(row["lon"])
        counted[row["round"]][tuple(floor(each / 125) for each in metres)] += int(float(row["count"] or 1))
    rounds = sorted(counted)
    told, held = [], []
    for number in range(len(rounds) - 20, len(rounds)):
        places = {}
        for place in {each for earlier in rounds[:number] for each in counted[earlier]}:
            weights = [(0.5 ** ((number - n) * 30 / 90), counted[rounds[n]][place]) for n in range(number)]
            places[place] = Nights(
                looked=sum(w for w, _ in weights), found=sum(w for w, met in weights if met),
                people=sum(w * met for w, met in weights), squares=sum(w**2 for w, _ in weights),
            )  # fmt: skip
        usual = sum(each.found for each in places.values()) / sum(each.looked for each in places.values())
        for place, said in judge(places).items():
            there, before = counted[rounds[number]][place], counted[rounds[number - 1]][place]
            told.append((said.chance, places[place].share, float(before > 0), usual, there > 0))
            held += [said.low <= there <= said.high] if there else []
    check_calibration(told)
    assert 0.75 <= sum(held) / len(held) <= 0.9


def test_two_full_nights_at_each_of_five_places_are_enough_to_learn_from():
    """By hand: usual 4.25/11; the shares spread so far that the others count as one night: (2 + 0.386) / 3."""
    places = {number: Nights(looked=2, found=2 if number < 2 else 0, people=0, squares=2) for number in range(5)}
    judged = judge(places)
    assert judged[0].chance == pytest.approx((2 + 4.25 / 11) / 3)
    assert judged[4].chance == pytest.approx(4.25 / 11 / 3)
    del places[4]
    assert judge(places)[0].chance == pytest.approx((2 + 2.5 * 0.25) / 4.5), "of four there is nothing to learn"


def test_a_place_seen_once_is_judged_by_the_others_and_one_seen_often_by_itself():
    often = {number: Nights(looked=20, found=2, people=2, squares=20) for number in range(20)}
    judged = judge(
        often
        | {90: Nights(looked=1, found=1, people=4, squares=1), 91: Nights(looked=30, found=28, people=84, squares=30)}
    )
    assert judged[90].chance < 0.5
    assert judged[91].chance > 0.8
    assert judged[91].about == 3
    assert judged[91].low < 3 < judged[91].high
    assert judge({}) == {}
    assert judge({1: Nights(looked=0, found=0, people=0, squares=0)})[1].chance == pytest.approx(0.25)


def test_it_is_said_as_people_say_it():
    judged = judge({1: Nights(looked=40, found=28, people=84, squares=40)})[1]
    assert say_chance(judged.chance) == "7 in 10 that somebody is there tonight"
    assert say_people(judged).startswith("about 3 people, 1 to ")
    assert say_chance(0.01).startswith("Less than 1 in 10")
    assert say_chance(0.99).startswith("More than 9 in 10")
