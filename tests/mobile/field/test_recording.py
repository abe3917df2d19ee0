"""What Aisha records: saved at once and whole, corrected without losing a word, refused in words she understands."""

from datetime import timedelta

import pytest

from mobile.field.drafts import DraftRefused
from mobile.field.service import FieldService
from mobile.field.views import ContactDraft, PersonDraft, SiteDraft, VisitDraft
from mobile.store import errors, outbox
from mobile.store.errors import NotHere
from mobile.text import load
from mobile.text.sync_words import is_worrying, say_sync
from shared.model.codes import ContactState, PinSource, ReceivingSupport, ReferralState, SiteKind, SupportNeed
from shared.model.contact import NeedSeen
from shared.model.position import Position
from tests.mobile.feeding import feed, referral
from tests.mobile.rig import Rig
from tests.mobile.store.test_projection import record_of

HERE = (51.6637, -0.3960)


@pytest.fixture
def rig(rig: Rig) -> Rig:
    rig.field.listen()
    return rig


def kinds(rig: Rig) -> list[str]:
    record = record_of(rig)
    with record.store.reading() as connection:
        return [change.t for change in outbox.list_unsent(connection, 0)]


def test_only_the_state_is_needed(field: FieldService) -> None:
    contact = field.contact(field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))).contact
    assert contact.position is None and contact.person_ids == () and contact.worker_id == "aisha"


def test_someone_new_a_new_place_and_the_contact_are_one_transaction(rig: Rig, field: FieldService) -> None:
    field.start_shift()
    too_long = ContactDraft(
        state=ContactState.BEDDED_DOWN,
        new_people=(PersonDraft(alias="Red"),),
        new_site=SiteDraft(name="Underpass"),
        note="x" * 10_001,
    )
    with pytest.raises(DraftRefused, match="note is too long: at most 10,000"):
        field.record_contact(too_long)
    assert kinds(rig) == ["shift.started"] and field.search_people("") == [] and field.sites_near() == []


def test_ten_thousand_characters_fit(field: FieldService) -> None:
    note = "🏕" * 10_000
    assert (
        field.contact(field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, note=note))).contact.note
        == note
    )


def test_more_than_a_change_can_hold_is_refused_before_it_is_saved(rig: Rig, field: FieldService) -> None:
    with pytest.raises(DraftRefused, match="more than one record can hold"):
        field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, note="🏕" * 9_000, strengths="🏕" * 9_000))
    assert kinds(rig) == []


@pytest.mark.parametrize(
    "name", ["محمد الأحمد", "Zoë 🐕‍🦺", "O'Brien; DROP TABLE person", "ﷺ" * 100, "a\u0000b", "\u200b"]
)
def test_any_name_survives(field: FieldService, name: str) -> None:
    person = field.add_person(PersonDraft(name=name, alias="x"))
    assert field.person(person.id).person.name == name.strip()


def test_somebody_of_whom_nothing_is_said_is_asked_about(field: FieldService) -> None:
    with pytest.raises(DraftRefused, match="know them again"):
        field.add_person(PersonDraft(alias="   "))


def test_a_correction_holds_only_what_differs_and_keeps_the_original(rig: Rig, field: FieldService) -> None:
    contact_id = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, note="asleep"))
    assert field.refine_contact(contact_id, {"note": "awake", "state": ContactState.BEDDED_DOWN}, reason="looked again")
    assert not field.refine_contact(contact_id, {"note": "awake"})
    record = field.contact(contact_id)
    assert (record.contact.note, record.original.note, record.corrections) == ("awake", "asleep", 1)
    with record_of(rig).store.reading() as connection:
        assert b'"fields":{"note":"awake"}' in bytes(outbox.list_unsent(connection, 0)[-1].p)


def test_the_last_word_holds_although_the_clock_was_set_back(rig: Rig, field: FieldService) -> None:
    contact_id = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    field.refine_contact(contact_id, {"note": "first"})
    rig.clocks.wall -= timedelta(days=700)
    field.refine_contact(contact_id, {"note": "second"})
    assert field.contact(contact_id).contact.note == "second"


