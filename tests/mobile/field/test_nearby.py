"""Who is near, tonight's walk, and who somebody new might be: offline, with reasons."""

from datetime import date, timedelta
from typing import Any

import pytest

from mobile.field.service import FieldService
from mobile.field.views import ContactDraft, PersonDraft, SiteDraft, TonightKind, VisitDraft
from mobile.store.referrals import list_open
from mobile.text import load
from mobile.text.moments import join
from mobile.text.timeline import say_entry
from shared.model.codes import ContactState, Gender, ReferralState
from shared.model.person import PersonMerged
from shared.model.position import Position
from shared.rules.walking_order import STOPS_MAX
from tests.mobile.feeding import feed, feed_patch, referral
from tests.mobile.rig import PIN, Rig

HERE = Position(latitude=51.6637, longitude=-0.3960)
NORTH = Position(latitude=51.6660, longitude=-0.3960)
FAR = Position(latitude=51.7100, longitude=-0.3960)


@pytest.fixture
def rig(rig: Rig) -> Rig:
    rig.field.listen()
    return rig


def meet(field: FieldService, alias: str, position: Position | None = None, **more: Any) -> str:
    draft = ContactDraft(
        state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias=alias),), position=position, **more
    )
    return field.contact(field.record_contact(draft)).contact.person_ids[0]


def stand_here(rig: Rig) -> None:
    rig.location.fix(HERE.latitude, HERE.longitude, at=rig.clocks.now())


def test_the_first_tiles_are_those_last_seen_near(rig: Rig, field: FieldService) -> None:
    for alias, place in (("Far", FAR), ("Near", HERE), ("Nowhere", None)):
        meet(field, alias, place)
        rig.clocks.pass_(minutes=2)
    stand_here(rig)
    cards = field.people_near()
    assert [card.known_as for card in cards] == ["Near", "Far", "Nowhere"]
    assert cards[0].distance_m == pytest.approx(0, abs=1) and cards[1].distance_m == pytest.approx(5_148, abs=10)
    assert cards[0].not_yet_sent


def test_who_was_met_already_tonight_comes_after_those_who_were_not(rig: Rig, field: FieldService) -> None:
    """After four contacts the first tiles were the four who had been met."""
    rig.location.fix(HERE.latitude, HERE.longitude, at=rig.clocks.now())
    names = ("Marek", "Red", "Lofty")
    met = {}
    for name in names:
        met[name] = field.record_contact(
            ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias=name),))
        )
        rig.clocks.pass_(seconds=30)
    rig.clocks.pass_(hours=23)
    rig.location.fix(HERE.latitude, HERE.longitude, at=rig.clocks.now())
    assert [card.known_as for card in field.people_near(None, 6)] == ["Lofty", "Red", "Marek"]
    lofty = field.contact(met["Lofty"]).contact.person_ids
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=lofty))
    assert [card.known_as for card in field.people_near(None, 6)] == ["Red", "Marek", "Lofty"]


def test_without_a_place_the_latest_come_first(rig: Rig, field: FieldService) -> None:
    for alias in ("First", "Second"):
        meet(field, alias)
        rig.clocks.pass_(minutes=1)
    assert [card.known_as for card in field.people_near()] == ["Second", "First"]


def test_a_person_seen_at_a_site_without_a_fix_is_where_the_site_is(field: FieldService) -> None:
    site = field.add_site(SiteDraft(name="Stairwell", position=HERE))
    meet(field, "Red", site_id=site.id)
    assert [(card.known_as, card.last_place) for card in field.people_near(HERE)] == [("Red", "Stairwell")]
    field.patch_site(site.id, {"position": FAR})
    assert field.people_near(HERE)[0].distance_m == pytest.approx(5_148, abs=10)


def test_tonight_is_a_walk_with_a_distance_and_a_reason_for_each_stop(rig: Rig, field: FieldService) -> None:
    rig.clocks.wall -= timedelta(days=1)
    meet(field, "Red", NORTH, next_step="Bring a coat")
    rig.clocks.pass_(days=1)
    feed(rig, "referral.received", referral("r1"), referral("r2", position=None, description="homeless man near Tesco"))
    stand_here(rig)
    first, second, third = field.tonight()
    assert (first.kind, first.id, second.kind, third.id) == (TonightKind.REFERRAL, "r1", TonightKind.FOLLOW_UP, "r2")
    assert first.reason == "Referral, 30 m, reported 21:40: man in doorway, no coat. Due Tuesday"
    assert "Red" in second.reason and "Bring a coat" in second.reason and "260 m" in second.reason
    assert third.distance_m is None and "place not known" in third.reason
    assert first.leg_m is not None and second.leg_m is not None


