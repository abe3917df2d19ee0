"""Who was met: the tiles, several at once, somebody new, and who that may already be. Pure."""

from mobile.field.views import PersonDraft
from mobile.program.effects import Event, Go, ask
from mobile.screens.contact.amend import add_person, who_settled
from mobile.screens.contact.details import Result, changed, keep
from mobile.screens.contact.half import next_new
from mobile.screens.contact.values import (
    ContactScreenState,
    Likely,
    MatchAnswered,
    MatchesFound,
    NewDone,
    NewPressed,
    NewTyped,
    NobodyPressed,
    PersonPicked,
    SearchPressed,
    SeveralPressed,
    Step,
    UnknownCounted,
    UnknownPressed,
    WhoDone,
)
from shared.model.value import Id


def update_who(state: ContactScreenState, event: Event) -> Result | None:
    """The tiles. None for what does not happen here."""
    match event:
        case PersonPicked():
            return _picked(state, event)
        case SeveralPressed():
            return _several(state)
        case UnknownCounted(by=by):
            return changed(state, unidentified=max(0, min(500, state.unidentified + by))), ()
        case UnknownPressed():
            return who_settled(changed(state, chosen=(), new_people=(), unidentified=1))
        case WhoDone():
            return who_settled(state) if state.people_count else (state, ())
        case NewPressed():
            return _new(state)
        case SearchPressed():
            return _search(state)
        case NobodyPressed():
            return _nobody(state)
        case MatchAnswered():
            return match_answered(state, event)
    return None


def update_new(state: ContactScreenState, event: Event) -> Result | None:
    """Somebody new."""
    match event:
        case NewTyped(field=field, text=text):
            return changed(state, **{field: text}), ()
        case NewDone():
            return _new_done(state)
    return None


def matches_found(state: ContactScreenState, event: MatchesFound) -> Result:
    """Who somebody new may already be."""
    return changed(state, matches=(*state.matches, *(Likely(new=event.new, known=each) for each in event.matches))), ()


def _picked(state: ContactScreenState, event: PersonPicked) -> Result:
    person = next((one for one in (*state.near, *state.chosen) if one.id == event.person_id), None)
    if person is None:
        return state, ()
    if not state.several:
        return who_settled(changed(state, chosen=(person,), new_people=(), unidentified=0))
    already = any(one.id == person.id for one in state.chosen)
    chosen = tuple(one for one in state.chosen if one.id != person.id) if already else (*state.chosen, person)
    return changed(state, chosen=chosen), ()


def _several(state: ContactScreenState) -> Result:
    if state.several:
        return changed(state, several=False, chosen=(), new_people=(), unidentified=0), ()
    return changed(state, several=True), ()


def _new(state: ContactScreenState) -> Result:
    return changed(next_new(state), step=Step.NEW), ()


def _search(state: ContactScreenState) -> Result:
    return state, (*keep(state), Go(screen="people", arguments={"contact": state}))


def searched(state: ContactScreenState) -> Result:
    """Back from the search: whoever was found is picked as from a tile, beside those who were picked before."""
    person = state.searched
    if person is None:
        return state, ()
    others = tuple(one for one in state.near if one.id != person.id)
    return _picked(changed(state, near=(person, *others), searched=None), PersonPicked(person_id=person.id))


def _nobody(state: ContactScreenState) -> Result:
    # Only a place that the worker chose: the visit suggests its own, and asks where a referral says another one.
    site = state.site if state.place_chosen else None
    arguments = {"site": site, "referral_id": state.referral_id, "also_ids": state.also_ids}
    return state, (Go(screen="visit", arguments=arguments, replace=True),)


def _new_done(state: ContactScreenState) -> Result:
    person = PersonDraft(alias=state.alias.strip(), description=state.description.strip())
    if state.saving or not (person.alias or person.description):
        return state, ()
    look = ask(
        lambda phone: phone.possible_duplicates(person, state.pin),
        lambda found: MatchesFound(new=person, matches=tuple(found)),
    )
    if state.is_saved:  # the words stand until there is a record: a full disk must not cost them
        return changed(state, saving=True), (add_person(person), look)
    state = changed(state, alias="", description="")
    if state.several:
        return changed(state, new_people=(*state.new_people, person), step=Step.WHO), (look,)
    return changed(state, chosen=(), unidentified=0, new_people=(person,), step=Step.STATE), (look,)


def match_answered(state: ContactScreenState, event: MatchAnswered) -> Result:
    """Yes, no, or not sure."""
    match = next((one for one in state.questions if one.known.person.id == event.person_id), None)
    if match is None:
        return state, ()
    if event.answer != "yes":
        rest = tuple(one for one in state.matches if one is not match)
        return changed(state, matches=rest), ()
    # It was they who were met. A record just begun is laid beside theirs at a desk, where a second looks.
    new, known = match.new, match.known.person
    begun = _records_of(state, new)
    others = tuple(person for person in state.chosen if person.id not in (*begun, known.id))
    mended = changed(
        state,
        matches=tuple(one for one in state.matches if one.new != new),
        chosen=(*others, known),
        new_people=tuple(one for one in state.new_people if one != new),
        person_ids=tuple(one for one in state.person_ids if one not in begun),
    )
    return who_settled(mended) if state.is_saved else (mended, ())


def _records_of(state: ContactScreenState, new: PersonDraft) -> set[Id]:
    """The record that somebody new got when the contact was saved, whose last people are the new ones, or after."""
    saved = dict(zip(state.new_people[::-1], state.person_ids[::-1], strict=False)) if state.is_saved else {}
    return {record for draft, record in (*saved.items(), *state.added) if draft == new}
