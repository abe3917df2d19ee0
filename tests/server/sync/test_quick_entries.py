"""Somebody unknown, told from a locked phone: in the record once, as its worker's, to be confirmed; from nobody who may not."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select

from mobile.opening.sealing import seal
from server.access import Door
from server.actions.operation.enrolment import stop_device
from server.database.engine import Database
from server.http.services import Services
from server.queries.street import contacts
from server.security.tokens import decode, encode
from server.tables.street.contact import contact
from shared.model.codes import DeviceStatus
from shared.model.quick_entry import TO_CONFIRM
from tests.server.cast import Cast
from tests.server.phone import Phone

HERE = {"latitude": 51.65531, "longitude": -0.39617, "source": "gps", "accuracy_m": 9.0, "fix_age_s": 4.0}


def quick(phone: Phone, *, entry_id: str = "", sealed_to: bytes | None = None, minutes: float = 0, **more: Any) -> Any:
    assert phone.enrolled is not None
    entry_id = entry_id or str(uuid4())
    at = (phone.clock() + timedelta(minutes=minutes)).isoformat()
    plain = json.dumps({"id": entry_id, "at": at, "position": HERE} | more).encode()
    return entry_id, encode(seal(plain, sealed_to or decode(phone.enrolled.sealing_key)))


def send(phone: Phone, *entries: Any, now_ms: int | None = None) -> Any:
    now = phone.now_ms if now_ms is None else now_ms
    body = json.dumps({"device": phone.number, "now": now, "entries": entries}).encode()
    return phone.post("/sync/v1/quick", body, token="")


def recorded(database: Database) -> list[Any]:
    with database.reading() as session:
        ids = session.scalars(select(contact.c.id)).all()
        return [each.contact for each in contacts.list_contacts(session, ids).values()]


def test_it_is_its_workers_contact_once_however_often_it_comes(phone: Phone, database: Database) -> None:
    phone.clock.advance(hours=1)
    entry = quick(phone, minutes=-40)
    for _ in range(3):
        answer = send(phone, entry)
        assert answer.status_code == 200 and answer.json() == {"taken": [entry[0]]}
    (told,) = recorded(database)
    assert (told.id, told.state, told.unidentified_people, told.person_ids) == (entry[0], "bedded_down", 1, ())
    assert phone.enrolled is not None
    config = phone.enrolled.config
    assert (told.worker_id, told.team_id) == (config.worker.id, config.team.id)
    assert told.seen_at == phone.clock() - timedelta(minutes=40)
    assert told.note == TO_CONFIRM and told.position is not None and told.position.accuracy_m == 9.0


def test_its_time_is_mended_by_the_clock_of_the_phone_and_is_never_of_the_future(
    phone: Phone, database: Database
) -> None:
    phone.clock.advance(hours=1)
    fast = 3 * 3_600_000
    send(phone, quick(phone, minutes=180 - 10), quick(phone, minutes=180 + 30), now_ms=phone.now_ms + fast)
    assert sorted(each.seen_at for each in recorded(database)) == [
        phone.clock() - timedelta(minutes=10),
        phone.clock(),
    ]


def test_what_cannot_be_opened_or_is_another_is_not_taken_and_holds_back_no_other(
    phone: Phone, database: Database
) -> None:
    to_another = X25519PrivateKey.generate().public_key().public_bytes_raw()
    renamed = (str(uuid4()), quick(phone)[1])
    good = quick(phone)
    answer = send(
        phone, quick(phone, sealed_to=to_another), renamed, (str(uuid4()), "AAAA"), quick(phone, at="soon"), good
    )
    assert answer.json() == {"taken": [good[0]]}
    assert [each.id for each in recorded(database)] == [good[0]]


@pytest.mark.parametrize("status", [DeviceStatus.REVOKED, DeviceStatus.WIPE_AFTER_PUSH, DeviceStatus.WIPE_NOW])
def test_a_withdrawn_phone_records_nothing_and_keeps_what_it_has(
    status: DeviceStatus, phone: Phone, database: Database, services: Services, cast: Cast
) -> None:
    with Door(services.database, cast.tom, services.clock(), services.new_id, may_change=True).open() as access:
        stop_device(access, phone.number, status)
    assert send(phone, quick(phone)).json() == {"taken": []}
    assert recorded(database) == []


def test_a_worker_whose_agreement_lapsed_records_nothing(
    phone: Phone, database: Database, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.sync_api.admission.why_no_personal_data", lambda actor, today: "it lapsed")
    assert send(phone, quick(phone)).json() == {"taken": []}
    assert recorded(database) == []


def test_nobody_else_can_send_one(phone: Phone, database: Database) -> None:
    assert phone.enrolled is not None
    body = json.dumps({"device": phone.number, "now": phone.now_ms, "entries": [quick(phone)]}).encode()
    stranger = Phone(phone.client, phone.clock, phone.new_id)
    stranger.enrolled = phone.enrolled
    assert stranger.post("/sync/v1/quick", body, token="").status_code == 401
    assert recorded(database) == []


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
@pytest.mark.parametrize("hours", [-3, 3])
def test_a_moment_before_the_phone_was_enrolled_is_when_it_came(
    at: str, hours: int, phone: Phone, database: Database
) -> None:
    entry = quick(phone, at=at)
    assert send(phone, entry, now_ms=phone.now_ms + hours * 3_600_000).json() == {"taken": [entry[0]]}
    assert [each.seen_at for each in recorded(database)] == [phone.clock()]


def test_a_moment_of_no_zone_is_none(phone: Phone, database: Database) -> None:
    assert send(phone, quick(phone, at="2026-11-12T01:00:00")).json() == {"taken": []}
    assert recorded(database) == []


@pytest.mark.parametrize("said", [10**18, "soon", None])
def test_what_is_no_message_is_told_so(phone: Phone, said: Any) -> None:
    body = json.dumps({"device": phone.number, "now": said, "entries": []}).encode()
    assert phone.post("/sync/v1/quick", body, token="").status_code == 400
