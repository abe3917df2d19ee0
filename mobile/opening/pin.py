"""What may be a PIN, and what a wrong one leads to: pure rules (B2, B4) on counted attempts. No key, no file, no
clock.

Time is uptime, which nobody can set: after a restart of the phone the block counts from the restart, so neither a
changed clock nor a restart shortens it.
"""

from enum import Enum
from itertools import pairwise

from shared.model.value import Value

DIGITS_MIN = 6
BLOCK_AFTER = 5
SHRED_AFTER = 10
BLOCK_MS = 20 * 60_000

COMMONEST = frozenset(
    [
        "123456",
        "123456789",
        "12345678",
        "1234567",
        "111111",
        "123123",
        "1234567890",
        "000000",
        "654321",
        "666666",
        "987654321",
        "121212",
        "112233",
        "789456",
        "159753",
        "101010",
        "123321",
        "555555",
        "159357",
        "777777",
        "888888",
        "999999",
        "222222",
        "333333",
        "444444",
        "11111111",
        "00000000",
        "88888888",
        "87654321",
        "7777777",
        "147258369",
        "147258",
        "258456",
        "789456123",
        "456789",
        "741852963",
        "741852",
        "963852741",
        "963852",
        "852456",
        "456123",
        "123654",
        "321654",
        "456456",
        "789789",
        "147147",
        "258258",
        "369369",
        "147852",
        "987654",
        "098765",
        "012345",
        "0123456789",
        "123789",
        "789123",
        "654123",
        "131313",
        "141414",
        "151515",
        "161616",
        "171717",
        "181818",
        "191919",
        "202020",
        "212121",
        "232323",
        "242424",
        "252525",
        "262626",
        "272727",
        "282828",
        "292929",
        "303030",
        "313131",
        "323232",
        "343434",
        "363636",
        "454545",
        "464646",
        "474747",
        "484848",
        "494949",
        "505050",
        "515151",
        "525252",
        "545454",
        "565656",
        "575757",
        "585858",
        "595959",
        "606060",
        "676767",
        "686868",
        "696969",
        "787878",
        "797979",
        "808080",
        "818181",
        "898989",
        "909090",
        "919191",
        "929292",
        "949494",
        "969696",
        "979797",
        "989898",
        "998877",
        "332211",
        "445566",
        "778899",
        "123123123",
        "102030",
        "142536",
        "110110",
        "100100",
        "200000",
        "520520",
        "420420",
        "007007",
        "246810",
        "135790",
    ]
)
"""More than the hundred commonest numeric passwords of six digits or more."""


def refusal_of_pin(pin: str) -> str | None:
    """Why this may not be a PIN, as a sentence for the worker; None when it may."""
    if not (pin.isascii() and pin.isdigit()):
        return "A PIN is made of digits only."
    if len(pin) < DIGITS_MIN:
        return f"A PIN has at least {DIGITS_MIN} digits."
    if pin in COMMONEST or len(set(pin)) == 1 or _is_run(pin):
        return "Too many people choose that PIN. Choose one that nobody would guess."
    return None


def _is_run(pin: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return steps in ({1}, {9})


class Attempts(Value, frozen=True, kw_only=True):
    """Wrong PINs since the last right one, and when the fifth fell: uptime in ms, and the boot it was counted in."""

    wrong: int = 0
    blocked_at_ms: int | None = None
    blocked_boot: str = ""


class Gate(Enum):
    """What may be done with a PIN just now."""

    OPEN = "open"
    BLOCKED = "blocked"
    SHRED = "shred"


def gate(attempts: Attempts, uptime_ms: int, boot: str) -> tuple[Gate, int]:
    """Whether a PIN may be tried, and how many ms a block still lasts."""
    if attempts.wrong >= SHRED_AFTER:
        return Gate.SHRED, 0
    left_ms = _block_left_ms(attempts, uptime_ms, boot)
    return (Gate.BLOCKED, left_ms) if left_ms > 0 else (Gate.OPEN, 0)


def _block_left_ms(attempts: Attempts, uptime_ms: int, boot: str) -> int:
    if attempts.blocked_at_ms is None:
        return 0
    waited_ms = uptime_ms - attempts.blocked_at_ms if boot == attempts.blocked_boot else uptime_ms
    return BLOCK_MS - max(0, waited_ms)


def count_try(attempts: Attempts, uptime_ms: int, boot: str) -> Attempts:
    """The attempts as they stand if the PIN now tried is wrong. Written before trying, so that a kill buys no free guess."""
    wrong = attempts.wrong + 1
    if wrong == BLOCK_AFTER:
        return Attempts(wrong=wrong, blocked_at_ms=uptime_ms, blocked_boot=boot)
    return Attempts(wrong=wrong)


def attempts_left(attempts: Attempts) -> int:
    """How many more wrong PINs before the next consequence: the block, then the erasure."""
    return (BLOCK_AFTER if attempts.wrong < BLOCK_AFTER else SHRED_AFTER) - attempts.wrong
