"""The contact decides purely: what is saved when, what is asked, what is kept when something goes wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from mobile.field.views import Fix, LikelyDuplicate, PersonDraft, SiteDraft
from mobile.program.effects import Back, Failed, Feel, Go, Home, Opened
from mobile.screens.contact.details import QUIET_S, changed_fields
from mobile.screens.contact.saving import draft_of
from mobile.screens.contact.state import STATES, begin, update
from mobile.screens.contact.values import (
    BackPressed,
    ConfirmPressed,
    ContactScreenState,
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
from shared.model.codes import ContactState, PinSource, ReceivingSupport, SiteKind, SupportNeed
from shared.model.person import Person
from shared.model.position import Position
from shared.model.quick_entry import TO_CONFIRM
from shared.model.site import Site
from tests.mobile.asked import calls
from tests.mobile.rehearsal import NOW, PEOPLE, SITES, RehearsalField

MAREK, RED = PEOPLE[0], PEOPLE[1]


def play(*events: Any, state: ContactScreenState | None = None) -> tuple[ContactScreenState, list[Any]]:
    """Run events one after the other; the effects of all of them."""
    state = state or ContactScreenState()
    effects: list[Any] = []
    for event in events:
        state, more = update(state, event)
        effects += more
    return state, effects


KNOWN = (PeopleFound(people=PEOPLE), SitesFound(sites=SITES))
SAVED = (*KNOWN, PersonPicked(person_id=MAREK.id), StateChosen(state=ContactState.BEDDED_DOWN), Saved(contact_id="c-1"))


def test_what_a_locked_phone_recorded_is_confirmed_and_keeps_what_was_written():
    told = Details(note=f"{TO_CONFIRM} by the bins", next_step="GP")
    state = ContactScreenState(step=Step.STATE, contact_id="c-1", reopened=True, details=told, kept=told)
    state, effects = play(ConfirmPressed(), state=state)
    assert calls(effects) == [("refine_contact", ("c-1", {"note": "by the bins"}))] and Feel(name="saved") in effects
    assert state.details == state.kept == Details(note="by the bins", next_step="GP")


@pytest.mark.parametrize("step", Step)
def test_a_press_of_another_step_does_nothing(step):
    """A late touch, or one on a part that is going: it belongs to what was asked then."""
    presses = {
        Step.WHO: UnknownPressed(),
        Step.NEW: NewTyped(field="alias", text="Al"),
        Step.STATE: StateChosen(state=ContactState.BEDDED_DOWN),
        Step.PLACE: NewPlacePressed(),
        Step.NEW_PLACE: PlaceTyped(field="name", text="Arch"),
        Step.PIN: PinPut(latitude=51.6, longitude=-0.4),
        Step.WHEN: TimeTyped(text="1"),
        Step.STRIKE: ReasonTyped(text="why"),
    }
    for asked, press in presses.items():
        before = ContactScreenState(step=step)
        assert (update(before, press) == (before, ())) == (asked is not step)


def test_opening_asks_for_people_places_and_the_fix_and_waits_for_none():
    state, effects = play(Opened())
    assert {method for method, _ in calls(effects)} == {"where_am_i", "people_near", "sites_near", "config"}
    assert state.step == Step.WHO


def test_choosing_a_state_saves_at_once():
    state, effects = play(*KNOWN, PersonPicked(person_id=MAREK.id), StateChosen(state=ContactState.BEDDED_DOWN))
    ((method, (draft,)),) = calls(effects)
    assert method == "record_contact"
    assert draft.person_ids == (MAREK.id,)
    assert draft.state == ContactState.BEDDED_DOWN
    assert draft.position is None, "the service uses the last fix and improves it"
    assert state.saving
    assert not state.is_saved


def test_nothing_but_the_state_is_needed():
    state, effects = play(UnknownPressed(), StateChosen(state=ContactState.DECLINED_CONTACT))
    ((_, (draft,)),) = calls(effects)
    assert draft.unidentified_people == 1
    assert draft.site_id is None
    assert state.fix is None


def test_a_second_press_while_saving_saves_nothing_twice():
    _, effects = play(UnknownPressed(), *[StateChosen(state=code) for code in STATES])
    assert len(calls(effects)) == 1


def test_saved_is_said_only_when_it_is_on_the_disk():
    before, _ = play(*SAVED[:-1])
    after, effects = play(SAVED[-1], state=before)
    assert not before.is_saved
    assert after.is_saved
    assert Feel(name="saved", speak="speak.saved") in effects


def test_another_state_afterwards_is_a_correction():
    state, effects = play(*SAVED)
    state, effects = play(StateChosen(state=ContactState.NOT_BEDDED_DOWN), state=state)
    assert calls(effects) == [("refine_contact", ("c-1", {"state": ContactState.NOT_BEDDED_DOWN}))]


def test_a_failure_keeps_what_was_chosen_and_can_be_tried_again():
    state, effects = play(*SAVED[:-1], Failed(error="DiskFull"))
    assert state.failure.error == "DiskFull"
    assert state.chosen == (MAREK,)
    assert not state.saving
    assert Feel(name="refused", speak="speak.refused") in effects
    _, effects = play(StateChosen(state=ContactState.BEDDED_DOWN), state=state)
    assert calls(effects)[0][0] == "record_contact"


STANDING = SITES[0].position
assert STANDING is not None


def found(*, age_s: float = 5.0, accuracy_m: float = 8.0, north_m: float = 0.0) -> FixFound:
    """A fix at the stairwell, or so far north of it."""
    where = msgspec.structs.replace(STANDING, latitude=STANDING.latitude + north_m / 111_195)  # type: ignore[type-var]
    is_sure = age_s < 120 and accuracy_m <= 50
    fix = Fix(position=where, at=NOW, accuracy_m=accuracy_m, age_s=age_s, is_stale=age_s >= 120, is_sure=is_sure)  # type: ignore[arg-type]
    return FixFound(fix=fix)


def test_the_nearest_place_within_reach_of_a_sure_fix_is_where_this_is():
    for events in ((SitesFound(sites=SITES), found()), (found(), SitesFound(sites=SITES))):
        state, _ = play(*events)
        assert state.site_id == "s-stairwell"


@pytest.mark.parametrize("doubtful", [found(age_s=40 * 60), found(accuracy_m=1_500.0), FixFound(fix=None)])
def test_no_place_is_put_on_a_contact_from_a_fix_that_is_old_or_rough(doubtful: FixFound):
    """GPS gone for 40 minutes put people at the place of 40 minutes ago, and a mast's circle at any place inside it."""
    state, effects = play(
        *KNOWN, doubtful, PersonPicked(person_id=MAREK.id), StateChosen(state=ContactState.BEDDED_DOWN)
    )
    draft = calls(effects)[-1][1][0]
    assert (state.site_id, draft.site_id, draft.site_is_chosen, draft.position) == (None, None, False, None)


