"""What a screen may want done, as values: `update(state, event)` returns them, `program` performs them. Pure: no Kivy, no store.

A `Call` holds the call of `mobile.field.api.Field` itself, so that mypy reads it; its answer comes back as an event.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mobile.field.api import Field
from shared.model.value import Value


class Event(Value, frozen=True, kw_only=True):
    """Something happened on a screen."""


class Opened(Event, frozen=True, kw_only=True):
    """The screen is on the glass: load what it shows."""


class WordsFound(Event, frozen=True, kw_only=True):
    """What was typed here and not saved, before a lock or a kill."""

    words: Mapping[str, str]


class Failed(Event, frozen=True, kw_only=True):
    """A call did not do what was asked. `error` is the name of the failure, `plain` and `what_to_do` its own English words."""

    error: str
    plain: str = ""
    what_to_do: str = ""


class Effect(Value, frozen=True, kw_only=True):
    """Something to be done outside."""


class Go(Effect, frozen=True, kw_only=True):
    """Show another screen; `replace` forgets this one (the back button will not come here again)."""

    screen: str
    arguments: Mapping[str, Any] = {}
    replace: bool = False


class Back(Effect, frozen=True, kw_only=True):
    """Return to the screen before."""


class Home(Effect, frozen=True, kw_only=True):
    """Return to tonight, forgetting the way here."""


class Call(Effect, frozen=True, kw_only=True):
    """Ask the service, off the screen's thread; `ask` makes one. `network`: it may take long, so on the thread that may wait."""

    perform: Callable[[Field], Event | None]
    network: bool = False


AnswerT = TypeVar("AnswerT")


def ask(do: Callable[[Field], AnswerT], then: Callable[[AnswerT], Event] | None = None, network: bool = False) -> Call:
    """`ask(lambda phone: phone.tonight(), lambda items: ItemsFound(items=tuple(items)))`: what is done, and the event made of the
    answer; without `then` nobody waits for one.
    """

    def perform(phone: Field) -> Event | None:
        answer = do(phone)
        return None if then is None else then(answer)

    return Call(perform=perform, network=network)


class Feel(Effect, frozen=True, kw_only=True):
    """A sign for the hand and the ear: `saved` or `refused`; `speak` is the key of a sentence without a name or a place."""

    name: str
    speak: str = ""


class Dial(Effect, frozen=True, kw_only=True):
    """Put a number into the phone's dialler."""

    number: str


class Directions(Effect, frozen=True, kw_only=True):
    """Hand a place, and nothing else, to the phone's map app."""

    latitude: float
    longitude: float


class Photograph(Effect, frozen=True, kw_only=True):
    """Have the phone's camera app write a picture to `path`; `taken` comes back when it did."""

    path: str
    taken: Event


class ApplySettings(Effect, frozen=True, kw_only=True):
    """The look or the language changed: build the screen anew."""


StateT = TypeVar("StateT")
Step = tuple[StateT, tuple[Effect, ...]]
"""What every `update` returns."""
