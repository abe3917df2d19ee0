"""Sam follows the link in a mail: hears, says that they are still there, answers what was asked; Tom sees what Sam was told."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select, update

from server.access import Door
from server.actions.operation.outbox import Outbox
from server.actions.referrals.answers import path_of, still_holds
from server.actions.referrals.referrals import close_referral, progress_referral, reopen_referral
from server.actions.referrals.versions import settle_version
from server.database.engine import Database
from server.mail.message import Envelope, make_message
from server.mail.words import write_words
from server.queries.operation import outbox
from server.queries.partnership import workers
from server.queries.referrals import inbox, referral_steps, versions
from server.queries.referrals.referrals import ReferrerRow, add_referrers
from server.security.keys import load_keys
from server.settings import Settings
from server.tables.operation.mail import mail
from server.tables.referrals.referral import referral
from shared.model.codes import ReferralState
from shared.model.mail import MailFacts, MailKind
from tests.web import county
from tests.web.conftest import Browser
from tests.web.test_pages import plain

LOOKED = "person_not_found_person_looked_for"


@pytest.fixture
def sam(client: Any) -> Browser:
    return Browser(client)


@pytest.fixture
def tom(filled: Database, now: datetime, new_id: Callable[[], str]) -> Callable[[], Door]:
    def make() -> Door:
        with filled.reading() as session:
            return Door(filled, workers.get_worker(session, "tom"), now, new_id)

    return make


@pytest.fixture
def link(filled: Database, now: datetime, app: Any, settings: Settings) -> str:
    """The path in the mail about r1, whose referrer left an address."""
    leave_address(filled, now, "r1")
    return path_of("alert-r1", load_keys(settings).secret)


def leave_address(filled: Database, now: datetime, referral_id: str) -> None:
    until = now.date() + timedelta(days=90)
    with filled.writing() as session:
        add_referrers(session, [ReferrerRow(alert_id=f"alert-{referral_id}", email="sam@example.org", delete_on=until)])


def row_of(filled: Database, referral_id: str) -> Any:
    with filled.reading() as session:
        return session.execute(select(referral).where(referral.c.id == referral_id)).mappings().one()


def test_the_link_says_where_the_report_stands_and_by_when_we_know_more(
    sam: Browser, link: str, filled: Database
) -> None:
    page = sam.get(link)
    due = row_of(filled, "r1")["due_on"]
    assert page.status_code == 200
    assert "We have your report." in plain(page.text)
    assert f"We expect to know more by {due:%A} {due.day} {due:%B}." in plain(page.text)
    assert "Station Road" not in page.text and "r1" not in plain(page.text)


def test_the_day_of_an_older_report_is_not_broken_to_whoever_told_of_the_same_later(
    sam: Browser, link: str, filled: Database, tom: Callable[[], Door], now: datetime
) -> None:
    with tom().open() as access:
        progress_referral(access, "r1", ReferralState.DUPLICATE_OF, duplicate_of="r2")
    with filled.writing() as session:
        session.execute(update(referral).where(referral.c.id == "r2").values(due_on=now.date() - timedelta(days=1)))
    own = row_of(filled, "r1")["due_on"]
    page = plain(sam.get(link).text)
    assert "We said that we would know more" not in page
    assert f"We expect to know more by {own:%A} {own.day} {own:%B}." in page


def test_a_late_answer_is_told_as_late(sam: Browser, link: str, filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        session.execute(update(referral).values(due_on=now.date() - timedelta(days=1)))
    assert "We do not yet, and we are sorry." in plain(sam.get(link).text)


@pytest.mark.parametrize(
    "damage", [lambda link: link[:-2], lambda link: link.replace("r1.", "r2."), lambda link: link + "é"]
)
def test_a_damaged_or_forged_link_opens_nothing(
    sam: Browser, link: str, filled: Database, now: datetime, damage: Any
) -> None:
    leave_address(filled, now, "r2")
    assert sam.get(damage(link)).status_code == 404
    assert "We have your report" not in sam.get(damage(link)).text


def test_the_link_ends_when_the_address_is_forgotten(sam: Browser, link: str, clock: Any) -> None:
    clock.advance(days=90)
    assert sam.get(link).status_code == 200
    clock.advance(days=1)
    page = sam.get(link)
    assert page.status_code == 404
    assert "we forget your address after 90 days" in plain(page.text)


def test_still_there_opens_it_again_and_the_same_outcome_is_then_told_again(
    sam: Browser, link: str, filled: Database, tom: Callable[[], Door], now: datetime
) -> None:
    with tom().open() as access:
        close_referral(access, "r1", LOOKED)
        progress_referral(access, "r1", ReferralState.RECEIVED)
        close_referral(access, "r1", LOOKED)
    before = row_of(filled, "r1")
    assert "They are still there" in sam.get(link).text
    assert row_of(filled, "r1")["state"] == "closed", "following a link changes nothing"
    assert "open again" in plain(sam.send(f"{link}/still-there").text)
    after = row_of(filled, "r1")
    assert (after["state"], after["outcome"]) == ("received", "")
    assert after["due_on"] >= before["due_on"]
    assert "We have your report." in plain(sam.send(f"{link}/still-there").text)
    with tom().open() as access:
        close_referral(access, "r1", LOOKED)
    with filled.reading() as session:
        assert len(outbox.list_posted_about(session, "r1", MailKind.REFERRAL_OUTCOME)) == 2


def test_what_was_asked_is_answered_by_the_link_and_the_clock_goes_on(
    sam: Browser, link: str, filled: Database, tom: Callable[[], Door], clock: Any
) -> None:
    due = row_of(filled, "r1")["due_on"]
    assert "Can you say more" not in sam.get(link).text
    with tom().open() as access:
        progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION)
    clock.advance(days=7)
    assert "Can you say more" in sam.get(link).text
    page = sam.send(f"{link}/more", more="  ")
    assert page.status_code == 422 and "Say what would help us" in page.text
    assert "reads what you added" in plain(sam.send(f"{link}/more", more="Behind the chemist").text)
    after = row_of(filled, "r1")
    assert (after["state"], (after["due_on"] - due).days) == ("received", 7)
    with filled.reading() as session:
        (version,) = versions.list_versions(session, "r1")
    assert version.changes["place"][1] == "Doorway by the station, Station Road. Behind the chemist"
    assert version.settled_at is None
    for _ in range(2):
        assert "reads what you added" in plain(sam.send(f"{link}/more", more="Blue door").text)
    with filled.reading() as session:
        assert len(versions.list_versions(session, "r1")) == 2
    for each in (version.id, next(each.id for each in _open_versions(filled) if each.id != version.id)):
        with tom().open() as access:
            settle_version(access, "r1", each, is_taken=True)
    assert row_of(filled, "r1")["place"] == "Doorway by the station, Station Road. Behind the chemist. Blue door"


def _open_versions(filled: Database) -> Any:
    with filled.reading() as session:
        return versions.list_versions(session, "r1")


def test_an_answer_that_comes_after_the_closing_opens_it_again(
    sam: Browser, link: str, filled: Database, tom: Callable[[], Door], clock: Any
) -> None:
    with tom().open() as access:
        progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION)
    with tom().open() as access:
        close_referral(access, "r1", "not_enough_information_referrer_contacted_but_no_reply")
    clock.advance(days=7)
    sam.get(link)
    assert "reads what you added" in plain(sam.send(f"{link}/more", more="Behind the chemist").text)
    assert row_of(filled, "r1")["state"] == "received"


def test_who_told_of_the_same_as_somebody_who_was_asked_is_asked_too(
    filled: Database, tom: Callable[[], Door], now: datetime
) -> None:
    for each in ("r1", "r2"):
        leave_address(filled, now, each)
    with tom().open() as access:
        progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION)
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r1")
    with filled.reading() as session:
        told = {each.mail.alert_id for each in outbox.list_posted_about(session, "r2", MailKind.REFERRAL_QUESTION)}
        told |= {each.mail.alert_id for each in outbox.list_posted_about(session, "r1", MailKind.REFERRAL_QUESTION)}
    assert told == {"alert-r1", "alert-r2"}


def test_an_answer_waits_while_it_can_be_undone_and_what_is_so_no_more_is_not_sent(
    filled: Database, tom: Callable[[], Door], now: datetime, link: str
) -> None:
    with tom().open() as access:
        close_referral(access, "r1", LOOKED)
    with filled.writing() as session:
        assert outbox.claim_next(session, now + timedelta(minutes=9)) is None
        posted = outbox.claim_next(session, now + timedelta(minutes=10))
        assert posted is not None and still_holds(session, posted.mail)
    with tom().open() as access:
        reopen_referral(access, "r1")
    with filled.reading() as session:
        assert not still_holds(session, posted.mail)
    with tom().open() as access:
        close_referral(access, "r1", "person_found_taken_to_shelter")
    with filled.reading() as session:
        assert not still_holds(session, posted.mail), "it was closed otherwise"


def test_an_apology_that_waits_goes_out_only_while_the_answer_is_still_owed(
    filled: Database, tom: Callable[[], Door], now: datetime, link: str
) -> None:
    with tom().open() as access:
        due = inbox.find_inbox_row(access.session, "r1")
        assert due is not None
        Outbox(access.session, access.now, access.new_id).apologise({"r1": due.referral.due_on})
        progress_referral(access, "r2", ReferralState.DUPLICATE_OF, duplicate_of="r1")

    def holds() -> bool:
        with filled.reading() as session:
            (posted,) = outbox.list_posted_about(session, "r1", MailKind.REFERRAL_LATE)
            return still_holds(session, posted.mail)

    assert holds()
    with filled.writing() as session:
        referral_steps.set_due(session, "r1", due.referral.due_on + timedelta(days=3))
    assert not holds(), "another day was promised since"
    with tom().open() as access:
        close_referral(access, "r1", LOOKED)
    assert not holds(), "it is answered"
    with tom().open() as access:
        reopen_referral(access, "r1")
        referral_steps.set_due(access.session, "r1", due.referral.due_on)
    assert holds()
    with tom().open() as access:
        progress_referral(access, "r1", ReferralState.NEEDS_INFORMATION)
    assert not holds(), "we wait for them"


def test_an_apology_of_a_folded_report_holds_by_the_day_of_the_one_that_is_worked_on(
    filled: Database, tom: Callable[[], Door], link: str
) -> None:
    with tom().open() as access:
        head = inbox.find_inbox_row(access.session, "r2")
        assert head is not None
        progress_referral(access, "r1", ReferralState.DUPLICATE_OF, duplicate_of="r2")
        referral_steps.set_due(access.session, "r1", head.referral.due_on - timedelta(days=5))
        Outbox(access.session, access.now, access.new_id).apologise({"r1": head.referral.due_on})
        (posted,) = outbox.list_posted_about(access.session, "r1", MailKind.REFERRAL_LATE)
        assert still_holds(access.session, posted.mail)


def test_tom_sees_what_whoever_told_us_was_told_and_when(
    browse: Callable[[str], Browser], link: str, filled: Database, tom: Callable[[], Door], now: datetime
) -> None:
    with tom().open() as access:
        close_referral(access, "r1", LOOKED)
        Outbox(access.session, access.now, access.new_id).apologise({"r1": now.date()})
    page = plain(browse("tom").get("/referrals/r1").text)
    assert "“Thank you. Our team went to look and could not find the person you told us about." in page
    assert f"We promised an answer by {now.day} {now:%B}, and are late." in page
    assert "Waits since" in page and "sam@" not in page


def test_an_answer_that_failed_is_shown_with_why_and_tried_again(
    browse: Callable[[str], Browser], link: str, filled: Database, tom: Callable[[], Door]
) -> None:
    with tom().open() as access:
        close_referral(access, "r1", LOOKED)
    with filled.writing() as session:
        (posted,) = outbox.list_posted_about(session, "r1", MailKind.REFERRAL_OUTCOME)
        outbox.set_failed(session, posted.mail.id, "550 (address) no such mailbox")
    browser = browse("tom")
    assert "550 (address) no such mailbox" in browser.get("/referrals/r1").text
    assert browser.send(f"/referrals/r2/answers/{posted.mail.id}").status_code == 404
    assert browser.send(f"/referrals/r1/answers/{posted.mail.id}").status_code == 200
    with filled.reading() as session:
        assert session.scalar(select(mail.c.state).where(mail.c.id == posted.mail.id)) == "waiting"


# ---------------------------------------------------------------------------------------------------------- other languages
OTHERS = {
    "pl": (
        "Co się stało po Twoim zgłoszeniu",
        "nie znalazł osoby z Twojego zgłoszenia",
        "Ta osoba nadal tam jest",
        "znów otwarte",
    ),
    "cy": (
        "Beth ddigwyddodd ar ôl i chi ddweud wrthym",
        "ni ddaeth o hyd i’r person",
        "Maen nhw yno o hyd",
        "ar agor eto",
    ),
}


@pytest.mark.parametrize("language", sorted(OTHERS))
def test_who_told_us_in_another_language_is_answered_in_it_by_mail_and_page(
    sam: Browser, filled: Database, tom: Callable[[], Door], settings: Settings, now: datetime, language: str
) -> None:
    subject, sentence, button, again = OTHERS[language]
    sam.get(f"/report?lang={language}")
    sam.send(
        "/report", key="k", lang=language, place="Most", district=county.WATFORD, tell="yes", email="sam@example.org"
    )
    with filled.reading() as session:
        found = session.execute(select(referral).where(referral.c.place == "Most")).mappings().one()
    with tom().open() as access:
        close_referral(access, found["id"], LOOKED)
    with filled.reading() as session:
        (posted,) = outbox.list_posted_about(session, found["id"], MailKind.REFERRAL_OUTCOME)
    path = path_of(found["alert_id"], load_keys(settings).secret)
    message = make_message(posted.mail, Envelope(address="sam@example.org"), settings, now, UTC, path)
    assert message["Subject"] == subject and sentence in message.get_content()
    page = sam.get(path)
    assert f'<html lang="{language}"' in page.text
    assert sentence in plain(page.text) and button in plain(page.text)
    assert again in plain(sam.send(f"{path}/still-there", lang=language).text)
    assert "We have your report." in plain(sam.get(f"{path}?lang=en").text)
    by_reference = sam.send("/report/status", reference=found["number"], lang=language)
    assert f'<html lang="{language}"' in by_reference.text and "We have your report" not in plain(by_reference.text)


@pytest.mark.parametrize("kind", [MailKind.REFERRAL_OUTCOME, MailKind.REFERRAL_QUESTION, MailKind.REFERRAL_LATE])
@pytest.mark.parametrize("language", ["en", "pl", "cy"])
def test_each_mail_is_there_in_each_language_with_its_link_the_reference_and_999(kind: MailKind, language: str) -> None:
    facts = MailFacts(outcome=LOOKED, day=date(2026, 12, 4), reference="ABCD-EFGH-2345", language=language)
    words = write_words(kind, facts, "https://lantern.example", UTC, "/report/answer/x")
    assert all(
        told in words.body for told in ("https://lantern.example/report/answer/x", "ABCD-EFGH-2345", "999", "90")
    )
    english = write_words(kind, structs.replace(facts, language=""), "https://lantern.example", UTC, "/report/answer/x")
    assert (words == english) == (language == "en")
