"""What a wrong PIN leads to: pure rules (B4) on counted attempts. No key, no file, no clock. What may be one is in
`shared.rules.pins`.

Time is uptime, which nobody can set: after a restart of the phone the block counts from the restart, so neither a
changed clock nor a restart shortens it.
"""

from enum import Enum

from shared.model.value import Value

BLOCK_AFTER = 5
SHRED_AFTER = 10
BLOCK_MS = 20 * 60_000


class Attempts(Value, frozen=True, kw_only=True):
    """Wrong PINs since the last right one, and when the fifth fell: uptime in ms, and the boot it was counted in."""

    wrong: int = 0
    blocked_at_ms: int | None = None
    blocked_boot: str = ""
    freed_ms: int = 0
    """The team lead's last press that ended a block, by the server's clock: each is obeyed once."""


class PinPermission(Enum):
    """What may be done with a PIN just now."""

    OPEN = "open"
    BLOCKED = "blocked"
    SHRED = "shred"


def find_permission(attempts: Attempts, uptime_ms: int, boot: str) -> tuple[PinPermission, int]:
    """Whether a PIN may be tried, and how many ms a block still lasts."""
    if attempts.wrong >= SHRED_AFTER:
        return PinPermission.SHRED, 0
    left_ms = _block_left_ms(attempts, uptime_ms, boot)
    return (PinPermission.BLOCKED, left_ms) if left_ms > 0 else (PinPermission.OPEN, 0)


def _block_left_ms(attempts: Attempts, uptime_ms: int, boot: str) -> int:
    if attempts.blocked_at_ms is None:
        return 0
    waited_ms = uptime_ms - attempts.blocked_at_ms if boot == attempts.blocked_boot else uptime_ms
    return BLOCK_MS - max(0, waited_ms)


def count_try(attempts: Attempts, uptime_ms: int, boot: str) -> Attempts:
    """The attempts as they stand if the PIN now tried is wrong. Written before trying, so that a kill buys no free guess."""
    wrong = attempts.wrong + 1
    if wrong == BLOCK_AFTER:
        return Attempts(wrong=wrong, blocked_at_ms=uptime_ms, blocked_boot=boot, freed_ms=attempts.freed_ms)
    return Attempts(wrong=wrong, freed_ms=attempts.freed_ms)


def forgiven(attempts: Attempts) -> Attempts:
    """The right PIN came: no wrong tries any more."""
    return Attempts(freed_ms=attempts.freed_ms)


def freed(attempts: Attempts, pressed_ms: int) -> Attempts:
    """A lead ended the block. The tries before the erasure stay counted, and an earlier press ends no later block."""
    if pressed_ms <= attempts.freed_ms:
        return attempts
    return Attempts(wrong=attempts.wrong, freed_ms=pressed_ms)


def attempts_left(attempts: Attempts) -> int:
    """How many more wrong PINs before the next consequence: the block, then the erasure."""
    return (BLOCK_AFTER if attempts.wrong < BLOCK_AFTER else SHRED_AFTER) - attempts.wrong
