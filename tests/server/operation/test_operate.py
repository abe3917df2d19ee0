"""The operator's guide, run: the roles on a real PostgreSQL, the wrapper, the backup with its rehearsed restore."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest
from click.testing import CliRunner
from litestar.testing import TestClient
from sqlalchemy import make_url, text

from server.app import create_app
from server.backups import list_backups
from server.cli import main
from server.database.engine import Database
from server.migrate import downgrade, find_revision
from server.settings import Settings
from tests.conftest import Stores, connect
from tests.paths import ROOT
from tests.server.own_postgres import add_postgres_tools

FILES = ROOT / "docs" / "operate" / "files"
LANTERN = Path(sys.executable).with_name("lantern")
ROLES = ("owner", "app", "reader")
PASSWORD = "only-in-this-test"
SETUP = ("--agency", "Watford Borough Council", "--name", "Helen Marsh", "--email", "helen@example.org")
TIMEOUT_S = 240


def role_of(name: str) -> str:
    """Roles belong to a whole cluster, which several runs of the suite may share."""
    return f"lantern_{name}_{os.getpid()}"


def run_script(url: str, name: str) -> None:
    """One of the guide's SQL files, with role names of this run's own."""
    script = re.sub(r"lantern_(owner|app|reader)\b", lambda found: role_of(found[1]), (FILES / name).read_text())
    with connect(url) as connection:
        connection.execute(script)


def url_as(url: str, role: str) -> str:
    return make_url(url).set(username=role_of(role), password=PASSWORD).render_as_string(hide_password=False)


@pytest.fixture
def county(stores: Callable[[str], Stores], tmp_path: Path) -> Iterator[str]:
    """A database made by the guide's own steps; its URL as the superuser."""
    store = stores("postgresql")
    url = store.make("operate", None)
    run_script(url, "roles.sql")
    with connect(url) as connection:
        for role in ROLES:
            connection.execute(f"ALTER ROLE {role_of(role)} PASSWORD '{PASSWORD}'")
        connection.execute(f'ALTER DATABASE "{make_url(url).database}" OWNER TO {role_of("owner")}')
    run_script(url, "grants.sql")
    owners = {"LANTERN_DATA": str(tmp_path), "LANTERN_DATABASE": url_as(url, "owner")}
    migrated = CliRunner().invoke(main, ["migrate"], env=owners)
    assert migrated.exit_code == 0, migrated.output
    run_script(url, "grants.sql")
    try:
        yield url
    finally:
        with connect(url) as connection:
            for role in ROLES:
                connection.execute(f"DROP OWNED BY {role_of(role)} CASCADE")
        store.drop(url)
        with connect(str(make_url(url).set(database="postgres").render_as_string(hide_password=False))) as connection:
            for role in ROLES:
                connection.execute(f"DROP ROLE {role_of(role)}")


def refuses(url: str, role: str, statement: str) -> bool:
    with connect(url_as(url, role)) as connection:
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


@pytest.mark.postgres
def test_the_application_serves_and_cannot_change_what_holds_it(
    county: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path))
    monkeypatch.setenv("LANTERN_DATABASE", url_as(county, "app"))
    done = CliRunner().invoke(main, ["setup", *SETUP])
    assert done.exit_code == 0, done.output
    with TestClient(create_app(Settings(data=tmp_path, database=url_as(county, "app")))) as client:
        assert client.get("/health").json()["status"] == "ok"
        assert client.get("/sign-in").status_code == 200

    with connect(county) as connection:
        for granted in ("create on schema public", f'create, temporary on database "{make_url(county).database}"'):
            connection.execute(f"grant {granted} to {role_of('app')}")
    run_script(county, "grants.sql")  # takes back what it does not give
    for forbidden in (
        "drop table person",
        "alter table person add column seen text",
        "alter table audit disable trigger all",
        "truncate audit",
        "create table public.mine (n integer)",
        "create schema mine",
        "create temporary table person (id text)",
    ):
        assert refuses(county, "app", forbidden), forbidden


@pytest.mark.postgres
@pytest.mark.parametrize("command", [["upgrade"], ["worker", "list"]])
def test_who_may_not_change_the_schema_is_told_who_may(county: str, tmp_path: Path, command: list[str]) -> None:
    """The owner's settings forgotten, after a new version was installed: the answer was a page of the program's own places."""
    downgrade(url_as(county, "owner"), "-1")
    settings = {"PATH": add_postgres_tools(), "LANTERN_DATA": str(tmp_path), "LANTERN_DATABASE": url_as(county, "app")}
    done = CliRunner().invoke(main, command, env=settings)
    assert isinstance(done.exception, SystemExit) and done.exit_code in (1, 2), done.exception
    assert "as the owner of the tables" in done.output


