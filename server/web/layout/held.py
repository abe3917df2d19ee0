"""Changes of phones that were held, as pages show them, and the form that decides on them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from litestar import Response

from server.access import Access, Door
from server.actions.sync.held import HeldChange, let_in, set_aside
from server.actions.sync.mending import Fault
from server.http.gate import KEEPS_DRAFT
from server.http.services import Services
from server.problems import CONFLICTING, Failure, Invalid
from server.queries.people import people
from server.queries.sync.store import Project
from server.web.layout.forms import Errors, Form, Several, as_tuple
from server.web.layout.kept import kept_form
from server.web.layout.page import AnyRequest, go_to
from server.web.layout.words import say, say_moment
from shared.model.value import Id, Value
from shared.policy import SubjectKind

TYPES = {
    "contact.recorded": "A contact",
    "contact.corrected": "A correction of a contact",
    "visit.recorded": "A visit",
    "visit.struck": "A visit struck out, or put back",
    "person.patched": "A change to a person’s description",
    "person.merged": "Two records said to be one person",
    "site.patched": "A change to a site",
    "referral.patched": "A change to a referral",
    "referral.progressed": "A step of a referral",
    "verification.recorded": "A verification",
    "need.recorded": "A need",
    "answer.given": "An answer of the assessment",
    "consent.said": "What somebody said about sharing",
    "shift.started": "A shift begun",
    "shift.joined": "Somebody joined a shift",
    "shift.ended": "A shift ended",
    "checkin.made": "A check-in",
}


class HeldForm(Form, frozen=True, kw_only=True):
    """Which changes, and whether to let them in ("in"), to set them aside with a reason ("aside"), or to let in those of `alike`
    that begin with the number behind "alike:"."""

    change: Several = ""
    order: str = "in"
    why: str = ""
    alike: Several = ""


class Typed(Value, frozen=True, kw_only=True):
    """What stands in the form: the changes that are ticked, and the reason."""

    change: tuple[Id, ...] = ()
    why: str = ""


class Shown(Value, frozen=True, kw_only=True):
    """A held change as a page says it. `refusal` says why the reader may not let it in."""

    id: Id
    device: int
    what: str
    why: str
    by: str
    received: str
    people: tuple[tuple[Id, str], ...]
    says: tuple[tuple[str, str], ...]
    is_legible: bool
    is_kept_from: bool
    refusal: str
    faults: tuple[Fault, ...]


def describe_held(access: Access, held: list[HeldChange]) -> list[Shown]:
    """Returns what a page shows of these, with the names of the people whom the reader may see, who are noted as seen."""
    named = {person_id for each in held for person_id in each.people}
    access.note_seen(SubjectKind.PERSON, sorted(named), purpose="held changes")
    called = {each: found.known_as for each in named if (found := people.find_person(access.session, each)) is not None}
    return [
        Shown(
            id=each.id,
            device=each.device,
            what=TYPES.get(each.type, say(each.type.replace(".", " "))),
            why=each.reason,
            by=each.by or "Somebody not known here",
            received=say_moment(datetime.fromtimestamp(each.received_at_ms / 1000, UTC)),
            people=tuple((person_id, called.get(person_id, "Name not known")) for person_id in each.people),
            says=each.says,
            is_legible=each.is_legible,
            is_kept_from=each.is_kept_from,
            refusal=each.refusal,
            faults=each.faults,
        )
        for each in held
    ]


def left_in(services: Services, worker_id: Id, page: str, action: str) -> Typed:
    """What was left in the form of that page."""
    return _typed(kept_form(services, worker_id, page, action, HeldForm()))


def decide_on_held(access: Access, project: Project, data: HeldForm) -> None:
    """Does what the form says with the changes it is about. Raises Invalid where there is none."""
    chosen = _chosen(data)
    if not chosen:
        raise Invalid("Choose what to decide on. Nothing was changed.")
    if data.order == "aside":
        set_aside(access, chosen, data.why)
    else:
        let_in(access, project, chosen)


def answer_held(
    request: AnyRequest,
    door: Door,
    services: Services,
    data: HeldForm,
    page: str,
    decide: Callable[[], None],
    show: Callable[[Typed, Errors, int], Response[str]],
) -> Response[Any]:
    """Sends the reader back to `page` after `decide`, with what they ticked and typed beside it, and did not press for, still in
    its form; shows it again, with what is wrong, where nothing was decided."""
    try:
        decide()
    except Invalid as refused:
        field = "why" if data.order == "aside" and _chosen(data) else "change"
        return show(_typed(data), {field: " ".join(refused.errors)}, refused.problem.status)
    except Failure as refused:
        if refused.kind is not CONFLICTING:
            raise
        return show(_typed(data), {"change": refused.detail}, refused.problem.status)
    done = set(_chosen(data))
    rest = [each for each in as_tuple(data.change) if each not in done]
    why = "" if data.order == "aside" else data.why.strip()
    if rest or why:
        request.scope["state"][KEEPS_DRAFT] = True
        services.drafts.keep(door.worker.id, page, request.url.path, {"change": rest, "why": why}, door.now)
    return go_to(page, done="set_aside" if data.order == "aside" else "adopted")


def _typed(data: HeldForm) -> Typed:
    return Typed(change=as_tuple(data.change), why=data.why)


def _chosen(data: HeldForm) -> Sequence[Id]:
    """The changes that the press is about."""
    order, _, number = data.order.partition(":")
    if order == "alike":
        return [each.removeprefix(f"{number}:") for each in as_tuple(data.alike) if each.startswith(f"{number}:")]
    return as_tuple(data.change) if order in {"in", "aside"} else ()
