"""Encrypted copies of a backup, for places that nobody need trust: by age, to public keys: the server cannot read what it wrote.

The data is one file and the keys another, to be kept apart; whoever finds one has nothing. What is cut short, changed, meant for
another key, or given another night's name is refused before anything is restored.
"""

import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import pyrage

from server.backups import KEYS, STAMP, read_manifest
from server.restoring import BackupFault, sync_to_disk

DATA_ENDING, KEYS_ENDING = ".data.age", ".keys.age"
STAMPED = "[0-9]*T[0-9]*Z"
"""Files of ours, by their names: what else somebody keeps there stays."""


def seal_backup(folder: Path, target: Path, recipients: Path, *, retained: int) -> list[Path]:
    """Write a backup's two encrypted files into `target`; keep the newest `retained` of each kind. Raises BackupFault."""
    readers = read_recipients(recipients)
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupFault(f"No encrypted copy can be written to {target}: {error.strerror}.") from error
    for half in target.glob(f".{STAMPED}.*.age.part"):  # what was killed
        if half.name < f".{folder.name}":
            half.unlink(missing_ok=True)
    parts = {
        DATA_ENDING: [each for each in sorted(folder.iterdir()) if each.name != KEYS],
        KEYS_ENDING: [each for each in [folder / KEYS] if each.is_dir()],
    }
    made = [_seal(parts[ending], folder, target / f"{folder.name}{ending}", readers) for ending in parts]
    for ending in parts:
        for old in sorted(target.glob(f"{STAMPED}{ending}"))[:-retained]:
            old.unlink()
    return made


def read_recipients(file: Path) -> list[pyrage.x25519.Recipient]:
    """The public keys that a file names, one a line. Raises BackupFault where there are none, or one cannot be read."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        found = [pyrage.x25519.Recipient.from_str(line) for line in lines if line and not line.startswith("#")]
    except (OSError, UnicodeError, pyrage.RecipientError) as error:
        raise BackupFault(
            f"{file} names no public key that can be read: a line for each, beginning with age1."
        ) from error
    if not found:
        raise BackupFault(f"{file} names no public key: a line for each, beginning with age1.")
    return found


@contextmanager
def opened(data: Path, keys: Path | None, identity: Path) -> Iterator[Path]:
    """A backup as a folder, from its encrypted files; gone again afterwards. Raises BackupFault for what must not be restored."""
    try:
        words = identity.read_text(encoding="utf-8").splitlines()
        secrets = [
            pyrage.x25519.Identity.from_str(line.strip()) for line in words if line.startswith("AGE-SECRET-KEY-")
        ]
    except (OSError, UnicodeError, pyrage.IdentityError) as error:
        raise BackupFault(f"{identity} holds no key that can be read.") from error
    name = data.name.removesuffix(DATA_ENDING)
    if keys is not None and keys.name.removesuffix(KEYS_ENDING) != name:
        raise BackupFault(f"{keys.name} is not of the same backup as {data.name}.")
    with TemporaryDirectory(prefix="lantern-restore-") as scratch:
        for file in (data, *([keys] if keys is not None else [])):
            _open(file, Path(scratch), secrets)
        folder = Path(scratch) / name
        if [each.name for each in Path(scratch).iterdir()] != [name]:
            raise BackupFault(f"{data.name} holds another backup than its name says: somebody gave it another's.")
        if f"{read_manifest(folder).made_at:{STAMP}}" != name:
            raise BackupFault(f"{data.name} was not made when its name says.")
        yield folder


def _seal(parts: list[Path], folder: Path, target: Path, readers: list[pyrage.x25519.Recipient]) -> Path:
    half = target.with_name(f".{target.name}.part")
    reading, writing = (os.fdopen(number, mode) for number, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    failed: list[Exception] = []

    def pack() -> None:
        try:
            with writing, tarfile.open(fileobj=writing, mode="w|") as archive:
                for part in parts:
                    archive.add(part, f"{folder.name}/{part.name}")
        except Exception as error:  # whatever it was: what was packed until then is no backup
            failed.append(error)

    packing = threading.Thread(target=pack, name="packing", daemon=True)
    packing.start()
    try:
        with reading, half.open("wb") as file:
            half.chmod(0o600)
            pyrage.encrypt_io(reading, file, readers)
        packing.join()
        if failed:
            raise BackupFault(
                f"No encrypted copy can be written to {target.parent}: {getattr(failed[0], 'strerror', None) or failed[0]}."
            ) from failed[0]
        sync_to_disk(half)
        half.rename(target)
    except (OSError, pyrage.EncryptError) as error:
        why = getattr(error, "strerror", None) or error
        raise BackupFault(f"No encrypted copy can be written to {target.parent}: {why}.") from error
    finally:
        half.unlink(missing_ok=True)
    return target


def _open(file: Path, into: Path, secrets: list[pyrage.x25519.Identity]) -> None:
    """Unpack one file, whole or not at all: nothing of it is looked at before its end was proven."""
    plain = into / ".whole"
    try:
        with _private(plain) as whole:
            with file.open("rb") as sealed:
                pyrage.decrypt_io(sealed, whole, secrets)
            whole.seek(0)
            with tarfile.open(fileobj=whole, mode="r:") as archive:
                archive.extractall(into, filter="data")
    except (OSError, pyrage.DecryptError, tarfile.TarError) as error:
        raise BackupFault(
            f"{file.name} cannot be opened: it is damaged, cut short, or was encrypted to another key. Nothing was restored."
        ) from error
    finally:
        with suppress(OSError):
            plain.unlink()


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        yield file
