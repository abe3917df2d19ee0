"""What a coordinator decides on a person's page: whether the verification is right, and whether the person is on the
list.

A decision always has a reason; without one nothing is written and the page says so beside the field.
"""

from collections.abc import Callable
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.cases import close_case, decline_case, list_case, put_forward
from server.actions.verification import judge_verification
from server.http.services import Services
from server.problems import Invalid
from server.queries.person_page import list_cases_of
from server.web.coordinator.person import BASES, JUDGEMENTS, PURPOSE, PersonForm, answer
from server.web.layout.forms import Errors, require_choice, require_text
from server.web.layout.page import AnyRequest, go_to
from shared.model.case import Case
from shared.model.codes import CaseState, EvidenceBasis, ReviewStatus
from shared.model.value import Id
from shared.policy import Act

LIVE = (CaseState.CANDIDATE, CaseState.LISTED, CaseState.OPEN)
DONE = {"list": "listed", "decline": "declined", "close": "closed_case"}


@post(
    "/people/{person_id:str}/verification",
    opt={"action": Act.JUDGE_VERIFICATION},
    sync_to_thread=True,
    include_in_schema=False,
)
def judge(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: URLEncodedBody[PersonForm],
) -> Response[Any]:
    """Confirms or does not confirm, on some evidence, with a reason."""
    errors: Errors = {}
    require_choice(
        errors, "judgement", data.judgement, {value for value, _ in JUDGEMENTS}, "Choose whether you confirm it."
    )
    require_choice(errors, "basis", data.basis, {str(basis) for basis in BASES}, "Choose the evidence.")
    require_text(errors, "reason", data.reason, "Say why, in a few words: partners will read it.")

    def act(access: Access) -> None:
        judge_verification(
            access, services.project, person_id, data.district, ReviewStatus(data.judgement), EvidenceBasis(data.basis),
            data.reason,
        )  # fmt: skip

    return _act(request, door, person_id, data, errors, act, "reason", data.judgement)


@post("/people/{person_id:str}/case", opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def decide(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[PersonForm]
) -> Response[Any]:
    """Puts somebody on the district's list, does not take them on, or closes their case."""
    errors: Errors = {}
    require_choice(errors, "case_reason", data.decision, set(DONE), "Choose what to do.")
    require_text(errors, "case_reason", data.case_reason, "Say why, in a few words: partners will read it.")

    def act(access: Access) -> None:
        _decide(access, person_id, data)

    return _act(request, door, person_id, data, errors, act, "case_reason", DONE.get(data.decision, ""))


def _decide(access: Access, person_id: Id, data: PersonForm) -> None:
    found = _live_case(access, person_id, data.district)
    if found is None:
        if data.decision != "list":
            raise Invalid("Somebody else has decided this case meanwhile. Load the page again.")
        put_forward(access, person_id, data.district, data.case_reason)
        return
    {"list": list_case, "decline": decline_case, "close": close_case}[data.decision](access, found.id, data.case_reason)


def _live_case(access: Access, person_id: Id, district_id: Id) -> Case | None:
    theirs = [each.case for each in list_cases_of(access.session, person_id) if each.case.district_id == district_id]
    return next((case for case in theirs if case.state in LIVE), None)


def _act(
    request: AnyRequest,
    door: Door,
    person_id: Id,
    data: PersonForm,
    errors: Errors,
    act: Callable[[Access], None],
    field: str,
    done: str,
) -> Response[Any]:
    """Does it in one transaction; a mistake is told on the page, with nothing written and nothing typed lost."""
    if not errors:
        try:
            with door.open() as access:
                act(access)
            return go_to(f"/people/{person_id}", done=done)
        except Invalid as refused:
            errors = {field: " ".join(refused.errors)}
    with door.open() as access:
        person = access.open_person(person_id, PURPOSE)
        return answer(request, access, person, form=data, errors=errors)
