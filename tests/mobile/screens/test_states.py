"""The other screens decide purely too: one short story each."""

import ast
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from mobile.field.views import Enrolling, Fix, LockState, SyncStatus, TrayItem, Unlocking
from mobile.program.effects import ApplySettings, Back, Dial, Directions, Failed, Feel, Go, Home, Opened, WordsFound
from mobile.screens import registry
from mobile.screens.contact import state as contact
from mobile.screens.contact.saving import draft_of
from mobile.screens.contact.values import NobodyPressed, SearchPressed
from mobile.screens.enrol import state as enrol
from mobile.screens.map import state as maps
from mobile.screens.night import state as night
from mobile.screens.people import state as people
from mobile.screens.person import state as person
from mobile.screens.pin import state as pins
from mobile.screens.referral import state as referral
from mobile.screens.settings import state as settings
from mobile.screens.shift import state as shift
from mobile.screens.site import state as site
from mobile.screens.tonight import state as tonight
from mobile.screens.tray import state as tray
from mobile.screens.unlock import state as unlock
from mobile.screens.visit import state as visit
from shared.model.codes import ContactState, Gender, InstitutionLeft, Quality, ReferralState, SiteKind, SyncState
from shared.model.quick_entry import QuickEntry
from tests.mobile.asked import asked, calls
from tests.mobile.rehearsal import NOW, PEOPLE, SITES, TONIGHT, TRAY, RehearsalField

SCREENS = Path(registry.__file__).parent


def play(module, state, *events):
    """Run events; the state after them and every effect."""
    effects = []
    for event in events:
        state, more = module.update(state, event)
        effects += more
    return state, effects


def test_the_way_is_handed_to_the_phones_map_with_the_place_and_nothing_else():
    record = RehearsalField().site("s-stairwell")
    _, effects = play(site, site.SiteState(site_id="s-stairwell", record=record), site.WayPressed())
    there = record.site.position
    assert there is not None
    assert effects == [Directions(latitude=there.latitude, longitude=there.longitude)]
    told = RehearsalField().referral("r-1")
    _, effects = play(referral, referral.ReferralScreenState(referral_id="r-1", record=told), referral.WayPressed())
    there = told.referral.position
    assert there is not None
    assert effects == [Directions(latitude=there.latitude, longitude=there.longitude)]
    assert play(referral, referral.ReferralScreenState(referral_id="r-1"), referral.WayPressed())[1] == []


def test_a_worker_in_danger_gets_the_dialler():
    assert play(shift, shift.ShiftState(), shift.HelpPressed())[1] == [Dial(number="999")]


# ---------------------------------------------------------------------------------------------------------- the tree
@pytest.mark.parametrize("name", registry.SCREENS)
def test_every_screen_has_its_three_files(name):
    assert {"state.py", "screen.py", "screen.kv"} <= {file.name for file in (SCREENS / name).iterdir()}


