"""Ordering by distance inside SQL: a flat earth is right to a metre over the kilometres of one patch. No noun lives here."""

import math
from typing import Final

METRES_PER_DEGREE: Final = 111_195.0

SQUARED_M: Final = (
    "((latitude - :lat) * 111195.0) * ((latitude - :lat) * 111195.0)"
    " + ((longitude - :lon) * :east_m) * ((longitude - :lon) * :east_m)"
)
"""Squared metres from (:lat, :lon) to a row's place; NULL for a row without one."""


def origin(latitude: float, longitude: float) -> dict[str, float]:
    """The parameters that `SQUARED_M` asks for."""
    return {"lat": latitude, "lon": longitude, "east_m": METRES_PER_DEGREE * math.cos(math.radians(latitude))}


def metres(squared: float | None) -> float | None:
    """Metres from what `SQUARED_M` gave."""
    return None if squared is None else math.sqrt(squared)
