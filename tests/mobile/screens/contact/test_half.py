"""No typed word of a contact is lost by a lock, and none comes up under another contact."""

import msgspec

from mobile.field.views import PersonDraft, SiteDraft
from mobile.program.effects import Failed, WordsFound
from mobile.screens.contact.half import half_written, page_of
from mobile.screens.contact.state import begin
from mobile.screens.contact.values import (
    BackPressed,
    ContactScreenState,
    NewDone,
    NewPlacePressed,
    NewPressed,
    NewTyped,
    PersonAdded,
    PlaceAdded,
    PlaceGiven,
    PlacePressed,
    PlaceTyped,
    ReasonTyped,
    Saved,
    SeveralPressed,
    StateChosen,
    StrikeGiven,
    StrikePressed,
    Struck,
    TimeGiven,
    TimeTyped,
    WhenPressed,
    WhoPressed,
)
from shared.model.codes import ContactState
from shared.model.person import Person
from shared.model.site import Site
from tests.mobile.asked import calls
from tests.mobile.rehearsal import NOW, PEOPLE
from tests.mobile.screens.contact.test_state import KNOWN, SAVED, play


def new(alias: str) -> tuple[object, ...]:
    return NewPressed(), NewTyped(field="alias", text=alias), NewTyped(field="description", text=""), NewDone()


def locked(state: ContactScreenState) -> ContactScreenState:
    """The same page after a lock: opened anew, with the words that were kept."""
    left = ContactScreenState(contact_id=state.contact_id, reopened=state.is_saved, step=state.step)
    return play(WordsFound(words=half_written(state)), state=left)[0]


def test_a_place_that_is_being_named_outlives_a_lock_until_it_is_one():
    typed = (PlaceTyped(field="name", text="Arches"), PlaceTyped(field="hazards", text="dog"))
    state, _ = play(*SAVED, PlacePressed(), NewPlacePressed(), *typed)
    again = locked(state)
    assert again.new_place == SiteDraft(name="Arches", hazards="dog")
    added, effects = play(PlaceGiven(), PlaceGiven(), state=again)
    assert [method for method, _ in calls(effects)] == ["add_site"], "two presses of a cold thumb are one place"
    assert half_written(play(Failed(error="DiskFull"), state=added)[0]), "a full disk costs no word"
    there, _ = play(PlaceAdded(site=Site(id="s-new", name="Arches")), state=added)
    assert half_written(there) == {} and not there.saving


def test_why_it_did_not_happen_outlives_a_lock_on_the_page_of_its_contact_alone():
    state, _ = play(*SAVED, StrikePressed(), ReasonTyped(text="we mixed up"))
    assert (page_of(state), page_of(ContactScreenState())) == ("contact:c-1", "contact")
    again, effects = play(BackPressed(), StrikePressed(), StrikeGiven(), state=locked(state))
    assert calls(effects)[-1] == ("strike_contact", ("c-1", "we mixed up"))
    assert half_written(play(Struck(), state=again)[0]) == {}


def test_a_time_that_is_being_written_outlives_a_lock_until_it_is_given():
    again = locked(play(*SAVED, WhenPressed(), TimeTyped(text="23:1"))[0])
    assert again.time_text == "23:1"
    given, _ = play(WhenPressed(), TimeTyped(text="23:10"), TimeGiven(now=NOW), state=again)
    assert half_written(given) == {}


def test_everybody_who_is_new_outlives_a_lock_before_the_contact_is_saved():
    """Only the last one did."""
    several = (*KNOWN, SeveralPressed(), *new("Lofty"), *new("Red"), NewPressed(), NewTyped(field="alias", text="Mo"))
    state, _ = play(*several)
    kept = half_written(state)
    again, _ = play(WordsFound(words=kept), SeveralPressed())
    for alias in ("Mo", "Lofty", "Red"):
        again, _ = play(NewPressed(), state=again)
        assert again.alias == alias
        assert sorted(half_written(again).values()) == sorted(kept.values()), "a second lock costs nothing either"
        again, _ = play(NewDone(), state=again)
    assert again.new_people == (PersonDraft(alias="Mo"), PersonDraft(alias="Lofty"), PersonDraft(alias="Red"))
    saved, _ = play(StateChosen(state=ContactState.BEDDED_DOWN), Saved(contact_id="c-2"), state=again)
    assert half_written(saved) == {}


def test_words_about_somebody_new_stand_while_the_worker_looks_at_the_tiles_again():
    """Someone new, pressed again, emptied the fields."""
    state, _ = play(*KNOWN, NewPressed(), NewTyped(field="alias", text="Lofty"), BackPressed(), NewPressed())
    assert state.alias == "Lofty"


def test_somebody_new_on_a_saved_contact_outlives_a_lock_and_is_added_once():
    state, _ = play(*SAVED, WhoPressed(), NewPressed(), NewTyped(field="alias", text="Lofty"))
    again, effects = play(WhoPressed(), NewPressed(), NewDone(), NewDone(), state=_on_page(locked(state)))
    assert [method for method, _ in calls(effects)].count("add_person") == 1
    added, _ = play(PersonAdded(person=Person(id="p-new", alias="Lofty")), state=again)
    assert half_written(added) == {} and not added.saving


def test_whoever_comes_back_from_a_search_is_told_nothing_twice():
    state, _ = play(*KNOWN, SeveralPressed(), *new("Lofty"), NewPressed(), NewTyped(field="alias", text="Red"))
    back = begin({"left": state, "person": PEOPLE[0]})
    assert play(WordsFound(words=half_written(state)), state=back)[0].half_people == ()


def _on_page(state: ContactScreenState) -> ContactScreenState:
    from mobile.screens.contact.values import Step

    return msgspec.structs.replace(state, step=Step.STATE)
