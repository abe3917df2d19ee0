"""The outing: start one, join a colleague's, say that I am well, end it with a summary. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from mobile.field.views import CheckInState, ShiftSummary
from mobile.program.effects import Back, Dial, Effect, Event, Failed, Feel, Go, Home, Opened, WordsFound, ask
from shared.model.device import FieldConfig
from shared.model.value import Id, Value

EMERGENCY = "999"
"""The phone's own dialler opens with it: Lantern tells nobody, and needs no network of its own."""


class ShiftState(Value, frozen=True, kw_only=True):
    """The shift as it was left."""

    config: FieldConfig | None = None
    shift: ShiftSummary | None = None
    forgotten: ShiftSummary | None = None
    others: tuple[ShiftSummary, ...] = ()
    check_in: CheckInState = CheckInState()
    area: str = ""
    ending: bool = False
    summary: str = ""
    half: Mapping[str, str] = {}
    """What was being written when the phone locked."""
    ended: ShiftSummary | None = None
    loaded: bool = False
    failure: Failed | None = None


class Found(Event, frozen=True, kw_only=True):
    """One thing that was asked for when the screen opened; `name` is the field it fills."""

    name: str
    value: Any


class Typed(Event, frozen=True, kw_only=True):
    """The area, or the summary."""

    field: str
    text: str


class StartPressed(Event, frozen=True, kw_only=True):
    """Start a shift."""


class JoinPressed(Event, frozen=True, kw_only=True):
    """Join a colleague's."""

    shift_id: Id


class Began(Event, frozen=True, kw_only=True):
    """A shift is going."""


class WellPressed(Event, frozen=True, kw_only=True):
    """I am well; I will say so again in so many minutes. Under `duress` it looks and feels the same."""

    minutes: int
    duress: bool = False


class Synced(Event, frozen=True, kw_only=True):
    """Something came in: a colleague's shift may be among it."""


class HelpPressed(Event, frozen=True, kw_only=True):
    """I am in danger."""


class EndPressed(Event, frozen=True, kw_only=True):
    """End the shift: first a summary."""


class EndConfirmed(Event, frozen=True, kw_only=True):
    """The summary is enough."""


class Ended(Event, frozen=True, kw_only=True):
    """What the shift came to."""

    summary: ShiftSummary


class WentTo(Event, frozen=True, kw_only=True):
    """Another screen."""

    screen: str


class BackPressed(Event, frozen=True, kw_only=True):
    """Out, or back to the shift."""


Result = tuple[ShiftState, tuple[Effect, ...]]


def update(state: ShiftState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():  # who meets at the office sees the other's shift now, not in five minutes
            return state, (*_load(), ask(lambda phone: phone.sync_now()))
        case Synced():
            return state, _load()
        case Found(name=name, value=value):
            return (_found_shift(state, value) if name == "shift" else _with(state, **{name: value})), ()
        case Typed(field=field, text=text):
            return _with(state, **{field: text}), ()
        case WordsFound(words=words):
            return _take_up(_with(state, area=state.area or words.get("area", ""), half=dict(words))), ()
        case Began():
            return _with(state, area=""), (Feel(name="saved"), Home())
        case Ended(summary=summary):
            return _with(state, ended=summary, shift=None, ending=False, summary="", half={}), (Feel(name="saved"),)
        case WentTo(screen=screen):
            return state, (Go(screen=screen),)
        case Failed():
            return _with(state, failure=event, loaded=True), (Feel(name="refused"),)
    return _pressed(state, event)


def _pressed(state: ShiftState, event: Event) -> Result:
    match event:
        case StartPressed():
            return state, (ask(lambda phone: phone.start_shift(state.area), lambda _: Began()),)
        case JoinPressed(shift_id=shift_id):
            return state, (ask(lambda phone: phone.join_shift(shift_id), lambda _: Began()),)
        case WellPressed(minutes=minutes, duress=duress):
            say = ask(lambda phone: phone.check_in(minutes, duress), lambda _: Opened())
            return state, (Feel(name="saved"), say)
        case HelpPressed():
            return state, (Dial(number=EMERGENCY),)
        case EndPressed() if state.shift is None and state.forgotten is not None:
            return state, (ask(lambda phone: phone.end_forgotten_shift(), lambda _: Opened()),)
        case EndPressed():
            return _with(state, ending=True), ()
        case EndConfirmed():
            end = ask(lambda phone: phone.end_shift(state.summary), lambda done: Ended(summary=done))
            return state, (end,)
        case BackPressed():
            return (_with(state, ending=False), ()) if state.ending else (state, (Back(),))
    return state, ()


def _with(state: ShiftState, **changes: Any) -> ShiftState:
    return msgspec.structs.replace(state, **changes)


def half_written(state: ShiftState) -> dict[str, str]:
    """What is typed and not saved: of a night under its shift, so that it is no word about the next."""
    if state.shift is None:
        return {**state.half, "area": state.area}
    return {"area": state.area, _summary_of(state.shift): state.summary}


def _found_shift(state: ShiftState, going: ShiftSummary | None) -> ShiftState:
    """The shift that is going; what was begun of one that is not any more stays its own."""
    is_same = state.shift is not None and going is not None and state.shift.shift.id == going.shift.id
    if state.shift is None or is_same:
        return _take_up(_with(state, shift=going, loaded=True))
    half = {**state.half, **half_written(state)}
    return _take_up(_with(state, shift=going, loaded=True, half=half, summary="", ending=False))


def _take_up(state: ShiftState) -> ShiftState:
    """What was begun of the account of this shift, once both are known."""
    if state.shift is None or state.summary:
        return state
    return _with(state, summary=state.half.get(_summary_of(state.shift), ""))


def _summary_of(going: ShiftSummary) -> str:
    return f"summary {going.shift.id}"


def _load() -> tuple[Effect, ...]:
    return (
        ask(lambda phone: phone.config, lambda value: Found(name="config", value=value)),
        ask(lambda phone: phone.current_shift(), lambda value: Found(name="shift", value=value)),
        ask(lambda phone: phone.forgotten_shift(), lambda value: Found(name="forgotten", value=value)),
        ask(lambda phone: phone.shifts_to_join(), lambda value: Found(name="others", value=tuple(value))),
        ask(lambda phone: phone.check_in_state(), lambda value: Found(name="check_in", value=value)),
    )
