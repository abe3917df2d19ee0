"""Handing pictures over: piece by piece, after the changes that announce them, each forgotten once the server has filed it.

A picture is never in the way of a record: whatever goes wrong, it waits for the next trip.
"""

import logging

import msgspec

from mobile.device.ports import KeystoreLost
from mobile.store import pictures
from mobile.store.database import Store
from mobile.store.pictures import Waiting
from mobile.syncing.server_client import NoAnswer, ServerClient
from sync.blobs import BlobTaken, next_piece

log = logging.getLogger(__name__)

ROUNDS_MAX = 3
"""How often a picture is begun anew in one trip: bytes that were damaged on their way are forgotten by the server."""


def send_pictures(store: Store, client: ServerClient, token: str) -> int:
    """Send every picture as far as the line allows; returns how many are with the server now. Raises `StoreError`."""
    sent, after = 0, ""
    while True:
        with store.reading() as connection:
            waiting = pictures.find_next(connection, after)
        if waiting is None:
            return sent
        after = waiting.sha256
        try:
            taken = _send(waiting, client, token)
        except (NoAnswer, KeystoreLost):
            return sent
        if taken is None or not taken.is_over:
            continue
        if taken.reason:
            log.warning("the server does not take a picture: %s", taken.reason)
        with store.writing() as connection:
            pictures.drop_picture(connection, waiting.sha256)
        sent += 1


def _send(waiting: Waiting, client: ServerClient, token: str) -> BlobTaken | None:
    """What became of one picture; None where the server takes none of it now."""
    size = len(waiting.body)
    taken = _ask(client, token, waiting, 0, b"")
    for _ in range(ROUNDS_MAX):
        while taken is not None and not taken.is_over and (piece := next_piece(size, taken.received)) is not None:
            body = waiting.body[piece.start : piece.start + piece.length]
            before, taken = taken.received, _ask(client, token, waiting, piece.start, body)
            if taken is None or taken.received <= before:
                break
        if taken is None or taken.is_over:
            break
    return taken


def _ask(client: ServerClient, token: str, waiting: Waiting, start: int, body: bytes) -> BlobTaken | None:
    reply = client.put(f"/blobs/{waiting.sha256}?size={len(waiting.body)}&offset={start}", body, token)
    if reply.status != 200:
        return None
    try:
        return msgspec.json.decode(reply.body, type=BlobTaken)
    except msgspec.MsgspecError:
        return None
