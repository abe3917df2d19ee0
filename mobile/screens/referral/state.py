"""A referral: what was reported, who is known near it, and how it ended. Pure.

The outcomes a worker may choose are those of StreetLink's list that a street team reaches; the office has the others.
"""

from typing import Any

import msgspec

from mobile.field.views import ReferralRecord
from mobile.screens.effects import Back, Call, Directions, Effect, Event, Failed, Feel, Go, Home, Opened
from shared.model.codes import ReferralState
from shared.model.value import Id, Value

OUTCOMES = (
    "person found - engaging with services",
    "person found - unwilling to engage",
    "person found - taken to shelter",
    "person found - referred to emergency services",
    "person found - street activity or begging",
    "person not found - person looked for",
    "person not found - person no longer rough sleeping",
    "person not found - site could not be located",
    "person not found - site not accessible",
    "person not looked for - person already known",
)


class State(Value, frozen=True, kw_only=True):
    """The record, and the outcome being chosen."""

    referral_id: Id
    record: ReferralRecord | None = None
    closing: bool = False
    outcome: str = ""
    note: str = ""
    failure: Failed | None = None


class Found(Event, frozen=True, kw_only=True):
    """The record."""

    record: ReferralRecord


class LogPressed(Event, frozen=True, kw_only=True):
    """Somebody is here."""


class NobodyPressed(Event, frozen=True, kw_only=True):
    """Nobody is here."""


class WayPressed(Event, frozen=True, kw_only=True):
    """How do I get there?"""


class PersonPicked(Event, frozen=True, kw_only=True):
    """Somebody known near it."""

    person_id: Id


class OutcomePressed(Event, frozen=True, kw_only=True):
    """To the outcomes, or this outcome."""

    outcome: str = ""


class NoteTyped(Event, frozen=True, kw_only=True):
    """A word about it."""

    text: str


class ClosePressed(Event, frozen=True, kw_only=True):
    """The outcome is chosen."""


class Closed(Event, frozen=True, kw_only=True):
    """It is on the disk."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out of the outcomes, or out."""


Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            load = Call(method="referral", arguments=(state.referral_id,), answer=lambda record: Found(record=record))
            return state, (load,)
        case Found(record=record):
            return _with(state, record=record, failure=None), ()
        case LogPressed():
            return state, _go(state, "contact")
        case NobodyPressed():
            return state, _go(state, "visit")
        case PersonPicked(person_id=person_id):
            return state, (Go(screen="person", arguments={"person_id": person_id}),)
        case NoteTyped(text=text):
            return _with(state, note=text), ()
        case OutcomePressed(outcome=outcome):
            return _with(state, closing=True, outcome=outcome), ()
        case ClosePressed():
            return _close(state)
        case Closed():
            return state, (Feel(name="saved"), Home())
        case BackPressed():
            return (_with(state, closing=False, outcome=""), ()) if state.closing else (state, (Back(),))
        case Failed():
            return _with(state, failure=event), (Feel(name="refused"),)
    return state, _way(state) if isinstance(event, WayPressed) else ()


def _with(state: State, **changes: Any) -> State:
    return msgspec.structs.replace(state, **changes)


def _way(state: State) -> tuple[Effect, ...]:
    place = state.record.referral.position if state.record is not None else None
    return () if place is None else (Directions(latitude=place.latitude, longitude=place.longitude),)


def _go(state: State, screen: str) -> tuple[Effect, ...]:
    return (Go(screen=screen, arguments={"referral_id": state.referral_id}),)


def _close(state: State) -> Result:
    if not state.outcome:
        return state, ()
    close = Call(
        method="progress_referral",
        arguments=(state.referral_id, ReferralState.CLOSED),
        keywords={"outcome": state.outcome, "note": state.note.strip()},
        answer=lambda _: Closed(),
    )
    return state, (close,)
