"""Going out with Dean, saying one is well, coming home."""

from datetime import timedelta

import pytest

from mobile.field.drafts import DraftRefused
from mobile.field.service import FieldService
from mobile.field.views import ContactDraft, PersonDraft, VisitDraft
from shared.geo.night import outreach_night
from shared.model.codes import ContactState
from shared.model.shift import CheckIn, Shift, ShiftEnded, ShiftJoined
from tests.mobile.feeding import acknowledge, feed
from tests.mobile.rig import Rig


def deans_shift(rig: Rig) -> Shift:
    now = rig.clocks.now()
    shift = Shift(
        id="deans", team_id="watford", worker_id="dean", started_at=now, night=outreach_night(now), area="Market"
    )
    feed(rig, "shift.started", shift, who="dean")
    return shift


def test_a_shift_that_is_going_is_found_again_after_a_restart(rig: Rig, field: FieldService) -> None:
    shift = field.start_shift("Town centre")
    assert field.start_shift("Elsewhere") == shift
    again = rig.restart()
    again.unlock("271828")
    current = again.current_shift()
    assert current is not None and current.shift == shift


def test_a_shift_ends_with_what_was_done_on_it(field: FieldService) -> None:
    field.start_shift()
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias="Red"),)))
    field.record_contact(ContactDraft(state=ContactState.NOT_BEDDED_DOWN, unidentified_people=2))
    field.record_visit(VisitDraft(bedding_present=False))
    summary = field.end_shift("Quiet night")
    assert (summary.contacts, summary.people, summary.visits) == (2, 3, 1)
    assert field.current_shift() is None
    with pytest.raises(DraftRefused, match="Start a shift"):
        field.end_shift()


def test_a_colleagues_shift_can_be_joined_and_what_is_recorded_counts_there(rig: Rig, field: FieldService) -> None:
    shift = deans_shift(rig)
    assert [(one.shift.id, one.started_by) for one in field.shifts_to_join()] == [("deans", "Dean R")]
    field.join_shift(shift.id)
    field.join_shift(shift.id)
    contact = field.contact(field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))).contact
    assert contact.shift_id == "deans" and field.shifts_to_join() == []


def test_a_colleagues_shift_that_ended_or_is_of_yesterday_cannot_be_joined(rig: Rig, field: FieldService) -> None:
    shift = deans_shift(rig)
    rig.clocks.pass_(hours=19)
    assert field.shifts_to_join() == []
    rig.clocks.pass_(hours=-19)
    feed(rig, "shift.ended", ShiftEnded(id="e", shift_id=shift.id, worker_id="dean", at=rig.clocks.now()), who="dean")
    assert field.shifts_to_join() == []


def test_a_check_in_that_is_late_is_said_first_in_words(rig: Rig, field: FieldService) -> None:
    with pytest.raises(DraftRefused):
        field.check_in()
    field.start_shift()
    begun = field.check_in_state()
    assert not begun.is_sent and "not checked in" in begun.message and "nobody else knows" in begun.message
    acknowledge(rig)
    begun = field.check_in_state()
    assert begun.is_sent and begun.last is None and "Lantern has it" in begun.message, "known before any check-in"
    field.check_in(30)
    state = field.check_in_state()
    assert not state.is_overdue and "offline" in state.message
    acknowledge(rig)
    assert "your colleagues who are out are told first" in field.check_in_state().message
    rig.clocks.pass_(minutes=31)
    assert field.check_in_state().is_overdue


def test_a_shift_of_an_earlier_night_is_asked_about_and_takes_nothing_of_tonight(rig: Rig, field: FieldService) -> None:
    old = field.start_shift("Town")
    rig.clocks.pass_(hours=48)
    forgotten = field.forgotten_shift()
    assert forgotten is not None
    assert (forgotten.shift, field.current_shift()) == (old, None)
    contact = field.contact(field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))).contact
    assert contact.shift_id is None
    tonight = field.start_shift("High street")
    assert tonight.id != old.id
    assert field.forgotten_shift() is None, "whoever goes out again came home before"
    field.check_in(30)
    assert field.check_in_state().shift_id == tonight.id


