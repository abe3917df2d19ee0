"""What an agency said by mistake it takes back itself: that it cannot come, that an action is done."""

import re
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


def test_an_update_is_taken_back_is_read_out_no_more_and_costs_nothing_typed_beside_it(browser: Browser) -> None:
    path = call(browser)
    browser.circulate(path)
    own = path.replace("/conferences/", "/agendas/")
    ruth = browser.sign_in("ruth")
    ruth.post(f"{own}/updates", press="send:case-p01", case_1="case-p01", text_1="Meant for somebody else.")
    shown = ruth.get(own).text
    found = re.search(r'value="(withdraw:[^"]+)"', shown)
    assert found is not None
    assert "Meant for somebody else." in browser.sign_in("priya").get(f"{path}/room").text
    assert browser.sign_in("tom").post(f"{own}/updates", press=found[1]).status_code == 404
    taken = browser.sign_in("ruth").post(f"{own}/updates", press=found[1], case_2="case-p02", text_2="Half a sent")
    assert taken.headers["location"] == f"{own}?done=update_withdrawn"
    page = browser.get(own).text
    assert "Meant for somebody else." not in page
    assert "Half a sent" in page
    assert browser.post(f"{own}/updates", press=found[1]).status_code == 404
    assert "Meant for somebody else." not in browser.sign_in("priya").get(f"{path}/room").text
    assert "Meant for somebody else." not in browser.get(f"{path}/discussion/1").text
    browser.sign_in("ruth").post(f"{own}/updates", press="send:case-p01", case_1="case-p01", text_1="Stays.")
    kept = re.search(r'value="(withdraw:[^"]+)"', browser.get(own).text)
    assert kept is not None
    browser.sign_in("priya").finish(path)
    assert browser.sign_in("ruth").post(f"{own}/updates", press=kept[1]).status_code == 409
    minutes = browser.sign_in("priya").get(f"{path}/minutes").text
    assert "Stays." in minutes
    assert "Meant for somebody else." not in minutes


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
