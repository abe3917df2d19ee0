"""What is decided on a person's page: whether the verification is right, and whether the person is on the list.

A decision always has a reason; without one nothing is written and the page says so beside the field.
"""

from collections.abc import Callable
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.cases import BASES, close_case, decline_case, list_case, may_decide, put_forward
from server.actions.cases.machine import MEANWHILE
from server.actions.people.verification import judge_verification
from server.http.services import Services
from server.problems import Invalid
from server.queries.cases import case_actions
from server.queries.conferences.upcoming import find_next_with
from server.queries.partnership.districts import find_district
from server.web.coordinator.case_forms import find_live_case
from server.web.coordinator.person import JUDGEMENTS, PURPOSE, PersonForm, answer
from server.web.layout.check import Check, ask
from server.web.layout.forms import Errors, require_choice, require_text
from server.web.layout.page import AnyRequest, go_to
from server.web.layout.words import count, say_moment
from shared.model.case import Case
from shared.model.codes import EvidenceBasis, ReviewStatus
from shared.model.value import Id
from shared.policy import Act
from shared.rules.actions import is_done

DONE = {"list": "listed", "decline": "declined", "close": "closed_case"}
SAY_WHY = "Say why, in a few words: partners will read it."


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
    """Takes a candidate onto the district's list, does not take them on, or closes their case."""
    errors: Errors = {}
    require_choice(errors, "case_reason", data.decision, set(DONE), "Choose what to do.")
    require_text(errors, "case_reason", data.case_reason, SAY_WHY)

    if data.decision == "close" and not errors and not data.sure:
        try:
            with door.open() as access:
                return _check_closing(request, access, person_id, data)
        except Invalid as refused:
            errors["case_reason"] = refused.errors[0]

    def act(access: Access) -> None:
        change = {"list": list_case, "decline": decline_case, "close": close_case}[data.decision]
        change(access, _find_shown(access, person_id, data).id, data.case_reason)

    return _act(request, door, person_id, data, errors, act, "case_reason", DONE.get(data.decision, ""))


def _find_shown(access: Access, person_id: Id, data: PersonForm) -> Case:
    """The case that the page showed: of somebody who came back meanwhile it is not the one that stands now.

    Raises as `find_live_case`."""
    found = find_live_case(access, person_id, data.district)
    if data.case not in ("", found.id):
        raise Invalid(MEANWHILE)
    return found


def _check_closing(request: AnyRequest, access: Access, person_id: Id, data: PersonForm) -> Response[str]:
    """What closing a case does, before it is done."""
    person = access.open_person(person_id, PURPOSE)
    case = _find_shown(access, person_id, data)
    access.require_district(Act.CHANGE_CASE, data.district, purpose=PURPOSE)
    district = find_district(access.session, data.district)
    coming = find_next_with(access.session, case.id)
    owed = [each for each in case_actions.list_actions(access.session, [case.id]) if not is_done(each.action)]
    rows = [
        ("Who", person.known_as), ("List", district.name if district else ""), ("Why", data.case_reason),
        ("Next conference", f"Taken off the agenda of {say_moment(coming.starts_at)}" if coming else "On no agenda"),
        ("Actions not done", f"{count(len(owed), 'action')}: nobody is reminded of them any more" if owed else "None"),
    ]  # fmt: skip
    check = Check(
        rows=rows, action=f"/people/{person_id}/case", press="Close the case", classes="govuk-button--warning",
        back=f"/people/{person_id}", lead="Whoever is seen bedded down after this comes back on the list by themselves.",
        fields={
            "district": data.district, "decision": "close", "case": case.id, "case_reason": data.case_reason, "sure": "yes",
        },
    )  # fmt: skip
    return ask(request, check, title="Check before you close the case", section="/cases", worker=access.worker)


@post(
    "/people/{person_id:str}/put-forward",
    opt={"action": Act.PUT_FORWARD_CASE},
    sync_to_thread=True,
    include_in_schema=False,
)
def forward(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[PersonForm]
) -> Response[Any]:
    """Puts somebody on the list, for its coordinator; for anybody else puts them forward to be decided on."""
    errors: Errors = {}
    require_choice(errors, "evidence", data.evidence, {str(basis) for basis in BASES}, "Choose the evidence.")
    require_text(errors, "case_reason", data.case_reason, SAY_WHY)
    with door.open() as access:
        done = "listed" if may_decide(access, data.district) else "put_forward"

    def act(access: Access) -> None:
        put_forward(access, person_id, data.district, EvidenceBasis(data.evidence), data.case_reason)

    return _act(request, door, person_id, data, errors, act, "case_reason", done)


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