@pytest.mark.parametrize("file", sorted(SCREENS.rglob("state.py")), ids=lambda file: file.parent.name)
def test_no_state_knows_kivy_or_the_store(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            assert not name.startswith(("kivy", "mobile.store", "mobile.widgets", "mobile.device", "sqlcipher3"))


# ---------------------------------------------------------------------------------------------------------- the door
def test_somebody_unknown_is_recorded_from_a_locked_phone_and_taken_back():
    state, effects = play(unlock, unlock.UnlockState(), unlock.QuickPressed(), unlock.QuickPressed())
    assert calls(effects) == [("record_quick", ())], "pressed twice, recorded once"
    entry = QuickEntry(id="q-1", at=NOW)
    state, effects = play(unlock, state, unlock.QuickKept(entry=entry))
    assert (state.quick_note, effects) == (
        "unlock.quick_kept_nowhere",
        [Feel(name="saved", speak="speak.saved")],
    )
    state, effects = play(unlock, state, unlock.TakeBackPressed(), unlock.TakeBackPressed())
    assert calls(effects) == [("take_quick_back", ("q-1",))], "pressed twice: it said that it may have been sent"
    gone, _ = play(unlock, state, unlock.TakenBack(was_here=True))
    assert (gone.quick, gone.quick_note) == (None, "unlock.quick_back")
    late, _ = play(unlock, state, unlock.TakenBack(was_here=False))
    assert late.quick_note == "unlock.quick_sent"
    failed, _ = play(unlock, unlock.UnlockState(recording=True), Failed(error="DiskFull"))
    assert not failed.recording and failed.failure is not None
    wrong, _ = play(unlock, state, unlock.Answered(unlocking=Unlocking(state=LockState.LOCKED, attempts_left=3)))
    assert wrong.quick == entry and wrong.pin == "", "a wrong PIN does not take the word away"


@pytest.mark.parametrize("lock", LockState)
def test_only_a_phone_that_may_still_work_records_while_locked(lock):
    _, effects = play(unlock, unlock.UnlockState(lock=lock), unlock.QuickPressed())
    assert bool(effects) == (lock in {LockState.LOCKED, LockState.BLOCKED, LockState.LEASE_EXPIRED})


def test_the_sixth_digit_tries_the_pin():
    state, effects = play(unlock, unlock.UnlockState(), *[unlock.KeyPressed(key=key) for key in "294175"])
    assert calls(effects) == [("unlock", ("294175",))]
    assert state.trying


def test_keys_pressed_while_trying_are_not_heard():
    state, _ = play(unlock, unlock.UnlockState(), *[unlock.KeyPressed(key=key) for key in "2941759"])
    assert state.pin == "294175"


def test_a_wrong_pin_leaves_no_digit_behind():
    state, effects = play(
        unlock,
        unlock.UnlockState(pin="29417"),
        unlock.KeyPressed(key="5"),
        unlock.Answered(unlocking=Unlocking(state=LockState.LOCKED, attempts_left=4)),
    )
    assert (state.pin, state.wrong, state.attempts_left) == ("", True, 4)
    assert Feel(name="refused") in effects


def test_a_right_pin_goes_home_with_no_digit_behind():
    opened = unlock.Answered(unlocking=Unlocking(state=LockState.UNLOCKED))
    state, effects = play(unlock, unlock.UnlockState(pin="294175", trying=True), opened)
    assert state.pin == ""
    assert effects == [Home()]


def test_a_block_puts_the_pad_to_sleep_until_it_ends():
    blocked = Unlocking(state=LockState.BLOCKED, until=NOW + timedelta(minutes=20))
    state, _ = play(unlock, unlock.UnlockState(), unlock.Answered(unlocking=blocked), unlock.KeyPressed(key="1"))
    assert state.is_asleep
    assert state.pin == ""
    state, _ = play(unlock, state, unlock.LockSeen(lock=LockState.LOCKED))
    assert not state.is_asleep


@pytest.mark.parametrize("lock", sorted(unlock.CLOSED))
def test_a_phone_that_no_pin_opens_offers_a_new_code(lock):
    state, effects = play(unlock, unlock.UnlockState(lock=lock), unlock.KeyPressed(key="1"), unlock.EnrolPressed())
    assert state.pin == ""
    assert effects == [Go(screen="enrol", replace=True)]


def test_what_an_earlier_server_never_took_is_said_beside_the_digits() -> None:
    told = Enrolling(
        enrolled=True, match_digits="4711", message="2 changes for https://old.test: nobody took them there."
    )
    state, _ = play(enrol, enrol.EnrolState(step=enrol.Step.WORKING), enrol.Answered(enrolling=told))
    assert (state.step, state.problem, state.message) == (enrol.Step.MATCH, "left", told.message)
    state, _ = play(
        enrol, enrol.EnrolState(step=enrol.Step.WORKING), enrol.Answered(enrolling=structs.replace(told, message=""))
    )
    assert (state.step, state.problem) == (enrol.Step.MATCH, "")


LINK = "lantern://enrol?server=https%3A%2F%2Flantern.test&code=ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize("event", [enrol.LinkOpened(link=LINK), enrol.Typed(field="code", text=LINK)])
def test_a_link_opened_or_pasted_fills_both_fields_and_waits_for_a_yes(event):
    state, effects = play(enrol, enrol.EnrolState(server="https://old.test", code="K7"), event)
    assert (state.step, state.server, state.code) == (
        enrol.Step.LINKED, "https://lantern.test", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    )  # fmt: skip
    assert not effects, "nothing is sent before a worker agrees"
    assert play(enrol, state, enrol.CodeDone())[0].step == enrol.Step.PIN


@pytest.mark.parametrize(
    "link", ["lantern://enrol?server=x", "WIFI:S:Watford;;", LINK + "&code=EVIL", "lantern://wipe"]
)
def test_a_bad_link_is_told_and_takes_nothing_away(link):
    typed = enrol.EnrolState(server="https://lantern.test", code="K7", pin="29", step=enrol.Step.PIN)
    state, effects = play(enrol, typed, enrol.LinkOpened(link=link))
    assert (state.step, state.problem, state.server, state.pin) == (
        enrol.Step.CODE, "link", "https://lantern.test", "",
    )  # fmt: skip
    assert not effects


@pytest.mark.parametrize("step", [enrol.Step.WORKING, enrol.Step.MATCH, enrol.Step.ALREADY])
def test_a_link_disturbs_nobody_who_is_joining_or_has_joined(step):
    state = enrol.EnrolState(step=step, match_digits="4829")
    assert play(enrol, state, enrol.LinkOpened(link=LINK)) == (state, [])


def test_a_phone_that_is_enrolled_only_leads_back():
    assert play(enrol, enrol.EnrolState(step=enrol.Step.ALREADY), enrol.BackPressed())[1] == [Back()]


@pytest.mark.parametrize(
    ("server", "code", "problem"), [("lantern.test", "x", "server"), ("https://a.test", "", "code")]
)
def test_enrolment_says_what_is_missing(server, code, problem):
    state, _ = play(enrol, enrol.EnrolState(server=server, code=code), enrol.CodeDone())
    assert state.problem == problem


def _pin(digits):
    return [enrol.KeyPressed(key=key) for key in digits]


def test_two_different_pins_begin_again():
    state = enrol.EnrolState(step=enrol.Step.PIN)
    state, _ = play(enrol, state, *_pin("294175"), enrol.PinJudged(refusal=None), *_pin("294176"))
    assert (state.step, state.problem, state.pin, state.first_pin) == (enrol.Step.PIN, "pins_differ", "", "")


def test_the_same_pin_twice_enrols_over_the_network():
    state = enrol.EnrolState(step=enrol.Step.PIN, server="https://a.test", code="K7")
    state, effects = play(enrol, state, *_pin("294175"), enrol.PinJudged(refusal=None), *_pin("294175"))
    assert calls(effects)[-1] == ("enrol", ("K7", "https://a.test", "294175"))
    assert effects[-1].network
    assert state.pin == state.first_pin == ""
    matched, _ = play(enrol, state, enrol.Answered(enrolling=Enrolling(enrolled=True, match_digits="4829")))
    assert (matched.step, matched.match_digits) == (enrol.Step.MATCH, "4829")


def test_a_refused_code_can_be_typed_again():
    refused = enrol.Answered(enrolling=Enrolling(enrolled=False, message="That code has been used."))
    state, _ = play(enrol, enrol.EnrolState(step=enrol.Step.WORKING), refused)
    assert (state.step, state.message) == (enrol.Step.CODE, "That code has been used.")


# ------------------------------------------------------------------------------------------------------- the journeys
def test_a_referral_row_opens_the_referral_and_a_person_row_the_person():
    state = tonight.TonightState(items=TONIGHT)
    assert play(tonight, state, tonight.ItemPicked(item_id="r-1"))[1][0].screen == "referral"
    assert play(tonight, state, tonight.ItemPicked(item_id="p-1"))[1][0].arguments == {"person_id": "p-1"}


def test_a_shift_is_offered_only_once_it_is_known_that_none_is_going():
    waiting, _ = play(tonight, tonight.TonightState(), tonight.ItemsFound(items=TONIGHT))
    idle, _ = play(tonight, waiting, tonight.ShiftFound(shift=None))
    busy, _ = play(tonight, idle, tonight.ShiftFound(shift=RehearsalField().current_shift()))
    assert [waiting.is_off_shift, idle.is_off_shift, busy.is_off_shift] == [False, True, False]


def test_tonight_looks_again_by_itself():
    _, effects = play(tonight, tonight.TonightState(), *[tonight.Ticked()] * tonight.REFRESH_S)
    assert "tonight" in [method for method, _ in calls(effects)]


def test_a_late_answer_to_an_older_search_is_not_shown():
    state, _ = play(people, people.PeopleState(), people.Typed(text="re"), people.Typed(text="red"))
    state, _ = play(people, state, people.Found(text="re", people=PEOPLE))
    assert state.people == ()
    state, _ = play(people, state, people.Found(text="red", people=PEOPLE[1:2]))
    assert state.people == PEOPLE[1:2]


def test_a_person_found_for_a_contact_is_met():
    left = contact.begin({"referral_id": "r-1"})
    state = people.begin({"contact": left})
    _, effects = play(people, state, people.Found(text="", people=PEOPLE), people.Picked(person_id="p-2"))
    assert effects[-1].screen == "contact"
    assert effects[-1].arguments == {"left": left, "person": PEOPLE[1]}


def test_only_what_was_changed_of_a_person_is_written():
    record = RehearsalField().person("p-2")
    _state, effects = play(
        person,
        person.PersonState(person_id="p-2", record=record),
        person.EditPressed(),
        person.Typed(field="description", text=record.person.description),
        person.Typed(field="alias", text=" Mick "),
        person.SavePressed(),
    )
    assert calls(effects) == [("patch_person", ("p-2", {"alias": "Mick"}))]


def test_what_a_colleague_changed_during_an_edit_is_not_written_back():
    """A sync reads the page anew: what was left as it stood was compared with the newer record, and so written over it."""
    record = RehearsalField().person("p-2")
    newer = structs.replace(record, person=structs.replace(record.person, gender=Gender.FEMALE))
    state = person.PersonState(person_id="p-2", record=record)
    typed = (person.EditPressed(), person.Typed(field="alias", text="Mick"), person.Found(record=newer))
    assert calls(play(person, state, *typed, person.SavePressed())[1]) == [("patch_person", ("p-2", {"alias": "Mick"}))]
    left, effects = play(person, state, *typed, person.BackPressed())
    assert not left.editing and effects, "out of the form the newer one is read"


def test_that_a_place_is_used_no_more_is_not_taken_back_by_an_edit_that_had_begun():
    place = RehearsalField().site("s-stairwell")
    gone = structs.replace(place, site=structs.replace(place.site, in_use=False))
    state = site.SiteState(site_id="s-stairwell", record=place)
    typed = (site.EditPressed(), site.Typed(field="hazards", text="dog"), site.Found(record=gone))
    assert calls(play(site, state, *typed, site.SavePressed())[1]) == [
        ("patch_site", ("s-stairwell", {"hazards": "dog"}))
    ]


def test_the_account_of_a_night_is_no_word_about_the_next():
    """What was begun of a shift that was ended elsewhere stood in the account of the next one, ready to be sent."""
    going = RehearsalField().current_shift()
    assert going is not None
    other = structs.replace(going, shift=structs.replace(going.shift, id="shift-next"))
    state, _ = play(
        shift, shift.ShiftState(), shift.Found(name="shift", value=going), shift.Typed(field="summary", text="Quiet")
    )
    words = shift.half_written(state)
    for found in (shift.Found(name="shift", value=going), shift.Found(name="shift", value=other)):
        for events in ((found, WordsFound(words=words)), (WordsFound(words=words), found)):
            again, _ = play(shift, shift.ShiftState(), *events)
            assert again.summary == ("Quiet" if found.value is going else "")
    assert shift.half_written(play(shift, shift.ShiftState(), WordsFound(words=words))[0]).items() >= words.items()
    elsewhere, _ = play(shift, state, shift.Found(name="shift", value=None))
    assert shift.half_written(elsewhere).items() >= words.items() and elsewhere.summary == ""
    ended, _ = play(shift, state, shift.Ended(summary=going))
    assert not any(shift.half_written(ended).values())


def test_of_somebody_with_two_records_the_one_that_is_shown_is_written():
    """Opened by the other one's id, what was changed went to a record that no page shows."""
    record = RehearsalField().person("p-2")
    state = person.PersonState(person_id="p-joined-to-it", record=record)
    _state, effects = play(
        person, state, person.EditPressed(), person.Typed(field="alias", text="Mick"), person.SavePressed()
    )
    assert calls(effects) == [("patch_person", ("p-2", {"alias": "Mick"}))]


def test_a_place_takes_itself_along_to_the_contact_and_the_visit():
    record = RehearsalField().site("s-stairwell")
    for event, screen in ((site.LogPressed(), "contact"), (site.NobodyPressed(), "visit")):
        _, effects = play(site, site.SiteState(site_id="s-stairwell", record=record), event)
        assert effects == [Go(screen=screen, arguments={"site": record.card})]


def test_an_empty_place_of_a_referral_tells_the_referral_that_somebody_looked():
    record = RehearsalField().referral("r-1")
    where = record.referral.position
    assert where is not None
    state = visit.begin({"referral_id": "r-1"})
    known = (visit.SitesFound(sites=SITES), visit.ReferralFound(record=record), visit.BeddingPressed(present=True))
    state, effects = play(visit, state, *known, visit.DonePressed())
    draft = calls(effects)[0][1][0]
    assert (draft.site_id, draft.bedding_present, draft.people_found) == (None, True, 0)
    assert draft.position == where, "where the referral says, not the place nearest to GPS"
    assert draft.referral_id == "r-1"
    _, effects = play(visit, state, visit.Saved(visit_id="v-1"))
    assert calls(effects) == [] and effects[-1] == Home(), "the visit told the referral, in its own transaction"


def test_who_stands_elsewhere_than_the_referral_says_is_asked_where_they_looked():
    record = RehearsalField().referral("r-1")
    where = record.referral.position
    assert where is not None
    elsewhere = structs.replace(where, latitude=where.latitude + 210 / 111_195)
    fix = Fix(position=elsewhere, at=NOW, accuracy_m=8.0, age_s=3.0, is_sure=True)
    known = (visit.SitesFound(sites=SITES), visit.ReferralFound(record=record), visit.FixFound(fix=fix))
    asked, effects = play(visit, visit.begin({"referral_id": "r-1"}), *known, visit.DonePressed())
    assert calls(effects) == [] and asked.asking
    assert round(visit.away_m(asked) or 0) == 210
    for answer, stored in ((visit.LookedAtReferral(), where), (visit.LookedHere(), None)):
        _, effects = play(visit, asked, answer)
        assert calls(effects)[0][1][0].position == stored
    _, effects = play(visit, asked, visit.PlacePicked(site_id="s-park"), visit.DonePressed())
    draft = calls(effects)[0][1][0]
    assert (draft.site_id, draft.position) == ("s-park", None)


def test_a_visit_is_at_no_place_while_the_fix_is_doubtful():
    stairwell = SITES[0].position
    assert stairwell is not None
    for age_s, is_sure, place in ((5.0, True, SITES[0]), (2_400.0, False, None)):
        fix = Fix(position=stairwell, at=NOW, accuracy_m=8.0, age_s=age_s, is_stale=not is_sure, is_sure=is_sure)
        state, _ = play(visit, visit.begin({}), visit.SitesFound(sites=SITES), visit.FixFound(fix=fix))
        assert state.site is place


def test_what_is_learnt_has_a_home_and_not_wishing_to_say_is_kept_too():
    record = RehearsalField().person("p-2")
    state = person.PersonState(person_id="p-2", record=record)
    state, effects = play(
        person,
        state,
        person.EditPressed(),
        person.Typed(field="date_of_birth", text="24.12.1980"),
        person.Typed(field="approximate_age_years", text="45"),
        person.Typed(field="language", text=" Polish "),
        person.GenderPicked(gender=Gender.MALE),
        person.Typed(field="gender_self_described", text="trans man"),
        person.InstitutionPicked(institution=InstitutionLeft.HOSPITAL),
        person.Typed(field="institution_left_on", text="3.11.2026"),
        person.SavePressed(),
    )
    ((method, (person_id, fields)),) = calls(effects)
    assert (method, person_id) == ("patch_person", "p-2")
    assert fields == {
        "date_of_birth": date(1980, 12, 24), "dob_quality": Quality.FULL, "approximate_age_years": 45, "language": "Polish",
        "gender": Gender.MALE, "gender_self_described": "trans man", "institution_left": InstitutionLeft.HOSPITAL,
        "institution_left_on": date(2026, 11, 3),
    }  # fmt: skip
    begun = person.PersonState(person_id="p-2", record=record)
    _, effects = play(
        person, begun, person.EditPressed(), person.DeclinedPressed(field="date_of_birth"), person.SavePressed()
    )
    assert calls(effects) == [("patch_person", ("p-2", {"dob_quality": Quality.PREFERS_NOT}))]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("date_of_birth", "31.02.1980"),
        ("date_of_birth", "long ago"),
        ("institution_left_on", "last week"),
        ("approximate_age_years", "old"),
    ],
)
def test_what_cannot_be_read_is_asked_again_and_stays_typed(field, text):
    state = person.PersonState(person_id="p-2", record=RehearsalField().person("p-2"))
    state, effects = play(
        person, state, person.EditPressed(), person.Typed(field=field, text=text), person.SavePressed()
    )
    assert calls(effects) == [] and state.unclear == field and state.written == {field: text} and state.editing


