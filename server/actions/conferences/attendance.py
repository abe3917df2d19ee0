"""Who comes to a conference, who speaks for an agency and when it must leave, who sent apologies."""

from collections.abc import Collection
from datetime import datetime

from server.access import Access
from server.actions.conferences.conferences import open_conference
from server.actions.conferences.seating import check_name
from server.problems import NotFound
from server.queries.conferences import conferences
from server.queries.partnership import agencies
from shared.model.conference import Attendance
from shared.model.value import Id
from shared.policy import Act


def note_attendance(
    access: Access,
    conference_id: Id,
    agency_id: Id,
    *,
    attended: bool,
    apologies: bool,
    name: str,
    leaves_at: datetime | None = None,
    alone: Collection[str] = (),
) -> None:
    """Say whether an agency came, who spoke for it and when it must leave, or that it sent apologies. Of `alone` ("name",
    "leaves_at") its reader changed nothing: they stay as somebody else may have said meanwhile."""
    open_conference(access, conference_id, Act.RUN_CONFERENCE)
    if agencies.find_agency(access.session, agency_id) is None:
        raise NotFound
    now = conferences.hold_attendance(access.session, conference_id, agency_id)
    if now is not None and "name" in alone and now.apologies == (apologies and not attended):
        name = now.name
    if now is not None and "leaves_at" in alone:
        leaves_at = now.leaves_at
    record = Attendance(
        id=access.new_id(),
        conference_id=conference_id,
        agency_id=agency_id,
        attended=attended,
        apologies=apologies and not attended,
        name=check_name(name),
        leaves_at=leaves_at if attended else None,
    )
    conferences.set_attendance(access.session, record)
