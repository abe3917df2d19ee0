"""How far apart two points are: exactly as geopy says, or cheaply, for ranking hundreds of points on a phone."""

from math import cos, hypot, radians

from shared.model.position import Position

METRES_PER_DEGREE = 111_195.0
"""One degree of latitude on geopy's mean sphere (radius 6371.009 km)."""


def distance_m(one: Position, other: Position) -> float:
    """The great-circle distance in metres, by geopy."""
    from geopy.distance import great_circle

    here, there = (one.latitude, one.longitude), (other.latitude, other.longitude)
    return float(great_circle(here, there).meters)


def near_distance_m(one: Position, other: Position) -> float:
    """The distance in metres over a flat earth: within 0.1 % below 10 km and away from the poles, at a tenth of the
    cost."""
    east = (other.longitude - one.longitude + 180.0) % 360.0 - 180.0
    middle = radians((one.latitude + other.latitude) / 2.0)
    return hypot(east * cos(middle), other.latitude - one.latitude) * METRES_PER_DEGREE


def say_distance(metres: float) -> str:
    """A distance as a worker reads it: "40 m", "180 m", "1.2 km". Rounded to 10 m, since no pin is better than that."""
    rounded = round(metres / 10) * 10
    return f"{rounded} m" if rounded < 1000 else f"{metres / 1000:.1f} km"
