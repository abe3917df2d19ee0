"""Fetching where people are likely tonight. The squares are exact, so they live in the encrypted store and in no other file:
they go with it when the phone is wiped, shredded or enrolled anew. A kindness, like the map: whatever goes wrong, the worker
goes on with the squares they have.
"""

import logging

import msgspec
from msgspec.structs import replace

from mobile.device.ports import KeystoreLost
from mobile.ports import MapCell
from mobile.store import settings
from mobile.store.database import Store
from mobile.store.errors import StoreError
from mobile.syncing.server_client import NoAnswer, Reply, ServerClient
from shared.model.likely import LikelySquares
from shared.model.value import Value

log = logging.getLogger(__name__)

LIKELY = "likely_cells"
ASK_AGAIN_S = 3600.0
"""Tonight's own contacts count at once; and whoever is hidden (rule A5) must not stay in a square for long."""
BYTES_MAX = 1_000_000
MAY_NOT_KNOW = frozenset({403, 404})


class KeptCells(Value, frozen=True, kw_only=True):
    """What the phone holds: the tag of the server's last answer, when it was asked (milliseconds), and its squares."""

    asked_at_ms: int
    tag: str = ""
    cells: tuple[MapCell, ...] = ()


def fetch_if_due(store: Store, client: ServerClient, token: str, now_ms: int) -> bool:
    """Ask at most once an hour; True when other squares were stored. Raises nothing."""
    try:
        return _fetch(store, client, token, now_ms)
    except (NoAnswer, KeystoreLost, StoreError, msgspec.MsgspecError) as error:
        log.info("the squares were not fetched: %s", type(error).__name__)
        return False


def find_cells(store: Store) -> tuple[MapCell, ...]:
    """The squares that the map draws; none before the first fetch. Raises `StoreError`."""
    kept = _find(store)
    return kept.cells if kept is not None else ()


def _fetch(store: Store, client: ServerClient, token: str, now_ms: int) -> bool:
    kept = _find(store)
    if kept is not None and 0 <= now_ms - kept.asked_at_ms < ASK_AGAIN_S * 1000:
        return False
    reply = client.get("/likely-cells", token, kept.tag if kept is not None else "")
    fresh = _take(reply, kept, now_ms)
    if fresh is None:
        return False
    with store.writing() as connection:
        settings.put_setting(connection, LIKELY, fresh)
    return fresh.cells != (kept.cells if kept is not None else ())


def _take(reply: Reply, kept: KeptCells | None, now_ms: int) -> KeptCells | None:
    """What the phone holds from now on; None when the answer says nothing, and it is asked again with the next sync."""
    if reply.status in MAY_NOT_KNOW:
        return KeptCells(asked_at_ms=now_ms)
    if reply.status == 304 and kept is not None:
        return replace(kept, asked_at_ms=now_ms)
    if reply.status == 200 and len(reply.body) <= BYTES_MAX:
        return KeptCells(asked_at_ms=now_ms, tag=reply.etag, cells=_read(reply.body))
    return None


def _read(body: bytes) -> tuple[MapCell, ...]:
    told = msgspec.json.decode(body, type=LikelySquares)
    return tuple(MapCell(corners=each.corners, strength=max(0, min(4, each.band))) for each in told.squares)


def _find(store: Store) -> KeptCells | None:
    with store.reading() as connection:
        return settings.find_setting(connection, LIKELY, KeptCells)
