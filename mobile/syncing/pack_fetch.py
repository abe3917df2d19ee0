"""Fetching what a phone takes along of public knowledge, the map and the directory of services, when it has changed. A kindness:
whatever goes wrong, the worker goes on with the one they have.
"""

import logging
from typing import Protocol

import msgspec

from mobile.device.ports import KeystoreLost
from mobile.syncing.server_client import NoAnswer, ServerClient

log = logging.getLogger(__name__)

ASK_AGAIN_S = 6 * 3600.0
"""Districts do not move, and services seldom: this often is often enough to ask."""


class Kept(Protocol):
    """Where a pack lies on the phone."""

    most_bytes: int

    def find_tag(self) -> str | None:
        """The tag of the one that is here, "" where there is none; None where it is left alone."""

    def keep(self, body: bytes, tag: str) -> None:
        """Keep what the server told. Raises OSError, ValueError, MsgspecError or RecursionError for what cannot be kept."""


class PackFetch:
    """One pack of one phone; `path` is where the server tells it."""

    def __init__(self, path: str, kept: Kept) -> None:
        self._path, self._kept = path, kept
        self._asked_at_ms: int | None = None

    def fetch_if_due(self, client: ServerClient, token: str, now_ms: int) -> bool:
        """Ask at most every six hours; True when another one was stored. Raises nothing."""
        if self._asked_at_ms is not None and 0 <= now_ms - self._asked_at_ms < ASK_AGAIN_S * 1000:
            return False
        tag = self._kept.find_tag()
        if tag is None:
            return False
        try:
            reply = client.get(self._path, token, tag)
        except (NoAnswer, KeystoreLost):
            return False
        self._asked_at_ms = now_ms
        if reply.status != 200 or len(reply.body) > self._kept.most_bytes:
            return False
        try:
            self._kept.keep(reply.body, reply.etag)
        except (OSError, ValueError, msgspec.MsgspecError, RecursionError) as error:
            log.info("%s was not kept: %s", self._path, type(error).__name__)
            return False
        return True
