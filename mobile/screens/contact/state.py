"""The contact: who, how they are, saved; then, if there is time, the rest. Pure: no Kivy, no store, no words.

The contact is saved the moment a state is chosen. Whatever comes after is a refinement, written when the worker pauses, leaves a
field or presses Done; the original stays. GPS is never waited for.
"""

from typing import Any

from mobile.field.views import ContactDraft, PersonCard, PersonDraft, SiteCard
from mobile.screens.contact.amend import (
    add_person,
    confirm_pressed,
    person_added,
    reason_typed,
    restore_pressed,
    strike_given,
    strike_pressed,
    struck,
    time_given,
    time_typed,
    when_pressed,
    who_pressed,
    who_settled,
)
from mobile.screens.contact.details import (
    Result,
    changed,
    changed_fields,
    detail_typed,
    keep,
    leave,
    need_pressed,
    note_prompted,
    phrase_pressed,
    refined,
    support_answered,
    ticked,
)
from mobile.screens.contact.values import (
    PHRASES,
    BackPressed,
    ConfigRead,
    ConfirmPressed,
    Details,
    DetailTyped,
    DonePressed,
    FixFound,
    MatchAnswered,
    MatchesFound,
    NeedPressed,
    NewDone,
    NewPlacePressed,
    NewPressed,
    NewTyped,
    NobodyPressed,
    NotePrompted,
    PeopleFound,
    PersonAdded,
    PersonPicked,
    PhrasePressed,
    PinPressed,
    PinPut,
    PlaceAdded,
    PlaceGiven,
    PlaceKindPicked,
    PlacePicked,
    PlacePressed,
    PlaceTyped,
    ReasonTyped,
    RecordRead,
    Refined,
    RestorePressed,
    Saved,
    SearchPressed,
    SeveralPressed,
    SitesFound,
    State,
    StateChosen,
    Step,
    StrikeGiven,
    StrikePressed,
    Struck,
    SupportAnswered,
    Ticked,
    TimeGiven,
    TimeTyped,
    UnknownCounted,
    UnknownPressed,
    WhenPressed,
    WhoDone,
    WhoPressed,
)
from mobile.screens.contact.where import (
    TILES,
    as_mended,
    ask_near,
    fix_found,
    new_place_pressed,
    pin_pressed,
    pin_put,
    place_added,
    place_given,
    place_kind_picked,
    place_picked,
    place_pressed,
    place_typed,
    read_contact,
    sites_found,
    with_site,
)
from mobile.screens.effects import Back, Event, Failed, Feel, Go, Opened, WordsFound, ask
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


def begin(arguments: dict[str, Any]) -> State:
    """The first state: a person, a place, a referral, or a contact to correct may be given by the screen before."""
    person: PersonCard | None = arguments.get("person")
    if arguments.get("contact_id"):
        given = () if person is None else (person,)
        return State(
            contact_id=arguments["contact_id"], step=Step.STATE, reopened=True, place_chosen=True, chosen=given
        )
    site: SiteCard | None = arguments.get("site")
    state = State(
        referral_id=arguments.get("referral_id"), also_ids=arguments.get("also_ids", ()), pin=arguments.get("pin")
    )
    if site is not None:
        state = changed(state, site=site, site_id=site.id, place_chosen=True)
    if person is not None:
        state = changed(state, chosen=(person,), step=Step.STATE)
    return state