def test_a_place_changes_its_kind_and_falls_out_of_use():
    state = site.SiteState(site_id="s-stairwell", record=RehearsalField().site("s-stairwell"))
    pressed = (site.EditPressed(), site.KindPicked(kind=SiteKind.TENT), site.InUsePressed(), site.SavePressed())
    _, effects = play(site, state, *pressed)
    assert calls(effects) == [("patch_site", ("s-stairwell", {"kind": SiteKind.TENT, "in_use": False}))]


def test_a_row_of_the_tray_opens_its_record_and_the_words_beneath_are_true():
    for kind, go in (
        ("contact", Go(screen="contact", arguments={"contact_id": "x"})),
        ("need", Go(screen="person", arguments={"person_id": "x"})),
        ("checkin", None),
    ):
        item = TrayItem(id="i", state=SyncState.QUEUED, title="", subject_kind=kind, subject_id="x")
        _, effects = play(tray, tray.TrayState(items=(item,)), tray.ItemPressed(item_id="i"))
        assert effects == ([go] if go else [])
        two = tray.TrayState(items=(item,), status=SyncStatus(not_yet_sent=2))
        assert tray.silent_count(two) == 1, "two are counted at the top: a note that a record was opened is the other"
    assert tray.silent_count(tray.TrayState()) == 0


