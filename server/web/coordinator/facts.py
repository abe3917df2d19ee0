"""What is known of a person, changed: one form with everything that may be asked, each answer changed by itself."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import facts
from server.actions.people.facts import FIELDS
from server.http.local_time import to_local
from server.http.services import Services
from server.problems import InvalidFields
from server.queries.people import person_page
from server.web.layout.dates import DateParts, split_date
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.model.codes import Gender, InstitutionLeft, Quality, ReceivingSupport, SupportNeed
from shared.model.value import Id
from shared.policy import Act
from shared.rules.days import read_written_date

PURPOSE = "coordination"
QUALITIES = {
    Quality.FULL: "Known",
    Quality.PARTIAL_OR_ALIAS: "In part, or not sure",
    Quality.DOES_NOT_KNOW: "Does not know it",
    Quality.PREFERS_NOT: "Would rather not say",
    Quality.NOT_COLLECTED: "Not asked yet",
}
SUPPORT = {
    "": "Not said",
    str(ReceivingSupport.YES): "Receiving support",
    str(ReceivingSupport.NO): "Not receiving support",
    str(ReceivingSupport.NOT_KNOWN): "Needs it; whether they receive support is not known",
}
AGAIN = "Save again to put yours in its place."
FactsForm = msgspec.defstruct(
    "FactsForm",
    [
        *((f"{prefix}{name}", str, "") for prefix in ("", "was_") for name in FIELDS),
        *((f"{prefix}need_{need.value}", str, "") for prefix in ("", "was_") for need in SupportNeed),
        ("in_parts", str, ""),
        *((f"date_of_birth_{part}", str, "") for part in DateParts.__struct_fields__),
    ],
    bases=(Form,),
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)
"""Every fact as typed, and as the page showed it (`was_`): one that its reader left alone changes nothing."""


@get("/people/{person_id:str}/facts", opt={"action": Act.EDIT_PERSON}, sync_to_thread=True, include_in_schema=False)
def show_facts(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """The form, with what is known."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post("/people/{person_id:str}/facts", opt={"action": Act.EDIT_PERSON}, sync_to_thread=True, include_in_schema=False)
def save_facts(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: URLEncodedBody[FactsForm],  # type: ignore[valid-type]
) -> Response[Any]:
    """Writes what was changed. What somebody else changed meanwhile is shown beside, never written over."""
    typed = {name: getattr(data, name).replace("\r\n", "\n") for name in FIELDS}
    shown = {name: getattr(data, f"was_{name}").replace("\r\n", "\n") for name in FIELDS}
    parts = DateParts(*(getattr(data, f"date_of_birth_{part}") for part in DateParts.__struct_fields__))
    if getattr(data, "in_parts"):  # noqa: B009
        typed["date_of_birth"] = _as_shown(parts, shown["date_of_birth"], to_local(services.clock()).date())
    needs = {
        need: ReceivingSupport(answer)
        for need in SupportNeed
        if (answer := getattr(data, f"need_{need.value}")) in {str(each) for each in ReceivingSupport}
    }
    needs_shown = {need: getattr(data, f"was_need_{need.value}") for need in SupportNeed}
    try:
        with door.open() as access:
            newer = facts.change_facts(access, services.project, person_id, typed, shown)
            told = facts.set_needs(access, services.project, person_id, needs, needs_shown)
    except InvalidFields as refused:
        with door.open() as access:
            return _answer(
                request, access, person_id, dict(refused.by_field), typed, shown, (needs, needs_shown), parts
            )
    if newer or told:
        errors = {each.field: f"Meanwhile somebody else wrote “{each.says}”. {AGAIN}" for each in newer}
        errors |= {
            each.field: f"Meanwhile somebody else chose “{SUPPORT.get(each.says, each.says)}”. {AGAIN}" for each in told
        }
        theirs = {name: text for name, text in typed.items() if text.strip() != shown[name].strip()}
        chosen = {need: support for need, support in needs.items() if str(support) != needs_shown[need]}
        born = parts if "date_of_birth" in theirs else None
        with door.open() as access:
            return _answer(request, access, person_id, errors, theirs, needs=(chosen, None), born=born)
    return go_to(f"/people/{person_id}", "saved")


def _as_shown(parts: DateParts, shown: str, today: date) -> str:
    """What the three fields say, in the page's own words where that is what it showed."""
    read, was = read_written_date(parts.joined, today), read_written_date(shown, today)
    return shown if read is not None and read == was else parts.joined


def _answer(
    request: AnyRequest,
    access: Access,
    person_id: Id,
    errors: Errors | None = None,
    typed: dict[str, str] | None = None,
    shown: dict[str, str] | None = None,
    needs: tuple[Mapping[SupportNeed, str], Mapping[SupportNeed, str] | None] | None = None,
    born: DateParts | None = None,
) -> Response[str]:
    person = access.open_person(person_id, PURPOSE, Act.EDIT_PERSON)
    _, same = access.find_person_and_same(person_id)
    known = {each.need: str(each.receiving_support) for each in person_page.list_needs(access.session, same)}
    chosen, needs_shown = needs or ({}, None)
    was_needs = known if needs_shown is None else needs_shown
    now = facts.list_shown(person)
    return page(
        request, "coordinator/facts.html", title=f"What is known of {person.known_as}", section="/cases",
        worker=access.worker, status=422 if errors else 200, errors=errors or {}, person=person,
        values={**now, **(typed or {})}, born=born or split_date(now["date_of_birth"], access.today),
        was=shown or now, support=list(SUPPORT.items()),
        needs=[
            (need, say(need), str(chosen.get(need, was_needs.get(need, ""))), was_needs.get(need, ""))
            for need in SupportNeed
        ],
        genders=[(str(each), say(each)) for each in Gender],
        qualities=[(str(each), words) for each, words in QUALITIES.items()],
        institutions=[(str(each), say(each)) for each in InstitutionLeft],
    )  # fmt: skip
