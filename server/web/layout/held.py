"""Changes of phones that were held, as pages show them, and the form that decides on them."""

from datetime import UTC, datetime

from server.access import Access
from server.actions.sync.held import HeldChange, let_in, let_in_mended, set_aside
from server.actions.sync.mending import Fault
from server.problems import Invalid
from server.queries.people import people
from server.queries.sync.store import Project
from server.web.layout.forms import Form, Several, as_tuple
from server.web.layout.words import say, say_moment
from shared.model.value import Id, Value

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
    """Which changes, and whether to let them in or to set them aside with a reason; or one, and how its fields should read."""

    change: Several = ""
    order: str = "in"
    why: str = ""
    field: Several = ""
    value: Several = ""


class Shown(Value, frozen=True, kw_only=True):
    """A held change as a page says it. `refusal` says why the reader may not let it in."""

    id: Id
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
    """Returns what a page shows of these, with the names of the people whom the reader may see."""
    named = {person_id for each in held for person_id in each.people}
    called = {each: found.known_as for each in named if (found := people.find_person(access.session, each)) is not None}
    return [
        Shown(
            id=each.id,
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


def decide_on_held(access: Access, project: Project, data: HeldForm) -> None:
    """Does what the form says with every change that was ticked. Raises Invalid where none was."""
    chosen = as_tuple(data.change)
    if not chosen or data.order not in {"in", "aside", "mend"} or (data.order == "mend" and len(chosen) != 1):
        raise Invalid("Choose what to decide on. Nothing was changed.")
    if data.order == "aside":
        set_aside(access, chosen, data.why)
    elif data.order == "mend":
        let_in_mended(access, project, chosen[0], dict(zip(_each(data.field), _each(data.value), strict=False)))
    else:
        let_in(access, project, chosen)


def _each(several: Several) -> list[str]:
    return [several] if isinstance(several, str) else several


def done_with(data: HeldForm) -> str:
    """Returns the key of what the next page says."""
    return "set_aside" if data.order == "aside" else "adopted"