def test_the_shift_screen_asks_for_what_is_new_once_and_shows_what_came():
    _, effects = play(shift, shift.ShiftState(), Opened())
    assert "sync_now" in [method for method, _ in calls(effects)]
    _, effects = play(shift, shift.ShiftState(), shift.Synced())
    assert [method for method, _ in calls(effects)] == [
        "config",
        "current_shift",
        "forgotten_shift",
        "shifts_to_join",
        "check_in_state",
    ]


def _digits(pin):
    return [pins.KeyPressed(key=digit) for digit in pin]


def test_a_pin_is_changed_with_the_old_one_and_the_new_one_twice():
    typed = (*_digits("271828"), *_digits("840516"), pins.Judged(refusal=None), *_digits("840516"))
    state, effects = play(pins, pins.PinState(), *typed)
    assert calls(effects) == [("refusal_of_pin", ("840516",)), ("change_pin", ("271828", "840516"))]
    assert "271828" not in str(state) and "840516" not in str(state)
    state, _ = play(pins, state, pins.Answered(unlocking=Unlocking(state=LockState.UNLOCKED)))
    assert state.step is pins.Step.DONE


def test_a_new_pin_that_is_mistyped_or_guessable_or_an_old_one_that_is_wrong_begins_again():
    judged = (*_digits("271828"), *_digits("840516"), pins.Judged(refusal=None))
    state, _ = play(pins, pins.PinState(), *judged, *_digits("840517"))
    assert (state.step, state.problem) == (pins.Step.NEW, "differ")
    state, _ = play(pins, pins.PinState(), *_digits("271828"), *_digits("123456"), pins.Judged(refusal="guess"))
    assert (state.step, state.problem, state.typed) == (pins.Step.NEW, "refused", "")
    state, _ = play(pins, state, pins.Answered(unlocking=Unlocking(state=LockState.LOCKED, attempts_left=4)))
    assert (state.step, state.problem, state.attempts_left) == (pins.Step.OLD, "wrong", 4)


