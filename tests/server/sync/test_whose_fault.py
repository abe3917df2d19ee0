"""A fault of ours is not a fault of theirs: whatever fails in the server is answered "busy" and sent again; only what a change
itself does wrong sets it aside, with a reason in words."""

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from server.database.engine import Database
from server.queries.street import contacts
from server.queries.sync import store as sync
from server.queries.sync.applying import why_unfit
from tests.server.phone import Phone


def test_a_schema_that_is_behind_the_code_is_busy_and_the_work_comes_in_once_it_is_mended(
    phone: Phone, database: Database
) -> None:
    told = [phone.contact(note=f"contact {i}") for i in range(5)]
    with database.writing() as session:
        session.execute(text("alter table contact rename column note to note_of_tomorrow"))
    answer = phone.push(*told)
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    with database.reading() as session:
        assert sync.list_quarantined(session) == []
        assert sync.get_device_state(session, phone.number).acked == 0
    with database.writing() as session:
        session.execute(text("alter table contact rename column note_of_tomorrow to note"))
    assert phone.push(*told).json()["acked"] == 5
    with database.reading() as session:
        assert contacts.count_contacts(session) == 5


def test_a_column_that_the_code_does_not_know_yet_is_no_fault_of_the_phones(phone: Phone, database: Database) -> None:
    """A migration of the next version has run, this process has not been replaced yet."""
    with database.writing() as session:
        session.execute(text("alter table contact_person rename to contact_person_of_yesterday"))
    assert phone.push(phone.contact(person_ids=[phone.new_id()])).status_code == 503
    with database.reading() as session:
        assert sync.list_quarantined(session) == []


def test_no_reason_repeats_what_a_database_said() -> None:
    said = IntegrityError("INSERT INTO person (name) VALUES ('Marek')", None, Exception("Key (name)=(Marek)"))
    reason = why_unfit(said)
    assert reason is not None and "INSERT" not in reason and "Marek" not in reason
    assert why_unfit(ProgrammingError("SELECT 1", None, Exception("no such column"))) is None
