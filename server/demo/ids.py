"""Ids and moments that follow from the seed alone, so that the same seed makes the same county."""

from datetime import datetime
from random import Random
from uuid import UUID

from shared.model.value import Id


class Ids:
    """UUIDv7-shaped ids from seeded chance; those of a later moment sort later."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._at_ms = 0

    def at(self, moment: datetime) -> None:
        """From here on, ids are as if made at this moment."""
        self._at_ms = int(moment.timestamp() * 1000)

    def __call__(self) -> Id:
        """The next id."""
        bits = self._chance.getrandbits(74)
        number = self._at_ms << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & (1 << 62) - 1
        return str(UUID(int=number))
