"""Aisha's and Dean's phones against the real server over real HTTP: sending, hearing, conflicting, being withdrawn
(rules B5, B6).
"""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mobile.field.views import ContactDraft, LockState, PersonDraft, SyncPhase, VisitDraft
from mobile.store import pictures
from server.queries.people import documents
from server.queries.sync import store as sync_store
from shared.model.app_state import Weakness
from shared.model.codes import ContactState, DeviceStatus, DocumentKind
from shared.model.quick_entry import TO_CONFIRM
from tests.mobile import real_server
from tests.mobile.real_server import RealServer
from tests.mobile.rig import PIN, Rig
from tests.server.people.pictures import draw_picture

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    with real_server.running(tmp_path_factory.mktemp("server")) as running:
        yield running


def enrolled(directory: Path, server: RealServer, worker: object) -> Rig:
    directory.mkdir(exist_ok=True)
    rig = Rig(directory, real_network=True)
    answer = rig.field.enrol(server.code_for(worker), server.url, PIN)
    assert answer.enrolled and len(answer.match_digits) == 4, answer
    return rig


@pytest.fixture
def aisha(tmp_path: Path, server: RealServer) -> Iterator[Rig]:
    rig = enrolled(tmp_path / "aisha", server, server.cast.aisha)
    yield rig
    rig.field.close()


@pytest.fixture
def dean(tmp_path: Path, server: RealServer) -> Iterator[Rig]:
    rig = enrolled(tmp_path / "dean", server, server.cast.dean)
    yield rig
    rig.field.close()


def number_of(rig: Rig) -> int:
    card = rig.field._vaults.find_card()
    assert card is not None
    return card.device_number


def contacts_on(server: RealServer, *ids: str) -> int:
    from sqlalchemy import text

    with server.services.database.reading() as session:
        return sum(
            session.execute(text("select count(*) from contact where id = :i"), {"i": i}).scalar_one() for i in ids
        )


def set_aside(server: RealServer, number: int) -> int:
    """How many records of a phone came in and wait for a supervisor, since it was to be wiped."""
    with server.services.database.reading() as session:
        held = sync_store.list_quarantined(session)
    return sum(1 for each in held if each.device == number and each.reason == "sent after this phone was to be wiped")


def meet(rig: Rig, alias: str = "Red") -> str:
    return rig.field.record_contact(
        ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias=alias),))
    )


def test_what_a_blocked_phone_records_is_its_workers_to_confirm(aisha: Rig, server: RealServer) -> None:
    for _ in range(5):
        aisha.field.lock()
        aisha.field.unlock("999123")
    assert aisha.field.lock_state is LockState.BLOCKED
    entry = aisha.field.record_quick()
    aisha.clocks.pass_(seconds=61)
    assert aisha.field.sync_once().not_yet_sent == 0 and contacts_on(server, entry.id) == 1
    aisha.clocks.pass_(minutes=20)
    assert aisha.field.unlock(PIN).is_unlocked
    aisha.field.sync_once()
    (told,) = [each for each in aisha.field.my_night() if each.id == entry.id]
    assert (told.note, told.unidentified) == (TO_CONFIRM, 1)
    assert aisha.field.refine_contact(entry.id, {"note": ""})
    aisha.field.sync_once()
    assert [each.note for each in aisha.field.my_night() if each.id == entry.id] == [""]


def test_a_wrong_code_is_told_and_the_phone_stays_new(tmp_path: Path, server: RealServer) -> None:
    rig = Rig(tmp_path, real_network=True)
    answer = rig.field.enrol("AAAA-BBBB-CCCC-DDDD", server.url, PIN)
    assert not answer.enrolled and "ask for a new one" in answer.message and not rig.field.is_enrolled


def test_a_code_works_once(tmp_path: Path, server: RealServer) -> None:
    code = server.code_for(server.cast.aisha)
    first, second = Rig(tmp_path / "1", real_network=True), Rig(tmp_path / "2", real_network=True)
    assert first.field.enrol(code, server.url, PIN).enrolled
    assert not second.field.enrol(code, server.url, PIN).enrolled
    first.field.close()


def test_a_rooted_phone_is_told_why_it_may_not_join_and_no_code_is_used_up(tmp_path: Path, server: RealServer) -> None:
    rig, code = Rig(tmp_path, real_network=True), server.code_for(server.cast.aisha)
    rig.integrity.found = frozenset({Weakness.ROOTED})
    answer = rig.field.enrol(code, server.url, PIN)
    assert not answer.enrolled and "rooted" in answer.message and not rig.field.is_enrolled
    rig.integrity.found = frozenset()
    assert rig.field.enrol(code, server.url, PIN).enrolled
    rig.field.close()


