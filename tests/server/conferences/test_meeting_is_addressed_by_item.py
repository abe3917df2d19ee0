"""Words and endings reach the person who was shown, however the agenda changes meanwhile; on both databases."""

from datetime import timedelta

import pytest

from server.actions.cases.cases import close_case
from server.actions.conferences import conferences, discussion
from server.actions.conferences.discussion import CaseEnd
from server.actions.people.hiding import hide_person
from server.problems import Invalid
from server.queries.cases import case_events, cases
from server.queries.conferences import conferences as stored
from shared.model.codes import CaseState, CaseStep
from shared.rules.case import state_of
from tests.server.conferences.conftest import Browser, Enter, item_at
from tests.server.conferences.test_conferences import call
from tests.web import county


def call_by_web(browser: Browser) -> str:
    form = {"district": county.WATFORD, "day": "2026-12-10", "time": "10:00", "chair": "priya", "minute_taker": "tom"}
    answer = browser.sign_in("priya").post("/conferences", **form)
    return str(answer.headers["location"].split("?")[0])


def test_words_stay_with_the_person_shown_when_the_agenda_moves_up(enter: Enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        shown = item_at(access, conference.id, 4)
        person_4 = stored.find_item(access.session, conference.id, shown)
        assert person_4 is not None
        close_case(access, stored.list_items(access.session, conference.id)[1].case_id, "Housed")
        conferences.choose_cases_again(access, conference.id)
    with enter("tom") as access:
        discussion.save_note(access, conference.id, shown, base="", notes="clinic on Tuesday")
        discussion.agree_action(
            access, conference.id, shown, text="escort", agency_id="cgl", due_on=access.today + timedelta(days=3)
        )
        notes = stored.list_notes(access.session, conference.id)
        now = stored.find_item(access.session, conference.id, shown)
    assert {item: note.notes for item, note in notes.items()} == {shown: "clinic on Tuesday"}
    assert now is not None
    assert (now.case_id, now.position) == (person_4.case_id, 3)


def test_words_typed_about_a_case_that_was_taken_off_stay_with_it_and_become_its_review(enter: Enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        shown = stored.list_items(access.session, conference.id)[1]
        close_case(access, shown.case_id, "Housed yesterday")
        saved = discussion.save_note(access, conference.id, shown.id, base="", notes="keys on Friday")
        assert saved.off == "Closed: Housed yesterday"
        assert shown.case_id not in {item.case_id for item in stored.list_items(access.session, conference.id)}
        discussion.finish_conference(access, conference.id, {})
        reviews = stored.list_reviews(access.session, [shown.case_id])[shown.case_id]
        case = cases.get_case(access.session, shown.case_id)
    assert [review.notes for review in reviews] == ["keys on Friday"]
    assert (case.state, case.mdt_number, case.outcome) == (CaseState.CLOSED, 1, "Housed yesterday")


def test_a_screen_hears_that_the_agenda_has_changed(enter: Enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        first, second = (item_at(access, conference.id, place) for place in (1, 2))
        before = discussion.read_saved(access, conference.id, first)
        case_id = stored.list_items(access.session, conference.id)[1].case_id
        close_case(access, case_id, "Housed")
        after = discussion.read_saved(access, conference.id, first)
        gone = discussion.read_saved(access, conference.id, second)
    assert (before.agenda == after.agenda, before.off, after.off) == (False, "", "")
    assert gone.off == "Closed: Housed"


def test_finish_acts_on_what_its_reader_saw_else_it_asks(browser: Browser, enter: Enter) -> None:
    path = call_by_web(browser)
    conference_id = path.rsplit("/", 1)[1]
    shown = browser.get(f"{path}/end").text
    import re

    sent = dict(re.findall(r'name="(seen|item_\d+)"[^>]* value="([^"]+)"', shown))
    with enter("priya") as access:
        items = stored.list_items(access.session, conference_id)
        hide_person(access, items[1].case_id.removeprefix("case-"), ["beacon"], "An ex-partner asks for her everywhere")
    asked = browser.post(f"{path}/end", **sent, end_6="close")
    assert asked.status_code == 422
    assert "The agenda has changed since you opened this page." in asked.text
    with enter("priya") as access:
        states = {case.id: case.state for case in cases.list_cases_by_id(access.session, [i.case_id for i in items])}
    assert CaseState.CLOSED not in states.values()
    again = dict(re.findall(r'name="(seen|item_\d+)"[^>]* value="([^"]+)"', asked.text))
    meant = next(name for name, item in again.items() if item == items[5].id)
    assert f'id="{meant.replace("item", "end")}"' in asked.text
    done = browser.confirm(browser.post(f"{path}/end", **again, **{meant.replace("item", "end"): "close"}))
    assert done.headers["location"] == f"{path}/minutes?done=ended"
    with enter("priya") as access:
        closed = [
            c.id for c in cases.list_cases_by_id(access.session, [i.case_id for i in items]) if c.state == "closed"
        ]
    assert closed == [items[5].case_id]


def test_finish_leaves_a_closed_case_closed_and_its_history_says_who_and_when(enter: Enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        closed_id, discussed_id = (stored.list_items(access.session, conference.id)[place].case_id for place in (0, 1))
        close_case(access, closed_id, "Housed yesterday")
    with enter("tom", timedelta(hours=1)) as access:
        ended = discussion.finish_conference(access, conference.id, {discussed_id: CaseEnd.NEXT})
        case = cases.get_case(access.session, closed_id)
        events = case_events.list_events(access.session, [closed_id, discussed_id])
    assert (case.state, case.outcome) == (CaseState.CLOSED, "Housed yesterday")
    assert (events[closed_id][-1].step, events[closed_id][-1].worker_id) == (CaseStep.CLOSED, "priya")
    last = events[discussed_id][-1]
    assert (last.step, last.worker_id, last.conference_id) == (CaseStep.DISCUSSED, "tom", conference.id)
    assert last.at == ended.finished_at
    assert state_of(events[discussed_id]) is CaseState.OPEN


def test_a_stale_outcome_is_shown_beside_the_newer_and_never_put_over_it(enter: Enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        item_id = item_at(access, conference.id, 1)
        first = discussion.save_outcome(access, conference.id, item_id, based_on=0, outcome="Housed")
    with enter("tom") as access:
        discussion.save_outcome(
            access, conference.id, item_id, based_on=first.outcome_version, outcome="Refused, left the area"
        )
    with enter("priya") as access:
        noted = discussion.save_note(access, conference.id, item_id, base="", notes="one bullet")
        stale = discussion.save_outcome(access, conference.id, item_id, based_on=1, outcome="Housed in Luton")
        assert (noted.outcome, stale.stale, stale.outcome) == ("Refused, left the area", True, "Refused, left the area")
        meant = discussion.save_outcome(
            access, conference.id, item_id, based_on=stale.outcome_version, outcome="Housed in Luton"
        )
    assert (meant.stale, meant.outcome, meant.outcome_version) == (False, "Housed in Luton", 3)


def test_an_outcome_without_scripts_is_asked_about_too(browser: Browser) -> None:
    path = call_by_web(browser)
    case = browser.case(path, 1)
    assert browser.post(f"{case}/outcome", based_on="0", outcome="Housed").status_code == 303
    asked = browser.post(f"{case}/outcome", based_on="0", outcome="Left")
    assert asked.status_code == 422
    assert "“Housed”" in asked.text
    assert 'value="Left"' in asked.text
    assert browser.post(f"{case}/outcome", based_on="1", outcome="Left").status_code == 303


def test_words_of_one_worker_are_never_saved_in_the_name_of_another(browser: Browser) -> None:
    path = call_by_web(browser)
    case = browser.case(path, 1)
    answer = browser.sign_in("tom").post(
        f"{case}/note", accept="application/json", base="", notes="Priya's words", typed_by="priya"
    )
    assert answer.status_code == 409
    assert browser.get(f"{case}/note").json()["notes"] == ""


def test_twenty_thousand_characters_are_kept_and_one_more_is_refused_in_words(enter: Enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        item_id = item_at(access, conference.id, 1)
        words = "ሰላም" * 5_000 + "é" * 5_000
        assert discussion.save_note(access, conference.id, item_id, base="", notes=words).notes == words
        with pytest.raises(Invalid):
            discussion.save_note(access, conference.id, item_id, base=words, notes=words + "x")
