"""What a wiped phone still carries reaches the server, and nobody else can read it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import text

from mobile.opening.sealing import seal
from server.access import Door
from server.actions.operation.enrolment import free_pin, stop_device
from server.actions.operation.keyring import rotate_sealing_key
from server.actions.sync.sealed import open_waiting
from server.app import create_services
from server.database.engine import Database
from server.http.services import Services
from server.problems import Forbidden, NotFound
from server.queries.operation import sealed_boxes, server_keys
from server.queries.street import contacts
from server.queries.street.lone_working import list_on_shift
from server.queries.sync import store as sync
from server.security.tokens import decode, encode
from server.settings import Settings
from shared.model.codes import DeviceStatus
from shared.model.shift import CheckIn, Shift
from tests.server.cast import Cast
from tests.server.phone import Phone


def send_sealed(phone: Phone, *changes: dict[str, Any], sealed_to: bytes | None = None, **clocks: Any) -> Any:
    assert phone.enrolled is not None
    to = sealed_to or decode(phone.enrolled.sealing_key)
    boxes = [(change["n"], encode(seal(json.dumps(change).encode(), to))) for change in changes]
    body = json.dumps({"device": phone.number, "now": phone.now_ms, "boxes": boxes} | clocks).encode()
    return phone.post("/sync/v1/sealed", body, token="")


def test_fifty_contacts_that_the_phone_could_not_read_any_more_arrive(phone: Phone, database: Database) -> None:
    answer = send_sealed(phone, *(phone.contact() for _ in range(50)))
    assert answer.json() == {"acked": 50, "opened": 50, "kept": 0, "status": "ok"}
    with database.reading() as session:
        assert contacts.count_contacts(session) == 50


@pytest.mark.parametrize("clocks", [{}, {"up": 9_000_000, "boot": "b"}])
def test_what_a_locked_phone_says_happened_when_it_did_whatever_its_clock_says(
    phone: Phone, cast: Cast, database: Database, clock: Any, new_id: Callable[[], str], clocks: dict[str, Any]
) -> None:
    """Two hours slow, a check-in of this minute would be late when it comes: somebody would be woken."""
    slow = timedelta(hours=2)
    made = CheckIn(id=new_id(), shift_id="s", worker_id=cast.aisha.id, at=clock.now - slow)
    began = Shift(
        id="s", team_id=cast.team.id, worker_id=cast.aisha.id, started_at=clock.now - slow, night=clock.now.date()
    )
    told = [phone.fact("shift.started", began), phone.fact("checkin.made", made)]
    behind = phone.now_ms - int(slow.total_seconds() * 1000)
    told = [each | {"at": behind} | ({**clocks, "up": 9_000_000} if clocks else {}) for each in told]
    assert send_sealed(phone, *told, now=behind, **clocks).json()["opened"] == 2
    with database.reading() as session:
        (out,) = list_on_shift(session)
    assert (out.out_since, out.checked_in_at) == (clock.now, clock.now)


def test_a_blocked_phone_hears_that_its_pin_may_be_tried_again(
    phone: Phone, services: Services, cast: Cast, clock: Any
) -> None:
    assert "pin_freed" not in send_sealed(phone).json()
    with (
        pytest.raises((Forbidden, NotFound)),
        Door(services.database, cast.aisha, services.clock(), services.new_id, may_change=True).open() as access,
    ):
        free_pin(access, phone.number)
    with Door(services.database, cast.tom, services.clock(), services.new_id, may_change=True).open() as access:
        free_pin(access, phone.number)
    pressed_ms = phone.now_ms
    clock.advance(hours=23)
    assert send_sealed(phone).json()["pin_freed"] == pressed_ms
    clock.advance(hours=2)
    assert "pin_freed" not in send_sealed(phone).json(), "after a day it is over"


def test_a_press_that_an_open_phone_has_outlived_ends_no_later_block(
    phone: Phone, services: Services, cast: Cast, clock: Any
) -> None:
    """The block passed by itself before the phone had a network: the press would open the door to the next five guesses."""
    with Door(services.database, cast.tom, services.clock(), services.new_id, may_change=True).open() as access:
        free_pin(access, phone.number)
    clock.advance(minutes=9)
    assert "pin_freed" in send_sealed(phone).json(), "it is still locked"
    clock.advance(minutes=1)
    assert phone.pull().status_code == 200, "the right PIN came: this is asked with what it keeps under it"
    clock.advance(minutes=30)
    assert "pin_freed" not in send_sealed(phone).json()
    with Door(services.database, cast.tom, services.clock(), services.new_id, may_change=True).open() as access:
        free_pin(access, phone.number)
    assert send_sealed(phone).json()["pin_freed"] == phone.now_ms


def test_after_a_revocation_they_wait_in_quarantine(
    phone: Phone, database: Database, services: Services, cast: Cast
) -> None:
    with Door(services.database, cast.tom, services.clock(), services.new_id, may_change=True).open() as access:
        stop_device(access, phone.number, DeviceStatus.REVOKED)
    answer = send_sealed(phone, phone.contact(), phone.contact())
    assert answer.json()["opened"] == 2
    with database.reading() as session:
        assert contacts.count_contacts(session) == 0
        held = session.execute(text("select count(*) from sync_change where reason is not null")).scalar_one()
    assert held == 2


def test_from_a_phone_wiped_at_once_they_are_set_aside_for_a_supervisor(
    phone: Phone, database: Database, services: Services, cast: Cast
) -> None:
    """Kept as they came they would be in nobody's tray: the phone has forgotten them by then."""
    with Door(services.database, cast.tom, services.clock(), services.new_id, may_change=True).open() as access:
        stop_device(access, phone.number, DeviceStatus.WIPE_NOW)
    change = phone.contact()
    assert send_sealed(phone, change).json() == {"acked": 0, "opened": 1, "kept": 0, "status": "wipe_now"}
    with database.reading() as session:
        assert contacts.count_contacts(session) == 0
        assert [(held.id, held.reason) for held in sync.list_quarantined(session, phone.number)] == [
            (change["id"], "sent after this phone was to be wiped")
        ]


