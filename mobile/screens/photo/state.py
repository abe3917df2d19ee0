"""Taking a picture of a document or of a place: what it is, the camera, and that it is kept. Pure."""

from typing import Any

import msgspec

from mobile.program.effects import Back, Call, Effect, Event, Failed, Feel, Opened, Photograph, ask
from shared.model.codes import DocumentKind
from shared.model.value import Id, Value

KINDS = (DocumentKind.CONSENT, DocumentKind.IDENTITY, DocumentKind.LETTER, DocumentKind.TENANCY)
"""What a document of a person may be."""


class PhotoState(Value, frozen=True, kw_only=True):
    """Whose it is, and what; `missed` when the camera came back without a picture."""

    person_id: Id | None = None
    site_id: Id | None = None
    kind: DocumentKind | None = None
    missed: bool = False
    failure: Failed | None = None


class KindPicked(Event, frozen=True, kw_only=True):
    """What the document is."""

    kind: DocumentKind


class TakePressed(Event, frozen=True, kw_only=True):
    """Take it."""


class Ready(Event, frozen=True, kw_only=True):
    """What the picture is for is written down."""

    path: str


class Returned(Event, frozen=True, kw_only=True):
    """The camera is done."""


class Kept(Event, frozen=True, kw_only=True):
    """The picture is on the disk, or there is none."""

    was_taken: bool


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[PhotoState, tuple[Effect, ...]]


def update(state: PhotoState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case KindPicked(kind=kind):
            return _with(state, kind=kind, missed=False, failure=None), ()
        case TakePressed() if state.kind is not None:
            return _with(state, missed=False, failure=None), (_begin(state, state.kind),)
        case Ready(path=path):
            return state, (Photograph(path=path, taken=Returned()),)
        case Returned():
            return state, (ask(lambda phone: phone.finish_picture(), lambda taken: Kept(was_taken=taken)),)
        case Kept(was_taken=was_taken):
            return (state, (Feel(name="saved"), Back())) if was_taken else (_with(state, missed=True), ())
        case BackPressed():
            return state, (Back(),)
        case Failed():
            return _with(state, failure=event), (Feel(name="refused"),)
        case Opened():
            return state, ()
    return state, ()


def _begin(state: PhotoState, kind: DocumentKind) -> Call:
    return ask(lambda phone: phone.begin_picture(kind, state.person_id, state.site_id), lambda path: Ready(path=path))


def _with(state: PhotoState, **changes: Any) -> PhotoState:
    return msgspec.structs.replace(state, **changes)