def test_whoever_says_that_they_came_home_is_asked_no_more(rig: Rig, field: FieldService) -> None:
    field.start_shift("Town")
    rig.clocks.pass_(hours=48)
    field.end_forgotten_shift()
    assert (field.forgotten_shift(), field.current_shift()) == (None, None)


def test_the_first_check_in_is_due_an_hour_after_going_out(rig: Rig, field: FieldService) -> None:
    field.start_shift()
    assert not field.check_in_state().is_overdue
    rig.clocks.pass_(minutes=61)
    assert field.check_in_state().is_overdue


def test_a_colleague_who_is_late_is_named(rig: Rig, field: FieldService) -> None:
    shift = deans_shift(rig)
    field.join_shift(shift.id)
    now = rig.clocks.now()
    feed(
        rig, "checkin.made", CheckIn(id="ci", shift_id=shift.id, worker_id="dean", at=now, next_due_at=now), who="dean"
    )
    rig.clocks.pass_(minutes=1)
    assert field.check_in_state().others_overdue == ("Dean R",)


def test_whoever_was_only_taken_along_is_told_that_nobody_waits_for_their_word(rig: Rig, field: FieldService) -> None:
    """The server names nobody who promised nothing: a phone that says "Lantern has it" sends her on alone for nothing."""
    shift = deans_shift(rig)
    feed(
        rig, "shift.joined", ShiftJoined(id="j", shift_id=shift.id, worker_id="aisha", at=rig.clocks.now()), who="dean"
    )
    rig.clocks.pass_(minutes=61)
    state = field.check_in_state()
    assert (state.due_at, state.is_overdue, state.along_with) == (None, False, "Dean R")
    assert "promised nothing yourself" in state.message and "Lantern has it" not in state.message
    field.record_visit(VisitDraft(bedding_present=False))
    acted_at = rig.clocks.now()
    state = field.check_in_state()
    assert (state.due_at, state.along_with) == (acted_at + timedelta(hours=1), ""), (
        "who does something has gone out by that"
    )
    field.check_in(30)
    acknowledge(rig)
    state = field.check_in_state()
    assert (state.due_at, state.along_with) == (rig.clocks.now() + timedelta(minutes=30), "")
    assert "Lantern has it" in state.message


def test_whoever_joins_by_their_own_hand_is_due_within_the_hour(rig: Rig, field: FieldService) -> None:
    shift = deans_shift(rig)
    rig.clocks.pass_(minutes=20)
    field.join_shift(shift.id)
    assert field.check_in_state().due_at == rig.clocks.now() + timedelta(hours=1)


def deans_shift_with_aisha(rig: Rig, worker_id: str) -> Shift:
    shift = deans_shift(rig)
    joined = ShiftJoined(id="along", shift_id=shift.id, worker_id=worker_id, at=rig.clocks.now())
    feed(rig, "shift.joined", joined, who="dean")
    return shift


def test_a_promise_stands_when_a_colleague_takes_along_whoever_gave_it(rig: Rig, field: FieldService) -> None:
    """The server goes by the worker, and tells somebody when they are late: their phone must not think it is later."""
    me = field.start_shift().worker_id
    said = field.check_in(30)
    rig.clocks.pass_(minutes=5)
    deans_shift_with_aisha(rig, me)
    state = field.check_in_state()
    assert state.shift_id == "deans"
    assert (state.last, state.due_at) == (said, said.next_due_at)
    rig.clocks.pass_(minutes=26)
    assert field.check_in_state().is_overdue


def test_coming_home_ends_every_shift_that_one_is_on(rig: Rig, field: FieldService) -> None:
    """Else the server waits for somebody who is in bed."""
    me = field.start_shift("Town").worker_id
    rig.clocks.pass_(minutes=5)
    deans_shift_with_aisha(rig, me)
    assert field.end_shift("Quiet").shift.id == "deans"
    assert field.current_shift() is None
