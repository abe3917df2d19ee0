"""Somebody leaves: signed out everywhere, phones revoked, what they still send held; by one press, or one command."""

from typing import Any

import pytest

from server.database.engine import Database
from server.queries.operation import audit, sessions
from server.queries.people import people
from server.queries.sync import store as sync
from server.tables.partnership.worker import worker_role, worker_team
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
