"""Who has seen that the carrier of a phone was not heard, for that phone alone: so that it says no more than is true.

After a check-in under duress it is answered what would be answered after any other: somebody else may be looking at the screen.
"""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from server.access import of_theirs
from server.actions.street.own_alarm import find_own
from server.http.openapi import problems
from server.http.services import Services
from server.sync_api.bodies import answer
from server.sync_api.identity import read_signed
from server.sync_api.likely_cells import admit_reader
from server.sync_api.visits import Visits
from shared.model.alarm import OwnAlarm
from shared.policy import Act


@get("/own-alarm", opt={"action": Act.SYNC}, sync_to_thread=True, responses=problems(401, 403, 429))
def send_own_alarm(
    request: Request[Any, Any, Any], services: NamedDependency[Services], visits: NamedDependency[Visits]
) -> Response[bytes]:
    """Who searches for whoever carries this phone (JSON as `shared.model.alarm.OwnAlarm`; empty where nobody does)."""
    now = services.clock()
    door, _ = admit_reader(services, visits, read_signed(request, b"", now), now)
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor), purpose="own alarm")
        told = find_own(access)
    return answer(request, msgspec.json.encode(told or OwnAlarm()))
