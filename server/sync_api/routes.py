"""Every address of sync, gathered for the application."""

from litestar import Router

from server.settings import Settings
from server.sync_api.enrolment import enrol, renew_token
from server.sync_api.push_and_pull import pull, push, renew, take_receipt
from server.sync_api.sealed import take_sealed


def sync_router(settings: Settings) -> Router:
    """The addresses under /sync/v1."""
    return Router(
        path="/sync/v1",
        route_handlers=[enrol, renew_token, push, pull, renew, take_receipt, take_sealed],
        tags=["Sync"],
        request_max_body_size=settings.sync_body_bytes,
    )
