"""A backup changes no schema; a restore is loaded beside what stands, brought up to date, proven and swapped in, or what stood
stays. Never a mixed database."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect, text

from server import backups, restoring
from server.backups import BackupFault, make_backup, read_manifest, restore_backup
from server.cli import main
from server.database.engine import Database, parse_url
from server.http.services import Services
from server.migrate import downgrade, find_revision, newest_revision, upgrade
from server.settings import Settings
from tests.conftest import Clock
from tests.server.cast import make_settings
from tests.server.operation.test_orders_after_a_restore import _with_postgres_tools  # noqa: F401
from tests.server.phone import Phone

pytestmark = pytest.mark.slow


def tables_of(url: str) -> set[str]:
    database = Database(url, pool_size=1)
    try:
        return set(inspect(database.engine).get_table_names())
    finally:
        database.close()


def names_in(url: str) -> list[str]:
    database = Database(url, pool_size=1)
    try:
        with database.reading() as session:
            return sorted(session.execute(text("select id from agency")).scalars())
    finally:
        database.close()


def add_agency(url: str, name: str) -> None:
    database = Database(url, pool_size=1)
    with database.writing() as session:
        columns = {column["name"] for column in inspect(session.connection()).get_columns("agency")}
        values = {"id": name, "name": name, "kind": "outreach", "short_name": name, "sector": "charity"}
        used = {key: value for key, value in values.items() if key in columns}
        session.execute(
            text(f"insert into agency ({', '.join(used)}) values ({', '.join(':' + key for key in used)})"), used
        )
    database.close()


@pytest.fixture
def old(blank_database_url: str, tmp_path: Path, clock: Clock) -> tuple[Settings, Path]:
    """A database of an earlier revision, backed up as it is."""
    settings = make_settings(blank_database_url, tmp_path / "data")
    upgrade(settings.database, "0005")
    add_agency(settings.database, "before")
    folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
    return settings, folder


def test_a_backup_leaves_the_schema_as_it_is(old: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, folder = old
    assert read_manifest(folder).revision == "0005"
    environment = {"LANTERN_DATABASE": settings.database, "LANTERN_DATA": str(settings.data)}
    done = CliRunner().invoke(main, ["backup", str(tmp_path / "by-command"), "--json"], env=environment)
    assert done.exit_code == 0, done.output
    assert read_manifest(Path(json.loads(done.output)["backup"])).revision == "0005"
    database = Database(settings.database, pool_size=1)
    assert find_revision(database) == "0005"
    database.close()


def test_a_backup_of_an_earlier_revision_comes_in_over_a_newer_schema(old: tuple[Settings, Path], clock: Clock) -> None:
    settings, folder = old
    upgrade(settings.database)
    add_agency(settings.database, "after")
    expected = tables_of(settings.database)
    restore_backup(settings, folder, clock())
    assert names_in(settings.database) == ["before"], "nothing of the database that stood is mixed in"
    assert tables_of(settings.database) == expected
    database = Database(settings.database, pool_size=1)
    assert find_revision(database) == newest_revision()
    database.close()
    upgrade(settings.database)
    downgrade(settings.database)
    upgrade(settings.database)


@pytest.mark.parametrize("step", ["upgrade", "_replay", "_prove"])
def test_where_a_step_fails_what_stood_stays(
    old: tuple[Settings, Path], clock: Clock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    settings, folder = old
    upgrade(settings.database)
    add_agency(settings.database, "after")

    def fail(*_: Any) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(backups, step, fail)
        restore_backup(settings, folder, clock())
    assert names_in(settings.database) == ["after", "before"]
    restore_backup(settings, folder, clock())
    assert names_in(settings.database) == ["before"], "and the next try succeeds"


def test_a_process_that_is_killed_before_the_swap_leaves_nothing_in_the_way(
    old: tuple[Settings, Path], clock: Clock
) -> None:
    settings, folder = old
    upgrade(settings.database)
    fresh = restoring.prepare(settings.database, folder / "database")
    upgrade(fresh.url)  # and never comes to take over, nor to throw away
    assert names_in(settings.database) == ["before"]
    add_agency(settings.database, "after")
    restore_backup(settings, folder, clock())
    assert names_in(settings.database) == ["before"]


def test_a_backup_that_holds_less_than_it_counted_is_not_swapped_in(
    phone: Phone, services: Services, settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    assert phone.push(phone.contact()).status_code == 200
    folder = make_backup(settings, tmp_path / "backups", clock(), retained=1)
    manifest = folder / "manifest.json"
    told = json.loads(manifest.read_bytes())
    assert told["counts"]["contact"] == 1
    manifest.write_text(json.dumps(told | {"counts": told["counts"] | {"contact": 2}}))
    assert phone.push(phone.contact()).status_code == 200
    with pytest.raises(BackupFault, match=r"not whole \(contact\)"):
        restore_backup(settings, folder, clock())
    with services.database.reading() as session:
        assert session.execute(text("select count(*) from contact")).scalar_one() == 2, "what stood stays"


def test_the_password_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch, new_id: Callable[[], str]) -> None:
    url = parse_url("postgresql://lantern:secret-word@host/lantern")
    assert "secret-word" not in restoring.tool_url(url)


def test_a_program_newer_than_its_postgresql_restores_all_the_same(tmp_path: Path) -> None:
    script = tmp_path / "restore.sql"
    told = "--\nSET lock_timeout = 0;\nSET transaction_timeout = 0;\ncreate table a ();\n"
    script.write_text(told)
    restoring._forgo_newer_settings(script)
    assert script.read_text() == told.replace("SET transaction", "--T transaction")
