"""Who comes to a conference, who speaks for an agency and when it must leave, who sent apologies."""

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
) -> None:
    """Say whether an agency came, who spoke for it and when it must leave, or that it sent apologies."""
    open_conference(access, conference_id, Act.RUN_CONFERENCE)
    if agencies.find_agency(access.session, agency_id) is None:
        raise NotFound
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
