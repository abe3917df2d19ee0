"""The agendas that the reader's agency was sent: only what its agreements allow; its apologies and who comes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.answers import say_who_comes, send_apologies, take_apologies_back
from server.actions.cases.sheets import write_list
from server.actions.conferences.circulating import list_changes
from server.actions.conferences.conferences import open_conference
from server.actions.conferences.kept import Changes, open_kept
from server.actions.conferences.papers import Paper, PaperCase, compose_paper
from server.actions.conferences.readers import find_reader
from server.actions.conferences.seating import say_representative
from server.http.services import Services
from server.problems import Invalid, NotFound
from server.queries.conferences import conferences, upcoming, updates
from server.queries.conferences.conferences import AGENDA, MINUTES, Circulated
from server.queries.conferences.representatives import Representative, list_of_agency
from server.queries.partnership import agencies
from server.queries.partnership.districts import list_districts
from server.security.documents import DocumentKeys
from server.web.agency.actions import TODAY
from server.web.layout.agenda_pdf import make_pdf
from server.web.layout.forms import Errors, Form
from server.web.layout.kept import kept_fields
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.model.agency import Agency
from shared.model.codes import Gender
from shared.model.conference import CaseConference, WrittenUpdate
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind
from shared.rules.agenda import CASES_AT_MOST

SECTION = "/agendas"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LOOKED_UP_BY = ("Number", "Name", "Date of birth", "Gender", "MDT number", "You work with them", "Known to us")
PLACES = range(1, CASES_AT_MOST + 1)


class ApologyForm(Form, frozen=True, kw_only=True):
    """A press of a button."""


class ComesForm(Form, frozen=True, kw_only=True):
    """Who comes to one conference."""

    name: str = ""


class RepresentativeForm(Form, frozen=True, kw_only=True):
    """Who speaks for the reader's agency at a district's table, and who instead."""

    district: str = ""
    name: str = ""
    deputy: str = ""
    was_name: str = ""
    was_deputy: str = ""


@get(SECTION, opt={"action": Act.WRITE_UPDATE}, sync_to_thread=True, include_in_schema=False)
def show_agendas(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The conferences whose agenda the agency was sent."""
    with door.open() as access:
        return _answer_agendas(request, access)


@post("/representatives", opt={"action": Act.WRITE_UPDATE}, sync_to_thread=True, include_in_schema=False)
def name_representative(
    request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[RepresentativeForm]
) -> Response[Any]:
    """Says who speaks for the agency at a table, and who where they cannot come."""
    try:
        with door.open() as access:
            say_representative(access, data.district, data.name, data.deputy, (data.was_name, data.was_deputy))
    except Invalid as refused:
        with door.open() as access:
            return _answer_agendas(request, access, {f"name-{data.district}": refused.problem.errors[0]}, data)
    return go_to(SECTION, "saved")


def _answer_agendas(
    request: AnyRequest, access: Access, errors: Errors | None = None, form: RepresentativeForm | None = None
) -> Response[str]:
    districts = access.actor.district_ids
    access.require(Act.WRITE_UPDATE, Subject(working_agency_ids=frozenset({access.actor.agency_id})), purpose="agendas")
    for district_id in sorted(districts):
        access.require_district(Act.WRITE_UPDATE, district_id, purpose="agendas")
    names = {each.id: each.name for each in list_districts(access.session)}
    said = list_of_agency(access.session, access.actor.agency_id, districts)
    speaking = {each: (said[each].name, said[each].deputy) if each in said else ("", "") for each in districts}
    was = dict(speaking)
    if form is not None and form.district in speaking:
        speaking[form.district], was[form.district] = (form.name, form.deputy), (form.was_name, form.was_deputy)
    return page(
        request, "agency/agendas.html", title="Agendas", section=SECTION, worker=access.worker, now=access.now,
        sent=conferences.list_circulated_to(access.session, access.actor.agency_id, districts), names=names,
        minuted=upcoming.list_minuted_by(access.session, access.actor.worker_id), errors=errors or {},
        status=422 if errors else 200, was=was,
        tables=sorted(((each, names.get(each, ""), *speaking[each]) for each in districts), key=lambda each: each[1]),
    )  # fmt: skip


@get(SECTION + "/{conference_id:str}", opt={"action": Act.WRITE_UPDATE}, sync_to_thread=True, include_in_schema=False)
def show_agenda(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], conference_id: FromPath[Id]
) -> Response[str]:
    """One agenda, as this agency may see it, with whatever was written of its updates and not sent yet."""
    typed = list_typed(services, door.worker.id, conference_id)
    with door.open() as access:
        return answer_agenda(request, access, services.files, conference_id, typed)


