"""Who comes to a conference, who sent apologies, and who must leave early."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.conferences import attendance
from server.actions.conferences.conferences import open_conference
from server.problems import Invalid
from server.queries.conferences import conferences, guests
from server.queries.conferences.representatives import list_at_table
from server.queries.partnership.districts import find_district
from server.web.coordinator.conferences import SECTION
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.conference import CaseConference
from shared.model.value import Id
from shared.policy import Act


class AttendanceForm(Form, frozen=True, kw_only=True):
    """Whether one agency came; who, and until when, as typed and as the page showed it."""

    agency: str = ""
    came: str = ""
    name: str = ""
    leaves: str = ""
    was_name: str = ""
    was_leaves: str = ""


@get(
    SECTION + "/{conference_id:str}/attendance",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_attendance(request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id]) -> Response[str]:
    """Who comes, who sent apologies, who sent an update."""
    with door.open() as access:
        conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
        return _answer_attendance(request, access, conference)


@post(
    SECTION + "/{conference_id:str}/attendance",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def note_attendance(
    request: AnyRequest,
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    data: URLEncodedBody[AttendanceForm],
) -> Response[Any]:
    """Notes whether one agency came, and when it must leave."""
    with door.open() as access:
        conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
        try:
            leaves_at = read_leaving(data.leaves, conference.starts_at, ZoneInfo(access.zone.key))
        except ValueError:
            return _answer_attendance(
                request, access, conference, {f"leaves-{data.agency}": "Write a time, such as 10:30."}, data
            )
        shown = (("name", data.name, data.was_name), ("leaves_at", data.leaves, data.was_leaves))
        try:
            attendance.note_attendance(
                access, conference_id, data.agency, attended=data.came == "yes", apologies=data.came == "apologies",
                name=data.name, leaves_at=leaves_at,
                alone={name for name, typed, was in shown if typed == was},
            )  # fmt: skip
        except Invalid as refused:
            errors = {f"name-{data.agency}": refused.errors[0]}
            return _answer_attendance(request, access, conference, errors, data)
    return go_to(f"{SECTION}/{conference_id}/attendance", "saved")


def _answer_attendance(
    request: AnyRequest,
    access: Access,
    conference: CaseConference,
    errors: Errors | None = None,
    typed: AttendanceForm | None = None,
) -> Response[str]:
    came = conferences.list_attendance(access.session, conference.id)
    zone = ZoneInfo(access.zone.key)
    return page(
        request, "coordinator/attendance.html", title="Who came", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, conference=conference, attendance=came, now=access.now, typed=typed,
        speaking=list_at_table(access.session, conference.district_id),
        seats=guests.list_table(access.session, conference.id, conference.district_id),
        leaves={each.agency_id: f"{each.leaves_at.astimezone(zone):%H:%M}" for each in came.values() if each.leaves_at},
        district=find_district(access.session, conference.district_id),
    )  # fmt: skip


def read_leaving(text: str, starts_at: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment of "10:30" or "1030" on the day of a conference; None for nothing. Raises ValueError."""
    plain = text.strip().replace(".", ":").replace(":", "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal() and len(plain) in (3, 4)):
        raise ValueError(text)
    at = time(int(plain[:-2]), int(plain[-2:]))
    return datetime.combine(starts_at.astimezone(zone).date(), at, zone)
