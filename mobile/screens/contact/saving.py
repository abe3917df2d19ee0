"""How they are, and that it is on the disk; from there the worker goes to the steps that put it right. Pure."""

from mobile.field.views import ContactDraft
from mobile.program.effects import Event, Feel, ask
from mobile.screens.contact.amend import confirm_pressed, restore_pressed, strike_pressed, when_pressed, who_pressed
from mobile.screens.contact.details import (
    Result,
    changed,
    detail_typed,
    need_pressed,
    phrase_pressed,
    support_answered,
)
from mobile.screens.contact.values import (
    ConfirmPressed,
    ContactScreenState,
    Details,
    DetailTyped,
    MatchAnswered,
    NeedPressed,
    PhrasePressed,
    PlacePressed,
    RecordRead,
    RestorePressed,
    Saved,
    StateChosen,
    Step,
    StrikePressed,
    SupportAnswered,
    WhenPressed,
    WhoPressed,
)
from mobile.screens.contact.where import as_mended, read_contact, with_site
from mobile.screens.contact.who import match_answered
from shared.model.codes import ContactState


def update_state(state: ContactScreenState, event: Event) -> Result | None:
    """The four big buttons, and below them what may be added or put right. None for what does not happen here."""
    match event:
        case StateChosen():
            return _state_chosen(state, event)
        case MatchAnswered():
            return match_answered(state, event)
        case PlacePressed():
            return changed(state, step=Step.PLACE), ()
        case WhoPressed():
            return who_pressed(state)
        case WhenPressed():
            return when_pressed(state)
        case StrikePressed():
            return strike_pressed(state)
        case RestorePressed():
            return restore_pressed(state)
        case ConfirmPressed():
            return confirm_pressed(state)
        case _:
            return _update_details(state, event)


def _update_details(state: ContactScreenState, event: Event) -> Result | None:
    match event:
        case NeedPressed():
            return need_pressed(state, event)
        case SupportAnswered():
            return support_answered(state, event)
        case PhrasePressed():
            return phrase_pressed(state, event)
        case DetailTyped():
            return detail_typed(state, event)
    return None


def draft_of(state: ContactScreenState, contact_state: ContactState) -> ContactDraft:
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


def _state_chosen(state: ContactScreenState, event: StateChosen) -> Result:
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


def saved(state: ContactScreenState, event: Saved) -> Result:
    """It is on the disk."""
    felt = Feel(name="saved", speak="speak.saved")
    return changed(state, saving=False, contact_id=event.contact_id), (felt, read_contact(event.contact_id))


def record_read(state: ContactScreenState, event: RecordRead) -> Result:
    """What the disk says of it."""
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
