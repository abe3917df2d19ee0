"""Giving somebody a link to their own page, whose PIN they type themselves; and what they wished or said is wrong, as tasks."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import own_page
from server.http.services import Services
from server.problems import Invalid
from server.queries.people import health, own_pages, people
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind

PATH = "/people/{person_id:str}/own-link"
WISHES = "/wishes"


class LinkForm(Form, frozen=True, kw_only=True):
    """The PIN, twice."""

    pin: str = ""
    again: str = ""


class AnswerForm(Form, frozen=True, kw_only=True):
    """What was done about a wish."""

    answer: str = ""


@get(PATH, opt={"action": Act.SEE_OWN_RECORD}, sync_to_thread=True, include_in_schema=False)
def show_own_link(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """Where the person types the PIN."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(PATH, opt={"action": Act.SEE_OWN_RECORD}, sync_to_thread=True, include_in_schema=False, status_code=200)
def make_own_link(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: URLEncodedBody[LinkForm],
) -> Response[str]:
    """Makes the link and shows it, this once."""
    try:
        with door.open() as access:
            passwords, secret = services.signin.passwords, services.keys.secret
            path = own_page.make_link(access, passwords, person_id, data.pin.strip(), data.again.strip(), secret)
            return _answer(request, access, person_id, link=services.settings.address + path)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {"pin": refused.errors[0]})


@get(WISHES, opt={"action": Act.SEE_OWN_RECORD}, sync_to_thread=True, include_in_schema=False)
def show_wishes(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What waits for the reader's service."""
    with door.open() as access:
        return _wishes(request, access)


@post(WISHES + "/{wish_id:str}", opt={"action": Act.SEE_OWN_RECORD}, sync_to_thread=True, include_in_schema=False)
def settle_wish(
    request: AnyRequest, door: NamedDependency[Door], wish_id: FromPath[Id], data: URLEncodedBody[AnswerForm]
) -> Response[Any]:
    """Says what was done."""
    try:
        with door.open() as access:
            own_page.settle(access, wish_id, data.answer)
    except Invalid as refused:
        with door.open() as access:
            return _wishes(request, access, {f"answer-{wish_id}": refused.errors[0]}, {wish_id: data.answer})
    return go_to(WISHES, "wish_settled")


def _answer(
    request: AnyRequest, access: Access, person_id: Id, errors: Errors | None = None, link: str = ""
) -> Response[str]:
    person = access.open_person(person_id, own_page.PURPOSE, Act.SEE_OWN_RECORD)
    return page(
        request, "agency/own_link.html", title="A link to their own page", worker=access.worker, person=person, link=link,
        status=422 if errors else 200, errors=errors or {},
    )  # fmt: skip


def _wishes(
    request: AnyRequest, access: Access, errors: Errors | None = None, typed: Mapping[Id, str] | None = None
) -> Response[str]:
    ours = frozenset({access.actor.agency_id})
    access.require(
        Act.SEE_OWN_RECORD, Subject(kind=SubjectKind.AGENCY, id=access.actor.agency_id, working_agency_ids=ours),
        purpose=own_page.PURPOSE,
    )  # fmt: skip
    wishes = own_pages.list_wishes(access.session, agency_id=access.actor.agency_id)
    dead = health.list_dead(access.session, {each.person_id for each in wishes})
    shown = []
    for each in (wish for wish in wishes if wish.person_id not in dead):
        subject, _ = access.find_person_and_same(each.person_id)
        if subject is not None and access.allows(Act.SEE_OWN_RECORD, subject):
            shown.append(each)
    known = {each.id: each.known_as for each in people.list_people(access.session, {each.person_id for each in shown})}
    access.note_seen(SubjectKind.PERSON, sorted(known), action=Act.SEE_OWN_RECORD, purpose=own_page.PURPOSE)
    return page(
        request, "agency/wishes.html", title="Wishes", section=WISHES, worker=access.worker, errors=errors or {},
        status=422 if errors else 200, wishes=shown, known=known, now=access.now, typed=typed or {},
    )  # fmt: skip
