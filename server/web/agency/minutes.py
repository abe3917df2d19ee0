"""The minutes that the reader's agency was sent, of the cases that it may see today: on a page, and as a PDF."""

from collections.abc import Mapping, Sequence

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.access import Access, Door
from server.actions.conferences.kept import KeptPaper, open_kept
from server.actions.conferences.minutes import MinutedCase, compose_minutes
from server.actions.conferences.papers import Paper
from server.http.services import Services
from server.queries.conferences.conferences import MINUTES, Circulated
from server.queries.conferences.kept import list_versions
from server.queries.partnership.districts import find_district
from server.security.documents import DocumentKeys
from server.web.agency.agendas import SECTION, is_of_elsewhere, list_sent, open_paper
from server.web.layout.minutes_pdf import make_minutes_pdf
from server.web.layout.page import AnyRequest, page
from shared.model.conference import CaseConference
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.lines import differences

PATH = SECTION + "/{conference_id:str}/minutes"


class Read(Value, frozen=True, kw_only=True):
    """What one agency is shown of minutes: `cases` by the names it may know, `before` the version before it by case, `lost` how
    many no key opens. `sent` is the circulation that they are of, `why` they were corrected since the one before."""

    conference: CaseConference
    paper: Paper
    cases: tuple[MinutedCase, ...]
    before: Mapping[Id, MinutedCase]
    lost: int
    sent: Circulated | None
    why: Sequence[str]


@get(PATH, opt={"action": Act.WRITE_UPDATE}, sync_to_thread=True, include_in_schema=False)
def show_minutes(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], conference_id: FromPath[Id]
) -> Response[str]:
    """The minutes as they were circulated to this agency, of the cases that it may see today; what was corrected is marked."""
    with door.open() as access:
        read = _read(access, services.files, conference_id)
        different = {
            case.case_id: [*differences(was.outcome, case.outcome), *differences(was.notes, case.notes)]
            for case in read.cases
            if (was := read.before.get(case.case_id)) and (was.notes, was.outcome) != (case.notes, case.outcome)
        }
        return page(
            request, "agency/minutes.html", title="Minutes", section=SECTION, worker=access.worker, now=access.now,
            today=access.today, read=read, minutes=compose_minutes(access, read.conference), different=different,
        )  # fmt: skip


@get(PATH + ".pdf", opt={"action": Act.WRITE_UPDATE}, sync_to_thread=True, include_in_schema=False)
def download_minutes(
    door: NamedDependency[Door], services: NamedDependency[Services], conference_id: FromPath[Id]
) -> Response[bytes]:
    """The same as a PDF."""
    with door.open() as access:
        read = _read(access, services.files, conference_id)
        minutes = compose_minutes(access, read.conference)
        district = find_district(access.session, read.conference.district_id)
        version = read.sent.version if read.sent else 1
        told = msgspec.structs.replace(minutes, cases=read.cases)
        access.note_taken_out([case.person_id for case in read.cases], purpose="minutes, file")
        made = make_minutes_pdf(
            told, read.paper, district.name if district else "", version, read.why, access.today, read.lost
        )
    headers = {"content-disposition": 'attachment; filename="minutes.pdf"', "cache-control": "no-store"}
    return Response(made, media_type="application/pdf", headers=headers)


def _read(access: Access, files: DocumentKeys, conference_id: Id) -> Read:
    """Raises NotFound until they were circulated to the reader's agency."""
    conference, paper = open_paper(access, files, conference_id, MINUTES)
    names = {case.case_id: case.known_as for case in paper.cases}
    sent = [row for row in list_sent(access, conference_id, MINUTES) if not row.withheld]
    told, before = _open_minutes(access, files, conference, sent)
    cases = [
        msgspec.structs.replace(case, known_as=names[case.case_id]) for case in told.cases if case.case_id in names
    ]
    return Read(
        conference=conference, paper=paper, cases=tuple(cases), before=before, lost=told.lost,
        sent=sent[-1] if sent else None, why=_list_reasons(access, conference_id, sent),
    )  # fmt: skip


def _open_minutes(
    access: Access, files: DocumentKeys, conference: CaseConference, sent: Sequence[Circulated]
) -> tuple[KeptPaper, Mapping[Id, MinutedCase]]:
    """What the agency was sent last, and the version before it by case. What was sent before it was kept is as it is now."""
    if not sent:
        return KeptPaper(cases=()), {}
    if not sent[-1].sha256:
        # What other agencies wrote before the meeting is for its table, and was never in what an agency is sent.
        now = compose_minutes(access, conference).cases
        return KeptPaper(cases=tuple(msgspec.structs.replace(case, updates=()) for case in now)), {}
    earlier = [row for row in sent if row.version < sent[-1].version]
    guest_id = access.actor.agency_id if is_of_elsewhere(access, conference) else None
    ids = [row.id for row in (sent[-1], *earlier[-1:])]
    opened = open_kept(access.session, files, ids, MinutedCase, guest_id=guest_id)
    before = opened.get(earlier[-1].id) if earlier else None
    told = opened.get(sent[-1].id, KeptPaper(cases=()))
    return told, {case.case_id: case for case in (before.cases if before else ())}


def _list_reasons(access: Access, conference_id: Id, sent: Sequence[Circulated]) -> list[str]:
    """Why the minutes were corrected since the version that the agency had before."""
    if not sent:
        return []
    before = max((row.version for row in sent if row.version < sent[-1].version), default=sent[-1].version)
    made = list_versions(access.session, conference_id)
    return [each.why for each in made if before < each.number <= sent[-1].version and each.why]
