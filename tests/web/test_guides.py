"""Help is on every page, and no link or picture in it leads nowhere."""

import re
import tomllib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import pytest

from server.web.layout.guides import GUIDES, read_guide
from tests.paths import ROOT

Browse = Callable[[str], Any]
ADDRESS = re.compile(r'(?:href|src)="(/help[^"]*)"')


def test_a_page_leads_to_help_and_help_to_the_readers_own_guide_first(browse: Browse) -> None:
    browser = browse("priya")

    assert 'href="/help"' in browser.get("/cases").text
    listed = re.findall(r'href="/help/([a-z-]+)"', browser.get("/help").text)
    assert listed[0] == "coordinator"
    assert sorted(listed) == sorted(GUIDES)


def test_nothing_in_a_guide_leads_nowhere(browse: Browse) -> None:
    browser = browse("priya")
    pages = {f"/help/{name}": browser.get(f"/help/{name}") for name in GUIDES}
    addresses = {address for answer in pages.values() for address in ADDRESS.findall(answer.text)}

    assert {path: answer.status_code for path, answer in pages.items() if answer.status_code != 200} == {}
    assert any(address.startswith("/help/pictures/") for address in addresses)
    assert {address for address in addresses if browser.get(address).status_code != 200} == set()
    assert not any(
        ".md" in address for answer in pages.values() for address in re.findall('href="([^"]*)"', answer.text)
    )


@pytest.mark.parametrize(
    "path",
    ["/help/operate", "/help/..%2fsecurity", "/help/pictures/phone-map-day.png", "/help/pictures/..%2f..%2fREADME.md"],
)
def test_what_is_no_guide_is_not_served(browse: Browse, path: str) -> None:
    assert browse("priya").get(path).status_code == 404


def test_a_guide_wants_somebody_signed_in(client: Any) -> None:
    answer = client.get("/help/worker", headers={"accept": "text/html"}, follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_an_installed_server_has_every_guide_and_picture() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    taken = {PurePosixPath(each) for each in wheel["force-include"]}
    needed = {PurePosixPath("docs") / path for path in GUIDES.values()}
    needed |= {PurePosixPath("docs/screenshots") / each for name in GUIDES for each in read_guide(name).pictures}

    assert {each for each in needed if each not in taken and each.parent not in taken} == set()