def test_a_phone_that_is_rooted_later_says_so_with_each_sync(aisha: Rig, server: RealServer) -> None:
    from server.queries.sync.store import list_device_health

    def said() -> str:
        with server.services.database.reading() as session:
            return {phone.number: phone.app for phone in list_device_health(session)}[number_of(aisha)]

    aisha.field.sync_once()
    assert said() == "0.1.0"
    aisha.integrity.found = frozenset({Weakness.ROOTED, Weakness.DEBUGGED})
    saved = meet(aisha)
    assert aisha.field.sync_once().not_yet_sent == 0 and contacts_on(server, saved) == 1, "its work is still taken"
    assert said() == "0.1.0+debugged.rooted"


def test_no_server_is_told_and_a_code_is_not_used_up(tmp_path: Path, server: RealServer) -> None:
    rig, code = Rig(tmp_path, real_network=True), server.code_for(server.cast.aisha)
    assert "does not answer" in rig.field.enrol(code, "http://127.0.0.1:9", PIN).message
    assert rig.field.enrol(code, server.url, PIN).enrolled
    rig.field.close()


def test_what_aisha_records_offline_reaches_dean_once(aisha: Rig, dean: Rig, server: RealServer) -> None:
    saved = meet(aisha, "Rusty")
    assert aisha.field.sync_once().message.startswith("All sent")
    assert aisha.field.sync_once().sent == 0 and aisha.field.unsent() == 0
    dean.field.sync_once()
    assert [card.known_as for card in dean.field.search_people("rusty")] == ["Rusty"]
    assert dean.field.contact(saved).contact.worker_id == server.cast.aisha.id
    assert contacts_on(server, saved) == 1
    assert aisha.field._sealed.numbers == ()


def test_a_conflict_is_settled_on_one_phone_and_gone_on_both(aisha: Rig, dean: Rig) -> None:
    person = aisha.field.contact(meet(aisha, "Conny")).contact.person_ids[0]
    aisha.field.sync_once()
    dean.field.sync_once()
    aisha.field.patch_person(person, {"name": "Conrad"})
    dean.field.patch_person(person, {"name": "Constance"})
    dean.field.sync_once()
    assert aisha.field.sync_once().needs_a_look == 1
    conflict = next(item.conflict for item in aisha.field.sync_tray() if item.conflict)
    mine = next(choice for choice in conflict.choices if choice.is_mine)
    assert {choice.who for choice in conflict.choices} == {"Aisha N", "Dean H"}
    aisha.field.resolve_conflict(conflict, mine)
    aisha.field.sync_once()
    dean.field.sync_once()
    assert dean.field.person(person).person.name == "Conrad" and dean.field.person(person).conflicts == ()


def test_a_phone_whose_clock_is_years_wrong_still_syncs(aisha: Rig, server: RealServer) -> None:
    from datetime import timedelta

    aisha.clocks.wall += timedelta(days=3_000)
    saved = meet(aisha)
    assert aisha.field.sync_once().not_yet_sent == 0
    aisha.clocks.wall -= timedelta(days=6_000)
    other = meet(aisha)
    assert aisha.field.sync_once().not_yet_sent == 0
    assert contacts_on(server, saved, other) == 2


def test_a_clock_that_runs_ahead_lets_go_of_nothing_that_a_colleague_wrote(aisha: Rig, dean: Rig) -> None:
    """What is older than four weeks goes with each sync, by whose clock? By the phone's own all of it went, for good."""
    from datetime import timedelta

    saved = meet(dean)
    dean.field.sync_once()
    aisha.clocks.wall += timedelta(days=40)
    status = aisha.field.sync_once()
    assert aisha.field.contact(saved).contact.id == saved
    assert status.last_synced_at is not None and status.last_synced_at < aisha.clocks.now() - timedelta(days=39)


def test_tokens_that_are_no_good_any_more_are_renewed(aisha: Rig) -> None:
    from msgspec.structs import replace

    from mobile.store import settings
    from mobile.syncing.rounds import TOKENS
    from shared.model.device import Tokens

    store = aisha.field._open.record.store
    with store.writing() as connection:
        tokens = settings.find_setting(connection, TOKENS, Tokens)
        assert tokens is not None
        settings.put_setting(connection, TOKENS, replace(tokens, access="stale"))
    meet(aisha)
    assert aisha.field.sync_once().not_yet_sent == 0


