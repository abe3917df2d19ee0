"""How Open311 answers: XML or JSON by the address asked, lists in either, and faults as a list of their own.

Source: GeoReport v2 (wiki.open311.org/GeoReport_v2). Times are W3C, with their zone.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import msgspec
from litestar import Response

from server.actions.referrals.georeport import Fault, ReportRefused
from server.http.services import Services
from server.problems import TOO_MANY
from server.queries.operation.rate_limits import Limit, count_try
from server.security.tokens import hash_token
from server.settings import Settings
from server.web.layout.page import NEVER_KEPT, AnyRequest

BASE = "/open311/v2"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold."""
UNKNOWN_FORMAT = Fault(code=404, description="ask for .json or .xml")

Fields = Mapping[str, Any]


def answer(request: AnyRequest, root: str, item: str, rows: Sequence[Fields], status: int = 200) -> Response[bytes]:
    """A list, in the form that the address names."""
    if request.url.path.endswith(".xml"):
        top = ElementTree.Element(root)
        for row in rows:
            _grow(top, item, row)
        return _xml(top, status)
    return _json(rows, status)


def answer_one(request: AnyRequest, root: str, fields: Fields) -> Response[bytes]:
    """One thing that is no list."""
    if request.url.path.endswith(".xml"):
        top = ElementTree.Element(root)
        _fill(top, fields)
        return _xml(top, 200)
    return _json(fields, 200)


def refuse(request: AnyRequest, refused: ReportRefused) -> Response[bytes]:
    """Every fault, under the status of the first."""
    faults = [{"code": each.code, "description": each.description} for each in refused.faults]
    return answer(request, "errors", "error", faults, refused.faults[0].code)


def split_name(name: str) -> str:
    """A number without the ending that names the form. Raises Refused for another ending."""
    for ending in (".json", ".xml"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    raise ReportRefused(UNKNOWN_FORMAT)


def check_jurisdiction(settings: Settings, asked: str) -> None:
    """Raises Refused for a jurisdiction that is not ours; whoever names none means ours."""
    if asked and asked != settings.jurisdiction:
        raise ReportRefused(Fault(code=404, description="jurisdiction_id was not found"))


def say_time(moment: datetime) -> str:
    """A moment as GeoReport writes it."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def limit_tries(request: AnyRequest, services: Services, limit: Limit, subject: str) -> None:
    """Counts a try. Raises Refused where there were too many."""
    now_ms = int(services.clock().timestamp() * 1000)
    with services.database.writing() as session:
        wait_ms = count_try(session, limit, hash_token(f"{limit.purpose} {subject}"), now_ms)
    if wait_ms:
        raise ReportRefused(Fault(code=TOO_MANY.status, description=f"too many requests: wait {wait_ms // 1000 + 1} s"))


def _json(value: Any, status: int) -> Response[bytes]:
    return Response(
        msgspec.json.encode(value), status_code=status, media_type="application/json; charset=utf-8", headers=NEVER_KEPT
    )


def _xml(top: ElementTree.Element, status: int) -> Response[bytes]:
    text = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return Response(text, status_code=status, media_type="application/xml; charset=utf-8", headers=NEVER_KEPT)


def _grow(above: ElementTree.Element, name: str, value: Any) -> None:
    here = ElementTree.SubElement(above, name)
    if isinstance(value, Mapping):
        _fill(here, value)
    elif isinstance(value, bool):
        here.text = "true" if value else "false"
    elif value is not None:
        here.text = UNWRITABLE.sub("\ufffd", str(value))


def _fill(here: ElementTree.Element, fields: Fields) -> None:
    for name, value in fields.items():
        if isinstance(value, Sequence) and not isinstance(value, str):
            several = ElementTree.SubElement(here, name)
            for each in value:
                _grow(several, name.removesuffix("s"), each)
        else:
            _grow(here, name, value)
