"""Somebody leaves: signed out everywhere, phones revoked, what they still send held; by one press, or one command."""

from typing import Any

from server.database.engine import Database
from server.queries.operation import sessions
from server.queries.people import people
from server.queries.sync import store as sync
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
