"""What a phone sends becomes the record: a contact verifies, the MDT list hears of it, the original is kept."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from server.database.engine import Database
from server.queries.cases import cases
from server.queries.cases.priorities import list_newest_needs
from server.queries.operation import audit
from server.queries.people import held, people, person_page
from server.queries.people.verification import find_status
from server.queries.street import contacts
from server.tables.street.contact import contact, contact_person
from tests.conftest import Clock
from tests.server.cast import WATFORD, Cast
from tests.server.phone import Phone

HERE = {"latitude": WATFORD[0], "longitude": WATFORD[1], "source": "gps", "accuracy_m": 12.0}


def test_a_contact_verifies_marek_and_puts_him_on_watfords_list(
    phone: Phone, database: Database, cast: Cast, new_id: Callable[[], str]
) -> None:
    marek = new_id()
    answer = phone.push(
        phone.patch("person.patched", marek, name="Marek", gender="male"),
        phone.contact(person_ids=[marek], position=HERE),
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["acked"] == 2
    with database.reading() as session:
        person = people.find_person(session, marek)
        status = find_status(session, marek)
        listed = cases.find_live_case(session, marek, cast.watford.id)
    assert person is not None and person.name == "Marek"
    assert status is not None and status.verified
    assert "seen bedded down by Aisha N" in status.reason
    assert listed is not None and listed.reason == status.reason


def test_a_repeated_push_stores_nothing(phone: Phone, database: Database, new_id: Callable[[], str]) -> None:
    changes = [phone.patch("person.patched", new_id(), name="Marek"), phone.contact(position=HERE)]
    assert phone.push(*changes).status_code == 200
    with database.reading() as session:
        before = contacts.count_contacts(session), len(audit.list_lines(session, limit=10_000))
    assert phone.push(*changes).status_code == 200
    with database.reading() as session:
        assert (contacts.count_contacts(session), len(audit.list_lines(session, limit=10_000))) == before


def test_who_met_a_person_stands_beside_the_meeting_also_after_a_correction(
    phone: Phone, database: Database, new_id: Callable[[], str]
) -> None:
    marek, mars = new_id(), new_id()
    told = phone.contact(person_ids=[marek], position=HERE, referral_id="referral")
    later = {
        "id": new_id(), "contact_id": told["e"], "at": phone.clock().isoformat(), "worker_id": told["who"],
        "fields": {"person_ids": [marek, mars]}, "reason": "His brother was there too",
    }  # fmt: skip
    assert phone.push(told, phone.make_change("contact.corrected", e=told["e"], p=later)).status_code == 200
    query = select(contact_person.c.person_id, contact_person.c.team_id, contact_person.c.referral_id)
    with database.reading() as session:
        met = {tuple(row) for row in session.execute(query)}
        (team_id,) = session.scalars(select(contact.c.team_id))
    assert met == {(marek, team_id, "referral"), (mars, team_id, "referral")}


def test_a_correction_changes_what_is_read_and_keeps_the_original(
    phone: Phone, database: Database, new_id: Callable[[], str]
) -> None:
    marek = new_id()
    told = phone.contact(person_ids=[marek], position=HERE)
    contact_id = told["e"]
    later = {
        "id": new_id(),
        "contact_id": contact_id,
        "at": phone.clock().isoformat(),
        "worker_id": told["who"],
        "fields": {"state": "not_bedded_down", "note": "Was only sitting there"},
        "reason": "Seen again",
    }
    patch = phone.patch("person.patched", marek, name="Marek")
    assert phone.push(told, patch, phone.make_change("contact.corrected", e=contact_id, p=later)).status_code == 200
    with database.reading() as session:
        stored = contacts.find_contact(session, contact_id)
        status = find_status(session, marek)
    assert stored is not None and stored.contact.note == "Was only sitting there"
    assert stored.original is not None and '"bedded_down"' in stored.original
    assert status is not None and not status.verified


def test_a_need_told_in_a_contact_goes_with_it_to_the_right_person(
    phone: Phone, database: Database, new_id: Callable[[], str], clock: Clock
) -> None:
    """It stood on the record of whoever the contact named first, in their order of discussion and on the list of Housing."""
    marek, mars = new_id(), new_id()
    drinks = {"need": "alcohol", "receiving_support": "no"}
    told = phone.contact(person_ids=[marek], position=HERE, needs=[drinks])

    def need(person_id: str) -> dict[str, Any]:
        said = {**drinks, "id": new_id(), "person_id": person_id, "at": told["p"]["seen_at"], "worker_id": told["who"]}
        return phone.make_change("need.recorded", e=person_id, p={**said, "contact_id": told["e"]})

    def correction(**fields: Any) -> dict[str, Any]:
        said = {"id": new_id(), "contact_id": told["e"], "at": phone.clock().isoformat(), "worker_id": told["who"]}
        return phone.make_change("contact.corrected", e=told["e"], p={**said, "fields": fields, "reason": "not he"})

    def needing() -> set[str]:
        with database.reading() as session:
            by_page = {who for who in (marek, mars) if person_page.list_needs(session, [who])}
            by_record = {who for who in (marek, mars) if people.list_needs(session, who)}
            by_order = {who for who, needs in list_newest_needs(session, [marek, mars]).items() if needs}
        assert by_page == by_record == by_order
        return by_page

    assert phone.push(told, need(marek)).status_code == 200 and needing() == {marek}
    assert phone.push(correction(person_ids=[mars]), need(mars)).status_code == 200 and needing() == {mars}
    with database.reading() as session:
        assert "person_need" not in held.list_everything(session, [marek]), "nor is it in his own copy"
    clock.advance(minutes=1)
    assert phone.push(correction(person_ids=[mars], needs=[])).status_code == 200 and needing() == set()
    clock.advance(minutes=1)
    assert phone.push(correction(person_ids=[marek], needs=[drinks])).status_code == 200 and needing() == {marek}


def test_an_unknown_code_of_a_newer_app_survives_push_and_pull(
    phone: Phone, database: Database, new_id: Callable[[], str]
) -> None:
    newer = phone.contact(state="sleeping_in_a_pod", position=HERE)
    newer["p"]["field_of_tomorrow"] = {"kept": True}
    assert phone.push(newer).json()["acked"] == 1
    with database.reading() as session:
        stored = contacts.find_contact(session, newer["e"])
    assert stored is not None and stored.contact.state.value == "sleeping_in_a_pod"
    rows = [row for row in phone.pull().json()["rows"] if row[2] == newer["id"]]
    assert rows[0][5]["p"]["state"] == "sleeping_in_a_pod"
    assert rows[0][5]["p"]["field_of_tomorrow"] == {"kept": True}


def test_one_bad_record_is_quarantined_and_its_neighbours_stand(phone: Phone, database: Database) -> None:
    first, bad, last = phone.contact(), phone.contact(), phone.contact()
    bad["p"]["seen_at"] = "the night before last"
    assert phone.push(first, bad, last).json()["acked"] == 3
    with database.reading() as session:
        assert contacts.count_contacts(session) == 2
        reason = session.execute(text("select reason from sync_change where id = :id"), {"id": bad["id"]}).scalar_one()
    assert "seen_at" in reason or "cannot be read" in reason
    assert "night before last" not in reason


def test_a_phone_speaks_for_its_own_worker_only(phone: Phone, database: Database, cast: Cast) -> None:
    forged, signed_as_another, own = phone.contact(worker_id=cast.dean.id), phone.contact(), phone.contact()
    signed_as_another["who"] = cast.dean.id
    assert phone.push(forged, signed_as_another, own).json()["acked"] == 3
    with database.reading() as session:
        assert contacts.count_contacts(session) == 1
        held = text("select reason from sync_change where id in (:one, :two)")
        reasons = session.execute(held, {"one": forged["id"], "two": signed_as_another["id"]}).scalars().all()
    assert len(reasons) == 2
    assert all("in the name of a worker who does not carry this phone" in reason for reason in reasons)


def test_a_record_opened_offline_is_in_the_audit(
    phone: Phone, database: Database, cast: Cast, new_id: Callable[[], str]
) -> None:
    marek = new_id()
    read = {
        "id": new_id(),
        "subject_kind": "person",
        "subject_id": marek,
        "worker_id": cast.aisha.id,
        "at": phone.clock().isoformat(),
    }
    assert phone.push(phone.make_change("record.read", e=marek, p=read)).status_code == 200
    with database.reading() as session:
        lines = audit.list_lines(session, subject_kind="person", subject_id=marek)
    assert [(line.actor_id, line.action, line.device_number) for line in lines] == [
        (cast.aisha.id, "see_person", phone.number)
    ]


@pytest.mark.parametrize(("told", "kept"), [("2001-01-01T00:00:00Z", -14), ("2999-01-01T00:00:00Z", 0)])
def test_no_phone_dates_its_reading_back_or_ahead(
    phone: Phone, database: Database, cast: Cast, new_id: Callable[[], str], now: datetime, told: str, kept: int
) -> None:
    marek = new_id()
    read = {"id": new_id(), "subject_kind": "person", "subject_id": marek, "worker_id": cast.aisha.id, "at": told}
    assert phone.push(phone.make_change("record.read", e=marek, p=read)).status_code == 200
    with database.reading() as session:
        (line,) = audit.list_lines(session, subject_kind="person", subject_id=marek)
    assert line.at == now + timedelta(days=kept)
    assert f"heard of at {now.isoformat()}" in line.detail
