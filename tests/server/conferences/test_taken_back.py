"""What an agency said by mistake it takes back itself: that it cannot come, that an action is done."""

from datetime import timedelta

from server.queries.cases import case_actions
from tests.server.conferences.conftest import Browser
from tests.server.conferences.test_pages import call


def test_apologies_are_taken_back_while_the_conference_is_to_come(browser: Browser) -> None:
    path = call(browser)
    browser.circulate(path)
    own = path.replace("/conferences/", "/agendas/")
    assert browser.sign_in("ruth").post(f"{own}/apologies/back").status_code == 409
    browser.post(f"{own}/apologies")
    assert "We can come after all" in browser.get(own).text
    assert browser.post(f"{own}/apologies/back").headers["location"] == f"{own}?done=apologies_back"
    assert "We cannot come: send apologies" in browser.get(own).text


def test_an_action_that_is_not_done_after_all_is_owed_again_by_the_same_day(browser: Browser, now) -> None:
    path = call(browser)
    due = (now + timedelta(days=9)).strftime("%d %b")
    browser.post(f"{browser.case(path, 1)}/action", line=f"CGL: assessment by {due}")
    with browser.watford.reading() as session:
        (owned,) = [
            each for each in case_actions.list_agency_actions(session, "cgl", None) if each.action.text == "assessment"
        ]
    address = f"/actions/{owned.action.id}"
    assert browser.sign_in("ruth").post(f"{address}/reopen").status_code == 409
    browser.post(f"{address}/done", text="Seen on Monday")
    assert f'action="{address}/reopen"' in browser.get("/actions").text
    assert browser.post(f"{address}/reopen").headers["location"] == "/actions?done=action_reopened"
    assert f'action="{address}/done"' in browser.get("/actions").text
    with browser.watford.reading() as session:
        again = case_actions.find_action(session, owned.action.id)
    assert again is not None and again.action == owned.action


def test_words_that_are_too_long_for_an_action_are_refused_and_kept(browser: Browser, now) -> None:
    path = call(browser)
    browser.post(f"{browser.case(path, 1)}/action", line="CGL: assessment by 28 Nov")
    with browser.watford.reading() as session:
        (owned, *_) = case_actions.list_agency_actions(session, "cgl", None)
    answer = browser.sign_in("ruth").post(f"/actions/{owned.action.id}/done", text="x" * 10_001 + " THE-END")
    assert answer.status_code == 422
    assert "Use 10,000 characters or fewer" in answer.text
    assert "THE-END" in answer.text
