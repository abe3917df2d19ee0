"""How much to send at once, and how long to wait after a failure. Reads no clock: durations and chance are told."""

from typing import Final

from msgspec import Struct, structs

WANTED_MS: Final = 5_000
"""A request should take about this long: less wastes round trips, more loses too much when the signal goes."""

RETRY_FIRST_S: Final = 5.0
RETRY_MAX_S: Final = 15 * 60.0


class Sizes(Struct, frozen=True):
    """How many changes to push and how many rows to pull in one request."""

    batch: int = 100
    page: int = 500


BATCH_MIN, BATCH_MAX = 1, 200
PAGE_MIN, PAGE_MAX = 50, 1_000


def adapt(size: int, took_ms: int, least: int, most: int) -> int:
    """The next size after a request of this size took so long."""
    if took_ms > 2 * WANTED_MS:
        return max(least, size // 2)
    if took_ms < WANTED_MS // 2:
        return min(most, size * 2)
    return size


def after_push(sizes: Sizes, took_ms: int) -> Sizes:
    """The sizes after a push that was answered."""
    return structs.replace(sizes, batch=adapt(sizes.batch, took_ms, BATCH_MIN, BATCH_MAX))


def after_pull(sizes: Sizes, took_ms: int) -> Sizes:
    """The sizes after a page that was answered."""
    return structs.replace(sizes, page=adapt(sizes.page, took_ms, PAGE_MIN, PAGE_MAX))


def halve_batch(sizes: Sizes) -> Sizes:
    """The sizes after a batch that was too much for the server."""
    return structs.replace(sizes, batch=max(BATCH_MIN, sizes.batch // 2))


def retry_delay_s(failures: int, chance: float, wanted_s: float = 0.0) -> float:
    """How long to wait after so many failures in a row: 5 s doubling to 15 minutes, half of it by `chance` (0 to 1), so that
    a whole city's phones do not come back in one moment. Never less than the server asked for (`wanted_s`).

    Reconnecting, starting the app and a new record are tried at once, whatever this says.
    """
    ceiling_s = min(RETRY_MAX_S, RETRY_FIRST_S * 2.0 ** min(max(failures - 1, 0), 16))
    return max(wanted_s, ceiling_s * (0.5 + 0.5 * chance))
