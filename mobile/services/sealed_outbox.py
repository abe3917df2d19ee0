"""Unsent work outside the encrypted store, each change sealed to the server (rule B5). This phone cannot read it
back.

One append-only file of frames: number, length, CRC, box. A frame torn by a power cut is dropped when the file is next
opened; the change itself is in the store, and `missing` tells which numbers to seal again.
"""

import struct
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path

from mobile.device.files import append, flush, write_durably

HEAD = struct.Struct(">QII")


class SealedOutbox:
    """The sealed file of one device."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._boxes = self._load()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The change numbers held, in order."""
        return tuple(sorted(self._boxes))

    def boxes(self) -> list[tuple[int, bytes]]:
        """Number and box of every change held, in order."""
        return sorted(self._boxes.items())

    def missing(self, numbers: Iterable[int]) -> list[int]:
        """Those of `numbers` that are not held."""
        return [n for n in numbers if n not in self._boxes]

    def add(self, boxes: Iterable[tuple[int, bytes]]) -> None:
        """Keep boxes: safe from a kill when it returns, from a power cut after `flush`. Raises OSError.

        The record itself is on the disk before; a worker does not wait for the disk a second time.
        """
        with self._guard:
            new = [(n, box) for n, box in boxes if n not in self._boxes]
            if new:
                append(self._path, b"".join(_frame(n, box) for n, box in new))
                self._boxes.update(new)

    def flush(self) -> None:
        """Put the boxes on the disk; the sync thread does so moments after each record. Raises OSError."""
        flush(self._path)

    def drop_until(self, acked: int) -> None:
        """Forget what the server holds: every number up to `acked`."""
        with self._guard:
            kept = {n: box for n, box in self._boxes.items() if n > acked}
            if len(kept) < len(self._boxes):
                write_durably(self._path, b"".join(_frame(n, box) for n, box in sorted(kept.items())))
                self._boxes = kept

    def clear(self) -> None:
        """Everything is with the server."""
        with self._guard:
            self._path.unlink(missing_ok=True)
            self._boxes = {}

    def set_aside(self, path: Path) -> None:
        """Keep what could not be handed over under another name, and begin empty: a new enrolment counts from one."""
        with self._guard:
            if self._boxes:
                self._path.replace(path)
            self._boxes = {}

    def _load(self) -> dict[int, bytes]:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        boxes, whole = _read_frames(raw)
        if whole != len(raw):
            write_durably(self._path, raw[:whole])
        return boxes


def _frame(n: int, box: bytes) -> bytes:
    return HEAD.pack(n, len(box), zlib.crc32(box)) + box


def _read_frames(raw: bytes) -> tuple[dict[int, bytes], int]:
    """The whole frames from the start, and where the first torn one begins."""
    boxes: dict[int, bytes] = {}
    at = 0
    while at + HEAD.size <= len(raw):
        n, length, check = HEAD.unpack_from(raw, at)
        box = raw[at + HEAD.size : at + HEAD.size + length]
        if len(box) != length or zlib.crc32(box) != check:
            break
        boxes[n] = box
        at += HEAD.size + length
    return boxes, at
