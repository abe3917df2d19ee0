"""Every page handler, gathered for the application. Which pages an audience has is each package's own affair."""

from collections.abc import Sequence

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from server.web import (
    admin,
    agency,
    api,
    commissioner,
    coordinator,
    everyone,
    lead,
    open311,
    outreach,
    referrer,
    signin,
)
from server.web.layout.assets import asset_router

AUDIENCES: tuple[Sequence[HTTPRouteHandler], ...] = (
    signin.PAGES,
    coordinator.PAGES,
    lead.PAGES,
    outreach.PAGES,
    commissioner.PAGES,
    admin.PAGES,
    agency.PAGES,
    everyone.PAGES,
    referrer.PAGES,
    open311.PAGES,
    api.PAGES,
)


def list_routes() -> list[Router]:
    """Returns every page, and the router of scripts, styles and pictures.

    The pages come as one router, registered at once: Litestar 2.25 wraps a synchronous handler a second time when another
    method of the same path is registered after it, and then answers with a coroutine nobody awaits.
    """
    pages = Router(path="/", route_handlers=[handler for audience in AUDIENCES for handler in audience])
    return [asset_router(), pages]
