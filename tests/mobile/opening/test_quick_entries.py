"""Somebody unknown, from a locked phone: sealed as it is kept, mended by a better fix, taken back within a minute, sent once."""

import json
import threading
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from mobile.field.views import LockState
from mobile.opening.quick_box import QuickBox, QuickLine
from mobile.opening.sealing import open_sealed
from mobile.store.errors import DiskFull, StoreLocked
from mobile.store.rows import to_ms
from shared.model.quick_entry import QuickEntry
from tests.mobile.rig import PIN, Rig

WRONG = "999123"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    rig = Rig(tmp_path)
    rig.enrol()
    rig.field.lock()
    return rig


def see(rig: Rig, latitude: float, longitude: float, accuracy_m: float) -> None:
    rig.field.listen()
    rig.location.fix(latitude, longitude, rig.clocks.now(), accuracy_m)


def box_of(rig: Rig) -> Path:
    return rig.data / "quick.box"


def kept(rig: Rig) -> list[QuickEntry]:
    """What the server's key makes of the file."""
    lines = [msgspec.json.decode(line) for line in box_of(rig).read_bytes().splitlines()]
    boxes = [msgspec.convert(line["box"], bytes) for line in lines]
    return [msgspec.json.decode(open_sealed(box, rig.server.private), type=QuickEntry) for box in boxes]


def sent(rig: Rig) -> list[tuple[int, int, list[str]]]:
    said = [json.loads(each.content) for each in rig.server.requests if each.url.path == "/sync/v1/quick"]
    return [(each["device"], each["signer"], [entry_id for entry_id, _ in each["entries"]]) for each in said]


