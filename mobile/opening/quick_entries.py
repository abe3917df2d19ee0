"""Recording on a locked phone: one person whom nobody knew, bedded down, here. It can be taken back for a minute, in which a
better fix may still mend where it was; then it is only carried.
"""

import threading
from collections.abc import Callable, Collection
from datetime import datetime

import msgspec
from msgspec import Struct

from mobile.device.location import is_sure, position_of
from mobile.device.ports import RawFix
from mobile.field.pin_improving import is_improvable, is_improvement
from mobile.opening.quick_box import QuickBox, QuickLine
from mobile.opening.sealing import seal
from mobile.opening.vault import DeviceCard
from shared.model.quick_entry import QuickEntry
from shared.model.value import Id

OPEN_MS = 60_000


class _Open(Struct, frozen=True):
    """One that may still be taken back, or be given a better fix."""

    entry: QuickEntry
    card: DeviceCard
    made_ms: int
    is_true: bool


class QuickEntries:
    """The entries of one phone."""

    def __init__(
        self,
        box: QuickBox,
        now: Callable[[], datetime],
        uptime_ms: Callable[[], int],
        new_id: Callable[[], Id],
        is_true: Callable[[], bool],
    ) -> None:
        self._box, self._now, self._uptime_ms, self._new_id, self._is_true = box, now, uptime_ms, new_id, is_true
        self._open: _Open | None = None
        self._guard = threading.RLock()
        """A fix is heard, an entry taken back and another sent on three threads: none undoes the other."""

    @property
    def count(self) -> int:
        """How many wait."""
        return self._box.count

    def record(self, fix: RawFix | None, card: DeviceCard) -> QuickEntry:
        """Keep an entry, with a fix that is sure, else without a place. Raises OSError."""
        with self._guard:
            uptime_ms = self._uptime_ms()
            here = position_of(fix, uptime_ms) if fix is not None and is_sure(fix, uptime_ms) else None
            entry = QuickEntry(id=self._new_id(), at=self._now(), position=here)
            self._keep(_Open(entry, card, uptime_ms, self._is_true()))
            return entry

    def heard(self, fix: RawFix) -> None:
        """A better fix, in the minute after. Raises OSError."""
        with self._guard:
            found = self._still_open()
            if found is None:
                return
            entry, uptime_ms = found.entry, self._uptime_ms()
            # As for a contact (`pin_improving`): a worker who walks on must not take the place along, a metre finer at each step.
            is_better = is_improvable(entry.position) and is_improvement(entry.position, fix)
            if is_better and is_sure(fix, uptime_ms):
                entry = msgspec.structs.replace(entry, position=position_of(fix, uptime_ms))
                self._keep(_Open(entry, found.card, found.made_ms, found.is_true))

    def take_back(self, entry_id: Id) -> bool:
        """It was a mistake. False once it may have been sent. Raises OSError."""
        with self._guard:
            found = self._still_open()
            if found is None or found.entry.id != entry_id:
                return False
            self._open = None
            self._box.drop([entry_id])
            return True

    def to_send(self) -> list[QuickLine]:
        """Those that are done."""
        with self._guard:
            found = self._still_open()
            return self._box.lines(but=found.entry.id if found is not None else None)

    @property
    def is_waiting(self) -> bool:
        """Has the minute of the last one just passed? Told once: it can be sent now."""
        with self._guard:
            return self._open is not None and self._still_open() is None

    def forget(self, ids: Collection[Id]) -> None:
        """The server has them. Raises OSError."""
        self._box.drop(ids)

    def _keep(self, told: _Open) -> None:
        box = seal(msgspec.json.encode(told.entry), told.card.sealing_key)
        self._box.put(QuickLine(id=told.entry.id, box=box, device=told.card.device_number, is_true=told.is_true))
        self._open = told

    def _still_open(self) -> _Open | None:
        found = self._open
        if found is not None and not 0 <= self._uptime_ms() - found.made_ms < OPEN_MS:
            self._open = found = None
        return found
