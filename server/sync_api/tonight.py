"""Tonight's list for a form in a browser, which keeps nobody's record: read while there is a network, shown, and forgotten."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from server.actions.street.to_visit import StopTonight, list_stops
from server.http.openapi import problems
from server.http.services import Services
from server.sync_api.bodies import answer
from server.sync_api.identity import read_signed
from server.sync_api.likely_cells import admit_reader
from server.sync_api.visits import Visits
from shared.model.value import Value
from shared.policy import Act


class TonightsList(Value, frozen=True, kw_only=True):
    """Where to go tonight, in an order that somebody can walk."""

    stops: tuple[StopTonight, ...]


@get("/tonight", opt={"action": Act.SYNC}, sync_to_thread=True, responses=problems(401, 403, 429))
def send_tonight(
    request: Request[Any, Any, Any], services: NamedDependency[Services], visits: NamedDependency[Visits]
) -> Response[bytes]:
    """Open referrals of the worker's teams and whom they met lately (JSON as `TonightsList`); each is in the audit."""
    now = services.clock()
    door, _ = admit_reader(services, visits, read_signed(request, b"", now), now)
    with door.open() as access:
        told = TonightsList(stops=tuple(list_stops(access, "tonight’s list in a browser form")))
    return answer(request, msgspec.json.encode(told))
