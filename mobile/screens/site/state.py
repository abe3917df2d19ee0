"""One place: what to know before going there, who was last seen, when somebody last looked. Pure."""

from typing import Any

import msgspec

from mobile.field.views import SiteRecord
from mobile.program.effects import Back, Call, Directions, Effect, Event, Failed, Feel, Go, Opened, WordsFound, ask
from shared.model.codes import SiteKind
from shared.model.value import Id, Value


class SiteState(Value, frozen=True, kw_only=True):
    """The record, and what is being written."""

    site_id: Id
    record: SiteRecord | None = None
    editing: bool = False
    written: dict[str, str] = {}
    half: dict[str, str] = {}
    """What was being written when the phone locked."""
    kind: SiteKind | None = None
    in_use: bool = True
    failure: Failed | None = None


class Found(Event, frozen=True, kw_only=True):
    """The record."""

    record: SiteRecord


class LogPressed(Event, frozen=True, kw_only=True):
    """Somebody is here."""


class NobodyPressed(Event, frozen=True, kw_only=True):
    """Nobody is here."""


class WayPressed(Event, frozen=True, kw_only=True):
    """How do I get there?"""


class PersonPicked(Event, frozen=True, kw_only=True):
    """Somebody who was last seen here."""

    person_id: Id


class EditPressed(Event, frozen=True, kw_only=True):
    """Change the notes."""


class Typed(Event, frozen=True, kw_only=True):
    """One field of them."""

    field: str
    text: str


class KindPicked(Event, frozen=True, kw_only=True):
    """What kind of place it is."""

    kind: SiteKind


class InUsePressed(Event, frozen=True, kw_only=True):
    """Nobody sleeps here any more, or somebody does again."""


class SavePressed(Event, frozen=True, kw_only=True):
    """The change is enough."""


class Patched(Event, frozen=True, kw_only=True):
    """It is on the disk."""


class PhotoPressed(Event, frozen=True, kw_only=True):
    """A picture of the place."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out of the change, or out."""


Result = tuple[SiteState, tuple[Effect, ...]]


def update(state: SiteState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (_load(state),)
        case Found(record=record):
            # What is left as it stood is compared with what the form began from: else it were written back.
            return (state if state.editing else _with(state, record=record, failure=None)), ()
        case PersonPicked(person_id=person_id):
            return state, (Go(screen="person", arguments={"person_id": person_id}),)
        case EditPressed():
            return _begin(state), ()
        case Typed(field=field, text=text):
            return _with(state, written={**state.written, field: text}), ()
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
    return _went(state, event)


def _back(state: SiteState) -> Result:
    """Out of the change, to the record as it stands by now; or out."""
    if not state.editing:
        return state, (Back(),)
    return _with(state, editing=False, half=state.written), (_load(state),)


def _begin(state: SiteState) -> SiteState:
    """The form, with what is known."""
    if state.record is None:
        return state
    site = state.record.site
    return _with(state, editing=True, written=state.half, half={}, kind=site.kind, in_use=site.in_use)


def _went(state: SiteState, event: Event) -> Result:
    place = state.record.site.position if state.record is not None else None
    if isinstance(event, WayPressed) and place is not None:
        return state, (Directions(latitude=place.latitude, longitude=place.longitude),)
    if isinstance(event, KindPicked):
        return _with(state, kind=event.kind), ()
    if isinstance(event, PhotoPressed):
        return state, (Go(screen="photo", arguments={"site_id": state.site_id}),)
    if isinstance(event, InUsePressed):
        return _with(state, in_use=not state.in_use), ()
    if state.record is None or not isinstance(event, LogPressed | NobodyPressed):
        return state, ()
    screen = "contact" if isinstance(event, LogPressed) else "visit"
    return state, (Go(screen=screen, arguments={"site": state.record.card}),)


def _failed(state: SiteState, event: Failed) -> SiteState:
    """What is erased, or another team's now, does not stay on the glass."""
    if event.error != "NotHere":
        return _with(state, failure=event)
    return _with(state, record=None, editing=False, written={}, half={}, failure=event)


def _with(state: SiteState, **changes: Any) -> SiteState:
    return msgspec.structs.replace(state, **changes)


def _load(state: SiteState) -> Call:
    return ask(lambda phone: phone.site(state.site_id), lambda record: Found(record=record))


def _save(state: SiteState) -> Result:
    if state.record is None:
        return state, ()
    site = state.record.site
    said: dict[str, Any] = {name: text.strip() for name, text in state.written.items()}
    said |= {"kind": state.kind or site.kind, "in_use": state.in_use}
    changes = {name: value for name, value in said.items() if value != getattr(site, name)}
    if not changes:
        return _with(state, editing=False, written={}, half={}), ()
    return state, (ask(lambda phone: phone.patch_site(state.site_id, changes), lambda _: Patched()),)