@pytest.mark.parametrize("fields", [{"id": "x"}, {"worker_id": "dean"}, {"recorded_at": None}, {"unheard_of": 1}])
def test_what_may_not_be_corrected_is_not(field: FieldService, fields: dict[str, object]) -> None:
    contact_id = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    with pytest.raises(DraftRefused):
        field.refine_contact(contact_id, fields)


def test_correcting_a_contact_that_is_not_here_says_so(field: FieldService) -> None:
    with pytest.raises(NotHere):
        field.refine_contact("nobody", {"note": "x"})


def test_needs_of_one_person_are_theirs_and_of_several_nobodys(rig: Rig, field: FieldService) -> None:
    needs = (NeedSeen(need=SupportNeed.ALCOHOL, receiving_support=ReceivingSupport.NO),)
    red = field.add_person(PersonDraft(alias="Red"))
    green = field.add_person(PersonDraft(alias="Green"))
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(red.id,), needs=needs))
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(red.id, green.id), needs=needs))
    assert [need.need for need in field.person(red.id).needs] == [SupportNeed.ALCOHOL]
    assert field.person(green.id).needs == ()
    assert kinds(rig).count("need.recorded") == 1


def test_needs_added_later_are_told_once(rig: Rig, field: FieldService) -> None:
    red = field.add_person(PersonDraft(alias="Red"))
    alcohol = NeedSeen(need=SupportNeed.ALCOHOL)
    contact_id = field.record_contact(
        ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(red.id,), needs=(alcohol,))
    )
    field.refine_contact(contact_id, {"needs": (alcohol, NeedSeen(need=SupportNeed.DRUGS))})
    assert kinds(rig).count("need.recorded") == 2
    assert {need.need for need in field.person(red.id).needs} == {SupportNeed.ALCOHOL, SupportNeed.DRUGS}
    field.refine_contact(contact_id, {"needs": (NeedSeen(need=SupportNeed.DRUGS),)})
    assert [need.need for need in field.person(red.id).needs] == [SupportNeed.DRUGS], (
        "a need ticked by mistake is not his"
    )


# ----------------------------------------------------------------------------------------------------------- the pin


def test_a_contact_is_saved_before_gps_answers_and_its_pin_comes_later(rig: Rig, field: FieldService) -> None:
    contact_id = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    assert field.contact(contact_id).contact.position is None
    rig.clocks.pass_(seconds=20)
    rig.location.fix(*HERE, at=rig.clocks.now(), accuracy_m=12)
    pin = field.contact(contact_id).contact.position
    assert pin is not None and (pin.latitude, pin.longitude, pin.source) == (*HERE, PinSource.GPS)
    assert field.contact(contact_id).original.position is None


def test_a_pin_is_improved_once_and_not_after_a_minute(rig: Rig, field: FieldService) -> None:
    rig.location.fix(*HERE, at=rig.clocks.now(), accuracy_m=80)
    first = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    rig.clocks.pass_(seconds=61)
    rig.location.fix(*HERE, at=rig.clocks.now(), accuracy_m=5)
    assert field.contact(first).corrections == 0


def test_a_pin_that_a_worker_chose_is_never_moved(rig: Rig, field: FieldService) -> None:
    chosen = Position(latitude=51.6, longitude=-0.4, source=PinSource.MOVED_BY_WORKER, moved_from=HERE)
    by_hand = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, position=chosen))
    rig.location.fix(*HERE, at=rig.clocks.now(), accuracy_m=5)
    moved_later = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    field.refine_contact(moved_later, {"position": chosen})
    rig.clocks.pass_(seconds=31)
    rig.location.fix(*HERE, at=rig.clocks.now(), accuracy_m=2)
    assert field.contact(by_hand).contact.position == chosen
    assert field.contact(moved_later).contact.position == chosen


