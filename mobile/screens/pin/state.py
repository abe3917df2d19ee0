"""The PIN as it is, then the new one, twice. Pure. The digits live here only until the last, and are never shown."""

from enum import Enum

import msgspec

from mobile.field.views import Unlocking
from mobile.program.effects import Back, Effect, Event, Failed, Feel, ask
from shared.model.value import Value

PIN_LENGTH = 6


class Step(Enum):
    """Which PIN is asked for."""

    OLD = "old"
    NEW = "new"
    AGAIN = "again"
    DONE = "done"


class PinState(Value, frozen=True, kw_only=True):
    """What is typed so far."""

    step: Step = Step.OLD
    typed: str = ""
    old: str = ""
    new: str = ""
    trying: bool = False
    problem: str = ""
    """`differ`, `refused` or `wrong`."""
    attempts_left: int | None = None
    failure: Failed | None = None


class KeyPressed(Event, frozen=True, kw_only=True):
    """'0' to '9', or 'erase'."""

    key: str


class Judged(Event, frozen=True, kw_only=True):
    """Why the new PIN cannot be chosen; None when it can."""

    refusal: str | None


class Answered(Event, frozen=True, kw_only=True):
    """What came of it."""

    unlocking: Unlocking


class BackPressed(Event, frozen=True, kw_only=True):
    """Out: the PIN stays as it is."""


Result = tuple[PinState, tuple[Effect, ...]]


def update(state: PinState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case KeyPressed(key=key):
            return _key(state, key)
        case Judged(refusal=refusal):
            if refusal is not None:
                return _with(state, typed="", problem="refused"), (Feel(name="refused"),)
            return _with(state, step=Step.AGAIN, new=state.typed, typed=""), ()
        case Answered(unlocking=unlocking):
            if unlocking.is_unlocked:
                return PinState(step=Step.DONE), (Feel(name="saved"),)
            return PinState(problem="wrong", attempts_left=unlocking.attempts_left), (Feel(name="refused"),)
        case BackPressed():
            return PinState(), (Back(),)
        case Failed():
            return PinState(failure=event), (Feel(name="refused"),)
    return state, ()


def _with(state: PinState, **changes: object) -> PinState:
    return msgspec.structs.replace(state, **changes)


def _key(state: PinState, key: str) -> Result:
    if state.trying or state.step == Step.DONE:
        return state, ()
    if key == "erase":
        return _with(state, typed=state.typed[:-1]), ()
    state = _with(state, typed=state.typed + key, problem="", failure=None)
    if len(state.typed) < PIN_LENGTH:
        return state, ()
    if state.step == Step.OLD:
        return _with(state, step=Step.NEW, old=state.typed, typed=""), ()
    if state.step == Step.NEW:
        judge = ask(lambda phone: phone.refusal_of_pin(state.typed), lambda refusal: Judged(refusal=refusal))
        return state, (judge,)
    return _again(state)


def _again(state: PinState) -> Result:
    if state.typed != state.new:
        return _with(state, step=Step.NEW, typed="", new="", problem="differ"), (Feel(name="refused"),)
    change = ask(lambda phone: phone.change_pin(state.old, state.new), lambda unlocking: Answered(unlocking=unlocking))
    return _with(state, typed="", old="", new="", trying=True), (change,)