def test_what_i_recorded_opens_where_it_is_put_right():
    state, effects = play(night, night.NightState(), Opened(), night.Found(entries=tuple(RehearsalField().my_night())))
    assert calls(effects) == [("my_night", ())]
    assert play(night, state, night.Picked(entry_id="c-1"))[1] == [
        Go(screen="contact", arguments={"contact_id": "c-1"})
    ]


def test_a_visit_that_could_not_be_saved_keeps_its_answers():
    state = visit.VisitState(bedding=False, note="Wet cardboard", saving=True)
    state, _ = play(visit, state, Failed(error="DiskFull"))
    assert (state.bedding, state.note, state.saving) == (False, "Wet cardboard", False)


def test_a_referral_closes_with_an_outcome_and_not_without():
    state = referral.ReferralScreenState(referral_id="r-1")
    _, effects = play(referral, state, referral.OutcomePressed(), referral.ClosePressed())
    assert effects == []
    outcome = "person found - taken to shelter"
    _, effects = play(referral, state, referral.OutcomePressed(outcome=outcome), referral.ClosePressed())
    assert calls(effects) == [("progress_referral", ("r-1", ReferralState.CLOSED))]
    assert asked(effects[0]).keywords["outcome"] == outcome


def test_an_outcome_is_chosen_by_its_group_and_no_list_is_longer_than_eight():
    assert max(len(referral.GROUPS), *map(len, referral.GROUPS.values())) <= 8
    opened, _ = play(referral, referral.ReferralScreenState(referral_id="r-1"), referral.OutcomePressed())
    state, _ = play(referral, opened, referral.GroupPressed(group="no alert"))
    assert (state.group, state.outcome) == ("no alert", "")
    state, _ = play(referral, state, referral.OutcomePressed(outcome="no alert - other"), referral.BackPressed())
    assert (state.closing, state.group, state.outcome) == (True, "", "")
    state, effects = play(referral, state, referral.BackPressed(), referral.BackPressed())
    assert (state.closing, effects) == (False, [Back()])
    only, _ = play(referral, opened, referral.GroupPressed(group="la did not respond"))
    assert only.outcome == "la did not respond"


