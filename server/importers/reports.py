"""The reports of a file, which can be read more than once, and what has to be known of the whole file before any is stored:

which references several rows bear that say different things, and which rows repeat one that comes after them. That is eight
bytes and a few numbers a row, however long the rows are.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from server.importers.files import Refusal
from server.importers.report import Report

Number = int
"""A row's number in its file."""


class Keys:
    """What the rows of a file are known by."""

    def __init__(self) -> None:
        self._numbers, self._references, self._said = array("q"), array("q"), array("q")
        self._repeats: list[tuple[Number, int, int]] = []

    def add(self, number: Number, reference: str, said: int, parent: str) -> None:
        """Note a row: by which reference it goes, a hash of everything it says, and which other it says that it repeats."""
        own = hash(reference) if reference else 0
        if reference:
            self._numbers.append(number)
            self._references.append(own)
            self._said.append(said)
        if parent:
            self._repeats.append((number, own, hash(parent)))

    def is_shared(self, reference: str) -> bool:
        """Do several rows of the file bear this reference and say different things?"""
        return hash(reference) in self._shared

    @cached_property
    def waiting(self) -> dict[Number, tuple[int, int]]:
        """The rows that repeat one which comes after them, or which waits itself: each with its own key and that of the other."""
        first, waiting = self._find_first(), {}
        own_of_waiting: set[int] = set()
        for number, own, parent in self._repeats:
            stands_at = first(parent)
            if parent in self._shared or stands_at is None:
                continue
            if stands_at > number or parent in own_of_waiting:
                waiting[number] = (own, parent)
                own_of_waiting.add(own)
        return waiting

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        numbers, references, said = (
            np.frombuffer(each, dtype=np.int64) if each else np.zeros(0, np.int64)
            for each in (self._numbers, self._references, self._said)
        )
        order = np.argsort(references, kind="stable")
        return references[order], said[order], numbers[order]

    @cached_property
    def _shared(self) -> frozenset[int]:
        references, said, _ = self._sorted
        differs = (references[1:] == references[:-1]) & (said[1:] != said[:-1])
        return frozenset(references[1:][differs].tolist())

    def _find_first(self) -> Callable[[int], Number | None]:
        references, _, numbers = self._sorted

        def find(key: int) -> Number | None:
            place = int(np.searchsorted(references, key))
            return int(numbers[place]) if place < len(references) and references[place] == key else None

        return find


class Reports(Protocol):
    """The reports of a file."""

    @property
    def keys(self) -> Keys: ...

    def __iter__(self) -> Iterator[Report | Refusal]: ...

    def pick(self, numbers: Collection[Number]) -> Iterator[Report | Refusal]:
        """The rows of these numbers alone."""
        ...


class Reread:
    """Reports that are made anew each time they are asked for."""

    def __init__(self, make: Callable[[], Iterable[Report | Refusal]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Report | Refusal]:
        return iter(self._make())

    def pick(self, numbers: Collection[Number]) -> Iterator[Report | Refusal]:
        return (each for each in self._make() if each.number in numbers)

    @cached_property
    def keys(self) -> Keys:
        keys = Keys()
        for each in self:
            if isinstance(each, Report):
                said = hash((*sorted(each.raw.items()), *sorted(each.extras.items())))
                keys.add(each.number, each.reference, said, each.parent_reference)
        return keys


def listed(rows: Sequence[Report | Refusal]) -> Reports:
    """Reports that are here already."""
    return Reread(lambda: rows)
