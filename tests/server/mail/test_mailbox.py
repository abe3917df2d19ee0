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

from server.app import create_services
from server.http.services import Services
from server.jobs.fetching import fetch_reports
from server.jobs.runner import Moment
from server.mail.mailbox import MailboxTrouble, open_mailbox
from server.settings import MailboxSettings, Settings, read_settings
from server.tables.referrals.imports import refused_row
from server.tables.referrals.referral import alert
from tests.conftest import Clock
from tests.server.mail.imap_server import ACCOUNT, PASSWORD, serving_mail


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
    made = create_services(replace(settings, mailbox=mailbox), clock, new_id)
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
