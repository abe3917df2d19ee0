"""A case study: the form that the record fills and whoever knows completes; once no name is in it, it leaves as a PDF or is kept
on the shelf of the quarter."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.case_study import check_case_study, compose_case_study, keep_case_study, open_case
from server.problems import Invalid
from server.web.layout.case_study_pdf import make_case_study_pdf
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act
from shared.rules.case_study import SECTIONS

PATH = "/cases/{case_id:str}/case-study"
LONGEST_SECTION, LONGEST_TITLE = 10_000, 200
TOO_LONG = "Use 10,000 characters or fewer."


class StudyForm(Form, frozen=True, kw_only=True):
    """The sections as somebody completed them."""

    background: str = ""
    needs: str = ""
    support: str = ""
    changed: str = ""
    difference: str = ""
    learned: str = ""
    words: str = ""
    title: str = ""
    keep: str = ""


@get(PATH, opt={"action": Act.WRITE_CASE_STUDY}, sync_to_thread=True, include_in_schema=False)
def show_case_study(request: AnyRequest, door: NamedDependency[Door], case_id: FromPath[Id]) -> Response[str]:
    """The form, filled from the record."""
    with door.open() as access:
        case = open_case(access, case_id)
        return _answer(request, access, case_id, case.person_id, StudyForm(**compose_case_study(access, case)))


@post(PATH, opt={"action": Act.WRITE_CASE_STUDY}, status_code=200, sync_to_thread=True, include_in_schema=False)
def download_case_study(
    request: AnyRequest, door: NamedDependency[Door], case_id: FromPath[Id], data: URLEncodedBody[StudyForm]
) -> Response[Any]:
    """The completed study as a PDF, or on the shelf; or the form again, with what in it still tells of somebody."""
    sections = {key: getattr(data, key).replace("\r\n", "\n").strip() for key in SECTIONS}
    with door.open() as access:
        case = open_case(access, case_id)
        told = check_case_study(access, case, sections | {"title": data.title})
        errors = {key: f"This still tells of somebody: {', '.join(words)}." for key, words in told.items()}
        errors |= {key: TOO_LONG for key, text in sections.items() if len(text) > LONGEST_SECTION}
        errors |= {"title": "Use 200 characters or fewer."} if len(data.title) > LONGEST_TITLE else {}
        if not errors and data.keep:
            try:
                kept = keep_case_study(access, data.title, sections)
                return go_to(f"/shelf/{kept.id}", "study_kept")
            except Invalid as refused:
                errors = {"title": refused.errors[0]}
        if errors:
            return _answer(request, access, case_id, case.person_id, data, errors)
    headers = {"content-disposition": 'attachment; filename="case-study.pdf"', "cache-control": "no-store"}
    return Response(make_case_study_pdf(sections), media_type="application/pdf", headers=headers)


def _answer(
    request: AnyRequest, access: Access, case_id: Id, person_id: Id, form: StudyForm, errors: Errors | None = None
) -> Response[str]:
    return page(
        request, "coordinator/case_study.html", title="Case study", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, form=form, case_id=case_id, person_id=person_id,
        sections=list(SECTIONS.items()),
    )  # fmt: skip
