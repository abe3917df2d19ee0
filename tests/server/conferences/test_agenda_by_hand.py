"""The agenda is shaped by hand, and a conference that cannot be is not called; on both databases."""

import re
from datetime import timedelta

import pytest

from server.actions.cases import answers
from server.actions.cases.cases import close_case
from server.actions.conferences import circulating, discussion
from server.actions.conferences.conferences import add_to_agenda, call_off, remove_conference, take_off_agenda
from server.actions.people import hiding
from server.problems import Invalid
from server.queries.conferences import conferences as stored
from tests.server.conferences.conftest import FILES, Browser, Enter, item_at
from tests.server.conferences.test_conferences import agenda_of, call
from tests.server.conferences.test_meeting_is_addressed_by_item import call_by_web
from tests.web import county


def test_a_case_is_taken_off_and_another_put_on_each_with_its_reason(enter: Enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        before = agenda_of(access, conference.id)
        with pytest.raises(Invalid) as full:
            add_to_agenda(access, conference.id, "case-stefan", "leaves hospital on Friday")
        assert "Take one off first" in full.value.errors[0]
        discussion.save_note(access, conference.id, item_at(access, conference.id, 2), base="", notes="Died on Sunday")
        take_off_agenda(access, conference.id, before[1], "died on Sunday")
        add_to_agenda(access, conference.id, "case-stefan", "leaves hospital on Friday")
        items = stored.list_items(access.session, conference.id)
        left_out = {each.case_id: each.reason for each in stored.list_left_out(access.session, conference.id)}
        add_back = stored.list_item_ids(access.session, conference.id)[before[1]]
    assert [item.case_id for item in items] == [before[0], *before[2:], "case-stefan"]
    assert [item.position for item in items] == list(range(1, 16))
    assert items[-1].reason == "Put on by the coordinator: leaves hospital on Friday"
    assert left_out[before[1]] == "Taken off by the coordinator: died on Sunday"
    with enter("priya") as access:
        take_off_agenda(access, conference.id, "case-stefan", "next time")
        add_to_agenda(access, conference.id, before[1], "it was somebody else who died")
        note = stored.look_at_note(access.session, add_back)
        assert stored.list_items(access.session, conference.id)[-1].id == add_back
    assert note.notes == "Died on Sunday"


def test_only_a_case_of_the_list_is_put_on_and_never_without_a_reason(enter: Enter) -> None:
    with enter("priya") as access:
        conference = call(access)
        items = agenda_of(access, conference.id)
        for case_id, reason in ((items[2], " "), ("case-p02", "")):
            with pytest.raises(Invalid):
                take_off_agenda(access, conference.id, case_id, reason)
        take_off_agenda(access, conference.id, items[1], "away")
        close_case(access, items[1], "Housed")
        with pytest.raises(Invalid) as refused:
            add_to_agenda(access, conference.id, items[1], "back")
    assert refused.value.errors == ("Only a case that is on the list can be discussed.",)


def test_a_conference_is_not_called_for_a_day_past_nor_twice_for_one_hour(enter: Enter) -> None:
    with enter("priya") as access:
        call(access)
        for moment, why in ((access.now - timedelta(days=1), "past"), (access.now + timedelta(days=28), "already")):
            with pytest.raises(Invalid) as refused:
                call(access, moment)
            assert why in refused.value.errors[0]


def test_a_conference_called_by_mistake_is_taken_away_until_somebody_was_told_or_typed(enter: Enter) -> None:
    with enter("priya") as access:
        mistaken, typed, told = (call(access, access.now + timedelta(days=day)) for day in (20, 21, 22))
        remove_conference(access, mistaken.id)
        assert stored.find_conference(access.session, mistaken.id) is None
        discussion.save_note(access, typed.id, item_at(access, typed.id, 1), base="", notes="x")
        circulating.circulate(access, FILES, told.id)
        for conference in (typed, told):
            with pytest.raises(Invalid):
                remove_conference(access, conference.id)


def test_words_that_were_taken_out_again_keep_no_conference_and_leave_no_review(enter: Enter) -> None:
    with enter("priya") as access:
        off, gone, held = (call(access, access.now + timedelta(days=day)) for day in (20, 21, 22))
        for made in (off, gone, held):
            item = item_at(access, made.id, 1)
            discussion.save_note(access, made.id, item, base="", notes="x")
            discussion.save_outcome(access, made.id, item, based_on=0, outcome="Housed", code="back_home")
            discussion.save_next_date(access, made.id, item, based_on=0, next_on=access.today)
            discussion.save_note(access, made.id, item, base="x", notes="")
            discussion.save_outcome(access, made.id, item, based_on=1, outcome="", code="")
            with pytest.raises(Invalid):  # the day it comes back stands
                call_off(access, made.id)
            discussion.save_next_date(access, made.id, item, based_on=1, next_on=None)
        assert call_off(access, off.id).called_off_at
        remove_conference(access, gone.id)
        assert stored.find_conference(access.session, gone.id) is None
        first = stored.list_items(access.session, held.id)[0].case_id
        take_off_agenda(access, held.id, first, "In hospital")
        discussion.finish_conference(access, held.id, {})
        assert stored.list_reviews(access.session, [first]) == {}


def test_a_conference_stays_whose_only_words_were_of_somebody_hidden_since_or_were_taken_back(enter: Enter) -> None:
    with enter("priya") as access:
        hidden, taken_back = (call(access, access.now + timedelta(days=day)) for day in (20, 21))
        (item,) = [each for each in stored.list_items(access.session, hidden.id) if each.case_id == "case-joan"]
        discussion.save_note(access, hidden.id, item.id, base="", notes="She asked for Ruth")
    with enter("ruth") as access:
        written = answers.write_update(access, taken_back.id, "case-joan", "Seen on Friday")
        answers.withdraw_update(access, taken_back.id, written.id)
    with enter("priya") as access:
        hiding.hide_person(access, "joan", ("cgl",), "Her brother looks for her and has asked at two hostels")
    for made in (hidden, taken_back):
        with enter("priya") as access, pytest.raises(Invalid) as refused:
            remove_conference(access, made.id)
        assert refused.value.errors == ("Something was typed into it. Finish it, so that nothing typed is lost.",)


def test_the_pages_of_the_shaped_agenda(browser: Browser) -> None:
    path = call_by_web(browser)
    refused = browser.post(f"{path}/take-off", case="case-p01", reason="")
    assert refused.status_code == 422
    assert 'id="shape-case-p01-error"' in refused.text
    off = browser.post(f"{path}/take-off", case="case-p01", reason="away until Monday")
    assert off.headers["location"] == f"{path}?done=taken_off"
    assert "Taken off by the coordinator: away until Monday" in browser.get(path).text
    on = browser.post(f"{path}/add", case="case-p01", reason="back again")
    assert on.headers["location"] == f"{path}?done=put_on"
    changed = browser.post(
        f"{path}/change",
        day="2026-12-10",
        time="",
        chair="priya",
        minute_taker="tom",
        place="Library",
        was_time="10:00",
    )
    assert changed.status_code == 422
    assert '<details class="govuk-details" open>' in changed.text
    assert 'id="time-error"' in changed.text
    assert 'value="Library"' in changed.text
    removed = browser.confirm(browser.post(f"{path}/remove"))
    assert removed.headers["location"].endswith("done=conference_removed")
    assert browser.get(path).status_code == 404


def test_two_who_change_a_conference_each_change_what_they_changed(browser: Browser) -> None:
    path = call_by_web(browser)
    shown = browser.get(path).text
    was = {f"was_{name}": value for name, value in re.findall(r'name="was_(\w+)" value="([^"]*)"', shown)}
    form = {name.removeprefix("was_"): value for name, value in was.items()}

    def stands() -> dict[str, str]:
        return dict(re.findall(r'name="was_(\w+)" value="([^"]*)"', browser.get(path).text))

    assert browser.post(f"{path}/change", **was, **{**form, "day": "2026-12-11"}).status_code == 303
    assert browser.post(f"{path}/change", **was, **{**form, "minute_taker": "ruth"}).status_code == 303
    assert (stands()["day"], stands()["minute_taker"]) == ("2026-12-11", "ruth")
    asked = browser.post(f"{path}/change", **was, **{**form, "day": "2026-12-15"})
    assert asked.status_code == 422
    assert "Meanwhile somebody else wrote “11 December 2026”." in asked.text
    assert stands()["day"] == "2026-12-11"
    now = dict(re.findall(r'name="(was_\w+)" value="([^"]*)"', asked.text))
    assert browser.post(f"{path}/change", **now, **{**stands(), "day": "2026-12-15"}).status_code == 303
    assert stands()["day"] == "2026-12-15"


def test_what_cannot_be_kept_of_a_conference_is_said_beside_its_field(browser: Browser) -> None:
    form = {"district": county.WATFORD, "day": "2026-12-10", "time": "10:00", "chair": "priya", "minute_taker": "tom"}
    for wrong, field, why in (
        ({"place": "x" * 2_001}, "place", "Use 2,000 characters or fewer"),
        ({"day": "2226-12-10"}, "day", "more than two years away"),
        ({"day": "9999-12-31"}, "day", "more than two years away"),
        ({"day": "2020-01-01"}, "day", "That day is past."),
        ({"minute_taker": "priya"}, "minute_taker", "different people"),
        ({"minute_taker": "bea"}, "minute_taker", "They do not act for this district"),
        ({"chair": "nobody"}, "chair", "They do not act for this district"),
    ):
        refused = browser.sign_in("priya").post("/conferences", **(form | wrong))
        assert refused.status_code == 422, wrong
        said = re.search(rf'id="{field}-error">(.*?)</p>', refused.text)
        assert said is not None and why in said[1], wrong
    assert "None is called." in browser.get("/conferences").text


def test_a_partners_minute_taker_finds_the_meeting_and_the_way_back(browser: Browser) -> None:
    form = {"district": county.WATFORD, "day": "2026-12-10", "time": "10:00", "chair": "priya", "minute_taker": "ruth"}
    path = browser.sign_in("priya").post("/conferences", **form).headers["location"].split("?")[0]
    listed = browser.sign_in("ruth").get("/agendas").text
    assert f'href="{path}/room"' in listed
    assert 'href="/agendas" class="govuk-back-link"' in browser.get(f"{path}/discussion/1").text
    assert path not in browser.sign_in("tom").get("/agendas").text
