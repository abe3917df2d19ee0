"""Somebody leaves: signed out everywhere, phones revoked, what they still send held; by one press, or one command."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.database.engine import Database
from server.queries.operation import audit, sessions
from server.queries.people import people
from server.queries.street.duress_signs import DuressSign, set_sign
from server.queries.sync import store as sync
from server.tables.cases.case import saved_view
from server.tables.partnership.worker import worker_role, worker_team
from server.tables.people.own_page import own_link
from server.tables.people.person import person
from server.tables.referrals.desk import desk_filter
from server.tables.street.duress_sign import duress_sign
from shared.model.codes import DeviceStatus
from tests.server.cast import Cast
from tests.server.phone import Phone


def press(client: Any, worker_id: str, **fields: str) -> Any:
    form = {"_csrf_token": client.cookies["lantern-form"]} | fields
    return client.post(f"/workers/{worker_id}/leave", data=form, headers={"accept": "text/html"})


def test_one_press_ends_sessions_and_phones(
    phone: Phone, sign_in: Any, cast: Cast, database: Database, new_id: Any
) -> None:
    marek = new_id()
    phone.push(phone.patch("person.patched", marek, name="Marek"))
    sign_in(cast.aisha)
    client = sign_in(cast.olu)
    assert "I mean Aisha Noor" in client.get("/workers", headers={"accept": "text/html"}).text
    assert press(client, cast.aisha.id).status_code == 400
    assert press(client, cast.aisha.id, sure="yes").status_code == 200
    with database.reading() as session:
        assert sync.get_device_state(session, phone.number).status is DeviceStatus.REVOKED
    phone.push(phone.patch("person.patched", marek, name="By a dismissed worker"))
    assert phone.pull().json()["refused"] == "revoked"
    with database.reading() as session:
        found, held = people.find_person(session, marek), sync.list_quarantined(session, phone.number)
    assert found is not None
    assert (found.name, len(held)) == ("Marek", 1)


@pytest.mark.parametrize(("what", "why"), [("team", "walk"), ("role", "role")])
def test_whoever_walks_with_another_team_or_lost_the_role_hears_no_more_of_the_teams_people(
    what: str, why: str, phone: Phone, cast: Cast, database: Database, new_id: Any
) -> None:
    marek = new_id()
    phone.push(phone.patch("person.patched", marek, name="Marek"))
    assert "Marek" in phone.pull().text
    with database.writing() as session:
        if what == "team":
            theirs = worker_team.c.worker_id == cast.aisha.id
            session.execute(worker_team.update().where(theirs).values(team_id=cast.other_team.id))
        else:
            session.execute(worker_role.delete().where(worker_role.c.worker_id == cast.aisha.id))
    refused = phone.pull()
    assert (refused.status_code, refused.json()["refused"]) == (403, "agreement")
    assert why in refused.json()["detail"] and "Marek" not in refused.text
    with database.reading() as session:
        kept = [line for line in audit.list_lines(session) if not line.allowed and line.device_number == phone.number]
    assert [line.reason for line in kept] == [refused.json()["detail"]]
    if what == "team":
        assert phone.get("/sync/v1/own-alarm").status_code == 200, "who is out is searched for all the same"


def test_what_was_theirs_alone_goes_with_them(
    sign_in: Any, cast: Cast, database: Database, owners: Database, now: datetime, new_id: Any
) -> None:
    """A sign under duress, which nobody but its worker sees, filters and views; and no link they made opens any more."""
    marek, everybody = new_id(), (cast.aisha.id, cast.dean.id)
    with owners.writing() as session:
        session.execute(person.insert(), {"id": marek, "name": "Marek", "created_at": now, "changed_at": now})
        for who in everybody:
            set_sign(session, DuressSign(worker_id=who, minutes=90, chosen_at=now))
            session.execute(
                desk_filter.insert(), {"id": f"f-{who[-8:]}", "worker_id": who, "name": "Mine", "words": "tent"}
            )
            session.execute(saved_view.insert(), {"worker_id": who, "name": "Mine", "choice": "{}", "saved_at": now})
            session.execute(own_link.insert(), {
                "id": f"l-{who[-8:]}", "person_id": marek, "agency_id": cast.aisha.agency_id, "made_at": now, "made_by": who,
                "expires_at": now + timedelta(days=7), "pin_hash": "x",
            })  # fmt: skip
    client = sign_in(cast.olu)
    client.get("/workers", headers={"accept": "text/html"})
    assert press(client, cast.aisha.id, sure="yes").status_code == 200
    with owners.reading() as session:
        for table in (duress_sign, desk_filter, saved_view):
            assert session.scalars(select(table.c.worker_id)).all() == [cast.dean.id], table.name
        still = select(own_link.c.made_by).where(own_link.c.ended_at.is_(None))
        assert session.scalars(still).all() == [cast.dean.id]


def test_nobody_lets_themselves_go_and_only_administrators_let_go(sign_in: Any, cast: Cast, client: Any) -> None:
    assert press(sign_in(cast.olu), cast.olu.id, sure="yes").status_code == 409
    assert press(sign_in(cast.tom), cast.dean.id, sure="yes").status_code in {403, 404}


def test_a_session_of_whoever_left_is_over(sign_in: Any, cast: Cast, database: Database, services: Any) -> None:
    from server.actions.partnership.leaving import let_go

    client = sign_in(cast.tom)
    with database.writing() as session:
        let_go(session, cast.tom.id, services.clock(), services.new_id)
    assert client.get("/referrals", headers={"accept": "text/html"}, follow_redirects=False).status_code in {303, 401}
    with database.reading() as session:
        assert sessions.find_credential(session, cast.tom.id) is not None
