"""What I recorded tonight, newest first: each can be opened and put right. Pure."""

from collections.abc import Mapping

import msgspec

from mobile.field.own_views import NightEntry
from mobile.program.effects import Back, Call, Effect, Event, Failed, Feel, Go, Opened, WordsFound, ask
from shared.model.value import Id, Value


class NightState(Value, frozen=True, kw_only=True):
    """The entries."""

    entries: tuple[NightEntry, ...] = ()
    loaded: bool = False
    stop: NightEntry | None = None
    """The visit that is being put right."""
    reason: str = ""
    half: Mapping[str, str] = {}
    """Reasons that were being written when the phone locked, by visit."""
    failure: Failed | None = None


class Found(Event, frozen=True, kw_only=True):
    """The entries."""

    entries: tuple[NightEntry, ...]


class Picked(Event, frozen=True, kw_only=True):
    """A row was pressed."""

    entry_id: Id


class ReasonTyped(Event, frozen=True, kw_only=True):
    """Why the stop was none, in the worker's words."""

    text: str


class StrikeGiven(Event, frozen=True, kw_only=True):
    """Strike it out: for a reason of the list, or for the one that was typed."""

    reason: str = ""


class RestorePressed(Event, frozen=True, kw_only=True):
    """It was a stop after all."""


class PlacePressed(Event, frozen=True, kw_only=True):
    """Its place."""


class Settled(Event, frozen=True, kw_only=True):
    """Struck out, or put back."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[NightState, tuple[Effect, ...]]


def update(state: NightState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (_ask(),)
        case Found(entries=entries):
            return msgspec.structs.replace(state, entries=entries, loaded=True, failure=None), ()
        case Picked(entry_id=entry_id):
            return _open(state, entry_id)
        case ReasonTyped(text=text):
            return msgspec.structs.replace(state, reason=text), ()
        case StrikeGiven(reason=reason):
            return state, _strike(state.stop, (reason or state.reason).strip())
        case RestorePressed():
            return state, _restore(state.stop)
        case WordsFound(words=words):
            return msgspec.structs.replace(state, half={**words, **state.half}), ()
        case Settled():
            return _leave_stop(state, ""), (Feel(name="saved"), _ask())
        case PlacePressed():
            return state, _place(state.stop)
        case BackPressed():
            return (state, (Back(),)) if state.stop is None else (_leave_stop(state, state.reason), ())
        case Failed():
            return msgspec.structs.replace(state, failure=event, loaded=True), ()
    return state, ()


def _ask() -> Call:
    return ask(lambda phone: phone.my_night(), lambda found: Found(entries=tuple(found)))


def _open(state: NightState, entry_id: Id) -> Result:
    """A contact opens where it is put right; a visit is put right here."""
    entry = next((one for one in state.entries if one.id == entry_id), None)
    if entry is None:
        return state, ()
    if entry.is_contact:
        return state, (Go(screen="contact", arguments={"contact_id": entry.id}),)
    return msgspec.structs.replace(state, stop=entry, reason=state.half.get(entry.id, "")), ()


def half_written(state: NightState) -> dict[str, str]:
    """Reasons that were not given yet, by visit."""
    return {**state.half, state.stop.id: state.reason} if state.stop is not None else dict(state.half)


def _leave_stop(state: NightState, reason: str) -> NightState:
    """To the list; a reason that was only begun waits for its visit."""
    half = half_written(msgspec.structs.replace(state, reason=reason))
    return msgspec.structs.replace(state, stop=None, reason="", half=half)


def _strike(stop: NightEntry | None, reason: str) -> tuple[Effect, ...]:
    """Nothing without a reason."""
    if stop is None or not reason:
        return (Feel(name="refused"),)
    return (ask(lambda phone: phone.strike_visit(stop.id, reason), lambda _: Settled()),)


def _restore(stop: NightEntry | None) -> tuple[Effect, ...]:
    return () if stop is None else (ask(lambda phone: phone.restore_visit(stop.id), lambda _: Settled()),)


def _place(stop: NightEntry | None) -> tuple[Effect, ...]:
    if stop is None or stop.site_id is None:
        return ()
    return (Go(screen="site", arguments={"site_id": stop.site_id}),)
