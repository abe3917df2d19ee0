"""Web Mercator in world pixels: the arithmetic of the map. Pure; y grows northwards, as Kivy's does."""

from math import asinh, atan, cos, degrees, pi, radians, sinh, tan

TILE_PX = 256
EQUATOR_M = 40_075_016.686
MOST_LATITUDE = 85.0511


def world_px(latitude: float, longitude: float, zoom: float) -> tuple[float, float]:
    """A WGS 84 point in pixels of the world at `zoom`; (0, 0) is the south-west corner."""
    size = TILE_PX * 2.0**zoom
    latitude = max(-MOST_LATITUDE, min(MOST_LATITUDE, latitude))
    return (longitude + 180.0) / 360.0 * size, (1.0 + asinh(tan(radians(latitude))) / pi) / 2.0 * size


def from_world_px(x: float, y: float, zoom: float) -> tuple[float, float]:
    """The WGS 84 (latitude, longitude) of a world pixel."""
    size = TILE_PX * 2.0**zoom
    return degrees(atan(sinh((y / size * 2.0 - 1.0) * pi))), x / size * 360.0 - 180.0


def metres_per_px(latitude: float, zoom: float) -> float:
    """How many metres one pixel is on the ground."""
    return float(EQUATOR_M * cos(radians(latitude)) / (TILE_PX * 2.0**zoom))
