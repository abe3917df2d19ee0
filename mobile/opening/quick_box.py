"""What was recorded on the locked screen: sealed to the server as it is kept, so that this phone cannot read it back either.

Beside the store and apart from its numbered changes, which a locked phone cannot count on. A line of JSON for each entry.
"""

import threading
from collections.abc import Collection
from pathlib import Path

import msgspec

from mobile.device.files import write_durably
from shared.model.value import Id, Value


class QuickLine(Value, frozen=True, kw_only=True):
    """An entry's id, its box, and the number this phone had when it was made. `is_true`: its moment is the server's time, not the
    wall clock's, and is mended no more."""

    id: Id
    box: bytes
    device: int
    is_true: bool = False


class QuickBox:
    """The file of one phone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._lines = _read(path)

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._lines)

    def lines(self, but: Id | None = None) -> list[QuickLine]:
        """All of them, without one that may still become better."""
        with self._guard:
            return [each for each in self._lines if each.id != but]

    def put(self, line: QuickLine) -> None:
        """Keep an entry, in the place of an earlier one of its id; on the disk when it returns. Raises OSError."""
        with self._guard:
            self._write([*(each for each in self._lines if each.id != line.id), line])

    def drop(self, ids: Collection[Id]) -> None:
        """Forget these. Raises OSError."""
        with self._guard:
            kept = [each for each in self._lines if each.id not in ids]
            if len(kept) < len(self._lines):
                self._write(kept)

    def _write(self, lines: list[QuickLine]) -> None:
        write_durably(self._path, b"".join(msgspec.json.encode(each) + b"\n" for each in lines))
        self._lines = lines


def _read(path: Path) -> list[QuickLine]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    lines = []
    for line in raw.splitlines():
        try:
            lines.append(msgspec.json.decode(line, type=QuickLine))
        except msgspec.MsgspecError:
            continue
    return lines