def test_a_place_that_was_only_suggested_is_mended_by_the_better_fix():
    saved = play(*KNOWN, found(), *SAVED[2:])[0]
    assert saved.site_id == "s-stairwell"
    later, effects = play(found(age_s=300), found(), state=saved)
    assert calls(effects)[-1] == ("contact", ("c-1",))
    record = RehearsalField().contact("c-1")
    mended = msgspec.structs.replace(record, contact=msgspec.structs.replace(record.contact, site_id="s-shelter"))
    state, _ = play(RecordRead(record=mended), state=later)
    assert state.site_id == "s-shelter" and state.site is SITES[1]


def test_a_pin_put_by_hand_and_a_place_never_disagree():
    near, far = PinPut(latitude=STANDING.latitude, longitude=STANDING.longitude), PinPut(latitude=51.9, longitude=0.1)
    there = (PersonPicked(person_id=MAREK.id), PlacePressed(), PinPressed())
    state, _ = play(*KNOWN, found(), *there, near)
    assert state.site_id == "s-stairwell" and state.pin is not None
    state, _ = play(*KNOWN, found(), *there, far)
    assert state.site_id is None and state.pin is not None
    state, _ = play(PlacePressed(), PlacePicked(site_id="s-stairwell"), state=state)
    assert state.site_id == "s-stairwell" and state.pin is None


