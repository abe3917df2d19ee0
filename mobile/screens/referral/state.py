"""A referral: what was reported, who is known near it, and how it ended. Pure.

All 26 of StreetLink's outcomes may be chosen: first the group, then its ending, so that no list is longer than a thumb reaches. A
contact, a visit or an outcome may answer other open referrals of the same place, if the worker ticks them.
"""

from typing import Any

import msgspec

from mobile.field.views import ReferralRecord
from mobile.program.effects import Back, Directions, Effect, Event, Failed, Feel, Go, Home, Opened, WordsFound, ask
from shared.model.codes import ReferralState
from shared.model.value import Id, Value
from shared.rules.referral import OUTCOMES, Outcome, OutcomeGroup, may_follow

GROUPS: dict[str, tuple[Outcome, ...]] = {
    group.value: tuple(outcome for outcome in OUTCOMES.values() if outcome.group is group) for group in OutcomeGroup
}
"""The outcomes by the part before the hyphen, those that a street team reaches most first."""


class ReferralScreenState(Value, frozen=True, kw_only=True):
    """The record, and the outcome being chosen."""

    referral_id: Id
    record: ReferralRecord | None = None
    also_ids: tuple[Id, ...] = ()
    """The other referrals of the place that are answered, too."""
    closing: bool = False
    group: str = ""
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


class OtherPressed(Event, frozen=True, kw_only=True):
    """Another referral of the same place is answered with this one, or not."""

    referral_id: Id


class GroupPressed(Event, frozen=True, kw_only=True):
    """The first half of an outcome."""

    group: str


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


Result = tuple[ReferralScreenState, tuple[Effect, ...]]


def update(state: ReferralScreenState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            load = ask(lambda phone: phone.referral(state.referral_id), lambda record: Found(record=record))
            return state, (load,)
        case Found(record=record):
            here = {other.id for other in record.others}
            kept = tuple(each for each in state.also_ids if each in here)
            return _with(state, record=record, also_ids=kept, failure=state.failure if state.closing else None), ()
        case LogPressed():
            return state, _go(state, "contact")
        case NobodyPressed():
            return state, _go(state, "visit")
        case PersonPicked(person_id=person_id):
            return state, (Go(screen="person", arguments={"person_id": person_id}),)
        case ClosePressed():
            return _close(state)
        case Closed():
            return _with(state, note=""), (Feel(name="saved"), Home())
        case WordsFound(words=words):
            return _with(state, note=state.note or words.get("note", "")), ()
        case BackPressed():
            return _back(state)
        case Failed():
            return _failed(state, event), (Feel(name="refused"),)
        case WayPressed():
            return state, _way(state)
    return _answer(state, event), ()


def _answer(state: ReferralScreenState, event: Event) -> ReferralScreenState:
    """What is said of how it ended, and which other reports that answers."""
    match event:
        case NoteTyped(text=text):
            return _with(state, note=text)
        case OtherPressed(referral_id=referral_id):
            return _with(state, also_ids=_switch(state.also_ids, referral_id))
        case GroupPressed(group=group):
            endings = GROUPS[group]
            return _with(state, group=group, outcome=endings[0].text if len(endings) == 1 else "")
        case OutcomePressed(outcome=outcome):
            return _with(state, closing=True, outcome=outcome)
    return state


def _failed(state: ReferralScreenState, event: Failed) -> ReferralScreenState:
    """What is erased, or another team's now, does not stay on the glass."""
    if event.error != "NotHere":
        return _with(state, failure=event)
    return _with(state, record=None, also_ids=(), closing=False, group="", outcome="", note="", failure=event)


def _with(state: ReferralScreenState, **changes: Any) -> ReferralScreenState:
    return msgspec.structs.replace(state, **changes)


def _switch(ids: tuple[Id, ...], one: Id) -> tuple[Id, ...]:
    return tuple(each for each in ids if each != one) if one in ids else (*ids, one)


def _back(state: ReferralScreenState) -> Result:
    """From an ending to the groups, from the groups to the page, from the page out."""
    if state.group:
        return _with(state, group="", outcome=""), ()
    return (_with(state, closing=False, outcome=""), ()) if state.closing else (state, (Back(),))


def _way(state: ReferralScreenState) -> tuple[Effect, ...]:
    place = state.record.referral.position if state.record is not None else None
    return () if place is None else (Directions(latitude=place.latitude, longitude=place.longitude),)


def _go(state: ReferralScreenState, screen: str) -> tuple[Effect, ...]:
    return (Go(screen=screen, arguments={"referral_id": state.referral_id, "also_ids": state.also_ids}),)


def _close(state: ReferralScreenState) -> Result:
    if not state.outcome:
        return state, ()
    close = ask(
        lambda phone: phone.progress_referral(
            state.referral_id,
            _state_left(state),
            outcome=state.outcome,
            note=state.note.strip(),
            also_ids=state.also_ids,
        ),
        lambda _: Closed(),
    )
    return state, (close,)


def _state_left(state: ReferralScreenState) -> ReferralState:
    """Where the outcome leaves it: closed, or in another area where it can still be said to be. What a duplicate repeats is
    for the office to say."""
    known = next((each for each in OUTCOMES.values() if each.text == state.outcome), None)
    before = state.record.state if state.record is not None else ReferralState.RECEIVED
    elsewhere = ReferralState.WRONG_AREA
    is_elsewhere = known is not None and known.state is elsewhere and may_follow(before, elsewhere)
    return elsewhere if is_elsewhere else ReferralState.CLOSED
