"""Help: the guide of each role, on the server itself, so that it is there where the internet is not."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.access import Door
from server.problems import NotFound
from server.web.layout.guides import GUIDES, order_guides, picture_path, read_guide
from server.web.layout.page import AnyRequest, page
from shared.policy import Act

OPEN: dict[str, Any] = {"opt": {"action": Act.SIGNED_IN}, "sync_to_thread": True, "include_in_schema": False}
KEPT_S = 86_400


@get("/help", **OPEN)
def show_guides(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Every guide, those of the reader's own roles first."""
    with door.open() as access:
        own, others = order_guides(access.actor.roles)
        return page(request, "everyone/guides.html", title="Help", worker=access.worker, own=own, others=others)


@get("/help/{name:str}", **OPEN)
def show_guide(request: AnyRequest, door: NamedDependency[Door], name: FromPath[str]) -> Response[str]:
    """One guide, to be read or printed."""
    if name not in GUIDES:
        raise NotFound
    guide = read_guide(name)
    with door.open() as access:
        return page(request, "everyone/guide.html", title=guide.title, worker=access.worker, guide=guide)


@get("/help/pictures/{name:str}", **OPEN)
def show_picture(name: FromPath[str]) -> Response[bytes]:
    """A picture of a guide: the demonstration county, in which everybody is invented."""
    path = picture_path(name)
    if path is None or not path.is_file():
        raise NotFound
    headers = {"cache-control": f"private, max-age={KEPT_S}"}
    return Response(path.read_bytes(), media_type="image/png", headers=headers)
