"""Finding a service for somebody, now or tonight. Pure."""

from typing import Any

import msgspec

from mobile.program.effects import Back, Call, Effect, Event, Failed, Go, Opened, ask
from shared.model.service import ServiceOffer, ServiceWelcome
from shared.model.value import Id, Value
from shared.rules.finding_services import Found, OpenWhen, Wanted

SHOWN = 50


class ServicesState(Value, frozen=True, kw_only=True):
    """What is looked for, and what was found."""

    wanted: Wanted = Wanted()
    found: tuple[Found, ...] = ()
    loaded: bool = False
    choosing: bool = False
    """The choice of what is offered is open."""
    failure: Failed | None = None


class Typed(Event, frozen=True, kw_only=True):
    """The words changed."""

    text: str


class OpenPicked(Event, frozen=True, kw_only=True):
    """Open at any time, now, or tonight: pressed again, at any time."""

    when: OpenWhen


class DogsPressed(Event, frozen=True, kw_only=True):
    """It must take dogs, or need not."""


class ChoosePressed(Event, frozen=True, kw_only=True):
    """What it shall offer: open the choice, or close it."""


class OfferPicked(Event, frozen=True, kw_only=True):
    """One offer was chosen; the same again, any."""

    offer: ServiceOffer


class Answered(Event, frozen=True, kw_only=True):
    """What fits; `wanted` tells late answers from the newest."""

    wanted: Wanted
    found: tuple[Found, ...]


class Picked(Event, frozen=True, kw_only=True):
    """A row was pressed."""

    service_id: Id


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[ServicesState, tuple[Effect, ...]]


def update(state: ServicesState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (_look(state.wanted),)
        case Typed(text=text):
            return _want(state, words=text)
        case OpenPicked(when=when):
            return _want(state, open_when=OpenWhen.ANY if state.wanted.open_when is when else when)
        case DogsPressed():
            return _want(state, welcomes=state.wanted.welcomes ^ {ServiceWelcome.DOGS})
        case ChoosePressed():
            return _with(state, choosing=not state.choosing), ()
        case OfferPicked(offer=offer):
            chosen = None if state.wanted.offer is offer else offer
            return _want(_with(state, choosing=False), offer=chosen)
        case Answered(wanted=wanted, found=found):
            return (_with(state, found=found, loaded=True, failure=None), ()) if wanted == state.wanted else (state, ())
        case Picked(service_id=service_id):
            return state, (Go(screen="service", arguments={"service_id": service_id}),)
        case BackPressed():
            return (_with(state, choosing=False), ()) if state.choosing else (state, (Back(),))
        case Failed():
            return _with(state, failure=event, loaded=True), ()
    return state, ()


def _with(state: ServicesState, **changes: Any) -> ServicesState:
    return msgspec.structs.replace(state, **changes)


def _want(state: ServicesState, **changes: Any) -> Result:
    wanted = msgspec.structs.replace(state.wanted, **changes)
    return _with(state, wanted=wanted), (_look(wanted),)


def _look(wanted: Wanted) -> Call:
    return ask(
        lambda phone: phone.find_services(wanted, SHOWN),
        lambda found: Answered(wanted=wanted, found=tuple(found)),
    )
