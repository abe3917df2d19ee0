"""Signing in: works, is refused alike for every mistake, cannot be guessed, fixed or forged, and ends when it should."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from litestar.testing import TestClient
from sqlalchemy import text

from server.access import Door, day_of
from server.actions.operation.signin import Attempt, SignIn
from server.app import create_app, create_services
from server.database.context import Kind, acting
from server.database.engine import Database
from server.http.services import Services
from server.problems import NOT_SIGNED_IN, Failure
from server.queries.operation import audit, sessions
from server.queries.partnership import workers
from server.security import totp
from server.security.passwords import Passwords, why_unusable
from server.security.seeds import DamagedSeed, Seeds
from server.security.tokens import hash_token
from server.settings import PasswordCost, Settings, read_settings
from shared.model.worker import Worker
from tests.conftest import Clock
from tests.paths import ROOT
from tests.server.cast import PASSWORD, Cast, email_of, make_settings
from tests.server.conftest import post_sign_in

PAGE = {"accept": "text/html"}
CODE = r"<code>([a-z0-9-]{19})</code>"
COOKIE = "lantern-session"


def test_priya_signs_in_and_sees_her_case_list(sign_in: Callable[..., TestClient[Any]], cast: Cast) -> None:
    client = sign_in(cast.priya)
    answer = client.get("/cases", headers=PAGE)
    assert answer.status_code == 200
    assert "Watford" in answer.text


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: TestClient[Any], cast: Cast) -> None:
    wrong = post_sign_in(client, email_of(cast.priya), "not the password at all")
    unknown = post_sign_in(client, "nobody@example.org", "not the password at all")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("priya@", "nobody@").count("do not match") == unknown.text.count("do not match") == 2
    assert COOKIE not in client.cookies


def test_a_refused_sign_in_is_in_the_audit_without_what_was_typed(
    client: TestClient[Any], cast: Cast, database: Database
) -> None:
    post_sign_in(client, email_of(cast.priya), "a password nobody should see")
    with database.reading() as session:
        line = audit.list_lines(session, subject_kind="worker")[0]
    assert (line.action, line.allowed, line.actor_id) == ("sign_in", False, cast.priya.id)
    assert "nobody should see" not in repr(line)


def test_the_session_id_is_new_whatever_the_browser_came_with(client: TestClient[Any], cast: Cast) -> None:
    client.cookies.set(COOKIE, "chosen-by-an-attacker")
    post_sign_in(client, email_of(cast.priya), PASSWORD)
    assert client.cookies.get(COOKIE, domain="testserver.local") not in {None, "chosen-by-an-attacker"}


def test_signing_in_again_ends_the_session_before(sign_in: Callable[..., TestClient[Any]], cast: Cast) -> None:
    client = sign_in(cast.priya)
    first = client.cookies[COOKIE]
    sign_in(cast.priya)
    assert client.cookies[COOKIE] != first
    client.cookies.set(COOKIE, first)
    assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 303


def test_a_form_without_its_token_is_refused(client: TestClient[Any], cast: Cast) -> None:
    client.get("/sign-in", headers=PAGE)
    answer = client.post("/sign-in", data={"email": email_of(cast.priya), "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/403.2"


def test_the_sixth_try_must_wait_and_nobody_else_is_locked_out(
    client: TestClient[Any], cast: Cast, clock: Clock
) -> None:
    for _ in range(5):
        assert post_sign_in(client, email_of(cast.priya), "wrong wrong wrong wrong").status_code == 401
    refused = post_sign_in(client, email_of(cast.priya), PASSWORD)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) <= 15 * 60
    assert post_sign_in(client, email_of(cast.helen), PASSWORD).status_code == 303
    clock.advance(minutes=16)
    assert post_sign_in(client, email_of(cast.priya), PASSWORD).status_code == 303


def test_one_address_may_not_try_account_after_account(client: TestClient[Any], cast: Cast, clock: Clock) -> None:
    for number in range(30):
        tried = post_sign_in(client, f"somebody-{number}@example.org", "wrong wrong wrong wrong")
        assert tried.status_code == 401
    assert post_sign_in(client, email_of(cast.priya), PASSWORD).status_code == 429
    clock.advance(minutes=16)
    assert post_sign_in(client, email_of(cast.priya), PASSWORD).status_code == 303


def test_tries_count_together_in_every_process(
    client: TestClient[Any], settings: Settings, clock: Clock, new_id: Callable[[], str], cast: Cast
) -> None:
    with TestClient(create_app(settings, clock, new_id)) as other:
        for each in (client, other, client, other, client):
            post_sign_in(each, email_of(cast.priya), "wrong wrong wrong wrong")
        assert post_sign_in(other, email_of(cast.priya), PASSWORD).status_code == 429


@pytest.mark.parametrize(("minutes", "still_in"), [(14, True), (16, False)])
def test_an_idle_session_ends_after_a_quarter_of_an_hour(
    sign_in: Callable[..., TestClient[Any]], cast: Cast, clock: Clock, minutes: int, still_in: bool
) -> None:
    client = sign_in(cast.priya)
    clock.advance(minutes=minutes)
    answer = client.get("/cases", headers=PAGE, follow_redirects=False)
    assert (answer.status_code == 200) is still_in


POLLED = {
    "alarm.js": "/alarms/{alarm_id}/now",
    "desk.js": "/referrals/desk/news",
    "discussion.js": "/conferences/{conference_id}/discussion/{item_id}/note",
    "live-map.js": "/live-map/stamp",
    "news.js": "/cases/news",
    "room.js": "/conferences/{conference_id}/room/news",
    "session.js": "/session",
    "shift-news.js": "/on-shift/now",
}
"""What each script that asks again and again by itself asks."""


def test_whatever_a_script_asks_again_and_again_is_known_to_poll(client: TestClient[Any]) -> None:
    again = re.compile(r"setTimeout\((?:ask|look),")
    scripts = {
        each.name for each in (ROOT / "server" / "web" / "static").glob("*.js") if again.search(each.read_text())
    }
    assert scripts == set(POLLED)
    polls = {
        route.path_format
        for route in client.app.routes
        for each in getattr(route, "route_handlers", ())
        if each.opt.get("polls")
    }
    assert {re.sub(r"{[^}]+}", "{}", each) for each in POLLED.values()} == {
        re.sub(r"{[^}]+}", "{}", each) for each in polls
    }


@pytest.mark.parametrize(
    ("path", "renews"),
    [*((each, {}) for each in sorted(POLLED.values())), ("/live-map", {"x-lantern-renews": "yes"})],
)
def test_a_page_that_polls_keeps_no_session_alive(
    sign_in: Callable[..., TestClient[Any]], cast: Cast, clock: Clock, path: str, renews: dict[str, str]
) -> None:
    client = sign_in(cast.priya)
    for _ in range(5):
        clock.advance(minutes=3)
        client.get(re.sub(r"{[^}]+}", "x", path), headers={"accept": "application/json"} | renews)
    clock.advance(minutes=1)
    assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 303


def test_a_busy_session_ends_after_twelve_hours(
    sign_in: Callable[..., TestClient[Any]], cast: Cast, clock: Clock
) -> None:
    client = sign_in(cast.priya)
    for _ in range(72):
        clock.advance(minutes=10)
        assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 200
    clock.advance(minutes=1)
    assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 303


def test_signing_out_ends_the_session_on_the_server_too(sign_in: Callable[..., TestClient[Any]], cast: Cast) -> None:
    client = sign_in(cast.priya)
    token = client.cookies[COOKIE]
    answer = client.post("/sign-out", data={"_csrf_token": client.cookies["lantern-form"]}, follow_redirects=False)
    assert answer.headers["clear-site-data"]
    client.cookies.set(COOKIE, token)
    assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 303


def test_a_worker_who_is_kept_out_is_out_at_once(
    sign_in: Callable[..., TestClient[Any]], cast: Cast, database: Database
) -> None:
    client = sign_in(cast.priya)
    with database.writing() as session:
        workers.set_active(session, cast.priya.id, active=False)
    assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 303
    assert post_sign_in(client, email_of(cast.priya), PASSWORD).status_code == 401


def test_what_a_request_found_is_good_for_one_transaction(
    database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]
) -> None:
    with database.reading() as session:
        found = workers.find_acting(session, cast.priya.id, day_of(clock()))
    door = Door(database, cast.priya, clock(), new_id, acting=found)
    with door.open() as access:
        assert access.actor.worker_id == cast.priya.id
    with database.writing() as session:
        workers.set_active(session, cast.priya.id, active=False)
    with pytest.raises(Failure) as refused, door.open():
        pytest.fail("a worker who was kept out meanwhile")
    assert refused.value.kind is NOT_SIGNED_IN


def test_a_form_that_took_its_time_is_refused_to_whoever_is_kept_out_meanwhile(
    sign_in: Callable[..., TestClient[Any]], cast: Cast, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(cast.priya)
    client.get("/conferences", headers=PAGE)
    find = SignIn.find_acting

    def find_and_then_keep_out(self: SignIn, *asked: Any, **how: Any) -> Any:
        found = find(self, *asked, **how)
        with database.writing() as session:
            workers.set_active(session, cast.priya.id, active=False)
        return found

    monkeypatch.setattr(SignIn, "find_acting", find_and_then_keep_out)
    form = {"district": "watford", "day": "2026-12-10", "time": "10:00", "_csrf_token": client.cookies["lantern-form"]}
    answer = client.post("/conferences", data=form, headers=PAGE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_second_factor_is_asked_for_and_each_code_works_once(
    client: TestClient[Any], cast: Cast, database: Database, clock: Clock
) -> None:
    secret = totp.new_secret()
    with database.writing() as session:
        sessions.set_second_factor(session, cast.priya.id, secret, clock())
    code = totp.code_at(secret, int(clock().timestamp()) // totp.STEP_S)
    assert post_sign_in(client, email_of(cast.priya), PASSWORD).status_code == 401
    assert post_sign_in(client, email_of(cast.priya), PASSWORD, code=code).status_code == 303
    assert post_sign_in(client, email_of(cast.priya), PASSWORD, code=code).status_code == 401


def test_a_server_that_demands_a_second_factor_lets_nobody_in_without(
    settings: Settings, clock: Clock, new_id: Callable[[], str], cast: Cast
) -> None:
    with TestClient(create_app(replace(settings, second_factor=True), clock, new_id)) as strict:
        assert post_sign_in(strict, email_of(cast.priya), PASSWORD).status_code == 401


def test_rfc_6238_gives_the_published_codes() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert [totp.code_at(secret, at // 30) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]


def test_a_code_lives_for_thirty_seconds_by_a_clock_that_may_be_five_off() -> None:
    secret, step = totp.new_secret(), 58_000_000
    begins_s = step * totp.STEP_S
    code = totp.code_at(secret, step)
    taken = [at for at in range(-60, 90) if totp.find_step(secret, code, begins_s + at, None) == step]
    assert (taken[0], taken[-1]) == (-5, 34)
    assert totp.find_step(secret, code, begins_s + 10, step) is None


def test_cookies_are_host_bound_and_secure_off_this_machine(
    database_url: str, tmp_path: Path, clock: Clock, new_id: Callable[[], str], cast: Cast
) -> None:
    settings = make_settings(database_url, tmp_path / "other", host="0.0.0.0", https=True)
    with TestClient(create_app(settings, clock, new_id), base_url="https://testserver.local") as far:
        far.get("/sign-in", headers=PAGE)
        form = {"email": email_of(cast.priya), "password": PASSWORD, "_csrf_token": far.cookies["__Host-lantern-form"]}
        answer = far.post("/sign-in", data=form, follow_redirects=False)
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("__Host-lantern="))
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert "SameSite=lax" in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")


def test_whoever_does_not_exist_costs_as_much_to_refuse_and_nothing_beforehand() -> None:
    cost = PasswordCost(memory_kib=256, passes=2, lanes=3)
    passwords = Passwords(cost)
    assert extract_parameters(passwords._nobody) == extract_parameters(passwords.hash("three plain words"))
    with pytest.raises(VerifyMismatchError):  # computed and compared, as another is
        passwords._hasher.verify(passwords._nobody, "three plain words")
    assert not passwords.matches(None, "three plain words")


def test_passwords_cost_what_the_rule_says() -> None:
    assert Passwords(PasswordCost()).hash("x" * 20).startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_a_password_that_was_hashed_otherwise_is_hashed_anew_at_the_next_good_sign_in(
    services: Services, cast: Cast, clock: Clock, new_id: Callable[[], str], database: Database
) -> None:
    def kept() -> str:
        with database.reading() as session:
            found = sessions.find_credential(session, cast.priya.id)
        assert found is not None
        return found.password_hash

    def sign_in(password: str) -> str:
        attempt = Attempt(email=email_of(cast.priya), password=password, address="192.0.2.1")
        with acting(Kind.SIGN_IN):
            return services.signin.sign_in(attempt, clock(), new_id).worker.id

    earlier = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    with database.writing() as session:
        sessions.set_password_hash(session, cast.priya.id, earlier.hash(PASSWORD), clock())
    before = kept()
    with pytest.raises(Failure):
        sign_in("three other words")
    assert kept() == before
    assert sign_in(PASSWORD) == cast.priya.id
    assert kept() != before and not services.signin.passwords.is_outdated(kept())
    assert sign_in(PASSWORD) == cast.priya.id


@pytest.mark.parametrize(
    ("password", "is_usable"),
    [
        ("short", False),
        ("fourteen chars", False),
        ("three plain words", True),
        ("a" * 40, False),
        ("wörter üben täglich", True),
        ("passwordpassword", False),
        ("123456789012345", False),
        ("lantern demo evening", False),
        ("qwertyuiopasdfgh", False),
        ("Summer2026Summer2026", False),
        ("welcome to watford", False),
    ],
)
def test_length_counts_and_how_soon_it_is_guessed(password: str, is_usable: bool) -> None:
    assert (why_unusable(password) is None) is is_usable


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_host(client: TestClient[Any], cast: Cast, elsewhere: str) -> None:
    answer = post_sign_in(client, email_of(cast.priya), PASSWORD, next=elsewhere)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def give_second_factor(database: Database, services: Services, worker: Worker, now: datetime) -> str:
    secret = totp.new_secret()
    with database.writing() as session:
        sessions.set_second_factor(session, worker.id, services.signin.seeds.seal(worker.id, secret), now)
    return secret


def test_of_six_who_bring_one_code_at_once_one_is_let_in(
    services: Services, cast: Cast, database: Database, clock: Clock
) -> None:
    secret = give_second_factor(database, services, cast.priya, clock())
    code = totp.code_at(secret, int(clock().timestamp()) // totp.STEP_S)
    together = Barrier(6)

    def enter(number: int) -> bool:
        attempt = Attempt(email=email_of(cast.priya), password=PASSWORD, code=code, address=f"192.0.2.{number}")
        together.wait(60)
        try:
            services.signin.sign_in(attempt, clock(), services.new_id)
        except Failure:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(enter, range(6))) == 1
    with database.reading() as session:
        lines = [line for line in audit.list_lines(session) if line.action == "sign_in"]
    assert sorted(line.allowed for line in lines) == [False] * 5 + [True]
    assert {line.address for line in lines} == {f"192.0.2.{number}" for number in range(6)}


def test_a_seed_lies_sealed_in_the_database_and_opens_for_its_worker_alone(
    services: Services, cast: Cast, database: Database, clock: Clock
) -> None:
    secret = give_second_factor(database, services, cast.priya, clock())
    with database.reading() as session:
        kept = sessions.find_credential(session, cast.priya.id)
    assert kept is not None and kept.totp_secret is not None and secret not in kept.totp_secret
    assert services.signin.seeds.open(cast.priya.id, kept.totp_secret) == secret
    for seeds, worker_id in (
        (services.signin.seeds, cast.tom.id),
        (Seeds(b"another server's secret" * 2), cast.priya.id),
    ):
        with pytest.raises(DamagedSeed):
            seeds.open(worker_id, kept.totp_secret)


def test_a_new_secret_locks_nobody_out_of_their_second_factor(
    services: Services, settings: Settings, clock: Clock, new_id: Callable[[], str], cast: Cast, database: Database
) -> None:
    """From a secret in the database to one of the operator's, to another of theirs, and on without the first two."""
    seed = give_second_factor(database, services, cast.priya, clock())
    one, other = "one of more than thirty-two letters, made up", "another of more than thirty-two letters, made up"
    for secret, before, renewed in ((one, None, 1), (other, one, 1), (other, None, 0)):
        made = create_services(replace(settings, secret=secret, secret_before=before), clock, new_id)
        with acting(Kind.SIGN_IN):
            clock.advance(minutes=1)
            code = totp.code_at(seed, int(clock().timestamp()) // totp.STEP_S)
            attempt = Attempt(email=email_of(cast.priya), password=PASSWORD, code=code, address="192.0.2.1")
            assert made.signin.sign_in(attempt, clock(), new_id).worker.id == cast.priya.id
        with acting(Kind.JOB):
            assert made.signin.seal_seeds_anew() == renewed
        made.database.close()


def test_each_refused_try_and_each_sign_out_is_on_record_with_its_address(
    client: TestClient[Any], cast: Cast, database: Database
) -> None:
    for _ in range(6):
        post_sign_in(client, email_of(cast.helen), "not the password at all")
    post_sign_in(client, email_of(cast.priya), PASSWORD)
    assert client.get("/county", headers=PAGE).status_code == 403
    form = {"_csrf_token": client.cookies["lantern-form"]}
    client.post("/sign-out", data=form, headers=PAGE, follow_redirects=False)
    with database.reading() as session:
        lines = list(reversed(audit.list_lines(session)))
    told = [(line.action, line.allowed, line.reason) for line in lines if line.action != "see_person_list"]
    assert told.count(("sign_in", False, "wrong password or address")) == 5
    assert told.count(("sign_in", False, "too many tries")) == 1
    assert ("sign_in", True, "") in told
    assert ("manage_districts", False, "Your role does not include this.") in told
    assert told[-1] == ("sign_out", True, "")
    assert {line.address for line in lines} == {"testclient"}


def test_somebody_changes_their_own_password_and_is_signed_out_elsewhere(
    client: TestClient[Any], settings: Settings, clock: Clock, new_id: Callable[[], str], cast: Cast
) -> None:
    post_sign_in(client, email_of(cast.priya), PASSWORD)
    new = "gravel otter lamp tuesday"
    with TestClient(create_app(settings, clock, new_id)) as other:
        post_sign_in(other, email_of(cast.priya), PASSWORD)
        assert "End it" in client.get("/account", headers=PAGE).text
        for old, fresh, again, says in (
            ("wrong", new, new, "not your password"), (PASSWORD, new, "other", "not the same"),
            (PASSWORD, "priya shah watford", "priya shah watford", "somebody would try"),
        ):  # fmt: skip
            answer = post_form(client, "/account/password", old=old, new=fresh, again=again)
            assert answer.status_code == 422 and says in answer.text, answer.text
        assert post_form(client, "/account/password", old=PASSWORD, new=new, again=new).status_code == 303
        assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 200
        assert other.get("/cases", headers=PAGE, follow_redirects=False).status_code == 303
        assert post_sign_in(other, email_of(cast.priya), new).status_code == 303


def test_recovery_codes_let_in_once_each_and_only_their_hashes_are_kept(
    client: TestClient[Any], services: Services, cast: Cast, database: Database, clock: Clock
) -> None:
    post_sign_in(client, email_of(cast.priya), PASSWORD)
    assert post_form(client, "/account/recovery-codes", password=PASSWORD).status_code == 422
    give_second_factor(database, services, cast.priya, clock())
    page = post_form(client, "/account/recovery-codes", password=PASSWORD).text
    codes = re.findall(CODE, page)
    assert len(set(codes)) == 8
    with database.reading() as session:
        kept = session.scalars(text("select code_hash from recovery_code")).all()
    assert not {code.replace("-", "") for code in codes} & set(kept)
    assert post_sign_in(client, email_of(cast.priya), PASSWORD, code=codes[0].upper()).status_code == 303
    assert post_sign_in(client, email_of(cast.priya), PASSWORD, code=codes[0]).status_code == 401
    assert post_sign_in(client, email_of(cast.tom), PASSWORD, code=codes[1]).status_code == 303  # has no second factor


def test_recovery_codes_end_with_the_authenticator_that_they_stood_for(
    client: TestClient[Any], services: Services, cast: Cast, database: Database, clock: Clock
) -> None:
    """A bag is stolen, with the telephone and the sheet of codes in it."""
    give_second_factor(database, services, cast.priya, clock())
    with database.writing() as session:
        sessions.set_recovery_codes(session, cast.priya.id, [hash_token("a" * 16), hash_token("b" * 16)])
    assert post_sign_in(client, email_of(cast.priya), PASSWORD, code="a" * 16).status_code == 303
    give_second_factor(database, services, cast.priya, clock())
    assert post_sign_in(client, email_of(cast.priya), PASSWORD, code="b" * 16).status_code == 401


def test_sealing_anew_brings_no_seed_back_that_was_replaced_meanwhile(
    services: Services, cast: Cast, database: Database, clock: Clock
) -> None:
    give_second_factor(database, services, cast.priya, clock())
    with database.reading() as session:
        (lost,) = sessions.list_second_factors(session)
    seed = give_second_factor(database, services, cast.priya, clock())
    with database.writing() as session:
        assert not sessions.set_sealed_seed(session, cast.priya.id, lost.totp_secret or "", "sealed anew")
        (kept,) = sessions.list_second_factors(session)
    assert services.signin.seeds.open(cast.priya.id, kept.totp_secret or "") == seed


def test_a_browser_that_was_left_open_makes_and_shows_no_recovery_codes(
    client: TestClient[Any], services: Services, cast: Cast, database: Database, clock: Clock
) -> None:
    post_sign_in(client, email_of(cast.priya), PASSWORD)
    give_second_factor(database, services, cast.priya, clock())
    own = set(re.findall(CODE, post_form(client, "/account/recovery-codes", password=PASSWORD).text))
    assert not re.findall(CODE, client.get("/account", headers=PAGE).text)
    for typed in ("", "wrong", PASSWORD.upper()):
        answer = post_form(client, "/account/recovery-codes", password=typed)
        assert answer.status_code == 422 and "not your password" in answer.text
        assert not re.findall(CODE, answer.text)
    for _ in range(3):
        last = post_form(client, "/account/recovery-codes", password="wrong")
    assert "not your password" not in last.text, "five tries an hour"
    assert post_form(client, "/account/recovery-codes", password=PASSWORD).status_code == 422
    with database.reading() as session:
        lines = [
            (each.allowed, each.reason) for each in audit.list_lines(session) if each.action == "make_recovery_codes"
        ]
    assert sorted(lines) == [(False, "too many tries")] * 2 + [(False, "wrong password")] * 5 + [(True, "")]
    clock.advance(hours=2)
    assert post_sign_in(client, email_of(cast.priya), PASSWORD, code=own.pop()).status_code == 303


def test_somebody_ends_one_of_their_sessions_and_an_administrator_ends_all(
    client: TestClient[Any], settings: Settings, clock: Clock, new_id: Callable[[], str], cast: Cast
) -> None:
    post_sign_in(client, email_of(cast.priya), PASSWORD)
    with TestClient(create_app(settings, clock, new_id)) as other:
        post_sign_in(other, email_of(cast.priya), PASSWORD)
        (mark,) = re.findall(r'name="mark" value="([0-9a-f]+)"', client.get("/account", headers=PAGE).text)
        for typed in ("", "wrong"):
            refused = post_form(client, "/account/end-session", mark=mark, proof=typed)
            assert refused.status_code == 422 and "not your password" in refused.text
        assert other.get("/cases", headers=PAGE, follow_redirects=False).status_code == 200
        assert post_form(client, "/account/end-session", mark=mark, proof=PASSWORD).status_code == 303
        assert other.get("/cases", headers=PAGE, follow_redirects=False).status_code == 303
        post_sign_in(other, email_of(cast.olu), PASSWORD)
        assert post_form(client, f"/workers/{cast.olu.id}/end-sessions").status_code == 404
        assert post_form(other, f"/workers/{cast.priya.id}/end-sessions").status_code == 303
        assert post_form(other, "/workers/nobody/end-sessions").status_code == 404
        assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 303


def test_somebody_is_signed_in_on_as_many_machines_as_they_like_and_sees_each(
    client: TestClient[Any], cast: Cast
) -> None:
    for _ in range(4):
        client.cookies.clear()
        assert post_sign_in(client, email_of(cast.priya), PASSWORD).status_code == 303
    assert client.get("/account", headers=PAGE).text.count("Since ") == 4
    said = " ".join((ROOT / "docs" / "limits.md").read_text(encoding="utf-8").split())
    assert "A worker may be signed in in any number of browsers at once" in said


def post_form(client: TestClient[Any], path: str, **fields: str) -> Any:
    form = {**fields, "_csrf_token": client.cookies["lantern-form"]}
    return client.post(path, data=form, headers=PAGE, follow_redirects=False)


def test_outside_the_demo_a_second_factor_is_asked_of_everybody() -> None:
    assert read_settings({}).second_factor
    assert not read_settings({"LANTERN_SECOND_FACTOR": "off"}).second_factor


def test_an_enrolment_link_names_the_servers_own_address_whatever_the_host_header_says(
    client: TestClient[Any], cast: Cast
) -> None:
    post_sign_in(client, email_of(cast.tom), PASSWORD)
    form = {"carrier": f"{cast.team.id}/{cast.aisha.id}", "_csrf_token": client.cookies["lantern-form"]}
    headers = PAGE | {"host": "evil.example", "cookie": "; ".join(f"{k}={v}" for k, v in client.cookies.items())}
    answer = client.post("/devices/enrol", data=form, headers=headers)
    assert answer.status_code == 200 and "evil.example" not in answer.text
    assert "http://127.0.0.1:8000" in answer.text


def test_thirty_colleagues_of_one_office_all_get_in_and_a_guesser_among_them_does_not(
    client: TestClient[Any], cast: Cast
) -> None:
    for _ in range(40):
        assert post_sign_in(client, email_of(cast.priya), PASSWORD).status_code == 303
    told = [post_sign_in(client, f"somebody{n}@example.org", "a guess").status_code for n in range(31)]
    assert told[:30] == [401] * 30
    assert told[30] == 429
