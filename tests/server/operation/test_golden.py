"""What earlier versions wrote is read by this one: each golden database (`tests/golden`), as that version backed it up, is
restored and upgraded, loses nothing, and its county's list is served."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from litestar.testing import TestClient
from sqlalchemy import text

from server.app import create_app
from server.backups import make_backup, read_manifest, restore_backup
from server.database.engine import Database
from server.migrate import newest_revision
from server.security.passwords import Passwords
from server.settings import Settings
from server.upgrading import upgrade_whole
from tests.conftest import Clock
from tests.paths import ROOT
from tests.server.cast import make_settings
from tests.server.operation.test_orders_after_a_restore import _with_postgres_tools  # noqa: F401
from tests.web import county
from tests.web.conftest import Browser

pytestmark = pytest.mark.slow
REVISIONS = sorted({each.name.partition("-")[0] for each in (ROOT / "tests" / "golden").glob("[0-9]*-*")})


@pytest.fixture(params=REVISIONS)
def golden(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Path:
    """The backup that a version made, its dump unpacked."""
    packed = ROOT / "tests" / "golden" / f"{request.param}-{database_kind}"
    folder = tmp_path / "golden"
    folder.mkdir()
    shutil.copyfile(packed / "manifest.json", folder / "manifest.json")
    (folder / "database").write_bytes(zstandard.decompress((packed / "database.zst").read_bytes()))
    return folder


def serve_list(settings: Settings, clock: Clock, new_id: Callable[[], str]) -> str:
    """The coordinator's case list, over the whole application."""
    database = Database(settings.database, pool_size=1)
    with database.writing() as session:
        session.execute(text("delete from credential"))
        county.give_passwords(session, Passwords(county.CHEAP), clock.now)
    database.close()
    served = replace(settings, second_factor=False, password_cost=county.CHEAP)
    with TestClient(create_app(served, clock, new_id)) as client:
        browser = Browser(client)
        browser.get("/sign-in")
        assert browser.send("/sign-in", email="priya@example.org", password=county.PASSWORD).status_code == 200
        return str(browser.get("/cases").text)


def test_it_is_restored_whole_and_served(
    golden: Path, blank_database_url: str, tmp_path: Path, clock: Clock, new_id: Callable[[], str]
) -> None:
    settings = make_settings(blank_database_url, tmp_path / "data")
    restored = restore_backup(settings, golden, clock())
    again = make_backup(settings, tmp_path / "again", clock(), retained=1)

    assert restored.made_at == read_manifest(golden).made_at
    kept, now = read_manifest(golden).counts, read_manifest(again).counts
    assert {name: now[name] for name in kept} == kept | {"ledger": now["ledger"], "audit": now["audit"]}
    assert read_manifest(again).revision == newest_revision()
    assert "Joan Carter" in serve_list(settings, clock, new_id)


def test_it_is_upgraded_in_one_command(
    golden: Path, blank_database_url: str, database_kind: str, tmp_path: Path, clock: Clock
) -> None:
    if database_kind == "postgresql":
        pytest.skip("a dump of PostgreSQL comes in by a restore, which is tried above")
    settings = make_settings(blank_database_url, tmp_path / "data")
    shutil.copyfile(golden / "database", Database(settings.database, pool_size=1).url.database or "")
    done = upgrade_whole(settings, clock())

    assert (done.before, done.after) == (read_manifest(golden).revision, newest_revision())
    assert {name: before for name, (before, _) in done.counts.items()} == read_manifest(golden).counts
    assert read_manifest(Path(done.backup)).revision == done.before


def test_there_is_one_of_each_kind_for_each_revision() -> None:
    names = {each.name for each in (ROOT / "tests" / "golden").glob("[0-9]*-*")}

    assert names == {f"{revision}-{kind}" for revision in REVISIONS for kind in ("sqlite", "postgresql")}
    assert "0038" in REVISIONS
