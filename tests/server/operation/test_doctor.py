"""`lantern doctor` in real conditions: each thing that is unsafe is made so, and found."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from server.backups import make_backup
from server.cli import main
from server.condition.finding import Finding, Grade
from server.database.engine import Database
from server.doctor.database import look_at_jobs
from server.doctor.settings import look_at_settings
from server.jobs.catalogue import JOBS
from server.migrate import downgrade
from server.queries.operation.jobs import JobRun, set_run
from server.settings import Settings, read_settings
from tests.server.mail.imap_server import ACCOUNT, PASSWORD, serving_mail
from tests.server.mail.postbox import Postbox, make_certificate
from tests.server.operation.lying_provider import Provider
from tests.server.own_postgres import add_postgres_tools

pytestmark = pytest.mark.slow

SAFE = {
    "LANTERN_PUBLIC_URL": "https://lantern.example.org",
    "LANTERN_HTTPS": "on",
    "LANTERN_SMTP_SECURITY": "none",
    "LANTERN_MAIL_FROM": "lantern@example.org",
}
SETUP = ("--agency", "Watford Borough Council", "--name", "Helen Marsh", "--email", "helen@example.org")
Examine = Callable[..., dict[str, Any]]


@pytest.fixture
def mail_server() -> Iterator[Postbox]:
    """The doctor asks whether it is there, and brings no mail."""
    made = Postbox()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def imap_port() -> Iterator[int]:
    with serving_mail() as port:
        yield port


@pytest.fixture
def settings(tmp_path: Path, database_url: str, mail_server: Postbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A served county, as the guide leaves it."""
    chosen = SAFE | {
        "LANTERN_DATA": str(tmp_path / "data"),
        "LANTERN_DATABASE": database_url,
        "LANTERN_LEDGER_COPY": str(tmp_path / "copy" / "ledger.jsonl"),
        "LANTERN_SMTP_HOST": "127.0.0.1",
        "LANTERN_SMTP_PORT": str(mail_server.port),
    }
    if not database_url.startswith("sqlite"):
        chosen["PATH"] = add_postgres_tools()
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    previous = os.umask(0o077)
    assert CliRunner().invoke(main, ["setup", *SETUP]).exit_code == 0
    os.umask(previous)
    database = Database(database_url)
    with database.writing() as session:
        for job in JOBS:
            set_run(session, JobRun(name=job.name, started_at=datetime.now(UTC)))
    database.close()
    return read_settings(os.environ)


@pytest.fixture
def examine(settings: Settings, tmp_path: Path) -> Examine:
    """What the doctor says, by what it is about; the worst grade under ``."""
    backups = tmp_path / "backups"
    backups.mkdir(mode=0o700)
    make_backup(settings, backups, datetime.now(UTC), retained=2)

    def do(*, backups: Path = backups, **environment: str) -> dict[str, Any]:
        arguments = ["doctor", "--json", "--backups", str(backups)]
        result = CliRunner().invoke(main, arguments, env=environment)
        told = json.loads(result.output)
        assert result.exit_code == {"well": 0, "look": 1, "unsafe": 2}[told["grade"]]
        return {"": told["grade"]} | {each["about"]: (each["grade"], each["words"]) for each in told["findings"]}

    return do


def test_a_server_as_the_guide_leaves_it_is_not_unsafe(examine: Examine, database_kind: str) -> None:
    found = examine()

    allowed = {"data folder", "database line"}  # the suite runs as root, on SQLite too
    if database_kind == "postgresql":
        assert found.pop("role")[0] == "unsafe"  # the suite's own superuser
    poor = {about: said for about, said in found.items() if about and said[0] != "well" and about not in allowed}
    assert poor == {}
    assert found["jobs"][0] == found["backups"][0] == found["mail"][0] == found["file modes"][0] == "well"


@pytest.mark.parametrize(
    ("name", "value", "about", "grade"),
    [
        ("LANTERN_SECRET", "short", "secret", "unsafe"),
        ("LANTERN_SECRET_BEFORE", "the one before, which was also long", "secret", "look"),
        ("LANTERN_PUBLIC_URL", "http://lantern.example.org", "address", "unsafe"),
        ("LANTERN_PUBLIC_URL", "https://localhost", "address", "unsafe"),
        ("LANTERN_PUBLIC_URL", "", "address", "unsafe"),
        ("LANTERN_HTTPS", "off", "https", "unsafe"),
        ("LANTERN_HOST", "0.0.0.0", "https", "look"),
        ("LANTERN_SECOND_FACTOR", "off", "second factor", "unsafe"),
        ("LANTERN_TRUSTED_PROXIES", "0.0.0.0/0", "proxies", "unsafe"),
        ("LANTERN_TRUSTED_PROXIES", "", "proxies", "look"),
        ("LANTERN_WEAK_PHONES", "on", "phones", "look"),
        ("LANTERN_SMTP_PORT", "1", "mail", "look"),
        ("LANTERN_SMTP_HOST", "", "mail", "look"),
        ("LANTERN_LEDGER_COPY", "", "ledger", "look"),
    ],
)
def test_a_poor_setting_is_found(
    settings: Settings, name: str, value: str, about: str, grade: str, database_kind: str, tmp_path: Path
) -> None:
    if database_kind == "postgresql":
        pytest.skip("settings know no database")
    result = CliRunner().invoke(main, ["doctor", "--json"], env={name: value})
    told = [(each["about"], each["grade"]) for each in json.loads(result.output)["findings"]]

    assert (about, grade) in told
    assert result.exit_code >= {"look": 1, "unsafe": 2}[grade]


