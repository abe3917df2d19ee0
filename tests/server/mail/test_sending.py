"""Mails handed to a real mail server over a real line: what it refuses, what it asks to be tried again, and lines that
break."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from server.actions.operation.outbox import Outbox
from server.http.services import Services
from server.jobs.catalogue import JOBS
from server.jobs.sending import NO_ADDRESS, NOT_AN_ADDRESS
from server.queries.operation import addressees, outbox
from server.queries.operation.outbox import TOO_OLD, Posted
from server.settings import MailSettings, read_settings
from shared.model.mail import MailFacts, MailKind, MailState
from tests.conftest import Clock
from tests.server.mail.conftest import PAGES, SENDER
from tests.server.mail.postbox import CUT, Postbox, body_of, make_certificate
from tests.server.running import run_due


@pytest.fixture
def database_kind() -> str:
    """What the databases have a part in is tested over both in `test_jobs.py`."""
    return "sqlite"


def tell(services: Services, *agency_ids: str, key: str = "reminder", lasts: timedelta = timedelta(days=2)) -> None:
    """Lets a reminder wait for each agency's shared mailbox."""
    with services.database.writing() as session:
        for agency_id in agency_ids:
            addressees.set_shared_address(session, agency_id, f"{agency_id}@example.org")
            Outbox(session, services.clock(), services.new_id).tell_agency(
                agency_id, MailKind.ACTIONS_REMINDER, key, MailFacts(late=1), useful_until=services.clock() + lasts
            )


def stored(services: Services) -> list[Posted]:
    with services.database.reading() as session:
        return sorted(outbox.list_posted(session), key=lambda each: each.mail.key)


def test_a_mail_arrives_as_plain_text_from_us_for_one_address(services, postbox: Postbox, run, now: datetime) -> None:
    tell(services, "cgl")
    assert run("mail") == {"mail": 1}
    ((address, message),) = postbox.kept
    (posted,) = stored(services)
    assert (address, message["to"], message["from"]) == ("cgl@example.org", "cgl@example.org", SENDER)
    assert message["subject"] == "1 action of your service missed"
    assert message["message-id"] == f"<{posted.mail.id}@lantern.council.example>"
    assert message["auto-submitted"] == "auto-generated"
    assert message["x-auto-response-suppress"] == "All"
    assert message["date"].datetime == now
    assert message.get_content_type() == "text/plain"
    assert f"{PAGES}/actions" in body_of(message)
    assert (posted.state, posted.attempts, posted.sent_at) == (MailState.SENT, 1, now)


def test_the_same_key_is_never_sent_twice(services, postbox: Postbox, run) -> None:
    tell(services, "cgl")
    tell(services, "cgl")
    run("mail")
    tell(services, "cgl")
    assert run("mail") == {"mail": 0}
    assert postbox.addresses == ["cgl@example.org"]


def test_a_refused_mail_is_listed_as_failed_and_holds_up_no_other(services, postbox: Postbox, run) -> None:
    postbox.refused["beacon@example.org"] = "550 5.1.1 <beacon@example.org>: no such mailbox"
    tell(services, "beacon", "cgl", "county")
    assert run("mail") == {"mail": 2}
    assert postbox.addresses == ["cgl@example.org", "county@example.org"]
    failed = stored(services)[0]
    assert failed.state is MailState.FAILED
    assert failed.last_error == "550 5.1.1 <(address)>: no such mailbox", "an address was kept with the error"
    run("mail")
    assert len(postbox.kept) == 2, "a mail that was refused for good was tried again by itself"


def test_a_failed_mail_is_tried_again_when_somebody_asks(services, postbox: Postbox, run, enter) -> None:
    from server.actions.operation.outbox import try_again
    from server.problems import NotFound

    postbox.refused["cgl@example.org"] = "550 no"
    tell(services, "cgl")
    run("mail")
    del postbox.refused["cgl@example.org"]
    (failed,) = stored(services)
    with enter("omar") as access:
        try_again(access, failed.mail.id)
    assert run("mail") == {"mail": 1}
    with enter("omar") as access, pytest.raises(NotFound):
        try_again(access, failed.mail.id)


def test_later_means_later_with_longer_and_longer_waits(services, postbox: Postbox, run, clock: Clock) -> None:
    postbox.answers.extend(["451 4.7.1 greylisted", "421 busy"])
    tell(services, "cgl")
    assert run("mail") == {"mail": 0}
    (posted,) = stored(services)
    assert (posted.state, posted.last_error) == (MailState.WAITING, "451 4.7.1 greylisted")
    assert posted.next_try_at == clock.now + timedelta(minutes=1)
    clock.advance(seconds=59)
    assert run("mail") == {"mail": 0}
    clock.advance(seconds=1)
    assert run("mail") == {"mail": 0}
    assert stored(services)[0].next_try_at == clock.now + timedelta(minutes=5)
    clock.advance(minutes=5)
    assert run("mail") == {"mail": 1}
    assert len(postbox.kept) == 1
    assert stored(services)[0].attempts == 3


def test_a_line_cut_in_the_middle_doubles_nothing(services, postbox: Postbox, run, clock: Clock) -> None:
    postbox.answers.append(CUT)
    tell(services, "beacon", "cgl")
    assert run("mail") == {"mail": 1}, "the mail after the broken line was not sent over a fresh one"
    clock.advance(minutes=1)
    assert run("mail") == {"mail": 1}
    assert postbox.addresses == ["beacon@example.org", "cgl@example.org"]


