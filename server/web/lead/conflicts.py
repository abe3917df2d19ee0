"""What two people changed without seeing one another: both values, who and when, and one press to keep either."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Access, Door
from server.actions.street.conflicts import ACTS, find_subject, keep_side
from server.http.services import Services
from server.queries.street.conflicts import Conflict, list_conflicts_of_teams
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.lead.around import of_theirs
from shared.model.value import Id
from shared.policy import Act, SubjectKind

KINDS = {"person": SubjectKind.PERSON, "site": SubjectKind.SITE, "referral": SubjectKind.REFERRAL}
SEES = {"person": Act.SEE_PERSON, "site": Act.SEE_PLACE, "referral": Act.SEE_REFERRAL}


class KeepForm(Form, frozen=True, kw_only=True):
    """Which side of which field to keep."""

    entity: Id = ""
    field: str = ""
    change: Id = ""


@get("/conflicts", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def show_conflicts(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What waits to be settled on records of the reader's teams and districts."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="conflicts")
        found = list_conflicts_of_teams(access.session, access.actor.team_ids, access.actor.district_ids)
        seen = [each for each in found if _may_see(access, each)]
        for kind, subject_kind in KINDS.items():
            ids = sorted({each.entity_id for each in seen if each.kind == kind})
            access.note_seen(subject_kind, ids, action=SEES[kind], purpose="conflicts")
        return page(
            request, "lead/conflicts.html", title="Two versions", section="/conflicts", worker=access.worker,
            conflicts=seen, now=access.now, say_value=say_value,
        )  # fmt: skip


@post("/conflicts", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def keep(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[KeepForm],
) -> Response[Any]:
    """Keeps one side."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="conflicts")
        keep_side(access, services.project, data.entity, data.field, data.change)
    return go_to("/conflicts", done="kept")


def _may_see(access: Access, conflict: Conflict) -> bool:
    subject = find_subject(access, conflict) if conflict.kind in ACTS else None
    return subject is not None and access.allows(SEES[conflict.kind], subject)


def say_value(value: object) -> str:
    """Returns a value as a person reads it."""
    if value is None or value == "":
        return "Nothing"
    if isinstance(value, dict):
        return f"{value.get('latitude', 0):.5f}, {value.get('longitude', 0):.5f}"
    return str(value).replace("_", " ") if isinstance(value, str) else str(value)
