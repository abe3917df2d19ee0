"""One person's page: their own words first, then what happened; and what a worker may add to the description. Pure."""

import re
from datetime import date
from typing import Any

import msgspec

from mobile.field.views import PersonRecord
from mobile.program.effects import Back, Call, Effect, Event, Failed, Feel, Go, Opened, WordsFound, ask
from shared.model.codes import Gender, InstitutionLeft, Quality
from shared.model.person import SAFETY_PLAN, Person
from shared.model.value import Id, Value

EDITABLE = (
    "name",
    "alias",
    "description",
    "gender_self_described",
    "language",
    "wants_first",
    "strengths",
    "safety_needs",
    *SAFETY_PLAN,
    "best_way",
)
"""The texts of a description."""
LEARNT = ("date_of_birth", "approximate_age_years", "institution_left_on")
"""What is typed and is no text."""
GENDERS = (Gender.FEMALE, Gender.MALE, Gender.OTHER, Gender.NOT_KNOWN)
INSTITUTIONS = tuple(InstitutionLeft)
WOULD_RATHER_NOT = ("name", "date_of_birth")
"""What somebody may have been asked and not wished to say; each has a quality of its own."""
QUALITY_OF = {"name": "name_quality", "date_of_birth": "dob_quality"}
DAY = re.compile(r"(\d{1,2})[./ -](\d{1,2})[./ -](\d{4})")
"""Day, month, year, as people in this country say it."""
AGE_MAX = 130


class PersonState(Value, frozen=True, kw_only=True):
    """The record, and what is being written."""

    person_id: Id
    record: PersonRecord | None = None
    editing: bool = False
    written: dict[str, str] = {}
    half: dict[str, str] = {}
    """What was being written when the phone locked."""
    gender: Gender | None = None
    institution: InstitutionLeft | None = None
    declined: frozenset[str] = frozenset()
    unclear: str = ""
    """The field that cannot be read as it was typed."""
    failure: Failed | None = None


class Found(Event, frozen=True, kw_only=True):
    """The record."""

    record: PersonRecord


class LogPressed(Event, frozen=True, kw_only=True):
    """I am with them now."""


class EntryPressed(Event, frozen=True, kw_only=True):
    """Correct what was recorded then."""

    contact_id: Id


class EditPressed(Event, frozen=True, kw_only=True):
    """Change the description."""


class Typed(Event, frozen=True, kw_only=True):
    """One field of it."""

    field: str
    text: str


class GenderPicked(Event, frozen=True, kw_only=True):
    """As they say it."""

    gender: Gender


class InstitutionPicked(Event, frozen=True, kw_only=True):
    """What they left before they slept rough, as they tell it."""

    institution: InstitutionLeft


class DeclinedPressed(Event, frozen=True, kw_only=True):
    """Asked, and would rather not say; pressed again, not so."""

    field: str


class SavePressed(Event, frozen=True, kw_only=True):
    """The change is enough."""


class Patched(Event, frozen=True, kw_only=True):
    """It is on the disk."""


class AskPressed(Event, frozen=True, kw_only=True):
    """What they would tell once."""


class PhotoPressed(Event, frozen=True, kw_only=True):
    """A picture of a document of theirs."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out of the change, or out."""


class TrayPressed(Event, frozen=True, kw_only=True):
    """Two people wrote different things: look."""


Result = tuple[PersonState, tuple[Effect, ...]]


