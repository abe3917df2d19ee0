"""After a conference: its minutes, and the actions of each agency ready to paste into an e-mail, without a name."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Door
from server.actions.conferences.conferences import open_conference
from server.actions.conferences.minutes import circulate_minutes, compose_minutes
from server.queries.conferences.conferences import MINUTES, list_circulated
from server.queries.partnership.agencies import list_agencies
from server.queries.partnership.districts import find_district
from server.web.coordinator.conferences import SECTION
from server.web.layout.forms import EmptyForm
from server.web.layout.page import AnyRequest, go_to, page
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
            circulated=list_circulated(access.session, conference_id, MINUTES),
            names={agency.id: agency.name for agency in list_agencies(access.session)},
        )  # fmt: skip


@post(
    SECTION + "/{conference_id:str}/minutes/circulate",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def circulate(
    door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """Lets every agency read the minutes of the cases it may see."""
    with door.open() as access:
        circulate_minutes(access, conference_id)
    return go_to(f"{SECTION}/{conference_id}/minutes", "minutes_circulated")
