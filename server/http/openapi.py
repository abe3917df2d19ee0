"""The description of the API, and its page, which works with no other host: Swagger UI from our own static files."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from litestar import Request, Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, Contact, OAuthFlow, OAuthFlows, SecurityScheme

from server.problems import MEDIA_TYPE, Problem
from shared.policy import Act

OF_SYSTEMS = "partnerSystem"
"""By what name the description knows how partners' systems prove who they are."""
SCOPES = {
    "referrals": "send referrals, and ask what became of them",
    "cases": "read the cases of people whom the agency works with",
    "actions": "read and answer what the agency owes",
    "contacts": "read when outreach met people whom the agency works with, never where",
    "figures": "read the figures by quarter",
}
PAGE = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lantern: the API</title>
<link rel="icon" href="{icon}" type="image/svg+xml">
<link rel="stylesheet" href="{styles}">
</head>
<body>
<main id="api" data-description="{description}"></main>
<script src="{bundle}" nonce="{nonce}"></script>
<script nonce="{nonce}">
SwaggerUIBundle({{url: document.getElementById("api").dataset.description, dom_id: "#api", validatorUrl: null,
  deepLinking: true, presets: [SwaggerUIBundle.presets.apis]}});
</script>
</body>
</html>
"""


class OfflineSwagger(OpenAPIRenderPlugin):
    """Swagger UI, from files of our own, under the strict content policy.

    `asset_url` gives the address of a static file.
    """

    def __init__(self, asset_url: Callable[[str], str]) -> None:
        super().__init__(path="/")
        self._asset_url = asset_url

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page."""
        return PAGE.format(
            icon=self._asset_url("mark.svg"),
            styles=self._asset_url("vendor/swagger/swagger-ui.css"),
            bundle=self._asset_url("vendor/swagger/swagger-ui-bundle.js"),
            description="/schema/openapi.json",
            nonce=request.scope["state"].get("csp_nonce", ""),
        ).encode()


def describe_api(version: str, asset_url: Callable[[str], str]) -> OpenAPIConfig:
    """What the API page says of itself. It shows no data, so it is open to anyone."""
    return OpenAPIConfig(
        title="Lantern",
        version=version,
        description="Rough-sleeper outreach: what phones and programs may ask of the server.",
        contact=Contact(name="Your Lantern administrator"),
        components=Components(security_schemes={OF_SYSTEMS: _system_scheme()}),
        use_handler_docstrings=True,
        render_plugins=[OfflineSwagger(asset_url), JsonRenderPlugin()],
        openapi_router=Router(path="/schema", route_handlers=[], opt={"action": Act.PUBLIC}, include_in_schema=False),
    )


def _system_scheme() -> SecurityScheme:
    flow = OAuthFlow(token_url="/api/v1/token", scopes=dict(SCOPES))
    return SecurityScheme(type="oauth2", flows=OAuthFlows(client_credentials=flow))


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """For a handler's `responses`: the failures it may answer with, as they really look."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            media_type=MEDIA_TYPE,
            description=HTTPStatus(status).phrase,
            generate_examples=False,
        )
        for status in sorted({*statuses, 500})
    }