def update(state: PersonState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (_load(state),)
        case Found(record=record):
            # What is left as it stood is compared with what the form began from: else it were written back.
            return (state if state.editing else _with(state, record=record, failure=None)), ()
        case LogPressed():
            card = state.record.card if state.record else None
            return state, (Go(screen="contact", arguments={"person": card}),) if card else ()
        case EntryPressed(contact_id=contact_id):
            return state, (Go(screen="contact", arguments={"contact_id": contact_id}),)
        case EditPressed():
            return _begin(state), ()
        case Typed(field=field, text=text):
            return _with(state, written={**state.written, field: text}, unclear=""), ()
        case WordsFound(words=words):
            return _with(state, half=dict(words)), ()
        case SavePressed():
            return _save(state)
        case Patched():
            return _with(state, editing=False, written={}, half={}), (Feel(name="saved"), _load(state))
        case BackPressed():
            return _back(state)
        case Failed():
            return _failed(state, event), (Feel(name="refused"),)
    return _chosen(state, event)


def _chosen(state: PersonState, event: Event) -> Result:
    match event:
        case GenderPicked(gender=gender):
            return _with(state, gender=gender), ()
        case InstitutionPicked(institution=institution):
            return _with(state, institution=institution), ()
        case DeclinedPressed(field=field):
            return _with(state, declined=state.declined ^ {field}), ()
        case TrayPressed():
            return state, (Go(screen="tray"),)
        case AskPressed():
            return state, (Go(screen="asking", arguments={"person_id": state.person_id}),)
        case PhotoPressed():
            return state, (Go(screen="photo", arguments={"person_id": state.person_id}),)
    return state, ()


def _back(state: PersonState) -> Result:
    """Out of the change, to the record as it stands by now; or out."""
    if not state.editing:
        return state, (Back(),)
    return _with(state, editing=False, half=state.written), (_load(state),)


def _begin(state: PersonState) -> PersonState:
    """The form, with what is known."""
    if state.record is None:
        return state
    person = state.record.person
    declined = {name for name in WOULD_RATHER_NOT if getattr(person, QUALITY_OF[name]) == Quality.PREFERS_NOT}
    return _with(
        state,
        editing=True,
        written=state.half,
        half={},
        gender=person.gender,
        institution=person.institution_left,
        declined=frozenset(declined),
        unclear="",
    )


def _failed(state: PersonState, event: Failed) -> PersonState:
    """What is erased, or another team's now, does not stay on the glass."""
    if event.error != "NotHere":
        return _with(state, failure=event)
    return _with(state, record=None, editing=False, written={}, half={}, failure=event)


def _with(state: PersonState, **changes: Any) -> PersonState:
    return msgspec.structs.replace(state, **changes)


def _load(state: PersonState) -> Call:
    return ask(lambda phone: phone.person(state.person_id), lambda record: Found(record=record))


def _save(state: PersonState) -> Result:
    if state.record is None:
        return state, ()
    person = state.record.person
    try:
        said: dict[str, Any] = {name: read_field(name, text.strip()) for name, text in state.written.items()}
    except Unclear as error:
        return _with(state, unclear=str(error)), (Feel(name="refused"),)
    if state.gender is not None:
        said["gender"] = state.gender
    if state.institution is not None:
        said["institution_left"] = state.institution
    said |= _qualities(state, person, said)
    changes = {name: value for name, value in said.items() if value != getattr(person, name)}
    if not changes:
        return _with(state, editing=False, written={}, half={}), ()
    # What is shown, and was compared, is the record that stands for all of theirs: in another of them it would be seen nowhere.
    return state, (ask(lambda phone: phone.patch_person(person.id, changes), lambda _: Patched()),)


class Unclear(ValueError):
    """A field cannot be read as it was typed; the text is its name."""


def read_field(name: str, text: str) -> Any:
    """What was typed, as the field holds it; empty is nothing known. Raises `Unclear`."""
    if name not in LEARNT:
        return text
    if not text:
        return None
    if name == "approximate_age_years":
        if not text.isdecimal() or int(text) > AGE_MAX:
            raise Unclear(name)
        return int(text)
    found = DAY.fullmatch(text)
    if found is None:
        raise Unclear(name)
    try:
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError as error:
        raise Unclear(name) from error


def say_field(person: Person, name: str) -> str:
    """A field as it is typed."""
    value = getattr(person, name)
    if value is None:
        return ""
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else str(value)


def _qualities(state: PersonState, person: Person, said: dict[str, Any]) -> dict[str, Quality]:
    """That somebody would rather not say; or no longer so, once they have said it."""
    found = {}
    for name in WOULD_RATHER_NOT:
        quality = QUALITY_OF[name]
        if name in state.declined and not said.get(name, getattr(person, name)):
            found[quality] = Quality.PREFERS_NOT
        elif getattr(person, quality) == Quality.PREFERS_NOT:
            found[quality] = Quality.NOT_COLLECTED
        if said.get(name):
            found[quality] = Quality.FULL if name == "date_of_birth" else Quality.PARTIAL_OR_ALIAS
    return found
