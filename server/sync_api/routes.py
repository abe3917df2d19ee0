"""Every address of sync, gathered for the application."""

from litestar import Router

from server.settings import Settings
from server.sync_api.blobs import take_piece
from server.sync_api.concurrency_limit import ConcurrencyLimit
from server.sync_api.enrolment import enrol, renew_token
from server.sync_api.likely_cells import send_likely_cells
from server.sync_api.map_pack import send_map_pack
from server.sync_api.own_alarm import send_own_alarm
from server.sync_api.push_and_pull import pull, push, renew, take_receipt
from server.sync_api.quick import take_quick_entries
from server.sync_api.sealed import take_sealed
from server.sync_api.service_pack import send_service_pack
from server.sync_api.tonight import send_tonight


def sync_routers(settings: Settings) -> tuple[Router, ...]:
    """The addresses under /sync/v1, and under /blobs, where attachments come."""
    limit = ConcurrencyLimit(settings.sync_requests_at_once)
    messages = Router(
        path="/sync/v1",
        route_handlers=[
            enrol,
            renew_token,
            push,
            pull,
            renew,
            take_receipt,
            take_sealed,
            take_quick_entries,
            send_map_pack,
            send_likely_cells,
            send_service_pack,
            send_tonight,
            send_own_alarm,
        ],
        tags=["Sync"],
        middleware=[limit],
        request_max_body_size=settings.sync_body_bytes,
    )
    blobs = Router(
        path="/blobs",
        route_handlers=[take_piece],
        tags=["Sync"],
        middleware=[limit],
        request_max_body_size=settings.sync_body_bytes,
    )
    return messages, blobs
