"""Signing in with an organisation's account: a provider that lies signs nobody in, and nobody is known by an address."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from litestar.testing import TestClient
from sqlalchemy import delete

from server.actions.operation.invitations import invite, path_of
from server.database.engine import Database
from server.http.services import Services
from server.queries.operation import audit, sessions
from server.queries.operation.audit import AuditLine
from server.queries.operation.sessions import SignInSession
from server.queries.partnership import identities, workers
from server.settings import OpenIdSettings, Settings, read_settings
from server.tables.partnership.worker import credential
from shared.model.worker import Worker
from tests.conftest import Clock
from tests.server.cast import Cast, make_settings
from tests.server.operation.lying_provider import (
    CLIENT,
    SECRET,
    SUBJECT,
    Provider,
    signed_with,
    signed_with_the_public_key,
    unsigned,
)
from tests.server.running import lend_app

pytestmark = pytest.mark.slow

PAGE = {"accept": "text/html"}
HOME = "http://testserver.local"
COOKIE = "lantern-session"
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    with Provider(lambda: clock.now) as opened:
        yield opened


@pytest.fixture
def settings(database_url: str, tmp_path: Any, provider: Provider) -> Settings:
    named = OpenIdSettings(issuer=provider.issuer, registered_as=CLIENT, secret=SECRET, name="a Watford account")
    return make_settings(database_url, tmp_path / "data", openid=named, public_url=HOME)


@pytest.fixture
def linked(database: Database, cast: Cast, provider: Provider, clock: Clock) -> Worker:
    with database.writing() as session:
        identities.link(session, provider.issuer, SUBJECT, cast.priya.id, clock.now)
    return cast.priya


def begin(client: TestClient[Any], path: str = "/sign-in/organisation") -> str:
    answer = client.get(path, headers=PAGE, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def come_back(client: TestClient[Any], brought: dict[str, str]) -> Any:
    return client.get("/sign-in/organisation/callback", params=brought, headers=PAGE, follow_redirects=False)


def sign_in(client: TestClient[Any], provider: Provider) -> Any:
    return come_back(client, provider.authorize(begin(client)))


def is_in(client: TestClient[Any]) -> bool:
    return bool(client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 200)


def reasons(database: Database) -> list[str]:
    with database.reading() as session:
        return [line.reason for line in audit.list_lines(session) if line.action == "sign_in_organisation"]


def test_somebody_signs_in_where_they_meant_to_go_and_it_is_on_record(
    client: TestClient[Any], provider: Provider, linked: Worker, database: Database
) -> None:
    assert "Sign in with a Watford account" in client.get("/sign-in", headers=PAGE).text
    answer = come_back(client, provider.authorize(begin(client, "/sign-in/organisation?next=/cases")))
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    assert is_in(client)
    assert reasons(database) == [""]
    asked = [path for path in provider.asked if path != "/jwks_uri"]
    assert asked == ["/.well-known/openid-configuration", "/token_endpoint"]


def test_where_to_go_afterwards_is_one_of_our_own_pages(
    client: TestClient[Any], provider: Provider, linked: Worker
) -> None:
    answer = come_back(client, provider.authorize(begin(client, "/sign-in/organisation?next=//evil.example")))
    assert answer.headers["location"].startswith("/")
    assert "evil" not in answer.headers["location"]


def later(seconds: int) -> Callable[[Provider], int]:
    return lambda provider: int(provider.now().timestamp()) + seconds


LIES: dict[str, Callable[[Provider], None]] = {
    "wrong signature": lambda provider: setattr(provider, "sign", signed_with(OTHER_KEY)),
    "no signature": lambda provider: setattr(provider, "sign", unsigned),
    "the public key as a secret": lambda provider: setattr(provider, "sign", signed_with_the_public_key(provider.key)),
    "wrong issuer": lambda provider: provider.claims.update(iss="https://login.evil.example"),
    "wrong audience": lambda provider: provider.claims.update(aud="another application"),
    "expired": lambda provider: provider.claims.update(exp=later(-60)(provider)),
    "not yet valid": lambda provider: provider.claims.update(nbf=later(61)(provider)),
    "wrong nonce": lambda provider: provider.claims.update(nonce="of another sign-in"),
    "swapped subject": lambda provider: provider.claims.update(
        sub="somebody-else", email="priya@example.org", email_verified=True, preferred_username="priya@example.org"
    ),
    "key not in the set": lambda provider: setattr(provider, "sign", signed_with(RSAKey.generate_key(2048), kid="two")),
    "no nonce": lambda provider: provider.claims.update(nonce=None),
    "no subject": lambda provider: provider.claims.update(sub=""),
    "of next week": lambda provider: provider.claims.update(iat=later(61)(provider)),
    "of last week": lambda provider: provider.claims.update(iat=later(-661)(provider)),
    "for another, and ours as its presenter": lambda provider: provider.claims.update(aud="another", azp=CLIENT),
    "for several, and ours as its presenter": lambda provider: provider.claims.update(aud=["another"], azp=CLIENT),
    "for ours, with another as its presenter": lambda provider: provider.claims.update(azp="another"),
    "for several, ours among them": lambda provider: provider.claims.update(aud=[CLIENT, "evil"], azp="evil"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_provider_that_lies_signs_nobody_in(
    client: TestClient[Any], provider: Provider, linked: Worker, database: Database, lie: str
) -> None:
    LIES[lie](provider)
    answer = sign_in(client, provider)
    assert answer.status_code == (403 if lie == "swapped subject" else 401), answer.text
    assert not is_in(client)
    assert reasons(database)[0], "each refused try is on record"
    provider.claims, provider.sign = {}, None
    assert sign_in(client, provider).status_code == 303, "the same provider, telling the truth"


def count_unproven(database: Database, worker: Worker, clock: Clock) -> int:
    with database.reading() as session:
        return audit.count_opened_since_proof(session, worker.id, clock.now - timedelta(hours=1))


def open_some(database: Database, worker: Worker, clock: Clock) -> None:
    looks = [
        AuditLine(
            id=f"look-{n}", at=clock.now, actor_id=worker.id, action="see_person", subject_kind="person", subject_id=f"p{n}"
        )
        for n in range(3)
    ]  # fmt: skip
    with database.writing() as session:
        audit.add_lines(session, looks)


def test_whoever_is_asked_to_prove_themselves_does_so_at_their_organisation_too(
    client: TestClient[Any], provider: Provider, linked: Worker, database: Database, clock: Clock
) -> None:
    """An account that is open in the browser is no proof: whoever sits there signs in by it with one press."""
    open_some(database, linked, clock)
    clock.advance(seconds=5)
    assert sign_in(client, provider).status_code == 303
    assert count_unproven(database, linked, clock) == 3
    shown = client.get("/sign-in?next=/cases%3Fshow%3Dlisted&done=prove_again", headers=PAGE).text
    (leads,) = re.findall(r'href="(/sign-in/organisation[^"]*)"', shown)
    address = begin(client, html.unescape(leads))
    assert "prompt=login" in address and "max_age=0" in address
    provider.claims = {"auth_time": later(0)(provider)}
    answer = come_back(client, provider.authorize(address))
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?show=listed")
    clock.advance(seconds=5)
    assert count_unproven(database, linked, clock) == 0
    assert "prompt" not in begin(client), "who signs in in the morning is asked what their organisation asks"


@pytest.mark.parametrize("auth_time", [None, -3600, -61, True, "now", [1]])
def test_a_provider_that_does_not_say_so_has_proved_nobody_anew(
    auth_time: Any, client: TestClient[Any], provider: Provider, linked: Worker, database: Database, clock: Clock
) -> None:
    """Whoever sits at the browser may have taken the wish out of the address."""
    open_some(database, linked, clock)
    clock.advance(seconds=5)
    is_number = isinstance(auth_time, int) and not isinstance(auth_time, bool)
    provider.claims = {"auth_time": later(auth_time)(provider) if is_number else auth_time}
    address = begin(client, "/sign-in/organisation?again=yes").replace("prompt=login", "prompt=none")
    assert come_back(client, provider.authorize(address)).status_code == 401
    assert count_unproven(database, linked, clock) == 3
    assert reasons(database)[0]


@pytest.mark.parametrize(
    ("claims", "ends"), [({"exp": -59}, 303), ({"nbf": 60}, 303), ({"iat": 60}, 303), ({"iat": -600}, 303)]
)
def test_clocks_may_be_a_minute_apart(
    client: TestClient[Any], provider: Provider, linked: Worker, claims: dict[str, int], ends: int
) -> None:
    provider.claims.update({name: later(seconds)(provider) for name, seconds in claims.items()})
    assert sign_in(client, provider).status_code == ends


def test_an_answer_is_taken_once(client: TestClient[Any], provider: Provider, linked: Worker) -> None:
    address = begin(client)
    kept = client.cookies["lantern-away"]
    brought = provider.authorize(address)
    assert come_back(client, brought).status_code == 303
    client.cookies.clear()
    client.cookies.set("lantern-away", kept)
    assert come_back(client, brought).status_code == 401, "whoever saw it in a history, with the cookie too"
    begin(client)
    state = {**provider.authorize(begin(client)), "code": brought["code"]}
    assert come_back(client, state).status_code == 401, "the code under another state"
    assert not is_in(client)


def test_an_answer_fits_the_browser_that_went_there(
    client: TestClient[Any], provider: Provider, linked: Worker
) -> None:
    brought = provider.authorize(begin(client))
    begin(client)
    assert come_back(client, brought).status_code == 401, "the state of another sign-in"
    client.cookies.clear()
    assert come_back(client, provider.authorize(brought_address(provider))).status_code == 401, "no cookie at all"
    client.cookies.set("lantern-away", "AAAA" * 30)
    assert come_back(client, provider.authorize(brought_address(provider))).status_code == 401, (
        "a cookie of one's own making"
    )


def brought_address(provider: Provider) -> str:
    """A sign-in that an attacker began elsewhere."""
    asked = {"state": "s", "nonce": "n", "code_challenge": "c", "redirect_uri": f"{HOME}/sign-in/organisation/callback"}
    return f"{provider.issuer}/authorization_endpoint?" + "&".join(f"{name}={value}" for name, value in asked.items())


def test_whoever_stays_away_too_long_begins_again(
    client: TestClient[Any], provider: Provider, linked: Worker, clock: Clock
) -> None:
    brought = provider.authorize(begin(client))
    clock.advance(minutes=11)
    assert come_back(client, brought).status_code == 401


def test_the_answer_of_another_provider_is_refused(client: TestClient[Any], provider: Provider, linked: Worker) -> None:
    provider.metadata["authorization_response_iss_parameter_supported"] = True
    brought = provider.authorize(begin(client))
    assert come_back(client, brought | {"iss": "https://login.evil.example"}).status_code == 401
    assert come_back(client, provider.authorize(begin(client))).status_code == 401, (
        "it says it names itself, and does not"
    )
    named = provider.authorize(begin(client)) | {"iss": provider.issuer}
    assert come_back(client, named).status_code == 303


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://login.evil.example"},
        {"token_endpoint": "http://login.evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_whose_description_is_wrong_is_not_used(
    client: TestClient[Any], provider: Provider, said: dict[str, Any]
) -> None:
    provider.metadata.update(said)
    answer = client.get("/sign-in/organisation", headers=PAGE, follow_redirects=False)
    assert answer.status_code == 503
    assert "evil" not in answer.text


def test_a_provider_that_is_away_or_says_too_much_is_told_as_such(
    client: TestClient[Any], provider: Provider, linked: Worker
) -> None:
    address = begin(client)
    provider.padding = 300_000
    assert come_back(client, provider.authorize(address)).status_code == 503
    assert not is_in(client)


def test_a_new_key_of_the_provider_is_found_and_none_is_asked_for_without_end(
    client: TestClient[Any], provider: Provider, linked: Worker, clock: Clock
) -> None:
    assert sign_in(client, provider).status_code == 303
    new = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    provider.published, provider.sign = [new], signed_with(new, kid="two")
    clock.advance(seconds=40)
    assert sign_in(client, provider).status_code == 303
    provider.sign = signed_with(OTHER_KEY, kid="three")
    before = provider.asked.count("/jwks_uri")
    for _ in range(3):
        assert sign_in(client, provider).status_code == 401
    assert provider.asked.count("/jwks_uri") == before


def test_who_is_deactivated_or_untied_comes_in_no_more(
    client: TestClient[Any], provider: Provider, linked: Worker, database: Database
) -> None:
    assert sign_in(client, provider).status_code == 303
    with database.writing() as session:
        workers.set_active(session, linked.id, False)
    kept = client.cookies[COOKIE]
    assert not is_in(client)
    assert sign_in(client, provider).status_code == 403
    with database.writing() as session:
        workers.set_active(session, linked.id, True)
    assert client.cookies[COOKIE] == kept
    assert not is_in(client), "the session of before stays ended for whoever is let in again"
    with database.writing() as session:
        assert identities.unlink(session, provider.issuer, linked.id)
    assert sign_in(client, provider).status_code == 403


def make_link(services: Services, worker: Worker) -> str:
    with services.database.writing() as session:
        made = invite(session, worker, None, services.clock(), services.new_id)
    return path_of(made.id, services.keys.secret)


def test_an_invitation_ties_an_account_once(
    client: TestClient[Any], provider: Provider, services: Services, cast: Cast
) -> None:
    link = make_link(services, cast.priya)
    assert "Use a Watford account" in client.get(link, headers=PAGE).text
    brought = provider.authorize(begin(client, f"{link}/organisation"))
    assert come_back(client, brought).status_code == 303
    assert is_in(client)
    assert client.get(link, headers=PAGE).status_code == 404, "the link is used"
    client.cookies.clear()
    assert sign_in(client, provider).status_code == 303, "and the account is theirs"


def test_nobody_takes_an_account_that_is_somebody_elses(
    client: TestClient[Any], provider: Provider, services: Services, cast: Cast, linked: Worker
) -> None:
    link = make_link(services, cast.tom)
    answer = come_back(client, provider.authorize(begin(client, f"{link}/organisation")))
    assert answer.status_code == 403
    assert "another worker" in answer.text
    assert client.get(link, headers=PAGE).status_code == 200, "the link is good still"
    with services.database.reading() as session:
        assert identities.find_worker_id(session, provider.issuer, SUBJECT) == linked.id


def test_a_link_that_is_none_leads_nowhere(client: TestClient[Any], provider: Provider) -> None:
    answer = client.get("/invitations/none.none/organisation", headers=PAGE, follow_redirects=False)
    assert answer.status_code == 404
    assert not provider.asked


def test_signing_out_offers_to_sign_out_of_the_account_too(
    client: TestClient[Any], provider: Provider, linked: Worker
) -> None:
    provider.metadata["end_session_endpoint"] = f"{provider.issuer}/end"
    assert sign_in(client, provider).status_code == 303
    form = {"_csrf_token": client.cookies["lantern-form"]}
    assert "/sign-out/organisation" in client.post("/sign-out", data=form, headers=PAGE).text
    assert not is_in(client)
    leads = client.get("/sign-out/organisation", headers=PAGE, follow_redirects=False).headers["location"]
    assert leads.startswith(f"{provider.issuer}/end?client_id={CLIENT}")


def test_without_it_there_is_no_such_page(
    database_url: str, tmp_path: Any, clock: Clock, new_id: Callable[[], str], cast: Cast
) -> None:
    plain = make_settings(database_url, tmp_path / "plain")
    with lend_app(plain, clock, new_id) as app, TestClient(app, raise_server_exceptions=False) as client:
        for path in (
            "/sign-in/organisation",
            "/sign-in/organisation/callback?code=x&state=y",
            "/sign-out/organisation",
        ):
            assert client.get(path, headers=PAGE, follow_redirects=False).status_code == 404
        assert "organisation" not in client.get("/sign-in", headers=PAGE).text.split("Cannot sign in?")[0]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"LANTERN_OIDC_ISSUER": "http://login.example"}, "LANTERN_OIDC_ISSUER"),
        ({"LANTERN_OIDC_ISSUER": "https://login.example"}, "LANTERN_OIDC_CLIENT_ID"),
        ({"LANTERN_OIDC_ISSUER": "https://login.example", "LANTERN_OIDC_CLIENT_ID": "x"}, "LANTERN_PUBLIC_URL"),
        (
            {
                "LANTERN_OIDC_ISSUER": "https://login.example",
                "LANTERN_OIDC_CLIENT_ID": "x",
                "LANTERN_PUBLIC_URL": "https://lantern.example",
                "LANTERN_OIDC_CLIENT_SECRET_FILE": "/nowhere/at/all",
            },
            "LANTERN_OIDC_CLIENT_SECRET_FILE",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(given: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}"):
        read_settings(given)


def test_the_secret_is_in_no_text_that_a_fault_could_show() -> None:
    assert SECRET not in repr(OpenIdSettings(issuer="https://login.example", registered_as=CLIENT, secret=SECRET))


def test_who_has_no_password_ends_a_session_only_just_after_signing_in(
    client: TestClient[Any], provider: Provider, linked: Worker, database: Database, clock: Clock
) -> None:
    with database.writing() as session:
        session.execute(delete(credential).where(credential.c.worker_id == linked.id))
        here = SignInSession(token_hash="f" * 64, worker_id=linked.id, created_at=clock.now, last_seen_at=clock.now)
        sessions.add_session(session, here)
    sign_in(client, provider)
    clock.advance(minutes=11)
    page = client.get("/account", headers=PAGE).text
    assert "Your password, to end another" not in page
    form = {"mark": "f" * 12, "_csrf_token": client.cookies["lantern-form"]}
    refused = client.post("/account/end-session", data=form, headers=PAGE, follow_redirects=False)
    assert refused.status_code == 422 and "sign in again with your organisation" in refused.text
    (again,) = re.findall(r'href="(/sign-in/organisation[^"]*)"', refused.text)
    sign_in(client, provider)
    form = {"mark": "f" * 12, "_csrf_token": client.cookies["lantern-form"]}
    still = client.post("/account/end-session", data=form, headers=PAGE, follow_redirects=False)
    assert still.status_code == 422, "whoever sits there came in by an account that was open in the browser"
    provider.claims = {"auth_time": later(0)(provider)}
    assert come_back(client, provider.authorize(begin(client, html.unescape(again)))).headers["location"] == "/account"
    form = {"mark": "f" * 12, "_csrf_token": client.cookies["lantern-form"]}
    assert client.post("/account/end-session", data=form, headers=PAGE, follow_redirects=False).status_code == 303
    with database.reading() as session:
        assert len(sessions.list_sessions_of(session, linked.id)) == 1