def test_nowhere_in_the_ocean_is_not_a_place(rig: Rig, field: FieldService) -> None:
    rig.location.fix(0.0, 0.0, at=rig.clocks.now())
    rig.location.fix(float("nan"), 0.4, at=rig.clocks.now())
    rig.location.fix(95.0, 0.4, at=rig.clocks.now())
    assert field.where_am_i() is None
    contact = field.contact(field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))).contact
    assert contact.position is None


def test_an_old_fix_is_shown_with_its_age_and_not_used_as_a_pin(rig: Rig, field: FieldService) -> None:
    rig.location.fix(*HERE, at=rig.clocks.now())
    rig.clocks.pass_(minutes=4)
    fix = field.where_am_i()
    assert fix is not None and fix.age_s == 240 and fix.is_stale
    pinned = field.contact(field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))).contact.position
    assert pinned is None, "it says where the worker was"
    rig.clocks.pass_(minutes=20)
    assert field.contact(field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))).contact.position is None


def test_a_contact_on_the_wrong_person_is_given_to_the_right_one(rig: Rig, field: FieldService) -> None:
    """Nobody could put it right, and the wrong person was verified as sleeping rough."""
    wrong, right = field.add_person(PersonDraft(alias="Marek")), field.add_person(PersonDraft(alias="Red"))
    needs = (NeedSeen(need=SupportNeed.ALCOHOL, receiving_support=ReceivingSupport.NO),)
    draft = ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(wrong.id,), needs=needs)
    contact_id = field.record_contact(draft)
    assert [one.need for one in field.person(wrong.id).needs] == [SupportNeed.ALCOHOL]
    field.refine_contact(contact_id, {"person_ids": (right.id,)})
    assert [entry.contact_id for entry in field.person(right.id).timeline] == [contact_id]
    record = field.person(wrong.id)
    assert record.timeline == () and record.card.last_seen_at is None and record.needs == ()
    assert [one.need for one in field.person(right.id).needs] == [SupportNeed.ALCOHOL]


def test_what_did_not_happen_is_struck_out_with_a_reason_kept_and_can_be_put_back(
    rig: Rig, field: FieldService
) -> None:
    field.start_shift()
    marek = field.add_person(PersonDraft(alias="Marek"))
    site = field.add_site(SiteDraft(name="Stairwell", position=Position(latitude=HERE[0], longitude=HERE[1])))
    said = ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(marek.id,), site_id=site.id, note="asleep")
    contact_id = field.record_contact(said)
    field.refine_contact(contact_id, {"note": "asleep, breathing"})
    before = field.contact(contact_id).contact
    with pytest.raises(DraftRefused):
        field.strike_contact(contact_id, "  ")
    field.strike_contact(contact_id, "pressed by mistake")
    struck = field.contact(contact_id)
    assert struck.struck == "pressed by mistake" and struck.original.note == "asleep"
    assert struck.contact.person_ids == () and struck.contact.site_id is None and struck.contact.position is None
    assert field.person(marek.id).card.last_seen_at is None
    assert field.site(site.id).timeline == () and field.site(site.id).card.last_visited_at is None
    shift = field.current_shift()
    assert shift is not None and (shift.contacts, shift.people) == (0, 0)
    (entry,) = field.my_night()
    assert (entry.struck, entry.names, entry.state) == ("pressed by mistake", ("Marek",), ContactState.BEDDED_DOWN)
    with pytest.raises(DraftRefused, match="struck out"):
        field.refine_contact(contact_id, {"note": "typed before, written after"})
    assert field.contact(contact_id).struck == "pressed by mistake", "a late word would have put it back"
    field.restore_contact(contact_id)
    assert field.contact(contact_id).contact == before and field.contact(contact_id).struck == ""
    with pytest.raises(NotHere):
        field.strike_contact("nowhere", "why")


