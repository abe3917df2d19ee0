"""Two people do something to one case or one conference at the same moment: neither undoes the other, and nothing is lost."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server.actions.cases import cases as decisions
from server.actions.cases import chasing, priorities
from server.actions.cases.answers import say_who_comes
from server.actions.cases.machine import Step, move_case
from server.actions.cases.put_forward import Newcomer, put_forward_newcomer
from server.actions.conferences import circulating, conferences, discussion
from server.actions.conferences.seating import say_representative
from server.problems import Failure, Invalid
from server.queries.cases import case_events
from server.queries.cases.priorities import list_overrides
from server.queries.conferences import conferences as stored
from server.queries.conferences.representatives import list_of_agency
from shared.model.case import CaseEvent
from shared.model.codes import CaseState, CaseStep, EvidenceBasis
from tests.server.conferences.conftest import FILES, Enter, item_at
from tests.server.conferences.test_conferences import call
from tests.web import county


def waits_for_a_lock(database: Any) -> bool:
    """Does somebody wait for a lock in this very database?"""
    asked = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with database.reading() as session:
        return bool(session.scalar(text(asked)))


def while_held(database: Any, act: Callable[[], None]) -> threading.Thread:
    """Begins an act in a thread of its own and comes back once it waits for what the caller holds."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while thread.is_alive() and not waits_for_a_lock(database) and time.monotonic() < deadline:
        time.sleep(0.01)
    return thread


def test_a_conference_that_is_moved_while_it_is_finished_stays_finished(enter: Enter, watford: Any) -> None:
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")
    with enter("priya") as access:
        made = call(access)
    answers: list[str] = []

    def move() -> None:
        try:
            with enter("priya") as other:
                later = made.starts_at + timedelta(days=1)
                conferences.change_conference(other, made.id, later, "Elsewhere", "priya", "ruth")
                answers.append("moved")
        except Failure as refused:
            answers.append(str(refused.problem.detail))

    with enter("priya") as access:
        discussion.finish_conference(access, made.id, {})
        moving = while_held(watford, move)
    moving.join(20)
    with enter("priya") as access:
        after = stored.find_conference(access.session, made.id)
    assert after is not None and after.finished_at is not None
    assert answers == ["This conference has ended. Its agenda can no longer change."]


def test_of_two_tabs_that_circulate_at_the_same_moment_one_sends(enter: Enter, watford: Any) -> None:
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")
    with enter("priya") as access:
        made = call(access)
        seen = circulating.mark_of(access, made)
    answers: list[str] = []

    def press() -> None:
        try:
            with enter("priya") as other:
                circulating.circulate(other, FILES, made.id, seen)
                answers.append("sent")
        except Invalid as refused:
            answers.append(refused.errors[0])

    with enter("priya") as access:
        sent = circulating.circulate(access, FILES, made.id, seen)
        pressing = while_held(watford, press)
    pressing.join(20)
    assert answers == [circulating.CHANGED]
    with enter("priya") as access:
        assert len(stored.list_circulated(access.session, made.id)) == len(sent)


def test_two_tabs_that_call_a_conference_at_the_same_moment_call_it_once(enter: Enter, watford: Any) -> None:
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")
    answers: list[str] = []

    def press() -> None:
        try:
            with enter("priya") as other:
                call(other)
                answers.append("called")
        except Invalid as refused:
            answers.append(refused.errors[0])

    with enter("priya") as access:
        made = call(access)
        pressing = while_held(watford, press)
    pressing.join(20)
    assert answers == ["There is a conference at that time already."]
    with enter("priya") as access:
        assert [each.id for each in stored.list_conferences(access.session, [county.WATFORD])] == [made.id]


