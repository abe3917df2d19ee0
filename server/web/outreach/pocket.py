"""The form in a pocket: an installable page that records contacts with no network, for iPhones and borrowed browsers.

The page is the same for everybody and holds nothing of anybody: it joins as a phone does, keeps what is written sealed in the
browser (decision 104), and speaks to `server.sync_api`. What it does there is in `static/pocket`.
"""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.enums import MediaType

from server.http.headers import POSITION_ALONE
from server.http.services import Services
from server.web.layout import engine
from server.web.layout.assets import FOLDER, asset_url, digest
from server.web.outreach.contact_form import STATES
from shared.model.quick_entry import TO_CONFIRM
from shared.policy import Act
from shared.rules.pins import COMMONEST
from shared.version import VERSION

PATH = "/pocket/form"
MANIFEST = "/pocket/manifest.webmanifest"
OPEN: dict[str, Any] = {"opt": {"action": Act.PUBLIC}, "sync_to_thread": True, "include_in_schema": False}
NOBODY_HERE = ("nobody_here", "Nobody was here")
SCRIPTS = tuple(sorted(path.name for path in (FOLDER / "pocket").glob("*.js") if path.name != "worker.js"))
SHELL = (
    "lantern.css", "mark.svg", "vendor/govuk/govuk-frontend.min.css", "pocket/icon-180.png", "pocket/icon-512.png",
    "phone/authoring.js", *(f"pocket/{name}" for name in SCRIPTS),
)  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self';"
    " manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
"""Stricter than other pages': it is kept by the browser, so it carries no nonce."""


@get(PATH, **OPEN)
def show_pocket_form(services: NamedDependency[Services]) -> Response[str]:
    """The form, empty: the same bytes for everybody."""
    text = engine.render(
        "outreach/pocket.html",
        {
            "app": VERSION, "zone": services.settings.timezone, "states": [*STATES, NOBODY_HERE],
            "commonest": " ".join(sorted(COMMONEST)), "to_confirm": TO_CONFIRM, "errors": {},
        },
    )  # fmt: skip
    headers = {"content-security-policy": POLICY, "permissions-policy": POSITION_ALONE}
    return Response(text, media_type=MediaType.HTML, headers=headers)


@get("/pocket/worker.js", **OPEN)
def send_worker() -> Response[str]:
    """The script that keeps the empty form in the browser. It names every file of it, so it changes when any of them does."""
    kept = [PATH, MANIFEST, *(asset_url(each) for each in SHELL)]
    named = f"const NAME = {_say(f'pocket-{digest()}')};\nconst SHELL = {_say(kept)};\n"
    text = named + (FOLDER / "pocket" / "worker.js").read_text(encoding="utf-8")
    return Response(text, media_type="text/javascript")


@get(MANIFEST, **OPEN)
def send_manifest() -> Response[bytes]:
    """What a browser must know to put the form among its apps."""
    icons = [
        {"src": asset_url(f"pocket/icon-{each}.png"), "sizes": f"{each}x{each}", "type": "image/png"}
        for each in (180, 512)
    ]
    told = {
        "id": PATH,
        "name": "Lantern contact form",
        "short_name": "Lantern",
        "lang": "en-GB",
        "start_url": PATH,
        "scope": "/pocket/",
        "display": "standalone",
        "background_color": "#12283f",
        "theme_color": "#12283f",
        "icons": icons,
    }
    return Response(msgspec.json.encode(told), media_type="application/manifest+json")


def _say(value: object) -> str:
    return msgspec.json.encode(value).decode()
