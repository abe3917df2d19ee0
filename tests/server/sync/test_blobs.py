"""Attachments: announced by a change, arriving piece by piece, whole or not at all, filed once and refused for good where bad."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.actions.people import documents as filing
from server.database.engine import Database
from server.queries.people import documents
from server.queries.people.erasure import delete_person
from server.queries.sync import blobs as sync_blobs
from server.security.scanning import Scanner
from server.settings import Settings
from server.tables.sync.sync import blob_part
from shared.policy import held as words
from sync.proof import HEADER
from tests.server.cast import make_settings
from tests.server.people.pictures import draw_picture
from tests.server.phone import Phone
from tests.server.sync import test_wall
from tests.server.sync.test_wall import held

PICTURE = draw_picture(500, 400, noise=True)
NAME, SIZE = sha256(PICTURE).hexdigest(), len(PICTURE)
met, rival = test_wall.met, test_wall.rival


def put(phone: Phone, name: str, size: int, offset: int, piece: bytes) -> Any:
    assert phone.tokens is not None
    target, token = f"/blobs/{name}?size={size}&offset={offset}", phone.tokens.access
    headers = {HEADER: phone.sign("PUT", target, piece, token), "authorization": f"Bearer {token}"}
    return phone.client.put(target, content=piece, headers=headers)


def announce(phone: Phone, entity: str, content: bytes = PICTURE, **others: Any) -> dict[str, Any]:
    assert phone.enrolled is not None
    told = {
        "id": phone.new_id(), "kind": "letter", "sha256": sha256(content).hexdigest(), "size": len(content),
        "at": phone.clock().isoformat(), "worker_id": phone.enrolled.config.worker.id, "person_id": entity,
    } | others  # fmt: skip
    change = phone.make_change("attachment.added", e=entity, p=told)
    assert phone.push(change).status_code == 200
    return told


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return make_settings(database_url, tmp_path / "data")


@pytest.fixture
def told(phone: Phone, met: dict[str, str]) -> dict[str, Any]:
    """A letter of Marek's, announced."""
    return announce(phone, met["person"])


def test_nobody_sends_what_nobody_announced(phone: Phone, database: Database) -> None:
    assert put(phone, NAME, SIZE, 0, PICTURE).status_code == 409
    with database.reading() as session:
        assert sync_blobs.find_received(session, NAME) is None


def test_a_picture_arrives_in_pieces_is_drawn_anew_and_filed(
    phone: Phone, told: dict[str, Any], database: Database, services: Any
) -> None:
    assert put(phone, NAME, SIZE, 0, b"").json() == {"received": 0, "is_whole": False}
    assert put(phone, NAME, SIZE, 0, PICTURE[:5000]).json() == {"received": 5000, "is_whole": False}
    assert put(phone, NAME, SIZE, 0, PICTURE[:5000]).json() == {"received": 5000, "is_whole": False}
    over = {"received": SIZE, "is_whole": True, "is_over": True}
    assert put(phone, NAME, SIZE, 5000, PICTURE[5000:]).json() == over
    assert put(phone, NAME, SIZE, 0, PICTURE).json() == over, "a repeated piece files nothing twice"
    with database.reading() as session:
        (filed,) = documents.list_of_people(session, [told["person_id"]])
        kept = services.filing.open(session, filed.id)
        sealed = documents.find_content(session, filed.id)
        assert sync_blobs.find_received(session, NAME) is None, "nothing lies about when it is filed"
    assert (filed.state, filed.media_type, filed.id) == ("kept", "image/jpeg", told["id"])
    assert kept.startswith(b"\xff\xd8\xff")
    assert sealed is not None and kept[:200] not in sealed.sealed


def test_what_is_on_its_way_lies_sealed(phone: Phone, told: dict[str, Any], database: Database) -> None:
    put(phone, NAME, SIZE, 0, PICTURE[:5000])
    with database.reading() as session:
        (piece,) = session.scalars(select(blob_part.c.bytes))
    assert PICTURE[:100] not in bytes(piece)


def test_bytes_that_are_not_what_their_name_promises_are_forgotten(
    phone: Phone, told: dict[str, Any], database: Database, services: Any
) -> None:
    assert put(phone, NAME, SIZE, 0, b"x" * SIZE).json() == {"received": 0, "is_whole": False}
    with database.reading() as session:
        assert sync_blobs.find_blob(session, NAME, services.filing.keys) is None
    assert put(phone, NAME, SIZE, 0, PICTURE).json()["is_over"], "and the right ones may come after them"


def test_a_piece_after_a_gap_another_size_and_a_name_that_is_no_hash_are_refused(
    phone: Phone, told: dict[str, Any]
) -> None:
    assert put(phone, NAME, SIZE, 100, PICTURE[100:200]).status_code == 409
    assert put(phone, NAME, SIZE + 1, 0, PICTURE[:10]).status_code == 409
    assert put(phone, "not-a-hash", SIZE, 0, PICTURE).status_code == 400
    assert put(phone, NAME, 10_000_000, 0, PICTURE).status_code == 413


def test_a_stranger_sends_nothing(phone: Phone, told: dict[str, Any], clock: Any, new_id: Any) -> None:
    thief = Phone(phone.client, clock, new_id)
    thief.enrolled, thief.tokens = phone.enrolled, phone.tokens
    assert put(thief, NAME, SIZE, 0, PICTURE).status_code == 401


