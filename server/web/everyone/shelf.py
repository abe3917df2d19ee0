"""The shelf of case studies, by quarter."""

from itertools import groupby
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Door
from server.actions.cases import case_study
from server.hotspots.periods import quarter_of, say_period
from server.queries.partnership import agencies
from server.web.layout.case_study_pdf import make_case_study_pdf
from server.web.layout.forms import EmptyForm
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act
from shared.rules.case_study import SECTIONS

SHELF = "/shelf"


@get(SHELF, opt={"action": Act.SEE_LEARNING}, sync_to_thread=True, include_in_schema=False)
def show_shelf(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Every study, under its quarter."""
    with door.open() as access:
        studies = case_study.list_shelf(access)
        names = {each.id: each.name for each in agencies.list_agencies(access.session)}
        quarters = [
            (say_period(quarter_of(quarter)), list(theirs))
            for quarter, theirs in groupby(studies, key=lambda each: each.quarter)
        ]
        return page(
            request, "everyone/shelf.html", title="Case studies", section=SHELF, worker=access.worker, names=names,
            quarters=quarters, may_write=access.allows(Act.WRITE_ON_BOARD),
        )  # fmt: skip


@get(SHELF + "/{study_id:str}", opt={"action": Act.SEE_LEARNING}, sync_to_thread=True, include_in_schema=False)
def show_study(request: AnyRequest, door: NamedDependency[Door], study_id: FromPath[Id]) -> Response[str]:
    """One study."""
    with door.open() as access:
        study = case_study.open_study(access, study_id)
        agency = agencies.find_agency(access.session, study.agency_id)
        return page(
            request, "everyone/study.html", title=study.title, section=SHELF, worker=access.worker, study=study,
            agency=agency.name if agency else "", period=say_period(quarter_of(study.quarter)), sections=list(SECTIONS.items()),
            removable=case_study.may_take_down(access, study.agency_id),
        )  # fmt: skip


@get(
    SHELF + "/{study_id:str}/case-study.pdf",
    opt={"action": Act.SEE_LEARNING},
    sync_to_thread=True,
    include_in_schema=False,
)
def download_study(door: NamedDependency[Door], study_id: FromPath[Id]) -> Response[bytes]:
    """One study on paper."""
    with door.open() as access:
        study = case_study.open_study(access, study_id)
    headers = {"content-disposition": 'attachment; filename="case-study.pdf"', "cache-control": "no-store"}
    made = make_case_study_pdf({key: study.sections.get(key, "") for key in SECTIONS})
    return Response(made, media_type="application/pdf", headers=headers)


@post(SHELF + "/{study_id:str}/take-down", opt={"action": Act.TAKE_DOWN}, sync_to_thread=True, include_in_schema=False)
def take_down_study(
    door: NamedDependency[Door], study_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """Takes a study off the shelf."""
    with door.open() as access:
        case_study.take_down_study(access, study_id)
    return go_to(SHELF, "taken_down")
