"""When the phone locks itself (rule B3): pure rules on uptime in milliseconds. Who closes the store is elsewhere."""

from msgspec.structs import replace

from shared.model.value import Value

IDLE_MS = 5 * 60_000
BACKGROUND_MS = 60_000


class Attention(Value, frozen=True, kw_only=True):
    """When somebody last used the screen, and since when the app is in the background (None: in front)."""

    touched_at_ms: int
    paused_at_ms: int | None = None


def touched(attention: Attention, uptime_ms: int) -> Attention:
    """Somebody used the screen."""
    return replace(attention, touched_at_ms=uptime_ms)


def paused(attention: Attention, uptime_ms: int) -> Attention:
    """The app left the front. A second pause does not start the minute again."""
    return attention if attention.paused_at_ms is not None else replace(attention, paused_at_ms=uptime_ms)


def resumed(attention: Attention, uptime_ms: int) -> Attention:
    """The app is in front again, and in use."""
    return Attention(touched_at_ms=uptime_ms)


def is_lock_due(attention: Attention, uptime_ms: int) -> bool:
    """Was the phone left alone for too long, in the background or in front?"""
    if attention.paused_at_ms is not None and uptime_ms - attention.paused_at_ms >= BACKGROUND_MS:
        return True
    return uptime_ms - attention.touched_at_ms >= IDLE_MS