def taking(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/sync/v1/sealed":
        return httpx.Response(200, json={"acked": 0, "opened": 0, "kept": 0, "status": "ok"})
    ids = [entry_id for entry_id, _ in json.loads(request.content)["entries"]]
    return httpx.Response(200, json={"taken": ids})


def test_a_locked_phone_keeps_it_and_cannot_read_it(rig: Rig) -> None:
    see(rig, 51.65531, -0.39617, 9)
    entry = rig.field.record_quick()
    assert rig.field.lock_state is LockState.LOCKED and rig.field.unsent() == 1
    assert kept(rig) == [entry] and entry.at == rig.clocks.now()
    assert entry.position is not None and entry.position.accuracy_m == 9
    assert "51.65" not in box_of(rig).read_text(encoding="utf-8")


def test_a_blocked_phone_and_one_too_long_offline_record_too(rig: Rig) -> None:
    for _ in range(5):
        rig.field.unlock(WRONG)
    assert rig.field.lock_state is LockState.BLOCKED
    rig.field.record_quick()
    rig.clocks.pass_(hours=73)
    assert rig.field.lock_state is LockState.LEASE_EXPIRED
    rig.field.record_quick()
    assert len(kept(rig)) == 2


def test_a_phone_that_was_withdrawn_or_never_enrolled_records_nothing(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(StoreLocked):
        Rig(tmp_path / "new").field.record_quick()
    rig.field._door.shred("revoked")
    with pytest.raises(StoreLocked):
        rig.field.record_quick()
    assert not box_of(rig).exists()


@pytest.mark.parametrize(("accuracy", "minutes"), [(60.0, 0), (9.0, 3)])
def test_no_place_is_told_from_a_coarse_or_an_old_fix(rig: Rig, accuracy: float, minutes: int) -> None:
    see(rig, 51.65531, -0.39617, accuracy)
    rig.clocks.pass_(minutes=minutes)
    assert rig.field.record_quick().position is None


def test_a_better_fix_in_the_minute_after_says_where_it_was_and_a_later_one_does_not(rig: Rig) -> None:
    entry = rig.field.record_quick()
    assert entry.position is None
    rig.clocks.pass_(seconds=20)
    see(rig, 51.65531, -0.39617, 30)
    rig.clocks.pass_(seconds=10)
    see(rig, 51.65540, -0.39610, 6)
    rig.clocks.pass_(seconds=31)
    see(rig, 51.70000, -0.40000, 3)
    (told,) = kept(rig)
    assert told.id == entry.id and told.position is not None
    assert (told.position.latitude, told.position.accuracy_m) == (51.65540, 6)


def test_a_coarse_fix_in_the_minute_after_says_nothing(rig: Rig) -> None:
    rig.field.record_quick()
    see(rig, 51.65531, -0.39617, 60)
    (told,) = kept(rig)
    assert told.position is None


def test_it_can_be_taken_back_for_a_minute_and_is_sent_only_then(rig: Rig) -> None:
    rig.server.answer = taking
    mistake = rig.field.record_quick()
    rig.field.sync_once()
    assert sent(rig) == [], "it may still be taken back"
    assert rig.field.take_quick_back(mistake.id) and kept(rig) == [] and rig.field.unsent() == 0
    entry = rig.field.record_quick()
    rig.clocks.pass_(seconds=61)
    assert not rig.field.take_quick_back(entry.id)
    assert rig.field.sync_once().not_yet_sent == 0
    assert sent(rig) == [(7, 7, [entry.id])] and kept(rig) == []
    rig.field.sync_once()
    assert len(sent(rig)) == 1


def test_only_the_last_one_is_taken_back(rig: Rig) -> None:
    """An earlier one may be with the server already."""
    first, second = rig.field.record_quick(), rig.field.record_quick()
    assert not rig.field.take_quick_back(first.id)
    assert {each.id for each in kept(rig)} == {first.id, second.id}


def test_what_is_taken_back_while_a_better_fix_is_written_stays_away(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = rig.field.record_quick()
    is_writing, may_write, put = threading.Event(), threading.Event(), QuickBox.put

    def put_slowly(box: QuickBox, line: QuickLine) -> None:
        is_writing.set()
        may_write.wait(60)
        put(box, line)

    monkeypatch.setattr(QuickBox, "put", put_slowly)
    hearing = threading.Thread(target=lambda: see(rig, 51.65531, -0.39617, 9))
    taking_back = threading.Thread(target=lambda: rig.field.take_quick_back(entry.id))
    hearing.start()
    assert is_writing.wait(60)
    taking_back.start()
    taking_back.join(0.3)  # done by then, were it not made to wait
    may_write.set()
    hearing.join(60)
    taking_back.join(60)
    assert kept(rig) == []


def test_what_the_server_does_not_take_is_kept_over_a_restart_and_said(rig: Rig) -> None:
    rig.field.record_quick()
    rig.restart()
    rig.server.answer = lambda request: (
        taking(request) if request.url.path == "/sync/v1/sealed" else httpx.Response(200, json={"taken": []})
    )
    assert rig.field.sync_once().not_yet_sent == 1 and len(kept(rig)) == 1
    rig.server.answer = taking
    assert rig.field.sync_once().not_yet_sent == 0


def test_it_is_counted_and_listed_on_the_open_phone_until_it_is_sent(rig: Rig) -> None:
    entry = rig.field.record_quick()
    rig.clocks.pass_(seconds=61)
    assert rig.field.unlock(PIN).is_unlocked
    assert rig.field.unsent() == 1
    assert [(each.id, each.title) for each in rig.field.sync_tray()] == [(entry.id, "Recorded on the locked screen")]


def test_a_torn_line_costs_itself_alone(rig: Rig) -> None:
    first = rig.field.record_quick()
    with box_of(rig).open("ab") as file:
        file.write(b'{"id":"half')
    rig.restart()
    assert rig.field.unsent() == 1
    second = rig.field.record_quick()
    assert [each.id for each in kept(rig)] == [first.id, second.id]


def test_a_full_disk_says_so_and_records_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mobile.opening.quick_box.write_durably", full)
    with pytest.raises(DiskFull):
        rig.field.record_quick()
    assert rig.field.unsent() == 0


def test_an_entry_of_an_earlier_enrolment_is_offered_under_that_number(rig: Rig) -> None:
    entry = rig.field.record_quick()
    card = rig.field._vaults.find_card()
    assert card is not None
    rig.field._vaults.put_card(msgspec.structs.replace(card, device_number=9))
    rig.restart()
    rig.server.answer = taking
    rig.clocks.pass_(seconds=61)
    rig.field.sync_once()
    assert sent(rig) == [(7, 9, [entry.id])]


def test_the_minute_is_counted_by_the_clock_that_nobody_can_set(rig: Rig) -> None:
    entry = rig.field.record_quick()
    rig.clocks.wall += timedelta(hours=5)
    assert rig.field.take_quick_back(entry.id)


@pytest.mark.parametrize("is_heard", [True, False])
def test_the_clock_that_is_sent_along_is_the_one_that_told_the_moment(rig: Rig, is_heard: bool) -> None:
    """The server mends a moment by how far the clock beside it is off. A true moment beside the wrong clock was mended twice: by
    a clock an hour fast somebody bedded down at two was bedded down at one.
    """
    true = rig.clocks.now().replace(microsecond=0)
    fast = timedelta(hours=1)
    rig.clocks.wall = true + fast

    def answer(request: httpx.Request) -> httpx.Response:
        said = taking(request)
        said.headers["date"] = format_datetime(rig.clocks.now() - fast, usegmt=True)
        return said

    rig.server.answer = answer
    if is_heard:
        rig.field.sync_once()
    entry = rig.field.record_quick()
    assert entry.at == (true if is_heard else true + fast)
    rig.clocks.pass_(seconds=61)
    rig.field.sync_once()
    (told,) = [json.loads(each.content) for each in rig.server.requests if each.url.path == "/sync/v1/quick"]
    assert told["now"] == to_ms(entry.at + timedelta(seconds=61))


def test_a_place_does_not_walk_on_with_whoever_recorded_it(rig: Rig) -> None:
    """Fixes that were a metre finer each took it along, eighty metres in a minute: to another doorway."""
    see(rig, 51.65531, -0.39617, 12)
    rig.field.record_quick()
    for step in range(1, 5):
        rig.clocks.pass_(seconds=10)
        see(rig, 51.65531 + step * 0.00015, -0.39617, 12 - step)
    (told,) = kept(rig)
    assert told.position is not None and told.position.latitude == 51.65531
