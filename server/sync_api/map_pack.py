"""The map that a phone takes along: public ground, told again only when it has changed."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from server.http.openapi import problems
from server.http.services import Services
from server.places.map_sketch import make_sketch
from server.sync_api.bodies import answer_unless_known
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
        sketch = msgspec.json.encode(make_sketch(session, caller.enrolment.team_id, services.settings.data))
    return answer_unless_known(request, sketch)
