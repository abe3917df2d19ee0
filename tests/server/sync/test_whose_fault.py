"""A fault of ours is not a fault of theirs: whatever fails in the server is answered "busy" and sent again; only what a change
itself does wrong sets it aside, with a reason in words."""

import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from mobile.opening.sealing import seal
from server.actions.sync.judging import judge_faults_again
from server.actions.sync.projection import projection
from server.actions.sync.sealed import open_waiting
from server.actions.sync.validation import validate
from server.database.engine import Database
from server.database.sql import Sql
from server.http.services import Services
from server.queries.operation import sealed_boxes
from server.queries.operation.sealed_boxes import KeptBox
from server.queries.street import contacts
from server.queries.sync import applying, changes
from server.queries.sync import store as sync
from server.queries.sync.applying import FAILED, OUR_FAULT, why_unfit
from server.security.tokens import decode, encode
from tests.conftest import Clock
from tests.server.phone import Phone
from tests.server.sync.test_sealed_outbox import send_sealed


def test_a_schema_that_is_behind_the_code_is_busy_and_the_work_comes_in_once_it_is_mended(
    phone: Phone, database: Database, owners: Database
) -> None:
    """Prepared as the database's owner: who serves changes no table."""
    told = [phone.contact(note=f"contact {i}") for i in range(5)]
    with owners.writing() as session:
        session.execute(text("alter table contact rename column note to note_of_tomorrow"))
    answer = phone.push(*told)
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    with database.reading() as session:
        assert sync.list_quarantined(session) == []
        assert sync.get_device_state(session, phone.number).acked == 0
    with owners.writing() as session:
        session.execute(text("alter table contact rename column note_of_tomorrow to note"))
    assert phone.push(*told).json()["acked"] == 5
    with database.reading() as session:
        assert contacts.count_contacts(session) == 5


def test_a_column_that_the_code_does_not_know_yet_is_no_fault_of_the_phones(
    phone: Phone, database: Database, owners: Database
) -> None:
    """A migration of the next version has run (as the owner), this process has not been replaced yet."""
    with owners.writing() as session:
        session.execute(text("alter table contact_person rename to contact_person_of_yesterday"))
    assert phone.push(phone.contact(person_ids=[phone.new_id()])).status_code == 503
    with database.reading() as session:
        assert sync.list_quarantined(session) == []


def test_no_reason_repeats_what_a_database_said() -> None:
    said = IntegrityError("INSERT INTO person (name) VALUES ('Marek')", None, Exception("Key (name)=(Marek)"))
    reason = why_unfit(said)
    assert reason is not None and "INSERT" not in reason and "Marek" not in reason
    assert why_unfit(ProgrammingError("SELECT 1", None, Exception("no such column"))) is None


