"""What whoever told us is told: each outcome and each state in the three languages of the public form, and nothing of anybody."""

from datetime import date

import pytest

from shared.model.codes import ReferralState
from shared.rules.referral import OUTCOMES, normalise_outcome
from shared.rules.replies import (
    ENGLISH,
    LANGUAGES,
    POLISH,
    WELSH,
    reply_to_referrer,
    say_state,
    say_weekday,
    spoken,
)

STATES = [each for each in ReferralState if each.is_known and each is not ReferralState.CLOSED]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_outcome_has_its_sentence_in_each_language(language: str) -> None:
    said = {each.text: reply_to_referrer(each, language) for each in OUTCOMES.values()}
    english = {each.text: reply_to_referrer(each) for each in OUTCOMES.values()}
    assert len(said) == 26
    assert all(text != english[name] for name, text in said.items()) == (language != ENGLISH)
    same = [{name for name, text in said.items() if text == one} for one in said.values()]
    assert same == [{name for name, text in english.items() if text == one} for one in english.values()]


def test_a_sentence_is_true_of_its_outcome_in_each_language() -> None:
    outcome = normalise_outcome("Person not found - person looked for")
    assert outcome is not None
    assert reply_to_referrer(outcome, POLISH) == (
        "Dziękujemy. Nasz zespół poszedł tam i nie znalazł osoby z Twojego zgłoszenia. "
        "Jeśli znów zobaczysz tam tę osobę, daj nam znać."
    )
    assert reply_to_referrer(outcome, WELSH) == (
        "Diolch. Aeth ein tîm i chwilio ac ni ddaeth o hyd i’r person y soniasoch amdano. "
        "Os gwelwch nhw yno eto, rhowch wybod i ni eto."
    )


@pytest.mark.parametrize("state", STATES)
def test_each_state_is_said_in_each_language(state: ReferralState) -> None:
    assert len({say_state(state, language) for language in LANGUAGES}) == 3


def test_a_language_that_we_do_not_speak_is_english() -> None:
    assert spoken("fr") == spoken("") == ENGLISH
    assert say_state(ReferralState.RECEIVED, "fr") == "We have your report. A team leader reads every one."


def test_a_day_is_written_as_the_language_writes_it() -> None:
    day = date(2026, 12, 4)
    assert [say_weekday(day, each) for each in LANGUAGES] == [
        "Friday 4 December",
        "dydd Gwener 4 Rhagfyr",
        "piątku 4 grudnia",
    ]