def test_when_no_token_is_good_any_more_the_seals_deliver_and_a_new_code_helps(aisha: Rig, server: RealServer) -> None:
    from sqlalchemy import text

    saved = meet(aisha)
    with server.services.database.writing() as session:
        session.execute(text("delete from device_token where device_number = :n"), {"n": number_of(aisha)})
    status = aisha.field.sync_once()
    assert status.phase is SyncPhase.FAILED and "enrolled again" in status.problem
    assert contacts_on(server, saved) == 1 and aisha.field.contact(saved).contact.id == saved
    assert aisha.field.enrol(server.code_for(server.cast.aisha), server.url, PIN).enrolled
    status = aisha.field.sync_once()
    assert status.phase is SyncPhase.IDLE and status.problem == ""
    assert aisha.field.contact(saved).contact.id == saved


def test_a_stolen_refresh_token_is_worth_nothing_without_the_phones_key(aisha: Rig, tmp_path: Path) -> None:
    from mobile.device.keystore import FileKeystore
    from mobile.store import settings
    from mobile.store.rows import to_ms
    from mobile.syncing.rounds import TOKENS
    from mobile.syncing.server_client import Reply, ServerClient
    from shared.model.device import Tokens

    with aisha.field._open.record.store.reading() as connection:
        tokens = settings.find_setting(connection, TOKENS, Tokens)
    thief = FileKeystore(tmp_path / "thief")
    thief.make_keys()
    card = aisha.field._vaults.find_card()
    assert card is not None and tokens is not None
    client = ServerClient(card.server_url, thief, lambda: to_ms(aisha.clocks.now()))
    answer = client.renew_tokens(tokens.refresh, number_of(aisha))
    client.close()
    assert isinstance(answer, Reply) and answer.status == 401


def test_fifty_unsent_contacts_survive_a_shred_and_the_phone_reads_none(aisha: Rig, server: RealServer) -> None:
    saved = [aisha.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN)) for _ in range(50)]
    aisha.field._door.shred("pins")
    aisha.field._session = None
    assert aisha.field.lock_state is LockState.ERASED and aisha.field.unsent() == 50
    assert not list(aisha.data.glob("store.db*"))
    aisha.field.sync_once()
    assert contacts_on(server, *saved) == 50 and aisha.field.unsent() == 0


@pytest.mark.parametrize("status", [DeviceStatus.REVOKED, DeviceStatus.WIPE_AFTER_PUSH, DeviceStatus.WIPE_NOW])
def test_a_withdrawn_phone_hands_over_erases_itself_and_says_so(
    aisha: Rig, server: RealServer, status: DeviceStatus
) -> None:
    told: list[LockState] = []
    aisha.field.observe_lock(told.append)
    for _ in range(3):
        aisha.field.record_visit(VisitDraft())
    number = number_of(aisha)
    server.stop_phone(number, status)
    assert aisha.field.sync_once().phase is SyncPhase.REVOKED
    assert aisha.field.lock_state is LockState.REVOKED and told == [LockState.REVOKED]
    assert aisha.field.unsent() == 0 and not list(aisha.data.glob("store.db*")) and not aisha.keystore.is_ready
    assert "withdrawn" in aisha.field.unlock(PIN).message
    if status is DeviceStatus.WIPE_NOW:
        assert set_aside(server, number) == 3


def test_a_locked_stolen_phone_hears_of_the_wipe_and_delivers_what_was_unsent(aisha: Rig, server: RealServer) -> None:
    aisha.field.record_visit(VisitDraft())
    aisha.field.lock()
    number = number_of(aisha)
    server.stop_phone(number, DeviceStatus.WIPE_NOW)
    aisha.field.sync_once()
    assert aisha.field.lock_state is LockState.REVOKED and set_aside(server, number) == 1


