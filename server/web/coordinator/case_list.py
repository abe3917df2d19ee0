"""The district's MDT case list: who is on it and why, in one glance; what is shown stands in the address, and never a
personal value; a search goes by POST, and what it found by a key that says nothing (privacy rule C9).
"""

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.http.local_time import local_zone, to_local
from server.http.services import Services
from server.problems import NotFound
from server.queries.cases.case_list import (
    LIVE_STATES,
    CaseListCounts,
    CaseListRow,
    CaseListView,
    Page,
    count_cases,
    count_new,
    count_to_decide,
    list_cases,
    list_page,
)
from server.queries.cases.case_moves import count_come
from server.queries.cases.saved_views import list_views
from server.queries.partnership.districts import list_districts
from server.queries.people import subjects
from server.web.coordinator.case_view import LABELS, SHOW, Choice, as_partner, choice_of, list_options
from server.web.coordinator.neighbours import list_lines, list_neighbours
from server.web.coordinator.partner_view import count_red_flags, is_partner, narrow_rows, narrow_view
from server.web.layout.forms import Errors, Form, Several, as_tuple
from server.web.layout.kept import kept_fields
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.paging import make_paging
from server.web.layout.words import count, lower_first
from shared.model.codes import CaseState
from shared.model.district import District
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.case import tells_of_return

PAGE_LENGTH = 50
FOUND = "/cases/found"
LONGEST_SEARCH = 200


class News(Value, frozen=True, kw_only=True):
    """How many live cases came since a page was made. A number tells nobody's name."""

    new: int


class SearchForm(Form, frozen=True, kw_only=True):
    """Words to find a person by. They go by POST: no name is ever in an address."""

    district: str = ""
    words: str = ""


class SeveralForm(Form, frozen=True, kw_only=True):
    """Candidates that are decided on at once, for one reason."""

    district: str = ""
    choice: str = ""
    case: Several = ""
    decision: str = ""
    reason: str = ""


@get("/cases", opt={"action": Act.SEE_CASE_LIST}, sync_to_thread=True, include_in_schema=False)
def show_case_list(
    request: AnyRequest,
    door: NamedDependency[Door],
    district: FromQuery[str] = "",
) -> Response[str]:
    """The list of one district of the coordinator's."""
    choice = choice_of(dict(request.query_params))
    with door.open() as access:
        return show_list(request, access, district, choice)


@get("/cases/news", opt={"action": Act.SEE_CASE_LIST, "polls": True}, sync_to_thread=True, include_in_schema=False)
def tell_news(
    door: NamedDependency[Door], district: FromQuery[str] = "", since: FromQuery[datetime | None] = None
) -> Response[News]:
    """How many came onto the list since a moment, for a page that is open."""
    with door.open() as access:
        access.require_district(Act.SEE_CASE_LIST, district, purpose="case list")
        told = since is not None and not is_partner(access, district)
        return Response(News(new=count_new(access.session, district, since or access.now) if told else 0))


@post("/cases/search", opt={"action": Act.SEE_CASE_LIST}, sync_to_thread=True, include_in_schema=False)
def search_case_list(
    door: NamedDependency[Door], services: NamedDependency[Services], data: URLEncodedBody[SearchForm]
) -> Response[Any]:
    """Keeps what is looked for, and leads to what was found under a key that says nothing: Back works, and no name is in an
    address."""
    _require_searching(door)
    key = services.new_id()
    words = data.words.strip()[:LONGEST_SEARCH]
    kept = {"words": words, "district": data.district}
    services.drafts.keep(door.worker.id, FOUND, f"{FOUND}/{key}", kept, services.clock())
    return go_to(f"{FOUND}/{key}")


@get(FOUND + "/{key:str}", opt={"action": Act.SEE_CASE_LIST}, sync_to_thread=True, include_in_schema=False)
def show_found(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], key: FromPath[Id]
) -> Response[str]:
    """The people of a list, in whatever state, of whom every word is true; without a district named, of the first of the reader's
    own on whose list there is somebody."""
    _require_searching(door)
    kept = kept_fields(services, door.worker.id, FOUND, f"{FOUND}/{key}")
    words, district_id = str(kept.get("words", "")), str(kept.get("district", ""))
    if not words:
        return go_to("/cases")
    with door.open() as access:
        district_id = district_id or _first_with(access, words)
        return show_list(request, access, district_id, Choice(), words=words, key=key)


def _require_searching(door: Door) -> None:
    """Who may read no list keeps no name here either, and is told so at once. Raises Forbidden."""
    with door.open() as access:
        access.require(Act.SEE_CASE_LIST, of_theirs(access.actor), purpose="search the case list")


def _first_with(access: Access, words: str) -> Id:
    own = [each.id for each in list_districts(access.session) if each.id in access.actor.district_ids]
    view = CaseListView(states=(), words=words)
    for each in own:
        if is_partner(access, each) or list_cases(access.session, each, view, today=access.tonight, limit=1):
            return each
    return own[0] if own else ""


