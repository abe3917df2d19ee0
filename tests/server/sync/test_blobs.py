"""Attachments arrive piece by piece, whole or not at all."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from server.database.engine import Database
from server.queries.sync import blobs as sync_blobs
from server.settings import Settings
from sync.proof import HEADER
from tests.server.cast import make_settings
from tests.server.phone import Phone
from tests.server.running import lend_app

PICTURE = bytes(range(256)) * 40


def put(phone: Phone, name: str, size: int, offset: int, piece: bytes) -> Any:
    assert phone.tokens is not None
    target, token = f"/blobs/{name}?size={size}&offset={offset}", phone.tokens.access
    headers = {HEADER: phone.sign("PUT", target, piece, token), "authorization": f"Bearer {token}"}
    return phone.client.put(target, content=piece, headers=headers)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return make_settings(database_url, tmp_path / "data", attachments=True)


def test_nobody_may_send_an_attachment_while_nothing_shows_it(
    phone: Phone, settings: Settings, clock: Any, new_id: Any, database: Database
) -> None:
    with lend_app(replace(settings, attachments=False), clock, new_id) as app, TestClient(app) as client:
        phone.client = client
        assert put(phone, sha256(PICTURE).hexdigest(), len(PICTURE), 0, PICTURE).status_code == 404
    with database.reading() as session:
        assert sync_blobs.find_received(session, sha256(PICTURE).hexdigest()) is None


def test_a_picture_arrives_in_pieces_and_a_repeated_piece_changes_nothing(phone: Phone, database: Database) -> None:
    name, size = sha256(PICTURE).hexdigest(), len(PICTURE)
    assert put(phone, name, size, 0, b"").json() == {"received": 0, "is_whole": False}
    assert put(phone, name, size, 0, PICTURE[:5000]).json() == {"received": 5000, "is_whole": False}
    assert put(phone, name, size, 0, PICTURE[:5000]).json() == {"received": 5000, "is_whole": False}
    assert put(phone, name, size, 5000, PICTURE[5000:]).json() == {"received": size, "is_whole": True}
    with database.reading() as session:
        assert sync_blobs.find_blob(session, name) == PICTURE


def test_bytes_that_are_not_what_their_name_promises_are_forgotten(phone: Phone, database: Database) -> None:
    name = sha256(b"something else").hexdigest()
    assert put(phone, name, len(PICTURE), 0, PICTURE).json() == {"received": 0, "is_whole": False}
    with database.reading() as session:
        assert sync_blobs.find_blob(session, name) is None


def test_a_piece_after_a_gap_and_a_name_that_is_no_hash_are_refused(phone: Phone) -> None:
    name = sha256(PICTURE).hexdigest()
    assert put(phone, name, len(PICTURE), 100, PICTURE[100:200]).status_code == 409
    assert put(phone, "not-a-hash", len(PICTURE), 0, PICTURE).status_code == 400
    assert put(phone, name, 10_000_000, 0, PICTURE).status_code == 413


def test_a_stranger_sends_nothing(phone: Phone, clock: Any, new_id: Any) -> None:
    thief = Phone(phone.client, clock, new_id)
    thief.enrolled, thief.tokens = phone.enrolled, phone.tokens
    assert put(thief, sha256(PICTURE).hexdigest(), len(PICTURE), 0, PICTURE).status_code == 401


def test_a_wrong_announcement_keeps_no_attachment_out(phone: Phone, database: Database) -> None:
    name, size = sha256(PICTURE).hexdigest(), len(PICTURE)
    assert put(phone, name, 5, 0, b"wrong").json() == {"received": 0, "is_whole": False}
    assert put(phone, name, size, 0, PICTURE).json() == {"received": size, "is_whole": True}
    assert put(phone, name, 5, 0, b"").status_code == 409, "what is whole stays"


def test_what_was_announced_and_never_came_is_forgotten_and_may_come_again(phone: Phone, database: Database) -> None:
    name, size = sha256(PICTURE).hexdigest(), len(PICTURE)
    put(phone, name, size, 0, PICTURE[:100])
    with database.writing() as session:
        assert sync_blobs.forget_unfinished(session, phone.now_ms) == 0
        assert sync_blobs.forget_unfinished(session, phone.now_ms + 1) == 1
    assert put(phone, name, size, 0, PICTURE).json() == {"received": size, "is_whole": True}
