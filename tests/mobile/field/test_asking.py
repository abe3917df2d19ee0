"""The short form on the phone, with no signal: nothing asked twice, each answer kept as it is given, consent by word."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mobile.field.asking import SHORT_FORM
from mobile.field.drafts import DraftRefused
from mobile.field.views import ContactDraft, PersonDraft
from mobile.program.effects import Back, Call, Effect, Failed, Opened, WordsFound
from mobile.screens.asking import state as asking
from mobile.store import retention, tellings
from mobile.store.errors import NotHere
from mobile.text import load
from shared.model.codes import ContactState, SupportNeed
from shared.model.telling import ConsentAnswer
from shared.rules.assessment import options_of
from tests.mobile.asked import asked, calls
from tests.mobile.rig import Rig


@pytest.fixture
def rig(tmp_path: Path):
    made = Rig(tmp_path)
    made.enrol()
    yield made
    made.field.close()


@pytest.fixture
def red(rig: Rig) -> str:
    new = PersonDraft(name="Red", description="Small dog")
    rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(new,)))
    return rig.field.search_people("Red")[0].id


def keys(rig: Rig, person: str) -> list[str]:
    return [each.key for each in rig.field.short_form(person).questions]


def test_nothing_is_asked_twice_within_its_life_nor_what_the_record_says(rig: Rig, red: str) -> None:
    assert keys(rig, red) == [each.key for each in SHORT_FORM]
    rig.field.give_answer(red, "pet", "yes", "Bella")
    rig.field.give_answer(red, "safe_call", rather_not=True)
    rig.field.patch_person(red, {"wants_first": "A tent"})
    rig.field.record_need(red, "mental_health")
    left = set(keys(rig, red))
    assert not left & {"pet", "safe_call", "wants_first", "mind_worry"} and len(left) == len(SHORT_FORM) - 4
    rig.clocks.pass_(days=200)
    assert "pet" in keys(rig, red) and "safe_call" not in keys(rig, red)


def test_a_need_that_was_said_counts_as_one(rig: Rig, red: str) -> None:
    rig.field.give_answer(red, "mind_worry", "yes")
    rig.field.give_answer(red, "body_worry", "no")
    assert [each.need for each in rig.field.person(red).needs] == [SupportNeed.MENTAL_HEALTH]


@pytest.mark.parametrize(
    "wrong", [("pet", "maybe"), ("pet", ""), ("pet", "yes no"), ("pet", "", "x" * 10_001), ("moon", "yes"), ("income", "gold")]
)  # fmt: skip
def test_what_is_no_answer_is_refused_in_words_and_nothing_is_kept(rig: Rig, red: str, wrong: Any) -> None:
    unsent = rig.field.unsent()
    with pytest.raises(DraftRefused):
        rig.field.give_answer(red, *wrong)
    assert rig.field.unsent() == unsent
    with pytest.raises(NotHere):
        rig.field.short_form("nobody")


def test_consent_by_word_is_the_last_that_was_said(rig: Rig, red: str) -> None:
    assert rig.field.short_form(red).sharing is None
    rig.field.say_sharing(red, True)
    rig.clocks.pass_(minutes=1)
    rig.field.say_sharing(red, False)
    assert rig.field.short_form(red).sharing is ConsentAnswer.REFUSED
    rig.clocks.wall -= timedelta(hours=1)  # somebody sets the clock back
    rig.field.say_sharing(red, True)
    assert rig.field.short_form(red).sharing is ConsentAnswer.AGREED


def test_the_phone_writes_nothing_on_the_record_of_what_was_answered(rig: Rig, red: str) -> None:
    """It would reach the server in two batches, with a no between; the server writes both at once."""
    rig.field.patch_person(red, {"wants_first": "A tent"})
    rig.field.give_answer(red, "safe_call", "", "A tent")
    for agrees in (True, False, True):
        rig.field.say_sharing(red, agrees)
        rig.field.give_answer(red, "safe_where", "", "The library")
        told = rig.field.person(red).person
        assert (told.safety_call, told.safety_needs, told.wants_first) == ("", "", "A tent")


def test_who_is_let_go_of_leaves_no_answer(rig: Rig, red: str) -> None:
    rig.field.give_answer(red, "pet", "yes")
    rig.field.say_sharing(red, True)
    store = rig.field._open.record.store
    with store.writing() as connection:
        retention.let_go(connection, (), (red,))
        assert tellings.list_answers(connection, (red,)) == [] == tellings.list_consents(connection, (red,))


def test_every_question_of_the_short_form_has_its_words_and_they_are_the_desks() -> None:
    english, polish = load("en"), load("pl")
    assert 5 <= len(SHORT_FORM) <= 9
    for each in SHORT_FORM:
        assert english.say(f"question.{each.key}") == each.text
        assert f"question.{each.key}" in polish
        for code, words in options_of(each):
            assert english.say_code("question_option", code) == words and f"question_option.{code}" in polish


def play(state: asking.AskingState, *events: object) -> tuple[asking.AskingState, list[Effect]]:
    effects: list[Effect] = []
    for event in events:
        state, more = asking.update(state, event)  # type: ignore[arg-type]
        effects += more
    return state, effects


def test_the_screen_asks_one_after_another_and_about_sharing_at_the_end(rig: Rig, red: str) -> None:
    form = rig.field.short_form(red)
    state, effects = play(asking.AskingState(person_id=red), Opened(), asking.Found(form=form))
    assert [method for method, _ in calls(effects)] == ["short_form"]
    state, effects = play(state, asking.Typed(text="A tent"), asking.NextPressed())
    assert calls(effects) == [("give_answer", (red, "wants_first", "", "A tent"))]
    state, _ = play(state, asking.Kept())
    assert state.question is not None and state.question.key == "pet" and state.words == ""
    state, effects = play(state, asking.Picked(value="yes"), asking.Picked(value="no"), asking.NextPressed())
    assert calls(effects) == [("give_answer", (red, "pet", "no", ""))]
    state, effects = play(state, Failed(error="DiskFull"))
    assert state.chosen == ("no",) and state.failure is not None
    state, effects = play(state, asking.RatherNotPressed())
    (save,) = effects
    assert isinstance(save, Call) and asked(save).keywords == {"rather_not": True}
    for _ in form.questions:
        state, _ = play(state, asking.Kept())
    assert state.is_over
    state, effects = play(state, asking.SharingSaid(agrees=True), asking.Ended())
    assert calls(effects) == [("say_sharing", (red, True))] and Back() in effects


def test_some_of_several_answers_are_taken_and_taken_back(rig: Rig, red: str) -> None:
    income = next(each for each in SHORT_FORM if each.key == "income")
    form = rig.field.short_form(red)
    state = asking.AskingState(person_id=red, form=form, at=form.questions.index(income))
    state, _ = play(state, *(asking.Picked(value=each) for each in ("work", "family", "work")))
    assert state.chosen == ("family",)


@pytest.mark.parametrize("field", ["safety_signs", "safety_helps", "safety_call", "safety_avoid", "safety_needs"])
def test_whoever_has_a_safety_plan_has_its_symbol_on_the_phone(rig: Rig, red: str, field: str) -> None:
    assert not rig.field.search_people("Red")[0].has_safety_needs
    rig.field.patch_person(red, {"best_way": "Ask for Ted"})
    assert not rig.field.search_people("Red")[0].has_safety_needs
    rig.field.patch_person(red, {field: "Knock twice"})
    assert rig.field.search_people("Red")[0].has_safety_needs
    assert rig.field.person(red).person.best_way == "Ask for Ted"


def test_a_second_press_saves_nothing_twice_and_passes_over_no_question(rig: Rig, red: str) -> None:
    form = rig.field.short_form(red)
    asked, _ = play(asking.AskingState(person_id=red), asking.Found(form=form), asking.Typed(text="A tent"))
    for press in (asking.NextPressed(), asking.RatherNotPressed()):
        state, effects = play(asked, press, asking.NextPressed(), asking.RatherNotPressed())
        assert len(effects) == 1
        state, _ = play(state, asking.Kept())
        assert state.question is not None and state.question.key == form.questions[1].key
        assert len(play(state, asking.RatherNotPressed())[1]) == 1
    over = asking.AskingState(person_id=red, form=form, at=len(form.questions))
    said, effects = play(over, asking.SharingSaid(agrees=True), asking.SharingSaid(agrees=False))
    assert len(effects) == 1
    assert len(play(said, Failed(error="DiskFull"), asking.SharingSaid(agrees=False))[1]) == 2


def test_what_was_half_written_of_a_later_question_waits_for_it(rig: Rig, red: str) -> None:
    form = rig.field.short_form(red)
    first, second = (each.key for each in form.questions[:2])
    found = WordsFound(words={second: "Bella"})
    state, _ = play(asking.AskingState(person_id=red), asking.Found(form=form), found, asking.Typed(text="A tent"))
    assert state.half_written == {first: "A tent", second: "Bella"}
    state, _ = play(state, asking.Typed(text=""))
    assert state.half_written == {second: "Bella"}
    state, _ = play(state, asking.Kept())
    assert (state.words, state.half_written) == ("Bella", {second: "Bella"})
    assert play(state, asking.Typed(text=""))[0].half_written == {}


def test_a_day_begins_at_midnight_where_they_are_in_summer_too(rig: Rig, red: str) -> None:
    rig.clocks.wall = datetime(2027, 1, 15, 12, 0, tzinfo=UTC)
    rig.field.give_answer(red, "pet", "yes")
    months = next(each.lives_months for each in SHORT_FORM if each.key == "pet")
    assert months == 6
    rig.clocks.wall = datetime(2027, 7, 15, 22, 30, tzinfo=UTC)
    assert "pet" not in keys(rig, red), "its last day, at half past eleven"
    rig.clocks.wall = datetime(2027, 7, 15, 23, 30, tzinfo=UTC)
    assert "pet" in keys(rig, red), "half past midnight is the next day"
