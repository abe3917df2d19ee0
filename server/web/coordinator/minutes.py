"""After a conference: its minutes in their versions, and the actions of each agency ready to paste into an e-mail."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.conferences import versions
from server.actions.conferences.conferences import open_conference
from server.actions.conferences.minutes import compose_minutes
from server.http.services import Services
from server.problems import Invalid, NotFound
from server.queries.conferences.conferences import MINUTES, list_circulated
from server.queries.conferences.kept import list_versions
from server.queries.partnership.agencies import list_agencies
from server.queries.partnership.districts import find_district
from server.queries.partnership.workers import list_short_names
from server.web.coordinator.conferences import SECTION
from server.web.layout.forms import Errors, Form
from server.web.layout.minutes_pdf import make_whole_minutes_pdf
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.lines import differences

CORRECT = SECTION + "/{conference_id:str}/minutes/correct/{item_id:str}"


class CheckForm(Form, frozen=True, kw_only=True):
    """The version that its reader found right."""

    version: int = 0


class CirculateForm(Form, frozen=True, kw_only=True):
    """A press; `seen` is the mark of what its reader was shown."""

    seen: str = ""


class CorrectionForm(Form, frozen=True, kw_only=True):
    """What the minutes shall say of one case, why, and the version that the typing began from."""

    based_on: int = 0
    outcome: str = ""
    notes: str = ""
    why: str = ""


@get(
    SECTION + "/{conference_id:str}/minutes",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_minutes(request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id]) -> Response[str]:
    """The minutes of one conference."""
    with door.open() as access:
        return _answer(request, access, conference_id)


@post(
    SECTION + "/{conference_id:str}/minutes/check",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def check(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[CheckForm]
) -> Response[Any]:
    """Says that they are right, as their reader was shown them."""

    def act(access: Access) -> None:
        versions.check_minutes(access, conference_id, data.version)

    return _act(request, door, conference_id, "minutes_checked", act)


@post(
    SECTION + "/{conference_id:str}/minutes/circulate",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def circulate(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    conference_id: FromPath[Id],
    data: URLEncodedBody[CirculateForm],
) -> Response[Any]:
    """Lets every agency read the minutes of the cases it may see, and tells it so."""

    def act(access: Access) -> None:
        versions.circulate_minutes(access, services.files, conference_id, data.seen)

    return _act(request, door, conference_id, "minutes_circulated", act)


@get(
    SECTION + "/{conference_id:str}/minutes.pdf",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def download_whole_minutes(door: NamedDependency[Door], conference_id: FromPath[Id]) -> Response[bytes]:
    """The whole of the minutes as they stand, as a PDF; a draft says so."""
    with door.open() as access:
        conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
        minutes = compose_minutes(access, conference)
        access.note_taken_out([case.person_id for case in minutes.cases], purpose="minutes, file")
        made = list_versions(access.session, conference_id)
        district = find_district(access.session, conference.district_id)
        printed = make_whole_minutes_pdf(minutes, district.name if district else "", made, access.today)
    headers = {"content-disposition": 'attachment; filename="minutes.pdf"', "cache-control": "no-store"}
    return Response(printed, media_type="application/pdf", headers=headers)


@get(CORRECT, opt={"action": Act.RUN_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def show_correction(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], item_id: FromPath[Id]
) -> Response[str]:
    """One case of the minutes, to be put right."""
    with door.open() as access:
        return _answer_correction(request, access, conference_id, item_id)


@post(CORRECT, opt={"action": Act.RUN_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def correct(
    request: AnyRequest,
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    item_id: FromPath[Id],
    data: URLEncodedBody[CorrectionForm],
) -> Response[Any]:
    """Puts one case of the minutes right, as a new version."""
    try:
        with door.open() as access:
            versions.correct_minutes(
                access, conference_id, item_id, based_on=data.based_on, notes=data.notes, outcome=data.outcome,
                why=data.why,
            )  # fmt: skip
        return go_to(f"{SECTION}/{conference_id}/minutes", "minutes_corrected")
    except Invalid as refused:
        with door.open() as access:
            return _answer_correction(
                request, access, conference_id, item_id, {"why": refused.problem.errors[0]}, form=data
            )


def _act(
    request: AnyRequest, door: Door, conference_id: Id, done: str, act: Callable[[Access], object]
) -> Response[Any]:
    try:
        with door.open() as access:
            act(access)
        return go_to(f"{SECTION}/{conference_id}/minutes", done)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, conference_id, {"circulate": refused.problem.errors[0]})


def _answer(request: AnyRequest, access: Access, conference_id: Id, errors: Errors | None = None) -> Response[str]:
    conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
    minutes = compose_minutes(access, conference)
    access.note_seen(SubjectKind.PERSON, [case.person_id for case in minutes.cases], purpose="minutes")
    made = list_versions(access.session, conference_id)
    circulated = list_circulated(access.session, conference_id, MINUTES)
    told = max((row.version for row in circulated if not row.withheld), default=0)
    before = versions.list_texts_of(access, conference_id, told)
    different = {
        case.case_id: [*differences(was.outcome, case.outcome), *differences(was.notes, case.notes)]
        for case in minutes.cases
        if (was := before.get(case.case_id)) and (was.notes, was.outcome) != (case.notes, case.outcome)
    }
    checkers = {each.checked_by for each in made if each.checked_by} | {each.worker_id for each in made}
    return page(
        request, "coordinator/minutes.html", title="Minutes", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, conference=conference, minutes=minutes, now=access.now,
        today=access.today, district=find_district(access.session, conference.district_id), circulated=circulated,
        versions=made, newest=made[-1] if made else None, told=told, different=different,
        workers=list_short_names(access.session, checkers),
        names={agency.id: agency.name for agency in list_agencies(access.session)},
        mark=versions.mark_of(access, conference_id),
    )  # fmt: skip


def _answer_correction(
    request: AnyRequest,
    access: Access,
    conference_id: Id,
    item_id: Id,
    errors: Errors | None = None,
    form: CorrectionForm | None = None,
) -> Response[str]:
    conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
    minutes = compose_minutes(access, conference)
    case = next((each for each in minutes.cases if each.item_id == item_id), None)
    if case is None or conference.finished_at is None:
        raise NotFound
    access.note_seen(SubjectKind.PERSON, [case.person_id], purpose="minutes")
    number = max((each.number for each in list_versions(access.session, conference_id)), default=1)
    fresh = CorrectionForm(based_on=number, outcome=case.outcome, notes=case.notes)
    return page(
        request, "coordinator/correct_minutes.html", title="Correct the minutes", section=SECTION,
        worker=access.worker, status=422 if errors else 200, errors=errors or {}, conference=conference, case=case,
        form=form or fresh, based_on=number, now=access.now, is_stale=form is not None and form.based_on != number,
    )  # fmt: skip
