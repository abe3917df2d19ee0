"""Files of a conference: an agency's agenda as a PDF, and the invitation for calendars."""

from email.utils import parseaddr

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from server.access import Access, Door
from server.actions.conferences.conferences import open_conference
from server.actions.conferences.papers import compose_one
from server.actions.conferences.readers import find_reader
from server.http.services import Services
from server.mail.calendar import Asked, make_invitation
from server.problems import NotFound
from server.queries.operation.addressees import find_organizer_address
from server.queries.partnership.districts import find_district
from server.web.coordinator.conferences import SECTION
from server.web.layout.agenda_pdf import make_pdf
from shared.model.conference import CaseConference
from shared.model.value import Id
from shared.policy import Act


@get(
    SECTION + "/{conference_id:str}/agenda.pdf",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def download_agenda(
    door: NamedDependency[Door], conference_id: FromPath[Id], agency: FromQuery[Id] = ""
) -> Response[bytes]:
    """One agency's agenda, exactly as that agency may have it."""
    with door.open() as access:
        conference = open_conference(access, conference_id, Act.PREPARE_CONFERENCE)
        reader = find_reader(access, conference, agency)
        if reader is None:
            raise NotFound
        paper = compose_one(access, conference, reader)
        access.note_taken_out([case.person_id for case in paper.cases], purpose="agenda preview, file")
        made = make_pdf(paper, conference, _district_name(access, conference), access.today)
    return _file(made, "application/pdf", "agenda.pdf")


@get(
    SECTION + "/{conference_id:str}/invite.ics",
    opt={"action": Act.SEE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def download_invitation(
    door: NamedDependency[Door], services: NamedDependency[Services], conference_id: FromPath[Id]
) -> Response[bytes]:
    """When and where, for any calendar; nobody's name."""
    with door.open() as access:
        conference = open_conference(access, conference_id, Act.SEE_CONFERENCE)
        asked = Asked(organizer=_find_organizer(access, services, conference), url=_page_of(services, conference))
        text = make_invitation(conference, _district_name(access, conference), access.now, asked)
    return _file(text.encode(), "text/calendar", "conference.ics")


def _find_organizer(access: Access, services: Services, conference: CaseConference) -> str:
    """The address in whose name it stands in calendars, else the server's own."""
    own = parseaddr(services.settings.mail.sender)[1]
    return find_organizer_address(access.session, conference.id) or own or Asked().organizer


def _page_of(services: Services, conference: CaseConference) -> str:
    return f"{services.settings.address}/agendas/{conference.id}"


def _district_name(access: Access, conference: CaseConference) -> str:
    district = find_district(access.session, conference.district_id)
    return district.name if district else ""


def _file(content: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