def test_a_stop_that_was_none_is_struck_out_counts_for_nothing_and_can_be_put_back(
    rig: Rig, field: FieldService
) -> None:
    field.start_shift()
    site = field.add_site(SiteDraft(name="Stairwell", position=Position(latitude=HERE[0], longitude=HERE[1])))
    visit_id = field.record_visit(VisitDraft(site_id=site.id))
    assert field.site(site.id).card.last_visited_at is not None
    with pytest.raises(DraftRefused):
        field.strike_visit(visit_id, " ")
    field.strike_visit(visit_id, "the wrong stairwell")
    (entry,) = field.my_night()
    assert (entry.struck, entry.is_contact) == ("the wrong stairwell", False)
    assert field.site(site.id).card.last_visited_at is None and field.site(site.id).timeline == ()
    field.restore_visit(visit_id)
    assert [one.struck for one in field.my_night()] == [""]
    assert field.site(site.id).card.last_visited_at is not None
    rig.clocks.pass_(minutes=1)
    field.strike_visit(visit_id, "it was none after all")
    rig.field._open.record.rebuild()
    assert [one.struck for one in field.my_night()] == ["it was none after all"]
    assert field.site(site.id).card.last_visited_at is None
    with pytest.raises(NotHere):
        field.strike_visit("nowhere", "why")


def test_my_night_lists_what_i_recorded_newest_first(rig: Rig, field: FieldService) -> None:
    marek = field.add_person(PersonDraft(alias="Marek"))
    first = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(marek.id,)))
    rig.clocks.pass_(minutes=5)
    second = field.record_visit(VisitDraft(bedding_present=True))
    rig.clocks.pass_(minutes=5)
    seen_at = rig.clocks.now() - timedelta(hours=2)
    written_up = field.record_contact(
        ContactDraft(state=ContactState.NOT_BEDDED_DOWN, unidentified_people=2, seen_at=seen_at)
    )
    entries = field.my_night()
    assert [entry.id for entry in entries] == [second, first, written_up]
    assert entries[0].found == "Nobody here, bedding present" and not entries[0].is_contact
    assert entries[1].names == ("Marek",) and entries[2].unidentified == 2
    rig.clocks.pass_(hours=40)
    assert field.my_night() == []


def test_words_that_were_not_saved_outlive_a_lock_and_a_kill_and_go_after_a_night(
    rig: Rig, field: FieldService
) -> None:
    field.keep_words("contact", {"alias": "Lofty", "description": ""})
    field.keep_words("visit", {"note": "wet cardboard"})
    rig.restart()
    rig.field.unlock("271828")
    assert rig.field.find_words("contact") == {"alias": "Lofty"}
    rig.field.keep_words("contact", {"alias": "", "description": ""})
    assert rig.field.find_words("contact") == {} and rig.field.unsent() == 0, "they stay on this phone"
    rig.clocks.pass_(hours=37)
    rig.field.lock()
    rig.field.unlock("271828")
    with record_of(rig).store.reading() as connection:
        found = connection.execute("SELECT name FROM setting WHERE name LIKE 'half written%'").fetchall()
    assert found == [], "also of a page that nobody opens again"
    assert rig.field.find_words("visit") == {}


def north(metres: float) -> tuple[float, float]:
    return HERE[0] + metres / 111_195, HERE[1]


def test_a_clock_set_back_does_not_keep_an_old_fix_for_ever(rig: Rig, field: FieldService) -> None:
    """It put people where the phone had been an hour before, "just now", with an age of nought."""
    rig.location.fix(*HERE, at=rig.clocks.now())
    rig.clocks.wall -= timedelta(hours=1)
    rig.clocks.pass_(minutes=1)
    rig.location.fix(*north(1_000), at=rig.clocks.now())
    fix = field.where_am_i()
    assert fix is not None and fix.position.latitude == pytest.approx(north(1_000)[0]) and fix.age_s == 0
    rig.clocks.wall += timedelta(days=3)
    rig.clocks.pass_(seconds=100)
    fix = field.where_am_i()
    assert fix is not None and fix.age_s == 100 and fix.is_sure