@pytest.mark.parametrize(
    ("before", "left"),
    [(ReferralState.ASSIGNED, ReferralState.WRONG_AREA), (ReferralState.FOUND, ReferralState.CLOSED)],
)
def test_what_is_in_another_area_is_said_to_be_where_that_can_follow(before, left):
    record = structs.replace(RehearsalField().referral("r-1"), state=before)
    outcome = "person not looked for - wrong local authority or geographical information"
    state = referral.ReferralScreenState(referral_id="r-1", record=record, closing=True, outcome=outcome)
    _, effects = play(referral, state, referral.ClosePressed())
    assert calls(effects) == [("progress_referral", ("r-1", left))]


def test_other_reports_of_the_place_are_answered_only_when_ticked():
    state, _ = play(
        referral,
        referral.ReferralScreenState(referral_id="r-1"),
        referral.Found(record=RehearsalField().referral("r-1")),
    )
    assert state.also_ids == ()
    state, _ = play(referral, state, referral.OtherPressed(referral_id="r-7"))
    for pressed, screen in ((referral.LogPressed(), "contact"), (referral.NobodyPressed(), "visit")):
        (go,) = play(referral, state, pressed)[1]
        assert go == Go(screen=screen, arguments={"referral_id": "r-1", "also_ids": ("r-7",)})
    _, effects = play(referral, state, referral.OutcomePressed(outcome="no alert - other"), referral.ClosePressed())
    assert asked(effects[0]).keywords["also_ids"] == ("r-7",)
    state, _ = play(referral, state, referral.OtherPressed(referral_id="r-7"))
    assert state.also_ids == ()


