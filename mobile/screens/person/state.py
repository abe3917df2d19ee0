"""One person's page: their own words first, then what happened; and what a worker may add to the description. Pure."""

from typing import Any

import msgspec

from mobile.field.views import PersonRecord
from mobile.screens.effects import Back, Call, Effect, Event, Failed, Feel, Go, Opened
from shared.model.value import Id, Value

EDITABLE = ("alias", "description", "wants_first", "strengths", "safety_needs")
"""What the phone changes of a description; the name and the date of birth are asked for in a quieter place."""


class State(Value, frozen=True, kw_only=True):
    """The record, and what is being written."""

    person_id: Id
    record: PersonRecord | None = None
    editing: bool = False
    written: dict[str, str] = {}
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


class SavePressed(Event, frozen=True, kw_only=True):
    """The change is enough."""


class Patched(Event, frozen=True, kw_only=True):
    """It is on the disk."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out of the change, or out."""


class TrayPressed(Event, frozen=True, kw_only=True):
    """Two people wrote different things: look."""


Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (_load(state),)
        case Found(record=record):
            return _with(state, record=record, failure=None), ()
        case LogPressed():
            card = state.record.card if state.record else None
            return state, (Go(screen="contact", arguments={"person": card}),) if card else ()
        case EntryPressed(contact_id=contact_id):
            return state, (Go(screen="contact", arguments={"contact_id": contact_id}),)
        case EditPressed():
            return _with(state, editing=state.record is not None, written={}), ()
        case Typed(field=field, text=text):
            return _with(state, written={**state.written, field: text}), ()
        case SavePressed():
            return _save(state)
        case Patched():
            return _with(state, editing=False, written={}), (Feel(name="saved"), _load(state))
        case TrayPressed():
            return state, (Go(screen="tray"),)
        case BackPressed():
            return (_with(state, editing=False), ()) if state.editing else (state, (Back(),))
        case Failed():
            return _with(state, failure=event), (Feel(name="refused"),)
    return state, ()


def _with(state: State, **changes: Any) -> State:
    return msgspec.structs.replace(state, **changes)


def _load(state: State) -> Call:
    return Call(method="person", arguments=(state.person_id,), answer=lambda record: Found(record=record))


def _save(state: State) -> Result:
    if state.record is None:
        return state, ()
    person = state.record.person
    changes = {name: text.strip() for name, text in state.written.items() if text.strip() != getattr(person, name)}
    if not changes:
        return _with(state, editing=False, written={}), ()
    return state, (Call(method="patch_person", arguments=(state.person_id, changes), answer=lambda _: Patched()),)