def list_typed(services: Services, worker_id: Id, conference_id: Id) -> dict[Id, str]:
    """What was written of the updates of one agenda and not sent yet, by case, on whichever page that shows the boxes."""
    action = f"{SECTION}/{conference_id}/updates"
    kept: Mapping[str, str | list[str]] = {}
    for shown_on in (f"{SECTION}/{conference_id}", TODAY):
        kept = kept or kept_fields(services, worker_id, shown_on, action)
    return {str(kept.get(f"case_{place}", "")): str(kept.get(f"text_{place}", "")) for place in PLACES}


def answer_agenda(
    request: AnyRequest,
    access: Access,
    files: DocumentKeys,
    conference_id: Id,
    typed: Mapping[Id, str],
    errors: Mapping[Id, str] | None = None,
    *,
    comes: str = "",
    comes_error: str = "",
) -> Response[str]:
    """The page of one agenda. `typed` and `errors` are by case: what stands in a box, and what is wrong with it. `comes` is who
    was said to come, and what was wrong with that."""
    conference, paper = open_paper(access, files, conference_id)
    changes = Changes()
    if not is_of_elsewhere(access, conference):
        changes = list_changes(access, files, conference, {paper.agency.id: paper}).get(paper.agency.id, changes)
    positions = {case.case_id: case.position for case in paper.cases}
    own: dict[Id, list[WrittenUpdate]] = {}
    for each in updates.list_updates(access.session, conference_id):
        if each.agency_id == access.actor.agency_id:
            own.setdefault(each.case_id, []).append(each)
    names = dict(changes.gone)
    off = [
        (names.get(case_id, ""), text) for case_id, text in typed.items() if case_id not in positions and text.strip()
    ]
    return page(
        request, "agency/agenda.html", title="Agenda", section=SECTION, worker=access.worker, now=access.now,
        conference=conference, paper=paper, today=access.today, open=conference.finished_at is None, own=own,
        gone=[each for case_id, sent in own.items() if case_id not in positions for each in sent],
        noted=conferences.list_attendance(access.session, conference_id).get(access.actor.agency_id), typed=typed,
        status=422 if errors or comes_error else 200, comes=comes, speaks=_find_representative(access, conference),
        errors={
            **({"name": comes_error} if comes_error else {}),
            **{
                f"text_{positions[case_id]}" if case_id in positions else "off": why
                for case_id, why in (errors or {}).items()
            },
        },
        changes=changes, circulated_at=_last_sent_at(access, conference_id),
        has_minutes=_has_minutes(access, conference_id), off=off,
        is_left=any(words.strip() for case_id, words in typed.items() if case_id in positions),
    )  # fmt: skip


@get(
    SECTION + "/{conference_id:str}/agenda.pdf",
    opt={"action": Act.WRITE_UPDATE},
    sync_to_thread=True,
    include_in_schema=False,
)
def download_agenda(
    door: NamedDependency[Door], services: NamedDependency[Services], conference_id: FromPath[Id]
) -> Response[bytes]:
    """The same as a PDF."""
    with door.open() as access:
        conference, paper = open_paper(access, services.files, conference_id)
        access.note_taken_out([case.person_id for case in paper.cases], purpose="agenda, file")
        names = {each.id: each.name for each in list_districts(access.session)}
        made = make_pdf(paper, conference, names.get(conference.district_id, ""), access.today)
    headers = {"content-disposition": 'attachment; filename="agenda.pdf"', "cache-control": "no-store"}
    return Response(made, media_type="application/pdf", headers=headers)


@get(
    SECTION + "/{conference_id:str}/people.xlsx",
    opt={"action": Act.WRITE_UPDATE},
    sync_to_thread=True,
    include_in_schema=False,
)
def download_people(
    door: NamedDependency[Door], services: NamedDependency[Services], conference_id: FromPath[Id]
) -> Response[bytes]:
    """Whom the agenda is about, to be looked up in the agency's own system: no more than its page says of them."""
    with door.open() as access:
        conference, paper = open_paper(access, services.files, conference_id)
        title = f"{paper.agency.name}, conference of {conference.starts_at:%Y-%m-%d}"
        access.note_taken_out([case.person_id for case in paper.cases], purpose="people of the agenda, workbook")
        made = write_list(title, LOOKED_UP_BY, [_row_of(case) for case in paper.cases])
    headers = {"content-disposition": 'attachment; filename="people.xlsx"', "cache-control": "no-store"}
    return Response(made, media_type=WORKBOOK, headers=headers)


