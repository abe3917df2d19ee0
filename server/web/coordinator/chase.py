"""The chase board: everything that is owed in a district, mine first, by agency and day; what a coordinator can do about it."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.access import Access, Door
from server.actions.cases import chasing
from server.actions.cases.sheets import write_list
from server.actions.conferences.readers import list_readers_of
from server.problems import Invalid
from server.queries.cases.case_actions import OwnedAction
from server.queries.cases.priorities import list_listed_cases
from server.queries.partnership import agencies
from server.web.coordinator.conferences import choose_district
from server.web.coordinator.discussion import read_key
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.actions import days_late
from shared.rules.bullets import read_bullet, what_is_missing

SECTION = "/chase"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = ("Agency", "Name", "MDT number", "Action", "Due", "Days late", "Explained", "Not theirs, they say")


class ToldForm(Form, frozen=True, kw_only=True):
    """Who said that an action is done, and what was done."""

    district: str = ""
    who: str = ""
    what: str = ""


class GiveForm(Form, frozen=True, kw_only=True):
    """Whose an action is."""

    district: str = ""
    agency: str = ""


class NudgeForm(Form, frozen=True, kw_only=True):
    """The agency that is asked."""

    district: str = ""
    agency: str = ""


class AddForm(Form, frozen=True, kw_only=True):
    """An action between two conferences: for which case, and the line as people write it. `key` was made with the empty form, so
    that sending it twice is one action."""

    district: str = ""
    key: str = ""
    case: str = ""
    line: str = ""


class Owing(Value, frozen=True, kw_only=True):
    """One agency and what it owes, the earliest due first. `withheld` says why it cannot be told."""

    agency_id: Id
    name: str
    is_mine: bool
    owed: tuple[OwnedAction, ...]
    may_nudge: bool
    withheld: str = ""


@get(SECTION, opt={"action": Act.CHASE_ACTION}, sync_to_thread=True, include_in_schema=False)
def show_board(
    request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "", agency: FromQuery[str] = ""
) -> Response[str]:
    """The board of one district of the reader's, of all agencies or one."""
    with door.open() as access:
        return _answer(request, access, district, agency=agency)


