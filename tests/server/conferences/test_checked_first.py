"""What cannot be taken back is checked first and done to what was checked; what was done is said once."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from server.database.engine import Database
from server.queries.operation import outbox
from server.tables.cases.case import mdt_case
from server.tables.conferences.conference import case_conference
from shared.model.mail import MailKind
from tests.server.conferences.conftest import Browser
from tests.server.conferences.test_pages import call
from tests.web import county


def state_of(watford: Database, case_id: str) -> str | None:
    with watford.reading() as session:
        return session.scalar(select(mdt_case.c.state).where(mdt_case.c.id == case_id))


def letters(watford: Database) -> int:
    with watford.reading() as session:
        return sum(each.mail.kind is MailKind.CONFERENCE_CIRCULATED for each in outbox.list_posted(session))


def test_circulating_says_first_who_gets_what_and_a_second_tab_sends_nothing(
    browser: Browser, watford: Database
) -> None:
    path = call(browser)
    assert f'href="{path}/circulate"' in browser.get(path).text
    first, second = browser.get(f"{path}/circulate"), browser.get(f"{path}/circulate")
    rows = re.findall(r'list__key">([^<]+)</dt><dd class="govuk-summary-list__value">([^<]+)<', first.text)
    assert ("On the agenda", "15 cases") in rows
    assert ("CGL Spectrum", "15 cases") in rows
    assert dict(rows)["Probation"].endswith("will receive nothing until it is signed.")
    assert letters(watford) == 0
    assert browser.confirm(first).headers["location"] == f"{path}?done=circulated"
    sent = letters(watford)
    assert sent > 0
    again = browser.confirm(second)
    assert again.status_code == 422
    assert "or was circulated, since you opened this page" in again.text
    assert letters(watford) == sent
    assert browser.confirm(again).status_code == 303
    assert letters(watford) == 2 * sent


def test_nothing_is_sent_that_nobody_has_checked(browser: Browser, watford: Database) -> None:
    path = call(browser)
    unchecked = browser.post(f"{path}/circulate")
    assert unchecked.status_code == 422
    assert 'id="checked"' in unchecked.text
    assert letters(watford) == 0


def test_an_agenda_that_changed_since_it_was_checked_is_checked_again(browser: Browser, watford: Database) -> None:
    path = call(browser)
    checked = browser.get(f"{path}/circulate")
    browser.post(f"{path}/take-off", case="case-p02", reason="In hospital until Monday")
    refused = browser.confirm(checked)
    assert refused.status_code == 422
    assert "14 cases" in refused.text
    assert letters(watford) == 0


def test_finishing_says_first_what_becomes_of_whom(browser: Browser, watford: Database) -> None:
    path = call(browser)
    shown = browser.get(f"{path}/end").text
    sent = dict(re.findall(r'name="(seen|item_\d+)"[^>]* value="([^"]+)"', shown))
    checked = browser.post(f"{path}/end", **sent, **{f"end_{n}": "not_reached" for n in range(3, 16)}, end_2="close")
    assert checked.status_code == 200
    rows = dict(re.findall(r'list__key">([^<]+)</dt><dd class="govuk-summary-list__value">([^<]+)<', checked.text))
    assert rows["Close the case"].count(",") == 0
    assert rows["Not reached: first next time"].count(",") == 12
    assert state_of(watford, "case-p01") == "listed"
    assert browser.confirm(checked).headers["location"] == f"{path}/minutes?done=ended"


def test_finishing_before_its_day_says_so(browser: Browser, watford: Database, now: datetime) -> None:
    path = call(browser)

    def check() -> str:
        sent = dict(re.findall(r'name="(seen|item_\d+)"[^>]* value="([^"]+)"', browser.get(f"{path}/end").text))
        return str(browser.post(f"{path}/end", **sent).text)

    assert "that day has not come" in check()
    with watford.writing() as session:
        session.execute(update(case_conference).values(starts_at=now + timedelta(minutes=5)))
    assert "that day has not come" not in check()


def test_closing_a_case_is_checked_first_with_what_it_does(browser: Browser, watford: Database) -> None:
    call(browser)
    press = {"district": county.WATFORD, "decision": "close", "case_reason": "Housed & <well>"}
    checked = browser.post("/people/p01/case", **press)
    assert checked.status_code == 200
    assert "Housed &amp; &lt;well&gt;" in checked.text
    assert "Taken off the agenda of" in checked.text
    assert state_of(watford, "case-p01") == "listed"
    done = browser.confirm(checked)
    assert done.headers["location"] == "/people/p01?done=closed_case"
    assert state_of(watford, "case-p01") == "closed"
    assert browser.sign_in("ruth").post("/people/p02/case", **press).status_code == 403
    assert browser.sign_in("rowan").post("/people/p02/case", **press).status_code == 404


def test_a_decision_is_about_the_case_that_its_reader_saw(browser: Browser, watford: Database) -> None:
    call(browser)
    shown = re.search(r'name="case" value="([^"]+)"', browser.get("/people/p01").text)
    assert shown is not None
    with watford.writing() as session:  # closed by somebody else, and back on the list by a sighting
        row = session.execute(select(mdt_case).where(mdt_case.c.id == shown[1])).mappings().one()
        session.execute(
            update(mdt_case).where(mdt_case.c.id == shown[1]).values(state="closed", closed_at=row["since"])
        )
        county.add(session, mdt_case, {**row, "id": "case-again", "state": "candidate"})
    for decision in ("decline", "list", "close"):
        press = {"district": county.WATFORD, "decision": decision, "case_reason": "Housed", "case": shown[1]}
        refused = browser.post("/people/p01/case", **press)
        assert refused.status_code == 422, decision
        assert "Somebody else has decided this case meanwhile." in refused.text
        assert "Housed</textarea>" in refused.text
    assert state_of(watford, "case-again") == "candidate"
    assert 'name="case" value="case-again"' in browser.get("/people/p01").text


@pytest.mark.parametrize("made_up", ["/cases?done=wipe", "/conferences?done=circulated", "/cases?done=nothing"])
def test_what_was_done_is_said_once_and_never_by_a_link(browser: Browser, made_up: str) -> None:
    priya = browser.sign_in("priya")
    assert "govuk-notification-banner" not in priya.get(made_up).text
    to = priya.post("/cases/views", district=county.WATFORD, choice="tier=1", name="First").headers["location"]
    assert "govuk-notification-banner" not in priya.get(made_up).text
    assert "Kept under this name" in priya.get(to).text
    assert "Kept under this name" not in priya.get(to).text


def test_a_sign_in_that_leads_to_a_made_up_address_says_nothing_was_done(browser: Browser, watford: Database) -> None:
    browser.client.cookies.clear()
    answer = browser.post("/sign-in", email="nobody@example.org", password="x", next="/cases?done=wipe")
    assert "lantern-done" not in answer.headers.get("set-cookie", "")
    done = browser.sign_in("priya").post("/cases/views", district=county.WATFORD, choice="tier=1", name="First")
    assert "x-lantern-done" not in done.headers
    assert "lantern-done=view_kept" in done.headers["set-cookie"]


def test_what_undoes_the_preparing_of_a_conference_is_checked_and_done_to_what_was_seen(browser: Browser) -> None:
    path = call(browser)
    browser.post(f"{path}/take-off", case="case-p01", reason="away until Monday")
    chosen = browser.post(f"{path}/again")
    assert re.search(r"Put on</dt><dd[^>]*>Person 01</dd>", chosen.text)
    assert "away until Monday" in browser.get(path).text
    browser.post(f"{path}/take-off", case="case-p02", reason="in hospital")
    stale = browser.confirm(chosen)
    assert stale.status_code == 422
    assert "The conference has changed since you opened this page." in stale.text
    assert browser.confirm(stale).headers["location"] == f"{path}?done=chosen_again"
    assert "away until Monday" not in browser.get(path).text
    browser.circulate(path)
    checked = browser.post(f"{path}/call-off")
    assert re.search(r"Told by e-mail</dt><dd[^>]*>[^<]*CGL Spectrum", checked.text)
    assert "case conference was called off" not in browser.get(path).text
    assert browser.confirm(checked).headers["location"] == f"{path}?done=called_off"
    assert browser.post(f"{path}/call-off").status_code == 409
