"""The administrator's list of e-mails, everybody's own choices, agencies' mailboxes, and what a coordinator sees of it."""

import re

import pytest

from server.queries.operation import addressees, jobs, outbox
from server.queries.operation.jobs import JobRun
from shared.model.mail import MailChoice, MailKind
from tests.server.conferences.conftest import Browser
from tests.server.mail.postbox import Postbox
from tests.server.mail.test_mails import circulate


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def test_an_administrator_sees_what_failed_and_why_and_lets_it_be_tried_again(
    browser: Browser, enter, run, postbox: Postbox, watford
) -> None:
    postbox.refused["ruth@example.org"] = "550 5.1.1 <ruth@example.org>: no such mailbox"
    circulate(enter)
    run("mail")
    page = browser.sign_in("omar").get("/outbox").text
    assert "CGL Spectrum, partner agency member" in page
    assert "550 5.1.1 &lt;(address)&gt;: no such mailbox" in page
    assert not any(word in page for word in ("ruth@", "Ruth", "example.org"))
    with watford.reading() as session:
        (failed,) = outbox.list_unsent(session)
    del postbox.refused["ruth@example.org"]
    again = browser.post(f"/outbox/{failed.mail.id}/again")
    assert again.headers["location"] == "/outbox?done=mail_again"
    run("mail")
    assert "ruth@example.org" in postbox.addresses
    assert browser.post(f"/outbox/{failed.mail.id}/again").status_code == 404


def test_without_a_mail_server_the_page_says_so(browser: Browser, enter, settings, watford, clock, new_id) -> None:
    from dataclasses import replace

    from litestar.testing import TestClient

    from server.app import create_app
    from server.settings import MailSettings

    circulate(enter)
    with TestClient(create_app(replace(settings, mail=MailSettings()), clock, new_id)) as client:
        page = Browser(client, watford, clock.now).sign_in("omar").get("/outbox").text
    assert "Not sent: no mail server is set." in page
    assert "No mail server is set." in page
    assert "3 mails wait" in page


def test_an_administrator_sees_that_a_job_failed_and_that_nothing_runs(
    browser: Browser, run, watford, clock, now
) -> None:
    assert "Nothing has run in the last ten minutes." in browser.sign_in("omar").get("/outbox").text
    run("mail")
    with watford.writing() as session:
        jobs.set_run(session, JobRun(name="retention", started_at=now, error="OperationalError"))
    page = browser.get("/outbox").text
    assert "Nothing has run in the last ten minutes." not in page
    assert "OperationalError: the server’s log says more." in page
    clock.advance(minutes=11)
    assert "Nothing has run in the last ten minutes." in browser.get("/outbox").text


def test_a_worker_chooses_what_they_hear_of(browser: Browser, watford) -> None:
    page = browser.sign_in("priya").get("/notifications").text
    assert "Once a day, in the morning" in page
    assert "cannot be switched off" not in page
    kept = browser.post("/notifications", new_on_list="hourly", actions_reminder="off", conference_prepare="weekly")
    assert kept.headers["location"] == "/notifications?done=choices_kept"
    with watford.reading() as session:
        chosen = outbox.find_choices(session, "priya")
    assert chosen == {MailKind.NEW_ON_LIST: MailChoice.HOURLY, MailKind.ACTIONS_REMINDER: MailChoice.OFF}
    assert browser.post("/notifications", access_alert="off").status_code == 400
    assert "cannot be switched off" in browser.sign_in("omar").get("/notifications").text
    walks = browser.sign_in("aisha").get("/notifications").text
    assert "Plans to look at again" in walks and "An agenda is ready" not in walks


def test_whoever_switched_agendas_off_hears_of_none(browser: Browser, enter, run, postbox: Postbox) -> None:
    browser.sign_in("ruth").post("/notifications", conference_circulated="off")
    circulate(enter)
    run("mail")
    assert postbox.addresses == ["priya@example.org", "tom@example.org"]


def test_an_administrator_enters_an_agencys_mailbox(browser: Browser, watford) -> None:
    browser.sign_in("omar")
    wrong = browser.post("/agencies/mailbox", agency="cgl", address="a@b.example, c@d.example")
    assert wrong.status_code == 422
    assert "Enter one e-mail address" in wrong.text
    kept = browser.post("/agencies/mailbox", agency="cgl", address="mdt@cgl.example")
    assert kept.headers["location"] == "/agencies?done=mailbox_kept"
    assert "mdt@cgl.example" in browser.get("/agencies").text
    browser.post("/agencies/mailbox", agency="cgl", address="")
    with watford.reading() as session:
        assert addressees.find_shared_address(session, "cgl") is None
    assert browser.sign_in("priya").post("/agencies/mailbox", agency="cgl", address="x@y.example").status_code == 403


def test_a_coordinator_sees_what_was_mailed_to_whom_and_when(browser: Browser, enter, run, postbox, watford) -> None:
    with watford.writing() as session:
        addressees.set_shared_address(session, "beacon", "mdt@beacon.example")
    postbox.refused["ruth@example.org"] = "550 no such mailbox"
    made = circulate(enter)
    browser.sign_in("priya")
    assert "the e-mail waits to be sent" in browser.get(f"/conferences/{made.id}").text
    run("mail")
    page = re.sub(r"<[^>]+>", "", browser.get(f"/conferences/{made.id}").text)
    assert "Beacon Outreach: 15 cases, e-mailed to the agency’s mailbox, 12 Nov 21:30" in page
    assert "CGL Spectrum: 15 cases, not e-mailed: 550 no such mailbox" in page
    assert "Watford Housing: 15 cases, e-mailed to 1 member, 12 Nov 21:30" in page