@pytest.mark.parametrize("path", ["", "keys", "keys/sealing", "ledger.jsonl"])
def test_what_others_may_read_is_found(examine: Examine, settings: Settings, path: str) -> None:
    kept = settings.data / path
    kept.touch()
    kept.chmod(0o755)

    grade, words = examine()["file modes"]
    assert grade == "unsafe" and str(kept) in words


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("LANTERN_SMTP_PASSWORD_FILE", "mail password"),
        ("LANTERN_TELEPHONE_TOKEN_FILE", "telephone token"),
        ("LANTERN_IMAP_PASSWORD_FILE", "mailbox password"),
        ("LANTERN_PULL_KEY_FILE", "key of the reports’ server"),
    ],
)
def test_a_secret_file_that_everybody_may_read_is_found(
    examine: Examine, tmp_path: Path, name: str, about: str
) -> None:
    file = tmp_path / "password"
    file.write_text("secret")
    file.chmod(0o644)

    assert examine(**{name: str(file)})[about][0] == "unsafe"
    file.chmod(0o640)
    assert about not in examine(**{name: str(file)})
    file.unlink()
    assert examine(**{name: str(file)})[about][0] == "look"


def test_the_secret_of_the_sign_in_is_for_the_server_alone(examine: Examine, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("secret")
    named = {"LANTERN_OIDC_CLIENT_ID": "lantern", "LANTERN_OIDC_CLIENT_SECRET_FILE": str(file)}
    with Provider(lambda: datetime.now(UTC)) as provider:
        file.chmod(0o644)
        found = examine(LANTERN_OIDC_ISSUER=provider.issuer, **named)
        assert (found["sign-in secret"][0], found["sign-in"][0]) == ("unsafe", "well")
        file.chmod(0o640)
        assert "sign-in secret" not in examine(LANTERN_OIDC_ISSUER=provider.issuer, **named)
        provider.metadata["issuer"] = "https://somebody.else.example"
        grade, words = examine(LANTERN_OIDC_ISSUER=provider.issuer, **named)["sign-in"]
    assert grade == "look" and "Nobody can sign in" in words
    assert examine(LANTERN_OIDC_ISSUER="http://127.0.0.1:1", **named)["sign-in"][0] == "look"


def test_a_mailbox_that_cannot_be_opened_is_found(examine: Examine, imap_port: int) -> None:
    named = {"LANTERN_IMAP_HOST": "127.0.0.1", "LANTERN_IMAP_SECURITY": "none", "LANTERN_IMAP_USER": "nobody"}

    assert "mailbox" not in examine()
    assert examine(LANTERN_IMAP_PORT=str(imap_port), **named)["mailbox"][0] == "look"
    assert examine(LANTERN_IMAP_PORT="1", **named)["mailbox"][0] == "look"


def test_a_mailbox_that_opens_is_well(examine: Examine, imap_port: int, tmp_path: Path) -> None:
    password = tmp_path / "imap"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    named = {
        "LANTERN_IMAP_HOST": "127.0.0.1", "LANTERN_IMAP_PORT": str(imap_port), "LANTERN_IMAP_SECURITY": "none",
        "LANTERN_IMAP_USER": ACCOUNT, "LANTERN_IMAP_PASSWORD_FILE": str(password),
    }  # fmt: skip

    assert examine(**named)["mailbox"][0] == "well"
    grade, words = examine(**named, LANTERN_IMAP_FOLDER="Nowhere")["mailbox"]
    assert grade == "look" and "Nowhere" in words


def test_certificates_that_others_may_write_or_that_are_none_are_found(examine: Examine, tmp_path: Path) -> None:
    authority, _ = make_certificate(tmp_path)
    authority.chmod(0o644)
    assert "mail authority" not in examine(LANTERN_SMTP_CA_FILE=str(authority))
    authority.chmod(0o666)
    assert examine(LANTERN_SMTP_CA_FILE=str(authority))["mail authority"][0] == "unsafe"
    authority.write_text("none")
    assert examine(LANTERN_SMTP_CA_FILE=str(authority))["mail authority"][0] == "look"


def test_streets_that_cannot_be_read_and_phones_without_them_are_found(examine: Examine, settings: Settings) -> None:
    assert examine()["streets"][0] == "well"
    file = settings.data / "basemap.mbtiles"
    file.write_bytes(b"no tiles")
    file.chmod(0o600)
    assert examine()["streets"] == ("look", "basemap.mbtiles cannot be read: run `lantern basemap` again.")
    file.unlink()
    with closing(sqlite3.connect(file)) as made:
        made.executescript(
            "CREATE TABLE metadata (name TEXT, value TEXT);"
            "INSERT INTO metadata VALUES ('minzoom', '6'), ('maxzoom', '14'), ('attribution', 'x'), ('roles', '{}');"
        )
    file.chmod(0o600)
    grade, words = examine()["streets"]
    assert grade == "look" and "phones have none" in words
    (settings.data / "basemap-districts").mkdir(mode=0o700)
    (settings.data / "basemap-districts" / "watford.json").write_text("{}")
    assert examine()["streets"] == ("well", "Pages have streets down to zoom 14, and phones those of 1 districts.")


def test_backups_are_missing_old_open_or_damaged(examine: Examine, settings: Settings, tmp_path: Path) -> None:
    assert examine(backups=tmp_path / "nowhere")["backups"] == (
        "look",
        f"There is no backup in {tmp_path / 'nowhere'}.",
    )
    folder = tmp_path / "older"
    folder.mkdir(mode=0o700)
    old = make_backup(settings, folder, datetime.now(UTC) - timedelta(hours=30), retained=2)
    grade, words = examine(backups=folder)["backups"]
    assert grade == "look" and "30 hours old" in words
    with (old / "database").open("ab") as file:
        file.write(b"x")
    assert examine(backups=folder)["backups"][0] == "unsafe"
    folder.chmod(0o755)
    assert "may read" in examine(backups=folder)["backups"][1]


def test_a_database_of_another_version_is_found(examine: Examine, settings: Settings) -> None:
    downgrade(settings.database, "-1")

    grade, words = examine()["schema"]
    assert grade == "unsafe" and "lantern migrate" in words


def test_a_database_that_was_put_back_is_found(examine: Examine, settings: Settings) -> None:
    line = {"id": "x", "at": "2026-11-12T21:30:00Z", "kind": "person_erased", "subject_id": "p", "detail": {}}
    with (settings.data / "ledger.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")

    grade, words = examine()["ledger"]
    assert grade == "unsafe" and "lantern replay" in words


def test_the_data_of_a_demo_is_found(examine: Examine, settings: Settings) -> None:
    database = Database(settings.database)
    with database.writing() as session:
        session.execute(text("update worker set email = 'helen@lantern.example'"))
    database.close()

    assert examine()["demo"][0] == "unsafe"


def test_a_missing_database_and_a_missing_folder_are_found_and_not_made(
    examine: Examine, tmp_path: Path, database_kind: str
) -> None:
    if database_kind == "postgresql":
        pytest.skip("a PostgreSQL that is not there has its own test")
    nowhere = tmp_path / "nowhere"
    found = examine(LANTERN_DATA=str(nowhere), LANTERN_DATABASE=f"sqlite:///{nowhere}/lantern.sqlite")

    assert found["data folder"][0] == found["database"][0] == "unsafe"
    assert not nowhere.exists()


def test_a_database_that_does_not_answer_is_found(examine: Examine) -> None:
    found = examine(LANTERN_DATABASE="postgresql://lantern_app@127.0.0.1:1/lantern")

    assert found["database"][0] == "unsafe"


def test_a_job_that_failed_or_is_late_is_named(now: datetime) -> None:
    runs = {job.name: JobRun(name=job.name, started_at=now) for job in JOBS}
    assert [each.grade for each in look_at_jobs(runs, now)] == [Grade.WELL]

    runs["mail"] = JobRun(name="mail", started_at=now - timedelta(hours=1))
    runs["retention"] = JobRun(name="retention", started_at=now - timedelta(hours=25), error="OSError")
    del runs["looks"]
    failed, late = look_at_jobs(runs, now)
    assert "retention" in failed.words and "mail" not in failed.words
    assert "mail" in late.words and "looks" in late.words and "retention" not in late.words


@pytest.mark.parametrize(
    ("database", "grade"),
    [
        ("postgresql://lantern_app@db.example.org/lantern", Grade.UNSAFE),
        ("postgresql://lantern_app@db.example.org/lantern?sslmode=prefer", Grade.UNSAFE),
        ("postgresql://lantern_app@db.example.org/lantern?sslmode=verify-full", Grade.WELL),
        ("postgresql://lantern_app@/lantern?host=/run/postgresql", Grade.WELL),
        ("postgresql://lantern_app@localhost/lantern", Grade.WELL),
        ("sqlite:///lantern.sqlite", Grade.LOOK),
    ],
)
def test_a_plain_line_to_another_machine_is_unsafe(database: str, grade: Grade) -> None:
    (found,) = _about("database line", Settings(data=Path("data"), database=database))

    assert found.grade is grade


def _about(about: str, settings: Settings) -> list[Finding]:
    return [each for each in look_at_settings(replace(settings)) if each.about == about]
