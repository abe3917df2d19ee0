"""A file that is read as often as it is needed and never held whole: a path, or bytes; unpacked on the way where it is gzip.

It is read once before anything else (`look_over`): what cannot be unpacked, or unpacks to more than anybody sends, is refused
before a row of it is stored.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

from server.importers.files import (
    GZIP_MAGIC,
    WORKBOOK_MAGIC,
    UnusableFile,
    list_encodings,
    refuse_other_kinds,
)

BLOCK_BYTES = 1 << 20
MAX_UNPACKED_BYTES = 8 << 30
"""No office sends as much: whatever unpacks to more is meant to fill a disk."""
START_BYTES = 4_000


@dataclass(frozen=True)
class Input:
    """A file by its name and how to open it again from its beginning."""

    name: str
    open: Callable[[], BinaryIO]

    def read_start(self) -> bytes:
        """The first bytes, by which a file is known."""
        with self.open() as stream:
            return stream.read(START_BYTES)

    @property
    def is_workbook(self) -> bool:
        """Is this a ZIP archive, as workbooks are?"""
        return self.read_start().startswith(WORKBOOK_MAGIC)

    def read_blocks(self) -> Iterator[bytes]:
        """The whole of it, piece by piece."""
        with self.open() as stream:
            while block := stream.read(BLOCK_BYTES):
                yield block


def of_bytes(data: bytes, name: str = "") -> Input:
    """A file that is here already."""
    if data.startswith(GZIP_MAGIC):
        return Input(name, lambda: cast(BinaryIO, gzip.GzipFile(fileobj=io.BytesIO(data))))
    return Input(name, lambda: io.BytesIO(data))


def of_path(path: Path) -> Input:
    """A file on disk. Raises UnusableFile when it cannot be read."""
    try:
        with path.open("rb") as stream:
            is_packed = stream.read(2) == GZIP_MAGIC
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read: {error.strerror or error}.") from error
    if is_packed:
        return Input(path.name, lambda: cast(BinaryIO, gzip.open(path)))
    return Input(path.name, lambda: path.open("rb"))


def look_over(source: Input, max_bytes: int = MAX_UNPACKED_BYTES) -> str:
    """The SHA-256 of the whole file. Raises UnusableFile where it cannot be read to its end, or is larger than it may be."""
    digest, size = sha256(), 0
    try:
        for block in source.read_blocks():
            digest.update(block)
            size += len(block)
            if size > max_bytes:
                raise UnusableFile(
                    f"{source.name} unpacks to more than {max_bytes >> 20} MB: split it and import the parts."
                )
    except (OSError, EOFError, zlib.error) as error:
        raise UnusableFile(f"{source.name} cannot be read to its end ({error}): fetch it again.") from error
    return digest.hexdigest()


def choose_encoding(source: Input) -> str:
    """The encoding in which the whole file can be read. Raises UnusableFile for what is no text."""
    start = source.read_start()
    refuse_other_kinds(start)
    for encoding in list_encodings(start):
        try:
            with io.TextIOWrapper(source.open(), encoding) as text:
                while text.read(BLOCK_BYTES):
                    pass
        except UnicodeError:
            continue
        return encoding
    raise UnusableFile("The file is not text in any encoding that is known here: save it again as CSV in UTF-8.")
