"""The wall attacked anew: roundabout ways in which a signed phone of another agency, or of nobody any more, reaches records that
are not its own."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.access import Door
from server.actions.operation.enrolment import confirm_device
from server.actions.sync.held import let_in
from server.database.engine import Database
from server.queries.sync.store import list_quarantined
from server.sync_api.identity import to_ms
from server.tables.operation.device import device_enrolment
from server.tables.partnership.worker import worker, worker_district
from server.tables.street.contact import contact
from shared.geo.night import outreach_night
from shared.policy import held as words
from tests.conftest import Clock
from tests.server.cast import Cast
from tests.server.operation.test_enrolment import door
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


def test_a_fortnight_across_the_boundary_is_believed(rival: Phone, new_id: Any) -> None:
    """One person met on the way home each night, sent all at once."""
    told = []
    for back in range(13, 0, -1):
        at = rival.clock() - timedelta(days=back)
        when = {"seen_at": at.isoformat(), "night": at.date().isoformat()}
        told.append(rival.contact(person_ids=[new_id()], position=HERE, **when))
    rival.push(*told)
    assert held(rival) == []


# ----------------------------------------------------------------------------------------- the digits, compared later


def test_comparing_the_digits_lets_in_what_was_held_for_that_reason_alone(
    phone: Phone, rival: Phone, met: dict[str, str], new_id: Any, database: Database, services: Any, cast: Cast
) -> None:
    """In its worker's name, judged as at a push: what policy would not allow stays held, and says so."""
    unconfirm(database, rival)
    new = new_id()
    own_person = rival.patch("person.patched", new, name="Red hat")
    own = rival.contact(person_ids=[new], note="Asleep")
    pushed = rival.push(
        own_person,
        own,
        rival.patch("person.patched", new, name="Red cap"),
        rival.patch("person.patched", met["person"], name="Stolen"),
        rival.contact(person_ids=[met["person"]]),
        *(rival.contact(person_ids=[new_id()], position=HERE) for _ in range(6)),
    )
    assert pushed.status_code == 200, pushed.text
    with database.reading() as session:
        assert {each.reason for each in list_quarantined(session)} == {words.UNCONFIRMED}
    confirm(services, cast, rival)
    with database.reading() as session:
        stored = session.execute(select(contact.c.id, contact.c.worker_id)).all()
        left = [each.reason for each in list_quarantined(session, rival.number)]
    assert (own["e"], test_wall.who(rival)) in {tuple(row) for row in stored}
    assert left == [words.NOT_KNOWN] * 2 + [words.OUTSIDE]
    assert name_of(database, met["person"]) == "Marek"
    assert name_of(database, new) in {"Red cap", "Red hat"}
    again = rival.push(rival.patch("person.patched", new, name="Blue cap"))
    assert again.status_code == 200
    with database.reading() as session:
        assert len(list_quarantined(session, rival.number)) == 3


def test_comparing_the_digits_lets_nothing_in_of_somebody_who_left_meanwhile(
    phone: Phone, met: dict[str, str], database: Database, services: Any, cast: Cast
) -> None:
    unconfirm(database, phone)
    phone.push(phone.patch("person.patched", met["person"], name="By whom?"))
    with database.writing() as session:
        session.execute(worker.update().where(worker.c.id == cast.aisha.id).values(active=False))
    confirm(services, cast, phone)
    with database.reading() as session:
        assert [each.reason for each in list_quarantined(session)] == [words.NO_WORKER]
    assert name_of(database, met["person"]) == "Marek"


@pytest.mark.parametrize("off", [timedelta(days=-5), timedelta(hours=3)])
@pytest.mark.parametrize("by_hand", [False, True])
def test_what_a_wrong_clock_told_is_put_right_when_it_is_let_in_too(
    off: timedelta, by_hand: bool, phone: Phone, database: Database, services: Any, cast: Cast, clock: Clock
) -> None:
    """Held until somebody compared the digits, a day later: by then nobody knew how far the clock had been off."""
    unconfirm(database, phone)
    true = phone.clock() - timedelta(hours=1)
    said = true + off
    told = phone.contact(seen_at=said.isoformat(), recorded_at=said.isoformat(), night=str(outreach_night(said)))
    phone.push(told | {"at": to_ms(said)}, now=to_ms(phone.clock() + off))
    clock.advance(days=1)
    if by_hand:
        with Door(services.database, cast.tom, clock(), services.new_id, may_change=True).open() as access:
            let_in(access, services.project, [told["id"]])
    else:
        confirm(services, cast, phone)
    with database.reading() as session:
        assert session.execute(select(contact.c.seen_at, contact.c.night)).all() == [(true, outreach_night(true))]


def unconfirm(database: Database, phone: Phone) -> None:
    with database.writing() as session:
        mine = device_enrolment.c.number == phone.number
        session.execute(device_enrolment.update().where(mine).values(confirmed_at=None))


def confirm(services: Any, cast: Cast, phone: Phone) -> None:
    """A coordinator of every district compares the digits."""
    with services.database.writing() as session:
        both = [{"worker_id": cast.priya.id, "district_id": cast.dacorum.id}]
        known = select(worker_district.c.district_id).where(worker_district.c.worker_id == cast.priya.id)
        if cast.dacorum.id not in session.scalars(known).all():
            session.execute(worker_district.insert(), both)
    with door(services, cast.priya).open() as access:
        confirm_device(access, phone.number, services.project)