def test_tiles_that_are_shown_stay_when_a_better_fix_comes():
    _, effects = play(*KNOWN, found())
    assert [method for method, _ in calls(effects)] == ["sites_near"]
    _, effects = play(PeopleFound(people=()), found())
    assert [method for method, _ in calls(effects)] == ["people_near", "sites_near"]


def test_no_place_within_reach_is_no_place():
    state, _ = play(SitesFound(sites=SITES[1:]))
    assert state.site_id is None


def test_a_place_the_worker_chose_is_not_overruled_by_a_nearer_one():
    state, _ = play(
        SitesFound(sites=SITES),
        PlacePicked(site_id="s-park"),
        SitesFound(sites=SITES),
        state=ContactScreenState(step=Step.PLACE),
    )
    assert state.site_id == "s-park"
    state, _ = play(
        SitesFound(sites=SITES),
        PlacePicked(site_id=""),
        SitesFound(sites=SITES),
        state=ContactScreenState(step=Step.PLACE),
    )
    assert state.site_id is None


def test_a_new_place_is_named_from_the_contact_and_the_contact_is_there():
    typed = (
        PlacePressed(),
        NewPlacePressed(),
        PlaceTyped(field="name", text="Mill Lane underpass "),
        PlaceTyped(field="hazards", text="Needle bin, dog, two exits"),
        PlaceKindPicked(kind=SiteKind.TENT),
    )
    state, effects = play(*SAVED, *typed, PlaceGiven())
    draft = SiteDraft(name="Mill Lane underpass", hazards="Needle bin, dog, two exits", kind=SiteKind.TENT)
    assert calls(effects)[-1] == ("add_site", (draft,))
    added = Site(id="s-new", name=draft.name, kind=draft.kind)
    state, effects = play(PlaceAdded(site=added), state=state)
    assert calls(effects) == [("refine_contact", ("c-1", {"site_id": "s-new"}))]
    assert state.site is not None and state.site.name == draft.name and state.step is Step.STATE
    _, effects = play(NewPlacePressed(), PlaceGiven(), state=ContactScreenState(step=Step.PLACE))
    assert effects == [Feel(name="refused")], "a place with no name and no kind is found by nobody"


RED_IT_WAS = ("refine_contact", ("c-1", {"person_ids": (RED.id,), "unidentified_people": 0}))


def test_a_saved_contact_is_given_to_another_person():
    state, effects = play(*SAVED, WhoPressed(), PersonPicked(person_id=RED.id))
    assert calls(effects)[-1] == RED_IT_WAS and Feel(name="saved") in effects
    assert state.step is Step.STATE and state.chosen == (RED,)
    back, _ = play(*SAVED, WhoPressed(), BackPressed())
    assert back.step is Step.STATE and back.chosen == (MAREK,), "nothing was picked: nothing changes"


def test_words_that_were_typed_are_written_down_before_the_tiles_show():
    _, effects = play(*SAVED, DetailTyped(field="next_step", text="GP on Monday"), WhoPressed())
    assert calls(effects)[-1] == ("refine_contact", ("c-1", {"next_step": "GP on Monday"}))


def test_a_saved_contact_is_given_to_somebody_who_was_searched_for():
    _, effects = play(*SAVED, WhoPressed(), SearchPressed())
    (go,) = [effect for effect in effects if isinstance(effect, Go)]
    _, effects = play(Opened(), state=begin({"left": go.arguments["contact"], "person": RED}))
    assert [call for call in calls(effects) if call[0] in ("refine_contact", "contact")] == [
        RED_IT_WAS,
        ("contact", ("c-1",)),
    ]


