"""Whose sealed boxes a phone may hand over: its own, and those of a former number of the same worker (privacy rule B13)."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import update

from mobile.opening.sealing import seal
from server.actions.sync.sealed import BY_A_COLLEAGUE
from server.queries.operation import sealed_boxes
from server.queries.street.contacts import list_contacts
from server.queries.sync import store as sync
from server.security.tokens import decode, encode
from server.tables.partnership.worker import worker
from shared.model.codes import DeviceStatus
from tests.server.cast import Cast
from tests.server.phone import Phone


def hand_over(phone: Phone, device: int, signer: int, boxes: Sequence[Any] = ()) -> Any:
    body = {"device": device, "signer": signer, "now": phone.now_ms, "boxes": boxes}
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


def test_a_colleagues_phone_hands_in_what_somebody_then_looks_at(
    phone: Phone, new_id: Callable[[], str], issue_code: Callable[..., str], cast: Cast, services: Any
) -> None:
    """Hers lost its key and is Dean's now: what it sealed before was refused for ever. It is held, and counts by nobody's press
    but a supervisor's, also where it can be opened only later."""
    assert phone.enrolled is not None
    told = phone.contact()
    box = encode(seal(json.dumps(told).encode(), decode(phone.enrolled.sealing_key)))
    shut = box[:-4] + ("AAAA" if box[-4:] != "AAAA" else "BBBB")
    deans = another_phone(phone, new_id, issue_code(cast.dean))
    boxes = [[told["n"], box], [told["n"] + 1, shut]]
    assert hand_over(deans, phone.number, phone.number, boxes).status_code == 401
    answer = hand_over(deans, phone.number, deans.number, boxes)
    assert (answer.status_code, answer.json()["opened"], answer.json()["kept"]) == (200, 1, 1)
    with services.database.reading() as session:
        held = [(each.id, each.reason) for each in sync.list_quarantined(session, phone.number)]
        assert held == [(told["id"], BY_A_COLLEAGUE)]
        assert list_contacts(session, [told["e"]]) == {}
        (kept,) = sealed_boxes.list_shut(session, phone.number)
        assert kept.verdict.startswith(BY_A_COLLEAGUE)
    with services.database.writing() as session:
        assert services.opener.try_again(session, phone.number, services.clock()) == 0
        (kept,) = sealed_boxes.list_shut(session, phone.number)
        assert kept.verdict.count(BY_A_COLLEAGUE) == 1


def test_a_phone_of_another_agency_does_not(
    phone: Phone, new_id: Callable[[], str], issue_code: Callable[..., str], cast: Cast, services: Any
) -> None:
    theirs = another_phone(phone, new_id, issue_code(cast.dean))
    with services.database.writing() as session:
        session.execute(update(worker).where(worker.c.id == cast.dean.id).values(agency_id=cast.council.id))
    assert hand_over(theirs, phone.number, theirs.number).status_code == 401


def test_a_withdrawn_or_an_older_phone_of_the_same_worker_does_not(
    phone: Phone, new_id: Callable[[], str], issue_code: Callable[..., str], cast: Cast, services: Any
) -> None:
    later = another_phone(phone, new_id, issue_code(cast.aisha))
    assert hand_over(phone, later.number, phone.number).status_code == 401
    with services.database.writing() as session:
        sync.set_status(session, later.number, DeviceStatus.REVOKED)
    assert hand_over(later, phone.number, later.number).status_code == 401
    assert hand_over(later, later.number, 0).json()["status"] == "revoked"
