"""A phone that took a new number is one phone still: whoever stops it under either stops it whole. Its old number would else
go on being believed, and whoever presses the wrong one of two rows would stop nothing."""

import pytest

from server.access import Door
from server.actions.operation.enrolment import stop_device
from server.database.engine import Database
from server.http.services import Services
from server.queries.street import contacts
from server.queries.sync import store as sync
from shared.model.codes import DeviceStatus
from tests.server.cast import Cast
from tests.server.phone import Phone
from tests.server.sync.test_sealed_outbox import send_sealed


@pytest.mark.parametrize("is_pressed_on_the_old", [True, False])
def test_it_is_stopped_under_every_number(
    phone: Phone, database: Database, services: Services, cast: Cast, is_pressed_on_the_old: bool
) -> None:
    old = phone.number
    assert phone.push(phone.contact()).status_code == 200
    middle = phone.post("/sync/v1/renew", b"{}").json()["device"]
    new = phone.post("/sync/v1/renew", b"{}").json()["device"]
    with database.writing() as session:
        other = sync.register_device(session, scopes=[], label="Dean's phone", now_ms=phone.now_ms)
    with Door(services.database, cast.tom, services.clock(), services.new_id, may_change=True).open() as access:
        stop_device(access, old if is_pressed_on_the_old else new, DeviceStatus.WIPE_NOW)
    with database.reading() as session:
        stands = {number: sync.get_device_state(session, number).status for number in (old, middle, new, other)}
    assert stands == {old: "wipe_now", middle: "wipe_now", new: "wipe_now", other: "ok"}
    told = send_sealed(phone, phone.contact()).json()
    assert told["status"] == "wipe_now", "what comes under the old number is nobody's word any more"
    with database.reading() as session:
        assert contacts.count_contacts(session) == 1
    orders = [each for each in services.ledger.read() if each.kind == "device_status"]
    assert sorted(int(each.subject_id) for each in orders) == [old, middle, new], "a restored server knows it too"
