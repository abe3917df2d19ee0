"""Hybrid time: one whole number that never runs backwards and stays near the wall clock.

48 bits of milliseconds, 16 bits of counter. The clock only ranks values that nobody has ranked by seeing them
(`sync.merge`): it never decides what is lost. No clock is read here: wall times are told, in milliseconds.
"""

from typing import Final

from msgspec import Struct

AHEAD_MAX_MS: Final = 5 * 60_000
"""How far ahead of the server a stamp may stand. Beyond it the server clamps, and phones refuse to follow."""

SUSPECT_SKEW_MS: Final = 2 * 60_000
"""A phone's clock further off than this is shown as doubtful, and people's times are mended by the skew."""


def tick(last: int, wall_ms: int) -> int:
    """The stamp of the next own change: after `last`, and not before the wall clock."""
    return max(last + 1, wall_ms << 16)


def merge(last: int, eff: int, wall_ms: int) -> int:
    """The clock after hearing the server's stamp `eff`. A stamp far in the future is heard but not followed."""
    horizon_ms = max(wall_ms, last >> 16) + AHEAD_MAX_MS
    return max(last, eff) if eff >> 16 <= horizon_ms else last


def come_back(last: int, wall_ms: int, server_ms: int) -> int:
    """The clock of a phone whose wall clock was far ahead once and agrees with the server's again: what it recorded since must
    not go on ranking before everybody else's. Own writes need no clock among themselves: each has seen the one before.
    """
    is_right = not is_suspect(server_ms - wall_ms)
    is_ahead = last >> 16 > max(wall_ms, server_ms) + AHEAD_MAX_MS
    return max(wall_ms, 0) << 16 if is_right and is_ahead else last


def clamp(hlc: int, received_at_ms: int) -> int:
    """The effective stamp that the server gives a change: no phone may write into the future."""
    return min(hlc, (received_at_ms + AHEAD_MAX_MS) << 16)


def is_suspect(skew_ms: int) -> bool:
    """Is a phone's clock so far from the server's that people should see mended times?"""
    return abs(skew_ms) > SUSPECT_SKEW_MS


class PhoneClock(Struct, frozen=True):
    """A phone's clocks as it sends: wall clock and uptime in milliseconds, and which boot the uptime is counted in."""

    wall_ms: int
    up_ms: int | None = None
    boot: str | None = None


class MadeAt(Struct, frozen=True):
    """When a change was made, as it says itself: milliseconds of the wall clock and of uptime, the boot, and by how much the
    phone had mended `at_ms` already, where it had heard the server in that boot."""

    at_ms: int
    up_ms: int | None = None
    boot: str | None = None
    off_ms: int = 0


def happened_at(made: MadeAt, phone: PhoneClock, received_at_ms: int) -> int:
    """When a change was made, by the server's clock: never after it was received, nor before 1970, whatever a phone says.

    Within one boot the uptime tells how long ago that was, whatever anybody did to the clock meanwhile. Else the wall clock
    is mended by how far it was off.
    """
    ago_ms = _ago_ms(made, phone)
    if ago_ms is not None:
        return max(0, received_at_ms - ago_ms)
    if made.at_ms <= 0:
        return received_at_ms
    return min(received_at_ms, max(0, made.at_ms + _skew_of_another_boot(made, phone, received_at_ms)))


def skew_of(made: MadeAt, phone: PhoneClock, received_at_ms: int) -> int:
    """By how much the server's clock was ahead of the times that a change says.

    Within one boot that is known, also where the phone's clock was set right since.
    """
    if _ago_ms(made, phone) is not None and made.at_ms > 0:
        return happened_at(made, phone, received_at_ms) - made.at_ms
    return _skew_of_another_boot(made, phone, received_at_ms)


def _ago_ms(made: MadeAt, phone: PhoneClock) -> int | None:
    """How long ago a change was made, where it was since the phone was last switched on."""
    if made.up_ms is None or phone.up_ms is None or made.boot is None or made.boot != phone.boot:
        return None
    return max(0, phone.up_ms - made.up_ms)


def _skew_of_another_boot(made: MadeAt, phone: PhoneClock, received_at_ms: int) -> int:
    """The clock is taken to have been as it is now, but where the phone had mended the time itself, or the clock stands before
    it: then it was set back since, and the way it is off now says nothing of then."""
    is_set_back = phone.wall_ms < made.at_ms <= received_at_ms
    return 0 if made.off_ms or is_set_back else received_at_ms - phone.wall_ms