def test_one_damaged_box_holds_back_no_other_and_is_listed_until_its_record_comes(
    phone: Phone, database: Database, sign_in: Callable[..., Any], cast: Cast
) -> None:
    assert phone.enrolled is not None
    told = [phone.contact() for _ in range(50)]
    to = decode(phone.enrolled.sealing_key)
    boxes = [(each["n"], encode(seal(json.dumps(each).encode(), to))) for each in told]
    n, box = boxes[20]
    boxes[20] = (n, box[:-4] + ("AAAA" if box[-4:] != "AAAA" else "BBBB"))
    body = json.dumps({"device": phone.number, "now": phone.now_ms, "boxes": boxes}).encode()
    for _ in range(2):  # an answer may be lost: the same again
        assert phone.post("/sync/v1/sealed", body, token="").json() == {
            "acked": 20, "opened": 49, "kept": 1, "status": "ok",
        }  # fmt: skip
    with database.reading() as session:
        assert contacts.count_contacts(session) == 49
        ((number, why),) = [(each.n, each.verdict) for each in sealed_boxes.list_shut(session, phone.number)]
    assert number == 21 and "No key of this server opens it" in why
    tom = sign_in(cast.tom)
    page = tom.get(f"/devices/{phone.number}").text
    assert "No key of this server opens it" in page and "Record 21" in page
    assert "1 sealed record that could not be opened yet" in tom.get("/devices").text

    assert phone.push(*told[20:]).json()["acked"] == 50, "the phone still had its log"
    assert send_sealed(phone).json() == {"acked": 50, "opened": 0, "kept": 0, "status": "ok"}
    with database.reading() as session:
        assert contacts.count_contacts(session) == 50
        assert sealed_boxes.list_shut(session, phone.number) == []


def test_a_gap_before_them_holds_back_nothing_and_is_closed_when_what_is_missing_comes(
    phone: Phone, database: Database
) -> None:
    """As after a restore: the server has lost what it had acknowledged."""
    told = [phone.contact() for _ in range(6)]
    assert phone.push(told[0]).json()["acked"] == 1
    assert send_sealed(phone, *told[3:5]).json() == {"acked": 1, "opened": 2, "kept": 0, "status": "ok"}
    with database.reading() as session:
        assert contacts.count_contacts(session) == 3
    assert phone.push(told[5]).status_code == 409, "what is missing is still asked of the phone's log"
    assert phone.push(*told[1:]).json()["acked"] == 6
    with database.reading() as session:
        assert contacts.count_contacts(session) == 6
        twice = session.execute(
            text("select count(*) from (select change_id from sync_feed where op = 'put' group by change_id, scope "
                 "having count(*) > 1) d")
        ).scalar_one()  # fmt: skip
    assert twice == 0


