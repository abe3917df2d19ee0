"""What one agency was sent of a conference, as it was sent: the page and the PDF of what is kept."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.access import Access, Door
from server.actions.conferences import kept
from server.actions.conferences.conferences import open_conference
from server.actions.conferences.minutes import MinutedCase
from server.actions.conferences.papers import Paper, PaperCase
from server.http.local_time import to_local
from server.http.services import Services
from server.problems import NotFound
from server.queries.conferences.conferences import AGENDA, Circulated
from server.queries.conferences.kept import find_circulated
from server.queries.partnership.agencies import find_agency
from server.queries.partnership.districts import find_district
from server.web.coordinator.conferences import SECTION
from server.web.layout.agenda_pdf import make_pdf
from server.web.layout.page import AnyRequest, page
from shared.model.agency import Agency
from shared.model.conference import CaseConference
from shared.model.value import Id
from shared.policy import Act, SubjectKind

SENT = SECTION + "/{conference_id:str}/sent/{circulation_id:str}"


@get(SENT, opt={"action": Act.PREPARE_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def show_sent(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    conference_id: FromPath[Id],
    circulation_id: FromPath[Id],
) -> Response[str]:
    """Exactly what one agency was sent, and when."""
    with door.open() as access:
        conference, sent, agency = _open(access, conference_id, circulation_id)
        kind = PaperCase if sent.paper == AGENDA else MinutedCase
        opened = kept.open_kept(access.session, services.files, [sent.id], kind).get(sent.id, kept.KeptPaper(cases=()))
        access.note_seen(SubjectKind.PERSON, [case.person_id for case in opened.cases], purpose="what was sent")
        return page(
            request, "coordinator/sent.html", title=f"What {agency.name} was sent", section=SECTION,
            worker=access.worker, conference=conference, sent=sent, agency=agency, now=access.now,
            today=to_local(sent.at).date(), paper=Paper(agency=agency, withheld=sent.withheld, cases=opened.cases),
            lost=opened.lost, missing=sent.cases - len(opened.cases) - opened.lost,
            district=find_district(access.session, conference.district_id), is_agenda=sent.paper == AGENDA,
        )  # fmt: skip


@get(SENT + "/agenda.pdf", opt={"action": Act.PREPARE_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def download_sent(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    conference_id: FromPath[Id],
    circulation_id: FromPath[Id],
) -> Response[bytes]:
    """The same agenda as a PDF, as of the day on which it was sent."""
    with door.open() as access:
        conference, sent, agency = _open(access, conference_id, circulation_id)
        if sent.paper != AGENDA:
            raise NotFound
        opened = kept.open_kept(access.session, services.files, [sent.id], PaperCase).get(sent.id)
        cases = opened.cases if opened else ()
        access.note_taken_out([case.person_id for case in cases], purpose="what was sent, file")
        district = find_district(access.session, conference.district_id)
        paper = Paper(agency=agency, withheld=sent.withheld, cases=cases)
        made = make_pdf(paper, conference, district.name if district else "", to_local(sent.at).date())
    headers = {"content-disposition": 'attachment; filename="agenda.pdf"', "cache-control": "no-store"}
    return Response(made, media_type="application/pdf", headers=headers)


def _open(access: Access, conference_id: Id, circulation_id: Id) -> tuple[CaseConference, Circulated, Agency]:
    """The circulation, with the conference as that agency was told of it. Raises NotFound."""
    conference = open_conference(access, conference_id, Act.PREPARE_CONFERENCE)
    sent = find_circulated(access.session, conference_id, circulation_id)
    agency = None if sent is None else find_agency(access.session, sent.agency_id)
    if sent is None or agency is None:
        raise NotFound
    if sent.starts_at is not None:
        conference = kept.as_told(conference, sent)
    return conference, sent, agency