def test_what_was_ticked_reaches_the_visit_through_the_contact_and_the_search():
    contact_state = contact.begin({"referral_id": "r-1", "also_ids": ("r-7",)})
    (*_, go) = play(contact, contact_state, NobodyPressed())[1]
    assert go.arguments["also_ids"] == ("r-7",)
    draft = calls(play(visit, visit.begin(go.arguments), visit.DonePressed())[1])[0][1][0]
    assert (draft.referral_id, draft.also_ids) == ("r-1", ("r-7",))
    (*_, go) = play(contact, contact_state, SearchPressed())[1]
    searching = structs.replace(people.begin(go.arguments), people=PEOPLE)
    (*_, go) = play(people, searching, people.Picked(person_id=PEOPLE[0].id))[1]
    draft = draft_of(contact.begin(go.arguments), ContactState.BEDDED_DOWN)
    assert (draft.referral_id, draft.also_ids) == ("r-1", ("r-7",))


def test_a_shift_ends_with_a_summary_and_says_what_it_came_to():
    state, _ = play(
        shift, shift.ShiftState(), shift.Found(name="shift", value=RehearsalField().shift), shift.EndPressed()
    )
    state, effects = play(shift, state, shift.Typed(field="summary", text="Quiet night"), shift.EndConfirmed())
    assert calls(effects) == [("end_shift", ("Quiet night",))]
    state, _ = play(shift, state, shift.Ended(summary=RehearsalField().end_shift()))
    assert (state.shift, state.ended.contacts, state.summary) == (None, 7, "")


def test_words_that_waited_for_a_shift_or_a_referral_are_there_and_what_is_typed_since_goes_first():
    """The account of a night, typed with a thumb, was gone when the phone locked."""
    going = RehearsalField().current_shift()
    assert going is not None
    words = {"area": "North", f"summary {going.shift.id}": "Quiet, one ambulance"}
    state, _ = play(shift, shift.ShiftState(shift=going), WordsFound(words=words))
    assert (state.area, state.summary) == ("North", "Quiet, one ambulance")
    assert play(shift, state, shift.Began())[0].area == "", "the next night begins with none"
    assert play(shift, shift.ShiftState(shift=going, summary="Loud"), WordsFound(words=words))[0].summary == "Loud"
    state, _ = play(referral, referral.ReferralScreenState(referral_id="r-1"), WordsFound(words={"note": "Tent gone"}))
    assert state.note == "Tent gone"
    assert play(referral, state, referral.Closed())[0].note == ""


def test_joining_a_colleague_goes_home():
    _, effects = play(shift, shift.ShiftState(), shift.JoinPressed(shift_id="sh-2"), shift.Began())
    assert calls(effects) == [("join_shift", ("sh-2",))]
    assert effects[-1] == Home()


# ------------------------------------------------------------------------------------------------------------ the rest
def test_a_conflict_is_settled_by_the_side_that_was_chosen():
    item = TRAY[0]
    state = tray.TrayState(items=TRAY)
    theirs = item.conflict.choices[1]
    _, effects = play(tray, state, tray.ChoicePicked(item_id=item.id, choice=theirs))
    assert calls(effects) == [("resolve_conflict", (item.conflict, theirs))]


def test_both_texts_can_be_kept_and_both_numbers_cannot():
    assert tray.both(TRAY[0]).value == "Station stairwell / Bus shelter"
    assert tray.both(TRAY[1]) is None


