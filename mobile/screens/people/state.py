"""Finding somebody by the beginning of any word. Pure."""

from typing import Any

import msgspec

from mobile.field.views import PersonCard
from mobile.program.effects import Back, Call, Effect, Event, Failed, Go, Opened, ask
from shared.model.value import Id, Value

SHOWN = 200


class PeopleState(Value, frozen=True, kw_only=True):
    """What was typed and who was found. `contact` is the contact page as it was left: the one who is picked is of it."""

    typed: str = ""
    people: tuple[PersonCard, ...] = ()
    loaded: bool = False
    contact: Value | None = None
    failure: Failed | None = None


class Typed(Event, frozen=True, kw_only=True):
    """The words changed."""

    text: str


class Found(Event, frozen=True, kw_only=True):
    """Who holds every word; `text` tells late answers from the newest."""

    text: str
    people: tuple[PersonCard, ...]


class Picked(Event, frozen=True, kw_only=True):
    """A row was pressed."""

    person_id: Id


class ServicesPressed(Event, frozen=True, kw_only=True):
    """To the directory of services."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[PeopleState, tuple[Effect, ...]]


def begin(arguments: dict[str, Any]) -> PeopleState:
    """Called from the contact, a pick returns there."""
    return PeopleState(contact=arguments.get("contact"))


def update(state: PeopleState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (_look("", state),)
        case Typed(text=text):
            return msgspec.structs.replace(state, typed=text), (_look(text, state),)
        case Found(text=text, people=people):
            if text != state.typed:
                return state, ()
            return msgspec.structs.replace(state, people=people, loaded=True, failure=None), ()
        case Picked(person_id=person_id):
            return _picked(state, person_id)
        case ServicesPressed():
            return state, (Go(screen="services"),)
        case BackPressed():
            return state, (Back(),)
        case Failed():
            return msgspec.structs.replace(state, failure=event, loaded=True), ()
    return state, ()


def _look(text: str, _state: PeopleState) -> Call:
    return ask(lambda phone: phone.search_people(text, SHOWN), lambda people: Found(text=text, people=tuple(people)))


def _picked(state: PeopleState, person_id: Id) -> Result:
    person = next((one for one in state.people if one.id == person_id), None)
    if person is None:
        return state, ()
    if state.contact is None:
        return state, (Go(screen="person", arguments={"person_id": person.id}),)
    arguments = {"left": state.contact, "person": person}
    return state, (Back(), Go(screen="contact", arguments=arguments, replace=True))