def test_whoever_is_searched_for_is_met_beside_those_who_were_picked_before():
    """The search threw away who had been picked, the new ones, the pin; of a saved contact it took everybody else off."""
    several = (SeveralPressed(), PersonPicked(person_id=MAREK.id), UnknownCounted(by=1))
    new = (NewPressed(), NewTyped(field="alias", text="Lofty"), NewDone())
    _, effects = play(*KNOWN, *several, *new, SearchPressed())
    (go,) = [effect for effect in effects if isinstance(effect, Go)]
    state, _ = play(Opened(), WhoDone(), state=begin({"left": go.arguments["contact"], "person": RED}))
    draft = draft_of(state, ContactState.BEDDED_DOWN)
    assert (draft.person_ids, draft.new_people, draft.unidentified_people) == (
        (MAREK.id, RED.id), (PersonDraft(alias="Lofty"),), 1,
    )  # fmt: skip
    _, effects = play(*SAVED, WhoPressed(), SeveralPressed(), SearchPressed())
    (go,) = [effect for effect in effects if isinstance(effect, Go)]
    state, effects = play(Opened(), WhoDone(), state=begin({"left": go.arguments["contact"], "person": RED}))
    told = {"person_ids": (MAREK.id, RED.id), "unidentified_people": 0}
    assert [call for call in calls(effects) if call[0] == "refine_contact"] == [("refine_contact", ("c-1", told))]


def test_a_saved_contact_is_given_to_someone_new():
    typed = (WhoPressed(), NewPressed(), NewTyped(field="alias", text="Lofty"), NewDone())
    state, effects = play(*SAVED, *typed)
    assert ("add_person", (PersonDraft(alias="Lofty"),)) in calls(effects)
    state, effects = play(PersonAdded(person=Person(id="p-new", alias="Lofty")), state=state)
    assert calls(effects) == [("refine_contact", ("c-1", {"person_ids": ("p-new",), "unidentified_people": 0}))]
    assert [person.known_as for person in state.chosen] == ["Lofty"]


@pytest.mark.parametrize(("text", "clock"), [("23:40", "23:40"), ("2.05", "02:05"), ("0130", "01:30")])
def test_a_time_that_is_written_up_later_is_the_last_one_that_passed(text: str, clock: str):
    now = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
    state, effects = play(*SAVED, WhenPressed(), TimeTyped(text=text), TimeGiven(now=now))
    assert state.seen_at is not None and f"{state.seen_at:%H:%M}" == clock
    assert timedelta(0) <= now - state.seen_at < timedelta(days=1)
    assert calls(effects)[-1] == ("refine_contact", ("c-1", {"seen_at": state.seen_at}))


@pytest.mark.parametrize(
    ("now", "text", "was"),
    [
        # The clocks go back at 02:00 BST, 01:00 UTC: 01:30 comes twice.
        ("2026-10-25T01:10Z", "01:30", "2026-10-25T00:30Z"),  # it was yesterday's
        ("2026-10-25T02:40Z", "01:30", "2026-10-25T01:30Z"),
        ("2026-10-25T00:20Z", "00:50", "2026-10-24T23:50Z"),
        ("2026-10-25T01:38Z", "01:45", "2026-10-25T00:45Z"),
        ("2027-03-28T01:10Z", "01:30", "2027-03-27T01:30Z"),  # skipped that night
        ("2026-11-21T23:39Z", "23:40", "2026-11-21T23:39Z"),  # a watch that is a minute ahead: it was a day ago
        ("2026-11-21T23:58Z", "00:02", "2026-11-21T23:58Z"),
        ("2026-11-21T23:30Z", "23:50", "2026-11-20T23:50Z"),
    ],
)
def test_a_time_is_of_this_night_at_the_clock_change_and_by_a_watch_that_is_ahead(now: str, text: str, was: str):
    event = TimeGiven(now=datetime.fromisoformat(now))
    state, _ = play(WhenPressed(), TimeTyped(text=text), event, state=ContactScreenState(step=Step.STATE))
    assert state.seen_at == datetime.fromisoformat(was)


