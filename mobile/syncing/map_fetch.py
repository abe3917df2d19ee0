"""Fetching the sketch map from the server, when it has changed, to where `mobile.device.map_pack` looks for it.

Public ground without a key, so it lies beside the store; a sketch that held anything else would not be written here:
cells are dropped, `cell_fetch` brings those. A map is a kindness: whatever goes wrong, the worker goes on with the one they
have.
"""

import logging
from pathlib import Path

import msgspec
from msgspec.structs import replace

from mobile.device.map_pack import SKETCH, SKETCH_BYTES_MAX
from mobile.device.ports import KeystoreLost
from mobile.ports import MapSketch
from mobile.syncing.server_client import NoAnswer, ServerClient

log = logging.getLogger(__name__)

FOLDER, TAG = "map", "sketch.etag"
ASK_AGAIN_S = 6 * 3600.0
"""Districts do not move: this often is often enough to ask."""


class MapFetch:
    """The map of one phone. `data` is its data directory."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER
        self._asked_at_ms: int | None = None

    def fetch_if_due(self, client: ServerClient, token: str, now_ms: int) -> bool:
        """Ask at most every six hours; True when a new sketch was stored. Raises nothing."""
        if self._asked_at_ms is not None and 0 <= now_ms - self._asked_at_ms < ASK_AGAIN_S * 1000:
            return False
        if self._is_operators:
            return False
        try:
            reply = client.get("/map-pack", token, self._find_tag())
        except (NoAnswer, KeystoreLost):
            return False
        self._asked_at_ms = now_ms
        if reply.status != 200 or len(reply.body) > SKETCH_BYTES_MAX:
            return False
        try:
            self._keep(reply.body, reply.etag)
        except (OSError, msgspec.MsgspecError) as error:
            log.info("the map was not kept: %s", type(error).__name__)
            return False
        return True

    @property
    def _is_operators(self) -> bool:
        """A sketch without a tag was put here by the operator, with streets perhaps: it is left alone."""
        return (self._folder / SKETCH).is_file() and not (self._folder / TAG).exists()

    def _find_tag(self) -> str:
        """The tag of the sketch that is here; nothing when either is missing."""
        try:
            return (self._folder / TAG).read_text("ascii").strip() if (self._folder / SKETCH).is_file() else ""
        except (OSError, UnicodeDecodeError):
            return ""

    def _keep(self, body: bytes, tag: str) -> None:
        """A tag is there before the sketch and names it after: whenever this is cut, the map is asked for again."""
        sketch = replace(msgspec.json.decode(body, type=MapSketch), cells=(), tiles_path="")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._folder / TAG).write_text("", "ascii")
        fresh = self._folder / f"{SKETCH}.new"
        fresh.write_bytes(msgspec.json.encode(sketch))
        fresh.replace(self._folder / SKETCH)
        (self._folder / TAG).write_text(tag, "ascii")
