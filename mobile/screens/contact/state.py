"""The contact: who, how they are, saved; then, if there is time, the rest. Pure: no Kivy, no store, no words.

The contact is saved the moment a state is chosen. Whatever comes after is a refinement, written when the worker pauses, leaves a
field or presses Done; the original stays. GPS is never waited for.

Each step has its own `update` (`STEPS`); here stand what may happen in any, and the way between them.
"""

from collections.abc import Callable
from typing import Any

from mobile.field.views import PersonCard, SiteCard
from mobile.program.effects import Back, Event, Failed, Feel, Opened, WordsFound, ask
from mobile.screens.contact.amend import person_added, struck, update_strike, update_when
from mobile.screens.contact.details import Result, changed, changed_fields, keep, leave, note_prompted, refined, ticked
from mobile.screens.contact.half import words_found
from mobile.screens.contact.saving import record_read, saved, update_state
from mobile.screens.contact.values import (
    PHRASES,
    BackPressed,
    ConfigRead,
    ContactScreenState,
    DonePressed,
    FixFound,
    MatchesFound,
    NotePrompted,
    PeopleFound,
    PersonAdded,
    PlaceAdded,
    RecordRead,
    Refined,
    Saved,
    SitesFound,
    Step,
    Struck,
    Ticked,
)  # fmt: skip
from mobile.screens.contact.where import (
    TILES,
    ask_near,
    fix_found,
    place_added,
    read_contact,
    sites_found,
    update_new_place,
    update_pin,
    update_place,
)  # fmt: skip
from mobile.screens.contact.who import matches_found, searched, update_new, update_who
from shared.model.codes import ContactState, SupportNeed

STATES = (
    ContactState.BEDDED_DOWN,
    ContactState.ABOUT_TO_BED_DOWN,
    ContactState.NOT_BEDDED_DOWN,
    ContactState.DECLINED_CONTACT,
)
"""The four big buttons. The two other states belong to a stop where nobody was met (`visit`)."""
NEEDS = tuple(need for need in SupportNeed if need not in (SupportNeed.NONE, SupportNeed.NOT_KNOWN))
NO_PLACE = ""


def begin(arguments: dict[str, Any]) -> ContactScreenState:
    """The first state. The screen before may give a person, a place, a referral, a contact to correct, or this page as it was
    left for a search.
    """
    person: PersonCard | None = arguments.get("person")
    left: ContactScreenState | None = arguments.get("left")
    if left is not None:
        return changed(left, searched=person)
    if arguments.get("contact_id"):
        return ContactScreenState(contact_id=arguments["contact_id"], step=Step.STATE, reopened=True, place_chosen=True)
    site: SiteCard | None = arguments.get("site")
    state = ContactScreenState(
        referral_id=arguments.get("referral_id"), also_ids=arguments.get("also_ids", ()), pin=arguments.get("pin")
    )
    if site is not None:
        state = changed(state, site=site, site_id=site.id, place_chosen=True)
    if person is not None:
        state = changed(state, chosen=(person,), step=Step.STATE)
    return state


def update(state: ContactScreenState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    answered = _update_anywhere(state, event)
    if answered is None:
        answered = STEPS[state.step](state, event)
    return answered if answered is not None else (state, ())


def _update_anywhere(state: ContactScreenState, event: Event) -> Result | None:
    """What is pressed or arrives whatever is asked. None for what belongs to one step."""
    match event:
        case Opened():
            return _opened(state)
        case DonePressed():
            return _done(state)
        case BackPressed():
            return _back(state)
        case Ticked():
            return ticked(state, event)
        case Failed():
            return _failed(state, event)
        case _:
            return _hear(state, event)


def _hear(state: ContactScreenState, event: Event) -> Result | None:
    """The phone's answers."""
    match event:
        case PeopleFound(people=people):
            return changed(state, near=people[:TILES], has_looked=True), ()
        case ConfigRead(phrases=phrases):
            return changed(state, phrases=phrases or PHRASES), ()
        case WordsFound(words=words):
            return words_found(state, words), ()
        case NotePrompted():
            return note_prompted(state, event)
        case Refined():
            return refined(state, event)
        case Struck():
            return struck(state)
        case _:
            return _hear_of_records(state, event)


def _hear_of_records(state: ContactScreenState, event: Event) -> Result | None:
    match event:
        case SitesFound():
            return sites_found(state, event)
        case FixFound():
            return fix_found(state, event)
        case MatchesFound():
            return matches_found(state, event)
        case PersonAdded():
            return person_added(state, event)
        case PlaceAdded():
            return place_added(state, event)
        case Saved():
            return saved(state, event)
        case RecordRead():
            return record_read(state, event)
    return None


def _opened(state: ContactScreenState) -> Result:
    # The position of a referral or a person, where one was given, says whose neighbours to show.
    asked = (
        ask(lambda phone: phone.where_am_i(), lambda fix: FixFound(fix=fix)),
        *ask_near(state),
        ask(lambda phone: phone.config, lambda config: ConfigRead(phrases=tuple(config.phrases_offered))),
    )
    state, picked = searched(state)
    again = () if state.contact_id is None else (read_contact(state.contact_id),)
    return state, (*asked, *picked, *again)


def _done(state: ContactScreenState) -> Result:
    if state.contact_id is None:
        return state, ()
    if not changed_fields(state):
        return state, (leave(state),)
    return changed(state, leaving=True), keep(state)


def _back(state: ContactScreenState) -> Result:
    if state.step in (Step.PLACE, Step.PIN, Step.WHEN, Step.STRIKE) or (state.is_saved and state.step == Step.WHO):
        return changed(state, step=Step.STATE), ()
    if state.step in (Step.NEW, Step.NEW_PLACE):
        return changed(state, step=Step.WHO if state.step == Step.NEW else Step.PLACE), ()
    if state.is_saved:
        return _done(state)
    if state.step == Step.STATE and state.near:
        cleared = {} if state.several else {"chosen": (), "new_people": (), "unidentified": 0, "matches": ()}
        return changed(state, step=Step.WHO, **cleared), ()
    return state, (Back(),)


def _failed(state: ContactScreenState, event: Failed) -> Result:
    """Nothing is lost: what was chosen and typed stays, and Save can be pressed again."""
    chosen = state.contact_state if state.is_saved else None
    state = changed(state, saving=False, leaving=False, failure=event, contact_state=chosen)
    return state, (Feel(name="refused", speak="speak.refused"),)


STEPS: dict[Step, Callable[[ContactScreenState, Event], Result | None]] = {
    Step.WHO: update_who,
    Step.NEW: update_new,
    Step.STATE: update_state,
    Step.PLACE: update_place,
    Step.NEW_PLACE: update_new_place,
    Step.PIN: update_pin,
    Step.WHEN: update_when,
    Step.STRIKE: update_strike,
}
