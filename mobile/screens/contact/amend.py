"""Putting a contact right: another person, another time, or that it did not happen at all. Pure.

The same steps serve a contact that is being made and one on the disk; on the second each is a correction, and the first words
stay.
"""

import re
from datetime import UTC, datetime, time, timedelta

from msgspec import structs

from mobile.field.views import PersonCard, PersonDraft
from mobile.program.effects import Call, Event, Feel, ask
from mobile.screens.contact.details import Result, changed, keep, leave
from mobile.screens.contact.values import (
    ContactScreenState,
    PersonAdded,
    ReasonTyped,
    Step,
    StrikeGiven,
    Struck,
    TimeGiven,
    TimeTyped,
)
from mobile.screens.contact.where import refine_now
from mobile.text.moments import zone
from shared.model.quick_entry import confirmed
from sync.clock import AHEAD_MAX_MS

CLOCK = re.compile(r"(\d{1,2})[:.h ]?(\d{2})")
"""23:40, 23.40, 2340: what thumbs type."""
HALF_A_DAY = timedelta(hours=12)
AHEAD = timedelta(milliseconds=AHEAD_MAX_MS)
"""A watch may be so much ahead of the phone: what it says is now, and not the same time a day ago."""


def update_when(state: ContactScreenState, event: Event) -> Result | None:
    """When it was. None for what does not happen here."""
    match event:
        case TimeTyped():
            return time_typed(state, event)
        case TimeGiven():
            return time_given(state, event)
    return None


def update_strike(state: ContactScreenState, event: Event) -> Result | None:
    """Why it did not happen."""
    match event:
        case ReasonTyped():
            return reason_typed(state, event)
        case StrikeGiven():
            return strike_given(state, event)
    return None


def who_pressed(state: ContactScreenState) -> Result:
    """To the tiles again; what was typed of the details is written down first."""
    return changed(state, step=Step.WHO, several=state.people_count > 1), keep(state)


def who_settled(state: ContactScreenState) -> Result:
    """It is decided who was met: of a saved contact that is a correction."""
    state = changed(state, step=Step.STATE)
    if not state.is_saved:
        return state, ()
    new_ids = state.person_ids[-len(state.new_people) :] if state.new_people else ()
    person_ids = (*(person.id for person in state.chosen), *new_ids)
    fields = {"person_ids": person_ids, "unidentified_people": state.unidentified}
    return changed(state, person_ids=person_ids), refine_now(state, fields)


def add_person(draft: PersonDraft) -> Call:
    """Someone new gets a record before a saved contact can name them."""
    return ask(lambda phone: phone.add_person(draft), lambda person: PersonAdded(person=person))


def person_added(state: ContactScreenState, event: PersonAdded) -> Result:
    """They have a record: the contact names them."""
    card = PersonCard(id=event.person.id, known_as=event.person.alias or event.person.description)
    draft = PersonDraft(alias=event.person.alias, description=event.person.description)
    added = (*state.added, (draft, event.person.id))
    state = changed(state, added=added, alias="", description="", saving=False)
    if state.several:
        return changed(state, chosen=(*state.chosen, card), step=Step.WHO), ()
    return who_settled(changed(state, chosen=(card,), new_people=(), unidentified=0))


def when_pressed(state: ContactScreenState) -> Result:
    """Ask."""
    return changed(state, step=Step.WHEN, time_is_unclear=False), keep(state)


def time_typed(state: ContactScreenState, event: TimeTyped) -> Result:
    """Letter by letter; judged when it is given."""
    return changed(state, time_text=event.text, time_is_unclear=False), ()


def time_given(state: ContactScreenState, event: TimeGiven) -> Result:
    """The time it happened; of a saved contact that is a correction, and its night goes along."""
    if event.minutes_ago is not None:
        seen_at: datetime | None = event.now - timedelta(minutes=event.minutes_ago)
    else:
        seen_at = read_clock(state.time_text, event.now)
    if seen_at is None:
        return changed(state, time_is_unclear=True), (Feel(name="refused"),)
    state = changed(state, seen_at=seen_at, step=Step.STATE, time_text="", time_is_unclear=False)
    return state, refine_now(state, {"seen_at": seen_at})


def read_clock(text: str, now: datetime) -> datetime | None:
    """The newest moment of this time of day that has passed already; None for what is no time."""
    found = CLOCK.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    today, clock = now.astimezone(zone()).date(), time(int(found[1]), int(found[2]))
    # In the night when the clocks go back an hour comes twice: compared in UTC, or the last of the two is yesterday's.
    moments = [
        datetime.combine(day, clock.replace(fold=fold), zone()).astimezone(UTC)
        for day in (today + timedelta(days=on) for on in (1, 0, -1, -2))
        for fold in (0, 1)
    ]
    shown = [
        moment for moment in moments if moment.astimezone(zone()).time() == clock
    ]  # an hour that is skipped is none
    was = max(moment for moment in shown if moment <= now)
    is_ahead = any(now < moment <= now + AHEAD for moment in shown) and now - was > HALF_A_DAY
    return now if is_ahead else was.astimezone(now.tzinfo)


def strike_pressed(state: ContactScreenState) -> Result:
    """Ask why; what was typed of the details is written down first, for after it nothing is."""
    return changed(state, step=Step.STRIKE), keep(state)


def reason_typed(state: ContactScreenState, event: ReasonTyped) -> Result:
    """In the worker's own words."""
    return changed(state, reason=event.text), ()


def strike_given(state: ContactScreenState, event: StrikeGiven) -> Result:
    """Struck out, with its reason; nothing without one."""
    reason = (event.reason or state.reason).strip()
    contact_id = state.contact_id
    if not reason or contact_id is None:
        return state, (Feel(name="refused"),)
    return state, (ask(lambda phone: phone.strike_contact(contact_id, reason), lambda _: Struck()),)


def restore_pressed(state: ContactScreenState) -> Result:
    """It did happen."""
    contact_id = state.contact_id
    if contact_id is None:
        return state, ()
    return state, (ask(lambda phone: phone.restore_contact(contact_id), lambda _: Struck()),)


def confirm_pressed(state: ContactScreenState) -> Result:
    """It was so: the note keeps what its worker wrote, and no longer says that it is to be confirmed."""
    note = confirmed(state.details.note)
    details, kept = structs.replace(state.details, note=note), structs.replace(state.kept, note=note)
    return changed(state, details=details, kept=kept), refine_now(state, {"note": note})


def struck(state: ContactScreenState) -> Result:
    """Done with it."""
    return changed(state, reason=""), (Feel(name="saved"), leave(state))