def test_a_change_that_always_fails_keeps_its_phone_waiting_for_an_hour_only(
    phone: Phone, database: Database, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is set aside as the server's fault, and comes in by itself once that is mended; what is sound counts meanwhile."""
    project, poison = projection.project_needs, phone.new_id()  # type: ignore[attr-defined]

    def fail(session: Any, batch: Any) -> None:
        if any(each.person_id == poison for each in batch.values("need.recorded")):
            raise ZeroDivisionError
        project(session, batch)

    monkeypatch.setattr(projection, "project_needs", fail)
    who = phone.contact()["who"]
    need = {"id": phone.new_id(), "person_id": poison, "need": "mental_health", "worker_id": who}
    phone.last_n = 0
    told = [
        phone.contact(note="Asleep"),
        phone.make_change("need.recorded", e=poison, p=need | {"at": clock().isoformat()}),
        phone.contact(note="Awake"),
    ]
    monkeypatch.setattr(applying, "GIVE_UP_MS", 8 * 60 * 1000)  # within the life of a token
    for _ in range(4):
        assert phone.push(*told).status_code == 503
        clock.advance(minutes=2)
    assert phone.push(*told).json()["acked"] == 3
    with database.reading() as session:
        (held,) = sync.list_quarantined(session)
        assert contacts.count_contacts(session) == 2
    assert held.type == "need.recorded"
    assert (held.reason or "").endswith(OUR_FAULT)
    again: dict[str, Any] = {"project": services.project, "now": clock(), "new_id": services.new_id}
    with database.writing() as session:
        assert judge_faults_again(session, **again) == 0
    monkeypatch.setattr(projection, "project_needs", project)
    with database.writing() as session:
        assert judge_faults_again(session, **again) == 1
        assert sync.list_quarantined(session) == []


def test_after_an_hour_of_a_schema_that_is_behind_all_of_it_waits_on_the_server(
    phone: Phone, database: Database, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "GIVE_UP_MS", 8 * 60 * 1000)
    told = [phone.contact(note=f"contact {i}") for i in range(12)]

    def fail(session: Any, batch: Any) -> None:
        raise ProgrammingError("SELECT 1", None, Exception("no such column"))

    with monkeypatch.context() as behind:
        behind.setattr(projection, "project_needs", fail)
        assert phone.push(*told).status_code == 503
        clock.advance(minutes=9)
        assert phone.push(*told).json()["acked"] == 12
    with database.writing() as session:
        assert contacts.count_contacts(session) == 0
        assert judge_faults_again(session, services.project, clock(), services.new_id) == 12
        assert contacts.count_contacts(session) == 12


def test_sealed_work_waits_for_a_fault_of_ours_an_hour_only_too(
    phone: Phone, database: Database, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked phone's, and a box that waited here for its key: one change that always fails holds back no other for ever."""
    project, poison = projection.project_needs, phone.new_id()  # type: ignore[attr-defined]

    def fail(session: Any, batch: Any) -> None:
        if any(each.person_id == poison for each in batch.values("need.recorded")):
            raise ZeroDivisionError
        project(session, batch)

    def need(**more: Any) -> dict[str, Any]:
        told = {"id": phone.new_id(), "person_id": poison, "need": "mental_health", "at": clock().isoformat()}
        return phone.make_change("need.recorded", e=poison, p=told | {"worker_id": more["who"]})

    monkeypatch.setattr(projection, "project_needs", fail)
    monkeypatch.setattr(applying, "GIVE_UP_MS", 8 * 60 * 1000)
    met = phone.contact(note="Asleep")
    told = [need(who=met["who"]) | {"n": 1}, met | {"n": 2}]
    for _ in range(4):
        assert send_sealed(phone, *told).status_code == 503
        clock.advance(minutes=2)
    assert send_sealed(phone, *told).json() == {"acked": 2, "opened": 2, "kept": 0, "status": "ok"}
    phone.last_n = 2
    assert phone.enrolled is not None
    waiting = [need(who=met["who"]), phone.contact(note="Awake")]
    boxes = [encode(seal(json.dumps(each).encode(), decode(phone.enrolled.sealing_key))) for each in waiting]
    with database.writing() as session:
        sealed_boxes.keep_boxes(session, [
            KeptBox(box_hash=f"box {n}", device_number=phone.number, n=n, received_at=clock(), verdict="no key", box=box)
            for n, box in enumerate(boxes, start=3)
        ])  # fmt: skip
    assert open_waiting(services.opener, database, clock(), lambda: None) == 0
    clock.advance(minutes=9)
    assert open_waiting(services.opener, database, clock(), lambda: None) == 2
    with database.reading() as session:
        assert [each.type for each in sync.list_quarantined(session)] == ["need.recorded"] * 2
        assert contacts.count_contacts(session) == 2


def test_what_counts_already_or_was_set_aside_meanwhile_is_not_judged_again(
    phone: Phone, database: Database, services: Services, clock: Clock
) -> None:
    """Two rebuild at once, or a supervisor decides while one does: what each had listed is no longer what is there."""
    counts, decided = phone.contact(note="Asleep"), phone.contact(note="Awake")
    person = phone.new_id()
    named = phone.patch("person.patched", person, name="Marek")
    assert phone.push(counts, decided, named).json()["acked"] == 3
    with database.writing() as session:
        changes.quarantine_changes(Sql(session), {decided["id"]: f"{FAILED}: it holds a value that has no room here"})
        changes.close_change(session, decided["id"], "tom", phone.now_ms, "Written twice")
    listed = [counts["id"], decided["id"], named["id"]]
    with database.writing() as session:
        assert sync.judge_again(session, listed, validate, services.project) == 0
    with database.reading() as session:
        kept = [sync.find_change(session, each) for each in listed]
        shown = sync.get_fields(session, person)
    assert [each.reason is None for each in kept if each is not None] == [True, False, True]
    assert bytes(shown["name"].shown.value) == b'"Marek"'
