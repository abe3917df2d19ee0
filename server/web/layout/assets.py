"""Scripts, styles and pictures, all our own or copied from their packages at set-up. Nothing is fetched from elsewhere.

Each address carries a digest of the whole folder, so a browser may keep a file for ever and still sees every change;
scripts that import one another by relative address stay together.
"""

import hashlib
from functools import cache
from pathlib import Path

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from shared.policy.actions import Act

FOLDER = Path(__file__).resolve().parent.parent / "static"


@cache
def digest() -> str:
    """Returns twelve hexadecimal digits that change with any file of the folder."""
    total = hashlib.sha256()
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        total.update(str(path.relative_to(FOLDER)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


def asset_url(path: str) -> str:
    """Returns the address of a file of `static/`, such as `lantern.css`."""
    return f"/static/{digest()}/{path}"


def asset_router() -> Router:
    """Returns the router that serves the folder under its digest, to be kept by browsers for a year."""
    return create_static_files_router(
        path=f"/static/{digest()}",
        directories=[FOLDER],
        cache_control=CacheControlHeader(max_age=31_536_000, immutable=True, public=True),
        opt={"action": Act.PUBLIC, "exclude_from_auth": True},
        include_in_schema=False,
        name="assets",
    )
