"""Unsent work outside the encrypted store, each change sealed to the server (rule B5). This phone cannot read it
back.

One append-only file of frames: number, length, CRC, box. A frame torn by a power cut is dropped when the file is next
opened; the change itself is in the store, and `missing` tells which numbers to seal again.
"""

import struct
import threading
import zlib
from collections.abc import Callable, Iterable
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from mobile.device.files import append, cut, flush, write_durably

HEAD = struct.Struct(">QII")


class SealedOutbox:
    """The sealed file of one device. Only where each box lies is held in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._places, self._end = self._load()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The change numbers held, in order."""
        with self._guard:
            return tuple(sorted(self._places))

    def boxes(self, limit: int | None = None, bytes_max: int | None = None) -> list[tuple[int, bytes]]:
        """Number and box of the first changes held, in order; of more than `bytes_max` only the first of them."""
        with self._guard:
            numbers = sorted(self._places)[:limit]
            if bytes_max is not None:
                ends = accumulate(self._places[n][1] for n in numbers)
                numbers = [
                    n for at, (n, end) in enumerate(zip(numbers, ends, strict=True)) if at == 0 or end <= bytes_max
                ]
            return self._read(numbers)

    def missing(self, numbers: Iterable[int]) -> list[int]:
        """Those of `numbers` that are not held."""
        with self._guard:
            return [n for n in numbers if n not in self._places]

    def add(self, boxes: Iterable[tuple[int, bytes]]) -> None:
        """Keep boxes: safe from a kill when it returns, from a power cut after `flush`. Raises OSError.

        The record itself is on the disk before; a worker does not wait for the disk a second time. What a full disk took of a
        frame is cut off before the next: behind half a frame nothing is found again.
        """
        with self._guard:
            new = [(n, box) for n, box in boxes if n not in self._places]
            if new:
                cut(self._path, self._end)
                append(self._path, b"".join(_frame(n, box) for n, box in new))
                self._place(new)

    def flush(self) -> None:
        """Put the boxes on the disk; the sync thread does so moments after each record. Raises OSError."""
        flush(self._path)

    def drop_until(self, acked: int) -> None:
        """Forget what the server holds: every number up to `acked`."""
        with self._guard:
            kept = self._read(sorted(n for n in self._places if n > acked))
            if len(kept) < len(self._places):
                write_durably(self._path, b"".join(_frame(n, box) for n, box in kept))
                self._places, self._end = {}, 0
                self._place(kept)

    def clear(self) -> None:
        """Everything is with the server."""
        with self._guard:
            self._path.unlink(missing_ok=True)
            self._places, self._end = {}, 0

    def begin_anew(self, read: Callable[[], Iterable[tuple[int, bytes]]]) -> None:
        """Hold these boxes in the place of all others: the phone has another number. Nobody adds one while they are read.
        Raises OSError."""
        with self._guard:
            boxes = list(read())
            write_durably(self._path, b"".join(_frame(n, box) for n, box in boxes))
            self._places, self._end = {}, 0
            self._place(boxes)

    def set_aside(self, path: Path) -> None:
        """Keep what could not be handed over under another name, and begin empty: a new enrolment counts from one."""
        with self._guard:
            if self._places:
                self._path.replace(path)
            self._places, self._end = {}, 0

    def _place(self, boxes: Iterable[tuple[int, bytes]]) -> None:
        for n, box in boxes:
            self._places[n] = (self._end + HEAD.size, len(box))
            self._end += HEAD.size + len(box)

    def _read(self, numbers: list[int]) -> list[tuple[int, bytes]]:
        if not numbers:
            return []
        with self._path.open("rb") as file:
            return [(n, _read_at(file, *self._places[n])) for n in numbers]

    def _load(self) -> tuple[dict[int, tuple[int, int]], int]:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return {}, 0
        places, whole = _find_frames(raw)
        if whole != len(raw):
            write_durably(self._path, raw[:whole])
        return places, whole


def _read_at(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def _frame(n: int, box: bytes) -> bytes:
    return HEAD.pack(n, len(box), zlib.crc32(box)) + box


def _find_frames(raw: bytes) -> tuple[dict[int, tuple[int, int]], int]:
    """Where the whole frames' boxes lie, and where the first torn frame begins."""
    places: dict[int, tuple[int, int]] = {}
    at = 0
    while at + HEAD.size <= len(raw):
        n, length, check = HEAD.unpack_from(raw, at)
        box = raw[at + HEAD.size : at + HEAD.size + length]
        if len(box) != length or zlib.crc32(box) != check:
            break
        places[n] = (at + HEAD.size, length)
        at += HEAD.size + length
    return places, at
