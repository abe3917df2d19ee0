"""What I recorded tonight, newest first: each can be opened and put right. Pure."""

import msgspec

from mobile.field.own_views import NightEntry
from mobile.screens.effects import Back, Call, Effect, Event, Failed, Go, Opened
from shared.model.value import Id, Value


class State(Value, frozen=True, kw_only=True):
    """The entries."""

    entries: tuple[NightEntry, ...] = ()
    loaded: bool = False
    failure: Failed | None = None


class Found(Event, frozen=True, kw_only=True):
    """The entries."""

    entries: tuple[NightEntry, ...]


class Picked(Event, frozen=True, kw_only=True):
    """A row was pressed."""

    entry_id: Id


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (Call(method="my_night", answer=lambda found: Found(entries=tuple(found))),)
        case Found(entries=entries):
            return msgspec.structs.replace(state, entries=entries, loaded=True, failure=None), ()
        case Picked(entry_id=entry_id):
            return state, _open(state, entry_id)
        case BackPressed():
            return state, (Back(),)
        case Failed():
            return msgspec.structs.replace(state, failure=event, loaded=True), ()
    return state, ()


def _open(state: State, entry_id: Id) -> tuple[Effect, ...]:
    """A contact opens where it is put right; a visit opens its place."""
    entry = next((one for one in state.entries if one.id == entry_id), None)
    if entry is None:
        return ()
    if entry.is_contact:
        return (Go(screen="contact", arguments={"contact_id": entry.id}),)
    return (Go(screen="site", arguments={"site_id": entry.site_id}),) if entry.site_id is not None else ()
