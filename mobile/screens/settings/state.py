"""How this worker likes the app: colours, language, vibration, sound, speech. Pure."""

from typing import Any

import msgspec

from mobile.program.effects import ApplySettings, Back, Effect, Event, Failed, Go, Opened, ask
from shared.model.value import Value

CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("night", "day"),
    "language": ("en", "pl"),
    "vibration": ("on", "off"),
    "sound": ("on", "off"),
    "speech": ("on", "off"),
}
"""Setting -> its values; the first is not always the default (`mobile.app`)."""


class SettingsState(Value, frozen=True, kw_only=True):
    """The settings as they are."""

    values: dict[str, str] = {}
    failure: Failed | None = None


class Picked(Event, frozen=True, kw_only=True):
    """A value was chosen."""

    name: str
    value: str


class Kept(Event, frozen=True, kw_only=True):
    """It is kept."""


class LockPressed(Event, frozen=True, kw_only=True):
    """Lock now."""


class PinPressed(Event, frozen=True, kw_only=True):
    """Another PIN."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[SettingsState, tuple[Effect, ...]]


def update(state: SettingsState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Picked(name=name, value=value):
            changed = msgspec.structs.replace(state, values={**state.values, name: value})
            return changed, (ask(lambda phone: phone.set_setting(name, value), _kept),)
        case Kept():
            return state, (ApplySettings(),)
        case LockPressed():
            return state, (ask(lambda phone: phone.lock()),)
        case PinPressed():
            return state, (Go(screen="pin"),)
        case BackPressed():
            return state, (Back(),)
        case Failed():
            return msgspec.structs.replace(state, failure=event), ()
        case Opened():
            return state, ()
    return state, ()


def _kept(_: Any) -> Event:
    return Kept()