@get(SECTION + "/workbook", opt={"action": Act.CHASE_ACTION}, sync_to_thread=True, include_in_schema=False)
def download_board(
    door: NamedDependency[Door], district: FromQuery[str] = "", agency: FromQuery[str] = ""
) -> Response[bytes]:
    """The board as a workbook; every case in it is noted as taken out."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.CHASE_ACTION)
        owed = [each for one in _list_owing(access, chosen.id) if agency in ("", one.agency_id) for each in one.owed]
        case_ids = sorted({each.action.case_id for each in owed})
        access.note_seen(SubjectKind.CASE, case_ids, action=Act.CHASE_ACTION, purpose="chase board, workbook")
        access.note_taken_out([each.person_id for each in owed], purpose="chase board, workbook")
        made = write_list(f"Actions, {chosen.name}", COLUMNS, [_cells(each, access.today) for each in owed])
    headers = {"content-disposition": 'attachment; filename="actions.xlsx"', "cache-control": "no-store"}
    return Response(made, media_type=WORKBOOK, headers=headers)


def _cells(owned: OwnedAction, today: date) -> tuple[Any, ...]:
    action = owned.action
    return (
        owned.agency_name, owned.known_as, action.mdt_number, action.text, action.due_on, days_late(action, today),
        action.explained, action.refused,
    )  # fmt: skip


@post(
    SECTION + "/action/{action_id:str}/done",
    opt={"action": Act.CHASE_ACTION},
    sync_to_thread=True,
    include_in_schema=False,
)
def mark_told(
    request: AnyRequest, door: NamedDependency[Door], action_id: FromPath[Id], data: URLEncodedBody[ToldForm]
) -> Response[Any]:
    """Says that an action is done, and who said so."""
    try:
        with door.open() as access:
            chasing.finish_for(access, action_id, data.who, data.what)
        return go_to(_path(data.district), "action_told")
    except Invalid as refused:
        with door.open() as access:
            errors = {f"who-{action_id}": refused.problem.errors[0]}
            return _answer(request, access, data.district, errors, typed={action_id: (data.who, data.what)})


@post(
    SECTION + "/action/{action_id:str}/give",
    opt={"action": Act.CHASE_ACTION},
    sync_to_thread=True,
    include_in_schema=False,
)
def give(
    request: AnyRequest, door: NamedDependency[Door], action_id: FromPath[Id], data: URLEncodedBody[GiveForm]
) -> Response[Any]:
    """Gives an action to whose it is."""
    try:
        with door.open() as access:
            chasing.give_to(access, action_id, data.agency)
        return go_to(_path(data.district), "action_given")
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, data.district, {f"give-{action_id}": refused.problem.errors[0]})


@post(SECTION + "/nudge", opt={"action": Act.CHASE_ACTION}, sync_to_thread=True, include_in_schema=False)
def ask(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[NudgeForm]) -> Response[Any]:
    """Asks an agency for what it owes."""
    try:
        with door.open() as access:
            chasing.nudge(access, data.district, data.agency)
        return go_to(_path(data.district), "nudged")
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, data.district, {f"nudge-{data.agency}": refused.problem.errors[0]})


@post(SECTION + "/add", opt={"action": Act.CHASE_ACTION}, sync_to_thread=True, include_in_schema=False)
def add(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[AddForm]) -> Response[Any]:
    """Adds an action between two conferences."""
    try:
        with door.open() as access:
            chosen = choose_district(access, data.district, Act.CHASE_ACTION)
            if not data.case:
                raise Invalid("Choose whom it is for.")
            names = {each.id: each.name for each in agencies.list_agencies(access.session)}
            bullet = read_bullet(data.line, names, access.today)
            if missing := what_is_missing(bullet, names, access.today):
                raise Invalid(" ".join(missing))
            chasing.add_between(
                access, chosen.id, data.case, text=bullet.text, agency_id=bullet.agency_id, due_on=bullet.due_on,
                key=read_key(data.key),
            )  # fmt: skip
        return go_to(_path(data.district), "action_added")
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, data.district, {"line": refused.problem.errors[0]}, form=data)


def _path(district_id: Id) -> str:
    return f"{SECTION}?district={district_id}"


def _answer(
    request: AnyRequest,
    access: Access,
    district_id: str,
    errors: Errors | None = None,
    *,
    agency: str = "",
    typed: Mapping[Id, tuple[str, str]] | None = None,
    form: AddForm | None = None,
) -> Response[str]:
    district = choose_district(access, district_id, Act.CHASE_ACTION)
    owing = _list_owing(access, district.id)
    shown = [each for each in owing if not agency or each.agency_id == agency]
    listed = list_listed_cases(access.session, district.id, access.tonight)
    seen = {each.action.case_id for one in shown for each in one.owed} | {case.row.case_id for case in listed}
    access.note_seen(SubjectKind.CASE, sorted(seen), purpose=chasing.PURPOSE)
    people = sorted((case.row.known_as, case.row.case_id) for case in listed)
    return page(
        request, "coordinator/chase.html", title="Chase", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, district=district, today=access.today, now=access.now,
        owing=shown, typed=typed or {}, form=form or AddForm(key=access.new_id()), agency=agency,
        agencies=[("", "Every agency"), *((each.agency_id, each.name) for each in owing)],
        owners=[("", "Choose"), *((each.agency.id, each.agency.name) for each in list_readers_of(access, district.id))],
        people=[("", "Choose"), *((case_id, name) for name, case_id in people)],
    )  # fmt: skip


def _list_owing(access: Access, district_id: Id) -> list[Owing]:
    board = chasing.list_board(access, district_id)
    withheld = chasing.list_untold(access, {each.action.agency_id for each in board})
    found = []
    for (agency_id, name), each in groupby(board, key=lambda one: (one.action.agency_id, one.agency_name)):
        owed = tuple(each)
        soon = any(one.action.due_on <= access.today + chasing.SOON for one in owed)
        is_mine = agency_id == access.actor.agency_id
        found.append(
            Owing(
                agency_id=agency_id, name=name, is_mine=is_mine, owed=owed, withheld=withheld.get(agency_id, ""),
                may_nudge=soon and not is_mine and agency_id not in withheld,
            )
        )  # fmt: skip
    return found
