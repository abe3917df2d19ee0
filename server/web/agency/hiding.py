"""Hiding one person from all but the services that are named, and showing them again: each with a reason that is kept."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import hiding
from server.problems import Invalid
from server.queries.partnership import agencies, workers
from server.queries.people import subjects
from server.queries.people.concealment import Hiding
from server.web.layout.forms import Errors, Form, Several, as_tuple
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id, Value
from shared.policy import Act

PATH = "/people/{person_id:str}/hidden"


class HideForm(Form, frozen=True, kw_only=True):
    """Who may know, and why only they."""

    agencies: Several = ""
    reason: str = ""


class LiftForm(Form, frozen=True, kw_only=True):
    """Why everybody may know again."""

    lift_reason: str = ""


class Named(Value, frozen=True, kw_only=True):
    """One agency as a box of the form; the reader's own is always among those that know."""

    id: Id
    name: str
    is_own: bool
    works_with: bool
    is_ticked: bool


@get(PATH, opt={"action": Act.HIDE_PERSON}, sync_to_thread=True, include_in_schema=False)
def show_hiding(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """Who may know of this person now, and the form to change it."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(PATH, opt={"action": Act.HIDE_PERSON}, sync_to_thread=True, include_in_schema=False)
def hide(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[HideForm]
) -> Response[Any]:
    """Hides the person, or names other services."""
    try:
        with door.open() as access:
            hiding.hide_person(access, person_id, as_tuple(data.agencies), data.reason)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {"reason": refused.errors[0]}, data)
    return go_to(f"/people/{person_id}/hidden", "hidden")


@post(PATH + "/lift", opt={"action": Act.HIDE_PERSON}, sync_to_thread=True, include_in_schema=False)
def lift(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[LiftForm]
) -> Response[Any]:
    """Shows the person again."""
    try:
        with door.open() as access:
            hiding.show_person_again(access, person_id, data.lift_reason)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {"lift_reason": refused.errors[0]}, lift_form=data)
    return go_to(f"/people/{person_id}/hidden", "shown_again")


def _answer(
    request: AnyRequest,
    access: Access,
    person_id: Id,
    errors: Errors | None = None,
    form: HideForm | None = None,
    lift_form: LiftForm | None = None,
) -> Response[str]:
    person = access.open_person(person_id, hiding.PURPOSE, Act.HIDE_PERSON)
    standing = hiding.find_hiding(access, person_id)
    past = [each for each in hiding.list_past(access, person_id) if each.lifted_at is not None]
    names = workers.list_short_names(
        access.session, {who for each in (*past, standing) if each for who in (each.worker_id, each.lifted_by) if who}
    )
    return page(
        request, "agency/hiding.html", title="Who may know", worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {}, person=person, standing=standing, past=past,
        form=form or HideForm(), lift_form=lift_form or LiftForm(), names=names,
        known_to=", ".join(each.name for each in _boxes(access, person_id, standing) if each.is_ticked),
        boxes=_boxes(access, person_id, standing, form),
    )  # fmt: skip


def _boxes(access: Access, person_id: Id, standing: Hiding | None, form: HideForm | None = None) -> list[Named]:
    """Every agency; ticked as it was sent, else as it stands, else those that work with the person."""
    subject = subjects.find_person(access.session, person_id)
    working = subject.working_agency_ids if subject else frozenset()
    named = frozenset(standing.agency_ids) if standing else working
    ticked = frozenset(as_tuple(form.agencies)) if form else named
    own = access.actor.agency_id
    return [
        Named(
            id=each.id, name=each.name, is_own=each.id == own, works_with=each.id in working,
            is_ticked=each.id in ticked or each.id == own,
        )
        for each in agencies.list_agencies(access.session)
    ]  # fmt: skip
