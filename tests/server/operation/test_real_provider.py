"""Signing in by a real provider: the package oidc-provider in a process of its own, its pages filled in as a browser does."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from litestar.testing import TestClient

from server.app import create_app, utc_now
from server.database.engine import Database
from server.queries.partnership import identities
from server.settings import OpenIdSettings
from tests.paths import ROOT
from tests.server.cast import Cast, make_settings
from tests.server.operation.lying_provider import CLIENT, SECRET

PAGE = {"accept": "text/html"}
HOME = "http://testserver.local"
SCRIPT = "tests/server/operation/provider.mjs"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    node = shutil.which("node") or shutil.which(str(ROOT / ".venv/bin/node"))
    if node is None or not (ROOT / "node_modules/oidc-provider").is_dir():
        pytest.skip("Node or the package oidc-provider is not here: `make assets` brings it")
    arguments = [node, SCRIPT, f"{HOME}/sign-in/organisation/callback", f"{HOME}/sign-in"]
    with subprocess.Popen(
        arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout is not None
        address = next(line.strip() for line in running.stdout if line.startswith("http://127.0.0.1:"))
        yield address
        running.kill()


@pytest.fixture
def client(
    database: Database, database_url: str, cast: Cast, tmp_path: Any, issuer: str, new_id: Callable[[], str]
) -> Iterator[TestClient[Any]]:
    named = OpenIdSettings(issuer=issuer, registered_as=CLIENT, secret=SECRET)
    settings = make_settings(database_url, tmp_path / "data", openid=named, public_url=HOME)
    with database.writing() as session:
        identities.link(session, issuer, "priya-at-work", cast.priya.id, utc_now())
    with TestClient(create_app(settings, utc_now, new_id), raise_server_exceptions=False) as opened:
        yield opened


def prove(address: str, login: str) -> str:
    """Fill in the provider's pages until it leads back to us; returns where to."""
    with httpx.Client(timeout=60) as browser:
        answer = browser.get(address)
        for _ in range(12):
            if answer.is_redirect:
                leads = urljoin(str(answer.url), answer.headers["location"])
                if leads.startswith(HOME):
                    return leads
                answer = browser.get(leads)
                continue
            form = re.search(r'action="([^"]+)" method="post"', answer.text)
            assert form is not None, answer.text
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
            if 'name="login"' in answer.text:
                fields |= {"login": login, "password": "whatever"}
            answer = browser.post(form[1].replace("&amp;", "&"), data=fields)
    raise AssertionError("the provider never led back")


def sign_in(client: TestClient[Any], login: str) -> Any:
    leads = client.get("/sign-in/organisation", headers=PAGE, follow_redirects=False).headers["location"]
    return client.get(prove(leads, login).removeprefix(HOME), headers=PAGE, follow_redirects=False)


def test_priya_signs_in_with_her_account(client: TestClient[Any]) -> None:
    assert sign_in(client, "priya-at-work").status_code == 303
    assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 200


def test_an_account_with_her_address_that_is_not_hers_signs_nobody_in(client: TestClient[Any]) -> None:
    assert sign_in(client, "somebody-else").status_code == 403
    assert client.get("/cases", headers=PAGE, follow_redirects=False).status_code == 303


def test_an_answer_that_was_brought_is_not_taken_again(client: TestClient[Any]) -> None:
    leads = client.get("/sign-in/organisation", headers=PAGE, follow_redirects=False).headers["location"]
    back = prove(leads, "priya-at-work").removeprefix(HOME)
    kept = client.cookies["lantern-away"]
    assert client.get(back, headers=PAGE, follow_redirects=False).status_code == 303
    client.cookies.clear()
    client.cookies.set("lantern-away", kept)
    assert client.get(back, headers=PAGE, follow_redirects=False).status_code == 401
