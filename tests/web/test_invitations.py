"""Somebody is invited and sets their own password: the link works once, for a day, and nobody else learns anything."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from threading import Barrier
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient
from sqlalchemy.orm import Session

from server.actions.operation.invitations import accept, invite, path_of
from server.app import create_app
from server.database.context import Kind, acting
from server.database.engine import Database
from server.problems import NotFound
from server.queries.operation import audit, outbox, sessions
from server.queries.partnership import identities, workers
from server.security import totp
from server.security.keys import load_keys
from server.security.passwords import Passwords
from server.settings import Settings
from tests.conftest import Clock

PASSWORD = "wet heron under lamplight"


@pytest.fixture
def link(filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str], app: Any) -> str:
    with filled.writing() as session:
        made = invite(session, workers.get_worker(session, "aisha"), None, clock.now, new_id)
    return path_of(made.id, load_keys(settings).secret)


def send(client: Any, path: str, **fields: str) -> Any:
    client.get("/sign-in", headers={"accept": "text/html"})
    data = {**fields, "_csrf_token": client.cookies["lantern-form"]}
    return client.post(path, data=data, headers={"accept": "text/html"})


def test_an_invited_worker_sets_a_password_once_and_signs_in(client: Any, link: str) -> None:
    assert "Aisha" in client.get(link, headers={"accept": "text/html"}).text

    answer = send(client, link, password=PASSWORD, again=PASSWORD)

    assert "Your password is set." in answer.text
    assert client.get(link).status_code == 404
    assert send(client, link, password="another heron altogether", again="another heron altogether").status_code == 404
    signed_in = send(client, "/sign-in", email="aisha@example.org", password=PASSWORD, code="", next="")
    assert "Sign out" in signed_in.text


def test_a_new_password_ends_whatever_session_the_old_one_opened(
    client: Any, browse: Callable[[str], Any], link: str
) -> None:
    assert "Sign out" in browse("aisha").get("/account").text
    old = client.cookies["lantern-session"]
    client.cookies.clear()
    assert "Your password is set." in send(client, link, password=PASSWORD, again=PASSWORD).text
    client.cookies.set("lantern-session", old)
    assert "Sign in to Lantern" in client.get("/account", headers={"accept": "text/html"}).text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"password": PASSWORD, "again": "wet heron"}, "The two are not the same."),
        ({"password": "short", "again": "short"}, "There is a problem"),
    ],
)
def test_an_unusable_password_is_told_and_the_link_stays_good(
    client: Any, link: str, fields: dict[str, str], says: str
) -> None:
    answer = send(client, link, **fields)

    assert answer.status_code == 422
    assert says in answer.text
    assert client.get(link).status_code == 200


def test_a_link_that_is_none_is_over_or_was_replaced_says_always_the_same(
    client: Any, link: str, filled: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    none = (link[:-4] + "AAAA", "/invitations/x", "/invitations/x.y")
    answers = {client.get(path, headers={"accept": "text/html"}).status_code for path in none}
    assert answers == {404}

    clock.advance(hours=25)
    assert client.get(link).status_code == 404
    clock.advance(hours=-25)
    with filled.writing() as session:
        invite(session, workers.get_worker(session, "aisha"), None, clock.now, new_id)
    assert client.get(link).status_code == 404


def test_pressed_twice_at_the_same_moment_one_password_is_set(
    client: Any, link: str, filled: Database, settings: Settings, clock: Clock
) -> None:
    """On PostgreSQL both have found the link good before either goes on; SQLite lets one in after the other."""
    both = Barrier(2 if filled.engine.dialect.name == "postgresql" else 1)

    class Waiting(Passwords):
        def hash(self, password: str) -> str:
            both.wait(60)
            return super().hash(password)

    passwords, secret = Waiting(settings.password_cost), load_keys(settings).secret

    def press(password: str) -> str | None:
        try:
            with filled.writing() as session:
                accept(session, link.removeprefix("/invitations/"), secret, passwords, password, clock.now)
        except NotFound:
            return None
        return password

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(press, [f"{PASSWORD} one", f"{PASSWORD} two"]))
    (said,) = [each for each in told if each]
    with filled.reading() as session:
        kept = sessions.find_credential(session, "aisha")
    assert kept is not None
    assert [passwords.matches(kept.password_hash, f"{PASSWORD} {each}") for each in ("one", "two")] == [
        f"{PASSWORD} {each}" == said for each in ("one", "two")
    ]


def test_who_has_left_is_not_let_in_by_an_old_link(client: Any, link: str, filled: Database) -> None:
    with filled.writing() as session:
        workers.set_active(session, "aisha", False)

    assert client.get(link).status_code == 404
    assert send(client, link, password=PASSWORD, again=PASSWORD).status_code == 404


def test_a_link_that_went_to_another_address_than_they_sign_in_with_sets_no_password(
    client: Any, link: str, filled: Database
) -> None:
    """It was sent to a wrong address, and that was put right: whoever reads that mailbox is nobody of ours."""
    with filled.writing() as session:
        aisha = workers.get_worker(session, "aisha")
        workers.change_worker(session, msgspec.structs.replace(aisha, name="Aisha N. Noor"), email="aisha@example.org")
    assert client.get(link).status_code == 200
    with filled.writing() as session:
        workers.change_worker(session, aisha, email="a.noor@example.org")
    assert client.get(link).status_code == 404
    assert send(client, link, password=PASSWORD, again=PASSWORD).status_code == 404


def test_an_administrator_invites_from_the_page_and_the_mail_carries_the_link(
    browse: Callable[[str], Any], filled: Database, settings: Settings, clock: Clock
) -> None:
    answer = browse("omar").send("/workers/aisha/invite")
    assert "Invited." in answer.text

    with filled.writing() as session:
        posted = outbox.claim_next(session, clock.now)
    assert posted is not None
    assert posted.mail.worker_id == "aisha"
    from datetime import UTC

    from server.mail.message import Envelope, make_message

    path = path_of(posted.mail.about_id or "", load_keys(settings).secret)
    words = make_message(
        posted.mail, Envelope(address="aisha@example.org"), settings, clock.now, UTC, path
    ).get_content()
    assert re.findall(r"https?://\S+", words) == [settings.address + path]


def test_only_who_manages_a_worker_may_invite_them(browse: Callable[[str], Any]) -> None:
    tom = browse("tom")

    assert tom.send("/workers/priya/invite").status_code == 404
    assert tom.send("/workers/dean/invite").status_code == 200
    assert browse("priya").send("/workers/dean/invite").status_code == 200, "he walks in her district"
    assert browse("rowan").send("/workers/dean/invite").status_code == 404
    assert browse("helen").send("/workers/dean/invite").status_code == 403


def test_where_a_second_factor_is_asked_for_the_link_sets_one_up_and_a_new_link_another(
    filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]
) -> None:
    strict = replace(settings, second_factor=True)
    codes = []
    with TestClient(create_app(strict, clock, new_id)) as client:
        for _ in range(2):
            with filled.writing() as session:
                made = invite(session, workers.get_worker(session, "aisha"), None, clock.now, new_id)
            shown = send(client, path_of(made.id, load_keys(strict).secret), password=PASSWORD, again=PASSWORD).text
            assert "data:image/svg+xml" in shown
            (seed,) = re.findall(r"<code>([A-Z2-7 ]{39})</code>", shown)
            codes.append(totp.code_at(seed.replace(" ", ""), int(clock.now.timestamp()) // totp.STEP_S))
        for code, says in (("", "six digits"), (codes[0], "six digits"), (codes[1], "Sign out")):
            answer = send(client, "/sign-in", email="aisha@example.org", password=PASSWORD, code=code, next="")
            assert says in answer.text


def give_authenticator(session: Session, now: datetime) -> None:
    sessions.set_password_hash(session, "aisha", "$argon2id$x", now)
    sessions.set_second_factor(session, "aisha", totp.new_secret(), now)


def tie_account(session: Session, now: datetime) -> None:
    identities.link(session, "https://login.example.org", "aisha-at-work", "aisha", now)


@pytest.mark.parametrize("give", [give_authenticator, tie_account])
def test_another_second_factor_goes_to_nobody_of_whom_it_is_not_said_how_they_are_known(
    browse: Callable[[str], Any], filled: Database, clock: Clock, give: Callable[[Session, datetime], None]
) -> None:
    with filled.writing() as session:
        give(session, clock.now)
    omar = browse("omar")
    for told in ({}, {"known_by": "somehow"}):
        refused = omar.send("/workers/aisha/invite", **told)
        assert refused.status_code == 422 and "Say how you know that it is them who ask." in refused.text
    with filled.reading() as session:
        assert outbox.list_posted(session) == []
    assert "Invited." in omar.send("/workers/aisha/invite", known_by="rang").text
    with filled.reading() as session:
        lines = [each for each in audit.list_lines(session) if each.purpose == "invite"]
    assert [(each.actor_id, each.subject_id, each.detail) for each in lines] == [("omar", "aisha", "rang")]


def test_an_administrator_ends_every_session_of_somebody_whose_laptop_was_lost(
    browse: Callable[[str], Any], filled: Database, client: Any
) -> None:
    """As the application's own role, which sees no session of anybody else."""
    browse("aisha")
    client.cookies.clear()
    assert browse("omar").send("/workers/aisha/end-sessions").status_code == 200
    with acting(Kind.COMMAND), filled.reading() as session:
        assert sessions.list_sessions_of(session, "aisha") == []
        assert len(sessions.list_sessions_of(session, "omar")) == 1