@pytest.mark.parametrize("why", ["let go", "training lapsed", "agreement lapsed"])
def test_nobody_who_left_or_lapsed_renews_their_lease_by_sending(aisha: Rig, server: RealServer, why: str) -> None:
    """Rule B6: what they send is taken and held; their 72 hours run on, open or locked, and begin anew once they may again."""
    from sqlalchemy import text

    lapse, mend = {
        "let go": ("update worker set active = false where id = :w", "update worker set active = true where id = :w"),
        "training lapsed": (
            "update worker set trained_on = '2001-01-01' where id = :w",
            "update worker set trained_on = date('now') where id = :w",
        ),
        "agreement lapsed": (
            "update agreement set expires_on = '2001-01-02', signed_on = '2001-01-01' where :w <> ''",
            "update agreement set expires_on = date('now', '+9 days') where :w <> ''",
        ),
    }[why]

    def order(statement: str) -> None:
        with server.services.database.writing() as session:
            session.execute(text(statement), {"w": server.cast.aisha.id})

    def until() -> datetime:
        found = aisha.field._door.lease_until()
        assert found is not None
        return found

    aisha.field.sync_once()
    began = until()
    order(lapse)
    aisha.clocks.pass_(minutes=4)
    saved = meet(aisha)
    aisha.field.sync_once()
    assert aisha.field.unsent() == 0 and contacts_on(server, saved) == 0
    assert abs(until() - began) < timedelta(minutes=1)
    aisha.field.lock()
    aisha.field.sync_once()
    assert abs(until() - began) < timedelta(minutes=1)
    order(mend)
    aisha.field.sync_once()
    assert until() - began > timedelta(minutes=3)


def test_a_locked_phone_sends_sealed_work_and_still_opens(aisha: Rig, server: RealServer) -> None:
    saved = meet(aisha)
    aisha.field.lock()
    aisha.field.sync_once()
    assert contacts_on(server, saved) == 1
    assert aisha.field.unlock(PIN).is_unlocked
    aisha.field.sync_once()
    assert aisha.field.unsent() == 0 and contacts_on(server, saved) == 1


def test_what_a_lost_key_left_sealed_is_handed_over_after_enrolling_anew(aisha: Rig, server: RealServer) -> None:
    saved = meet(aisha)
    aisha.field.close()
    shutil.rmtree(aisha.keystore._unlocking.parent)
    aisha.restart()
    assert aisha.field.unlock(PIN).state is LockState.KEYSTORE_LOST
    assert aisha.field.enrol(server.code_for(server.cast.aisha), server.url, PIN).enrolled
    assert list(aisha.data.glob("sealed-*.kept"))
    aisha.field.sync_once()
    assert contacts_on(server, saved) == 1 and not list(aisha.data.glob("sealed-*.kept"))


def test_a_copied_phone_takes_a_new_number_and_nothing_is_lost(aisha: Rig, tmp_path: Path, server: RealServer) -> None:
    meet(aisha)
    aisha.field.sync_once()
    aisha.field.close()
    shutil.copytree(aisha.data.parent, tmp_path / "copy")
    aisha.restart()
    copy = Rig(tmp_path / "copy", real_network=True)
    assert aisha.field.unlock(PIN).is_unlocked and copy.field.unlock(PIN).is_unlocked
    here, there = meet(aisha, "Here"), meet(copy, "There")
    aisha.field.sync_once()
    copy.field.sync_once()
    copy.field.sync_once()
    assert copy.field.unsent() == 0 and contacts_on(server, here, there) == 2
    copy.field.close()


def test_the_thread_syncs_by_itself_when_something_is_recorded(aisha: Rig, server: RealServer) -> None:
    import threading

    sent = threading.Event()
    aisha.field.sync_once()
    aisha.field.observe_sync(lambda status: sent.set() if status.sent and not status.not_yet_sent else None)
    aisha.field.start()
    saved = meet(aisha)
    assert sent.wait(60)
    aisha.field.close()
    assert contacts_on(server, saved) == 1


def test_a_photographed_paper_is_on_the_record_and_off_the_phone(aisha: Rig, server: RealServer) -> None:
    red = aisha.field.add_person(PersonDraft(alias="Red"))
    picture = draw_picture(700, 500, noise=True, told=b"taken at 14 Queens Road")
    Path(aisha.field.begin_picture(DocumentKind.CONSENT, person_id=red.id)).write_bytes(picture)
    assert aisha.field.finish_picture()
    aisha.field.sync_once()
    with server.services.database.reading() as session:
        (filed,) = documents.list_of_people(session, [red.id])
        kept = server.services.filing.open(session, filed.id)
    assert (filed.state, filed.kind, filed.size) == ("kept", "consent", len(picture))
    assert b"Queens Road" not in kept
    with aisha.field._open.record.store.reading() as connection:
        assert pictures.find_next(connection) is None


def test_nothing_of_the_environment_leads_requests_elsewhere(aisha: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "HTTP_PROXY", "http://127.0.0.1:9")
    aisha.field._courier.hang_up()
    meet(aisha)
    assert aisha.field.sync_once().not_yet_sent == 0
