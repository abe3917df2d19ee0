"""After a conference: its minutes, and the actions of each agency ready to paste into an e-mail, without a name."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.access import Door
from server.actions.conferences import open_conference
from server.actions.minutes import compose_minutes
from server.queries.districts import find_district
from server.web.coordinator.conferences import SECTION
from server.web.layout.page import AnyRequest, page
from shared.model.value import Id
from shared.policy import Act, SubjectKind


@get(
    SECTION + "/{conference_id:str}/minutes",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_minutes(request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id]) -> Response[str]:
    """The minutes of one conference."""
    with door.open() as access:
        conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
        minutes = compose_minutes(access, conference)
        access.note_seen(SubjectKind.PERSON, [case.person_id for case in minutes.cases], purpose="minutes")
        return page(
            request, "coordinator/minutes.html", title="Minutes", section=SECTION, worker=access.worker,
            conference=conference, minutes=minutes, now=access.now, today=access.today,
            district=find_district(access.session, conference.district_id),
        )  # fmt: skip
