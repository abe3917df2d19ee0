"""What is still to ask, in the order in which it helps."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.model.codes import Gender, Quality
from shared.model.person import Person
from shared.rules.completeness import QUESTIONS, measure_completeness, questions_left

WHOLE = Person(
    id="joan", name="Joan", date_of_birth=date(1979, 4, 2), gender=Gender.FEMALE, wants_first="My own front door"
)


def test_somebody_of_whom_everything_was_asked_leaves_nothing():
    assert questions_left(WHOLE, needs_asked=True) == ()
    assert measure_completeness([(WHOLE, True)]).score_percent == 100


def test_somebody_new_leaves_every_question_and_what_they_want_comes_first():
    left = questions_left(Person(id="new"), needs_asked=False)
    assert len(left) == QUESTIONS
    assert left[0] == "What do they want first?"


def test_not_knowing_and_preferring_not_to_say_are_answers():
    silent = Person(id="x", dob_quality=Quality.PREFERS_NOT, name_quality=Quality.DOES_NOT_KNOW, wants_first="peace")
    assert questions_left(silent, needs_asked=True) == ("Gender, in their own words if they like",)


def test_a_service_that_met_nobody_has_no_score():
    assert measure_completeness([]).score_percent is None


def test_those_with_most_left_come_first():
    result = measure_completeness([(WHOLE, False), (Person(id="new"), False)])
    assert [each.person_id for each in result.still_to_ask] == ["new", "joan"]
    assert result.score_percent == 40


people = st.lists(
    st.tuples(st.builds(Person, id=st.text(min_size=1, max_size=3), name=st.sampled_from(["", "A"])), st.booleans())
)


@given(people)
def test_the_score_and_the_list_agree(some):
    result = measure_completeness(some)
    left = sum(len(each.questions) for each in result.still_to_ask)
    if some:
        assert result.score_percent == (QUESTIONS * len(some) - left) * 100 // (QUESTIONS * len(some))
        assert 0 <= result.score_percent <= 100
