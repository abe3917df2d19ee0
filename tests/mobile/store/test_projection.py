"""The read tables follow from the changes: live, rebuilt, corrected and taken back they say the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from mobile.field.views import ContactDraft, PersonDraft, SiteDraft, VisitDraft
from mobile.store import contacts, people, projection, sites
from mobile.store.record import Record
from shared.model.codes import ContactState, SiteKind
from shared.model.position import Position
from sync.wire import Change
from tests.mobile.rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    made = Rig(tmp_path)
    made.enrol()
    return made


def record_of(rig: Rig) -> Record:
    return rig.field._open.record


def whole(record: Record) -> dict[str, list[Any]]:
    """Every read table, row by row."""
    with record.store.reading() as connection:
        return {
            table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}").fetchall()))
            for table in projection.TABLES
        }


def a_busy_night(rig: Rig) -> str:
    field = rig.field
    field.start_shift("Town centre")
    stairwell = SiteDraft(
        name="Station stairwell", kind=SiteKind.STAIRWELL, position=Position(latitude=51.66, longitude=-0.39)
    )
    contact_id = field.record_contact(
        ContactDraft(
            state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias="Red"),), new_site=stairwell, note="a"
        )
    )
    contact = field.contact(contact_id).contact
    rig.clocks.pass_(minutes=5)
    field.refine_contact(contact_id, {"note": "b", "next_step": "bring a coat"})
    rig.clocks.pass_(minutes=5)
    field.record_visit(VisitDraft(site_id=contact.site_id, bedding_present=False))
    field.patch_person(contact.person_ids[0], {"name": "Redmond"})
    field.record_contact(ContactDraft(state=ContactState.DECLINED_CONTACT, person_ids=contact.person_ids))
    field.check_in()
    field.person(contact.person_ids[0])
    return contact_id


def change(kind: str, entity: str, payload: Any, n: int = 900, **others: Any) -> Change:
    raw = Raw(json.dumps(payload).encode())
    return Change(id=f"change-{n}", dev=3, n=n, hlc=1 << 20, t=kind, s="team:watford", e=entity, p=raw, **others)


def test_rebuilding_gives_the_same_tables(rig: Rig) -> None:
    a_busy_night(rig)
    before = whole(record_of(rig))
    record_of(rig).rebuild()
    after = whole(record_of(rig))
    assert after == before
    assert before["contact"] and before["person"] and before["record_read"]


def test_a_change_that_comes_again_changes_nothing(rig: Rig) -> None:
    a_busy_night(rig)
    record = record_of(rig)
    before = whole(record)
    with record.store.writing():
        record.tables.changed([one for one, _ in record.sync.list_effective()], [])
    assert whole(record) == before


def test_corrections_in_any_order_give_the_same_contact(rig: Rig) -> None:
    contact_id = a_busy_night(rig)
    record = record_of(rig)
    wanted = rig.field.contact(contact_id).contact
    changes = [one for one, _ in record.sync.list_effective()]
    with record.store.writing():
        record.tables.wiped()
        record.tables.changed(list(reversed(changes)), [])
    assert rig.field.contact(contact_id).contact == wanted
    assert rig.field.contact(contact_id).original.note == "a"


def test_a_contact_that_is_withdrawn_takes_its_sighting_along(rig: Rig) -> None:
    contact_id = a_busy_night(rig)
    record = record_of(rig)
    person_id = rig.field.contact(contact_id).contact.person_ids[0]
    recorded = [one for one, _ in record.sync.list_effective() if one.t == "contact.recorded"]
    with record.store.writing() as connection:
        record.tables.changed([], recorded)
        row = people.find_person(connection, person_id)
        assert row is not None and row.last_seen_at is None and row.place is None
        assert contacts.find_contact(connection, contact_id) is None
        site = sites.list_recent(connection, 5)[0]
        assert site.last_visited_at is not None and site.people_last_seen == 0


def test_a_fact_of_a_newer_app_is_passed_over(rig: Rig) -> None:
    record = record_of(rig)
    with record.store.writing():
        record.tables.changed(
            [change("weather.noted", "w1", {"rain": True}), change("visit.recorded", "v1", {"id": 7})], []
        )
    assert whole(record)["visit"] == []


def test_an_unknown_code_and_an_unreadable_field_do_not_hide_a_person(rig: Rig) -> None:
    record = record_of(rig)
    patched = change("person.patched", "p1", None)
    values = {
        "name": '"Marek"',
        "gender": '"gender_of_2031"',
        "date_of_birth": '"the tenth of never"',
        "new_field": "[1]",
    }
    sets = {name: (Raw(value.encode()), {}) for name, value in values.items()}
    patched = Change(id="c1", dev=3, n=1, hlc=1 << 20, t="person.patched", s="team:watford", e="p1", set_=sets)
    with record.store.writing() as connection:
        from mobile.store import sync_rows

        sync_rows.insert_writes(connection, patched, 1 << 20)
        record.tables.changed([patched], [])
        row = people.find_person(connection, "p1")
    assert row is not None
    assert row.known_as == "Marek" and str(row.person.gender) == "gender_of_2031" and row.person.date_of_birth is None


def test_two_records_said_to_be_one_show_as_one(rig: Rig) -> None:
    field = rig.field
    first = field.add_person(PersonDraft(alias="Red"))
    second = field.add_person(PersonDraft(name="Redmond"))
    seen = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(first.id,)))
    told = {"id": "m1", "from_id": first.id, "into_id": second.id, "at": "2026-11-12T21:00:00Z", "worker_id": "tom"}
    record = record_of(rig)
    with record.store.writing():
        record.tables.changed([change("person.merged", first.id, told)], [])
    assert [card.id for card in field.search_people("red")] == [second.id]
    shown = field.person(first.id)
    assert shown.person.id == second.id and shown.merged_ids == (first.id,)
    assert [entry.contact_id for entry in shown.timeline] == [seen]
