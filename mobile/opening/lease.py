"""How long this phone may work without hearing from the server (rule B6): pure rules. No file, no network.

Time since the last renewal is counted in uptime, which nobody can set; over a restart the wall clock is believed, but
only forwards and only within reason, so that a clock set years wrong never erases what a worker can read, nor makes a
lease eternal.
"""

from enum import Enum

from shared.model.value import Value

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LEAP_MAX_MS = 60 * DAY_MS
"""A wall clock further ahead than this over one restart is a wrong clock, not a long sleep."""


class Lease(Value, frozen=True, kw_only=True):
    """Milliseconds counted since the server last answered, and where wall clock and uptime stood at that count."""

    elapsed_ms: int = 0
    wall_ms: int
    uptime_ms: int
    boot: str
    is_doubtful: bool = False
    """The wall clock leapt beyond reason: ask the server before opening, but erase nothing on its word."""


class Standing(Enum):
    """What the lease allows."""

    VALID = "valid"
    EXPIRED = "expired"
    SHRED = "shred"


def renewed(wall_ms: int, uptime_ms: int, boot: str) -> Lease:
    """The server has just answered."""
    return Lease(wall_ms=wall_ms, uptime_ms=uptime_ms, boot=boot)


def counted(lease: Lease, wall_ms: int, uptime_ms: int, boot: str) -> Lease:
    """The lease counted up to now."""
    if boot == lease.boot and uptime_ms >= lease.uptime_ms:
        passed_ms, doubtful = uptime_ms - lease.uptime_ms, lease.is_doubtful
    else:
        passed_ms, doubtful = _over_a_restart(lease, wall_ms, uptime_ms)
    return Lease(
        elapsed_ms=lease.elapsed_ms + passed_ms,
        wall_ms=wall_ms,
        uptime_ms=uptime_ms,
        boot=boot,
        is_doubtful=doubtful,
    )


def _over_a_restart(lease: Lease, wall_ms: int, uptime_ms: int) -> tuple[int, bool]:
    leap_ms = wall_ms - lease.wall_ms
    if leap_ms > LEAP_MAX_MS:
        return uptime_ms, True
    return max(leap_ms, uptime_ms), lease.is_doubtful


def standing(lease: Lease, lease_hours: int, shred_after_days: int) -> Standing:
    """What a lease that was `counted` up to now allows."""
    if lease.elapsed_ms > shred_after_days * DAY_MS:
        return Standing.SHRED
    if lease.is_doubtful or lease.elapsed_ms > lease_hours * HOUR_MS:
        return Standing.EXPIRED
    return Standing.VALID
