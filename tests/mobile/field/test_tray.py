"""The sync tray: every item in plain words, conflicts settled field by field, refused records said anew."""

import pytest

from mobile.field.drafts import DraftRefused
from mobile.field.service import FieldService
from mobile.field.tray import say_value
from mobile.field.views import ContactDraft, PersonDraft
from mobile.store import outbox
from mobile.store.errors import NotHere
from shared.model.codes import ContactState, SyncState
from tests.mobile.feeding import acknowledge, feed, feed_patch, hold, referral
from tests.mobile.rig import Rig
from tests.mobile.store.test_projection import record_of


def test_what_waits_is_named_and_nothing_need_be_done(field: FieldService) -> None:
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias="Red"),)))
    titles = [(item.title, item.state) for item in field.sync_tray()]
    assert titles == [
        ("Description of a person, 23:30: Red", SyncState.QUEUED),
        ("Contact, 23:30: Bedded down, Red", SyncState.QUEUED),
    ]
    assert field.sync_tray()[0].what_to_do.startswith("Nothing to do")
    assert field.sync_status().message == "2 not yet sent · kept safe on this phone"


def test_what_the_server_holds_leaves_the_tray(rig: Rig, field: FieldService) -> None:
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    acknowledge(rig)
    assert field.sync_tray() == [] and field.unsent() == 0


def test_two_words_for_one_field_are_shown_with_who_said_them_and_one_is_chosen(rig: Rig, field: FieldService) -> None:
    red = field.add_person(PersonDraft(alias="Red"))
    acknowledge(rig)
    feed_patch(rig, "person.patched", red.id, alias="Rusty")
    (item,) = field.sync_tray()
    assert item.state is SyncState.CONFLICT and item.conflict is not None
    assert {(c.text, c.who, c.is_mine) for c in item.conflict.choices} == {
        ("Red", "Aisha N", True),
        ("Rusty", "Dean R", False),
    }
    assert field.person(red.id).card.has_conflict
    rusty = next(choice for choice in item.conflict.choices if choice.text == "Rusty")
    field.resolve_conflict(item.conflict, rusty)
    assert field.person(red.id).person.alias == "Rusty" and not field.person(red.id).card.has_conflict
    assert all(one.state is not SyncState.CONFLICT for one in field.sync_tray())
    with pytest.raises(DraftRefused, match="meanwhile"):
        field.resolve_conflict(item.conflict, item.conflict.choices[0])


def test_a_word_that_nobody_has_seen_is_never_written_over(rig: Rig, field: FieldService) -> None:
    red = field.add_person(PersonDraft(alias="Red"))
    acknowledge(rig)
    feed_patch(rig, "person.patched", red.id, alias="Rusty")
    (item,) = field.sync_tray()
    assert item.conflict is not None
    feed_patch(rig, "person.patched", red.id, dev=4, alias="Robert")
    with pytest.raises(DraftRefused, match="meanwhile"):
        field.resolve_conflict(item.conflict, item.conflict.choices[0])
    (again,) = field.sync_tray()
    assert again.conflict is not None and {each.text for each in again.conflict.choices} == {"Red", "Rusty", "Robert"}
    field.resolve_conflict(again.conflict, again.conflict.choices[0])
    assert not field.person(red.id).card.has_conflict


def test_no_side_is_an_id_nor_a_machines_date(rig: Rig, field: FieldService) -> None:
    red = field.add_person(PersonDraft(alias="Red"))
    acknowledge(rig)
    feed(rig, "referral.received", referral("r1"))
    for dev, who, team, born in ((3, "aisha", "watford", "1981-02-01"), (4, "dean", "dacorum", "1980-12-31")):
        feed_patch(rig, "referral.patched", "r1", dev=dev, assigned_worker_id=who, team_id=team)
        feed_patch(rig, "person.patched", red.id, dev=dev, date_of_birth=born)
    items = [item.conflict for item in field.sync_tray() if item.conflict is not None]
    assert {each.field: {choice.text for choice in each.choices} for each in items} == {
        "assigned_worker_id": {"Aisha N", "Dean R"},
        "team_id": {"Watford Outreach", "another team"},
        "date_of_birth": {"1 February 1981", "31 December 1980"},
    }


def test_different_fields_of_one_person_are_no_conflict(rig: Rig, field: FieldService) -> None:
    red = field.add_person(PersonDraft(alias="Red"))
    acknowledge(rig)
    feed_patch(rig, "person.patched", red.id, language="Polish")
    person = field.person(red.id).person
    assert (person.alias, person.language) == ("Red", "Polish")
    assert all(one.state is not SyncState.CONFLICT for one in field.sync_tray())


def refused_contact(rig: Rig) -> str:
    contact_id = rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, note="wrong"))
    with record_of(rig).store.reading() as connection:
        change = outbox.list_unsent(connection, 0)[-1]
    hold(rig, change.id, change.n, "The time of this contact lies in the future.")
    return contact_id


def test_a_refused_record_tells_why_and_can_be_said_anew(rig: Rig, field: FieldService) -> None:
    contact_id = refused_contact(rig)
    (item,) = field.sync_tray()
    assert item.state is SyncState.QUARANTINED and "future" in item.reason
    assert item.correctable_fields == {"safety_needs": "", "strengths": "", "next_step": "", "note": "wrong"}, (
        "what was written, and no ids nor codes to be typed by hand"
    )
    field.correct_quarantined(item.id, {"note": "right"})
    assert field.contact(contact_id).contact.note == "right"
    assert [one.state for one in field.sync_tray()] == [SyncState.QUEUED]


def test_a_refused_record_can_be_left_to_a_supervisor(rig: Rig, field: FieldService) -> None:
    refused_contact(rig)
    field.dismiss_quarantined(field.sync_tray()[0].id)
    assert field.sync_tray() == []


def test_a_correction_of_a_refused_record_keeps_the_rules(rig: Rig, field: FieldService) -> None:
    refused_contact(rig)
    item = field.sync_tray()[0]
    with pytest.raises(DraftRefused, match="too long"):
        field.correct_quarantined(item.id, {"note": "x" * 10_001})
    with pytest.raises(DraftRefused):
        field.correct_quarantined(item.id, {"unheard_of": 1})
    with pytest.raises(NotHere):
        field.correct_quarantined("nothing", {})
    assert field.sync_tray()[0].state is SyncState.QUARANTINED


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "Nothing"),
        ("", "Nothing"),
        (True, "Yes"),
        ("not_known", "not known"),
        ("Red", "Red"),
        ({"latitude": 51.5, "longitude": -0.1, "source": "moved_by_worker"}, "pin moved by hand, 51.50000, -0.10000"),
    ],
)
def test_a_value_is_said_as_a_worker_reads_it(value: object, text: str) -> None:
    assert say_value(value) == text
