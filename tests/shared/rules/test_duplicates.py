"""Could this be the same report? Reasons in words."""

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bench.duplicates import make_set, measure
from shared.model.codes import AlertSource, PinSource
from shared.model.position import Position
from shared.model.referral import Referral
from shared.rules.duplicates import likely_duplicates
from shared.rules.wording import say_duration, shared_phrase, words_of
from tests.shared.cast import WATFORD_STATION, at


def metres_north(metres: float) -> Position:
    return Position(latitude=WATFORD_STATION.latitude + metres / 111_195, longitude=WATFORD_STATION.longitude)


def report(referral_id: str, where=0.0, reported_at=None, **fields) -> Referral:
    return Referral(
        id=referral_id, number=referral_id.upper(), alert_id=referral_id, source=AlertSource.STREETLINK,
        reported_at=reported_at or at(14, 21, 40), due_on=date(2026, 11, 27),
        position=None if where is None else metres_north(where), **fields,
    )  # fmt: skip


def test_one_doorway_thirty_five_minutes_apart_with_the_same_bag():
    new = report("r2", 0, at(14, 22, 15), description="man in doorway, grey sleeping bag")
    (found,) = likely_duplicates(new, [report("r1", 8, description="Someone in a grey sleeping bag by Boots")])
    assert found.reasons == ("same place (10 m apart)", "'grey sleeping bag' in both", "35 minutes apart")
    assert (found.referral_id, found.number, found.apart) == ("r1", "R1", timedelta(minutes=35))


def test_two_reports_of_nine_in_the_evening_are_of_the_same_time():
    seen_at = at(14, 21)
    (found,) = likely_duplicates(report("r2", seen_at=seen_at), [report("r1", seen_at=seen_at)])
    assert found.reasons[-1] == "at the same time"


def test_pins_that_differ_as_pins_do_are_one_place_and_far_ones_are_not():
    assert likely_duplicates(report("r2"), [report("r1", 80)])
    assert not likely_duplicates(report("r2"), [report("r1", 240, at(14, 9, 40))])


def test_within_250_metres_the_words_decide():
    described = report("r2", description="blue tent")
    assert likely_duplicates(described, [report("r1", 249, description="a blue tent by the canal")])
    assert not likely_duplicates(described, [report("r1", 249, description="woman in a doorway")])
    assert not likely_duplicates(described, [report("r1", 251, description="a blue tent by the canal")])


def test_hours_count_and_after_28_days_it_is_another_report():
    def told(days: float) -> Referral:
        return report("r1", 0, at(14, 21, 40) - timedelta(days=days), description="grey sleeping bag, red hat")

    new = report("r2", description="grey sleeping bag, red hat")
    assert likely_duplicates(new, [told(0.1)]) and likely_duplicates(new, [told(1)])
    assert not likely_duplicates(report("r2"), [report("r1", 0, at(14, 21, 40) - timedelta(days=3))])
    assert not likely_duplicates(new, [told(28.1)])


def test_a_report_without_a_pin_is_compared_by_its_words_for_four_days():
    new = report("r2", None, description="lady with three dogs under the flyover")
    told = [report("r1", 0, description="three dogs and a lady under the flyover")]
    assert likely_duplicates(new, told)[0].reasons[0] == "'flyover' in both"
    assert not likely_duplicates(
        new, [report("r1", 0, at(9, 21, 40), description="three dogs and a lady under the flyover")]
    )


def test_two_pins_of_one_postcode_say_less_than_two_that_were_set():
    def lies(referral_id, **pin):
        position = msgspec.structs.replace(metres_north(0), **pin)
        return msgspec.structs.replace(report(referral_id, reported_at=at(13, 12)), position=position)

    rough = {"source": PinSource.ADDRESS_LOOKUP, "accuracy_m": 100.0}
    new = msgspec.structs.replace(lies("r2", **rough), reported_at=at(14, 12))
    assert not likely_duplicates(new, [lies("r1", **rough)])
    assert likely_duplicates(msgspec.structs.replace(lies("r2"), reported_at=at(14, 12)), [lies("r1")])


def test_the_same_referrer_and_a_rare_word_each_count():
    new = report("r2", reported_at=at(16, 12))
    other = report("r1", reported_at=at(14, 12))
    assert not likely_duplicates(new, [other])
    (found,) = likely_duplicates(new, [other], same_referrer={"r1"})
    assert "told by the same person" in found.reasons


def test_the_bar_on_a_small_set_is_held():
    """The whole measure is `bench.duplicates`; here one week of a seed that the weights were not fitted on."""
    told = make_set(5, weeks=1)
    measured = measure(told)
    assert measured["recall"] >= 0.8 and measured["comparisons_at_300_a_week"] <= 150


def test_a_place_told_in_the_same_words_counts_when_no_point_is_known():
    new = report("r2", None, place="Behind Tesco, Lower High Street")
    (found,) = likely_duplicates(new, [report("r1", None, place="behind tesco lower high street")])
    assert found.reasons[0] == "same place in words: 'Behind Tesco, Lower High Street'"
    assert not likely_duplicates(report("r3", None, place="outside"), [report("r1", None, place="outside")])


def test_the_nearest_comes_first():
    found = likely_duplicates(report("r9"), [report("r1", 40), report("r2", 5), report("r3", None)])
    assert [f.referral_id for f in found] == ["r2", "r1"]


def test_durations_are_said_plainly():
    spans = [timedelta(minutes=1), timedelta(minutes=35), timedelta(minutes=119), timedelta(hours=5), timedelta(days=3)]
    assert [say_duration(span) for span in spans] == ["1 minute", "35 minutes", "119 minutes", "5 hours", "3 days"]


texts = st.lists(
    st.sampled_from(["the", "a", "grey", "sleeping", "bag", "tent", "dog", "man", "in", "blue"]), max_size=7
).map(" ".join)


@given(texts, texts)
def test_a_shared_phrase_is_in_both_texts(one, other):
    phrase = shared_phrase(one, other)
    assert f" {phrase} " in f" {' '.join(words_of(one))} " or not phrase
    assert f" {phrase} " in f" {' '.join(words_of(other))} " or not phrase


@given(texts, texts)
def test_two_texts_share_a_phrase_whichever_comes_first(one, other):
    assert bool(shared_phrase(one, other)) == bool(shared_phrase(other, one))
