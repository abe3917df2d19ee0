"""The directory of services that a phone takes along: public knowledge without secret addresses, told again only when it has
changed."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec.structs import replace

from server.http.openapi import problems
from server.http.services import Services
from server.queries.partnership.services import list_services
from server.sync_api.bodies import answer_unless_known
from server.sync_api.identity import identify, read_signed
from shared.model.service import Service, ServicePack
from shared.policy import Act
from shared.rules.finding_services import SENT_TO


@get("/service-pack", opt={"action": Act.SYNC}, sync_to_thread=True, responses=problems(401, 403, 429))
def send_service_pack(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Response[bytes]:
    """Every service that runs or will again (JSON as `shared.model.service.ServicePack`).

    Send the `ETag` of the last one as `If-None-Match`; 304 says that nothing has changed since.
    """
    now = services.clock()
    signed = read_signed(request, b"", now)
    with services.database.writing() as session:
        identify(session, signed, now)
        told = [_without_secrets(each) for each in list_services(session) if each.status in SENT_TO]
    return answer_unless_known(request, msgspec.json.encode(ServicePack(services=tuple(told))))


def _without_secrets(service: Service) -> Service:
    return replace(service, places=()) if service.is_secret_address else service
