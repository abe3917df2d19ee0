"""The directory of services that a phone took along: one file beside the map. Public knowledge, so it needs no key; a file
that cannot
be read is as if it were not there.
"""

from pathlib import Path

import msgspec

from mobile.device.tagged_file import TaggedFile
from shared.model.service import ServicePack
from shared.rules.finding_services import Indexed, index_services

FOLDER, PACK = "services", "pack.json"
PACK_BYTES_MAX = 30_000_000
Stamp = tuple[int, int]


class ServiceFile:
    """Where the directory of one phone lies. `data` is its data directory."""

    most_bytes = PACK_BYTES_MAX

    def __init__(self, data: Path) -> None:
        self._file = TaggedFile(data / FOLDER / PACK)

    @property
    def pack(self) -> Path:
        """The file itself."""
        return self._file.file

    def find_stamp(self) -> Stamp | None:
        """By what it is known whether the file is another one; None where there is none."""
        try:
            found = self.pack.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def read(self) -> list[Indexed]:
        """The directory, ready to be searched; an empty one where there is none."""
        try:
            if self.pack.stat().st_size > PACK_BYTES_MAX:
                return []
            return msgspec.json.decode(self.pack.read_bytes(), type=list[Indexed])
        except (OSError, msgspec.MsgspecError, RecursionError):
            return []

    def find_tag(self) -> str:
        """The tag of the directory that is here; nothing when either is missing."""
        return self._file.find_tag()

    def keep(self, body: bytes, tag: str) -> None:
        """Keep what the server told, ready to be searched: what costs time is done while nobody waits. Raises OSError, or
        MsgspecError for what is no directory.
        """
        self._file.write(msgspec.json.encode(index_services(msgspec.json.decode(body, type=ServicePack).services)), tag)
