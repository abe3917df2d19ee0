"""Every page handler, gathered for the application. Which pages an audience has is each package's own affair."""

from collections.abc import Sequence

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from server.web import coordinator, lead, signin
from server.web.layout.assets import asset_router

AUDIENCES: tuple[Sequence[HTTPRouteHandler], ...] = (signin.PAGES, coordinator.PAGES, lead.PAGES)


def list_routes() -> list[HTTPRouteHandler | Router]:
    """Returns every page and the router of scripts, styles and pictures."""
    return [asset_router(), *(handler for pages in AUDIENCES for handler in pages)]
