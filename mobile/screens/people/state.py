"""Finding somebody by the beginning of any word. Pure."""

from typing import Any

import msgspec

from mobile.field.views import PersonCard, SiteCard
from mobile.program.effects import Back, Call, Effect, Event, Failed, Go, Opened, ask
from shared.model.value import Id, Value

SHOWN = 200


class PeopleState(Value, frozen=True, kw_only=True):
    """What was typed and who was found. `for_contact`: the one who is picked is being met now."""

    typed: str = ""
    people: tuple[PersonCard, ...] = ()
    loaded: bool = False
    for_contact: bool = False
    site: SiteCard | None = None
    referral_id: Id | None = None
    also_ids: tuple[Id, ...] = ()
    contact_id: Id | None = None
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
    return PeopleState(
        for_contact=bool(arguments.get("for_contact")),
        site=arguments.get("site"),
        referral_id=arguments.get("referral_id"),
        also_ids=arguments.get("also_ids", ()),
        contact_id=arguments.get("contact_id"),
    )


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
    if not state.for_contact:
        return state, (Go(screen="person", arguments={"person_id": person.id}),)
    arguments: dict[str, Any] = {"person": person, "site": state.site, "referral_id": state.referral_id}
    arguments["also_ids"] = state.also_ids
    if state.contact_id is not None:
        arguments["contact_id"] = state.contact_id
    return state, (Back(), Go(screen="contact", arguments=arguments, replace=True))
