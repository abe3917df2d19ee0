"""The life of a referral, the 26 outcomes, and when an answer is due."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.codes import AlertSource, ReferralState
from shared.model.referral import Referral
from shared.rules.referral import (
    FINAL_STATES,
    OUTCOMES,
    TRANSITIONS,
    OutcomeGroup,
    due_on,
    is_late,
    may_follow,
    normalise_outcome,
    steps_between,
    why_not_follow,
)
from shared.rules.replies import reply_to_referrer
from tests.shared.cast import at

AS_EXPORTED = [
    "Person found - engaging with services",
    "Person found – no entitlement to local services",
    "PERSON FOUND - Reconnected to services in another area",
    "Person found — street activity or begging",
    "Person found -referred to emergency services",
    "Person found- taken to shelter",
    "person  found - unwilling to engage",
    "Person not found - Person looked for",
    "Person not found – person no longer rough sleeping",
    "Person not found - site could not be located",
    "Person not found - site not accessible",
    "Person not found - no outreach service in this area",
    "Person not looked for – Person already known",
    "Person not looked for - street activity location",
    "Person not looked for - wrong local authority or geographical information",
    "LA did not respond",
    "No action taken - identified hotspot",
    "Details sent to London Transport outreach team",
    "Not enough information – referrer contacted but no reply",
    "Not enough information - no referrer contact details",
    "No alert - unlikely sleep site",
    "No alert - signposting",
    "No alert - site already known by outreach",
    "No alert – other",
    "No alert - London winter duplicate",
    "No alert - out of London winter duplicate",
]


def test_all_26_outcomes_are_recognised_as_exported_and_each_is_another():
    found = [normalise_outcome(text) for text in AS_EXPORTED]
    assert len(OUTCOMES) == 26
    assert {outcome.code for outcome in found if outcome} == set(OUTCOMES)


@pytest.mark.parametrize("text", ["", "Person found", "accommodated", "no alert -"])
def test_another_text_is_no_outcome(text):
    assert normalise_outcome(text) is None


def test_an_outcome_says_where_the_referral_ends():
    states = {code: outcome.state for code, outcome in OUTCOMES.items() if outcome.state is not ReferralState.CLOSED}
    assert states == {
        "person_not_looked_for_wrong_local_authority_or_geographical_information": ReferralState.WRONG_AREA,
        "no_alert_london_winter_duplicate": ReferralState.DUPLICATE_OF,
        "no_alert_out_of_london_winter_duplicate": ReferralState.DUPLICATE_OF,
    }


def test_no_reply_to_a_referrer_gives_anyone_away():
    for outcome in OUTCOMES.values():
        reply = reply_to_referrer(outcome)
        assert reply.startswith("Thank you")
        assert not any(word in reply.casefold() for word in ("shelter", "emergency", "begging", "unwilling", "entitle"))
    assert reply_to_referrer(OUTCOMES["person_found_engaging_with_services"]).endswith("to protect them.")


ORACLE = """
received           needs_information assigned looked_for found closed duplicate_of wrong_area
needs_information  received assigned closed duplicate_of wrong_area
assigned           received needs_information looked_for found closed duplicate_of wrong_area
looked_for         assigned looked_for found closed duplicate_of wrong_area
found              found closed
closed             received
duplicate_of       received
wrong_area         received assigned
"""


def test_the_transitions_are_as_written():
    written = {line.split()[0]: set(line.split()[1:]) for line in ORACLE.strip().splitlines()}
    assert {str(before): {str(s) for s in after} for before, after in TRANSITIONS.items()} == written
    assert set(TRANSITIONS) == set(ReferralState)


def test_a_refused_step_says_what_can_be_done_instead():
    assert (
        why_not_follow(ReferralState.FOUND, ReferralState.ASSIGNED)
        == "A referral that is found can become: closed, found."
    )
    assert why_not_follow(ReferralState.FOUND, ReferralState.CLOSED) is None


def test_a_state_of_a_newer_app_is_let_through():
    assert may_follow(ReferralState.CLOSED, ReferralState("parked"))
    assert may_follow(ReferralState("parked"), ReferralState.CLOSED)


def test_ten_working_days_from_a_friday_end_on_a_friday():
    assert due_on(date(2026, 11, 13)) == date(2026, 11, 27)
    assert due_on(date(2026, 12, 18), holidays={date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}) == date(
        2027, 1, 6
    )


@given(st.dates(date(2015, 1, 1), date(2035, 1, 1)), st.integers(0, 40))
def test_the_due_date_has_exactly_that_many_working_days_before_it(start, days):
    end = due_on(start, days)
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(day.weekday() < 5 for day in between) == days
    assert days == 0 or end.weekday() < 5


def test_a_referral_is_late_the_day_after_unless_it_is_answered():
    referral = Referral(
        id="r", number="R", alert_id="a", source=AlertSource.OPEN311, reported_at=at(13), due_on=date(2026, 11, 27)
    )
    assert not is_late(referral, date(2026, 11, 27))
    assert is_late(referral, date(2026, 11, 28))
    closed = Referral(
        id="r", number="R", alert_id="a", source=AlertSource.OPEN311, reported_at=at(13), due_on=date(2026, 11, 27),
        state=ReferralState.CLOSED,
    )  # fmt: skip
    assert not is_late(closed, date(2026, 11, 28))


def test_every_group_has_a_reply():
    assert {outcome.group for outcome in OUTCOMES.values()} == set(OutcomeGroup)


def test_no_way_from_one_state_to_another_closes_a_referral_in_between():
    """`closed` tells whoever reported somebody that it is over: it is said where a worker says it, never on the way."""
    known = [state for state in ReferralState if state.is_known]
    for before, after in itertools.product(known, known):
        assert FINAL_STATES.isdisjoint(steps_between(before, after)[:-1]), (before, after)
    assert steps_between(ReferralState.FOUND, ReferralState.LOOKED_FOR) == []
    assert steps_between(ReferralState.RECEIVED, ReferralState.CLOSED) == [ReferralState.CLOSED]
