"""The ground under every map of ours: streets from the operator's file where there is one, else districts' outlines and the
gazetteer's names. Public ground and nothing about anybody; asked of this server alone.
"""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.access import Door
from server.http.services import Services
from server.places.basemap.serving import find_served, find_served_tile
from server.places.map_sketch import draw_outlines, name_places
from server.places.towns import list_towns
from server.queries.maps.boundaries import list_boundaries, list_districts_on
from server.queries.maps.gazetteer import list_within
from shared.policy import Act

MOST_NAMES = 5_000
KEPT_S = 7 * 24 * 3600


@get("/basemap", opt={"action": Act.SIGNED_IN}, sync_to_thread=True, include_in_schema=False)
def show_ground(
    request: Request[Any, Any, Any], door: NamedDependency[Door], services: NamedDependency[Services]
) -> Response[bytes]:
    """What a map draws beneath everything: where its tiles are, outlines, and names where no tiles bring them."""
    served = find_served(services.settings.data)
    with door.open() as access:
        standing = {each.id for each in list_districts_on(access.session, access.today)}
        areas = [each for each in list_boundaries(access.session) if each.district_id in standing]
        names = []
        if areas:
            west, south = min(each.west for each in areas), min(each.south for each in areas)
            east, north = max(each.east for each in areas), max(each.north for each in areas)
            box = (west, south, east, north)
            if served is None:
                names = list(name_places(list_towns(*box), list_within(access.session, *box, MOST_NAMES)))
    told = {
        "tiles": None if served is None else {
            "path": f"/basemap/{served.version}/{{z}}/{{x}}/{{y}}", "minzoom": served.min_zoom,
            "maxzoom": served.max_zoom, "attribution": served.attribution, "layers": served.layers,
        },
        "outlines": [_feature("LineString", [point[::-1] for point in line]) for line in draw_outlines(areas)],
        "names": [_feature("Point", (each.longitude, each.latitude), text=each.name, rank=each.rank) for each in names],
    }  # fmt: skip
    return Response(msgspec.json.encode(told), media_type="application/json")


@get("/basemap/{version:str}/{zoom:int}/{column:int}/{row:int}", opt={"action": Act.SIGNED_IN}, sync_to_thread=True,
     include_in_schema=False)  # fmt: skip
def send_tile(
    services: NamedDependency[Services],
    version: FromPath[str],
    zoom: FromPath[int],
    column: FromPath[int],
    row: FromPath[int],
) -> Response[bytes]:
    """A tile of our own districts; 204 for ground that is not ours. `version` is for browsers, which keep what they have."""
    body = find_served_tile(services.settings.data, zoom, column, row)
    if body is None:
        return Response(b"", status_code=204, headers={"cache-control": f"private, max-age={KEPT_S}"})
    headers = {"content-encoding": "gzip", "cache-control": f"private, max-age={KEPT_S}"}
    return Response(body, media_type="application/vnd.mapbox-vector-tile", headers=headers)


def _feature(kind: str, coordinates: Any, **words: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": words}
