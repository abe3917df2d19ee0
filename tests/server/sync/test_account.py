"""The audit says of each pushed change who carried the phone, which record and fields it touched, and what became of it."""

from collections.abc import Callable
from typing import Any

import pytest

from server.database.engine import Database
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from shared.policy import held as words
from tests.server.cast import Cast
from tests.server.phone import Phone


def lines_about(database: Database, kind: str, record_id: str) -> list[AuditLine]:
    with database.reading() as session:
        return [
            line for line in audit.list_lines(session, subject_kind=kind, subject_id=record_id) if line.action == "sync"
        ]


def test_a_change_names_its_record_its_fields_and_whoever_carried_the_phone(
    phone: Phone, database: Database, cast: Cast, new_id: Callable[[], str]
) -> None:
    marek = new_id()
    change = phone.patch("person.patched", marek, name="Marek", gender="man")
    assert phone.push(change).status_code == 200
    (line,) = lines_about(database, "person", marek)
    assert (line.actor_id, line.agency_id, line.device_number) == (cast.aisha.id, cast.aisha.agency_id, phone.number)
    assert (line.allowed, line.reason) == (True, "")
    assert line.detail == f"person.patched {change['id']}: gender, name"
    assert "Marek" not in repr(line)
    assert phone.push(change).status_code == 200
    assert len(lines_about(database, "person", marek)) == 1, "what is sent again is no new act"


def test_a_fact_is_told_of_each_person_whom_it_names(
    phone: Phone, database: Database, cast: Cast, new_id: Callable[[], str]
) -> None:
    one, other = new_id(), new_id()
    contact = phone.contact(person_ids=[one, other])
    assert phone.push(contact).status_code == 200
    for each in (one, other):
        (line,) = lines_about(database, "person", each)
        assert line.detail == f"contact.recorded {contact['id']}"


def test_what_is_held_is_told_with_why_and_stands_under_whoever_carried_the_phone(
    phone: Phone, database: Database, cast: Cast, new_id: Callable[[], str]
) -> None:
    marek = new_id()
    forged = phone.patch("person.patched", marek, name="BY SOMEBODY ELSE") | {"who": cast.dean.id}
    assert phone.push(forged).status_code == 200
    (line,) = lines_about(database, "person", marek)
    assert (line.actor_id, line.allowed) == (cast.aisha.id, False)
    assert line.reason == f"held: {words.OTHER_NAME}"
    assert line.detail == f"person.patched {forged['id']}: name; in the name of {cast.dean.id}"


@pytest.mark.parametrize("change_type", ["person.patched", "nobody.knows", "Marek Kowalski sleeps here"])
def test_no_word_that_a_phone_calls_a_name_is_kept(
    phone: Phone, database: Database, new_id: Callable[[], str], change_type: str
) -> None:
    change: dict[str, Any] = phone.patch("person.patched", new_id(), **{"Marek Kowalski": "x", "name": "y"})
    assert phone.push(change | {"t": change_type}).status_code == 200
    with database.reading() as session:
        told = [line for line in audit.list_lines(session) if line.action == "sync"]
    assert len(told) == 1
    assert "Marek" not in repr(told)