@pytest.mark.postgres
def test_the_reader_sees_the_jobs_and_nobody(county: str) -> None:
    assert not refuses(county, "reader", "select * from job")
    with connect(county) as connection:
        names = [row[0] for row in connection.execute("select tablename from pg_tables where schemaname = 'public'")]

    assert len(names) > 80
    open_to_it = {name for name in names if not refuses(county, "reader", f'select * from "{name}"')}
    assert open_to_it == {"job", "alembic_version"}


@pytest.mark.postgres
def test_after_a_restore_the_application_may_work_again(county: str) -> None:
    """A restore loads a schema of its own and puts it in public's place: the grants must come with it."""
    with connect(url_as(county, "owner")) as connection:
        connection.execute(
            "create schema fresh; create table fresh.person (id text); insert into fresh.person values ('1')"
        )
        connection.execute("drop schema public cascade; alter schema fresh rename to public")

    assert not refuses(county, "app", "select * from public.person")
    assert refuses(county, "reader", "select * from public.person")


@pytest.mark.postgres
def test_both_scripts_may_be_run_again(county: str) -> None:
    for name in ("roles.sql", "grants.sql"):
        run_script(county, name)

    assert not refuses(county, "app", "select * from person")


def run_program(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | environment,
    )


@pytest.fixture
def whoami() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.slow
def test_the_wrapper_gives_a_command_the_servers_settings(tmp_path: Path, whoami: str) -> None:
    file = tmp_path / "lantern.env"
    file.write_text(f"# a note\n\nLANTERN_DATA={tmp_path}/a folder\nLANTERN_PORT=eighty=1")

    done = run_program([str(FILES / "as-lantern"), "health"], SETTINGS=str(file), RUN_AS=whoami, PROGRAM=str(LANTERN))

    assert done.returncode == 2
    assert "LANTERN_PORT is 'eighty=1'" in done.stderr


def test_the_wrapper_refuses_a_line_that_is_no_setting(tmp_path: Path, whoami: str) -> None:
    file = tmp_path / "lantern.env"
    file.write_text("PATH=/elsewhere\n")

    done = run_program([str(FILES / "as-lantern"), "health"], SETTINGS=str(file), RUN_AS=whoami, PROGRAM=str(LANTERN))

    assert (done.returncode, "no setting of Lantern" in done.stderr) == (2, True)


@pytest.mark.slow
def test_a_backup_is_made_and_its_restore_rehearsed(
    database_kind: str, database_url: str, stores: Callable[[str], Stores], tmp_path: Path
) -> None:
    data, backups = tmp_path / "data", tmp_path / "backups"
    settings = {"PATH": add_postgres_tools(), "LANTERN_DATA": str(data), "PROGRAM": str(LANTERN)}
    store, rehearsal = stores(database_kind), ""
    settings["LANTERN_DATABASE"] = database_url
    if database_kind == "postgresql":
        rehearsal = store.make("rehearsal", None)
        settings["REHEARSAL_DATABASE"] = rehearsal
    assert run_program([str(LANTERN), "setup", *SETUP], **settings).returncode == 0
    backups.mkdir(mode=0o700)
    (backups / "age-recipients.txt").write_text(f"{pyrage.x25519.Identity.generate().to_public()}\n")

    done = run_program([str(FILES / "back-up"), str(backups)], **settings)

    assert done.returncode == 0, done.stderr
    assert "Backed up to" in done.stdout and "A restore was rehearsed as of" in done.stdout
    (made,) = list_backups(backups)
    sealed = {each.name for each in (backups / "encrypted").iterdir()}
    assert sealed == {f"{made.name}.data.age", f"{made.name}.keys.age"}
    dump: Any = made / "database"
    dump.write_bytes(dump.read_bytes()[:-1])
    assert run_program([str(LANTERN), "restore", str(made), "--yes"], **settings).returncode == 2
    if rehearsal:
        empty = Database(rehearsal, pool_size=1)
        assert find_revision(empty) is None, "a second copy that can be read would lie there"
        with empty.reading() as session:
            left = session.execute(text("select nspname from pg_namespace where nspname like 'lantern%'")).all()
        empty.close()
        assert left == []
        store.drop(rehearsal)


