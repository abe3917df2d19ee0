"""The sync thread: when to try, how long to wait, and what to tell the screens. What a round does is in `rounds`.

Woken by a new record, by unlocking, by coming to the front, by hand; else after a pause that grows with failures.
While the phone is locked it only hands over sealed boxes and hears whether it was revoked. Its connection to the
store is its own.
"""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from mobile.field import wording
from mobile.field.views import SyncPhase, SyncStatus
from mobile.store.errors import StoreError
from sync import pacing

log = logging.getLogger(__name__)

QUIET_S = 5 * 60.0
"""With nothing to send, how often to ask whether there is news."""

Listener = Callable[[SyncStatus], None]


class Trip:
    """What one try came to: the worker of the thread fills it in."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.retry_after_s = 0.0


class SyncService:
    """Runs `travel` on its own thread, again and again."""

    def __init__(
        self,
        travel: Callable[["SyncService"], Trip],
        now: Callable[[], datetime],
        chance: Callable[[], float] | None = None,
    ) -> None:
        self._travel, self._now = travel, now
        self._chance = chance or random.SystemRandom().random
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._listeners: list[Listener] = []
        self._status = SyncStatus()
        self._failures = 0
        self._thread: threading.Thread | None = None

    # --- the thread

    def start(self) -> None:
        """Begin; a second call changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lantern-sync", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Something changed: try at once, whatever the pause."""
        self._woken.set()

    def stop(self, timeout_s: float = 3.0) -> None:
        """End after the request that is under way, and wait a little for it."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            pause_s = self.travel_once()
            self._woken.wait(pause_s)

    def travel_once(self) -> float:
        """One try; returns how long to pause, in seconds."""
        try:
            trip = self._travel(self)
        except StoreError as error:
            log.warning("sync stopped by the store: %s", type(error).__name__)
            trip = Trip()
            trip.trouble = "store"
        except Exception:
            log.exception("sync failed in a way nobody foresaw")
            trip = Trip()
            trip.trouble = "fault"
        return self._after(trip)

    def _after(self, trip: Trip) -> float:
        if trip.trouble is None:
            self._failures = 0
            self.tell(next_try_at=None)
            return QUIET_S
        self._failures += 1
        pause_s = pacing.retry_delay_s(self._failures, self._chance(), trip.retry_after_s)
        self.tell(next_try_at=self._now() + timedelta(seconds=pause_s))
        return pause_s

    # --- what the screens are told

    @property
    def status(self) -> SyncStatus:
        """How things stand."""
        with self._guard:
            return self._status

    def observe(self, listener: Listener) -> Callable[[], None]:
        """Be told of every change of status, on whatever thread it happens. Returns what stops it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def tell(self, **changes: object) -> None:
        """Change the status and tell everyone, if it differs."""
        with self._guard:
            before = self._status
            after = replace(before, **changes)
            after = replace(after, message=say(after))
            self._status = after
        if after != before:
            for listener in list(self._listeners):
                listener(after)


def say(status: SyncStatus) -> str:
    """The line at the top of every screen."""
    waiting = status.not_yet_sent
    parts = []
    if status.phase == SyncPhase.SENDING and waiting:
        parts.append(f"Sending {waiting}")
    elif waiting:
        parts.append(f"{waiting} not yet sent · kept safe on this phone")
    elif status.last_synced_at is not None:
        parts.append(f"All sent {wording.say_time(status.last_synced_at)}")
    if status.problem:
        parts.append(status.problem)
    if status.needs_a_look:
        needs = "needs" if status.needs_a_look == 1 else "need"
        parts.append(f"{status.needs_a_look} {needs} a look")
    if status.needs_newer_app:
        records = "1 record needs" if status.needs_newer_app == 1 else f"{status.needs_newer_app} records need"
        parts.append(f"{records} a newer app")
    return " · ".join(parts)
