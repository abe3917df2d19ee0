"""Enrolling, unlocking, blocking, shredding: the phone in a thief's hand, and in Aisha's (rules B2 to B6, B13)."""

import errno
import shutil
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from mobile.device.keystore import FileKeystore
from mobile.field.views import ContactDraft, LockState, PersonDraft, VisitDraft
from mobile.opening import vault
from mobile.store.errors import NoRoomToOpen, StoreLocked
from shared.model.codes import ContactState
from tests.mobile.rig import PIN, Rig

WRONG = "999123"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def wrong_pins(rig: Rig, times: int) -> list[LockState]:
    return [rig.field.unlock(WRONG).state for _ in range(times)]


def test_a_new_phone_knows_nobody_and_opens_nothing(rig: Rig) -> None:
    assert not rig.field.is_enrolled and rig.field.lock_state is LockState.NOT_ENROLLED
    assert rig.field.unlock(PIN).state is LockState.NOT_ENROLLED
    with pytest.raises(StoreLocked):
        rig.field.search_people("")


def test_enrolling_opens_the_phone_and_shows_the_digits_to_compare(rig: Rig) -> None:
    answer = rig.field.enrol("ABCD-1234", "https://lantern.test/", PIN)
    assert answer.enrolled and answer.match_digits == "4711" and answer.worker_name == "Aisha Noor"
    assert rig.field.lock_state is LockState.UNLOCKED and rig.field.config.team.name == "Watford Outreach"


@pytest.mark.parametrize(
    ("url", "pin", "word"),
    [
        ("http://lantern.test", PIN, "https"),
        ("lantern", PIN, "address"),
        ("https://a:b@lantern.test", PIN, "address"),
        ("https://lantern.test", "123456", "guess"),
        ("https://lantern.test", "2718", "digits"),
    ],
)
def test_a_bad_address_or_pin_is_refused_before_anything_is_sent(rig: Rig, url: str, pin: str, word: str) -> None:
    answer = rig.field.enrol("code", url, pin)
    assert not answer.enrolled and word in answer.message
    assert rig.server.requests == [] and not rig.field.is_enrolled


NEW_PIN = "840516"


def test_a_pin_is_changed_and_the_old_one_opens_nothing(rig: Rig) -> None:
    contact_id = rig.enrol().record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    assert rig.field.change_pin(PIN, NEW_PIN).is_unlocked
    rig.restart()
    assert rig.field.unlock(PIN).state is LockState.LOCKED
    assert rig.field.unlock(NEW_PIN).is_unlocked
    assert rig.field.contact(contact_id).contact.state is ContactState.BEDDED_DOWN


def test_a_pin_is_not_changed_by_who_does_not_know_it(rig: Rig) -> None:
    rig.enrol()
    with pytest.raises(ValueError, match="guess"):
        rig.field.change_pin(PIN, "123456")
    answers = [rig.field.change_pin(WRONG, NEW_PIN) for _ in range(5)]
    assert [answer.attempts_left for answer in answers[:2]] == [4, 3]
    assert answers[-1].state is LockState.BLOCKED and rig.field.lock_state is LockState.BLOCKED
    with pytest.raises(StoreLocked):
        rig.field.change_pin(PIN, NEW_PIN)
    assert rig.field.unlock(PIN).state is LockState.BLOCKED


