"""Reports fetched from a mailbox, by a real IMAP server: each once, marked read when it is kept, and nothing lost by a cut."""

import imaplib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from server.http.services import Services
from server.jobs.fetching import fetch_reports
from server.jobs.runner import Moment
from server.mail.mailbox import MailboxTrouble, open_mailbox
from server.queries.partnership.districts import add_district
from server.settings import MailboxSettings, Settings, read_settings
from server.tables.referrals.imports import refused_row
from server.tables.referrals.notice import notice
from server.tables.referrals.referral import alert
from shared.model.district import District
from tests.conftest import Clock
from tests.server.mail.imap_server import ACCOUNT, PASSWORD, serving_mail
from tests.server.running import services_as_served


@pytest.fixture(scope="module")
def imap() -> Iterator[int]:
    """The port of an IMAP server with one account."""
    with serving_mail() as port:
        yield port


@pytest.fixture
def folder(imap: int, request: pytest.FixtureRequest) -> Iterator[tuple[MailboxSettings, Callable[[bytes], None]]]:
    """An empty folder of its own, and how mail comes into it."""
    name = f"reports-{abs(hash(request.node.name)) % 10_000_000}"
    connection = imaplib.IMAP4("127.0.0.1", imap, timeout=20)
    connection.login(ACCOUNT, PASSWORD)
    connection.create(name)

    def put(data: bytes) -> None:
        status, _ = connection.append(name, "", imaplib.Time2Internaldate(time.time()), data)
        assert status == "OK"

    yield MailboxSettings(host="127.0.0.1", port=imap, security="none", login=ACCOUNT, folder=name), put
    connection.logout()


@pytest.fixture
def services(
    settings: Settings, clock: Clock, new_id: Callable[[], str], folder: Any, tmp_path: Any
) -> Iterator[Services]:
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    mailbox = replace(folder[0], password_file=password)
    made = services_as_served(replace(settings, mailbox=mailbox), clock, new_id)
    yield made
    made.database.close()


def moment_of(services: Services) -> Moment:
    now = services.clock()
    return Moment(now=now, since=now - timedelta(minutes=1), zone=ZoneInfo("Europe/London"), heartbeat=lambda: None)


def letter(number: int, now: Any) -> bytes:
    message = EmailMessage()
    message["From"], message["Date"] = "Ann Brown <ann@example.org>", now
    message["Message-ID"] = f"<{number}@example.org>"
    message.set_content(f"A man with hat {number}.")
    return bytes(message)


def count(services: Services, table: Any) -> int:
    with services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_what_is_unread_is_brought_in_once_and_marked_read(services: Services, folder: Any) -> None:
    for number in (1, 2):
        folder[1](letter(number, services.clock()))

    assert fetch_reports(services, moment_of(services)) == 2
    assert fetch_reports(services, moment_of(services)) == 0
    assert count(services, alert) == 2


