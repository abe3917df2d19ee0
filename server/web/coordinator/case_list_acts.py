"""What is done with a case list as a whole: kept by name, taken out as a workbook, decided on for several at once."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.cases import decline_case, list_case
from server.actions.cases.sheets import write_list
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.cases.case_actions import list_names
from server.queries.cases.case_list import CaseListRow, list_cases
from server.queries.cases.caseload import list_leads
from server.queries.cases.cases import find_case, list_cases_by_id, list_cases_with_people
from server.queries.cases.saved_views import MOST, SavedView, list_views, remove_view, set_view
from server.web.coordinator.case_list import PAGE_LENGTH, SeveralForm, show_list
from server.web.coordinator.case_view import choice_of, read_choice
from server.web.coordinator.conferences import choose_district
from server.web.layout.forms import Errors, Form, as_tuple
from server.web.layout.page import AnyRequest, go_to
from server.web.layout.words import say
from shared.model.value import Id
from shared.policy import Act

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_NAME = 80
MOST_ROWS = 20_000
DECISIONS = {"list": list_case, "decline": decline_case}
COLUMNS = (
    "Case", "Name", "Date of birth", "Gender", "Status", "On the list since", "MDT number", "Verified", "Why",
    "Nights in 14 days", "Needs without support", "Lead", "Outcome or reason",
)  # fmt: skip


class ViewForm(Form, frozen=True, kw_only=True):
    """How a list is narrowed, and under which name."""

    district: str = ""
    choice: str = ""
    name: str = ""


@post("/cases/views", opt={"action": Act.SEE_CASE_LIST}, sync_to_thread=True, include_in_schema=False)
def keep_view(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[ViewForm]) -> Response[Any]:
    """Keeps how the list is narrowed, for its reader alone."""
    choice, name = read_choice(data.choice), " ".join(data.name.split())
    with door.open() as access:
        access.require_district(Act.SEE_CASE_LIST, data.district, purpose="case list")
        kept = list_views(access.session, access.actor.worker_id)
        errors: Errors = {}
        if not name or len(name) > LONGEST_NAME:
            errors["name"] = f"Give it a name of up to {LONGEST_NAME} characters."
        elif len(kept) >= MOST and name not in {each.name for each in kept}:
            errors["name"] = f"You have kept {MOST}. Remove one first."
        if errors:
            return show_list(request, access, data.district, choice, errors=errors)
        set_view(access.session, access.actor.worker_id, SavedView(name=name, choice=choice.query), access.now)
    return go_to(choice.path(data.district, 1), "view_kept")


@post("/cases/views/remove", opt={"action": Act.SEE_CASE_LIST}, sync_to_thread=True, include_in_schema=False)
def drop_view(door: NamedDependency[Door], data: URLEncodedBody[ViewForm]) -> Response[Any]:
    """Keeps one of the reader's own no longer."""
    with door.open() as access:
        access.require_district(Act.SEE_CASE_LIST, data.district, purpose="case list")
        remove_view(access.session, access.actor.worker_id, data.name)
    return go_to(read_choice(data.choice).path(data.district, 1), "view_dropped")


@get("/cases/workbook", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def download_list(request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[bytes]:
    """The list as it is narrowed, whole, as a workbook; everybody in it is noted as taken out."""
    choice = choice_of(dict(request.query_params))
    with door.open() as access:
        chosen = choose_district(access, district, Act.SHARE_TRACKER)
        rows = list_cases(access.session, chosen.id, choice.view(), today=access.tonight, limit=MOST_ROWS)
        access.note_taken_out([row.person_id for row in rows], purpose="case list, workbook")
        made = write_list(f"Case list, {chosen.name}", COLUMNS, _list_cells(access, rows))
    headers = {"content-disposition": 'attachment; filename="case-list.xlsx"', "cache-control": "no-store"}
    return Response(made, media_type=WORKBOOK, headers=headers)


def _list_cells(access: Access, rows: list[CaseListRow]) -> list[tuple[Any, ...]]:
    case_ids = [row.case_id for row in rows]
    people = {case.id: person for case, person in list_cases_with_people(access.session, case_ids)}
    leads = list_leads(access.session, case_ids)
    return [
        (
            row.case_id, row.known_as, people[row.case_id].date_of_birth, say(people[row.case_id].gender), say(row.state),
            row.since.astimezone(access.zone).date(), row.mdt_number, "yes" if row.verified else "no", row.reason,
            row.nights_in_14_days, ", ".join(say(each) for each in row.unsupported_needs),
            leads[row.case_id].agency_name if row.case_id in leads else "", row.outcome,
        )
        for row in rows
    ]  # fmt: skip


@post("/cases/several", opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def decide_several(
    request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[SeveralForm]
) -> Response[Any]:
    """Decides on several candidates, each by itself: one that may not be is named with why, and costs no other its decision."""
    choice, case_ids = read_choice(data.choice), as_tuple(data.case)
    errors: Errors = {}
    if not case_ids:
        errors["case"] = "Tick whom you decide on."
    if len(case_ids) > PAGE_LENGTH:
        errors["case"] = f"Decide on {PAGE_LENGTH} at once at most."
    if data.decision not in DECISIONS:
        errors["decision"] = "Choose what to decide."
    if not data.reason.strip():
        errors["reason"] = "Say why, in a few words: partners will read it."
    if not errors:
        names = _list_names(door, data.district, case_ids)
        refused = {each: why for each in names if (why := _decide(door, data, each))}
        errors = {f"case-{each}": f"{names[each]}: {why}" for each, why in refused.items()}
        if gone := len(set(case_ids) - names.keys()):
            errors["case"] = f"{gone} of those whom you ticked {'is' if gone == 1 else 'are'} on this list no longer."
        data = msgspec.structs.replace(data, case=list(refused))
    if not errors:
        return go_to(choice.path(data.district, 1), "decided_several")
    with door.open() as access:
        return show_list(request, access, data.district, choice, errors=errors, form=data)


def _list_names(door: Door, district_id: Id, case_ids: Sequence[Id]) -> dict[Id, str]:
    """Whom those of these cases are about that are on this list: a case that moved by rule meanwhile is another's to decide on.

    Raises NotFound where none of them is.
    """
    with door.open() as access:
        access.require_district(Act.CHANGE_CASE, district_id, purpose="case list")
        ours = [each.id for each in list_cases_by_id(access.session, case_ids) if each.district_id == district_id]
        if not ours:
            raise NotFound
        return list_names(access.session, ours)


def _decide(door: Door, data: SeveralForm, case_id: Id) -> str:
    """Decides on one, in a transaction of its own; returns why not."""
    try:
        with door.open() as access:
            found = find_case(access.session, case_id)
            if found is None or found.district_id != data.district:
                return "their case is on this list no longer."
            DECISIONS[data.decision](access, case_id, data.reason)
    except Invalid as refused:
        return refused.errors[0]
    except Failure as refused:
        if refused.kind is not CONFLICTING:
            raise
        return refused.detail
    return ""
