"""The one object that screens talk to (`api.Field`): it holds the door, the sync and, while unlocked, the session. It
decides nothing.

Everything outside of it is handed in (`Phone`): clocks, ids, keystore, location, transport. `mobile.app` and
`mobile.__main__` build it.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
import msgspec
from msgspec import Struct

from mobile.device.integrity import Sound
from mobile.device.location import Whereabouts, age_s, is_fresh, is_sure, position_of, rest_ms
from mobile.device.ports import Battery, Integrity, Keystore, KeystoreLost, Location, RawFix, Uptime
from mobile.device.silent import UnknownBattery
from mobile.field.field_work import FieldWork
from mobile.field.own_views import ClockState
from mobile.field.tray import quick_item
from mobile.field.views import Enrolling, Fix, LockState, SyncPhase, SyncStatus, TrayItem, Unlocking
from mobile.opening import keys
from mobile.opening.quick_box import QuickBox
from mobile.opening.quick_entries import QuickEntries
from mobile.opening.sealed_outbox import SealedOutbox
from mobile.opening.session import Session
from mobile.opening.store_opener import StoreOpener
from mobile.opening.vault import Vaults
from mobile.store.errors import DiskFull, KeyMissing, StoreDamaged, StoreError, StoreLocked
from mobile.store.rows import to_ms
from mobile.syncing import rounds
from mobile.syncing.courier import Courier
from mobile.syncing.enrolment import Enrolment, may_enrol
from mobile.syncing.server_client import NoAnswer, ServerClient
from mobile.syncing.service import SyncService
from mobile.syncing.true_time import Heard, TrueTime
from shared.model.app_state import write_app
from shared.model.quick_entry import QuickEntry
from shared.model.value import NO_JSON, Id
from shared.rules import pins

HEARD_TIME = "heard_time"
"""The setting that holds the server's time as it was last heard; nothing about anybody."""


class Phone(Struct, kw_only=True):
    """What is handed in: everything that differs between a phone, a desktop and a test."""

    data: Path
    keystore: Keystore
    uptime: Uptime
    location: Location
    now: Callable[[], datetime]
    new_id: Callable[[], Id]
    app_version: str
    label: str = "Phone"
    battery: Battery = UnknownBattery()
    integrity: Integrity = Sound()
    transport: httpx.BaseTransport | None = None
    cost: keys.Cost | None = None
    mends_clock: bool = True
    """Trust the server's time over the wall clock. A scripted night of another year must not be put right."""


