"""What was written and typed of a case that its conference did not reach, or of a conference that was not held, is not lost."""

from datetime import timedelta
from typing import Any

import pytest

from server.actions.cases import answers
from server.actions.conferences import circulating, conferences, discussion, versions
from server.actions.conferences.discussion import CaseEnd
from server.actions.conferences.minutes import compose_minutes
from server.actions.people import hiding
from server.queries.conferences import conferences as stored
from server.queries.conferences import discussion as meeting
from server.queries.conferences import room, updates
from shared.model.conference import CaseConference
from tests.server.conferences.conftest import FILES, Browser, Enter
from tests.server.conferences.test_pages import call as call_by_web
from tests.web import county


def call(access: Any, days: int) -> CaseConference:
    starts_at = access.now + timedelta(days=days)
    made = conferences.schedule_conference(access, county.WATFORD, starts_at, "Town Hall", "priya", "tom")
    circulating.circulate(access, FILES, made.id)
    return made


def read_out(access: Any, made: CaseConference) -> list[str]:
    """What every road reads out of joan's case there, the same on each."""
    items = stored.list_items(access.session, made.id)
    (item,) = [each for each in items if each.case_id == "case-joan"]
    listed = [each.text for each in updates.list_updates(access.session, made.id) if each.case_id == "case-joan"]
    shown = [text for _, text in meeting.find_written(access.session, item).updates]
    in_room = [text for _, text in room.list_written(access.session, made.id, items)[item.id].updates]
    minuted = [
        text for each in compose_minutes(access, made).cases if each.case_id == "case-joan" for _, text in each.updates
    ]
    assert listed == shown == in_room == minuted
    return listed


@pytest.mark.parametrize("how", ["called off", "not reached"])
def test_a_written_update_waits_until_its_case_is_discussed(enter: Enter, how: str) -> None:
    with enter("priya") as access:
        first, second, third = call(access, 7), call(access, 14), call(access, 21)
    with enter("ruth") as access:
        answers.write_update(access, first.id, "case-joan", "Script restarted")
    later = timedelta(hours=1)
    with enter("priya", later) as access:
        assert (read_out(access, first), read_out(access, second)) == (["Script restarted"], [])
        if how == "called off":
            conferences.call_off(access, first.id)
        else:
            discussion.finish_conference(access, first.id, {"case-joan": CaseEnd.NOT_REACHED})
        assert read_out(access, second) == ["Script restarted"]
    with enter("ruth", later) as access:
        taken = updates.list_updates(access.session, second.id)[0]
        again = answers.write_update(access, second.id, "case-joan", "And kept to")
        assert answers.withdraw_update(access, second.id, again.id).id == again.id
    with enter("priya", 2 * later) as access:
        assert read_out(access, second) == [taken.text]
        ended = discussion.finish_conference(access, second.id, {})
    with enter("priya", 3 * later) as access:
        assert (read_out(access, ended), read_out(access, third)) == (["Script restarted"], [])


def test_what_was_typed_of_a_case_that_was_not_reached_is_kept_with_it_and_says_so(
    browser: Browser, enter: Enter
) -> None:
    path = call_by_web(browser)
    browser.circulate(path)
    browser.post(f"{browser.case(path, 1)}/note", base="", notes="Ask for the hostel place")
    browser.finish(path, end_1="not_reached")
    conference_id = path.rsplit("/", 1)[1]
    with enter("priya") as access:
        (review,) = [
            each
            for each in stored.list_reviews(access.session, ["case-joan"])["case-joan"]
            if each.conference_id == conference_id
        ]
        made = stored.find_conference(access.session, conference_id)
        assert made is not None
        minuted = next(each for each in compose_minutes(access, made).cases if each.case_id == "case-joan")
        number = stored.list_reviews(access.session, ["case-joan"])["case-joan"][-1].mdt_number
    assert (review.notes, review.reached, minuted.reached, minuted.mdt_number) == (
        "Ask for the hostel place", False, False, number,
    )  # fmt: skip
    assert f"Written for MDT {number}, not reached" in browser.get("/people/joan").text
    with enter("priya") as access:
        following = conferences.schedule_conference(
            access, county.WATFORD, access.now + timedelta(days=35), "Town Hall", "priya", "tom"
        )
        position = next(
            each.position for each in stored.list_items(access.session, following.id) if each.case_id == "case-joan"
        )
    shown = browser.get(f"/conferences/{following.id}/discussion/{position}").text
    assert "not reached.</strong>" in shown
    assert "Ask for the hostel place" in shown


def test_a_correction_of_the_minutes_leaves_what_was_typed_before_the_person_was_hidden(enter: Enter) -> None:
    with enter("priya") as access:
        made = call(access, 7)
        (item,) = [each for each in stored.list_items(access.session, made.id) if each.case_id == "case-joan"]
        discussion.save_note(access, made.id, item.id, base="", notes="She asked for Ruth")
        hiding.hide_person(access, "joan", ("cgl",), "Her brother looks for her and has asked at two hostels")
        hiding.show_person_again(access, "joan", "He has moved away, and she says so herself")
    with enter("priya", timedelta(hours=1)) as access:
        conferences.take_off_agenda(access, made.id, "case-p05", "Away")
        conferences.add_to_agenda(access, made.id, "case-joan", "She is back")
        discussion.save_note(access, made.id, item.id, base="", notes="Keys on Monday")
        discussion.finish_conference(access, made.id, {})
        versions.correct_minutes(
            access, made.id, item.id, based_on=1, notes="Keys on Tuesday", outcome="", why="The wrong day"
        )
        reviews = stored.list_reviews(access.session, ["case-joan"])["case-joan"]
    assert [(each.reached, each.notes) for each in reviews] == [
        (False, "She asked for Ruth"),
        (True, "Keys on Tuesday"),
    ]