def test_a_letter_that_was_kept_and_not_marked_is_not_two(
    services: Services, folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder[1](letter(1, services.clock()))

    def cut(*_: object) -> None:
        raise MailboxTrouble("the line was cut")

    with monkeypatch.context() as patched:
        patched.setattr("server.mail.mailbox.Mailbox.mark_read", cut)
        with pytest.raises(MailboxTrouble):
            fetch_reports(services, moment_of(services))
    assert fetch_reports(services, moment_of(services)) == 1
    assert count(services, alert) == 1


def test_what_is_no_report_is_a_row_that_somebody_sees(services: Services, folder: Any) -> None:
    folder[1](b"Subject: lunch\r\n\r\nAt one?\r\n")

    assert fetch_reports(services, moment_of(services)) == 1
    assert (count(services, alert), count(services, refused_row)) == (0, 1)


NOTICE = """Type: Hospital discharge
Name: Vera Lind
Date of birth: 03/02/1961
Discharge date: 20/11/2026
Hospital: Watford General, ward 6
District: {district}
Notes: Walks with a frame
Referrer: Nurse Ama
Telephone: 01923 496 0009
"""


def notice_mail(number: int, now: Any, district: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Date"] = "Discharge team <ward6@example.org>", now
    message["Message-ID"] = f"<notice-{number}@example.org>"
    message.set_content(NOTICE.format(district=district))
    return bytes(message)


def test_a_damaged_letter_holds_up_none_that_came_after_it(services: Services, folder: Any) -> None:
    """Attached to another: a server that reads the tops of mails takes no such one itself."""
    inner = letter(1, services.clock()).replace(b"Message-ID: <1@example.org>", b"Message-ID: <a@[", 1)
    folder[1](
        b"From: desk@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
        b"Content-Type: message/rfc822\n\n" + inner + b"\n--x--\n"
    )
    folder[1](letter(2, services.clock()))

    assert fetch_reports(services, moment_of(services)) == 2
    assert count(services, alert) == 2
    assert fetch_reports(services, moment_of(services)) == 0


def test_a_notice_by_mail_is_for_the_coordinator_of_the_district_it_names(
    services: Services, folder: Any, clock: Clock
) -> None:
    with services.database.writing() as session:
        for code, name in (("E07000103", "Watford"), ("E07000096", "Dacorum")):
            add_district(session, District(id=name.lower(), code=code, name=name))
    for number, district in enumerate(("Dacorum", "E07000103", "Dacorum Borough Council"), start=1):
        folder[1](notice_mail(number, clock.now, district))
    assert fetch_reports(services, moment_of(services)) == 3
    assert fetch_reports(services, moment_of(services)) == 0
    with services.database.reading() as session:
        kept = list(session.execute(select(notice).order_by(notice.c.district_id)).mappings())
    assert [each["district_id"] for each in kept] == ["dacorum", "dacorum", "watford"]
    told = kept[2]
    assert (told["kind"], told["name"], str(told["date_of_birth"]), str(told["expected_on"]), told["institution"]) == (
        "hospital_discharge", "Vera Lind", "1961-02-03", "2026-11-20", "Watford General, ward 6",
    )  # fmt: skip
    assert (told["sender_name"], told["sender_reach"], told["received_by"]) == ("Nurse Ama", "01923 496 0009", None)
    assert (count(services, alert), count(services, refused_row)) == (0, 0), "it is no report of somebody in the street"
    folder[1](notice_mail(1, clock.now, "Dacorum"))
    assert fetch_reports(services, moment_of(services)) == 1
    assert count(services, notice) == 3, "the same mail again"


def bring_one(services: Services, folder: Any, message: EmailMessage) -> Any:
    with services.database.writing() as session:
        for code, name in (("E07000103", "Watford"), ("E07000096", "Dacorum")):
            add_district(session, District(id=name.lower(), code=code, name=name))
    folder[1](bytes(message))
    assert fetch_reports(services, moment_of(services)) == 1
    assert (count(services, alert), count(services, refused_row)) == (0, 0)
    with services.database.reading() as session:
        return session.execute(select(notice)).mappings().one()


def mail_of(text: str, now: Any) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Date"], message["Message-ID"] = "Ward Six <ward6@example.org>", now, "<1@example.org>"
    message.set_content(text)
    return message


def test_no_word_of_a_notice_by_mail_is_lost_whatever_is_wrong_with_it(
    services: Services, folder: Any, clock: Clock
) -> None:
    text = f"""Please help.
Type: discharge from hospital
Date of birth: 31/02/1961
Discharge date: next Tuesday
Hospital: {"x" * 201}
District: Elsewhere
Notes: Walks with a frame
and is deaf in one ear
Telephone: 01923 496 0009
E-mail: other@example.org
Name:
Vera Lind
"""
    message = mail_of(text, clock.now)
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="referral.pdf")
    kept = bring_one(services, folder, message)
    assert (kept["name"], kept["institution"], kept["date_of_birth"], kept["expected_on"]) == ("", "", None, None)
    assert (kept["sender_name"], kept["sender_reach"]) == ("Ward Six", "01923 496 0009")
    for words in (
        "Please help.", "31/02/1961", "next Tuesday", "x" * 201, "Elsewhere", "Walks with a frame", "deaf in one ear",
        "other@example.org", "Vera Lind", "1 attached: read it in the mailbox itself.", "send it on if it is not yours",
    ):  # fmt: skip
        assert words in kept["words"], words


@pytest.mark.parametrize(
    "where", ["District: Dacorum Borough Council", "He slept in Dacorum before", "Council: e07000096"]
)
def test_a_notice_by_mail_goes_to_the_district_that_stands_in_it(
    services: Services, folder: Any, clock: Clock, where: str
) -> None:
    text = f"Type: prison release\nName: Ian Moss\nPrison: HMP The Mount\n{where}\n"
    assert bring_one(services, folder, mail_of(text, clock.now))["district_id"] == "dacorum"


def test_a_notice_that_was_forwarded_is_its_first_senders(services: Services, folder: Any, clock: Clock) -> None:
    outer = EmailMessage()
    outer["From"], outer["Message-ID"] = "Front desk <desk@example.org>", "<2@example.org>"
    outer.set_content("See what came.")
    outer.add_attachment(mail_of("Type: DtR\nName: Dee Gee\nOffice: Jobcentre\nDistrict: Watford", clock.now))
    kept = bring_one(services, folder, outer)
    assert (kept["kind"], kept["name"], kept["sender_reach"]) == ("duty_to_refer", "Dee Gee", "ward6@example.org")


def test_a_very_long_notice_says_where_its_rest_is(services: Services, folder: Any, clock: Clock) -> None:
    text = "Type: prison release\nName: Ian Moss\nDistrict: Watford\n" + "word\n" * 10_000
    words = bring_one(services, folder, mail_of(text, clock.now))["words"]
    assert len(words) < 21_000 and words.endswith("The mail is longer: read the rest in the mailbox itself.")


def test_a_report_that_has_a_type_is_no_notice(services: Services, folder: Any, clock: Clock) -> None:
    folder[1](bytes(mail_of("Type: man left hospital\nHe sleeps behind the bank at WD17 1EU.", clock.now)))
    assert fetch_reports(services, moment_of(services)) == 1
    assert (count(services, notice), count(services, alert)) == (0, 1)


def test_a_wrong_password_and_a_folder_that_is_not_there_say_so_without_the_password(
    folder: Any, tmp_path: Any
) -> None:
    password = tmp_path / "password"
    password.write_text("wrong horse")
    for settings in (
        replace(folder[0], password_file=password),
        replace(folder[0], folder="none such", password_file=password),
    ):
        with pytest.raises(MailboxTrouble) as trouble, open_mailbox(settings):
            pass
        assert "horse" not in str(trouble.value)


def test_a_mailbox_on_another_machine_is_spoken_to_encrypted_alone() -> None:
    with pytest.raises(ValueError, match="LANTERN_IMAP_SECURITY"):
        read_settings({"LANTERN_IMAP_HOST": "imap.example.org", "LANTERN_IMAP_SECURITY": "none"})
    read = read_settings({"LANTERN_IMAP_HOST": "imap.example.org", "LANTERN_IMAP_USER": "reports"}).mailbox
    assert (read.port, read.security, read.folder) == (993, "tls", "INBOX")
