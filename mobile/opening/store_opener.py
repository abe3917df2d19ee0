"""The door to the store: enrolling, unlocking, locking, and shredding (rules B2 to B6, B13). No screen, no network,
no record.

Decisions are made by the pure rules of `pin`, `lock` and `lease`; this module carries them out in an order that a
kill at any point cannot turn into a free guess, a half-made phone, or a lost record.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from mobile.device.ports import Keystore, KeystoreLost, Uptime
from mobile.field.views import LockState, Unlocking
from mobile.opening import keys, lease, lock, pin
from mobile.opening.vault import DeviceCard, Vault, Vaults
from mobile.store import schema
from mobile.store.database import Store, open_store
from mobile.store.errors import KeyMissing, StoreDamaged, StoreLocked, WrongKey

log = logging.getLogger(__name__)

Random = Callable[[int], bytes]

ENDED = {
    "revoked": LockState.REVOKED,
    "pins": LockState.ERASED,
    "lease": LockState.ERASED,
    "lost": LockState.KEYSTORE_LOST,
}


class StoreOpener:
    """Opens and closes the store of one data directory."""

    def __init__(
        self,
        vaults: Vaults,
        keystore: Keystore,
        uptime: Uptime,
        now: Callable[[], datetime],
        cost: keys.Cost | None = None,
        random: Random = secrets.token_bytes,
    ) -> None:
        self._vaults, self._keystore, self._uptime, self._now = vaults, keystore, uptime, now
        self._cost = cost or keys.Cost()
        self._random = random
        self._attention = lock.Attention(touched_at_ms=uptime.milliseconds())
        self.store: Store | None = None
        self._key: bytes | None = None
        self._held: Vault | None = None
        self._card: DeviceCard | None = None
        self._would_not_open = False

    # --- where the phone stands

    @property
    def is_damaged(self) -> bool:
        """Has the store, or a part of it, shown itself unreadable since the app was started? Then a new code may be taken."""
        return self._would_not_open or (self.store is not None and self.store.is_damaged)

    @property
    def state(self) -> LockState:
        """Where the phone stands, without changing anything."""
        card = self._vaults.find_card()
        if card is None:
            return LockState.NOT_ENROLLED
        if card.ended:
            return ENDED.get(card.ended, LockState.ERASED)
        if self.store is not None:
            return LockState.UNLOCKED
        return self._closed_state(card)

    def _closed_state(self, card: DeviceCard) -> LockState:
        if not self._keystore.is_ready:
            return LockState.KEYSTORE_LOST
        try:
            vault = self._vaults.find_vault()
        except KeystoreLost:
            return LockState.KEYSTORE_LOST
        if vault is None:
            return LockState.KEYSTORE_LOST
        if self._find_permission(vault.attempts)[0] is not pin.PinPermission.OPEN:
            return LockState.BLOCKED
        if self._standing(card, vault) is lease.Standing.EXPIRED:
            return LockState.LEASE_EXPIRED
        return LockState.LOCKED

    # --- making and opening

    def make(self, card: DeviceCard, chosen_pin: str, fill: Callable[[Store], None]) -> Store:
        """A new store under a new key, filled, and only then the card that makes the phone enrolled.

        The keystore's keys were made before: the server knows the signing one. Raises `StoreError`, `KeystoreLost`.
        """
        self.lock()
        self._vaults.destroy_store()
        data_key, salt = self._random(keys.KEY_BYTES), self._random(keys.SALT_BYTES)
        wrapped = keys.wrap(
            data_key, chosen_pin, self._keystore.hmac(salt), salt, self._random(keys.NONCE_BYTES), self._cost
        )
        self._put(Vault(wrapped=wrapped, attempts=pin.Attempts(), lease=self._fresh_lease()))
        store = self._open(data_key)
        self._would_not_open = False
        fill(store)
        self._vaults.put_card(card)
        return store

    def unlock(self, given_pin: str) -> Unlocking:
        """Try a PIN. On success `store` is open."""
        state = self.state
        if state in (LockState.NOT_ENROLLED, LockState.KEYSTORE_LOST, LockState.REVOKED, LockState.ERASED):
            return Unlocking(state=state, message=MESSAGES[state])
        try:
            return self._try(given_pin)
        except (KeystoreLost, KeyMissing):
            return Unlocking(state=LockState.KEYSTORE_LOST, message=MESSAGES[LockState.KEYSTORE_LOST])

    def _try(self, given_pin: str) -> Unlocking:
        card, vault = self._vaults.find_card(), self._vaults.find_vault()
        if card is None or vault is None:
            raise KeyMissing
        standing, left_ms = self._find_permission(vault.attempts)
        if standing is pin.PinPermission.SHRED:
            return self._shredded("pins")
        if standing is pin.PinPermission.BLOCKED:
            return self._blocked(left_ms)
        if self._standing(card, vault) is lease.Standing.SHRED:
            return self._shredded("lease")
        tried = replace(
            vault,
            attempts=pin.count_try(vault.attempts, self._uptime.milliseconds(), self._uptime.boot()),
            lease=self._counted(vault.lease),
        )
        self._put(tried)
        return self._unwrap(card, tried, given_pin)

    def _unwrap(self, card: DeviceCard, vault: Vault, given_pin: str) -> Unlocking:
        try:
            data_key = keys.unwrap(vault.wrapped, given_pin, self._keystore.hmac(vault.wrapped.salt))
        except keys.WrongPin:
            return self._wrong(vault.attempts)
        self._put(replace(vault, attempts=pin.forgiven(vault.attempts)))
        if self._standing(card, vault) is lease.Standing.EXPIRED:
            return Unlocking(state=LockState.LEASE_EXPIRED, message=MESSAGES[LockState.LEASE_EXPIRED])
        try:
            self._open(data_key)
        except (StoreDamaged, WrongKey) as error:
            self._would_not_open = True
            return Unlocking(state=LockState.STORE_DAMAGED, message=f"{error.plain} {error.what_to_do}")
        self._vaults.set_room_aside()
        return Unlocking(state=LockState.UNLOCKED)

    def change_pin(self, old_pin: str, new_pin: str) -> Unlocking:
        """Wrap the key of the open store under another PIN. A wrong old one counts as a try at the door: who finds a phone open
        on a bench cannot guess on without end. Raises `StoreLocked`, `NoRoomToOpen`.
        """
        data_key, vault = self._key, self._vaults.find_vault()
        if data_key is None or vault is None:
            raise StoreLocked
        tries = pin.count_try(vault.attempts, self._uptime.milliseconds(), self._uptime.boot())
        tried = replace(vault, attempts=tries, lease=self._counted(vault.lease))
        self._put(tried)
        try:
            keys.unwrap(tried.wrapped, old_pin, self._keystore.hmac(tried.wrapped.salt))
        except keys.WrongPin:
            return self._wrong(tried.attempts)
        salt, nonce = self._random(keys.SALT_BYTES), self._random(keys.NONCE_BYTES)
        wrapped = keys.wrap(data_key, new_pin, self._keystore.hmac(salt), salt, nonce, self._cost)
        self._put(replace(tried, wrapped=wrapped, attempts=pin.forgiven(tried.attempts)))
        return Unlocking(state=LockState.UNLOCKED)

    def end_block(self, pressed_ms: int) -> None:
        """The team lead let the PIN be tried again, at this moment of the server's clock."""
        vault = self._vaults.find_vault()
        if vault is None:
            return
        after = pin.freed(vault.attempts, pressed_ms)
        if after != vault.attempts:
            self._put(replace(vault, attempts=after))

    def _wrong(self, attempts: pin.Attempts) -> Unlocking:
        standing, left_ms = self._find_permission(attempts)
        if standing is pin.PinPermission.SHRED:
            return self._shredded("pins")
        if standing is pin.PinPermission.BLOCKED:
            return self._blocked(left_ms)
        left = pin.attempts_left(attempts)
        return Unlocking(
            state=LockState.LOCKED, attempts_left=left, message=f"That is not the PIN. {left} tries are left."
        )

    def _blocked(self, left_ms: int) -> Unlocking:
        until = self._now().astimezone(UTC) + timedelta(milliseconds=left_ms)
        minutes = -(-left_ms // 60_000)
        return Unlocking(
            state=LockState.BLOCKED,
            until=until,
            message=f"Too many wrong PINs. Try again in {minutes} minute{'s' if minutes != 1 else ''}.",
        )

    def _shredded(self, reason: str) -> Unlocking:
        self.shred(reason)
        return Unlocking(state=self.state, message=MESSAGES[self.state])

    def _open(self, data_key: bytes) -> Store:
        self.lock()
        store = open_store(self._vaults.store_path, data_key)
        try:
            schema.migrate(store)
        except BaseException:
            store.close()
            raise
        self.store, self._key = store, data_key
        self._card = self._vaults.find_card()
        self.resumed()
        return store

    def open_second(self) -> Store | None:
        """Another connection to the open store, for another thread; None while the phone is locked."""
        data_key = self._key
        return None if data_key is None else open_store(self._vaults.store_path, data_key)

    # --- locking

    def lock(self) -> None:
        """Close the store and forget the key."""
        store, self.store, self._key = self.store, None, None
        if store is not None:
            self._would_not_open = self._would_not_open or store.is_damaged
            store.close()

    def touched(self) -> None:
        self._attention = lock.touched(self._attention, self._uptime.milliseconds())

    def paused(self) -> None:
        self._attention = lock.paused(self._attention, self._uptime.milliseconds())

    def resumed(self) -> None:
        self._attention = lock.resumed(self._attention, self._uptime.milliseconds())

    def is_lock_due(self) -> bool:
        """Was the phone left alone too long, or has its lease run out while it was open?"""
        if self.store is None:
            return False
        return lock.is_lock_due(self._attention, self._uptime.milliseconds()) or self._is_lease_over()

    def _is_lease_over(self) -> bool:
        """Asked every second: what is held in memory answers, not the files."""
        card, vault = self._card, self._held
        return card is not None and vault is not None and self._standing(card, vault) is not lease.Standing.VALID

    # --- the lease and the end

    def renew_lease(self) -> None:
        """The server has just answered this phone."""
        vault = self._vaults.find_vault()
        if vault is not None:
            self._put(replace(vault, lease=self._fresh_lease()))

    def lease_until(self) -> datetime | None:
        """When the lease runs out if the server is not heard before; None without one."""
        card, vault = self._vaults.find_card(), self._vaults.find_vault()
        if card is None or vault is None:
            return None
        left_ms = card.lease_hours * lease.HOUR_MS - self._counted(vault.lease).elapsed_ms
        return self._now() + timedelta(milliseconds=left_ms)

    def shred_if_due(self) -> bool:
        """Shred when the lease ran out a fortnight ago, and finish a shred that a kill cut short. True when shredded."""
        card = self._vaults.find_card()
        if card is None:
            return False
        if card.ended:
            self._destroy()
            return True
        try:
            vault = self._vaults.find_vault()
        except KeystoreLost:
            return False
        if vault is None or self._standing(card, vault) is not lease.Standing.SHRED:
            return False
        self.shred("lease")
        return True

    def shred(self, reason: str) -> None:
        """Make everything this phone can read unreadable, for good. What is sealed to the server stays, to be sent."""
        self.lock()
        card = self._vaults.find_card()
        if card is not None and not card.ended:
            self._vaults.put_card(replace(card, ended=reason))
        self._destroy()
        log.warning("this phone's records were erased: %s", reason)

    def _destroy(self) -> None:
        self._keystore.forget_unlocking_key()
        self._vaults.destroy_store()

    def _put(self, vault: Vault) -> None:
        self._vaults.put_vault(vault)
        self._held = vault

    # --- measures

    def _find_permission(self, attempts: pin.Attempts) -> tuple[pin.PinPermission, int]:
        return pin.find_permission(attempts, self._uptime.milliseconds(), self._uptime.boot())

    def _standing(self, card: DeviceCard, vault: Vault) -> lease.Standing:
        return lease.standing(self._counted(vault.lease), card.lease_hours, card.shred_after_days)

    def _counted(self, held: lease.Lease) -> lease.Lease:
        return lease.counted(held, self._wall_ms(), self._uptime.milliseconds(), self._uptime.boot())

    def _fresh_lease(self) -> lease.Lease:
        return lease.renewed(self._wall_ms(), self._uptime.milliseconds(), self._uptime.boot())

    def _wall_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


MESSAGES = {
    LockState.NOT_ENROLLED: "This phone is not enrolled yet.",
    LockState.KEYSTORE_LOST: f"{KeyMissing.plain} {KeyMissing.what_to_do}",
    LockState.REVOKED: "Your team has withdrawn this phone. Its records were erased. What was not yet sent has been kept, "
    "sealed, for the server only.",
    LockState.ERASED: "The records on this phone were erased to protect people. What was not yet sent has been kept, sealed, "
    "for the server only. Ask for a new code and enrol again.",
    LockState.LEASE_EXPIRED: "This phone has not reached the server for too long. Connect it to a network, then unlock. "
    "Nothing is lost.",
}