def test_a_time_given_first_goes_with_the_contact_and_what_is_no_time_is_asked_again():
    state, _ = play(
        WhenPressed(), TimeTyped(text="25:71"), TimeGiven(now=NOW), state=ContactScreenState(step=Step.STATE)
    )
    assert state.step is Step.WHEN and state.time_is_unclear and state.seen_at is None
    state, effects = play(TimeGiven(now=NOW, minutes_ago=30), StateChosen(state=ContactState.BEDDED_DOWN), state=state)
    assert calls(effects)[-1][1][0].seen_at == NOW - timedelta(minutes=30)


def test_words_that_were_typed_are_written_down_before_it_is_struck_out():
    _, effects = play(*SAVED, DetailTyped(field="note", text="asleep"), StrikePressed())
    assert calls(effects)[-1] == ("refine_contact", ("c-1", {"note": "asleep"})), "after it they would put it back"


def test_a_contact_is_struck_out_with_a_reason_and_put_back():
    state, effects = play(*SAVED, StrikePressed(), StrikeGiven())
    assert "strike_contact" not in [method for method, _ in calls(effects)], "not without a reason"
    state, effects = play(ReasonTyped(text=" Not him "), StrikeGiven(), state=state)
    assert calls(effects) == [("strike_contact", ("c-1", "Not him"))]
    _, effects = play(Struck(), state=state)
    assert effects == [Feel(name="saved"), Home()]
    opened = begin({"contact_id": "c-1"})
    record = msgspec.structs.replace(RehearsalField().contact("c-1"), struck="Not him")
    state, effects = play(RecordRead(record=record), RestorePressed(), state=opened)
    assert state.struck == "Not him" and calls(effects) == [("restore_contact", ("c-1",))]


def test_several_people_are_picked_and_unpicked():
    state, _ = play(*KNOWN, SeveralPressed(), PersonPicked(person_id=MAREK.id), PersonPicked(person_id=RED.id))
    assert state.step == Step.WHO
    state, _ = play(PersonPicked(person_id=RED.id), UnknownCounted(by=1), UnknownCounted(by=1), WhoDone(), state=state)
    draft = draft_of(state, ContactState.BEDDED_DOWN)
    assert (draft.person_ids, draft.unidentified_people) == ((MAREK.id,), 2)


def test_unknown_people_are_never_fewer_than_none():
    state, _ = play(SeveralPressed(), UnknownCounted(by=-1))
    assert state.unidentified == 0
    assert play(WhoDone(), state=state)[0].step == Step.WHO, "nobody picked: nothing to say about them"


NEW = (NewPressed(), NewTyped(field="description", text="red hat, Irish, small dog"), NewDone())
HAT = PersonDraft(description="red hat, Irish, small dog")
MATCH = MatchesFound(new=HAT, matches=(LikelyDuplicate(person=RED, score=0.8),))


def test_someone_new_is_saved_with_the_contact():
    state, effects = play(*NEW)
    assert calls(effects)[0][0] == "possible_duplicates"
    assert draft_of(state, ContactState.BEDDED_DOWN).new_people[0].description == "red hat, Irish, small dog"


def test_someone_new_without_a_word_is_not_described():
    state, effects = play(NewPressed(), NewDone())
    assert state.step == Step.NEW
    assert effects == []


def test_yes_before_saving_records_the_known_person():
    state, _effects = play(*NEW, MATCH, MatchAnswered(person_id=RED.id, answer="yes"))
    draft = draft_of(state, ContactState.BEDDED_DOWN)
    assert (draft.person_ids, draft.new_people) == ((RED.id,), ())


def test_yes_after_saving_says_that_it_was_they_who_were_met_and_joins_nobody():
    record = RehearsalField()
    record.drafts.append(draft_of(play(*NEW)[0], ContactState.BEDDED_DOWN))
    state, effects = play(
        *NEW,
        MATCH,
        StateChosen(state=ContactState.BEDDED_DOWN),
        Saved(contact_id="c-1"),
        RecordRead(record=record.contact("c-1")),
        MatchAnswered(person_id=RED.id, answer="yes"),
    )
    told = {"person_ids": (RED.id,), "unidentified_people": 0}
    assert calls(effects)[-1] == ("refine_contact", ("c-1", told))
    assert (state.chosen, state.new_people, state.person_ids) == ((RED,), (), (RED.id,))


