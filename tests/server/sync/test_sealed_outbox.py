"""What a wiped phone still carries reaches the server, and nobody else can read it."""

import json
from typing import Any

from sqlalchemy import text

from mobile.opening.sealing import seal
from server.access import Door
from server.actions.operation.enrolment import stop_device
from server.database.engine import Database
from server.http.services import Services
from server.queries.street import contacts
from server.security.tokens import decode, encode
from shared.model.codes import DeviceStatus
from tests.server.cast import Cast
from tests.server.phone import Phone


def send_sealed(phone: Phone, *changes: dict[str, Any], sealed_to: bytes | None = None) -> Any:
    assert phone.enrolled is not None
    to = sealed_to or decode(phone.enrolled.sealing_key)
    boxes = [(change["n"], encode(seal(json.dumps(change).encode(), to))) for change in changes]
    body = json.dumps({"device": phone.number, "now": phone.now_ms, "boxes": boxes}).encode()
    return phone.post("/sync/v1/sealed", body, token="")


def test_fifty_contacts_that_the_phone_could_not_read_any_more_arrive(phone: Phone, database: Database) -> None:
    answer = send_sealed(phone, *(phone.contact() for _ in range(50)))
    assert answer.json() == {"acked": 50, "opened": 50, "kept": 0, "status": "ok"}
    with database.reading() as session:
        assert contacts.count_contacts(session) == 50


def test_after_a_revocation_they_wait_in_quarantine(
    phone: Phone, database: Database, services: Services, cast: Cast
) -> None:
    with Door(services.database, cast.tom, services.clock(), services.new_id).open() as access:
        stop_device(access, phone.number, DeviceStatus.REVOKED, services.ledger)
    answer = send_sealed(phone, phone.contact(), phone.contact())
    assert answer.json()["opened"] == 2
    with database.reading() as session:
        assert contacts.count_contacts(session) == 0
        held = session.execute(text("select count(*) from sync_change where reason is not null")).scalar_one()
    assert held == 2


def test_from_a_phone_wiped_at_once_the_boxes_are_kept_as_they_came(
    phone: Phone, database: Database, services: Services, cast: Cast
) -> None:
    with Door(services.database, cast.tom, services.clock(), services.new_id).open() as access:
        stop_device(access, phone.number, DeviceStatus.WIPE_NOW, services.ledger)
    change = phone.contact()
    assert send_sealed(phone, change).json() == {"acked": 0, "opened": 0, "kept": 1, "status": "wipe_now"}
    with database.reading() as session:
        assert session.execute(text("select verdict from sealed_outbox")).scalars().all() == ["wipe"]


def test_a_box_for_another_server_is_kept_for_a_supervisor(phone: Phone) -> None:
    answer = send_sealed(phone, phone.contact(), sealed_to=bytes(31) + b"\x09")
    assert answer.json() == {"acked": 0, "opened": 0, "kept": 1, "status": "ok"}


def test_boxes_of_somebody_elses_phone_are_refused(phone: Phone, clock: Any, new_id: Any) -> None:
    thief = Phone(phone.client, clock, new_id)
    thief.enrolled = phone.enrolled
    assert send_sealed(thief, thief.contact()).status_code == 401
