"""The map that a phone takes along: public ground, told again only when it has changed."""

import hashlib
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from server.http.openapi import problems
from server.http.services import Services
from server.places.map_sketch import make_sketch
from server.sync_api.bodies import answer
from server.sync_api.identity import identify, read_signed
from shared.policy import Act


@get("/map-pack", opt={"action": Act.SYNC}, sync_to_thread=True, responses=problems(401, 403, 429))
def send_map_pack(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """The sketch map of the phone's team (JSON as `server.places.map_sketch.Sketch`).

    Send the `ETag` of the last one as `If-None-Match`; 304 says that nothing has changed since.
    """
    now = services.clock()
    signed = read_signed(request, b"", now)
    with services.database.writing() as session:
        caller = identify(session, signed, now)
        sketch = msgspec.json.encode(make_sketch(session, caller.enrolment.team_id))
    tag = f'"{hashlib.sha256(sketch).hexdigest()[:32]}"'
    is_known = request.headers.get("if-none-match", "") == tag
    told = answer(request, b"", 304) if is_known else answer(request, sketch)
    told.set_header("etag", tag)
    return told