def test_of_several_who_are_new_a_yes_is_about_the_one_who_was_asked_about():
    """It took the last one's description away, who was somebody else, and left a second record of the one who is known."""
    lofty = (NewPressed(), NewTyped(field="alias", text="Lofty"), NewTyped(field="description", text=""), NewDone())
    several = (*KNOWN, SeveralPressed(), PersonPicked(person_id=MAREK.id), *NEW, MATCH, *lofty, WhoDone())
    state, _ = play(*several, MatchAnswered(person_id=RED.id, answer="yes"))
    draft = draft_of(state, ContactState.BEDDED_DOWN)
    assert (draft.person_ids, draft.new_people) == ((MAREK.id, RED.id), (PersonDraft(alias="Lofty"),))
    state, _ = play(*several, StateChosen(state=ContactState.BEDDED_DOWN), Saved(contact_id="c-1"))
    state = msgspec.structs.replace(state, person_ids=(MAREK.id, "p-hat", "p-lofty"))
    state, effects = play(MatchAnswered(person_id=RED.id, answer="yes"), state=state)
    told = {"person_ids": (MAREK.id, RED.id, "p-lofty"), "unidentified_people": 0}
    assert calls(effects)[-1] == ("refine_contact", ("c-1", told))


def test_a_yes_about_somebody_added_to_a_saved_contact_takes_nobody_else_off():
    several = (*SAVED, WhoPressed(), SeveralPressed(), *NEW)
    state, _ = play(*several, PersonAdded(person=Person(id="p-hat", description=HAT.description)), MATCH, WhoDone())
    assert [each.id for each in state.chosen] == [MAREK.id, "p-hat"]
    _, effects = play(MatchAnswered(person_id=RED.id, answer="yes"), state=state)
    told = {"person_ids": (MAREK.id, RED.id), "unidentified_people": 0}
    assert calls(effects)[-1] == ("refine_contact", ("c-1", told))
    gone, _ = play(*KNOWN, *NEW, MATCH, BackPressed(), PersonPicked(person_id=MAREK.id))
    assert gone.questions == (), "nobody new is here any more"


@pytest.mark.parametrize("answer", ["no", "not_sure"])
def test_no_and_not_sure_are_good_answers(answer):
    state, effects = play(*NEW, MATCH, MatchAnswered(person_id=RED.id, answer=answer))
    assert state.matches == ()
    assert len(state.new_people) == 1
    assert [method for method, _ in calls(effects)] == ["possible_duplicates"]


def test_needs_ask_who_helps_and_are_written_after_a_pause():
    state, _ = play(*SAVED)
    state, effects = play(
        NeedPressed(need=SupportNeed.ALCOHOL),
        SupportAnswered(need=SupportNeed.ALCOHOL, receiving=ReceivingSupport.NO),
        state=state,
    )
    assert effects == []
    state, effects = play(*[Ticked()] * QUIET_S, state=state)
    written = [arguments for method, arguments in calls(effects) if method == "refine_contact"]
    assert written == [("c-1", {"needs": state.details.needs})]
    assert state.details.needs[0].receiving_support == ReceivingSupport.NO


def test_a_pause_writes_once_not_every_second():
    state, _ = play(*SAVED, PhrasePressed(field="offered", phrase="food"))
    _, effects = play(*[Ticked()] * 10, state=state)
    assert [method for method, _ in calls(effects)].count("refine_contact") == 1


def test_pressing_a_chip_again_takes_it_back():
    state, _ = play(*SAVED, NeedPressed(need=SupportNeed.DRUGS), NeedPressed(need=SupportNeed.DRUGS))
    assert changed_fields(state) == {}


def test_done_goes_home_at_once_when_nothing_was_added():
    _, effects = play(*SAVED, DonePressed())
    assert effects[-1] == Home()


