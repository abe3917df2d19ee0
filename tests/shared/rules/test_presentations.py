"""What Public Health is told: enough to plan by, and nobody."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.model.codes import Gender, ReceivingSupport, SupportNeed
from shared.model.contact import NeedSeen
from shared.rules.presentations import Presented, age_band, age_on, count_presentations, show_count, show_part


def person(number: int, need: SupportNeed = SupportNeed.ALCOHOL, support=ReceivingSupport.NO, **fields) -> Presented:
    needs = (NeedSeen(need=need, receiving_support=support),)
    return Presented(**({"person_id": f"p{number}", "gender": Gender.MALE, "age_years": 30, "needs": needs} | fields))


def tables(people) -> dict[str, dict[str, str]]:
    return {table.title: {row.label: row.shown for row in table.rows} for table in count_presentations(people)}


def test_a_small_number_and_none_look_alike():
    assert show_count(0) == show_count(9) == "fewer than 10, may be none"
    assert (show_count(10), show_count(12), show_count(13)) == ("10", "10", "15")


def test_a_part_is_shown_only_where_the_rest_is_large_enough_too():
    assert show_part(12, 24) == "10"
    assert show_part(12, 21) == show_part(12, 12) == show_part(3, 40) == "not shown: too few to tell apart"


def test_the_tables_count_each_person_once():
    people = (
        [person(n) for n in range(24)]
        + [person(n, support=ReceivingSupport.YES) for n in range(24, 40)]
        + [person(0)] * 9
    )
    told = tables(people)
    assert told["People who presented"] == {"All": "40"}
    assert told["By age"]["26 to 35"] == "40"
    assert told["By age"]["66 and over"] == "fewer than 10, may be none"
    assert told["By gender"]["male"] == "40"
    assert told["By support need"]["alcohol"] == "40"
    assert told["By support need, not receiving support"]["alcohol"] == "25"
    assert told["By support need"]["drugs"] == "fewer than 10, may be none"


def test_nothing_that_tells_of_immigration_is_ever_in_it():
    people = [person(n, SupportNeed.NO_RECOURSE_TO_PUBLIC_FUNDS) for n in range(50)]
    assert "recourse" not in repr(count_presentations(people))


def test_every_age_has_one_band():
    assert [age_band(age) for age in (17, 18, 25, 26, 65, 66, None)] == [
        "under 18", "18 to 25", "18 to 25", "26 to 35", "56 to 65", "66 and over", "not known",
    ]  # fmt: skip
    assert age_on(date(1990, 11, 13), date(2026, 11, 12)) == 35
    assert age_on(None, date(2026, 11, 12)) is None


worlds = st.lists(
    st.builds(
        person, st.integers(0, 60), st.sampled_from(list(SupportNeed)), st.sampled_from(list(ReceivingSupport)),
        gender=st.sampled_from(list(Gender)), age_years=st.none() | st.integers(16, 90),
    ),
    max_size=60,
)  # fmt: skip


@given(worlds)
def test_no_number_under_the_threshold_and_none_further_than_two_from_the_truth(people):
    everyone = {each.person_id: each for each in people}.values()
    for title, rows in tables(people).items():
        for label, shown in rows.items():
            if shown.isdecimal():
                assert int(shown) >= 10
                assert int(shown) % 5 == 0
            if title == "By gender" and shown.isdecimal():
                assert abs(int(shown) - sum(each.gender.value.replace("_", " ") == label for each in everyone)) <= 2