def show_list(
    request: AnyRequest,
    access: Access,
    district_id: Id,
    choice: Choice,
    words: str = "",
    key: Id = "",
    *,
    errors: Errors | None = None,
    form: SeveralForm | None = None,
) -> Response[str]:
    """The page of one list. `form` is what was pressed for several at once, with what is wrong about it."""
    districts = [each for each in list_districts(access.session) if each.id in access.actor.district_ids]
    district = _chosen(access, districts, district_id)
    partner = is_partner(access, district.id)
    choice = as_partner(choice) if partner else choice
    view = choice.view(words) if not words else CaseListView(states=(), words=words)
    view = narrow_view(view) if partner else view
    since = _start_of_yesterday(access.now)
    choice, found = _list_page(access, district.id, view, choice)
    rows, pages = found.rows, _count_pages(found)
    shown = narrow_rows(access, rows, words) if partner else rows
    access.note_seen(SubjectKind.PERSON, [row.person_id for row in shown], purpose="case list")
    counts = count_cases(access.session, district.id, since)
    come = 0 if partner else count_come(access.session, district.id, since)
    may_decide = access.allows(Act.CHANGE_CASE, subjects.of_district(district.id))
    return page(
        request, "coordinator/case_list.html", title=f"Case list, {district.name}", section="/cases",
        worker=access.worker, district=district, found_key=key, status=422 if errors else 200, errors=errors or {},
        is_filtered=bool(choice.asked) and not words, form=form or SeveralForm(),
        districts=districts, to_decide=_count_to_decide(access, districts), summary=_summary(counts, come), view=choice,
        words=words,
        rows=[_Shown.of(row, since) for row in shown], now=access.now, heading=_heading(choice, words),
        news_path="/cases/news?" + urlencode({"district": district.id, "since": access.now.isoformat()}),
        neighbours=[] if partner or words or choice.page > 1 else list_neighbours(access, district.id),
        may_put_forward=access.allows(Act.PUT_FORWARD_CASE, subjects.of_district(district.id)), may_decide=may_decide,
        may_export=access.allows(Act.SHARE_TRACKER, subjects.of_district(district.id)) and not words,
        several=may_decide and sum(row.state is CaseState.CANDIDATE for row in shown) > 1,
        chosen=as_tuple(form.case) if form else (),
        lines={} if partner else list_lines(access, district.id, [row.case_id for row in shown]),
        partner=partner, reachable=access.list_open_cases([row.case_id for row in shown]),
        red=count_red_flags(access, district.id), nothing=_nothing(words), total=len(shown) if partner and words else found.total,
        labels=LABELS,
        options=list_options(access, district.id, partner=partner),
        views=list_views(access.session, access.actor.worker_id), choice_query=choice.query,
        paging=make_paging(choice.page, pages, lambda number: choice.path(district.id, number)) if not words else None,
    )  # fmt: skip


def _count_to_decide(access: Access, districts: list[District]) -> dict[Id, int]:
    """How many wait for a decision in each of several districts; a partner is told of none."""
    own = [each.id for each in districts if not is_partner(access, each.id)]
    return count_to_decide(access.session, own) if len(districts) > 1 else {}


def _list_page(access: Access, district_id: Id, view: CaseListView, choice: Choice) -> tuple[Choice, Page]:
    """The page asked for, or the last one where there are not so many."""
    for _ in range(2):
        skipped = (choice.page - 1) * PAGE_LENGTH
        found = list_page(access.session, district_id, view, today=access.tonight, limit=PAGE_LENGTH, offset=skipped)
        if choice.page <= _count_pages(found):
            break
        choice = msgspec.structs.replace(choice, page=_count_pages(found))
    return choice, found


def _count_pages(found: Page) -> int:
    return max(1, -(-found.total // PAGE_LENGTH))


def _chosen(access: Access, districts: list[District], district_id: Id) -> District:
    """The district asked for, or the first of theirs; one that is not theirs is refused as if it did not exist."""
    wanted = district_id or (districts[0].id if districts else "")
    access.require_district(Act.SEE_CASE_LIST, wanted, purpose="case list")
    found = next((each for each in districts if each.id == wanted), None)
    if found is None:
        raise NotFound
    return found


class _Shown(CaseListRow, frozen=True, kw_only=True):
    """A row as the page shows it."""

    is_new: bool = False
    has_returned: bool = False

    @classmethod
    def of(cls, row: CaseListRow, since: datetime) -> "_Shown":
        """Returns the row with its reason as a sentence, and whether it came since yesterday."""
        fields: dict[str, Any] = {name: getattr(row, name) for name in CaseListRow.__struct_fields__}
        reason = row.reason[:1].upper() + row.reason[1:]
        fields["reason"] = reason if reason.endswith((".", "!", "?")) else f"{reason}."
        is_live = row.state in LIVE_STATES
        return cls(
            **fields, is_new=is_live and row.since >= since, has_returned=is_live and tells_of_return(row.case_reason)
        )


def _start_of_yesterday(now: datetime) -> datetime:
    yesterday = to_local(now).date() - timedelta(days=1)
    return datetime.combine(yesterday, time(), local_zone())


def _summary(counts: CaseListCounts, come: int) -> str:
    new = f"{counts.new} new since yesterday." if counts.new else "Nobody new since yesterday."
    states = [
        f"{counts.by_state[str(state)]} {lower_first(SHOW[str(state)][0])}"
        for state in LIVE_STATES
        if counts.by_state.get(str(state))
    ]
    came = f" {count(come, 'case')} came from another district." if come else ""
    return f"{new}{came} {' · '.join(states)}"


def _heading(choice: Choice, words: str) -> str:
    if words:
        return f"People found for “{words}”"
    return SHOW.get(choice.show, SHOW["current"])[0]


def _nothing(words: str) -> str:
    if words:
        return "Nobody on this list is described like that. Try fewer words, or part of a word."
    return "Nobody here at the moment. People whom outreach sees bedded down arrive by themselves."
