"""The words of a contact that are typed and not yet in any record: someone new, a new place, a time, why it did not happen. Pure.

Details are no part of it: they are written into the contact itself at every pause.
"""

from collections.abc import Mapping

from msgspec import structs

from mobile.field.views import PersonDraft
from mobile.screens.contact.details import changed
from mobile.screens.contact.values import ContactScreenState

PERSON = ("alias", "description")
PLACE = ("name", "access_notes", "hazards")
CORRECTION = ("time_text", "reason")


def page_of(state: ContactScreenState) -> str:
    """Each saved contact has a page of its own: why one did not happen is no word about another."""
    return f"contact:{state.contact_id}" if state.is_saved else "contact"


def half_written(state: ContactScreenState) -> dict[str, str]:
    """What is typed and in no record. Who is new here is in none before the contact is saved."""
    typed = PersonDraft(alias=state.alias, description=state.description)
    people = [typed, *(() if state.is_saved else state.new_people), *state.half_people]
    said = [person for person in people if person.alias or person.description]
    words = {_numbered(name, number): getattr(person, name) for number, person in enumerate(said) for name in PERSON}
    words |= {f"place.{name}": getattr(state.new_place, name) for name in PLACE}
    words |= {name: getattr(state, name) for name in CORRECTION}
    return {name: text for name, text in words.items() if text}


def words_found(state: ContactScreenState, words: Mapping[str, str]) -> ContactScreenState:
    """What was being written when the phone locked; what stands here already goes before it."""
    known = {(person.alias, person.description) for person in (*state.new_people, *state.half_people)}
    known.add((state.alias, state.description))
    half = [person for person in _people(words) if (person.alias, person.description) not in known]
    place = {name: getattr(state.new_place, name) or words.get(f"place.{name}", "") for name in PLACE}
    correction = {name: getattr(state, name) or words.get(name, "") for name in CORRECTION}
    new_place = structs.replace(state.new_place, **place)
    return changed(state, half_people=(*state.half_people, *half), new_place=new_place, **correction)


def next_new(state: ContactScreenState) -> ContactScreenState:
    """The words about someone new: those that stand in the fields, else the first that the lock has cut off."""
    if state.alias or state.description or not state.half_people:
        return state
    first, *rest = state.half_people
    return changed(state, alias=first.alias, description=first.description, half_people=tuple(rest))


def _people(words: Mapping[str, str]) -> list[PersonDraft]:
    found: list[PersonDraft] = []
    while any(words.get(_numbered(name, len(found))) for name in PERSON):
        alias, description = (words.get(_numbered(name, len(found)), "") for name in PERSON)
        found.append(PersonDraft(alias=alias, description=description))
    return found


def _numbered(name: str, number: int) -> str:
    return name if number == 0 else f"{name} {number}"
