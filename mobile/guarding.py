"""Ringing for a check-in when Android has ended the app itself: what the service of a shift does (`buildozer.spec`, `services`).

A process of its own, started with the shift and ended with it. All it knows is one small file: when the check-in is due by
the clock that nobody can set, and two sentences that name nobody. It opens no store and no network.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from mobile.device.files import write_durably
from shared.model.value import Value

DUTY = "check-in.json"
LOOK_EVERY_S = 10.0
AGAIN_MS = 5 * 60_000
"""A check-in that nobody has made is rung for again."""


class Duty(Value, frozen=True, kw_only=True):
    """When to ring (milliseconds since boot, and of which boot), and what to say then."""

    due_ms: int
    boot: str
    title: str
    words: str


def put_duty(folder: Path, duty: Duty | None) -> None:
    """Leave it to the service; None ends it. Raises OSError."""
    if duty is None:
        (folder / DUTY).unlink(missing_ok=True)
    else:
        write_durably(folder / DUTY, msgspec.json.encode(duty))


def find_duty(folder: Path) -> Duty | None:
    """What was left to it; None when it is to end."""
    try:
        return msgspec.json.decode((folder / DUTY).read_bytes(), type=Duty)
    except (OSError, msgspec.MsgspecError):
        return None


def next_ring_ms(duty: Duty, rung: tuple[int, int] | None) -> int:
    """When to ring next; `rung` is the check-in last rung for, and when that was."""
    if rung is None or rung[0] != duty.due_ms:
        return duty.due_ms
    return rung[1] + AGAIN_MS


def guard(
    folder: Path,
    uptime: Callable[[], tuple[int, str]],
    ring: Callable[[str, str], None],
    wait: Callable[[float], object],
) -> None:
    """Ring for each check-in that is due, and again, until no duty is left or the phone was started anew."""
    rung: tuple[int, int] | None = None
    while (duty := find_duty(folder)) is not None:
        now_ms, boot = uptime()
        if boot != duty.boot:
            return
        if now_ms >= next_ring_ms(duty, rung):
            ring(duty.title, duty.words)
            rung = (duty.due_ms, now_ms)
        wait(LOOK_EVERY_S)
