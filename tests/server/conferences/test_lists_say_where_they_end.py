"""A list that does not show everything says so, and where the rest is; what is owed to somebody whole is whole."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from server.actions.people import notes as acts
from server.actions.people.bundle import compose_bundle
from server.database.engine import Database
from server.queries.conferences.conferences import add_conference
from server.queries.people import notes
from server.queries.people.notes import PersonNote
from server.tables.cases.case import case_action, mdt_case
from server.tables.operation.audit import audit
from server.tables.people.offer import cold_nights
from shared.model.conference import CaseConference
from tests.server.conferences.conftest import Browser, Enter
from tests.web import county


@pytest.fixture
def database_kind() -> str:
    """How much of a list is shown is no question of the database."""
    return "sqlite"


def test_of_those_put_forward_every_one_is_reached_by_pages(browser: Browser, watford: Database, now: Any) -> None:
    with watford.writing() as session:
        for number in range(45):
            county.add(session, mdt_case, {
                "id": f"ours-{number}", "person_id": "p01", "district_id": county.WATFORD, "state": "declined",
                "told_as": f"Nia {number:02}", "put_forward_by": "ruth", "since": now - timedelta(days=100 + number),
            })  # fmt: skip
    pages = [browser.sign_in("ruth").get(f"/put-forward?page_number={number}").text for number in (1, 2, 3, 4, 0)]
    shown = [[number for number in range(45) if f"Nia {number:02}" in text] for text in pages]
    assert shown == [[*range(20)], [*range(20, 40)], [*range(40, 45)], [], [*range(20)]]
    assert all("45 of them" in text and 'aria-label="Pages of those put forward"' in text for text in pages)


def test_of_the_actions_done_the_newest_are_shown_and_the_rest_are_a_press_away(
    browser: Browser, watford: Database, now: Any
) -> None:
    with watford.writing() as session:
        for number in range(23):
            county.add(session, case_action, {
                "id": f"done-{number}", "case_id": "case-p01", "agency_id": "cgl", "text": f"Ring them {number:02}",
                "due_on": now.date(), "agreed_at": now - timedelta(days=9), "agreed_by": "priya", "mdt_number": 1,
                "done_at": now - timedelta(hours=number), "done_by": "ruth",
            })  # fmt: skip
    page = browser.sign_in("ruth").get("/actions").text
    assert 'href="/actions?every=true">3 more that are done' in page
    assert "Ring them 22" not in page
    every = browser.get("/actions?every=true").text
    assert "Ring them 22" in every
    assert "more that are done" not in every


def test_every_conference_that_was_held_is_listed(browser: Browser, watford: Database, now: Any) -> None:
    with watford.writing() as session:
        for number in range(60):
            held = CaseConference(
                id=f"held-{number}", district_id=county.WATFORD, starts_at=now - timedelta(days=14 * number + 1),
                finished_at=now,
            )  # fmt: skip
            add_conference(session, held)
    assert "/conferences/held-59/minutes" in browser.sign_in("priya").get("/conferences").text


def test_a_night_that_is_open_is_shown_however_many_were_opened_since(
    browser: Browser, watford: Database, now: Any
) -> None:
    with watford.writing() as session:
        for number in range(40):
            began = now - timedelta(days=40 - number)
            county.add(session, cold_nights, {
                "id": f"night-{number}", "district_id": county.WATFORD, "why": f"Forecast {number:02}", "beds": 3,
                "phones": "", "opened_at": began, "opened_by": "priya",
                "closed_at": began + timedelta(hours=9) if number else None,
            })  # fmt: skip
    page = browser.sign_in("priya").get("/cold-nights").text
    assert 'name="press" value="close"' in page
    assert "The newest 30." in page


def test_ones_own_notes_are_all_there_however_many_others_wrote_since(
    enter: Enter, watford: Database, now: Any
) -> None:
    with watford.writing() as session:
        for number in range(250):
            notes.add_note(session, PersonNote(
                id=f"note-{number}", person_id="joan", agency_id="beacon" if number else "cgl", worker_id="tom",
                at=now - timedelta(days=300 - number), text=f"Seen {number}",
            ))  # fmt: skip
    with enter("tom") as access:
        assert len(acts.read_notes(access, "joan")) == 250


def test_ones_own_copy_names_every_look(enter: Enter, watford: Database, now: Any) -> None:
    with watford.writing() as session:
        looks = [
            {"id": f"look-{number}", "at": now - timedelta(hours=number), "actor_id": "tom", "agency_id": "beacon",
             "action": "see_person", "subject_kind": "person", "subject_id": "joan", "allowed": True,
             "purpose": f"look {number}", "reason": ""}
            for number in range(600)
        ]  # fmt: skip
        session.execute(insert(audit), looks)
    with enter("priya") as access:
        made = compose_bundle(access, "joan")
    (each,) = [section for section in made.sections if section.name == "each_look"]
    assert {f"look {number}" for number in range(600)} <= {row["purpose"] for row in each.rows}
