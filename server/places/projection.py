"""Degrees to metres and back, by EPSG code, whole arrays at a time (pyproj). Nothing here knows a cell or a district.

PROJ's tools belong to the thread that made them, and making them takes longer than a whole push: one thread keeps them.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

BRITISH_NATIONAL_GRID = "EPSG:27700"
WGS_84 = "EPSG:4326"

Floats = NDArray[np.float64]


class UnusableProjection(ValueError):
    """A coordinate system that is unknown, or is not measured in metres."""


@lru_cache(maxsize=8)
def check_projection(crs: str) -> str:
    """The same code, when it names a projected system in metres; else UnusableProjection with what to do."""
    try:
        known = CRS.from_user_input(crs)
    except CRSError as error:
        raise UnusableProjection(f"{crs!r} is not a coordinate system: give one such as EPSG:27700.") from error
    if not known.is_projected or known.axis_info[0].unit_name not in {"metre", "meter"}:
        raise UnusableProjection(f"{crs} is not a projection in metres: give one such as EPSG:27700 or EPSG:32611.")
    return crs


def project(crs: str, latitude: Any, longitude: Any) -> tuple[Floats, Floats]:
    """Easting and northing in metres of WGS 84 degrees; infinite where the projection does not reach."""
    return _turn(_to_grid, crs, longitude, latitude)


def unproject(crs: str, easting: Any, northing: Any) -> tuple[Floats, Floats]:
    """Latitude and longitude (WGS 84 degrees) of metres."""
    longitude, latitude = _turn(_to_degrees, crs, easting, northing)
    return latitude, longitude


def _turn(tool: Callable[[str], Transformer], crs: str, x: Any, y: Any) -> tuple[Floats, Floats]:
    """What a tool makes of these coordinates, in the thread that keeps the tools."""

    def work() -> tuple[Floats, Floats]:
        one, other = tool(crs).transform(np.asarray(x, float), np.asarray(y, float))
        return np.asarray(one), np.asarray(other)

    return _keeper.submit(work).result()


_keeper = ThreadPoolExecutor(1, thread_name_prefix="lantern-projection")


@lru_cache(maxsize=8)
def _to_grid(crs: str) -> Transformer:
    return Transformer.from_crs(WGS_84, check_projection(crs), always_xy=True)


@lru_cache(maxsize=8)
def _to_degrees(crs: str) -> Transformer:
    return Transformer.from_crs(check_projection(crs), WGS_84, always_xy=True)
