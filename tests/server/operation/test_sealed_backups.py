"""Encrypted copies of a backup: restored from by their key and by nothing else; refused when anything is not right."""

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from json import loads
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from server.actions.operation.keyring import join_keyring
from server.backups import make_backup, rehearse_restore
from server.cli import main
from server.database.context import Kind, acting
from server.database.engine import Database
from server.database.opening import open_database
from server.restoring import BackupFault
from server.sealed_backups import opened, read_recipients, seal_backup
from server.settings import Settings, read_settings
from tests.server.own_postgres import add_postgres_tools

pytestmark = pytest.mark.slow

SETUP = ("--agency", "Watford Borough Council", "--name", "Helen Marsh", "--email", "helen@example.org")
NIGHT = datetime(2026, 11, 12, 1, 30, tzinfo=UTC)
NAMES = ("20261112T013000Z.data.age", "20261112T013000Z.keys.age")


class Keys:
    """A key that is kept elsewhere, and the file of public keys on the server."""

    def __init__(self, folder: Path) -> None:
        made = pyrage.x25519.Identity.generate()
        self.identity, self.recipients = folder / "lantern-backup.key", folder / "recipients.txt"
        self.identity.write_text(f"# made on another machine\n{made}\n")
        self.recipients.write_text(f"# the county's\n{made.to_public()}\n")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def settings(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    chosen = {"LANTERN_DATA": str(tmp_path / "data"), "LANTERN_DATABASE": database_url}
    if not database_url.startswith("sqlite"):
        chosen["PATH"] = add_postgres_tools()
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(main, ["setup", *SETUP])
    assert done.exit_code == 0, done.output
    return read_settings(chosen)


@pytest.fixture
def sealed(settings: Settings, keys: Keys, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """The two files of a night's backup."""
    folder = make_backup(settings, tmp_path / "backups", NIGHT, retained=3)
    data, server_keys = seal_backup(folder, tmp_path / "encrypted", keys.recipients, retained=3)
    assert (data.name, server_keys.name) == NAMES
    yield data, server_keys


def list_names(settings: Settings) -> list[str]:
    database = Database(settings.database)
    try:
        with acting(Kind.COMMAND), database.reading() as session:
            return [row[0] for row in session.execute(text("select name from agency"))]
    finally:
        database.close()


def test_the_command_makes_them_and_restores_from_them(settings: Settings, keys: Keys, tmp_path: Path) -> None:
    made = CliRunner().invoke(main, ["backup", str(tmp_path / "b"), "--encrypt-to", str(keys.recipients), "--json"])
    assert made.exit_code == 0, made.output
    data, server_keys = map(Path, loads(made.output)["encrypted"])
    database = Database(settings.database)
    with acting(Kind.COMMAND), database.writing() as session:
        session.execute(text("update agency set name = 'Spoilt'"))
    database.close()
    shutil.rmtree(settings.data / "keys")

    refused = CliRunner().invoke(main, ["restore", str(data), "--yes"])
    assert (refused.exit_code, "--identity" in refused.output) == (2, True)
    assert list_names(settings) == ["Spoilt"]
    arguments = ["restore", str(data), "--keys", str(server_keys), "--identity", str(keys.identity), "--yes"]
    restored = CliRunner().invoke(main, arguments)

    assert restored.exit_code == 0, restored.output
    assert list_names(settings) == ["Watford Borough Council"]
    assert (settings.data / "keys" / "sealing").stat().st_mode & 0o077 == 0


def test_the_server_cannot_read_what_it_wrote_and_each_file_holds_its_half(
    sealed: tuple[Path, Path], keys: Keys, settings: Settings
) -> None:
    data, server_keys = sealed
    secrets = [each.read_bytes() for each in (settings.data / "keys").iterdir()]
    for file in sealed:
        body = file.read_bytes()
        assert b"Watford" not in body and not any(each in body for each in secrets)
        assert file.stat().st_mode & 0o077 == 0
    with opened(data, None, keys.identity) as folder:
        assert not (folder / "keys").exists()
        assert (folder / "database").exists()
    with opened(data, server_keys, keys.identity) as folder:
        assert {each.name for each in (folder / "keys").iterdir()} == {
            each.name for each in (settings.data / "keys").iterdir()
        }
        scratch = folder
    assert not scratch.exists()


@pytest.mark.parametrize(
    "spoil",
    [lambda body: body[:-1], lambda body: body[: len(body) // 2], lambda body: b"", lambda body: body + b"x",
     lambda body: body[:-40] + bytes([body[-40] ^ 1]) + body[-39:]],
    ids=["its last byte", "cut in half", "empty", "more at the end", "one bit"],
)  # fmt: skip
@pytest.mark.parametrize("which", [0, 1], ids=["data", "keys"])
def test_what_is_damaged_is_refused(
    sealed: tuple[Path, Path], keys: Keys, which: int, spoil: Callable[[bytes], bytes]
) -> None:
    sealed[which].write_bytes(spoil(sealed[which].read_bytes()))

    with pytest.raises(BackupFault, match="cannot be opened"), opened(*sealed, keys.identity):
        pass


def test_another_key_opens_nothing(sealed: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()

    with pytest.raises(BackupFault, match="another key"), opened(*sealed, Keys(other).identity):
        pass


def test_another_nights_backup_under_a_newer_name_is_refused(
    sealed: tuple[Path, Path], settings: Settings, keys: Keys, tmp_path: Path
) -> None:
    """Whoever holds the store can give back an old file for the new one; the name inside tells."""
    newer = tmp_path / "20261113T013000Z.data.age"
    shutil.copyfile(sealed[0], newer)
    with pytest.raises(BackupFault, match="another backup"), opened(newer, None, keys.identity):
        pass
    with pytest.raises(BackupFault, match="not of the same"), opened(newer, sealed[1], keys.identity):
        pass
    folder = make_backup(settings, tmp_path / "backups", NIGHT + timedelta(days=2), retained=3)
    renamed = folder.with_name("20261115T013000Z")
    folder.rename(renamed)
    data, _ = seal_backup(renamed, tmp_path / "again", keys.recipients, retained=3)
    with pytest.raises(BackupFault, match="not made when"), opened(data, None, keys.identity):
        pass


def test_only_the_newest_are_kept(sealed: tuple[Path, Path], settings: Settings, keys: Keys, tmp_path: Path) -> None:
    for days in (1, 2):
        folder = make_backup(settings, tmp_path / "backups", NIGHT + timedelta(days=days), retained=3)
        seal_backup(folder, tmp_path / "encrypted", keys.recipients, retained=2)

    assert sorted(each.name[:8] for each in (tmp_path / "encrypted").iterdir()) == ["20261113"] * 2 + ["20261114"] * 2


def test_what_a_kill_left_is_gone_with_the_next_and_what_others_keep_there_stays(
    sealed: tuple[Path, Path], settings: Settings, keys: Keys, tmp_path: Path
) -> None:
    folder = make_backup(settings, tmp_path / "backups", NIGHT + timedelta(days=1), retained=3)
    half, others = sealed[0].with_name(f".{NAMES[0]}.part"), sealed[0].with_name("0-county.keys.age")
    begun = sealed[0].with_name(".20261120T013000Z.data.age.part")
    for file in (half, others, begun):
        file.write_bytes(b"half of it")
    seal_backup(folder, tmp_path / "encrypted", keys.recipients, retained=1)

    left = {each.name for each in (tmp_path / "encrypted").iterdir()}
    assert left == {"20261113T013000Z.data.age", "20261113T013000Z.keys.age", others.name, begun.name}


def test_a_copy_that_finds_no_room_leaves_no_half_and_takes_no_earlier_one_away(
    sealed: tuple[Path, Path], settings: Settings, keys: Keys, tmp_path: Path
) -> None:
    folder = make_backup(settings, tmp_path / "backups", NIGHT + timedelta(days=1), retained=3)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(BackupFault, match="No encrypted copy can be written"):
            seal_backup(folder, tmp_path / "encrypted", keys.recipients, retained=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert {each.name for each in (tmp_path / "encrypted").iterdir()} == set(NAMES)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_copy_that_was_packed_by_half_is_none(
    settings: Settings, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a fault of the disk was heard of: after any other, half of a night lay there under the name of the whole."""
    folder = make_backup(settings, tmp_path / "backups", NIGHT, retained=3)

    def fail(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("tarfile.TarFile.add", fail)
    with pytest.raises(BackupFault, match="no room"):
        seal_backup(folder, tmp_path / "encrypted", keys.recipients, retained=3)
    assert list((tmp_path / "encrypted").iterdir()) == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_rehearsal_proves_and_keeps_nothing_and_hears_of_keys_that_nothing_opens(
    settings: Settings, tmp_path: Path
) -> None:
    locked = replace(settings, secret="x" * 40)
    database = open_database(locked)
    join_keyring(database, locked, NIGHT)
    database.close()
    folder = make_backup(locked, tmp_path / "backups", NIGHT, retained=3)
    scratch = replace(locked, data=tmp_path / "scratch", database=f"sqlite:///{tmp_path}/scratch/lantern.sqlite")

    assert rehearse_restore(scratch, folder, NIGHT).made_at == NIGHT
    with pytest.raises(BackupFault, match="another LANTERN_SECRET"):
        rehearse_restore(replace(scratch, secret="y" * 40), folder, NIGHT)
    assert list((tmp_path / "scratch").glob("lantern*")) == []


@pytest.mark.parametrize("words", ["", "# nobody\n", "age1nonsense\n", "AGE-SECRET-KEY-1\n"])
def test_without_a_public_key_no_backup_begins(settings: Settings, tmp_path: Path, words: str) -> None:
    file = tmp_path / "recipients"
    file.write_text(words)
    with pytest.raises(BackupFault, match="public key"):
        read_recipients(file)
    done = CliRunner().invoke(main, ["backup", str(tmp_path / "b"), "--encrypt-to", str(file)])

    assert done.exit_code == 2
    assert not (tmp_path / "b").exists()


def test_debians_age_opens_them_too(sealed: tuple[Path, Path], keys: Keys, tmp_path: Path) -> None:
    """Nobody depends on Lantern to have their own data."""
    if shutil.which("age") is None:
        pytest.skip("age is not on this machine")
    command = ["age", "-d", "-i", str(keys.identity), "-o", str(tmp_path / "tar"), str(sealed[0])]
    subprocess.run(command, check=True, timeout=60)
    listed = subprocess.run(["tar", "-tf", tmp_path / "tar"], check=True, timeout=60, capture_output=True, text=True)

    assert "20261112T013000Z/manifest.json" in listed.stdout.split()