def test_a_refused_record_is_corrected_and_sent_again():
    state = tray.TrayState(items=TRAY)
    _, effects = play(
        tray, state, tray.CorrectPressed(item_id="c-9"), tray.Typed(field="note", text="Short"), tray.ResendPressed()
    )
    assert calls(effects) == [("correct_quarantined", ("c-9", {"note": "Short"}))]


def test_what_is_written_into_a_refused_record_waits_for_it_until_it_is_sent():
    """It went when another record was corrected, when a conflict was settled, and when the phone locked."""
    begun = (tray.CorrectPressed(item_id="c-9"), tray.Typed(field="note", text="Short"))
    for between in (tray.CorrectPressed(item_id="c-8"), tray.Changed(), tray.Changed(done="c-8")):
        state, _ = play(tray, tray.TrayState(items=TRAY), *begun, between)
        assert tray.half_written(state) == {"note c-9": "Short"}
        assert play(tray, state, tray.CorrectPressed(item_id="c-9"))[0].written == {"note": "Short"}
    sent, _ = play(tray, tray.TrayState(items=TRAY), *begun, tray.Changed(done="c-9"))
    assert tray.half_written(sent) == {} and play(tray, sent, *begun[:1])[0].written == {}


def test_an_empty_correction_is_not_sent():
    _, effects = play(tray, tray.TrayState(items=TRAY), tray.CorrectPressed(item_id="c-9"), tray.ResendPressed())
    assert effects == []


def test_the_map_looks_where_i_am_else_amid_what_is_known():
    field = RehearsalField()
    items = tuple(field.map_items(0, 0, 0, 0))
    state, _ = play(maps, maps.MapState(), maps.ItemsFound(items=items))
    assert state.start is not None
    state, _ = play(maps, state, maps.FixFound(fix=field.fix))
    assert state.start == (field.fix.position.latitude, field.fix.position.longitude)


def test_a_pin_opens_its_own_page():
    items = tuple(RehearsalField().map_items(0, 0, 0, 0))
    state, _ = play(maps, maps.MapState(), maps.ItemsFound(items=items), maps.PinPressed(key="referral/r-1"))
    assert play(maps, state, maps.OpenPressed())[1] == [Go(screen="referral", arguments={"referral_id": "r-1"})]


def test_a_setting_is_kept_before_it_is_taken_up():
    _state, effects = play(
        settings, settings.SettingsState(), settings.Picked(name="theme", value="day"), settings.Kept()
    )
    assert calls(effects) == [("set_setting", ("theme", "day"))]
    assert effects[-1] == ApplySettings()


@pytest.mark.parametrize(
    ("module", "state"),
    [
        (tonight, tonight.TonightState()),
        (people, people.PeopleState()),
        (person, person.PersonState(person_id="p-1")),
        (site, site.SiteState(site_id="s-1")),
        (referral, referral.ReferralScreenState(referral_id="r-1")),
        (shift, shift.ShiftState()),
        (visit, visit.VisitState()),
        (tray, tray.TrayState()),
        (maps, maps.MapState()),
        (settings, settings.SettingsState()),
        (unlock, unlock.UnlockState()),
        (enrol, enrol.EnrolState()),
    ],
)
def test_every_screen_says_what_went_wrong_and_opens_without_waiting(module, state):
    failed, _ = module.update(state, Failed(error="DiskFull"))
    assert failed.failure.error == "DiskFull"
    assert module.update(state, Opened())[0] == state


def test_a_stop_of_my_night_is_struck_out_with_a_reason_or_put_back():
    entries = tuple(RehearsalField().my_night())
    shown, _ = play(night, night.NightState(), night.Found(entries=entries))
    picked, effects = play(night, shown, night.Picked(entry_id="v-1"))
    assert picked.stop is not None and picked.stop.id == "v-1" and effects == []
    assert play(night, picked, night.StrikeGiven())[1] == [Feel(name="refused")], "not without a reason"
    typed, effects = play(night, picked, night.ReasonTyped(text=" the wrong door "), night.StrikeGiven())
    assert calls(effects) == [("strike_visit", ("v-1", "the wrong door"))]
    assert calls(play(night, picked, night.RestorePressed())[1]) == [("restore_visit", ("v-1",))]
    done, effects = play(night, typed, night.Settled())
    assert done.stop is None and done.reason == "" and calls(effects) == [("my_night", ())]
    back, effects = play(night, picked, night.ReasonTyped(text="the w"), night.BackPressed())
    assert back.stop is None and effects == [], "Back closes the stop first"
    assert night.half_written(back) == {"v-1": "the w"}, "and loses no word"
    assert play(night, back, night.Picked(entry_id="v-1"))[0].reason == "the w"
    assert not any(night.half_written(done).values())
    assert play(night, picked, night.PlacePressed())[1][0].arguments == {"site_id": "s-shelter"}
