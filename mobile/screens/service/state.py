"""One service, its number to dial and the way there. Pure."""

import msgspec

from mobile.program.effects import Back, Dial, Directions, Effect, Event, Failed, Opened, ask
from shared.model.value import Id, Value
from shared.rules.finding_services import Found


class ServiceState(Value, frozen=True, kw_only=True):
    """Which service, and what is known of it."""

    service_id: Id
    found: Found | None = None
    failure: Failed | None = None


class Answered(Event, frozen=True, kw_only=True):
    """What this phone knows of it."""

    found: Found


class DialPressed(Event, frozen=True, kw_only=True):
    """Ring them."""


class WayPressed(Event, frozen=True, kw_only=True):
    """Show the way."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[ServiceState, tuple[Effect, ...]]


def update(state: ServiceState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (ask(lambda phone: phone.service(state.service_id), lambda found: Answered(found=found)),)
        case Answered(found=found):
            return msgspec.structs.replace(state, found=found, failure=None), ()
        case DialPressed():
            number = state.found.service.telephone if state.found else ""
            return state, (Dial(number=number),) if number else ()
        case WayPressed():
            return state, find_way(state.found)
        case BackPressed():
            return state, (Back(),)
        case Failed():
            return msgspec.structs.replace(state, failure=event), ()
    return state, ()


def find_way(found: Found | None) -> tuple[Directions, ...]:
    """The way to its first place that has a position; none where nobody knows one."""
    places = found.service.places if found else ()
    known = ((each.latitude, each.longitude) for each in places)
    return tuple(
        Directions(latitude=latitude, longitude=longitude)
        for latitude, longitude in known
        if latitude is not None and longitude is not None
    )[:1]
