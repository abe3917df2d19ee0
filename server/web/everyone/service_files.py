"""Bringing services in from a file of Open Referral UK, and handing the directory out as one."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body

from server.access import Access, Door
from server.http.services import Services
from server.importers.accounting import Importing
from server.importers.files import Refusal, UnusableFile
from server.importers.openreferral.parse import Read, parse
from server.importers.openreferral.store import ServiceAccount, import_services
from server.web.layout.forms import Errors, read_upload
from server.web.layout.page import AnyRequest, page
from shared.policy import Act

PATH = "/service-files"
MOST_BYTES = 20_000_000
SHOWN_REFUSALS = 200


@get(PATH, opt={"action": Act.EDIT_SERVICES}, sync_to_thread=True, include_in_schema=False)
def show_files(request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services]) -> Response[str]:
    """Where a file comes in."""
    with door.open() as access:
        access.require(Act.EDIT_SERVICES)
        return _answer(request, access, services)


@post(PATH, opt={"action": Act.EDIT_SERVICES}, sync_to_thread=True, include_in_schema=False, status_code=200)
def bring_services(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Brings a file in, and says what became of each service."""
    name, content = read_upload(data.get("data"), MOST_BYTES + 1)
    source = str(data.get("source", "")).strip()[:200]
    errors: Errors = {}
    with door.open() as access:
        access.require(Act.EDIT_SERVICES, purpose="a file of services")
        run = Importing("services", source, name, b"", access.now, services.new_id, by=access.actor.worker_id)
    if not source:
        errors["source"] = "Say whose directory it is: the next file of the same name brings it up to date."
    # Seconds of a large file are in no transaction: everybody else writes meanwhile.
    rows: list[Read | Refusal] = []
    named: frozenset[str] | None = None
    try:
        rows, named = _read(content, source)
    except UnusableFile as error:
        errors["data"] = str(error)
    if errors:
        with door.open() as access:
            return _answer(request, access, services, errors, source=source)
    account = import_services(services.database, run, rows, named)
    with door.open() as access:
        return _answer(request, access, services, account=account, source=source)


def _read(content: bytes, source: str) -> tuple[list[Read | Refusal], frozenset[str] | None]:
    if not content:
        raise UnusableFile("Choose a file.")
    if len(content) > MOST_BYTES:
        raise UnusableFile(
            f"The file is larger than {MOST_BYTES // 1_000_000} MB: whoever runs the server can bring it in."
        )
    return parse(content, source)


def _answer(
    request: AnyRequest,
    access: Access,
    services: Services,
    errors: Errors | None = None,
    account: ServiceAccount | None = None,
    source: str = "",
) -> Response[str]:
    return page(
        request, "everyone/service_files.html", title="Bring services in", section="/services", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, account=account, source=source, shown=SHOWN_REFUSALS,
        feed=f"{services.settings.address}/open-referral",
    )  # fmt: skip
