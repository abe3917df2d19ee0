"""What time it is, where the phone's wall clock is wrong: the server's time when it last answered, carried on by uptime.

A clock that is two minutes off or less is believed. What was heard is kept over a restart of the app, not over a restart of the
phone: then uptime begins anew, and the wall clock counts until the server is heard again.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from mobile.device.ports import Uptime
from mobile.store.rows import from_ms, to_ms
from sync.clock import is_suspect

KEEP_AGAIN_MS = 30_000
"""What moved less than this since it was kept need not be written again."""

DAY_MS = 24 * 3_600_000


class Heard(Struct, frozen=True):
    """The server's time at an uptime of a boot, milliseconds all."""

    server_ms: int
    uptime_ms: int
    boot: str


class TrueTime:
    """The clock of everything that is recorded."""

    def __init__(
        self, wall: Callable[[], datetime], uptime: Uptime, kept: Heard | None, keep: Callable[[Heard], None]
    ) -> None:
        self._wall, self._uptime, self._heard, self._keep = wall, uptime, kept, keep

    def hear(self, server_ms: int) -> None:
        """The server says what time it is."""
        heard = Heard(server_ms, self._uptime.milliseconds(), self._uptime.boot())
        before, self._heard = self._carried_ms(), heard
        if before is None or abs(before - server_ms) > KEEP_AGAIN_MS:
            self._keep(heard)

    def now(self) -> datetime:
        """The wall clock, or what is nearer to the truth."""
        off_ms = self.off_ms()
        wall = self._wall()
        return wall if off_ms == 0 else from_ms(to_ms(wall) - off_ms)

    def off_ms(self) -> int:
        """How far the wall clock is ahead of the truth; 0 while it is right or nobody can tell."""
        carried_ms = self._carried_ms()
        if carried_ms is None:
            return 0
        off_ms = to_ms(self._wall()) - carried_ms
        return off_ms if is_suspect(off_ms) else 0

    def is_heard(self) -> bool:
        """Was the server heard since the phone was last switched on? Then `now` is the truth, whatever the wall clock says."""
        return self._carried_ms() is not None

    def is_doubtful(self) -> bool:
        """Does the wall clock stand a day or more before a time that has passed already, with nothing to mend it by?"""
        heard = self._heard
        return heard is not None and self._carried_ms() is None and heard.server_ms - to_ms(self._wall()) >= DAY_MS

    def _carried_ms(self) -> int | None:
        heard = self._heard
        if heard is None or heard.boot != self._uptime.boot():
            return None
        passed_ms = self._uptime.milliseconds() - heard.uptime_ms
        return heard.server_ms + passed_ms if passed_ms >= 0 else None