@pytest.mark.parametrize("fails", ["backup", "restore", ""])
@pytest.mark.parametrize("database", ["", "postgresql://lantern_app@/lantern"])
def test_a_night_in_which_anything_failed_is_one_that_failed(tmp_path: Path, fails: str, database: str) -> None:
    """A backup that could not be made ended well where no rehearsal was set up: for weeks nobody would have heard."""
    program = tmp_path / "lantern"
    program.write_text(f"""#!/bin/sh
[ "$1" = "{fails}" ] && exit 2
[ "$1" = backup ] && echo '{{"backup": "{tmp_path}"}}'
exit 0
""")
    program.chmod(0o755)
    settings = {"PATH": os.environ["PATH"], "PROGRAM": str(program)} | (
        {"LANTERN_DATABASE": database} if database else {}
    )
    done = run_program([str(FILES / "back-up"), str(tmp_path)], **settings)
    is_rehearsed = not database
    assert (done.returncode != 0) == (fails == "backup" or (bool(fails) and is_rehearsed)), done.stderr


def test_the_guide_stops_the_server_before_its_files_are_others() -> None:
    """Pages are read from the tree when they are asked for: the old process would show the new one's."""
    guide = (ROOT / "docs" / "operate" / "README.md").read_text(encoding="utf-8")
    upgrade = guide[guide.index("\n## Upgrade\n") :]
    steps = upgrade[upgrade.index("```") :].split("```")[1]
    assert steps.index("systemctl stop lantern") < steps.index("git checkout") < steps.index("make assets")
    assert steps.index("git fetch") < steps.index("systemctl stop lantern"), (
        "what can fail for want of a network comes first"
    )


def test_a_base_bears_the_time_of_its_end_and_a_killed_one_is_thrown_away(tmp_path: Path) -> None:
    """Of a base that bore the time of its beginning PostgreSQL makes no moment before its end; and each that was killed lay there
    for good, as large as the database.
    """
    folder, programs, ended = tmp_path / "wal", tmp_path / "programs", tmp_path / "ended"
    programs.mkdir()
    for name, does in {
        "pg_basebackup": f"""
for each in "$@"; do case "$each" in --pgdata=*) mkdir -p "${{each#--pgdata=}}"; made=${{each#--pgdata=}};; esac; done
echo 'START WAL LOCATION: 0/2000028 (file 000000010000000000000002)' > "$made/backup_label"
[ -e "{ended}" ] || {{ touch "{ended}"; exit 1; }}
sleep 1
date -u +%Y%m%dT%H%M%SZ > "{ended}"
""",
        "pg_archivecleanup": "exit 0",
        "prove": "exit 0",
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    settings = {"PATH": f"{programs}:{os.environ['PATH']}", "PROVE": str(programs / "prove")}
    assert run_program([str(FILES / "keep-wal"), "base", str(folder)], **settings).returncode != 0
    (folder / "base" / ".20261129T010000Z").mkdir()
    assert run_program([str(FILES / "keep-wal"), "base", str(folder)], **settings).returncode == 0
    (made,) = (folder / "base").iterdir()
    assert made.name > ended.read_text().strip()


@pytest.mark.postgres
def test_as_the_owner_it_does_not_start(county: str, tmp_path: Path) -> None:
    environment = {"LANTERN_DATA": str(tmp_path), "LANTERN_DATABASE": url_as(county, "owner")}

    refused = CliRunner().invoke(main, ["serve", "--port", "0"], env=environment)

    assert refused.exit_code == 2
    assert "PostgreSQL would not hold this server back" in refused.output and "LANTERN_ONE_ROLE" in refused.output


@pytest.mark.postgres
def test_a_server_whose_key_the_database_does_not_know_makes_no_empty_backup(county: str, tmp_path: Path) -> None:
    environment = {"LANTERN_DATA": str(tmp_path / "other"), "LANTERN_DATABASE": url_as(county, "app")}

    refused = CliRunner().invoke(main, ["backup", str(tmp_path / "backups")], env=environment)

    assert refused.exit_code != 0
    assert "does not know this server's key" in refused.output
    assert list_backups(tmp_path / "backups") == []


@pytest.mark.postgres
@pytest.mark.parametrize(("role", "grade"), [("app", "well"), ("owner", "unsafe"), ("", "unsafe")])
def test_the_doctor_knows_the_role(county: str, tmp_path: Path, role: str, grade: str) -> None:
    environment = {"LANTERN_DATA": str(tmp_path), "LANTERN_DATABASE": url_as(county, role) if role else county}
    told = json.loads(CliRunner().invoke(main, ["doctor", "--json"], env=environment).output)

    assert {each["grade"] for each in told["findings"] if each["about"] == "role"} == {grade}