def test_who_was_met_tonight_is_not_a_follow_up_any_more(rig: Rig, field: FieldService) -> None:
    red = meet(field, "Red", NORTH)
    assert field.tonight() == []
    rig.clocks.pass_(days=1)
    assert [item.person_id for item in field.tonight()] == [red]
    rig.clocks.pass_(days=8)
    assert field.tonight() == []


def test_a_busy_night_and_many_reports_leave_room_for_whom_we_said_we_would_come_back_to(
    rig: Rig, field: FieldService
) -> None:
    """Whoever was met tonight took the places of those still to be met, and thirty open reports took all."""
    ania = meet(field, "Ania", NORTH, next_step="Bring a coat")
    rig.clocks.pass_(days=1)
    for number in range(STOPS_MAX):
        meet(field, f"Met {number}", HERE)
    assert [item.person_id for item in field.tonight()] == [ania]
    feed(rig, "referral.received", *(referral(f"r{number}") for number in range(STOPS_MAX)))
    assert ania in {item.person_id for item in field.tonight()}


def test_of_two_joined_records_the_newest_sighting_every_word_and_every_warning_stand(
    rig: Rig, field: FieldService
) -> None:
    """Marek was joined into Tall: his sighting of tonight, his name and what to beware of went from every list."""
    rig.location.fix(HERE.latitude, HERE.longitude, at=rig.clocks.now())
    tall = meet(field, "Tall", FAR, site_id=field.add_site(SiteDraft(name="Old mill", position=FAR)).id)
    rig.clocks.pass_(days=2)
    site = field.add_site(SiteDraft(name="Stairwell", position=HERE))
    marek = meet(field, "Marek", HERE, site_id=site.id)
    field.patch_person(marek, {"safety_signs": "Shouts when woken"})
    field.patch_person(tall, {"safety_needs": "Afraid of dogs"})

    def say_joined(number: int, *, undone: bool) -> None:
        at = rig.clocks.now() + timedelta(minutes=number)
        said = PersonMerged(id=f"m{number}", from_id=marek, into_id=tall, undone=undone, worker_id="tom", at=at)
        feed(rig, "person.merged", said)

    say_joined(1, undone=False)
    (card,) = field.people_near(HERE)
    assert (card.id, card.last_place, card.distance_m) == (tall, "Stairwell", pytest.approx(0, abs=1))
    assert [one.id for one in field.search_people("marek")] == [tall] == [one.id for one in field.search_people("tall")]
    record = field.person(tall)
    assert (record.warned.safety_signs, record.warned.safety_needs) == ("Shouts when woken", "Afraid of dogs")
    assert record.person.safety_signs == "", "a form shows what is written on this record"
    assert [one.id for one in field.site(site.id).people] == [tall]
    assert [item.id for item in field.map_items(51, -1, 52, 1) if item.kind == "person"] == [tall]
    rig.clocks.pass_(minutes=5)
    met_again = ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(tall,), position=NORTH)
    field.record_contact(met_again)
    assert field.people_near(NORTH)[0].distance_m == pytest.approx(0, abs=1)
    say_joined(2, undone=True)
    assert {one.id for one in field.people_near(HERE)} == {tall, marek}
    assert [one.id for one in field.search_people("marek")] == [marek]
    assert field.person(marek).card.last_place == "Stairwell"
    assert not field.person(tall).warned.safety_signs