def test_only_a_fresh_and_fine_fix_is_sure(rig: Rig, field: FieldService) -> None:
    for accuracy_m, seconds, sure in ((50.0, 119, True), (51.0, 5, False), (None, 5, False), (8.0, 120, False)):
        rig.clocks.pass_(minutes=5)
        rig.location.fix(*HERE, at=rig.clocks.now(), accuracy_m=accuracy_m)
        rig.clocks.pass_(seconds=seconds)
        fix = field.where_am_i()
        assert fix is not None and fix.is_sure is sure, (accuracy_m, seconds)


def test_a_better_fix_mends_the_pin_and_the_place_it_had_suggested(rig: Rig, field: FieldService) -> None:
    shelter = field.add_site(SiteDraft(name="Bus shelter", position=Position(latitude=HERE[0], longitude=HERE[1])))
    doorway = field.add_site(SiteDraft(name="Doorway", position=Position(latitude=north(900)[0], longitude=HERE[1])))
    for chosen, left in ((False, doorway.id), (True, shelter.id)):
        rig.clocks.pass_(minutes=5)
        rig.location.fix(*HERE, at=rig.clocks.now(), accuracy_m=90.0)
        draft = ContactDraft(state=ContactState.BEDDED_DOWN, site_id=shelter.id, site_is_chosen=chosen)
        contact_id = field.record_contact(draft)
        rig.clocks.pass_(seconds=40)
        rig.location.fix(*north(900), at=rig.clocks.now(), accuracy_m=6.0)
        contact = field.contact(contact_id).contact
        assert contact.site_id == left
        assert contact.position is not None
        is_moved = contact.position.latitude == pytest.approx(north(900)[0])
        assert is_moved is not chosen, "a place that a worker named gets no pin of another one"


def test_a_pin_that_was_put_by_hand_after_saving_is_moved_by_no_fix(rig: Rig, field: FieldService) -> None:
    met = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, unidentified_people=1))
    chosen = Position(latitude=51.6, longitude=-0.4, source=PinSource.MAP_TAP)
    field.refine_contact(met, {"position": chosen})
    rig.clocks.pass_(seconds=10)
    rig.location.fix(51.6637, -0.3960, at=rig.clocks.now(), accuracy_m=5.0)
    assert field.contact(met).contact.position == chosen


def test_a_place_named_by_hand_far_from_gps_is_kept_without_the_pin(rig: Rig, field: FieldService) -> None:
    place = Position(latitude=north(210)[0], longitude=HERE[1])
    library = field.add_site(SiteDraft(name="Library doorway", position=place))
    rig.location.fix(*HERE, at=rig.clocks.now(), accuracy_m=8.0)
    draft = ContactDraft(state=ContactState.BEDDED_DOWN, site_id=library.id, site_is_chosen=True)
    contact = field.contact(field.record_contact(draft)).contact
    assert (contact.site_id, contact.position) == (library.id, None)
    visit_id = field.record_visit(VisitDraft(site_id=library.id))
    assert [entry.visit_id for entry in field.site(library.id).timeline if entry.visit_id] == [visit_id]
    elsewhere = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    assert field.contact(elsewhere).contact.position is not None
    field.refine_contact(elsewhere, {"site_id": library.id})
    mended = field.contact(elsewhere).contact
    assert (mended.site_id, mended.position) == (library.id, None)
    field.refine_contact(elsewhere, {"position": Position(latitude=HERE[0], longitude=HERE[1])})
    moved = field.contact(elsewhere).contact
    assert moved.site_id is None and moved.position is not None


# --------------------------------------------------------------------------------------------------------- referrals


def test_meeting_the_person_of_a_referral_finds_it_and_looking_in_vain_looks(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1"), referral("r2"))
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, referral_id="r1"))
    field.record_visit(VisitDraft(referral_id="r2", bedding_present=False))
    assert field.referral("r1").state is ReferralState.FOUND
    assert field.referral("r2").state is ReferralState.LOOKED_FOR


