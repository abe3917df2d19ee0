"""Putting somebody forward for a district's MDT: who they are, on what evidence, and why; and what became of those before.

Whom an agency works with already it puts forward from their own page.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.arrivals import SAME_PERSON
from server.actions.cases.cases import BASES
from server.actions.cases.put_forward import Newcomer, put_forward_newcomer
from server.http.local_time import to_local
from server.http.services import Services
from server.problems import Invalid
from server.queries.cases import cases
from server.queries.maps.boundaries import list_districts_on
from server.web.layout.dates import DateParts, split_date
from server.web.layout.forms import Errors, Form, require_choice, require_text
from server.web.layout.kept import kept_fields, kept_form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.paging import make_paging
from server.web.layout.words import say
from shared.model.codes import EvidenceBasis
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.days import read_written_date
from shared.rules.finding import read_sought

PATH = "/put-forward"
ON_A_PAGE, MOST_PAGES = 20, 10_000
FOUND = "/cases/found"
"""Where what was looked for is kept (`server.web.coordinator.case_list`)."""


class NewcomerForm(Form, frozen=True, kw_only=True):
    """Somebody whom the reader's agency knows. `key` makes two presses one person."""

    key: str = ""
    district: str = ""
    name: str = ""
    alias: str = ""
    description: str = ""
    born: str = ""
    born_day: str = ""
    born_month: str = ""
    born_year: str = ""
    evidence: str = ""
    reason: str = ""


@get(PATH, opt={"action": Act.PUT_FORWARD_CASE}, sync_to_thread=True, include_in_schema=False)
def show_put_forward(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    district: FromQuery[str] = "",
    found: FromQuery[str] = "",
    page_number: FromQuery[int] = 1,
) -> Response[str]:
    """The form, empty or as it was left, and what became of those whom the agency put forward, a page of them. `found` is the key
    of a search that found nobody: what was looked for is filled in."""
    fresh = NewcomerForm(district=district)
    if found:
        sought = kept_fields(services, door.worker.id, FOUND, f"{FOUND}/{found}")
        fresh = _with_sought(fresh, str(sought.get("words", "")), services)
        fresh = msgspec.structs.replace(
            fresh, born=fresh.born or str(sought.get("born", "")), reason=str(sought.get("reason", ""))
        )
    form = kept_form(services, door.worker.id, PATH, PATH, fresh)
    with door.open() as access:
        return _answer(
            request,
            access,
            msgspec.structs.replace(form, key=access.new_id()),
            number=max(1, min(page_number, MOST_PAGES)),
        )


@post(PATH, opt={"action": Act.PUT_FORWARD_CASE}, sync_to_thread=True, include_in_schema=False)
def put_newcomer_forward(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[NewcomerForm],
) -> Response[Any]:
    """Puts somebody forward. What is wrong is told beside its field, with nothing lost."""
    errors: Errors = {}
    if not (data.name.strip() or data.alias.strip() or data.description.strip()):
        errors["name"] = "Give a name, or say below how you would know them again."
    with door.open() as access:
        today = access.today
    born = read_written_date(_born_of(data), today)
    if _born_of(data) and born is None:
        errors["born"] = "Enter the date of birth with its day, month and year, or leave it empty."
    require_choice(errors, "evidence", data.evidence, {str(basis) for basis in BASES}, "Choose the evidence.")
    require_text(errors, "reason", data.reason, "Say why, in a few words: the coordinator decides by it.")
    if not errors:
        draft = Newcomer(
            form_id=data.key, district_id=data.district, name=data.name, alias=data.alias, description=data.description,
            date_of_birth=born, basis=EvidenceBasis(data.evidence), reason=data.reason,
        )  # fmt: skip
        try:
            with door.open() as access:
                put_forward_newcomer(access, services.project, draft)
            return go_to(f"{PATH}?district={data.district}", "put_forward")
        except Invalid as refused:
            errors["name"] = " ".join(refused.problem.errors)
    with door.open() as access:
        return _answer(request, access, data, errors)


def _page_path(district_id: Id) -> Callable[[int], str]:
    return lambda number: f"{PATH}?district={district_id}&page_number={number}"


def _born_of(form: NewcomerForm) -> str:
    """The date of birth as it was typed: in the three fields, or carried over from a search."""
    return DateParts(form.born_day, form.born_month, form.born_year).joined or form.born.strip()


def _with_sought(fresh: NewcomerForm, words: str, services: Services) -> NewcomerForm:
    """The form with what somebody looked for: a date of birth in its field, else a name."""
    born = read_sought(words, to_local(services.clock()).date()).born
    if born is not None:
        return msgspec.structs.replace(fresh, born=born.isoformat())
    return msgspec.structs.replace(fresh, name=words)


def _born_parts(form: NewcomerForm, today: date) -> DateParts:
    typed = DateParts(form.born_day, form.born_month, form.born_year)
    return typed if typed.joined else split_date(form.born, today)


def _answer(
    request: AnyRequest, access: Access, form: NewcomerForm, errors: Errors | None = None, *, number: int = 1
) -> Response[str]:
    own = [each for each in list_districts_on(access.session, access.today) if each.id in access.actor.district_ids]
    chosen = form.district or (own[0].id if own else "")
    access.require_district(Act.PUT_FORWARD_CASE, chosen, purpose="put forward")
    total, before = cases.list_put_forward_by(
        access.session, access.actor.agency_id, access.actor.district_ids, limit=ON_A_PAGE,
        offset=(number - 1) * ON_A_PAGE,
    )  # fmt: skip
    # That somebody is known elsewhere already is for the coordinator: the agency was promised not to learn it.
    before = [msgspec.structs.replace(each, outcome="") if each.outcome == SAME_PERSON else each for each in before]
    access.note_seen(SubjectKind.CASE, [each.case_id for each in before], purpose="put forward")
    return page(
        request, "agency/put_forward.html", title="Put somebody forward", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, form=form, chosen=chosen, now=access.now,
        born=_born_parts(form, access.today),
        before=before, total=total, paging=make_paging(number, -(-total // ON_A_PAGE), _page_path(chosen)),
        district_options=[(each.id, each.name) for each in own],
        evidence_options=[(str(basis), say(basis)) for basis in BASES],
    )  # fmt: skip