def test_the_second_of_two_who_list_somebody_hears_of_the_first(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    with enter("priya") as access:
        monkeypatch.setattr(
            decisions, "check_on_no_list", lambda *_: None
        )  # both have looked before either has written
        with pytest.raises(Invalid) as refused:
            decisions.add_case(
                access, "p01", county.WATFORD, EvidenceBasis.SEEN_BY_PARTNER_AGENCY, "Seen at the church", "Sam"
            )
    assert "meanwhile" in refused.value.errors[0]


def test_no_step_is_passed_over_in_silence(enter: Enter) -> None:
    with enter("priya") as access:
        step = Step(step=CaseStep.DISCUSSED, at=access.now, worker_id="priya")
        move_case(access.session, "case-p01", step, access.new_id)
        (last,) = case_events.list_events(access.session, ["case-p01"])["case-p01"][-1:]
        twin = CaseEvent(
            id=access.new_id(), case_id="case-p01", number=last.number, at=access.now, step=CaseStep.CLOSED,
            from_state=CaseState.OPEN, to_state=CaseState.CLOSED, district_id=county.WATFORD,
        )  # fmt: skip
        with pytest.raises(IntegrityError), access.session.begin_nested():
            case_events.add_events(access.session, [twin])


def test_two_who_note_one_agency_or_name_its_representative_at_the_same_moment_both_come_through(
    enter: Enter, watford: Any
) -> None:
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")
    with enter("priya") as access:
        made = call(access)
    answers: list[str] = []

    def press() -> None:
        with enter("ruth") as other:
            say_who_comes(other, made.id, "Sam Okafor")
            say_representative(other, county.WATFORD, "Ruth", "Bola", ("Ruth", ""))
        answers.append("said")

    with enter("ruth") as access:
        say_representative(access, county.WATFORD, "Amina", "")
        say_who_comes(access, made.id, "Ruth")
        pressing = while_held(watford, press)
    pressing.join(20)
    assert answers == ["said"]
    with enter("ruth") as access:
        assert stored.list_attendance(access.session, made.id)["cgl"].name == "Sam Okafor"
        spoken = list_of_agency(access.session, "cgl", [county.WATFORD])[county.WATFORD]
    assert (spoken.name, spoken.deputy) == ("Amina", "Bola")


def test_of_two_places_given_at_the_same_moment_one_holds(enter: Enter, watford: Any) -> None:
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")

    def press() -> None:
        with enter("priya") as other:
            priorities.place_case(other, "case-p05", 2, "He leaves prison on Monday")

    with enter("priya") as access:
        priorities.place_case(access, "case-p05", 1, "He leaves prison on Friday")
        pressing = while_held(watford, press)
    pressing.join(20)
    with enter("priya") as access:
        assert [each.rank for each in list_overrides(access.session, county.WATFORD)] == [2]


def test_two_presses_of_one_form_at_the_same_moment_are_one(enter: Enter, watford: Any, services: Any) -> None:
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")
    with enter("priya") as access:
        made = call(access)
        item = item_at(access, made.id, 1)
        keys = [access.new_id() for _ in range(3)]

    def agree(access: Any) -> str:
        due = access.today + timedelta(days=7)
        return discussion.agree_action(
            access, made.id, item, text="Ring her", agency_id="cgl", due_on=due, key=keys[0]
        ).id

    def add(access: Any) -> str:
        return chasing.add_between(
            access, county.WATFORD, "case-joan", text="Ring her", agency_id="cgl", due_on=access.today, key=keys[1]
        ).id

    def put(access: Any) -> str:
        draft = Newcomer(
            form_id=keys[2], district_id=county.WATFORD, name="Nia", basis=EvidenceBasis.SEEN_BY_PARTNER_AGENCY,
            reason="Sleeps behind the library",
        )  # fmt: skip
        return put_forward_newcomer(access, services.project, draft).id

    for press in (agree, add, put):
        answers: list[str] = []

        def press_again(press: Callable[[Any], str] = press, answers: list[str] = answers) -> None:
            with enter("priya") as other:
                answers.append(press(other))

        with enter("priya") as access:
            first = press(access)
            pressing = while_held(watford, press_again)
        pressing.join(20)
        assert answers == [first]