def update(state: State, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    handler = _HANDLERS.get(type(event))
    return handler(state, event) if handler is not None else (state, ())


def _opened(state: State, _event: Opened) -> Result:
    # The position of a referral or a person, where one was given, says whose neighbours to show.
    asked = (
        ask(lambda phone: phone.where_am_i(), lambda fix: FixFound(fix=fix)),
        *ask_near(state),
        ask(lambda phone: phone.config, lambda config: ConfigRead(phrases=tuple(config.phrases_offered))),
    )
    if state.contact_id is None:
        return state, asked
    given = who_settled(state)[1] if state.chosen else ()  # a search was for the person of a saved contact
    return state, (*asked, *given, read_contact(state.contact_id))


def _people(state: State, event: PeopleFound) -> Result:
    return changed(state, near=event.people[:TILES], has_looked=True), ()


def _config(state: State, event: ConfigRead) -> Result:
    return changed(state, phrases=event.phrases or PHRASES), ()


def _picked(state: State, event: PersonPicked) -> Result:
    person = next((one for one in (*state.near, *state.chosen) if one.id == event.person_id), None)
    if person is None:
        return state, ()
    if not state.several:
        return who_settled(changed(state, chosen=(person,), new_people=(), unidentified=0))
    already = any(one.id == person.id for one in state.chosen)
    chosen = tuple(one for one in state.chosen if one.id != person.id) if already else (*state.chosen, person)
    return changed(state, chosen=chosen), ()


def _several(state: State, _event: SeveralPressed) -> Result:
    if state.several:
        return changed(state, several=False, chosen=(), new_people=(), unidentified=0), ()
    return changed(state, several=True), ()


def _counted(state: State, event: UnknownCounted) -> Result:
    return changed(state, unidentified=max(0, min(500, state.unidentified + event.by))), ()


def _who_done(state: State, _event: WhoDone) -> Result:
    return who_settled(state) if state.people_count else (state, ())


def _new(state: State, _event: NewPressed) -> Result:
    half = {} if state.is_saved else state.half
    return changed(state, step=Step.NEW, alias=half.get("alias", ""), description=half.get("description", "")), ()


def _words_found(state: State, event: WordsFound) -> Result:
    return changed(state, half=dict(event.words)), ()


def _new_typed(state: State, event: NewTyped) -> Result:
    return changed(state, **{event.field: event.text}), ()


def _new_done(state: State, _event: NewDone) -> Result:
    person = PersonDraft(alias=state.alias.strip(), description=state.description.strip())
    if not (person.alias or person.description):
        return state, ()
    look = ask(
        lambda phone: phone.possible_duplicates(person, state.pin),
        lambda found: MatchesFound(matches=tuple(found)),
    )
    if state.is_saved:
        return state, (add_person(person), look)
    if state.several:
        return changed(state, new_people=(*state.new_people, person), step=Step.WHO), (look,)
    return changed(state, chosen=(), unidentified=0, new_people=(person,), step=Step.STATE), (look,)


def _matches(state: State, event: MatchesFound) -> Result:
    return changed(state, matches=(*state.matches, *event.matches)), ()


def _match_answered(state: State, event: MatchAnswered) -> Result:
    match = next((one for one in state.matches if one.person.id == event.person_id), None)
    if match is None:
        return state, ()
    if event.answer != "yes":
        rest = tuple(one for one in state.matches if one is not match)
        return changed(state, matches=rest), ()
    if not state.is_saved:
        people = (*state.chosen, match.person)
        return changed(state, matches=(), chosen=people, new_people=state.new_people[:-1]), ()
    # It was they who were met. The record just begun is laid beside theirs at a desk, where a second looks.
    others = tuple(person for person in state.chosen if person.id not in (*state.person_ids[-1:], match.person.id))
    mended = changed(state, matches=(), chosen=(*others, match.person), person_ids=state.person_ids[:-1])
    return who_settled(changed(mended, new_people=state.new_people[:-1]))


def _search(state: State, _event: SearchPressed) -> Result:
    arguments: dict[str, Any] = {"for_contact": True, "site": state.site if state.place_chosen else None}
    arguments |= {"referral_id": state.referral_id, "also_ids": state.also_ids, "contact_id": state.contact_id}
    return state, (*keep(state), Go(screen="people", arguments=arguments))


def _nobody(state: State, _event: NobodyPressed) -> Result:
    # Only a place that the worker chose: the visit suggests its own, and asks where a referral says another one.
    site = state.site if state.place_chosen else None
    arguments = {"site": site, "referral_id": state.referral_id, "also_ids": state.also_ids}
    return state, (Go(screen="visit", arguments=arguments, replace=True),)


def _unknown(state: State, _event: UnknownPressed) -> Result:
    return who_settled(changed(state, chosen=(), new_people=(), unidentified=1))


def draft_of(state: State, contact_state: ContactState) -> ContactDraft:
    """What is saved at once. No position given: the service uses the last fix, and a later, better one improves it."""
    return ContactDraft(
        state=contact_state,
        seen_at=state.seen_at,
        person_ids=tuple(person.id for person in state.chosen),
        new_people=state.new_people,
        unidentified_people=state.unidentified,
        site_id=state.site_id,
        site_is_chosen=state.place_chosen,
        position=state.pin,
        referral_id=state.referral_id,
        also_ids=state.also_ids,
    )


def _state_chosen(state: State, event: StateChosen) -> Result:
    if state.saving:
        return state, ()
    contact_id = state.contact_id
    if contact_id is not None:
        change = ask(lambda phone: phone.refine_contact(contact_id, {"state": event.state}))
        return changed(state, contact_state=event.state), (change, Feel(name="saved"))
    save = ask(
        lambda phone: phone.record_contact(draft_of(state, event.state)),
        lambda contact_id: Saved(contact_id=contact_id),
    )
    return changed(state, contact_state=event.state, saving=True, failure=None), (save,)


def _saved(state: State, event: Saved) -> Result:
    felt = Feel(name="saved", speak="speak.saved")
    return changed(state, saving=False, contact_id=event.contact_id), (felt, read_contact(event.contact_id))


def _record_read(state: State, event: RecordRead) -> Result:
    contact = event.record.contact
    state = changed(state, person_ids=contact.person_ids)
    if not state.reopened:
        return as_mended(state, contact.site_id), ()
    if state.contact_state is not None:
        return state, ()
    details = Details(**{name: getattr(contact, name) for name in Details.__struct_fields__})
    return with_site(
        changed(
            state,
            contact_state=contact.state,
            chosen=event.record.people,
            unidentified=contact.unidentified_people,
            site_id=contact.site_id,
            pin=contact.position if contact.position and contact.position.moved_from else None,
            guess=contact.position,
            details=details,
            kept=details,
            seen_at=contact.seen_at,
            struck=event.record.struck,
        )
    ), ()


def _done(state: State, _event: DonePressed) -> Result:
    if state.contact_id is None:
        return state, ()
    if not changed_fields(state):
        return state, (leave(state),)
    return changed(state, leaving=True), keep(state)


def _back(state: State, _event: BackPressed) -> Result:
    if state.step in (Step.PLACE, Step.PIN, Step.WHEN, Step.STRIKE) or (state.is_saved and state.step == Step.WHO):
        return changed(state, step=Step.STATE), ()
    if state.step in (Step.NEW, Step.NEW_PLACE):
        return changed(state, step=Step.WHO if state.step == Step.NEW else Step.PLACE), ()
    if state.is_saved:
        return _done(state, DonePressed())
    if state.step == Step.STATE and state.near:
        cleared = {} if state.several else {"chosen": (), "new_people": (), "unidentified": 0, "matches": ()}
        return changed(state, step=Step.WHO, **cleared), ()
    return state, (Back(),)


def _failed(state: State, event: Failed) -> Result:
    """Nothing is lost: what was chosen and typed stays, and Save can be pressed again."""
    chosen = state.contact_state if state.is_saved else None
    state = changed(state, saving=False, leaving=False, failure=event, contact_state=chosen)
    return state, (Feel(name="refused", speak="speak.refused"),)


_HANDLERS: dict[type, Any] = {
    Opened: _opened,
    PeopleFound: _people,
    SitesFound: sites_found,
    FixFound: fix_found,
    ConfigRead: _config,
    PersonPicked: _picked,
    SeveralPressed: _several,
    UnknownCounted: _counted,
    WhoDone: _who_done,
    NewPressed: _new,
    WordsFound: _words_found,
    NewTyped: _new_typed,
    NewDone: _new_done,
    MatchesFound: _matches,
    MatchAnswered: _match_answered,
    SearchPressed: _search,
    NobodyPressed: _nobody,
    UnknownPressed: _unknown,
    StateChosen: _state_chosen,
    Saved: _saved,
    RecordRead: _record_read,
    WhoPressed: who_pressed,
    PersonAdded: person_added,
    WhenPressed: when_pressed,
    TimeTyped: time_typed,
    TimeGiven: time_given,
    StrikePressed: strike_pressed,
    ReasonTyped: reason_typed,
    StrikeGiven: strike_given,
    ConfirmPressed: confirm_pressed,
    RestorePressed: restore_pressed,
    Struck: struck,
    PlacePressed: place_pressed,
    PlacePicked: place_picked,
    NewPlacePressed: new_place_pressed,
    PlaceTyped: place_typed,
    PlaceKindPicked: place_kind_picked,
    PlaceGiven: place_given,
    PlaceAdded: place_added,
    PinPressed: pin_pressed,
    PinPut: pin_put,
    NeedPressed: need_pressed,
    SupportAnswered: support_answered,
    PhrasePressed: phrase_pressed,
    DetailTyped: detail_typed,
    NotePrompted: note_prompted,
    Ticked: ticked,
    Refined: refined,
    DonePressed: _done,
    BackPressed: _back,
    Failed: _failed,
}
