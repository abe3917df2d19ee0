"""GeoJSON boundaries: which property is the code, which the name, and what makes a shape usable.

Bytes in; areas and refusals out, in the order of the file. Pure.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import shapely
from shapely.geometry.base import BaseGeometry

from server.importers.files import Refusal, UnusableFile, UnusableRow, decode_text
from shared.model.value import NO_JSON

CODE_NAMES = ("code", "district_code", "area_code", "area_cd", "gss_code", "id")
NAME_NAMES = ("name", "district_name", "area_name", "area_nm", "district", "label")
ONS_CODE = re.compile(r"(lad|ltla|utla|ctyua|wd|ctr)\d{2}cd", re.IGNORECASE)
ONS_NAME = re.compile(r"(lad|ltla|utla|ctyua|wd|ctr)\d{2}nm", re.IGNORECASE)
RAW_CHARACTERS = 2_000


@dataclass(frozen=True)
class Area:
    """One district's area. `geojson` is its geometry in WGS 84; the box is in degrees."""

    number: int
    code: str
    name: str
    geojson: str
    west: float
    south: float
    east: float
    north: float


def parse(data: bytes, code_property: str | None = None, name_property: str | None = None) -> list[Area | Refusal]:
    """The areas of a GeoJSON file. Raises UnusableFile when it is none, or names no code and name."""
    features = _list_features(data)
    code_at = code_property or _guess(features, CODE_NAMES, ONS_CODE, "code", "--code")
    name_at = name_property or _guess(features, NAME_NAMES, ONS_NAME, "name", "--name")
    return [_understand(number, feature, code_at, name_at) for number, feature in enumerate(features, start=1)]


def parse_whole(data: bytes) -> list[Area]:
    """The areas of a file that is taken whole or not at all. Raises UnusableFile, also for the first that cannot be used."""
    areas = []
    for each in parse(data):
        if isinstance(each, Refusal):
            raise UnusableFile(f"Feature {each.number}: {each.reason}")
        areas.append(each)
    return areas


def _list_features(data: bytes) -> list[Any]:
    try:
        whole = msgspec.json.decode(decode_text(data).lstrip("\ufeff"))
    except NO_JSON as error:
        raise UnusableFile(f"The file is not JSON ({error}): boundaries come as GeoJSON. Was it cut off?") from error
    if not isinstance(whole, Mapping):
        raise UnusableFile("The file is JSON but not GeoJSON: a FeatureCollection of polygons is wanted.")
    system = json.dumps(whole.get("crs", ""))
    if whole.get("crs") and not re.search(r"CRS84|4326", system):
        raise UnusableFile("The boundaries are not in WGS 84 degrees: export them again as EPSG:4326.")
    features = whole.get("features") if whole.get("type") == "FeatureCollection" else [whole]
    if not isinstance(features, list) or not features:
        raise UnusableFile("The file holds no features: a FeatureCollection of polygons is wanted.")
    return features


def _guess(features: Iterable[Any], names: Iterable[str], pattern: re.Pattern[str], noun: str, option: str) -> str:
    first = next((each for each in features if isinstance(each, Mapping)), {})
    properties = first.get("properties") or {}
    lowered = {str(name).lower(): str(name) for name in properties}
    found = next((lowered[name] for name in names if name in lowered), None)
    found = found or next((name for name in properties if pattern.fullmatch(str(name))), None)
    if found is None:
        raise UnusableFile(
            f"Which property is the district's {noun}? The first feature has {', '.join(map(str, properties)) or 'none'}: "
            f"name it with {option}."
        )
    return str(found)


def _understand(number: int, feature: Any, code_at: str, name_at: str) -> Area | Refusal:
    try:
        return _read_area(number, feature, code_at, name_at)
    except UnusableRow as error:
        raw = msgspec.json.encode(feature).decode()[:RAW_CHARACTERS]
        return Refusal(number, str(error), raw)


def _read_area(number: int, feature: Any, code_at: str, name_at: str) -> Area:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    if not isinstance(properties, Mapping):
        raise UnusableRow("The feature has no properties: it needs a code and a name.")
    code, name = (str(properties.get(key) or "").strip() for key in (code_at, name_at))
    if not code or not name:
        raise UnusableRow(f"The feature lacks its {code_at if not code else name_at}.")
    if len(code) > 40 or len(name) > 200:
        raise UnusableRow("The code is longer than 40 characters, or the name than 200.")
    shape = _read_shape(feature.get("geometry"))
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise UnusableRow("The polygon is not in degrees: export the boundaries again as WGS 84 (EPSG:4326).")
    return Area(number, code, name, shapely.to_geojson(shape), west, south, east, north)


def _read_shape(geometry: Any) -> BaseGeometry:
    if not isinstance(geometry, Mapping) or geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        raise UnusableRow("The feature is no polygon.")
    try:
        shape = shapely.from_geojson(msgspec.json.encode(geometry))
    except (shapely.errors.GEOSException, ValueError, TypeError) as error:
        raise UnusableRow(f"The polygon cannot be read: {error}.") from error
    shape = shapely.force_2d(shape)
    if not shapely.is_valid(shape):
        shape = shapely.make_valid(shape)
    if shape.is_empty or not shape.area:
        raise UnusableRow("The polygon is empty.")
    return shape