class FullDisk:
    """A disk with no room, unless something is deleted first."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rig: Rig) -> None:
        self._data, self._really = rig.data, vault.write_durably  # type: ignore[attr-defined]
        monkeypatch.setattr(vault, "write_durably", self.write)
        self.room = 0

    def write(self, path: Path, content: bytes) -> None:
        if (self._data / vault.SPARE).exists() or len(content) > vault.SPARE_BYTES // 2 or self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._really(path, content)


def test_a_full_disk_still_opens_by_the_room_that_was_set_aside(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """It locked the worker out, in raw English, every time."""
    contact_id = rig.enrol().record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    rig.field.lock()
    assert rig.field.unlock(PIN).is_unlocked and (rig.data / vault.SPARE).stat().st_size == vault.SPARE_BYTES
    rig.field.lock()
    disk = FullDisk(monkeypatch, rig)
    for _ in range(2):
        assert rig.field.unlock(PIN).is_unlocked
        assert rig.field.contact(contact_id).contact.state is ContactState.BEDDED_DOWN
        rig.field.lock()
    disk.room = -1
    with pytest.raises(NoRoomToOpen) as told:
        rig.field.unlock(PIN)
    assert "photos" in told.value.what_to_do and rig.field.lock_state is LockState.LOCKED


def test_a_wrong_pin_counts_on_a_full_disk_too(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.enrol().lock()
    rig.field.unlock(PIN)
    rig.field.lock()
    FullDisk(monkeypatch, rig)
    assert wrong_pins(rig, 5)[-1] is LockState.BLOCKED


def test_an_enrolled_phone_is_not_enrolled_over(rig: Rig) -> None:
    rig.enrol().record_visit(VisitDraft())
    assert not rig.field.enrol("other", "https://lantern.test", PIN).enrolled
    assert rig.field.unsent() == 1


def test_the_pin_opens_it_again_after_a_restart_with_no_server(rig: Rig) -> None:
    saved = rig.enrol().record_contact(
        ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias="Red"),))
    )
    field = rig.restart()
    assert field.lock_state is LockState.LOCKED
    assert field.unlock(PIN).is_unlocked
    assert field.contact(saved).contact.state is ContactState.BEDDED_DOWN


def test_five_wrong_pins_block_and_neither_restart_nor_clock_helps(rig: Rig) -> None:
    rig.enrol()
    rig.field.lock()
    assert wrong_pins(rig, 5) == [LockState.LOCKED] * 4 + [LockState.BLOCKED]
    rig.clocks.wall += timedelta(days=400)
    rig.restart()
    answer = rig.field.unlock(PIN)
    assert answer.state is LockState.BLOCKED and "20 minutes" in answer.message
    rig.clocks.wall -= timedelta(days=800)
    rig.clocks.restart()
    assert rig.restart().unlock(PIN).state is LockState.BLOCKED
    rig.clocks.wall += timedelta(days=400)
    rig.clocks.pass_(minutes=20)
    assert rig.field.unlock(PIN).is_unlocked


def test_a_right_pin_forgives_the_wrong_ones_before(rig: Rig) -> None:
    rig.enrol()
    for _ in range(4):
        rig.field.lock()
        wrong_pins(rig, 3)
        assert rig.field.unlock(PIN).is_unlocked


def test_ten_wrong_pins_erase_what_can_be_read_and_keep_what_is_sealed(rig: Rig) -> None:
    field = rig.enrol()
    for _ in range(3):
        field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    field.lock()
    wrong_pins(rig, 5)
    rig.clocks.pass_(minutes=21)
    states = wrong_pins(rig, 5)
    assert states == [LockState.LOCKED] * 4 + [LockState.ERASED]
    assert not (rig.data / "store.db").exists() and not (rig.data / "vault.json").exists()
    again = rig.restart()
    assert again.unlock(PIN).state is LockState.ERASED
    assert again.unsent() == 3


def test_a_try_is_counted_before_it_is_made(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill between the try and its count would buy a free guess."""
    from mobile.opening import keys

    rig.enrol()
    rig.field.lock()

    def die(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(keys, "unwrap", die)
        for _ in range(5):
            with pytest.raises(KeyboardInterrupt):
                rig.field.unlock(PIN)
    assert rig.restart().lock_state is LockState.BLOCKED


def test_a_count_that_was_edited_away_is_noticed(rig: Rig) -> None:
    rig.enrol()
    rig.field.lock()
    fresh = (rig.data / "vault.json").read_bytes()
    wrong_pins(rig, 3)
    edited = (rig.data / "vault.json").read_bytes().replace(b'"wrong":3', b'"wrong":0')
    assert edited != fresh
    (rig.data / "vault.json").write_bytes(edited)
    assert rig.restart().unlock(WRONG).state is LockState.ERASED


def test_every_app_file_and_the_right_pin_open_nothing_without_the_keystore(rig: Rig, tmp_path: Path) -> None:
    rig.enrol()
    rig.field.close()
    shutil.copytree(rig.data, tmp_path / "thief" / "app")
    thief = Rig(tmp_path / "thief")
    assert thief.field.unlock(PIN).state is LockState.KEYSTORE_LOST
    thief.keystore.make_keys()
    assert not Rig(tmp_path / "thief").field.unlock(PIN).is_unlocked


def test_a_lost_keystore_is_told_plainly_and_a_new_code_begins_again(rig: Rig) -> None:
    rig.enrol().record_visit(VisitDraft())
    rig.field.close()
    shutil.rmtree(rig.keystore._unlocking.parent)
    rig.restart()
    answer = rig.field.unlock(PIN)
    assert answer.state is LockState.KEYSTORE_LOST and "kept safe" in answer.message
    assert rig.field.enrol("new code", "https://lantern.test", PIN).enrolled
    assert rig.field.unsent() == 0 and (rig.data / "sealed-7.kept").exists()


def erased(rig: Rig) -> bytes:
    """A phone with two changes unsent, erased by ten wrong PINs; returns what lies sealed on it."""
    field = rig.enrol()
    field.record_visit(VisitDraft())
    field.record_visit(VisitDraft())
    field.lock()
    wrong_pins(rig, 5)
    rig.clocks.pass_(minutes=21)
    wrong_pins(rig, 5)
    assert rig.field.lock_state is LockState.ERASED
    return (rig.data / "sealed.box").read_bytes()


def no_network() -> None:
    raise httpx.ConnectError("no network")


def test_an_address_that_is_gone_keeps_nobody_from_enrolling_and_loses_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same server under a new address: what was sealed is set aside and handed over there."""
    sealed = erased(rig)
    again = rig.field.enrol("new code", "https://lantern.test", PIN)
    assert not again.enrolled and "does not answer" in again.message, "the same address: it may answer in a minute"
    assert rig.field.unsent() == 2

    with monkeypatch.context() as patched:
        patched.setattr(rig.server, "enrolled", no_network)
        assert not rig.field.enrol("new code", "https://moved.test", PIN).enrolled

    answer = rig.field.enrol("new code", "https://moved.test", PIN)

    assert answer.enrolled, "and what the try before set aside is said now"
    assert "2 changes" in answer.message and "https://lantern.test" in answer.message
    assert (rig.data / "sealed-7.kept").read_bytes() == sealed


def test_what_is_sealed_to_another_server_is_kept_from_this_one_until_its_own_is_back(rig: Rig) -> None:
    """This one would take the boxes as its own phone's, could not open them, and the phone would forget them."""
    sealed = erased(rig)
    first = rig.server.private
    rig.server.private = X25519PrivateKey.generate()
    answer = rig.field.enrol("new code", "https://elsewhere.test", PIN)
    assert answer.enrolled and "another server" in answer.message
    assert not list(rig.data.glob("sealed-*.kept"))
    (kept,) = rig.data.glob("sealed-*.elsewhere")
    assert kept.read_bytes() == sealed

    second = erased_again(rig)
    rig.server.private = first
    assert rig.field.enrol("new code", "https://lantern.test", PIN).enrolled
    assert (rig.data / "sealed-7.kept").read_bytes() == sealed, "its own server again"
    (other,) = rig.data.glob("sealed-*.elsewhere")
    assert other.read_bytes() == second, "of one number at two servers neither replaces the other"


def erased_again(rig: Rig) -> bytes:
    rig.field.record_visit(VisitDraft())
    rig.field.lock()
    wrong_pins(rig, 5)
    rig.clocks.pass_(minutes=21)
    wrong_pins(rig, 5)
    return (rig.data / "sealed.box").read_bytes()


def test_background_idle_and_screen_off_lock_and_close_the_store(rig: Rig) -> None:
    field = rig.enrol()
    told: list[LockState] = []
    field.observe_lock(told.append)
    rig.clocks.pass_(minutes=4, seconds=59)
    assert not field.lock_if_due()
    rig.clocks.pass_(seconds=1)
    assert field.lock_if_due()
    field.unlock(PIN)
    field.paused()
    rig.clocks.pass_(seconds=61)
    field.resumed()
    assert field.lock_state is LockState.LOCKED
    field.unlock(PIN)
    field.screen_went_off()
    with pytest.raises(StoreLocked):
        field.search_people("")
    assert field._door.store is None and field._door._key is None
    assert told == [LockState.LOCKED, LockState.UNLOCKED] * 2 + [LockState.LOCKED]


def test_three_days_alone_ask_for_the_server_and_lose_nothing(rig: Rig) -> None:
    saved = rig.enrol().record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    rig.clocks.pass_(hours=73)
    assert rig.field.lock_if_due()
    assert rig.field.lock_state is LockState.LEASE_EXPIRED
    answer = rig.field.unlock(PIN)
    assert answer.state is LockState.LEASE_EXPIRED and "Nothing is lost" in answer.message
    import httpx

    rig.server.answer = lambda request: httpx.Response(200, json={"acked": 0, "opened": 0, "kept": 0, "status": "ok"})
    assert rig.field.unlock(PIN).is_unlocked
    assert rig.field.contact(saved).contact.id == saved


def test_a_fortnight_alone_erases_what_can_be_read_and_never_what_is_unsent(rig: Rig) -> None:
    rig.enrol().record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    rig.field.lock()
    rig.clocks.pass_(days=15)
    assert rig.restart().unlock(PIN).state is LockState.ERASED
    assert rig.field.unsent() == 1


def test_a_clock_set_ten_years_ahead_or_back_locks_nobody_out_and_records_stay(rig: Rig) -> None:
    field = rig.enrol()
    rig.clocks.wall += timedelta(days=3_650)
    saved = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    field.lock()
    assert field.unlock(PIN).is_unlocked
    rig.clocks.wall -= timedelta(days=7_300)
    other = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    field.lock()
    assert field.unlock(PIN).is_unlocked
    assert {field.contact(one).contact.id for one in (saved, other)} == {saved, other}


def test_a_shred_cut_short_by_a_kill_is_finished_at_the_next_start(rig: Rig) -> None:
    from msgspec.structs import replace

    rig.enrol()
    rig.field.close()
    card = rig.field._vaults.find_card()
    assert card is not None
    rig.field._vaults.put_card(replace(card, ended="revoked"))
    field = rig.restart()
    assert field.lock_state is LockState.REVOKED
    field._door.shred_if_due()
    assert not (rig.data / "store.db").exists() and not rig.keystore.is_ready


def test_a_damaged_store_is_told_and_the_pin_is_not_blamed(rig: Rig) -> None:
    rig.enrol()
    rig.field.close()
    raw = bytearray((rig.data / "store.db").read_bytes())
    raw[100:4096] = bytes(3996)
    (rig.data / "store.db").write_bytes(raw)
    for name in ("store.db-wal", "store.db-shm"):
        (rig.data / name).unlink(missing_ok=True)
    answer = rig.restart().unlock(PIN)
    assert answer.state is LockState.STORE_DAMAGED and "kept safe" in answer.message


def test_the_software_keystore_lies_outside_the_apps_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mobile.device.keystore import keystore_directory

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = keystore_directory(tmp_path / "app")
    assert tmp_path / "app" not in directory.parents
    keystore = FileKeystore(directory)
    keystore.make_keys()
    assert (directory / "unlocking.key").stat().st_mode & 0o077 == 0


def test_a_lead_ends_the_wait_after_five_wrong_pins_and_ten_still_erase(rig: Rig) -> None:
    rig.enrol()
    rig.field.lock()
    assert wrong_pins(rig, 5)[-1] is LockState.BLOCKED
    rig.field._door.end_block(1_000)
    assert rig.field.lock_state is LockState.LOCKED
    assert wrong_pins(rig, 4) == [LockState.LOCKED] * 4
    assert wrong_pins(rig, 1)[-1] in (LockState.ERASED, LockState.KEYSTORE_LOST), "the tenth erases"


def test_an_old_press_ends_no_later_block(rig: Rig) -> None:
    rig.enrol()
    rig.field.lock()
    wrong_pins(rig, 5)
    rig.field._door.end_block(1_000)
    assert rig.field.unlock(PIN).is_unlocked
    rig.field.lock()
    assert wrong_pins(rig, 5)[-1] is LockState.BLOCKED
    rig.field._door.end_block(1_000)
    assert rig.field.lock_state is LockState.BLOCKED