def test_done_writes_what_was_added_before_it_goes_home():
    state, effects = play(*SAVED, DetailTyped(field="next_step", text="Bring the GP form"), DonePressed())
    assert Home() not in effects
    assert calls(effects)[-1] == ("refine_contact", ("c-1", {"next_step": "Bring the GP form"}))
    _, effects = play(Refined(details=state.details), state=state)
    assert effects == [Home()]


def test_done_stays_when_the_addition_could_not_be_written():
    state, _ = play(*SAVED, DetailTyped(field="note", text="x"), DonePressed(), Failed(error="DiskFull"))
    assert state.failure is not None
    assert changed_fields(state) == {"note": "x"}
    assert not state.leaving


def test_done_before_saving_does_nothing():
    _state, effects = play(*KNOWN, PersonPicked(person_id=MAREK.id), DonePressed())
    assert effects == []


def test_a_note_is_looked_at_for_an_address():
    _, effects = play(*SAVED, DetailTyped(field="note", text="14 Kings Close"))
    assert calls(effects)[-1] == ("note_prompt", ("14 Kings Close",))


def test_a_pin_put_by_hand_keeps_the_guess():
    fix = RehearsalField().where_am_i()
    _state, effects = play(
        *SAVED, FixFound(fix=fix), PlacePressed(), PinPressed(), PinPut(latitude=51.6, longitude=-0.4)
    )
    position = calls(effects)[-1][1][1]["position"]
    assert position.source == PinSource.MOVED_BY_WORKER
    assert position.moved_from == (fix.position.latitude, fix.position.longitude)


def test_a_pin_put_with_no_guess_is_a_tap_on_the_map():
    state, _ = play(PinPut(latitude=51.6, longitude=-0.4), state=ContactScreenState(step=Step.PIN))
    assert state.pin.source == PinSource.MAP_TAP


def test_a_corrected_pin_was_moved_from_the_contacts_own_place_not_from_here():
    phone = RehearsalField()
    record = phone.contact("c-1")
    there = Position(latitude=51.7, longitude=-0.5, source=PinSource.GPS)
    contact = msgspec.structs.replace(record.contact, position=there)
    record = msgspec.structs.replace(record, contact=contact)
    state, effects = play(
        Opened(),
        FixFound(fix=phone.where_am_i()),
        RecordRead(record=record),
        PlacePressed(),
        PinPressed(),
        PinPut(latitude=51.71, longitude=-0.51),
        state=begin({"contact_id": "c-1"}),
    )
    assert state.contact_state == ContactState.BEDDED_DOWN
    assert calls(effects)[-1][1][1]["position"].moved_from == (51.7, -0.5)


def test_a_correction_goes_back_to_the_page_it_was_opened_from():
    record = RecordRead(record=RehearsalField().contact("c-1"))
    state, effects = play(record, DonePressed(), state=begin({"contact_id": "c-1"}))
    assert effects == [Back()]
    assert changed_fields(state) == {}


def test_a_person_given_by_another_screen_needs_no_picking():
    state = begin({"person": MAREK, "referral_id": "r-1"})
    assert state.step == Step.STATE
    assert draft_of(state, ContactState.BEDDED_DOWN).referral_id == "r-1"


def test_search_and_nobody_take_the_referral_along():
    state = begin({"referral_id": "r-1"})
    _, (go,) = play(NobodyPressed(), state=state)
    assert isinstance(go, Go) and go.arguments["referral_id"] == "r-1"
    _, (go,) = play(SearchPressed(), state=state)
    assert isinstance(go, Go) and go.arguments["contact"].referral_id == "r-1"


def test_back_goes_one_step_at_a_time():
    state, _ = play(*KNOWN, NewPressed(), BackPressed())
    assert state.step == Step.WHO
    state, _ = play(PersonPicked(person_id=MAREK.id), BackPressed(), state=state)
    assert (state.step, state.chosen) == (Step.WHO, ())
    _, effects = play(BackPressed(), state=state)
    assert effects == [Back()]