def test_what_did_not_happen_answers_no_referral(rig: Rig, field: FieldService) -> None:
    """It stayed found for good, and from there led no way but to an outcome."""
    feed(rig, "referral.received", referral("r1"), referral("r2"))
    met = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, referral_id="r1", also_ids=("r2",)))
    field.strike_contact(met, "pressed wrong")
    assert [field.referral(each).state for each in ("r1", "r2")] == [ReferralState.RECEIVED] * 2
    field.restore_contact(met)
    assert [field.referral(each).state for each in ("r1", "r2")] == [ReferralState.FOUND] * 2
    field.strike_contact(met, "pressed wrong")
    looked = field.record_visit(VisitDraft(referral_id="r2", bedding_present=False))
    field.strike_visit(looked, "another doorway")
    assert field.referral("r2").state is ReferralState.RECEIVED
    field.restore_visit(looked)
    assert field.referral("r2").state is ReferralState.LOOKED_FOR
    field.progress_referral("r1", ReferralState.CLOSED, outcome="no_alert", contact_id=met)
    assert field.referral("r1").state is ReferralState.CLOSED, "an outcome was decided by somebody"


def test_closing_a_referral_takes_the_steps_between(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1"))
    field.progress_referral("r1", ReferralState.FOUND)
    field.progress_referral("r1", ReferralState.CLOSED, outcome="person_found_already_known", note="It was Red")
    record = field.referral("r1")
    assert record.state is ReferralState.CLOSED and record.outcome == "person_found_already_known"
    assert field.tonight() == []


def test_a_referral_that_is_not_here_is_told(field: FieldService) -> None:
    with pytest.raises(NotHere):
        field.progress_referral("nowhere", ReferralState.CLOSED)


def test_nobody_there_the_second_time_closes_no_referral_on_the_way(rig: Rig, field: FieldService) -> None:
    """Found, then looked for in vain: the way between led through closed, and whoever had reported it was told."""
    feed(rig, "referral.received", referral("r1"))
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, referral_id="r1"))
    field.record_visit(VisitDraft(referral_id="r1"))
    record = field.referral("r1")
    assert record.state is ReferralState.FOUND
    assert [entry.what for entry in record.timeline if entry.visit_id is None and entry.contact_id is None] == ["Found"]


@pytest.mark.parametrize("met", [True, False])
def test_what_a_colleague_closed_is_not_opened_by_whoever_was_there_too(
    rig: Rig, field: FieldService, met: bool
) -> None:
    feed(rig, "referral.received", referral("r1"))
    field.progress_referral("r1", ReferralState.CLOSED, outcome="person_found_already_known")
    if met:
        field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, referral_id="r1"))
    else:
        field.record_visit(VisitDraft(referral_id="r1"))
    assert field.referral("r1").state is ReferralState.CLOSED


def test_each_time_that_somebody_looked_is_one_step(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1"))
    field.record_visit(VisitDraft(referral_id="r1"))
    field.record_visit(VisitDraft(referral_id="r1"))
    assert [entry.what for entry in field.referral("r1").timeline].count("Looked for") == 2


def test_a_contact_for_a_closed_referral_is_still_saved(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1", state=ReferralState.WRONG_AREA))
    contact_id = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, referral_id="r1"))
    assert field.contact(contact_id).contact.referral_id == "r1"


# -------------------------------------------------------------------------------------------------------- the disk


def test_a_full_disk_loses_nothing_and_the_draft_can_be_saved_again(rig: Rig, field: FieldService) -> None:
    draft = ContactDraft(state=ContactState.BEDDED_DOWN, note="n" * 9_000)
    first = field.record_contact(draft)
    connection = record_of(rig).store.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(errors.DiskFull):
        for _ in range(50):
            field.record_contact(draft)
    held = field.unsent()
    assert field.contact(first).contact.note == draft.note
    connection.execute("PRAGMA max_page_count = 1000000")
    again = field.record_contact(draft)
    assert field.unsent() == held + 1 and field.contact(again).contact.note == draft.note


