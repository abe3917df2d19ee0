"""The wall attacked anew: roundabout ways in which a signed phone of another agency, or of nobody any more, reaches records that
are not its own."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.database.engine import Database
from server.tables.street.contact import contact
from shared.policy import held as words
from tests.server.phone import Phone
from tests.server.sync import test_wall
from tests.server.sync.test_wall import HERE, fact, held, name_of

met, rival = test_wall.met, test_wall.rival


def test_colleagues_who_are_people_do_not_carry_a_contact_into_a_strangers_feed(
    rival: Phone, met: dict[str, str], new_id: Any
) -> None:
    change = rival.contact(person_ids=[new_id()], colleague_ids=[met["person"]])
    rival.push(change | {"e": met["person"]})
    assert held(rival) == [words.OTHER_ENTITY]


@pytest.mark.parametrize("kind", ["person", "site", "contact"])
def test_a_correction_of_ones_own_does_not_carry_words_into_a_strangers_feed(
    kind: str, rival: Phone, met: dict[str, str], new_id: Any
) -> None:
    own = rival.contact(person_ids=[new_id()])
    rival.push(own)
    told = {"contact_id": own["e"], "fields": {"unknown_id": met[kind]}}
    rival.push(fact(rival, "contact.corrected", new_id, met[kind], **told))
    assert len(held(rival)) == 1


@pytest.mark.parametrize(
    "odd", [{"odd_ids": 5}, {"odd_id": {}}, {"odd_ids": [{}]}, {"odd_id": [1]}, {"person_ids": None}]
)
def test_an_odd_field_of_a_correction_stops_no_phone(odd: dict[str, Any], rival: Phone, new_id: Any) -> None:
    own = rival.contact(person_ids=[new_id()])
    rival.push(own)
    answer = rival.push(
        fact(rival, "contact.corrected", new_id, own["e"], contact_id=own["e"], fields={"note": "a"} | odd)
    )
    assert answer.status_code == 200


def test_a_reading_is_filed_under_what_was_read(rival: Phone, met: dict[str, str], new_id: Any) -> None:
    told = {"subject_kind": "person", "subject_id": new_id(), "purpose": "x"}
    rival.push(fact(rival, "record.read", new_id, met["person"], **told))
    assert held(rival) == [words.OTHER_ENTITY]


def test_a_patch_without_an_author_is_the_carriers(phone: Phone, met: dict[str, str], database: Database) -> None:
    phone.push(phone.patch("person.patched", met["person"], name="Nobody's word") | {"who": None})
    assert name_of(database, met["person"]) == "Marek"
    assert held(phone) == [words.OTHER_NAME]


def test_invented_people_described_first_do_not_fill_another_districts_list(
    rival: Phone, new_id: Any, database: Database
) -> None:
    invented = [new_id() for _ in range(20)]
    rival.push(*(rival.patch("person.patched", each, alias="Red hat") for each in invented))
    rival.push(*(rival.contact(person_ids=[each], position=HERE) for each in invented))
    assert held(rival) == [words.OUTSIDE] * 20
    with database.reading() as session:
        assert session.scalars(select(contact.c.id)).all() == []


def test_people_met_at_home_first_do_not_fill_another_districts_list(
    rival: Phone, new_id: Any, database: Database
) -> None:
    """Of whom something is known elsewhere they are as new here."""
    invented = [new_id() for _ in range(20)]
    rival.push(*(rival.contact(person_ids=[each]) for each in invented))
    rival.push(*(rival.contact(person_ids=[each], position=HERE) for each in invented))
    assert held(rival) == [words.OUTSIDE] * 20


def test_nights_that_rise_do_not_fill_another_districts_list(rival: Phone, new_id: Any) -> None:
    for back in range(30, 0, -1):
        at = rival.clock() - timedelta(days=back)
        when = {"seen_at": at.isoformat(), "night": at.date().isoformat()}
        rival.push(*(rival.contact(person_ids=[new_id()], position=HERE, **when) for _ in range(5)))
    assert len(held(rival)) >= 100


def test_a_place_by_a_persons_number_renames_nobody(
    phone: Phone, rival: Phone, met: dict[str, str], database: Database
) -> None:
    """Fields are merged by the id of what they describe, whatever kind of change says it."""
    rival.clock.advance(minutes=1)
    rival.push(rival.patch("site.patched", met["person"], name="Somebody else"))
    phone.push(phone.patch("person.patched", met["person"], alias="Red hat"))
    assert name_of(database, met["person"]) == "Marek"
    assert held(rival) == [words.OTHER_ENTITY]


@pytest.mark.parametrize("kind", ["person", "site"])
def test_a_new_fact_takes_no_number_of_a_person_or_a_place(
    kind: str, rival: Phone, met: dict[str, str], new_id: Any
) -> None:
    rival.push(rival.contact(id=met[kind], person_ids=[new_id()]))
    assert held(rival) == [words.OTHER_ENTITY]


def test_a_person_called_a_contact_does_not_carry_a_need_into_a_strangers_feed(
    rival: Phone, met: dict[str, str], new_id: Any
) -> None:
    told = {"person_id": new_id(), "need": "mental_health", "contact_id": met["person"]}
    rival.push(fact(rival, "need.recorded", new_id, met["person"], **told))
    assert held(rival) == [words.OTHER_ENTITY]


def test_a_picture_is_kept_with_what_its_worker_may_record(phone: Phone, rival: Phone, met: dict[str, str]) -> None:
    told = {"sha256": "0" * 64, "size": 10, "mime": "image/png"}
    for each in (phone, rival):
        each.push(each.make_change("attachment.added", e=met["contact"], p=told))
    assert held(phone) == []
    assert held(rival) == [words.NOT_KNOWN]


def test_a_fortnight_across_the_boundary_is_believed(rival: Phone, new_id: Any) -> None:
    """One person met on the way home each night, sent all at once."""
    told = []
    for back in range(13, 0, -1):
        at = rival.clock() - timedelta(days=back)
        when = {"seen_at": at.isoformat(), "night": at.date().isoformat()}
        told.append(rival.contact(person_ids=[new_id()], position=HERE, **when))
    rival.push(*told)
    assert held(rival) == []
