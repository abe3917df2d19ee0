"""The small files beside the store that can be read while the phone is locked: none holds anything about a person.

`device.json`: which server, which device number, the server's sealing key. `vault.json`: the wrapped key with the
counted attempts and the lease, under the keystore's seal, so that neither can be rolled back apart from the other by
editing. `settings.json`: how this worker likes the screens.
"""

import contextlib
import errno
from pathlib import Path
from typing import TypeVar

import msgspec

from mobile.device.files import write_durably
from mobile.device.ports import Keystore
from mobile.opening.keys import WrappedKey
from mobile.opening.lease import Lease
from mobile.opening.pin import SHRED_AFTER, Attempts
from mobile.store.errors import NoRoomToOpen
from shared.model.value import Value

Struct = TypeVar("Struct")

STORE = "store.db"
SPARE = "spare.room"
SPARE_BYTES = 256 * 1024
STORE_FILES = (STORE, STORE + "-wal", STORE + "-shm", STORE + "-journal")
PICTURES = "pictures"
"""Where the camera app writes one picture at a time, as it is: it lies there until this app is back."""


class DeviceCard(Value, frozen=True, kw_only=True):
    """Which phone this is to which server. `ended` says why it can no longer read: `revoked`, `pins`, `lease`, `lost`;
    `must_enrol` that its tokens are worth nothing any more and only a new code helps."""

    server_url: str
    device_number: int
    sealing_key: bytes
    lease_hours: int = 72
    shred_after_days: int = 14
    ended: str = ""
    must_enrol: bool = False


class Vault(Value, frozen=True, kw_only=True):
    """What guards the store's key."""

    wrapped: WrappedKey
    attempts: Attempts
    lease: Lease


class _Sealed(Value, frozen=True, kw_only=True):
    vault: Vault
    seal: bytes


class Vaults:
    """The three files of one data directory."""

    def __init__(self, data: Path, keystore: Keystore) -> None:
        self.data = data
        self._keystore = keystore
        data.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def store_path(self) -> Path:
        return self.data / STORE

    def find_card(self) -> DeviceCard | None:
        """Which phone this is; None before enrolment."""
        return _read(self.data / "device.json", DeviceCard)

    def put_card(self, card: DeviceCard) -> None:
        """Keep the card, durably."""
        write_durably(self.data / "device.json", msgspec.json.encode(card))

    def find_vault(self) -> Vault | None:
        """The vault; None when there is none. One whose seal is broken comes back on its last attempt."""
        sealed = _read(self.data / "vault.json", _Sealed)
        if sealed is None:
            return None
        if sealed.seal != self._seal(sealed.vault):
            return msgspec.structs.replace(sealed.vault, attempts=Attempts(wrong=SHRED_AFTER - 1))
        return sealed.vault

    def put_vault(self, vault: Vault) -> None:
        """Keep the vault, durably. On a full disk the room that was set aside is given up for it. Raises `NoRoomToOpen`."""
        sealed = msgspec.json.encode(_Sealed(vault=vault, seal=self._seal(vault)))
        try:
            write_durably(self.data / "vault.json", sealed)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self._write_in_spare_room(sealed)

    def _write_in_spare_room(self, sealed: bytes) -> None:
        (self.data / SPARE).unlink(missing_ok=True)
        try:
            write_durably(self.data / "vault.json", sealed)
        except OSError as error:
            raise NoRoomToOpen from error

    def set_room_aside(self) -> None:
        """Keep some room for the day the disk is full: a PIN must be counted before it is tried. A full disk has none to give."""
        spare = self.data / SPARE
        if not spare.exists():
            with contextlib.suppress(OSError):
                write_durably(spare, bytes(SPARE_BYTES))

    def destroy_store(self) -> None:
        """Remove the wrapped key, the store's files, and a picture that the camera left. May be called again after a kill."""
        for path in (*(self.data / name for name in ("vault.json", *STORE_FILES)), *(self.data / PICTURES).glob("*")):
            path.unlink(missing_ok=True)

    def settings(self) -> dict[str, str]:
        """The settings that are readable while locked."""
        return _read(self.data / "settings.json", dict[str, str]) or {}

    def put_setting(self, name: str, value: str) -> None:
        """Keep one setting."""
        write_durably(self.data / "settings.json", msgspec.json.encode(self.settings() | {name: value}))

    def _seal(self, vault: Vault) -> bytes:
        return self._keystore.hmac(b"lantern vault v1" + msgspec.json.encode(vault))


def _read(path: Path, kind: type[Struct]) -> Struct | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
