"""The two doors of sync: a phone's changes come in, and what it may follow goes out."""

from functools import partial
from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from server.actions.operation.enrolment import renew_number
from server.http.openapi import problems
from server.http.services import Services
from server.queries.sync import store as sync
from server.queries.sync.devices import Visit
from server.sync_api.admission import telling
from server.sync_api.bodies import answer, open_body
from server.sync_api.gathered_pushes import GatheredPushes
from server.sync_api.identity import Caller, identify, read_signed, to_ms
from server.sync_api.reading_pushes import UnreadPush
from server.sync_api.visits import Visits
from shared.model.value import NO_JSON
from shared.policy import Act
from sync.wire import Refused, encode, read_pull_request, read_receipt

SYNC: dict[str, Any] = {"opt": {"action": Act.SYNC}, "status_code": 200}
IN_A_THREAD = SYNC | {"sync_to_thread": True}


@post("/push", **SYNC, responses=problems(400, 401, 403, 409, 413, 429, 503))
async def push(
    request: Request[Any, Any, Any], body: RawBody, pushes: NamedDependency[GatheredPushes]
) -> Response[bytes]:
    """Take the next changes of a phone's log (JSON as `sync.wire.PushRequest`, gzip or zstd).

    Everything up to `acked` is durable when this answers. Sending the same again changes nothing.
    """
    now = pushes.clock()
    signed = read_signed(request, body, now)
    unread = UnreadPush(signed=signed, open_body=partial(open_body, request, body), now=now)
    return answer(request, encode(await pushes.take(unread)))


@post("/pull", **IN_A_THREAD, responses=problems(400, 401, 403, 413, 426, 429, 503))
def pull(
    request: Request[Any, Any, Any],
    body: RawBody,
    services: NamedDependency[Services],
    visits: NamedDependency[Visits],
) -> Response[bytes]:
    """A page of the feeds that a phone may follow (JSON as `sync.wire.PullRequest`).

    Nothing is told to a phone whose digits nobody has compared, or whose worker may see no person today, carries no phone by
    their roles or walks with another team now; see `admission`.
    """
    now = services.clock()
    signed = read_signed(request, body, now)
    question = _read(read_pull_request, open_body(request, body))
    with telling(services, visits, signed, now, is_feed=True) as told:
        number, minimum = told.caller.number, services.settings.minimum_app_version
        page = sync.pull(told.session, number, question, to_ms(now), minimum_app=minimum)
        told.visit = Visit(
            number=number,
            now_ms=to_ms(now),
            phone_ms=question.now,
            unsent=question.unsent,
            app=question.app,
            rewinds=len(page.rewind),
        )
    return answer(request, encode(page))


@post("/renew", **IN_A_THREAD, responses=problems(401, 403, 429))
def renew(request: Request[Any, Any, Any], body: RawBody, services: NamedDependency[Services]) -> Response[bytes]:
    """A fresh number for a phone that found its own used by a copy of itself. Its tokens go on with the new number."""
    now = services.clock()
    signed = read_signed(request, body, now)
    with services.database.writing() as session:
        caller = identify(session, signed, now)
        renewed = renew_number(session, caller.enrolment, services.ledger, now, services.new_id)
    return answer(request, encode(renewed))


@post("/wiped", **IN_A_THREAD, responses=problems(400, 401, 429))
def take_receipt(
    request: Request[Any, Any, Any], body: RawBody, services: NamedDependency[Services]
) -> Response[bytes]:
    """The phone's last word: it has wiped itself."""
    now = services.clock()
    signed = read_signed(request, body, now)
    _read(read_receipt, open_body(request, body))
    with services.database.writing() as session:
        caller: Caller = identify(session, signed, now)
        sync.record_wiped(session, caller.number, to_ms(now))
    return answer(request, b"{}")


def _read(decoder: Any, plain: bytes) -> Any:
    try:
        return decoder(plain)
    except NO_JSON as error:
        raise Refused("malformed", detail="The body is not what this address takes.") from error
