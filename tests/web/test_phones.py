"""The page of a phone: what it is called, the digits that differ, revoked and then wiped, and what it has answered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from server.database.engine import Database
from server.tables.operation.device import device_enrolment
from server.tables.sync.sync import change, device
from tests.web.test_pages import plain

Browse = Callable[[str], Any]
DEANS = 2


def stored(database: Database) -> Any:
    with database.reading() as session:
        query = select(device_enrolment.c.label, device.c.status).join(
            device, device.c.number == device_enrolment.c.number
        )
        return session.execute(query.where(device_enrolment.c.number == DEANS)).one()


def test_a_phone_is_called_what_its_lead_calls_it(filled: Database, browse: Browse) -> None:
    tom = browse("tom")
    page = tom.send(f"/devices/{DEANS}/name", label="  The old\u0000 Nokia,\n cracked ")
    assert "<h1" in page.text and "The old Nokia, cracked" in plain(page.text)
    assert "The old Nokia, cracked" in plain(tom.get("/devices").text)
    for wrong in ("", "   ", "x" * 201):
        answer = tom.send(f"/devices/{DEANS}/name", label=wrong)
        assert answer.status_code == 400 and f'value="{wrong}"' in answer.text, "it is there to be mended"
    assert stored(filled).label == "The old Nokia, cracked"


def test_nothing_is_typed_on_a_phones_page_beside_another_press(browse: Browse) -> None:
    """Without a script a press takes away what stands in the forms beside it: words are typed on pages of their own."""
    tom = browse("tom")
    page = tom.get(f"/devices/{DEANS}").text
    assert 'type="text"' not in page and "<textarea" not in page
    assert f'href="/devices/{DEANS}/name"' in page
    for path in ("name", "held"):
        own = tom.get(f"/devices/{DEANS}/{path}").text
        assert own.split("<h1")[1].count("<form") <= 1


def test_a_wipe_without_its_tick_is_shown_again_with_what_is_missing(filled: Database, browse: Browse) -> None:
    answer = browse("tom").send(f"/devices/{DEANS}/stop", order="wipe_now")
    assert answer.status_code == 400 and 'href="#sure"' in answer.text and 'id="sure-error"' in answer.text
    assert stored(filled).status == "ok"


@pytest.mark.parametrize(("who", "status"), [("aisha", 403), ("helen", 403), ("rowan", 404)])
def test_nobody_else_names_a_phone(filled: Database, browse: Browse, who: str, status: int) -> None:
    assert browse(who).send(f"/devices/{DEANS}/name", label="Mine").status_code == status
    assert stored(filled).label == "Dean’s phone"


def test_digits_that_differ_revoke_the_phone(filled: Database, browse: Browse) -> None:
    with filled.writing() as session:
        session.execute(update(device_enrolment).where(device_enrolment.c.number == DEANS).values(confirmed_at=None))
    tom = browse("tom")
    assert "four digits were not compared yet: it receives nothing" in plain(tom.get("/devices").text)
    page = plain(tom.get(f"/devices/{DEANS}").text)
    assert page.index("The four digits were the same") < page.index("They differ: revoke this phone")
    assert "Revoked: it receives nothing." in plain(tom.send(f"/devices/{DEANS}/differ").text)
    assert stored(filled).status == "revoked"


def test_a_revoked_phone_can_be_wiped_and_its_answer_is_shown(filled: Database, browse: Browse, now: datetime) -> None:
    tom = browse("tom")
    assert tom.send(f"/devices/{DEANS}/stop", order="revoked").status_code == 400, "the box is not ticked"
    tom.send(f"/devices/{DEANS}/stop", order="revoked", sure="yes")
    page = tom.get(f"/devices/{DEANS}")
    assert "It can still be wiped." in plain(page.text)
    assert 'value="revoked"' not in page.text
    tom.send(f"/devices/{DEANS}/stop", order="wipe_after_push", sure="yes")
    assert stored(filled).status == "wipe_after_push"
    page = tom.get(f"/devices/{DEANS}")
    assert 'value="wipe_now"' in page.text
    tom.send(f"/devices/{DEANS}/stop", order="wipe_now", sure="yes")
    assert "To be wiped now" in plain(tom.get(f"/devices/{DEANS}").text)
    with filled.writing() as session:
        answered = int((now + timedelta(minutes=5)).timestamp() * 1000)
        session.execute(update(device).where(device.c.number == DEANS).values(wiped_at_ms=answered))
    page = tom.get(f"/devices/{DEANS}")
    assert "To be wiped now" not in plain(page.text)
    assert "Wiped" in plain(page.text)
    assert 'value="wipe_now"' not in page.text


@pytest.mark.parametrize("wipe", ["wipe_after_push", "wipe_now"])
def test_a_wipe_is_taken_back_by_no_press_on_a_page_that_is_older(filled: Database, browse: Browse, wipe: str) -> None:
    """Two leads hear of the theft: one wipes, and the other's page still offers to revoke."""
    tom = browse("tom")
    tom.send(f"/devices/{DEANS}/stop", order=wipe, sure="yes")
    milder = ["revoked", "wipe_after_push"] if wipe == "wipe_now" else ["revoked"]
    for order in milder:
        answer = tom.send(f"/devices/{DEANS}/stop", order=order, sure="yes")
        assert answer.status_code == 409 and "told to wipe itself already" in plain(answer.text)
    assert tom.send(f"/devices/{DEANS}/differ").status_code == 409
    assert stored(filled).status == wipe
    assert tom.send(f"/devices/{DEANS}/stop", order=wipe, sure="yes").status_code == 200, "twice is once"


def test_a_phone_with_records_it_has_not_sent_is_not_all_well(browse: Browse) -> None:
    page = plain(browse("tom").get("/devices").text)
    assert "7 records not sent for more than a day: ask for the phone to be switched on" in page


@pytest.mark.parametrize(("status", "is_amiss"), [("wipe_now", True), ("wipe_after_push", True), ("revoked", False)])
def test_a_phone_told_to_wipe_itself_that_has_not_answered_is_not_all_well(
    filled: Database, browse: Browse, now: datetime, status: str, is_amiss: bool
) -> None:
    """What stands in red and what the first line says agree; one that is out of use is nobody's trouble."""
    long_ago = int((now - timedelta(days=4)).timestamp() * 1000)
    with filled.writing() as session:
        seen = int(now.timestamp() * 1000)
        session.execute(update(change).where(change.c.reason.is_not(None)).values(closed_by="tom"))
        session.execute(update(device).values(unsent=0, seen_at_ms=seen, skew_ms=0, app="1.0.0"))
        session.execute(update(device_enrolment).values(confirmed_at=now))
        session.execute(
            update(device).where(device.c.number == DEANS).values(status=status, seen_at_ms=long_ago, skew_ms=0)
        )
    page = plain(browse("tom").get("/devices").text)
    assert ("Not seen for more than three days" in page) is is_amiss
    assert ("1 needs a look" in page) is is_amiss
    assert ("all well" in page) is not is_amiss
    with filled.writing() as session:
        session.execute(update(device).where(device.c.number == DEANS).values(wiped_at_ms=long_ago))
    assert "all well" in plain(browse("tom").get("/devices").text), "it has answered"