def _row_of(case: PaperCase) -> tuple[Any, ...]:
    gender = "" if case.gender is Gender.NOT_KNOWN else say(case.gender)
    return (
        case.position,
        case.known_as,
        case.date_of_birth,
        gender,
        case.mdt_number,
        "yes" if case.works_with else "",
        "",
    )


@post(
    SECTION + "/{conference_id:str}/apologies",
    opt={"action": Act.WRITE_UPDATE},
    sync_to_thread=True,
    include_in_schema=False,
)
def apologise(
    door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[ApologyForm]
) -> Response[Any]:
    """Says that the agency cannot come."""
    with door.open() as access:
        send_apologies(access, conference_id)
    return go_to(f"{SECTION}/{conference_id}", "apologies_sent")


@post(
    SECTION + "/{conference_id:str}/apologies/back",
    opt={"action": Act.WRITE_UPDATE},
    sync_to_thread=True,
    include_in_schema=False,
)
def come_after_all(
    door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[ApologyForm]
) -> Response[Any]:
    """Takes the apologies back."""
    with door.open() as access:
        take_apologies_back(access, conference_id)
    return go_to(f"{SECTION}/{conference_id}", "apologies_back")


@post(
    SECTION + "/{conference_id:str}/comes",
    opt={"action": Act.WRITE_UPDATE},
    sync_to_thread=True,
    include_in_schema=False,
)
def comes(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    conference_id: FromPath[Id],
    data: URLEncodedBody[ComesForm],
) -> Response[Any]:
    """Says who comes for the agency: whoever always does, their deputy, or somebody else."""
    try:
        with door.open() as access:
            say_who_comes(access, conference_id, data.name)
    except Invalid as refused:
        typed, why = list_typed(services, door.worker.id, conference_id), refused.problem.errors[0]
        with door.open() as access:
            return answer_agenda(
                request, access, services.files, conference_id, typed, comes=data.name, comes_error=why
            )
    return go_to(f"{SECTION}/{conference_id}", "comes")


def open_paper(
    access: Access, files: DocumentKeys, conference_id: Id, paper: str = AGENDA
) -> tuple[CaseConference, Paper]:
    """Returns a conference and the reader's agency's paper of it; for one of elsewhere that was invited, as it was sent.

    Raises NotFound until it was circulated to them.
    """
    conference = open_conference(access, conference_id, Act.WRITE_UPDATE)
    agency = agencies.find_agency(access.session, access.actor.agency_id)
    sent = conferences.list_circulated(access.session, conference_id, paper)
    if agency is None or not any(row.agency_id == access.actor.agency_id and not row.withheld for row in sent):
        raise NotFound
    if is_of_elsewhere(access, conference):
        composed = _open_as_sent(access, files, conference, agency)
    else:
        composed = compose_paper(access, conference, agency)
    access.note_seen(SubjectKind.PERSON, [case.person_id for case in composed.cases], purpose=paper)
    return conference, composed


def is_of_elsewhere(access: Access, conference: CaseConference) -> bool:
    """Does the reader act for another district, or for none, and was let through because their agency was invited?"""
    return conference.district_id not in access.actor.district_ids


def _open_as_sent(access: Access, files: DocumentKeys, conference: CaseConference, agency: Agency) -> Paper:
    sent = [row for row in list_sent(access, conference.id, AGENDA) if not row.withheld]
    kept = open_kept(access.session, files, [row.id for row in sent[-1:]], PaperCase, guest_id=agency.id)
    cases = tuple(case for paper in kept.values() for case in paper.cases)
    reader = find_reader(access, conference, agency.id)
    if reader is not None and reader.only is not None:
        cases = tuple(case for case in cases if case.case_id in reader.only)
    return Paper(agency=agency, withheld="", cases=cases)


def list_sent(access: Access, conference_id: Id, paper: str) -> list[Circulated]:
    """What the reader's agency was sent, the earliest first."""
    rows = conferences.list_circulated(access.session, conference_id, paper)
    return [row for row in rows if row.agency_id == access.actor.agency_id]


def _last_sent_at(access: Access, conference_id: Id) -> datetime | None:
    return max((row.at for row in list_sent(access, conference_id, AGENDA) if not row.withheld), default=None)


def _find_representative(access: Access, conference: CaseConference) -> Representative | None:
    said = list_of_agency(access.session, access.actor.agency_id, [conference.district_id])
    return said.get(conference.district_id)


def _has_minutes(access: Access, conference_id: Id) -> bool:
    """Were the minutes circulated to the reader's agency?"""
    sent = conferences.list_circulated(access.session, conference_id, MINUTES)
    return any(row.agency_id == access.actor.agency_id and not row.withheld for row in sent)
