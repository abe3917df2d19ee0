"""Aisha and Dean changed where Marek sleeps, each without seeing the other: Tom reads both and keeps one."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from server.database import Database
from server.queries import sync
from server.queries.people import find_person
from sync.authoring import NewChange, number
from sync.reading import decode_batch
from tests.web.test_pages import plain


def push(database: Database, project: Any, device: int, who: str, words: str, now_ms: int, first: int = 1) -> None:
    """A phone's patch, made without having seen anybody else's."""
    new = NewChange(id=f"patch-{who}", type="person.patched", scope="team:watford-outreach", entity="marek", who=who,
                    at_ms=now_ms, sets={"description": words})  # fmt: skip
    body = {"device": device, "now": now_ms, "unsent": 0, "app": "0.1.0"}
    change = number(new, device, first, now_ms << 16, {})
    with database.writing() as session:
        batch = decode_batch(msgspec.json.encode(body | {"events": [change]}))
        sync.push(session, device, batch, now_ms, project)


@pytest.fixture
def disputed(filled: Database, app: Any, settings: Any, clock: Any, new_id: Callable[[], str]) -> None:
    from server.app import create_services

    services = create_services(settings, clock, new_id)
    now_ms = int(clock.now.timestamp() * 1000)
    with services.database.writing() as session:
        for number_, label in ((11, "Aisha’s"), (12, "Dean’s")):
            sync.register_device(session, scopes=["team:watford-outreach"], label=label, now_ms=now_ms, number=number_)
    push(services.database, services.project, 11, "aisha", "Sleeps in the station stairwell", now_ms)
    push(services.database, services.project, 12, "dean", "Sleeps in the bus shelter", now_ms)
    services.database.close()


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
