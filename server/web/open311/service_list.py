"""What may be reported here by Open311, and what is asked of a report."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from server.actions.referrals.georeport import SERVICE_CODE, Fault, ReportRefused
from server.http.services import Services
from server.web.layout.page import AnyRequest
from server.web.open311.forms import BASE, answer, answer_one, check_jurisdiction, refuse, split_name
from shared.policy import Act

SERVICE = {
    "service_code": SERVICE_CODE,
    "service_name": "Someone sleeping rough",
    "description": "Tell the outreach team where somebody sleeps rough. If someone is in danger now, or under 18, call 999.",
    "metadata": True,
    "type": "realtime",
    "keywords": "rough sleeping, homeless, outreach",
    "group": "Homelessness",
}
ATTRIBUTES = (
    ("seen", "string", "When were they seen?", "such as: tonight about 9, or most mornings"),
    ("concerns", "text", "Does anything worry you?", ""),
    ("people", "number", "How many people?", "a whole number"),
)


@get("/open311/discovery.json", opt={"action": Act.PUBLIC}, sync_to_thread=False, include_in_schema=False)
def discover(services: NamedDependency[Services]) -> dict[str, Any]:
    """Where the service is, for programs that look for it."""
    settings = services.settings
    return {
        "changeset": "2026-11-29T00:00:00Z",
        "contact": f"{settings.address}/report",
        "key_service": f"{settings.address}/report",
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": f"{settings.address}{BASE}",
                "changeset": "2026-11-29T00:00:00Z",
                "type": "production",
                "formats": ["application/json", "text/xml"],
            }
        ],
    }


@get(
    [f"{BASE}/services.json", f"{BASE}/services.xml"], opt={"action": Act.PUBLIC}, include_in_schema=False
)  # fmt: skip
async def list_services(
    request: AnyRequest, services: NamedDependency[Services], jurisdiction_id: FromQuery[str] = ""
) -> Response[bytes]:
    """The one service."""
    try:
        check_jurisdiction(services.settings, jurisdiction_id)
    except ReportRefused as refused:
        return refuse(request, refused)
    return answer(request, "services", "service", [SERVICE])


@get(f"{BASE}/services/{{name:str}}", opt={"action": Act.PUBLIC}, sync_to_thread=False, include_in_schema=False)
def define_service(
    request: AnyRequest,
    services: NamedDependency[Services],
    name: FromPath[str],
    jurisdiction_id: FromQuery[str] = "",
) -> Response[bytes]:
    """What is asked of a report beside its place and its description."""
    try:
        check_jurisdiction(services.settings, jurisdiction_id)
        if split_name(name) != SERVICE_CODE:
            raise ReportRefused(Fault(code=404, description="service_code was not found"))
    except ReportRefused as refused:
        return refuse(request, refused)
    attributes = [
        {
            "variable": True, "code": code, "datatype": datatype, "required": False, "datatype_description": hint,
            "order": order, "description": description,
        }
        for order, (code, datatype, description, hint) in enumerate(ATTRIBUTES, start=1)
    ]  # fmt: skip
    return answer_one(request, "service_definition", {"service_code": SERVICE_CODE, "attributes": attributes})