def test_a_crash_after_the_hand_over_sends_again_under_the_same_message_id(
    services: Services, postbox: Postbox, run, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: between the mail server's yes and our mark there is always a moment."""

    class Crash(BaseException):
        """The process is gone."""

    def crash(*_: object) -> None:
        raise Crash

    tell(services, "cgl")
    with monkeypatch.context() as broken, pytest.raises(Crash):
        broken.setattr(outbox, "set_sent", crash)
        run_due(services, JOBS, "first", names=["mail"])
    assert run("mail") == {"mail": 0}, "somebody else took a mail that was being sent"
    clock.advance(minutes=10)
    assert run("mail") == {"mail": 1}
    first, second = (message["message-id"] for _, message in postbox.kept)
    assert first == second


def test_when_the_mail_server_is_away_one_mail_is_tried_and_all_wait(services, postbox: Postbox, run) -> None:
    postbox.stop()
    tell(services, "beacon", "cgl", "county")
    assert run("mail") == {"mail": 0}
    assert sorted(each.attempts for each in stored(services)) == [0, 0, 1]
    assert {each.state for each in stored(services)} == {MailState.WAITING}


def test_a_mail_gives_up_in_the_end(services, postbox: Postbox, run, clock: Clock) -> None:
    postbox.answers.extend(["451 later"] * 20)
    tell(services, "cgl", lasts=timedelta(days=30))
    for _ in range(12):
        run("mail")
        clock.advance(hours=12)
    (posted,) = stored(services)
    assert (posted.state, posted.attempts) == (MailState.FAILED, 12)


def test_without_a_mail_server_mails_wait_until_they_are_of_no_use(services: Services, postbox, clock: Clock) -> None:
    silent = replace(services, settings=replace(services.settings, mail=MailSettings()))
    tell(services, "cgl")
    assert run_due(silent, JOBS, "x", names=["mail"]) is not None
    (posted,) = stored(services)
    assert (posted.state, posted.attempts) == (MailState.WAITING, 0)
    clock.advance(days=2, seconds=1)
    run_due(silent, JOBS, "x", names=["mail"])
    assert (stored(services)[0].state, stored(services)[0].last_error) == (MailState.FAILED, TOO_OLD)
    assert postbox.kept == []


def test_a_mailbox_that_is_gone_and_one_that_is_no_address_get_nothing(services: Services, postbox, run) -> None:
    tell(services, "beacon", "cgl")
    with services.database.writing() as session:
        addressees.set_shared_address(session, "beacon", None)
        addressees.set_shared_address(session, "cgl", "cgl@example.org\nbcc: everyone@example.org")
    assert run("mail") == {"mail": 0}
    assert [each.last_error for each in stored(services)] == [NO_ADDRESS, NOT_AN_ADDRESS]
    assert postbox.kept == []


# ------------------------------------------------------------------------------------------------------------ the line
@pytest.fixture
def guarded(tmp_path):
    """A mail server that encrypts and asks for a password."""
    certificate, context = make_certificate(tmp_path)
    made = Postbox(tls_context=context, require_starttls=True, auth_required=True)
    made.SMTP_kwargs["authenticator"] = made.authenticate
    made.start()
    yield made, certificate
    made.stop()


def over(services: Services, port: int, **options: object) -> Services:
    wanted = MailSettings(host="127.0.0.1", port=port, sender=SENDER, **options)  # type: ignore[arg-type]
    return replace(services, settings=replace(services.settings, mail=wanted))


def test_the_line_is_encrypted_before_the_password_is_said(services, guarded, tmp_path) -> None:
    postbox, certificate = guarded
    (tmp_path / "password").write_text("sesame\n")
    tell(services, "cgl")
    trusted = over(
        services, postbox.port, login="lantern", password_file=tmp_path / "password", authority_file=certificate
    )
    (ran,) = run_due(trusted, JOBS, "x", names=["mail"]) or ()
    assert (ran.done, ran.error) == (1, "")
    assert postbox.logins == [("lantern", "sesame")]
    assert postbox.addresses == ["cgl@example.org"]


def test_a_mail_server_that_nobody_vouches_for_gets_nothing(services, guarded) -> None:
    postbox, _ = guarded
    tell(services, "cgl")
    run_due(over(services, postbox.port), JOBS, "x", names=["mail"])
    assert "certificate verify failed" in stored(services)[0].last_error
    assert postbox.kept == postbox.logins == []


def test_a_mail_server_without_encryption_gets_nothing(services, postbox: Postbox) -> None:
    tell(services, "cgl")
    run_due(over(services, postbox.port), JOBS, "x", names=["mail"])
    assert "STARTTLS" in stored(services)[0].last_error
    assert postbox.kept == []


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LANTERN_SMTP_HOST": "mail.example", "LANTERN_SMTP_SECURITY": "none"}, "on this machine only"),
        ({"LANTERN_SMTP_HOST": "mail.example"}, "LANTERN_MAIL_FROM"),
        ({"LANTERN_SMTP_SECURITY": "ssl3"}, "LANTERN_SMTP_SECURITY"),
        ({"LANTERN_SMTP_PORT": "x"}, "LANTERN_SMTP_PORT"),
        ({"LANTERN_PUBLIC_URL": "lantern.example"}, "LANTERN_PUBLIC_URL"),
    ],
)
def test_unusable_settings_are_refused_in_words(environment, words) -> None:
    with pytest.raises(ValueError, match=words):
        read_settings(environment)


def test_each_way_of_speaking_has_its_usual_port() -> None:
    for security, port in (("starttls", 587), ("tls", 465), ("none", 25)):
        named = {"LANTERN_SMTP_HOST": "127.0.0.1", "LANTERN_SMTP_SECURITY": security, "LANTERN_MAIL_FROM": SENDER}
        assert read_settings(named).mail.port == port