class FieldService(FieldWork):
    """See `api.Field` for what each call promises."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self._vaults = Vaults(phone.data, phone.keystore)
        self._door = StoreOpener(self._vaults, phone.keystore, phone.uptime, phone.now, phone.cost)
        self._sealed = SealedOutbox(phone.data / "sealed.box")
        self._time = TrueTime(phone.now, phone.uptime, self._kept_time(), self._keep_time)
        self._whereabouts = Whereabouts(phone.location, phone.uptime.milliseconds)
        self._whereabouts.observe(self._heard_fix)
        self._quick = QuickEntries(
            QuickBox(phone.data / "quick.box"), self.now, self.uptime_ms, phone.new_id, self._time.is_heard
        )
        self._session: Session | None = None
        self._lock_listeners: list[Callable[[LockState], None]] = []
        self._courier = Courier(
            self._vaults,
            self._door,
            self._sealed,
            self._quick,
            self._connect,
            phone.now,
            self._say_app,
            lambda: self._session,
            self._ended,
            phone.uptime,
            self.now,
        )
        self.sync = SyncService(self._courier.travel, phone.now)

    # --- opening the phone

    @property
    def is_enrolled(self) -> bool:
        return self._door.state is not LockState.NOT_ENROLLED

    @property
    def may_enrol(self) -> bool:
        return may_enrol(self._door, self._vaults)

    @property
    def lock_state(self) -> LockState:
        return self._door.state

    def enrol(self, code: str, server_url: str, pin: str) -> Enrolling:
        enrolment = Enrolment(
            self._vaults,
            self._door,
            self._phone.keystore,
            self._sealed,
            self._connect,
            self._say_app(),
            self._phone.label,
        )
        answer = enrolment.enrol(code, server_url, pin)
        if answer.enrolled:
            self._courier.hang_up()
            self._opened()
        return answer

    def refusal_of_pin(self, chosen: str) -> str | None:
        return pins.refusal_of_pin(chosen)

    def unlock(self, given: str) -> Unlocking:
        if self._door.state is LockState.LEASE_EXPIRED:
            self._ask_for_a_lease()
        answer = self._door.unlock(given)
        if answer.is_unlocked:
            try:
                self._opened()
            except KeyMissing as error:
                return self._shut(LockState.KEYSTORE_LOST, error)
            except StoreDamaged as error:
                return self._shut(LockState.STORE_DAMAGED, error)
        return answer

    def change_pin(self, old_pin: str, new_pin: str) -> Unlocking:
        refusal = pins.refusal_of_pin(new_pin)
        if refusal is not None:
            raise ValueError(refusal)
        answer = self._door.change_pin(old_pin, new_pin)
        if answer.state not in (LockState.UNLOCKED, LockState.LOCKED):
            self.lock()
        return answer

    def _shut(self, state: LockState, error: StoreError) -> Unlocking:
        """What was opened cannot be worked with: closed again, and told."""
        self._session = None
        self._door.lock()
        return Unlocking(state=state, message=f"{error.plain} {error.what_to_do}")

    def _opened(self) -> None:
        card, store = self._vaults.find_card(), self._door.store
        if card is None or store is None:
            raise StoreLocked
        self._session = Session(
            store, card, self._sealed, self, self._phone.new_id, self._whereabouts, self._recorded, self._phone.data
        )
        self._recount()
        self._tell_lock(LockState.UNLOCKED)
        self.sync.wake()

    def _ask_for_a_lease(self) -> None:
        """The lease ran out: the server must be heard before this phone opens."""
        card = self._vaults.find_card()
        if card is None:
            return
        client = self._connect(card.server_url)
        try:
            taken = rounds.send_sealed(self._sealed, client, card.device_number, self._say_app())
        except (NoAnswer, KeystoreLost):
            return
        finally:
            client.close()
        if taken is not None and taken.status == "ok":
            self._door.renew_lease()

    def lock(self) -> None:
        self._session = None
        self._door.lock()
        self._tell_lock(self._door.state)
        self.sync.tell(phase=SyncPhase.LOCKED)
        self.sync.wake()

    def touched(self) -> None:
        self._door.touched()

    def paused(self) -> None:
        self._door.paused()
        self._whereabouts.stop()

    def resumed(self) -> None:
        self._whereabouts.start()  # locked or not: whoever unlocks it, or records without a PIN, stands somewhere
        if not self.lock_if_due():
            self._door.resumed()
        self.sync.wake()

    def screen_went_off(self) -> None:
        if self._session is not None:
            self.lock()

    def lock_if_due(self) -> bool:
        if self._quick.is_waiting:
            self.sync.wake()
        self._whereabouts.pace(self.uptime_ms(), self._rest_ms)
        if self._session is not None and self._door.is_lock_due():
            self.lock()
        return self._session is None

    def observe_lock(self, listener: Callable[[LockState], None]) -> Callable[[], None]:
        self._lock_listeners.append(listener)

        def stop() -> None:
            if listener in self._lock_listeners:
                self._lock_listeners.remove(listener)

        return stop

    def _tell_lock(self, state: LockState) -> None:
        for listener in list(self._lock_listeners):
            listener(state)

    def _ended(self) -> None:
        """The sync thread shredded this phone on the server's word."""
        self._session = None
        self._tell_lock(self._door.state)

    # --- what a locked phone may still say

    def record_quick(self) -> QuickEntry:
        card = self._vaults.find_card()
        if card is None or card.ended:
            raise StoreLocked
        self._whereabouts.start()
        try:
            entry = self._quick.record(self._whereabouts.last(), card)
        except OSError as error:
            raise DiskFull from error
        self.sync.tell(not_yet_sent=self.unsent())
        return entry

    def take_quick_back(self, entry_id: Id) -> bool:
        try:
            was_here = self._quick.take_back(entry_id)
        except OSError as error:
            raise DiskFull from error
        self.sync.tell(not_yet_sent=self.unsent())
        return was_here

    # --- where

    def where_am_i(self) -> Fix | None:
        fix = self._whereabouts.last()
        if fix is None:
            return None
        uptime_ms = self.uptime_ms()
        if not is_fresh(fix, uptime_ms):
            self._whereabouts.wake()
        return Fix(
            position=position_of(fix, uptime_ms),
            at=self.now(),
            accuracy_m=fix.accuracy_m,
            age_s=age_s(fix, uptime_ms),
            is_stale=not is_fresh(fix, uptime_ms),
            is_sure=is_sure(fix, uptime_ms),
        )

    # --- what is sent and what is not

    def unsent(self) -> int:
        if self._session is None:
            return len(self._sealed.numbers) + self._quick.count
        return self._count_unsent(self._session)

    def sync_tray(self) -> list[TrayItem]:
        return [*super().sync_tray(), *(quick_item(each.id) for each in self._quick.to_send())]

    def sync_now(self) -> None:
        self.sync.wake()

    def sync_status(self) -> SyncStatus:
        return self.sync.status

    def observe_sync(self, listener: Callable[[SyncStatus], None]) -> Callable[[], None]:
        return self.sync.observe(listener)

    # --- settings, clocks, the end

    def setting(self, name: str, default: str = "") -> str:
        return self._vaults.settings().get(name, default)

    def set_setting(self, name: str, value: str) -> None:
        self._vaults.put_setting(name, value)

    def now(self) -> datetime:
        return self._time.now()

    def clock_state(self) -> ClockState:
        return ClockState(off_s=self._time.off_ms() / 1000, is_doubtful=self._time.is_doubtful())

    def _kept_time(self) -> Heard | None:
        try:
            return msgspec.json.decode(self._vaults.settings().get(HEARD_TIME, ""), type=Heard)
        except NO_JSON:
            return None

    def _keep_time(self, heard: Heard) -> None:
        with contextlib.suppress(OSError):  # a full disk: it is heard again
            self._vaults.put_setting(HEARD_TIME, msgspec.json.encode(heard).decode())

    def uptime_ms(self) -> int:
        return self._phone.uptime.milliseconds()

    def boot(self) -> str:
        return self._phone.uptime.boot()

    def off_ms(self) -> int:
        return self._time.off_ms()

    def start(self) -> None:
        """Begin to sync by itself and to listen for the place. Without it only `sync_once` syncs."""
        self._door.shred_if_due()
        self.listen()
        self.sync.start()

    def listen(self) -> None:
        """Begin to listen for the place."""
        self._whereabouts.start()

    def sync_once(self) -> SyncStatus:
        """Sync here and now, on this thread; for a phone without screens."""
        self.sync.travel_once()
        return self.sync.status

    def close(self) -> None:
        self._whereabouts.stop()
        self.sync.stop()
        self._session = None
        self._door.lock()
        self._courier.hang_up()

    # --- within

    @property
    def _open(self) -> Session:
        session = self._session
        if session is None:
            raise StoreLocked
        return session

    def _rest_ms(self) -> int:
        is_on_shift = self._session is not None and self._session.shifts.is_going
        return rest_ms(self._phone.battery.percent(), is_on_shift)

    def _say_app(self) -> str:
        """The app's version, and how this phone stands at this moment (rule B10)."""
        return write_app(self._phone.app_version, self._phone.integrity.find())

    def _connect(self, server_url: str) -> ServerClient:
        hear = self._time.hear if self._phone.mends_clock else lambda server_ms: None
        wall_ms = lambda: to_ms(self._phone.now())  # noqa: E731
        return ServerClient(server_url, self._phone.keystore, wall_ms, self._phone.transport, hear)

    def _heard_fix(self, fix: RawFix) -> None:
        if self._session is not None:
            self._session.pins.heard(fix)
        with contextlib.suppress(OSError):  # a full disk: what was kept stays as it was
            self._quick.heard(fix)

    def _count_unsent(self, session: Session) -> int:
        return session.journal.unsent_count() + self._quick.count

    def _recorded(self) -> None:
        """Quick: it stands between a worker's tap and the tick. Conflicts are counted when a sync ends."""
        if self._session is not None:
            self.sync.tell(not_yet_sent=self._count_unsent(self._session), seal_failed=self._session.seal_failed)
        self.sync.wake()

    def _recount(self) -> None:
        if self._session is not None:
            session = self._session
            self.sync.tell(
                not_yet_sent=self._count_unsent(session),
                needs_a_look=session.tray.needs_a_look(),
                seal_failed=session.seal_failed,
            )
