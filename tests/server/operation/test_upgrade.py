"""`lantern upgrade`: a backup, the migrations and their proof, or all as it was; one server after the other, phones go on."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Column, MetaData, String, Table, inspect, text

from server import upgrading
from server.backups import read_manifest
from server.cli import main
from server.database.engine import Database
from server.migrate import downgrade, find_revision, newest_revision
from server.queries.operation import processes
from server.queries.operation.processes import ServerProcess
from server.settings import Settings
from tests.conftest import Clock
from tests.server.operation.test_orders_after_a_restore import _with_postgres_tools  # noqa: F401
from tests.server.phone import Phone

BEFORE = "0042"
"""A revision from before processes said that they serve."""
SERVED = "0081"
"""An earlier one at which they say so."""


@pytest.fixture
def behind(settings: Settings, phone: Phone) -> Settings:
    """A county at an earlier revision, with a contact."""
    assert phone.push(phone.contact()).status_code == 200
    downgrade(settings.database, BEFORE)
    return settings


def run(settings: Settings, *options: str) -> Result:
    named = {"LANTERN_DATABASE": settings.database, "LANTERN_DATA": str(settings.data)}
    return CliRunner().invoke(main, ["upgrade", *options], env=named)


def look(settings: Settings) -> tuple[str | None, int, set[str]]:
    """The revision, how many contacts there are, and the tables."""
    database = Database(settings.database, pool_size=1)
    try:
        with database.engine.connect() as connection:
            count = connection.execute(text("select count(*) from contact")).scalar_one()
        return find_revision(database), count, set(inspect(database.engine).get_table_names())
    finally:
        database.close()


def test_one_command_backs_up_migrates_and_proves(behind: Settings) -> None:
    done = run(behind, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)

    assert (told["before"], told["after"]) == (BEFORE, newest_revision())
    assert told["counts"]["contact"] == [1, 1]
    assert read_manifest(Path(told["backup"])).revision == BEFORE
    assert look(behind)[:2] == (newest_revision(), 1)
    again = run(behind)
    assert (again.exit_code, again.stdout.strip()) == (0, f"Nothing to do: the schema stands at {newest_revision()}.")
    assert len(list((behind.data / "before-upgrades").iterdir())) == 1


def lose_a_contact(connection: Any) -> None:
    connection.execute(text("delete from contact"))


def forget_a_table(connection: Any) -> None:
    connection.execute(text("drop table system_notice"))


def raise_an_error(_: Any) -> None:
    raise RuntimeError("killed here")


@pytest.mark.parametrize(
    ("how", "words"),
    [(lose_a_contact, "Facts would be missing afterwards (contact)."), (forget_a_table, "The table system_notice")],
)
def test_what_is_not_proven_is_put_back(
    behind: Settings, monkeypatch: pytest.MonkeyPatch, how: Callable[[Any], None], words: str
) -> None:
    """A migration that loses something, or leaves a table out, is rolled back before anybody sees it."""
    before = look(behind)
    with monkeypatch.context() as patched:
        sabotage(patched, how)
        done = run(behind)

    assert (done.exit_code, "Put back: the database is as it was." in done.output) == (1, True)
    assert words in done.output
    assert look(behind) == before
    assert run(behind).exit_code == 0


def sabotage(monkeypatch: pytest.MonkeyPatch, how: Callable[[Any], None]) -> None:
    """Does something to the database after the last migration, within their transaction."""
    from alembic import command

    migrate = command.upgrade

    def badly(config: Any, revision: str) -> None:
        migrate(config, revision)
        how(config.attributes["connection"])

    monkeypatch.setattr("server.migrate.command.upgrade", badly)


def test_a_broken_reference_is_put_back(behind: Settings, monkeypatch: pytest.MonkeyPatch, database_kind: str) -> None:
    if database_kind == "postgresql":
        pytest.skip("PostgreSQL itself refuses a row whose reference leads nowhere")
    before = look(behind)

    def orphan(connection: Any) -> None:
        connection.execute(text("update team set agency_id = 'nobody'"))

    sabotage(monkeypatch, orphan)
    done = run(behind)

    assert (done.exit_code, "would not hold together (team)" in done.output) == (1, True)
    assert look(behind) == before


def test_a_killed_upgrade_leaves_what_stood(behind: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = look(behind)
    sabotage(monkeypatch, raise_an_error)
    assert isinstance(run(behind).exception, RuntimeError)

    assert look(behind) == before


def test_without_a_backup_nothing_begins(behind: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = look(behind)
    (behind.data / "before-upgrades").write_text("a file where the folder should be")
    done = run(behind)

    assert (done.exit_code, "no backup could be made first" in done.output) == (2, True)
    assert look(behind) == before


def test_a_newer_database_is_left_alone(settings: Settings, database: Database) -> None:
    with database.writing() as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    done = run(settings)

    assert (done.exit_code, "of a newer version" in done.output) == (1, True)


def test_while_others_serve_it_is_asked_for(settings: Settings, database: Database, new_id: Callable[[], str]) -> None:
    now = datetime.now(UTC)
    with database.writing() as session:
        new = ServerProcess(id=new_id(), host="two", number=7, started_at=now, seen_at=now)
        processes.begin_process(session, new)
    asked, rolling = run(settings), run(settings, "--rolling")
    with database.writing() as session:
        processes.see_process(session, new.id, now - timedelta(hours=1))

    assert (asked.exit_code, "Still serving: two (7)." in asked.output) == (2, True)
    assert rolling.exit_code == 0
    assert run(settings).exit_code == 0


@pytest.mark.parametrize("command", [["agency", "list"], ["migrate"], ["serve"]])
def test_no_command_changes_the_schema_under_a_server(
    settings: Settings,
    database: Database,
    new_id: Callable[[], str],
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The new version's tree is there and the old one still serves: a look at a list must not migrate what it serves over."""
    monkeypatch.setattr("server.cli.serve.uvicorn.run", lambda *_, **__: None)
    now, last = datetime.now(UTC), newest_revision()
    named = {"LANTERN_DATABASE": settings.database, "LANTERN_DATA": str(settings.data), "LANTERN_ONE_ROLE": "on"}
    with database.writing() as session:
        new = ServerProcess(id=new_id(), host="two", number=7, started_at=now, seen_at=now)
        processes.begin_process(session, new)
    if command == ["agency", "list"]:
        assert CliRunner().invoke(main, command, env=named).exit_code == 0, "nothing is to change"
    downgrade(settings.database, SERVED)
    refused = CliRunner().invoke(main, command, env=named)

    assert (refused.exit_code, "Still serving: two (7)." in refused.output) == (2, True)
    assert look(settings)[0] == SERVED
    assert not (settings.data / "before-upgrades").exists(), "nothing was begun"
    with database.writing() as session:
        processes.see_process(session, new.id, now - timedelta(hours=1))
    assert CliRunner().invoke(main, command, env=named).exit_code == 0
    assert look(settings)[0] == last


def test_a_server_goes_on_over_the_schema_of_a_newer_version(
    phone: Phone, client: Any, database: Database, clock: Clock
) -> None:
    """With two servers one is upgraded after the other: meanwhile the older one takes what phones send, and says so."""
    assert phone.push(phone.contact()).status_code == 200
    later = MetaData()
    Table("of_a_newer_version", later, Column("id", String(36), primary_key=True))
    later.create_all(database.engine)
    with database.writing() as session:
        session.execute(text("alter table contact add column weather varchar(20)"))
        session.execute(text("alter table job add column of_whom varchar(20) not null default ''"))
        session.execute(text("update alembic_version set version_num = '9999'"))
    clock.advance(minutes=1)

    assert phone.push(phone.contact()).status_code == 200
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()["checks"]["schema"]) == (200, "look")
    assert client.get("/health").status_code == 200
    assert upgrading.is_behind(str(database.url.render_as_string(hide_password=False)))
