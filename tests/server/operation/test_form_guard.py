"""A form passes with the token of its own session alone, and from our own pages alone."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient

from shared.model.worker import Worker
from tests.server.cast import PASSWORD, Cast, email_of

PAGE = {"accept": "text/html"}
FORM_COOKIE = "lantern-form"
SignIn = Callable[[Worker], TestClient[Any]]


def post(client: TestClient[Any], path: str, token: str, headers: dict[str, str] | None = None, **fields: str) -> int:
    answer = client.post(
        path, data=fields | {"_csrf_token": token}, headers=PAGE | (headers or {}), follow_redirects=False
    )
    return answer.status_code


def token_of(client: TestClient[Any]) -> str:
    """What the page's own form holds, which is what the cookie holds."""
    shown = client.get("/sign-in", headers=PAGE).text
    token = shown.split('name="_csrf_token" value="')[1].split('"')[0]
    assert client.cookies[FORM_COOKIE] == token
    return token


def plant(client: TestClient[Any], token: str) -> None:
    client.cookies.delete(FORM_COOKIE)
    client.cookies.set(FORM_COOKIE, token, domain="testserver.local", path="/")


def test_a_planted_pair_of_cookie_and_token_does_not_pass(client: TestClient[Any], sign_in: SignIn, cast: Cast) -> None:
    attackers = token_of(client)
    sign_in(cast.priya)
    own = client.cookies[FORM_COOKIE]
    plant(client, attackers)
    assert post(client, "/account/end-session", attackers, mark="x") == 403
    plant(client, own)
    assert post(client, "/account/end-session", own, mark="x", proof=PASSWORD) == 303


def test_the_token_of_another_session_does_not_pass(client: TestClient[Any], sign_in: SignIn, cast: Cast) -> None:
    sign_in(cast.helen)
    helens = token_of(client)
    sign_in(cast.priya)
    plant(client, helens)
    assert post(client, "/account/end-session", helens, mark="x") == 403
    assert token_of(client) != helens, "a page gives the browser a token that fits again"
    assert post(client, "/account/end-session", client.cookies[FORM_COOKIE], mark="x", proof=PASSWORD) == 303


def test_nobody_can_make_a_token(client: TestClient[Any]) -> None:
    for forged in ("", ".", "a.b", "0" * 32 + "." + "A" * 43, token_of(client)[:-1]):
        plant(client, forged)
        assert post(client, "/sign-in", forged, email="x@example.org", password="x") == 403


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver.local"}, False),
        ({"origin": "null"}, True),
        ({"origin": "http://testserver.local"}, True),
        ({"origin": "http://evil.example"}, False),
    ],
)
def test_signed_out_a_form_passes_from_our_own_pages_alone(
    client: TestClient[Any], cast: Cast, headers: dict[str, str], passes: bool
) -> None:
    planted = token_of(client)
    status = post(client, "/sign-in", planted, headers, email=email_of(cast.priya), password=PASSWORD)
    assert status == (303 if passes else 403)


def test_after_signing_out_the_sign_in_form_works_at_once(client: TestClient[Any], sign_in: SignIn, cast: Cast) -> None:
    sign_in(cast.priya)
    assert post(client, "/sign-out", client.cookies[FORM_COOKIE]) == 303
    form: dict[str, Any] = {"email": email_of(cast.priya), "password": PASSWORD}
    assert post(client, "/sign-in", client.cookies[FORM_COOKIE], **form) == 303
