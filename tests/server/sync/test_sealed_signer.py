"""Whose sealed boxes a phone may hand over: its own, and those of a former number of the same worker (privacy rule B13)."""

import json
from collections.abc import Callable
from typing import Any

from server.queries.sync import store as sync
from shared.model.codes import DeviceStatus
from tests.server.cast import Cast
from tests.server.phone import Phone


def hand_over(phone: Phone, device: int, signer: int) -> Any:
    body = {"device": device, "signer": signer, "now": phone.now_ms, "boxes": []}
    return phone.post("/sync/v1/sealed", json.dumps(body).encode(), token="")


def another_phone(phone: Phone, new_id: Callable[[], str], code: str) -> Phone:
    made = Phone(phone.client, phone.clock, new_id)
    made.enrol(code)
    return made


def test_a_phone_hears_how_it_stands_without_a_token(phone: Phone) -> None:
    answer = hand_over(phone, phone.number, 0)
    assert answer.status_code == 200 and answer.json()["status"] == "ok"


def test_the_same_workers_new_phone_speaks_for_the_old_one(
    phone: Phone, new_id: Callable[[], str], issue_code: Callable[..., str], cast: Cast
) -> None:
    later = another_phone(phone, new_id, issue_code(cast.aisha))
    assert hand_over(later, phone.number, later.number).status_code == 200


def test_a_colleagues_phone_does_not(
    phone: Phone, new_id: Callable[[], str], issue_code: Callable[..., str], cast: Cast
) -> None:
    deans = another_phone(phone, new_id, issue_code(cast.dean))
    assert hand_over(deans, phone.number, deans.number).status_code == 401
    assert hand_over(deans, phone.number, phone.number).status_code == 401


def test_a_withdrawn_or_an_older_phone_of_the_same_worker_does_not(
    phone: Phone, new_id: Callable[[], str], issue_code: Callable[..., str], cast: Cast, services: Any
) -> None:
    later = another_phone(phone, new_id, issue_code(cast.aisha))
    assert hand_over(phone, later.number, phone.number).status_code == 401
    with services.database.writing() as session:
        sync.set_status(session, later.number, DeviceStatus.REVOKED)
    assert hand_over(later, phone.number, later.number).status_code == 401
    assert hand_over(later, later.number, 0).json()["status"] == "revoked"
