"""Where people are likely tonight, for a phone of the team that walks there: exact squares, so only for a phone that may pull
and a worker who may see where people are, and each answer is in the audit.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from server.access import Access, Door
from server.hotspots.tonight import band_of, corners_of, find_known, list_likely_cells
from server.http.openapi import problems
from server.http.services import Services
from server.queries.partnership import agencies, workers
from server.queries.sync import store as sync
from server.sync_api.admission import telling
from server.sync_api.bodies import answer_unless_known
from server.sync_api.identity import SignedRequest, read_signed
from server.sync_api.visits import Visits
from shared.model.likely import LikelySquare, LikelySquares
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind
from sync.wire import Refused

SQUARES_MAX = 200
"""More than a team walks in a night, and about five kilobytes squeezed."""
DECIMALS = 5
"""Of a degree: a metre, for squares of 125."""


@get("/likely-cells", opt={"action": Act.SYNC}, sync_to_thread=True, responses=problems(401, 403, 404, 429))
def send_likely_cells(
    request: Request[Any, Any, Any], services: NamedDependency[Services], visits: NamedDependency[Visits]
) -> Response[bytes]:
    """The squares of the team's districts where people are likely tonight (JSON as `shared.model.likely.LikelySquares`).

    Send the `ETag` of the last answer as `If-None-Match`; 304 says that nothing has changed since. 403 and 404 say that
    this phone may not know: it forgets what it was told.
    """
    now = services.clock()
    door, team_id = admit_reader(services, visits, read_signed(request, b"", now), now)
    with door.open() as access:
        told = msgspec.json.encode(_find_squares(access, team_id, services.settings.crs))
    return answer_unless_known(request, told)


def admit_reader(services: Services, visits: Visits, signed: SignedRequest, now: datetime) -> tuple[Door, Id]:
    """The door for whoever carries this phone, and its team. Raises Failure or Refused for a phone that is told nothing."""
    with telling(services, visits, signed, now) as told:
        session, caller = told.session, told.caller
        permissions = sync.get_device_state(session, caller.number).permissions
        if not permissions.may_pull:
            raise Refused(permissions.refusal)
        worker = workers.get_worker(session, caller.enrolment.worker_id)
    zone = ZoneInfo(services.settings.timezone)
    door = Door(services.database, worker, now, services.new_id, device_number=caller.number, zone=zone)
    return door, caller.enrolment.team_id


def _find_squares(access: Access, team_id: Id, crs: str) -> LikelySquares:
    """The squares of those of the team's districts that the worker walks still. Raises NotFound or Forbidden."""
    team = agencies.find_team(access.session, team_id)
    walked = frozenset(team.district_ids if team else ()) & access.actor.district_ids
    here = Subject(
        kind=SubjectKind.DISTRICT,
        id=next(iter(walked)) if len(walked) == 1 else "",
        district_ids=walked,
        team_id=team_id,
    )
    access.require(Act.SEE_MAP, here, purpose="map of a phone")
    tonight = access.tonight
    known = find_known(access.session, walked, tonight, crs)
    cells = list_likely_cells(known.looks, known.until, SQUARES_MAX)
    return LikelySquares(
        night=tonight,
        squares=tuple(
            LikelySquare(corners=_rounded(corners_of(each.cell, crs)), band=band_of(each, known.is_of_others))
            for each in cells
        ),
    )


def _rounded(corners: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    return tuple((round(latitude, DECIMALS), round(longitude, DECIMALS)) for latitude, longitude in corners)
