"""When somebody who is out must have been heard, by the server's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.model.alarm import Alarm, AlarmEvent, AlarmEventKind, AlarmStep
from shared.rules.alarms import AGAIN, DEFAULT_LADDER, MESSAGE_TRIES_AT_MOST, late_comers, next_message_try, next_steps
from shared.rules.check_ins import LONGEST_PROMISE, Outing, alarm_at, due_at, promise_of

OUT = datetime(2026, 11, 12, 20, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return OUT + timedelta(minutes=minutes)


def test_going_out_is_a_promise_of_an_hour() -> None:
    assert due_at(Outing(since=OUT)) == after(60)


def test_whoever_was_taken_along_promised_nothing() -> None:
    assert due_at(Outing(since=OUT, walks_with="aisha")) is None
    assert alarm_at(Outing(since=OUT, walks_with="aisha", acted_at=after(5))) is None


@pytest.mark.parametrize(
    ("checked_in", "promised", "due"),
    [
        (10, 25, 25),
        (-30, 20, 20),
        (-30, 90, 60),
        (-90, -20, 60),
    ],
)
def test_a_promise_that_still_stands_is_not_put_off_by_going_out_again(
    checked_in: float, promised: float, due: float
) -> None:
    outing = Outing(since=OUT, checked_in_at=after(checked_in), promised_at=after(promised))
    assert due_at(outing) == after(due)


@pytest.mark.parametrize(
    ("acted", "alarm"),
    [(10, 30), (29, 30), (30, 50), (45, 65)],
)
def test_what_was_done_at_or_after_the_promise_gives_as_long_again(acted: float, alarm: float) -> None:
    """She checked in at ten past and promised twenty minutes; a contact before that puts nothing off."""
    outing = Outing(since=OUT, checked_in_at=after(10), promised_at=after(30), acted_at=after(acted))
    assert alarm_at(outing) == after(alarm)


def test_a_long_promise_is_given_again_for_an_hour_at_most() -> None:
    outing = Outing(since=OUT, checked_in_at=OUT, promised_at=after(300), acted_at=after(310))
    assert alarm_at(outing) == after(370)


@pytest.mark.parametrize(
    ("length", "due"),
    [(None, 60), (30, 30), (0, 0), (-60, 0), (60 * 24 * 365 * 60, LONGEST_PROMISE.total_seconds() / 60)],
)
def test_a_promise_is_a_length_of_time_whatever_the_phones_clock_says(length: float | None, due: float) -> None:
    at = datetime(2031, 1, 1, tzinfo=UTC)
    said = None if length is None else at + timedelta(minutes=length)
    assert promise_of(at, said, OUT) == after(due)


def event(minutes: float, kind: AlarmEventKind, step: AlarmStep | None = None, who: str | None = "tom") -> AlarmEvent:
    return AlarmEvent(id=f"{minutes}-{kind}", alarm_id="a", at=after(minutes), kind=kind, step=step, worker_id=who)


def alarm_with(*events: AlarmEvent) -> Alarm:
    return Alarm(id="a", worker_id="aisha", team_id="t", due_at=OUT, raised_at=OUT, events=events)


EVERY_STEP = tuple(AlarmStep)


def test_the_worker_own_step_is_counted_from_the_promise_and_not_from_a_late_look() -> None:
    told = event(4, AlarmEventKind.TOLD, AlarmStep.WORKER, "aisha")
    assert next_steps(alarm_with(told), DEFAULT_LADDER, EVERY_STEP, after(4)) == [AlarmStep.COLLEAGUES]


def test_every_other_step_has_its_time_from_when_it_was_told() -> None:
    told = (
        event(0, AlarmEventKind.TOLD, AlarmStep.WORKER, "aisha"),
        event(9, AlarmEventKind.TOLD, AlarmStep.COLLEAGUES, "dean"),
    )
    assert next_steps(alarm_with(*told), DEFAULT_LADDER, EVERY_STEP, after(12.75)) == []
    assert next_steps(alarm_with(*told), DEFAULT_LADDER, EVERY_STEP, after(13)) == [AlarmStep.LEAD]


def test_whoever_takes_a_post_over_hears_of_what_is_open_and_holds_nobody_up() -> None:
    told = (
        event(0, AlarmEventKind.TOLD, AlarmStep.WORKER, "aisha"),
        event(7, AlarmEventKind.TOLD, AlarmStep.LEAD, "tom"),
    )
    held = {AlarmStep.LEAD: ["lena"], AlarmStep.DEPUTY: ["sam"], AlarmStep.COLLEAGUES: ["dean"]}
    assert late_comers(alarm_with(*told), held) == {AlarmStep.LEAD: ["lena"]}, "a step that has not begun waits"
    over = (*told, event(11, AlarmEventKind.TOLD, AlarmStep.LEAD, "lena"))
    assert late_comers(alarm_with(*over), held) == {}
    steps = (AlarmStep.WORKER, AlarmStep.LEAD, AlarmStep.DEPUTY)
    assert next_steps(alarm_with(*over), DEFAULT_LADDER, steps, after(12)) == [AlarmStep.DEPUTY]
    everybody = (*over, event(12, AlarmEventKind.TOLD, AlarmStep.EVERYBODY, "sam"))
    assert late_comers(alarm_with(*everybody), held | {AlarmStep.MANAGER: ["dean"]}) == {AlarmStep.COLLEAGUES: ["dean"]}
    assert late_comers(alarm_with(*told, event(8, AlarmEventKind.TAKEN)), held) == {}
    assert late_comers(alarm_with(), held) == {}


def test_a_step_whose_every_message_came_to_nothing_is_not_waited_for() -> None:
    told = (
        event(0, AlarmEventKind.TOLD, AlarmStep.WORKER, "aisha"),
        event(3, AlarmEventKind.TOLD, AlarmStep.COLLEAGUES, "dean"),
        event(3, AlarmEventKind.TOLD, AlarmStep.COLLEAGUES, "olu"),
        event(3, AlarmEventKind.FAILED, who="dean"),
    )
    assert next_steps(alarm_with(*told), DEFAULT_LADDER, EVERY_STEP, after(4)) == [], "one may answer still"
    lost = (*told, event(3, AlarmEventKind.FAILED, who="olu"))
    assert next_steps(alarm_with(*lost), DEFAULT_LADDER, EVERY_STEP, after(4)) == [AlarmStep.LEAD]
    sent = (*lost, event(4, AlarmEventKind.SENT, who="olu"))
    assert next_steps(alarm_with(*sent), DEFAULT_LADDER, EVERY_STEP, after(4)) == []
    hers = (told[0], event(0, AlarmEventKind.FAILED, who="aisha"))
    assert next_steps(alarm_with(*hers), DEFAULT_LADDER, EVERY_STEP, after(2)) == [], "her telephone shows it by itself"


@pytest.mark.parametrize("kind", [AlarmEventKind.PUT_BACK, AlarmEventKind.GIVEN_UP])
def test_what_nobody_has_any_more_is_told_to_everybody_until_somebody_has_it_again(kind: AlarmEventKind) -> None:
    had = (event(0, AlarmEventKind.TOLD, AlarmStep.EVERYBODY), event(1, AlarmEventKind.TAKEN), event(2, kind))
    assert alarm_with(*had).taken is None
    assert next_steps(alarm_with(*had), DEFAULT_LADDER, EVERY_STEP, after(2)) == [AlarmStep.EVERYBODY]
    again = (*had, event(3, AlarmEventKind.TOLD, AlarmStep.EVERYBODY, "dean"))
    assert next_steps(alarm_with(*again), DEFAULT_LADDER, EVERY_STEP, after(17)) == []
    assert next_steps(alarm_with(*again), DEFAULT_LADDER, EVERY_STEP, after(18)) == [AlarmStep.EVERYBODY]
    taken = (*again, event(4, AlarmEventKind.TAKEN, who="dean"))
    assert next_steps(alarm_with(*taken), DEFAULT_LADDER, EVERY_STEP, after(18)) == []


def test_what_the_missed_one_says_gives_whoever_has_it_no_more_time() -> None:
    taken = event(0, AlarmEventKind.TAKEN)
    hers = event(10, AlarmEventKind.NOTED, who="aisha")
    again = timedelta(minutes=15)
    assert again == AGAIN
    assert next_steps(alarm_with(taken, hers), DEFAULT_LADDER, EVERY_STEP, after(15)) == [AlarmStep.EVERYBODY]
    theirs = event(10, AlarmEventKind.NOTED)
    assert next_steps(alarm_with(taken, theirs), DEFAULT_LADDER, EVERY_STEP, after(24)) == []
    assert next_steps(alarm_with(taken, theirs), DEFAULT_LADDER, EVERY_STEP, after(25)) == [AlarmStep.EVERYBODY]


def test_help_waits_for_no_step_and_is_told_again_until_somebody_has_it() -> None:
    asked = event(0, AlarmEventKind.HELP, who="aisha")
    assert next_steps(alarm_with(asked), DEFAULT_LADDER, EVERY_STEP, OUT) == [AlarmStep.EVERYBODY]
    told = event(0, AlarmEventKind.TOLD, AlarmStep.EVERYBODY)
    assert next_steps(alarm_with(asked, told), DEFAULT_LADDER, EVERY_STEP, after(14)) == []
    assert next_steps(alarm_with(asked, told), DEFAULT_LADDER, EVERY_STEP, after(15)) == [AlarmStep.EVERYBODY]
    taken = event(5, AlarmEventKind.TAKEN)
    anew = event(6, AlarmEventKind.HELP, who="aisha")
    assert next_steps(alarm_with(asked, told, taken), DEFAULT_LADDER, EVERY_STEP, after(6)) == []
    assert next_steps(alarm_with(asked, told, taken, anew), DEFAULT_LADDER, EVERY_STEP, after(6)) == [
        AlarmStep.EVERYBODY
    ]


def test_a_message_is_tried_each_minute_and_not_for_ever() -> None:
    assert next_message_try(1, OUT) == after(1)
    assert next_message_try(MESSAGE_TRIES_AT_MOST - 1, OUT) == after(1)
    assert next_message_try(MESSAGE_TRIES_AT_MOST, OUT) is None