def test_an_overdue_referral_says_so(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1", due_on=date(2026, 11, 1)))
    item = field.tonight()[0]
    assert item.is_overdue and "Overdue since 1 Nov" in item.reason


def test_a_day_that_has_moved_moves_the_referral_in_the_list(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1", due_on=date(2026, 11, 1)), referral("r2", due_on=date(2026, 11, 2)))
    feed(rig, "referral.received", referral("r1", due_on=date(2026, 11, 9)))
    with rig.field._open.record.store.reading() as connection:
        assert [row.referral.id for row in list_open(connection)] == ["r2", "r1"]


def test_a_referral_says_to_whom_of_the_team_it_was_given(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1"), referral("r2", assigned_worker_id="dean"))
    assert {item.id: item.given_to for item in field.tonight()} == {"r1": "", "r2": "Dean R"}
    feed_patch(rig, "referral.patched", "r1", who="tom", assigned_worker_id="aisha")
    feed_patch(rig, "referral.patched", "r2", who="tom", assigned_worker_id=None)
    assert {item.id: item.given_to for item in field.tonight()} == {"r1": "Aisha N", "r2": ""}
    assert field.referral("r1").given_to == "Aisha N"


def test_a_closed_referral_is_not_walked_to(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1"))
    field.progress_referral("r1", ReferralState.CLOSED, outcome="no_action")
    assert field.tonight() == []


def test_a_referral_shows_who_and_what_is_near_it(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1"))
    meet(field, "Red", NORTH, new_site=SiteDraft(name="Underpass", position=NORTH))
    record = field.referral("r1")
    assert [card.known_as for card in record.people_near] == ["Red"]
    assert [card.name for card in record.sites_near] == ["Underpass"]


def test_someone_new_may_be_red_and_the_reasons_are_told(rig: Rig, field: FieldService) -> None:
    field.record_contact(
        ContactDraft(
            state=ContactState.BEDDED_DOWN,
            new_people=(PersonDraft(alias="Red", description="red hat, Irish, small dog"),),
            position=HERE,
        )
    )
    field.add_person(PersonDraft(alias="Anna", description="red hat, small dog", gender=Gender.FEMALE))
    hints = field.possible_duplicates(PersonDraft(description="Irish man, small dog", gender=Gender.MALE), HERE)
    assert [hint.person.known_as for hint in hints] == ["Red"]
    assert any("dog" in reason for reason in hints[0].reasons)
    assert field.possible_duplicates(PersonDraft(description="tall, quiet")) == []


def test_a_note_with_an_address_is_asked_about(field: FieldService) -> None:
    assert field.note_prompt("stays at 14 Cassio Road most nights") is not None
    assert field.note_prompt("cold, wanted tea") is None


def test_the_map_draws_what_is_inside_the_box(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", referral("r1"))
    meet(field, "Red", NORTH, new_site=SiteDraft(name="Underpass", position=NORTH))
    meet(field, "Far", FAR)
    kinds = [item.kind for item in field.map_items(51.66, -0.40, 51.67, -0.39)]
    assert kinds == ["referral", "site", "person"]


def test_a_place_shows_who_sleeps_there_and_who_looked(field: FieldService) -> None:
    site = field.add_site(SiteDraft(name="Stairwell", position=HERE))
    meet(field, "Red", site_id=site.id)
    field.record_visit(VisitDraft(site_id=site.id, bedding_present=True))
    record = field.site(site.id)
    assert [card.known_as for card in record.people] == ["Red"]
    assert {entry.what for entry in record.timeline} == {"Bedded down", "Nobody here, bedding present"}
    polish = load("pl")
    assert {say_entry(polish, entry) for entry in record.timeline} == {
        polish.say_code("contact_state", "bedded_down"),
        join(polish.say("found.nobody"), polish.say("bedding.there")),
    }
    assert all(say_entry(polish, entry) != say_entry(load("en"), entry) for entry in record.timeline)


def test_opening_a_record_is_written_down_once_a_look(rig: Rig, field: FieldService) -> None:
    red = meet(field, "Red")
    before = field.unsent()
    field.person(red)
    field.person(red)
    assert field.unsent() == before + 1
    rig.clocks.pass_(minutes=16)
    field.person(red)
    assert field.unsent() == before + 2
    assert all("opened" not in item.title for item in field.sync_tray())


def test_nobody_is_led_to_somebody_who_died_and_who_looks_by_name_finds_them(rig: Rig, field: FieldService) -> None:
    stand_here(rig)
    lofty, red = meet(field, "Lofty", HERE), meet(field, "Red", HERE)
    field.patch_person(lofty, {"died_on": date(2026, 11, 10)})
    rig.clocks.pass_(hours=24)
    stand_here(rig)
    assert [card.id for card in field.people_near()] == [red]
    assert lofty not in [item.person_id for item in field.tonight()]
    assert [item.id for item in field.map_items(51.0, -1.0, 52.0, 0.0) if item.kind == "person"] == [red]
    assert lofty not in [each.person.id for each in field.possible_duplicates(PersonDraft(alias="Lofty"), HERE)]
    assert [card.id for card in field.search_people("Lofty")] == [lofty]
    assert field.person(lofty).person.died_on == date(2026, 11, 10)
    assert [card.id for card in field.people_near(None, 1)] == [red], "and nobody's tile is lost to them"
    rig.restart().unlock(PIN)
    assert [card.id for card in rig.field.people_near(None, 1)] == [red], "nor where no place is known"
