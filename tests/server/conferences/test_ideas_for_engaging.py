"""Ideas for engaging on the pages of a meeting: the best way in words, and what was tried, as far as one may know."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update

from server.database.engine import Database
from server.tables.people.consent import consent
from server.tables.people.person import person
from server.tables.people.person_plan import engagement_try
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_room import meeting, person_at

__all__ = ["meeting"]


def test_a_meeting_hears_of_reaching_somebody_what_it_may(
    browser: Browser, enter: Enter, meeting: Any, watford: Database, now: Any, new_id: Any
) -> None:
    whom = person_at(enter, meeting, 1)
    with enter("priya") as access:
        own = access.actor.agency_id
    with enter("tom") as access:
        outreach = access.actor.agency_id
    tried = {"person_id": whom, "worker_id": "aisha", "at": now - timedelta(days=2), "words": ""}
    with watford.writing() as session:
        session.execute(update(person).where(person.c.id == whom).values(best_way="After dark, by the canal"))
        for agency, method, effect in ((own, "note", "no_answer"), (outreach, "for_the_dog", "talked")):
            row = tried | {"id": new_id(), "agency_id": agency, "method": method, "effect": effect}
            session.execute(insert(engagement_try), [row])
    browser.sign_in("priya")
    room, case = f"/conferences/{meeting.id}/room", browser.case(f"/conferences/{meeting.id}", 1)
    for page in (browser.get(room).text, browser.get(case).text):
        assert page.count("Ideas for engaging") == 1 and "After dark, by the canal" in page
        assert "Left a note: went well 0 of 1 time" in page and "for the dog" not in page
    agreed = {"id": new_id(), "person_id": whom, "what": "plan", "agency_id": None, "answer": "agreed", "basis": "consent",
              "way": "word", "at": now, "worker_id": "aisha", "words": ""}  # fmt: skip
    with watford.writing() as session:
        session.execute(insert(consent), [agreed])
    for page in (browser.get(room).text, browser.get(case).text):
        assert page.index("Brought something for the dog: went well 1 of 1 time") < page.index("Left a note")
    with watford.writing() as session:
        session.execute(insert(consent), [agreed | {"id": new_id(), "answer": "withdrawn"}])
    assert "for the dog" not in browser.get(room).text
