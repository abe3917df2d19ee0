"""A person's own page, to be read on the screen together: their words first, what is known, this service's notes, who looked;
what is wrong is put right there and then."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import own_record
from server.http.services import Services
from server.problems import Invalid
from server.queries.people import access_log as looks
from server.queries.people import person_page, subjects
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act

PATH = "/people/{person_id:str}/own-record"
FIELD_WORDS = {
    "wants_first": "What you want first",
    "name": "Your name",
    "alias": "What people call you",
    "date_of_birth": "Your date of birth",
    "gender_self_described": "Your gender, in your words",
    "language": "Languages you speak",
    "strengths": "What you are good at",
    "safety_needs": "What keeps you safe",
    "safety_signs": "Signs that things are getting worse for you",
    "safety_helps": "What helps you then",
    "safety_call": "Whom we should call",
    "safety_avoid": "What we should not do",
    "best_way": "How to reach you",
    "description": "How we would know you again",
}


class CorrectionForm(Form, frozen=True, kw_only=True):
    """Which field is wrong, and what is right."""

    field: str = ""
    value: str = ""


@get(PATH, opt={"action": Act.SEE_OWN_RECORD}, sync_to_thread=True, include_in_schema=False)
def show_own_record(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """The page to read together."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(PATH, opt={"action": Act.EDIT_PERSON}, sync_to_thread=True, include_in_schema=False)
def correct(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: URLEncodedBody[CorrectionForm],
) -> Response[Any]:
    """Puts one thing right."""
    try:
        with door.open() as access:
            own_record.correct_person(access, services.project, person_id, data.field, data.value)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {"value": refused.errors[0]}, data)
    return go_to(f"/people/{person_id}/own-record", "corrected")


def _answer(
    request: AnyRequest, access: Access, person_id: Id, errors: Errors | None = None, form: CorrectionForm | None = None
) -> Response[str]:
    person = access.open_person(person_id, own_record.PURPOSE, Act.SEE_OWN_RECORD)
    subject, same = subjects.find_person_and_same(access.session, person_id)
    own_notes = own_record.list_own_notes(access, person_id)
    access.write_lines()
    return page(
        request, "agency/own_record.html", title="Own record", worker=access.worker, now=access.now, person=person,
        status=422 if errors else 200, errors=errors or {}, form=form or CorrectionForm(), words=FIELD_WORDS,
        facts=[(FIELD_WORDS[field], getattr(person, field)) for field in own_record.CORRECTABLE[1:]],
        needs=person_page.list_needs(access.session, same), notes=own_notes,
        before=own_record.list_said_before(access, person),
        agencies=looks.list_agencies_that_looked(access.session, same),
        works_with=sorted({each.agency_name for each in person_page.list_who_works_with(access.session, same, access.now)}),
        may_correct=subject is not None and access.allows(Act.EDIT_PERSON, subject),
        may_copy=subject is not None and access.allows(Act.EXPORT_PERSON, subject),
        fields=[("", "Choose"), *FIELD_WORDS.items()],
    )  # fmt: skip
