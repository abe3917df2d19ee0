"""The squares where people are likely tonight, as a phone is told them: exact, for the teams that walk there, never public."""

from datetime import date

from shared.model.value import Value


class LikelySquare(Value, frozen=True, kw_only=True):
    """A square: its corners in order, as (latitude, longitude) in WGS 84 degrees, and a band from 1 to 4 (likeliest)."""

    corners: tuple[tuple[float, float], ...]
    band: int


class LikelySquares(Value, frozen=True, kw_only=True):
    """The squares of a team's districts, the likeliest first, and the night that they were worked out for."""

    night: date
    squares: tuple[LikelySquare, ...] = ()
