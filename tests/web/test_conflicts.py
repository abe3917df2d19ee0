"""Aisha and Dean changed where Marek sleeps, each without seeing the other: Tom reads both and keeps one."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from server.database.engine import Database
from server.queries.people.people import find_person
from server.settings import Settings
from tests.conftest import Clock
from tests.web import county
from tests.web.test_pages import plain


@pytest.fixture
def disputed(filled: Database, app: Any, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> None:
    county.dispute_marek(settings, clock, new_id)


def test_tom_reads_both_sides_and_keeps_one(disputed: None, browse: Callable[[str], Any], filled: Database) -> None:
    browser = browse("tom")
    page = browser.get("/conflicts")
    said = plain(page.text)
    assert "Sleeps in the station stairwell Aisha N" in said
    assert "Sleeps in the bus shelter Dean R" in said
    after = browser.send("/conflicts", entity="marek", field="description", change="patch-aisha")
    assert "Nothing to settle" in plain(after.text)
    with filled.reading() as session:
        marek = find_person(session, "marek")
    assert marek is not None
    assert marek.description == "Sleeps in the station stairwell"


def test_what_is_settled_cannot_be_settled_again(disputed: None, browse: Callable[[str], Any]) -> None:
    browser = browse("tom")
    browser.get("/conflicts")
    browser.send("/conflicts", entity="marek", field="description", change="patch-dean")
    again = browser.send("/conflicts", entity="marek", field="description", change="patch-aisha")
    assert again.status_code == 409
    assert "settled this meanwhile" in again.text


def test_a_commissioner_sees_no_conflict(disputed: None, browse: Callable[[str], Any]) -> None:
    assert browse("helen").get("/conflicts").status_code == 403
    assert re.search("Marek", browse("helen").get("/who-can-see").text) is None
