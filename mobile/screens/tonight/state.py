"""Tonight's stops in walking order, and the one big button. Pure."""

from typing import Any

import msgspec

from mobile.field.own_views import ClockState, PlannedShift
from mobile.field.views import CheckInState, ShiftSummary, TonightItem, TonightKind
from mobile.program.effects import Effect, Event, Failed, Go, Opened, ask
from shared.model.value import Id, Value

REFRESH_S = 30


class TonightState(Value, frozen=True, kw_only=True):
    """The list, and the shift it belongs to."""

    items: tuple[TonightItem, ...] = ()
    loaded: bool = False
    is_off_shift: bool = False
    """No shift is going. Not so while nobody has answered: a button that comes and goes moves the list under the finger."""
    check_in: CheckInState = CheckInState()
    clock: ClockState = ClockState()
    planned: PlannedShift | None = None
    age_s: int = 0
    failure: Failed | None = None


class ItemsFound(Event, frozen=True, kw_only=True):
    """The stops, in order."""

    items: tuple[TonightItem, ...]


class ShiftFound(Event, frozen=True, kw_only=True):
    """The shift, if one is going."""

    shift: ShiftSummary | None


class CheckInFound(Event, frozen=True, kw_only=True):
    """The lone-working timer."""

    check_in: CheckInState


class PlanFound(Event, frozen=True, kw_only=True):
    """What is planned for tonight."""

    planned: PlannedShift | None


class ItemPicked(Event, frozen=True, kw_only=True):
    """A row was pressed."""

    item_id: Id


class LogPressed(Event, frozen=True, kw_only=True):
    """The big button."""


class NobodyPressed(Event, frozen=True, kw_only=True):
    """Nobody is here."""


class WellPressed(Event, frozen=True, kw_only=True):
    """I am well."""


class ClockFound(Event, frozen=True, kw_only=True):
    """Whether the phone's clock is right."""

    clock: ClockState


class WentTo(Event, frozen=True, kw_only=True):
    """Another screen."""

    screen: str


class Ticked(Event, frozen=True, kw_only=True):
    """A second went by."""


Result = tuple[TonightState, tuple[Effect, ...]]


def update(state: TonightState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, _load()
        case ItemsFound(items=items):
            return _with(state, items=items, loaded=True, failure=None), ()
        case ShiftFound() | CheckInFound() | ClockFound() | PlanFound():
            return _found(state, event), ()
        case ItemPicked(item_id=item_id):
            return _picked(state, item_id)
        case LogPressed():
            return state, (Go(screen="contact"),)
        case NobodyPressed():
            return state, (Go(screen="visit"),)
        case WellPressed():
            return state, (ask(lambda phone: phone.check_in(), lambda _: Opened()),)
        case WentTo(screen=screen):
            return state, (Go(screen=screen),)
        case Ticked():
            return _ticked(state)
        case Failed():
            return _with(state, failure=event, loaded=True), ()
    return state, ()


def _with(state: TonightState, **changes: Any) -> TonightState:
    return msgspec.structs.replace(state, **changes)


def _found(state: TonightState, event: "ShiftFound | CheckInFound | ClockFound | PlanFound") -> TonightState:
    """What stands above the list."""
    match event:
        case ShiftFound(shift=shift):
            return _with(state, is_off_shift=shift is None)
        case CheckInFound(check_in=check_in):
            return _with(state, check_in=check_in)
        case ClockFound(clock=clock):
            return _with(state, clock=clock)
        case PlanFound(planned=planned):
            return _with(state, planned=planned)


def _load() -> tuple[Effect, ...]:
    """What stands above the list first, so that the list need not move when it is there."""
    return (
        ask(lambda phone: phone.current_shift(), lambda shift: ShiftFound(shift=shift)),
        ask(lambda phone: phone.check_in_state(), lambda check_in: CheckInFound(check_in=check_in)),
        ask(lambda phone: phone.planned_shift(), lambda planned: PlanFound(planned=planned)),
        ask(lambda phone: phone.clock_state(), lambda clock: ClockFound(clock=clock)),
        ask(lambda phone: phone.tonight(), lambda items: ItemsFound(items=tuple(items))),
    )


def _ticked(state: TonightState) -> Result:
    age = state.age_s + 1
    if age < REFRESH_S:
        return _with(state, age_s=age), ()
    return _with(state, age_s=0), _load()


def _picked(state: TonightState, item_id: Id) -> Result:
    item = next((one for one in state.items if one.id == item_id), None)
    if item is None:
        return state, ()
    if item.kind == TonightKind.REFERRAL:
        return state, (Go(screen="referral", arguments={"referral_id": item.id}),)
    if item.kind == TonightKind.PLACE and item.position is not None:
        return state, (Go(screen="map", arguments={"at": (item.position.latitude, item.position.longitude)}),)
    return state, (Go(screen="person", arguments={"person_id": item.person_id or item.id}),)
