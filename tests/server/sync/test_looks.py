"""A look is one square, one night, one shift: kept as things come in, and the same when it is made again from the facts."""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from server.actions.people.erasure import forget_person
from server.database.engine import Database
from server.queries.people import concealment
from server.queries.people.verification import list_groups
from server.queries.street.looks import Look, list_looks, rebuild_looks
from server.tables.partnership.agency import agency
from server.tables.people.hidden import person_hidden
from server.tables.street.contact import contact, contact_person
from server.tables.street.look import look
from server.tables.street.shift import visit
from tests.conftest import Clock
from tests.server.cast import WATFORD
from tests.server.phone import Phone
from tests.server.sync.test_derived_equals_rebuilt import make_one

CORNERS = [WATFORD, (WATFORD[0] + 0.002, WATFORD[1]), (WATFORD[0], WATFORD[1] + 0.003)]


def held(session: Any) -> set[Look]:
    return {Look(*row) for row in session.execute(select(look))}


def counted_one_by_one(session: Any) -> set[Look]:
    """What the looks should be, said again in the plainest way."""
    found: dict[Any, tuple[set[str], list[int]]] = defaultdict(lambda: (set(), [0]))
    same = list_groups(session, set(session.scalars(select(contact_person.c.person_id))))
    for row in session.execute(select(contact)):
        if row.cell is None and row.site_id is None:
            continue
        met, strangers = found[
            row.district_id or "",
            row.night,
            row.shift_id or row.team_id,
            row.cell or 0,
            "" if row.cell else row.site_id,
        ]
        if row.state in ("bedded_down", "about_to_bed_down"):
            strangers[0] += row.unidentified_people
            query = select(contact_person.c.person_id).where(contact_person.c.contact_id == row.id)
            met |= {min(same[person_id]) for person_id in session.scalars(query)}
    for row in session.execute(select(visit).where(visit.c.people_found == 0)):
        if row.cell is not None or row.site_id is not None:
            place = (row.cell or 0, "" if row.cell else row.site_id)
            _ = found[row.district_id or "", row.night, row.shift_id or row.team_id, *place]
    return {Look(*key, len(met), strangers[0]) for key, (met, strangers) in found.items()}  # type: ignore[call-arg]


def make_any(
    chance: random.Random, phone: Phone, people: list[str], recorded: list[str], new_id: Any
) -> dict[str, Any]:
    """A contact, correction, judgement or merge; or a visit to one of three squares on one of many nights."""
    latitude, longitude = chance.choice(CORNERS)
    pin = {"latitude": latitude, "longitude": longitude}
    moment = phone.clock() - timedelta(minutes=chance.randint(0, 20_000))
    what = chance.random()
    if what < 0.2:
        assert phone.enrolled is not None
        told = {
            "id": new_id(), "team_id": phone.enrolled.config.team.id, "worker_id": phone.enrolled.config.worker.id,
            "at": moment.isoformat(), "night": moment.date().isoformat(), "position": pin,
            "people_found": chance.choice([0, 0, 2]), "shift_id": chance.choice(["shift-1", None]),
        }  # fmt: skip
        return phone.make_change("visit.recorded", e=told["id"], p=told)
    if what < 0.6:
        change = phone.contact(
            state=chance.choice(["bedded_down", "bedded_down", "about_to_bed_down", "not_bedded_down"]),
            seen_at=moment.isoformat(), night=moment.date().isoformat(), position=pin,
            person_ids=chance.sample(people, chance.randint(0, 2)), unidentified_people=chance.choice([0, 0, 3]),
            shift_id=chance.choice(["shift-1", "shift-2", None]),
        )  # fmt: skip
        recorded.append(change["e"])
        return change
    return make_one(chance, phone, people, recorded, new_id)


@pytest.mark.parametrize("seed", range(3))
def test_looks_kept_as_things_come_in_are_those_made_again_from_the_facts(
    seed: int, phone: Phone, database: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    chance = random.Random(seed)
    people = [new_id() for _ in range(6)]
    recorded: list[str] = []
    for batch in range(8):
        changes = [make_any(chance, phone, people, recorded, new_id) for _ in range(chance.randint(1, 5))]
        clock.advance(minutes=1)
        answer = phone.push(*changes)
        assert answer.status_code == 200, answer.text
        if batch == 5:
            with database.writing() as session:
                forget_person(session, [people[0]], int(clock().timestamp() * 1000))
        with database.writing() as session:
            kept = held(session)
            assert kept == counted_one_by_one(session)
            assert rebuild_looks(session) == 0
    assert kept
    with database.writing() as session:
        session.execute(delete(look))
        assert rebuild_looks(session) == len(kept)
        assert held(session) == kept


def test_five_people_met_one_by_one_are_one_look_of_five(
    phone: Phone, database: Database, new_id: Callable[[], str]
) -> None:
    pin = {"latitude": WATFORD[0], "longitude": WATFORD[1]}
    phone.push(*(phone.contact(person_ids=[new_id()], position=pin) for _ in range(5)))
    with database.reading() as session:
        (kept,) = held(session)
    assert (kept.people, kept.unidentified) == (5, 0)


def test_whoever_may_not_know_of_somebody_is_told_of_the_others_alone(
    phone: Phone, database: Database, new_id: Callable[[], str], clock: Clock
) -> None:
    hidden, known = new_id(), new_id()
    pin = {"latitude": WATFORD[0], "longitude": WATFORD[1]}
    further = {"latitude": WATFORD[0] + 0.01, "longitude": WATFORD[1]}
    phone.push(
        phone.contact(person_ids=[hidden], position=pin),
        phone.contact(person_ids=[known], position=pin),
        phone.contact(person_ids=[hidden], position=further),
    )
    with database.writing() as session:
        known_to = session.scalars(select(agency.c.id)).first()
        row = {
            "id": "h",
            "person_id": hidden,
            "at": clock(),
            "worker_id": "w",
            "agency_id": known_to,
            "reason": "He may find her",
        }
        session.execute(insert(person_hidden), [row])
    with database.reading() as session:
        districts = set(session.scalars(select(look.c.district_id)))
        assert sorted(each.people for each in held(session)) == [1, 2]
        assert concealment.list_concealed(session) == {hidden}
        told = list_looks(session, districts, date(2000, 1, 1), date(2100, 1, 1))
    assert [each.people for each in told] == [1]
