"""The district's list in the order of discussion: each place with its grounds, and the coordinator's own places with
reasons."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.access import Access, Door
from server.actions.cases import priorities
from server.problems import Invalid, NotFound
from server.queries.cases import cases
from server.queries.cases.priorities import GENERAL_FIELDS
from server.web.coordinator.conferences import choose_district
from server.web.layout.forms import Errors, Form, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act, SubjectKind

GENERAL_WORDS = {
    "temporarily_housed": "Temporarily housed",
    "receiving_support": "Receiving support from some service",
    "eviction_risk": "At risk of eviction, or on a final warning",
    "clinically_extremely_vulnerable": "Clinically extremely vulnerable",
    "evicted": "Evicted",
    "assessed_for_move_on": "Assessed for move-on",
}


LAST_RANK = 9_999


class PlaceForm(Form, frozen=True, kw_only=True):
    """A place counted from 1, and why; or a press of "let the rule decide"."""

    rank: str = ""
    reason: str = ""
    lift: str = ""


GeneralForm = msgspec.defstruct(
    "GeneralForm",
    [("back", str, ""), *((f"{prefix}{name}", str, "") for prefix in ("", "was_") for name in GENERAL_FIELDS)],
    bases=(Form,),
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)
"""The toolkit's general data; a box that is not ticked is not sent. `was_` is what the page showed: a box that its reader left
alone changes nothing, whoever ticked it meanwhile."""


@get("/priorities", opt={"action": Act.OVERRIDE_PRIORITY}, sync_to_thread=True, include_in_schema=False)
def show_priorities(request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[str]:
    """The list in the order of discussion."""
    with door.open() as access:
        return _answer(request, access, district)


@post("/priorities/{case_id:str}", opt={"action": Act.OVERRIDE_PRIORITY}, sync_to_thread=True, include_in_schema=False)
def place_case(
    request: AnyRequest, door: NamedDependency[Door], case_id: FromPath[Id], data: URLEncodedBody[PlaceForm]
) -> Response[Any]:
    """Places a case otherwise than the rule, or lets the rule decide again."""
    try:
        with door.open() as access:
            if data.lift:
                priorities.lift_place(access, case_id)
            else:
                priorities.place_case(access, case_id, read_whole(data.rank, LAST_RANK) or 0, data.reason)
            district_id = cases.get_case(access.session, case_id).district_id
        return go_to(f"/priorities?district={district_id}", "lifted" if data.lift else "placed")
    except Invalid as refused:
        with door.open() as access:
            found = cases.list_cases_by_id(access.session, [case_id])
            errors = {f"reason-{case_id}": refused.problem.errors[0]}
            return _answer(request, access, found[0].district_id if found else "", errors, data)


@post(
    "/priorities/{case_id:str}/general", opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False
)
def save_general(
    door: NamedDependency[Door],
    case_id: FromPath[Id],
    data: URLEncodedBody[GeneralForm],  # type: ignore[valid-type]
) -> Response[Any]:
    """Stores the toolkit's general data of a case."""
    with door.open() as access:
        found = cases.list_cases_by_id(access.session, [case_id])
        ticked = {name: getattr(data, name) == "yes" for name in GENERAL_FIELDS}
        shown = {name: getattr(data, f"was_{name}") == "yes" for name in GENERAL_FIELDS}
        priorities.change_general(
            access, case_id, {name: ticked[name] for name in GENERAL_FIELDS if ticked[name] != shown[name]}
        )
        if not found:
            raise NotFound
    if getattr(data, "back") == found[0].person_id:  # noqa: B009
        return go_to(f"/people/{found[0].person_id}", "general_saved")
    return go_to(f"/priorities?district={found[0].district_id}", "general_saved")


def _answer(
    request: AnyRequest, access: Access, district_id: Id, errors: Errors | None = None, typed: PlaceForm | None = None
) -> Response[str]:
    district = choose_district(access, district_id, Act.OVERRIDE_PRIORITY)
    ranked, cases = priorities.rank_district(access, district.id)
    access.note_seen(SubjectKind.PERSON, [case.row.person_id for case in cases.values()], purpose="prioritisation")
    return page(
        request, "coordinator/priorities.html", title="Order of discussion", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, typed=typed, district=district, now=access.now,
        rows=priorities.in_order(ranked, cases), general_words=GENERAL_WORDS,
    )  # fmt: skip
