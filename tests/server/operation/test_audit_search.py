"""Whoever answers for privacy finds what was done to one record, and what one worker did; searching is on record, too."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.database.engine import Database
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from tests.conftest import Clock
from tests.server.cast import Cast
from tests.server.phone import Phone

HTML = {"accept": "text/html"}


def search(client: Any, **fields: str) -> Any:
    form = {**fields, "_csrf_token": client.cookies["lantern-form"]}
    return client.post("/audit", data=form, headers=HTML)


def test_a_record_and_a_worker_are_found_and_the_search_is_on_record(
    sign_in: Any, cast: Cast, phone: Phone, database: Database, new_id: Callable[[], str]
) -> None:
    marek = new_id()
    here = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    phone.push(phone.contact(person_ids=[marek], position=here), phone.patch("person.patched", marek, name="Marek"))
    assert sign_in(cast.priya).get(f"/people/{marek}", headers=HTML).status_code == 200
    client = sign_in(cast.olu)
    found = search(client, record=marek).text
    assert "Priya Shah" in found and "see person" in found and "testclient" in found
    assert "Marek" not in found
    assert "see person" not in search(client, record=marek, by=cast.carol.id).text
    assert "sign in" in search(client, by=cast.priya.id).text
    assert search(client).status_code == 422
    with database.reading() as session:
        lines = [line for line in audit.list_lines(session) if line.purpose == "search the audit"]
    assert f"record {marek}, by anybody" in {line.detail for line in lines}


def test_nobody_else_searches_it(sign_in: Any, cast: Cast) -> None:
    for who in (cast.priya, cast.tom, cast.helen):
        client = sign_in(who)
        assert client.get("/audit", headers=HTML).status_code == 403
        assert search(client, by=cast.olu.id).status_code == 403


@pytest.mark.parametrize(
    "action", ["see_person", "see_own_record", "see_notes", "edit_person", "see_health", "taken_out"]
)
def test_whoever_opened_more_than_a_hundred_people_in_an_hour_is_named(
    action: str, sign_in: Any, cast: Cast, database: Database, now: datetime
) -> None:
    with database.writing() as session:
        audit.add_lines(
            session,
            [
                AuditLine(
                    id=f"look-{number}", at=now - timedelta(minutes=30, seconds=number), actor_id=cast.dean.id,
                    action=action, subject_kind="person", subject_id=f"p{number}",
                )
                for number in range(101)
            ],
        )  # fmt: skip
    told = sign_in(cast.olu).get("/audit", headers=HTML).text
    assert "101 people" in told and "Dean Hall" in told


def test_whoever_was_refused_a_hundred_times_has_opened_nobody(
    sign_in: Any, cast: Cast, database: Database, now: datetime
) -> None:
    with database.writing() as session:
        audit.add_lines(
            session,
            [
                AuditLine(
                    id=f"tried-{number}", at=now - timedelta(minutes=30), actor_id=cast.dean.id, action="see_person",
                    subject_kind="person", subject_id=f"p{number}", allowed=False,
                )
                for number in range(101)
            ],
        )  # fmt: skip
        assert audit.list_opened_records(session, now - timedelta(hours=1)) == []
    assert "101 people" not in sign_in(cast.olu).get("/audit", headers=HTML).text


@pytest.mark.parametrize(("people", "opens"), [(299, True), (300, False)])
def test_whoever_opened_three_hundred_people_in_an_hour_signs_in_again_before_the_next(
    sign_in: Any, cast: Cast, phone: Phone, database: Database, clock: Clock, new_id: Callable[[], str], people: int, opens: bool
) -> None:  # fmt: skip
    marek = new_id()
    here = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    phone.push(phone.contact(person_ids=[marek], position=here), phone.patch("person.patched", marek, name="Marek"))
    client = sign_in(cast.priya)
    clock.advance(minutes=5)
    with database.writing() as session:
        looks = [
            AuditLine(
                id=f"look-{number}", at=clock.now, actor_id=cast.priya.id, action="see_person", subject_kind="person",
                subject_id=f"p{number % people}",
            )
            for number in range(people + 20)
        ]  # fmt: skip
        looks += [
            AuditLine(
                id=f"tried-{number}", at=clock.now, actor_id=cast.priya.id, action="see_person", subject_kind="person",
                subject_id=f"q{number}", allowed=False,
            )
            for number in range(9)
        ]  # fmt: skip
        audit.add_lines(session, looks)
    clock.advance(minutes=5)
    answer = client.get(f"/people/{marek}", headers=HTML, follow_redirects=False)
    assert answer.status_code == (200 if opens else 303)
    if opens:
        return
    assert answer.headers["location"] == f"/sign-in?next=/people/{marek}&done=prove_again"
    with database.reading() as session:
        line = audit.list_lines(session, subject_id=marek)[0]
    assert (line.action, line.allowed) == ("see_person", False) and "300 people" in line.reason
    sign_in(cast.priya)
    clock.advance(seconds=5)
    assert client.get(f"/people/{marek}", headers=HTML).status_code == 200


PARTS = (
    "", "/assessment", "/assessment-paper", "/case", "/consent", "/documents", "/equality", "/facts", "/health", "/hidden",
    "/looks", "/notes", "/offers", "/own-copy", "/own-link", "/own-record", "/plan", "/plan-paper", "/stays", "/verification",
    "/wellbeing", "/wellbeing-paper",
)  # fmt: skip
"""Every page under somebody's record that is asked for by its address. Not who came to a service: whoever notes that does so of
more than a hundred in an hour, and sees a name and what they noted."""


@pytest.mark.parametrize("by", ["tom", "priya"])
def test_no_page_of_somebodys_record_goes_on_after_three_hundred(
    by: str, sign_in: Any, cast: Cast, phone: Phone, database: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    """Whichever part of it is opened, and by whichever parts the three hundred were."""
    marek, who = new_id(), getattr(cast, by)
    here = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    phone.push(phone.contact(person_ids=[marek], position=here), phone.patch("person.patched", marek, name="Marek"))
    client = sign_in(who)
    clock.advance(minutes=5)

    def ask() -> dict[str, Any]:
        return {each: client.get(f"/people/{marek}{each}", headers=HTML, follow_redirects=False) for each in PARTS}

    there = {each for each, answer in ask().items() if answer.status_code == 200}
    assert len(there) > 8
    clock.advance(minutes=5)
    with database.writing() as session:
        looks = [
            AuditLine(
                id=f"look-{number}", at=clock.now, actor_id=who.id, action="see_own_record", subject_kind="person",
                subject_id=f"p{number}",
            )
            for number in range(300)
        ]  # fmt: skip
        audit.add_lines(session, looks)
    clock.advance(minutes=1)
    shown = {each for each, answer in ask().items() if each in there and answer.status_code != 303}
    assert shown == set()
