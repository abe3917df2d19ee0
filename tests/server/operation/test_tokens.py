"""A phone's tokens: short-lived, bound to its key, and never lost by a lost answer."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from server.database.engine import Database
from server.queries.operation import audit
from shared.model.device import Tokens
from sync.proof import HEADER, NOW_HEADER
from tests.conftest import Clock
from tests.server.phone import Phone


def take(phone: Phone, answer: Any) -> Tokens:
    assert answer.status_code == 200, answer.text
    phone.tokens = msgspec.json.decode(answer.content, type=Tokens)
    return phone.tokens


def test_an_access_token_lasts_ten_minutes(phone: Phone, clock: Clock) -> None:
    clock.advance(minutes=9, seconds=59)
    assert phone.pull().status_code == 200
    clock.advance(seconds=2)
    refused = phone.pull()
    assert refused.status_code == 401
    assert refused.json()["type"] == "/problems/401.3"
    take(phone, phone.refresh())
    assert phone.pull().status_code == 200


def test_a_lost_answer_gets_the_identical_successor(phone: Phone, clock: Clock) -> None:
    assert phone.tokens is not None
    old = phone.tokens.refresh
    lost = phone.refresh(old)
    clock.advance(seconds=100)
    assert phone.refresh(old).content == lost.content
    take(phone, lost)
    assert phone.pull().status_code == 200


def test_an_answer_lost_under_the_flyover_never_logs_a_worker_out(phone: Phone, clock: Clock) -> None:
    assert phone.tokens is not None
    old = phone.tokens.refresh
    phone.refresh(old)
    clock.advance(hours=7)
    take(phone, phone.refresh(old))
    take(phone, phone.refresh())
    assert phone.pull().status_code == 200


def test_every_answer_lost_once_and_nobody_is_logged_out(phone: Phone, clock: Clock) -> None:
    for _ in range(20):
        phone.refresh()
        clock.advance(minutes=7)
        take(phone, phone.refresh())
        assert phone.pull().status_code == 200
        clock.advance(minutes=4)


def test_an_old_refresh_token_that_comes_back_ends_the_family(phone: Phone, clock: Clock, database: Database) -> None:
    assert phone.tokens is not None
    stolen = phone.tokens.refresh
    take(phone, phone.refresh())
    assert phone.pull().status_code == 200
    clock.advance(minutes=5)
    assert phone.refresh(stolen).status_code == 401
    assert phone.pull().status_code == 401
    assert phone.refresh().status_code == 401
    with database.reading() as session:
        alert = audit.list_lines(session, subject_kind="device", subject_id=str(phone.number))[0]
    assert (alert.action, alert.allowed) == ("token_reused", False)


def test_a_stolen_token_without_the_key_opens_nothing_and_ends_nothing(
    phone: Phone, client: TestClient[Any], clock: Clock, new_id: Callable[[], str]
) -> None:
    thief = Phone(client, clock, new_id)
    thief.enrolled, thief.tokens = phone.enrolled, phone.tokens
    assert thief.pull().status_code == 401
    assert thief.refresh().status_code == 401
    assert phone.pull().status_code == 200
    take(phone, phone.refresh())


def test_the_same_request_twice_is_a_replay(phone: Phone, client: TestClient[Any]) -> None:
    assert phone.tokens is not None
    body = json.dumps({"device": phone.number, "cursors": {}, "now": phone.now_ms, "app": "1.0.0"}).encode()
    token = phone.tokens.access
    sent = {HEADER: phone.sign("POST", "/sync/v1/pull", body, token), "authorization": f"Bearer {token}"}
    assert client.post("/sync/v1/pull", content=body, headers=sent).status_code == 200
    again = client.post("/sync/v1/pull", content=body, headers=sent)
    assert again.status_code == 401
    assert again.json()["type"] == "/problems/401.4"


@pytest.mark.parametrize("what", ["body", "path", "token"])
def test_a_signature_is_for_one_request_alone(phone: Phone, client: TestClient[Any], what: str) -> None:
    assert phone.tokens is not None
    body = json.dumps({"device": phone.number, "cursors": {}, "now": phone.now_ms, "app": "1.0.0"}).encode()
    token = phone.tokens.access
    signed = {
        "body": phone.sign("POST", "/sync/v1/pull", body + b" ", token),
        "path": phone.sign("POST", "/sync/v1/push", body, token),
        "token": phone.sign("POST", "/sync/v1/pull", body, "another"),
    }[what]
    answer = client.post("/sync/v1/pull", content=body, headers={HEADER: signed, "authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_a_phone_whose_clock_is_years_off_is_told_the_time_and_gets_in(phone: Phone, client: TestClient[Any]) -> None:
    assert phone.tokens is not None
    body = json.dumps({"device": phone.number, "cursors": {}, "now": 0, "app": "1.0.0"}).encode()
    token = phone.tokens.access
    wrong = phone.sign("POST", "/sync/v1/pull", body, token, at_ms=946_684_800_000)
    refused = client.post("/sync/v1/pull", content=body, headers={HEADER: wrong, "authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    told = int(refused.headers[NOW_HEADER])
    right = phone.sign("POST", "/sync/v1/pull", body, token, at_ms=told)
    answer = client.post("/sync/v1/pull", content=body, headers={HEADER: right, "authorization": f"Bearer {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["", "1", "1.2.3", "1.1.short.x", "2.1." + "n" * 22 + "." + "s" * 86, "é" * 40])
def test_a_proof_that_is_none_is_refused(phone: Phone, client: TestClient[Any], header: str) -> None:
    answer = client.post("/sync/v1/pull", content=b"{}", headers={HEADER.encode(): header.encode()})
    assert answer.status_code == 401
