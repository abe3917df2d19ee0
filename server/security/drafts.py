"""Sealing what was typed and not sent yet, and the mark by which a form is known after its session ended.

The key is never in the database: it comes from LANTERN_SECRET, else from a file of this machine's own.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.security.keys import NONCE_BYTES, make_key
from server.security.tokens import decode, derive, encode
from server.settings import Settings

PURPOSE = b"lantern drafts v1"
PATH = re.compile(r"/[\w./-]*", re.ASCII)
MARK_LIVES = timedelta(hours=24)
"""So long may a page stand open and its words still be taken in."""


@dataclass(frozen=True, kw_only=True)
class Marked:
    """Whom a form was shown to, and on which page."""

    worker_id: str
    page: str


class DraftKey:
    """Seals drafts and signs marks."""

    def __init__(self, key: bytes) -> None:
        self._sealer = AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE).derive(key))
        self._signing = key

    def seal(self, words: bytes, worker_id: str, action: str) -> str:
        """Words as they may lie in the database, bound to their worker and form."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return encode(nonce + self._sealer.encrypt(nonce, words, _bound(worker_id, action)))

    def open(self, sealed: str, worker_id: str, action: str) -> bytes | None:
        """The words again; None where they were sealed by another machine, or for another."""
        try:
            raw = decode(sealed)
            return self._sealer.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(worker_id, action))
        except (InvalidTag, ValueError):
            return None

    def mark(self, worker_id: str, page: str, now: datetime) -> str:
        """What a form carries: who sees it, where, and since when; nobody else can make one."""
        told = (worker_id, encode(page.encode()), str(int(now.timestamp())))
        return ".".join((*told, derive(self._signing, "draft mark", *told)))

    def read_mark(self, mark: str, now: datetime) -> Marked | None:
        """Whom a form was shown to; None for a mark that is not ours or too old."""
        parts = mark.split(".")
        if len(parts) != 4 or not hmac.compare_digest(
            parts[3].encode(), derive(self._signing, "draft mark", *parts[:3]).encode()
        ):
            return None
        if now.timestamp() - int(parts[2]) > MARK_LIVES.total_seconds():
            return None
        return Marked(worker_id=parts[0], page=decode(parts[1]).decode())


def page_of_mark(mark: str) -> str:
    """The page that a mark names, whoever made it: good for leading back there, and for nothing else."""
    parts = mark.split(".")
    try:
        page = decode(parts[1]).decode() if len(parts) == 4 else ""
    except ValueError:
        return ""
    return page if PATH.fullmatch(page) else ""


def load_draft_key(settings: Settings) -> DraftKey:
    """The key of this server: LANTERN_SECRET, which its machines share, else a file's, made at the first call."""
    folder: Path = settings.data / "keys"
    return DraftKey(settings.secret.encode() if settings.secret else make_key(folder / "drafts"))


def _bound(worker_id: str, action: str) -> bytes:
    return f"{worker_id}\x1f{action}".encode()