def test_of_two_copies_of_a_phone_the_second_ones_box_is_listed_and_never_lost(
    phone: Phone, database: Database
) -> None:
    told = phone.contact()
    assert send_sealed(phone, phone.contact() | {"n": 2}).json()["opened"] == 1
    other = told | {"id": phone.new_id(), "n": 2}
    assert send_sealed(phone, other).json()["kept"] == 1
    answer = phone.push(told, other)
    assert answer.status_code == 409 and answer.json()["refused"] == "fork", (
        "the log itself is told to take a new number"
    )
    with database.reading() as session:
        ((number, why),) = [(each.n, each.verdict) for each in sealed_boxes.list_shut(session, phone.number)]
    assert number == 2 and "copy of this phone" in why


def test_what_no_key_opened_is_in_the_record_once_the_key_is_there(
    phone: Phone, services: Services, settings: Settings, clock: Any, new_id: Any
) -> None:
    elsewhere = X25519PrivateKey.generate()
    assert send_sealed(phone, phone.contact(), sealed_to=elsewhere.public_key().public_bytes_raw()).json()["kept"] == 1
    (settings.data / "keys" / "sealing-elsewhere").write_text(encode(elsewhere.private_bytes_raw()))
    started = create_services(settings, clock, new_id)
    try:
        assert open_waiting(started.opener, started.database, clock(), lambda: None) == 1
        assert open_waiting(started.opener, started.database, clock(), lambda: None) == 0
        with started.database.reading() as session:
            assert contacts.count_contacts(session) == 1
            assert sealed_boxes.list_phones_with_shut(session) == []
    finally:
        started.database.close()


def test_a_second_machine_over_the_same_database_opens_what_was_sealed_to_the_first(
    phone: Phone, services: Services, settings: Settings, clock: Any, new_id: Any, tmp_path: Path
) -> None:
    """Another folder, no file shared. Its forms and tokens are the same ones, too."""
    second = create_services(replace(settings, data=tmp_path / "second"), clock, new_id)
    third = create_services(replace(settings, data=tmp_path / "third"), clock, new_id)
    try:
        assert second.keys.secret == third.keys.secret == services.keys.secret
        assert second.keys.sealing_public == third.keys.sealing_public == services.keys.sealing_public
        assert phone.enrolled is not None
        told = phone.contact()
        box = encode(seal(json.dumps(told).encode(), decode(phone.enrolled.sealing_key)))
        with third.database.writing() as session:
            assert third.opener.take(session, phone.number, [(1, box)], clock()).opened == (1,)
    finally:
        second.database.close()
        third.database.close()


def test_after_a_rotation_both_keys_open_and_phones_are_told_the_new_one(
    phone: Phone, services: Services, settings: Settings, clock: Any, new_id: Any
) -> None:
    assert phone.enrolled is not None
    rotated = rotate_sealing_key(services.database, settings, clock())
    assert rotated != phone.enrolled.sealing_key
    again = create_services(settings, clock, new_id)
    assert again.keys.sealing_public == rotated
    again.database.close()
    assert send_sealed(phone, phone.contact()).json()["opened"] == 1
    assert send_sealed(phone, phone.contact(), sealed_to=decode(rotated)).json()["opened"] == 1


def test_keys_are_wrapped_with_the_operators_secret_which_may_change(
    services: Services, settings: Settings, clock: Any, new_id: Any, database: Database
) -> None:
    def told(**changed: Any) -> str:
        made = create_services(replace(settings, **changed), clock, new_id)
        made.database.close()
        with database.reading() as session:
            assert all(each.wrapped for each in server_keys.list_keys(session))
        return made.keys.sealing_public

    public = services.keys.sealing_public
    assert told(secret="one of more than thirty-two letters, made up") == public
    with pytest.raises(ValueError, match="another LANTERN_SECRET"):
        told(secret="a third of more than thirty-two letters, made up")
    assert (
        told(
            secret="another of more than thirty-two letters, made up",
            secret_before="one of more than thirty-two letters, made up",
        )
        == public
    )
    assert told(secret="another of more than thirty-two letters, made up") == public


def test_a_box_for_another_server_is_kept_for_a_supervisor(phone: Phone) -> None:
    answer = send_sealed(phone, phone.contact(), sealed_to=bytes(31) + b"\x09")
    assert answer.json() == {"acked": 0, "opened": 0, "kept": 1, "status": "ok"}


def test_boxes_of_somebody_elses_phone_are_refused(phone: Phone, clock: Any, new_id: Any) -> None:
    thief = Phone(phone.client, clock, new_id)
    thief.enrolled = phone.enrolled
    assert send_sealed(thief, thief.contact()).status_code == 401