def test_a_seal_that_fails_does_not_undo_the_record_and_is_made_up_for(
    rig: Rig, field: FieldService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mobile.opening import sealed_outbox

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(sealed_outbox, "append", no_room)
        saved = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    assert field.contact(saved).contact.id == saved and rig.field._sealed.numbers == ()
    status = field.sync_status()
    assert status.seal_failed and is_worrying(status), "a log line told nobody that a wipe would lose it"
    assert "this phone alone" in say_sync(load("en"), status)
    field.record_visit(VisitDraft())
    assert rig.field._sealed.numbers == (1, 2) and not field.sync_status().seal_failed
    rig.field._sealed.clear()
    field.lock()
    field.unlock("271828")
    assert rig.field._sealed.numbers == (1, 2)


def test_places_have_kinds_and_lists(field: FieldService) -> None:
    site = field.add_site(SiteDraft(kind=SiteKind.STAIRWELL, position=Position(latitude=51.66, longitude=-0.39)))
    assert field.patch_site(site.id, {"hazards": "needles"}) and not field.patch_site(site.id, {"hazards": "needles"})
    assert [(card.name, card.has_hazards) for card in field.sites_near()] == [("Stairwell", True)]
    field.patch_site(site.id, {"in_use": False})
    assert field.sites_near() == []


# ------------------------------------------------------------------------------------- several referrals of one place
def test_one_contact_answers_the_referrals_of_the_place_that_were_ticked_and_no_other(
    rig: Rig, field: FieldService
) -> None:
    near = Position(latitude=HERE[0] + 0.0003, longitude=HERE[1])
    far = Position(latitude=HERE[0] + 0.002, longitude=HERE[1])
    at = Position(latitude=HERE[0], longitude=HERE[1])
    feed(
        rig, "referral.received", referral("r1", position=at), referral("r2", position=near, description="Two men"),
        referral("r3", position=at), referral("far", position=far), referral("done", position=at, state=ReferralState.CLOSED),
    )  # fmt: skip
    others = {other.id: other.text for other in field.referral("r1").others}
    assert set(others) == {"r2", "r3"}
    assert others["r2"] == "Two men"
    contact_id = field.record_contact(
        ContactDraft(state=ContactState.BEDDED_DOWN, referral_id="r1", also_ids=("r2", "done"))
    )
    states = {each: field.referral(each).state for each in ("r1", "r2", "r3", "far", "done")}
    assert states == {
        "r1": ReferralState.FOUND, "r2": ReferralState.FOUND, "r3": ReferralState.RECEIVED,
        "far": ReferralState.RECEIVED, "done": ReferralState.CLOSED,
    }  # fmt: skip
    assert field.contact(contact_id).contact.referral_id == "r1"


def test_places_in_the_same_words_are_one_where_no_point_was_given(rig: Rig, field: FieldService) -> None:
    feed(
        rig, "referral.received", referral("r1", place="Bus  shelter, High Street", position=None),
        referral("r2", place="bus shelter, high street", position=None), referral("r3", place="", position=None),
        referral("r4", place="", position=None),
    )  # fmt: skip
    assert [other.id for other in field.referral("r1").others] == ["r2"]
    assert field.referral("r3").others == ()


def test_one_visit_and_one_outcome_answer_several(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1"), referral("r2"), referral("r3"))
    field.record_visit(VisitDraft(referral_id="r1", also_ids=("r2",), bedding_present=False))
    assert [field.referral(each).state for each in ("r1", "r2", "r3")] == [
        ReferralState.LOOKED_FOR, ReferralState.LOOKED_FOR, ReferralState.RECEIVED,
    ]  # fmt: skip
    outcome = "person not found - person looked for"
    field.progress_referral("r1", ReferralState.CLOSED, outcome=outcome, also_ids=("r2", "r3", "r1", "nowhere"))
    assert [(field.referral(each).state, field.referral(each).outcome) for each in ("r1", "r2", "r3")] == [
        (ReferralState.CLOSED, outcome)
    ] * 3
