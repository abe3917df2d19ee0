"""The snapshot night: who counts, who is met twice, and how sure the figure is."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from shared.model.codes import ContactState, Gender, SiteKind
from shared.model.position import Position
from shared.rules.snapshot import (
    AgeBand,
    Approach,
    Described,
    Exclusion,
    Named,
    Sighting,
    Walk,
    age_band,
    count_night,
    is_in_season,
)

MIDNIGHT = datetime(2026, 11, 13, 0, 0, tzinfo=UTC)
START = MIDNIGHT + timedelta(minutes=30)
WALKS = (
    Walk(area="Town", team_id="a", starts_at=START),
    Walk(area="Park", team_id="b", starts_at=START),
)
HERE = Position(latitude=51.6553, longitude=-0.3962)


def seen(known: str, *people: str, team: str = "a", minutes: int = 60, strangers: int = 0, **fields: Any) -> Sighting:
    told: dict[str, Any] = {"state": ContactState.BEDDED_DOWN, "position": HERE}
    return Sighting(
        id=known, at=MIDNIGHT + timedelta(minutes=minutes), team_id=team, person_ids=people, strangers=strangers,
        **(told | fields),
    )  # fmt: skip


def count(*sightings: Sighting, approach: Approach = Approach.COUNT, walks: Any = WALKS, **more: Any) -> Any:
    return count_night(approach, walks, sightings, more.pop("named", ()), more.pop("described", {}), **more)


def test_whoever_two_teams_met_is_one_person() -> None:
    found = count(seen("1", "marek", "red"), seen("2", "marek", team="b", strangers=2))
    assert (found.total, found.seen, found.strangers, found.twice) == (4, 4, 2, 1)


@pytest.mark.parametrize(
    ("sighting", "why"),
    [
        (seen("1", "marek", minutes=29), "before_start"),
        (seen("1", "marek", minutes=-60), "before_start"),
        (seen("1", "marek", team="elsewhere"), "not_in_plan"),
        (seen("1", "marek", state=ContactState.NOT_BEDDED_DOWN), "not_bedded_down"),
        (seen("1", "marek", state=ContactState.BEDDING_SEEN_NO_PERSON), "not_bedded_down"),
        (seen("1", "marek", site_kind=SiteKind.WALKING_ALL_NIGHT), "not_countable_place"),
    ],
)
def test_what_the_definition_or_the_plan_leaves_out_is_said(sighting: Sighting, why: str) -> None:
    found = count(sighting)
    assert (found.total, found.left_out) == (0, {why: 1})


def test_who_counts_is_not_said_to_be_left_out_and_nobody_is_left_out_twice() -> None:
    """Met on the way before midnight and bedded down after it; and by day people, three times."""
    early, late = seen("1", "marek", minutes=-60, strangers=1), seen("2", "marek", minutes=60)
    twice = seen("3", "red", minutes=-50), seen("4", "red", minutes=70, state=ContactState.NOT_BEDDED_DOWN)
    found = count(early, late, *twice)
    assert (found.total, found.left_out) == (1, {"before_start": 2})
    assert count(late, seen("5", "marek", team="elsewhere")).left_out == {}


def test_the_first_minute_of_the_walk_counts() -> None:
    assert count(seen("1", "marek", minutes=30)).total == 1


def test_strangers_near_each_other_are_asked_about_and_the_same_ones_count_once() -> None:
    two = (seen("1", strangers=2), seen("2", team="b", strangers=3))
    assert count(*two).doubtful == (("1", "2"),)
    assert (count(*two).total, count(*two, same=[("1", "2")]).total) == (5, 3)
    assert count(*two, same=[("2", "1")]).doubtful == count(*two, different=[("2", "1")]).doubtful == ()
    assert count(*two, different=[("1", "2")]).total == 5
    far = seen("2", team="b", strangers=3, position=Position(latitude=51.70, longitude=-0.39))
    assert count(two[0], far).doubtful == ()
    chain = (*two, seen("3", strangers=1))
    assert count(*chain, same=[("1", "2"), ("2", "3")]).total == 3


def test_strangers_met_at_no_known_place_are_asked_about() -> None:
    """The sheet said that nobody may have been counted twice unasked."""
    two = seen("1", strangers=1), seen("2", team="b", strangers=1, position=None)
    assert count(*two).doubtful == (("1", "2"),)


def test_a_stranger_and_somebody_known_met_at_one_place_are_asked_about() -> None:
    """One team did not know him, the other did: nothing else would tell that they are one."""
    two = (seen("1", strangers=1), seen("2", "marek", team="b"))
    assert count(*two).doubtful == (("1", "2"),)
    assert (count(*two).total, count(*two, different=[("1", "2")]).total) == (2, 2)
    assert count(*two, different=[("1", "2")]).doubtful == ()
    same = count(*two, same=[("2", "1")])
    assert (same.total, same.seen, same.strangers, same.doubtful) == (1, 1, 0, ())
    assert same.genders[str(Gender.NOT_KNOWN)] == 1

    assert count(two[0], seen("2", "marek")).doubtful == (), "one team knows whom it met"
    assert count(seen("1", "marek", strangers=1), two[1]).doubtful == (), "nobody is left whom the stranger could be"
    assert count(seen("1", strangers=3), two[1], same=[("1", "2")]).total == 3
    chain = (seen("1", strangers=2), seen("2", strangers=3, minutes=61), seen("3", "marek", team="b", minutes=62))
    assert count(*chain, same=[("1", "2"), ("1", "3")]).total == 3, "Marek and two more"
    assert count(*chain, same=[("1", "3"), ("2", "3")]).total == 1 + 1 + 2, "he is one of each, and the rest are others"


def test_an_estimate_counts_who_was_told_of_and_a_spotlight_both() -> None:
    named = (
        Named(id="n1", said_by="Day centre", same_as="1"),
        Named(id="n2", said_by="Police", gender=Gender.FEMALE, age=AgeBand.TO_25),
        Named(id="n3", said_by="Soup run", exclusion=Exclusion.SOFA_SURFING),
        Named(id="n4", said_by="Soup run", same_as="n2"),
    )
    met = seen("1", "marek", strangers=1)
    estimate = count(met, approach=Approach.ESTIMATE, named=named)
    assert (estimate.total, estimate.seen, estimate.named) == (2, 0, 2), "the sighting does not count here"
    assert estimate.left_out == {"sofa_surfing": 1, "twice": 1}
    assert (estimate.genders["female"], estimate.ages["18_to_25"]) == (1, 1)
    spotlight = count(met, approach=Approach.SPOTLIGHT, named=named)
    assert (spotlight.total, spotlight.seen, spotlight.named) == (3, 2, 1)
    assert spotlight.left_out == {"sofa_surfing": 1, "twice": 2}
    assert count(met, approach=Approach.COUNT, named=named).total == 2


def test_who_is_the_same_as_somebody_who_does_not_count_does_not_count_either() -> None:
    named = (
        Named(id="n1", said_by="Day centre", same_as="1"),
        Named(id="n2", said_by="Police", same_as="n1"),
        Named(id="n3", said_by="Soup run", exclusion=Exclusion.HOSTEL_OR_SHELTER),
        Named(id="n4", said_by="Church", same_as="n3"),
        Named(id="n5", said_by="Church", same_as="taken-back"),
    )
    counted = count(seen("1", "marek"), approach=Approach.SPOTLIGHT, named=named)
    assert (counted.total, counted.seen, counted.named) == (2, 1, 1)
    assert counted.left_out == {"hostel_or_shelter": 1, "twice": 3}


def test_of_who_was_met_and_does_not_count_no_more_are_told_of_than_were_met() -> None:
    named = [Named(id=f"n{each}", said_by="Day centre", same_as="1") for each in range(4)]
    met = seen("1", "marek", strangers=1)
    counted = count(met, approach=Approach.ESTIMATE, named=named)
    assert (counted.total, counted.left_out) == (2, {"twice": 2}), "two were met"
    gone = [Named(id=f"n{each}", said_by="Police", same_as="taken-back") for each in range(2)]
    assert count(approach=Approach.ESTIMATE, named=gone).total == 1
    first = Named(id="n9", said_by="Soup run", same_as="1", exclusion=Exclusion.SQUAT)
    alone = seen("1", "marek")
    assert count(alone, approach=Approach.ESTIMATE, named=[first, named[0]]).total == 0, "he does not count: nor again"


def test_the_form_is_told_genders_and_ages_and_nobody_is_lost_in_them() -> None:
    described = {"marek": Described(gender=Gender.MALE, age=AgeBand.OVER_25)}
    found = count(seen("1", "marek", "red", strangers=2), described=described)
    assert found.genders == {"female": 0, "male": 1, "other": 0, "not_known": 3}
    assert found.ages == {"under_18": 0, "18_to_25": 0, "26_and_over": 1, "not_known": 3}
    assert sum(found.genders.values()) == sum(found.ages.values()) == found.total


def test_ground_that_nobody_walked_is_named() -> None:
    found = count(seen("1", "marek"))
    assert (found.walked, found.not_walked) == (("Town",), ("Park",))


def test_two_passes_say_how_many_were_missed() -> None:
    walks = (*WALKS, Walk(area="Town", team_id="c", starts_at=START + timedelta(hours=2), is_second=True))
    first = [seen(f"f{n}", f"p{n}") for n in range(8)]
    second = [seen(f"s{n}", f"p{n}", team="c", minutes=200) for n in range(4, 10)]
    found = count(*first, *second, seen("park", "q", team="b"), walks=walks)
    assert found.total == 11 and found.recapture is not None
    assert (found.recapture.first, found.recapture.second, found.recapture.both) == (8, 6, 4)
    assert found.recapture.about == pytest.approx(9 * 7 / 5 - 1)
    assert 10 <= found.recapture.low <= found.recapture.about <= found.recapture.high
    assert count(*first).recapture is None


def test_a_team_that_walks_its_area_again_is_on_its_second_pass_from_then_on() -> None:
    walks = (WALKS[0], Walk(area="Town", team_id="a", starts_at=START + timedelta(hours=2), is_second=True))
    found = count(seen("1", "marek"), seen("2", "marek", "red", minutes=200), walks=walks)
    assert found.recapture is not None
    assert (found.recapture.first, found.recapture.second, found.recapture.both) == (1, 2, 1)


def test_the_interval_of_two_passes_holds_the_truth_nearly_always() -> None:
    """Over 300 nights of forty people, each met with six chances in ten on either pass."""
    held = 0
    for night in range(300):
        chance = Random(night)
        passes = [[f"p{n}" for n in range(40) if chance.random() < 0.6] for _ in range(2)]
        walks = (WALKS[0], Walk(area="Town", team_id="c", starts_at=START, is_second=True))
        found = count(seen("1", *passes[0]), seen("2", *passes[1], team="c"), walks=walks).recapture
        assert found is not None
        held += found.low <= 40 <= found.high
    assert held >= 270


@pytest.mark.parametrize(("day", "fits"), [((9, 30), False), ((10, 1), True), ((11, 30), True), ((12, 1), False)])
def test_the_night_is_in_october_or_november(day: tuple[int, int], fits: bool) -> None:
    assert is_in_season(date(2026, *day)) is fits


@pytest.mark.parametrize(
    ("age", "band"),
    [(None, "not_known"), (17, "under_18"), (18, "18_to_25"), (25, "18_to_25"), (26, "26_and_over")],
)
def test_ages_are_told_as_the_form_asks(age: int | None, band: str) -> None:
    assert str(age_band(age)) == band
