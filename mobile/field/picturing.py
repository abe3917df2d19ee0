"""Pictures of documents and of places: asked for, written down with the change that announces them, kept until they are sent.

The camera is another app, and Android may end this one meanwhile: what the picture is for is in the store before the camera
opens, and a picture that is found at the next unlock is taken up then. Its file, in this app's own folder, lives no longer.
"""

import logging
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from mobile.field.drafts import DraftRefused
from mobile.field.journal import Journal
from mobile.opening.context import Context
from mobile.opening.vault import PICTURES
from mobile.store import pictures, settings
from mobile.store.rows import to_ms
from shared.model.codes import DocumentKind
from shared.model.document import DOCUMENT_BYTES_MAX, DocumentAdded
from shared.model.value import Id

log = logging.getLogger(__name__)

WANTED = "picture wanted"
JPEG_BEGINS, JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"
PADDING = b"\0"


class _Wanted(Struct, frozen=True):
    name: str
    kind: DocumentKind
    person_id: Id | None
    site_id: Id | None


class Picturing:
    """The pictures of one unlocked phone. `data` is its data directory."""

    def __init__(self, context: Context, journal: Journal, data: Path) -> None:
        self._context, self._journal = context, journal
        self._folder = data / PICTURES

    def begin(self, kind: DocumentKind, person_id: Id | None = None, site_id: Id | None = None) -> str:
        """Where the camera shall write the picture. What it is for is durable when this returns. Raises `StoreError`."""
        wanted = _Wanted(f"{self._context.new_id()}.jpg", kind, person_id, site_id)
        self._sweep()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._context.store.writing() as connection:
            settings.put_setting(connection, WANTED, wanted)
        return str(self._folder / wanted.name)

    def finish(self) -> bool:
        """Take up the picture that was asked for. False where there is none, or only half of one; its file is gone in any case.

        Raises `DraftRefused` for one that is too large, `StoreError` when the disk says no: then the file is kept.
        """
        with self._context.store.reading() as connection:
            wanted = settings.find_setting(connection, WANTED, _Wanted)
        if wanted is None:
            return False
        content = _read(self._folder / wanted.name)
        try:
            if is_whole_jpeg(content):
                self._record(wanted, content)
        except DraftRefused:
            self._forget()
            raise
        self._forget()
        return is_whole_jpeg(content)

    def take_up(self) -> None:
        """At the unlock: a picture whose app was ended under it. Whatever cannot be used is let go."""
        try:
            self.finish()
        except DraftRefused as refused:
            log.warning("a picture was not kept: %s", refused)
        self._sweep()

    def _record(self, wanted: _Wanted, content: bytes) -> None:
        if len(content) > DOCUMENT_BYTES_MAX:
            raise DraftRefused(
                "That picture is larger than 5 MB. Set the camera to smaller pictures and take it again."
            )
        name = sha256(content).hexdigest()
        added = DocumentAdded(
            id=self._context.new_id(),
            kind=wanted.kind,
            sha256=name,
            size=len(content),
            at=self._context.clock.now(),
            worker_id=self._context.worker_id,
            person_id=wanted.person_id,
            site_id=wanted.site_id,
        )
        with self._journal.writing() as entry:
            entry.fact("attachment.added", added, wanted.person_id or wanted.site_id or added.id)
            pictures.put_picture(entry.connection, name, content, added.id, to_ms(added.at))

    def _forget(self) -> None:
        with self._context.store.writing() as connection:
            settings.drop_setting(connection, WANTED)
        self._sweep()

    def _sweep(self) -> None:
        """No picture lies open longer than it must."""
        for path in self._folder.glob("*"):
            with suppress(OSError):
                path.unlink()


def is_whole_jpeg(content: bytes) -> bool:
    """Did the camera finish? Some write noughts behind the end."""
    return content.startswith(JPEG_BEGINS) and content.rstrip(PADDING).endswith(JPEG_ENDS)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
