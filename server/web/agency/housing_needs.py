"""What Housing needs to know of one person: access to public funds and asylum support (privacy rule A10).

This page alone shows and takes it, for whoever works with the person.
"""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import housing_needs
from server.problems import Invalid
from server.queries.partnership import workers
from server.queries.people import people
from server.queries.people.housing_needs import HAS_RECOURSE, NO_RECOURSE, HousingNeeds
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.codes import ReceivingSupport
from shared.model.value import Id
from shared.policy import Act

PATH = "/people/{person_id:str}/housing-needs"
FUNDS = ((NO_RECOURSE, "No"), (HAS_RECOURSE, "Yes"), ("", "Not known"))
SUPPORT = (("yes", "Yes"), ("no", "No"), ("not_known", "Not known"))


class HousingForm(Form, frozen=True, kw_only=True):
    """The answers of the page."""

    funds: str = ""
    support: str = "not_known"
    left_support: str = ""
    left_on: str = ""


@get(PATH, opt={"action": Act.SEE_NOTES}, sync_to_thread=True, include_in_schema=False)
def show_housing_needs(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """What is recorded, and the form."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(PATH, opt={"action": Act.SEE_NOTES}, sync_to_thread=True, include_in_schema=False)
def record_housing_needs(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[HousingForm]
) -> Response[Any]:
    """Keeps the answers."""
    try:
        with door.open() as access:
            housing_needs.record_housing_needs(access, _told(access, person_id, data))
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {"left_on": refused.errors[0]}, data)
    return go_to(f"/people/{person_id}/housing-needs", "saved")


def _told(access: Access, person_id: Id, form: HousingForm) -> HousingNeeds:
    if form.support not in {code for code, _ in SUPPORT}:
        raise Invalid("Choose one of the answers.")
    return HousingNeeds(
        person_id=person_id, recourse=form.funds, receiving_support=ReceivingSupport(form.support),
        left_asylum_support=form.left_support == "yes", left_asylum_support_on=housing_needs.read_day(form.left_on),
        recorded_at=access.now, recorded_by=access.actor.worker_id,
    )  # fmt: skip


def _answer(
    request: AnyRequest, access: Access, person_id: Id, errors: Errors | None = None, form: HousingForm | None = None
) -> Response[str]:
    known = housing_needs.read_housing_needs(access, person_id)
    person = people.find_person(access.session, person_id)
    by = workers.list_short_names(access.session, {known.recorded_by}) if known else {}
    return page(
        request, "agency/housing_needs.html", title="What Housing needs to know", worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {}, person_id=person_id, known=known,
        known_as=person.known_as if person else "", by=by.get(known.recorded_by, "") if known else "",
        form=form or _form_of(known), funds=FUNDS, support=SUPPORT,
    )  # fmt: skip


def _form_of(known: HousingNeeds | None) -> HousingForm:
    if known is None:
        return HousingForm()
    left_on = known.left_asylum_support_on
    return HousingForm(
        funds=known.recourse, support=str(known.receiving_support), left_support="yes" if known.left_asylum_support else "",
        left_on=left_on.isoformat() if left_on else "",
    )  # fmt: skip