def test_a_document_of_somebody_whom_one_may_not_record_is_held_and_its_bytes_wait(
    phone: Phone, rival: Phone, met: dict[str, str], told: dict[str, Any]
) -> None:
    announce(rival, met["person"])
    assert held(rival) == [words.NOT_KNOWN]
    assert put(rival, NAME, SIZE, 0, PICTURE).status_code == 409
    assert held(phone) == []


def test_nobody_takes_the_number_of_anothers_document(
    phone: Phone, rival: Phone, met: dict[str, str], told: dict[str, Any], database: Database
) -> None:
    own = rival.new_id()
    rival.push(rival.contact(person_ids=[own]))
    announce(rival, own, id=told["id"])
    assert held(rival) == [words.TAKEN_ID]
    with database.reading() as session:
        assert documents.list_of_people(session, [own]) == []


def test_a_document_stands_under_the_person_that_it_names(phone: Phone, met: dict[str, str]) -> None:
    announce(phone, met["site"], person_id=met["person"])
    assert held(phone) == [words.OTHER_ENTITY]


@pytest.mark.parametrize(
    "wrong",
    [{"site_id": "a-place"}, {"person_id": None}, {"kind": "place"}, {"size": 6 * 1024 * 1024}, {"sha256": "ab"}],
)
def test_an_announcement_that_makes_no_sense_is_set_aside(
    wrong: dict[str, Any], phone: Phone, met: dict[str, str], database: Database
) -> None:
    announce(phone, met["person"], **wrong)
    assert len(held(phone)) == 1
    with database.reading() as session:
        assert documents.list_of_people(session, [met["person"]]) == []


def test_a_picture_of_a_place_belongs_to_the_place(phone: Phone, met: dict[str, str], database: Database) -> None:
    announce(phone, met["site"], person_id=None, site_id=met["site"], kind="place")
    assert put(phone, NAME, SIZE, 0, PICTURE).json()["is_over"]
    with database.reading() as session:
        assert documents.list_of_people(session, [met["person"]]) == []
        (filed,) = documents.list_of_places(session, [met["person"]])
    assert (filed.state, filed.site_id) == ("kept", met["site"])


def test_bytes_that_are_no_document_are_refused_for_good_and_the_phone_is_told_why(
    phone: Phone, met: dict[str, str], database: Database
) -> None:
    page = b"<html><script>alert(1)</script></html>"
    announce(phone, met["person"], page)
    answer = put(phone, sha256(page).hexdigest(), len(page), 0, page).json()
    assert answer["is_over"] and "none of them" in answer["reason"]
    with database.reading() as session:
        (refused,) = documents.list_of_people(session, [met["person"]])
        assert documents.find_content(session, refused.id) is None
        assert sync_blobs.find_received(session, refused.sha256) is None
    assert refused.state == "refused"


def test_a_scanner_that_is_silent_lets_nothing_in_and_loses_nothing(
    phone: Phone, told: dict[str, Any], services: Any, client: Any
) -> None:
    with_scanner(client, (sys.executable, "-c", "raise SystemExit(2)"))
    assert put(phone, NAME, SIZE, 0, PICTURE).status_code == 503
    with_scanner(client, (sys.executable, "-c", "raise SystemExit(0)"))
    assert put(phone, NAME, SIZE, 0, b"").json()["is_over"], "asked again it is judged again, without a byte sent twice"


def test_what_the_scanner_finds_is_refused(phone: Phone, told: dict[str, Any], client: Any) -> None:
    with_scanner(client, (sys.executable, "-c", "import sys; sys.stdin.buffer.read(); raise SystemExit(1)"))
    assert put(phone, NAME, SIZE, 0, PICTURE).json()["reason"] == filing.FOUND


def test_a_phone_fills_no_server(
    phone: Phone, told: dict[str, Any], client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_scanner(client, (), room_bytes=SIZE - 1)
    assert put(phone, NAME, SIZE, 0, PICTURE).status_code == 503
    with_scanner(client, ())
    monkeypatch.setattr(filing, "DAILY_BYTES", SIZE - 1)
    assert put(phone, NAME, SIZE, 0, PICTURE).status_code == 429


def test_what_was_announced_and_never_came_is_forgotten_and_may_come_again(
    phone: Phone, told: dict[str, Any], database: Database, services: Any, clock: Any
) -> None:
    put(phone, NAME, SIZE, 0, PICTURE[:100])
    assert services.filing.forget_unsent(clock()) == 0
    assert services.filing.forget_unsent(clock() + filing.A_DAY + timedelta(seconds=1)) == 1
    assert put(phone, NAME, SIZE, 0, PICTURE).json()["is_over"]
    assert services.filing.forget_unsent(clock() + filing.UNSENT_FOR + timedelta(days=1)) == 0, "what is filed stays"


def test_an_erased_persons_document_is_gone_and_what_was_on_its_way_too(
    phone: Phone, told: dict[str, Any], database: Database
) -> None:
    put(phone, NAME, SIZE, 0, PICTURE[:100])
    with database.writing() as session:
        delete_person(session, [told["person_id"]])
        assert sync_blobs.find_received(session, NAME) is None
    assert put(phone, NAME, SIZE, 0, PICTURE).status_code == 409


def with_scanner(client: Any, command: tuple[str, ...], room_bytes: int = 10**9) -> None:
    """The running server scans with this, and has this room."""
    find: Callable[[], Any] = client.app.dependencies["services"].dependency
    running = find.__closure__[0].cell_contents
    server = running()
    filed = replace(server.services.filing, scanner=Scanner(command, timedelta(seconds=10)), room_bytes=room_bytes)
    server.services = replace(server.services, filing=filed)
