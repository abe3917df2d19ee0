"""Fetching the directory of services, when it has changed. A kindness, like the map: whatever goes wrong, the worker goes on
with the
one they have."""

import logging

import msgspec

from mobile.device.ports import KeystoreLost
from mobile.device.service_pack import PACK_BYTES_MAX, ServiceFile
from mobile.syncing.server_client import NoAnswer, ServerClient

log = logging.getLogger(__name__)

ASK_AGAIN_S = 6 * 3600.0


class ServiceFetch:
    """The directory of one phone."""

    def __init__(self, file: ServiceFile) -> None:
        self._file = file
        self._asked_at_ms: int | None = None

    def fetch_if_due(self, client: ServerClient, token: str, now_ms: int) -> bool:
        """Ask at most every six hours; True when another directory was stored. Raises nothing."""
        if self._asked_at_ms is not None and 0 <= now_ms - self._asked_at_ms < ASK_AGAIN_S * 1000:
            return False
        try:
            reply = client.get("/service-pack", token, self._file.find_tag())
        except (NoAnswer, KeystoreLost):
            return False
        self._asked_at_ms = now_ms
        if reply.status != 200 or len(reply.body) > PACK_BYTES_MAX:
            return False
        try:
            self._file.keep(reply.body, reply.etag)
        except (OSError, msgspec.MsgspecError, RecursionError) as error:
            log.info("the directory was not kept: %s", type(error).__name__)
            return False
        return True
