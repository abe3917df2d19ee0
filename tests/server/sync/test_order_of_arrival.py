"""The order of arrival changes nothing, `lantern rebuild` proves it, and judges again what a fault of ours set aside."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from click.testing import CliRunner
from msgspec import structs
from sqlalchemy import text
from sqlalchemy.orm import Session

from server.actions.sync.validation import validate
from server.cli import main
from server.database.engine import Database
from server.http.services import Services
from server.jobs.catalogue import rebuilder_of
from server.queries.partnership import workers
from server.queries.people import rebuilding
from server.queries.people.people import find_person
from server.queries.street.looks import rebuild_looks
from server.queries.sync import store as sync
from server.settings import Settings
from sync.reading import read_apart
from sync.server import AcceptedChange
from tests.conftest import Clock
from tests.server.cast import WATFORD, Cast, say_same
from tests.server.phone import Phone

DACORUM = (51.75, -0.55)
DRINKS = {"need": "alcohol", "receiving_support": "no"}


def at(place: tuple[float, float]) -> dict[str, Any]:
    return {"latitude": place[0], "longitude": place[1]}


def history(phone: Phone, people: list[str], cast: Cast) -> list[dict[str, Any]]:
    """A month of three people: met here and there, corrected, judged, merged, the merge undone, merged again."""
    now, first, other = phone.clock(), people[0], people[1]

    def merged(days_ago: int, *, undone: bool, turned: bool = False) -> dict[str, Any]:
        pair = (other, first) if turned else (first, other)
        told = {"id": phone.new_id(), "from_id": pair[0], "into_id": pair[1], "worker_id": cast.aisha.id,
                "at": (now - timedelta(days=days_ago)).isoformat(), "undone": undone}  # fmt: skip
        return phone.make_change("person.merged", e=pair[1], p=told)

    def met(days_ago: int, person: str, place: tuple[float, float], **said: Any) -> dict[str, Any]:
        moment = now - timedelta(days=days_ago)
        return phone.contact(
            seen_at=moment.isoformat(), night=moment.date().isoformat(), person_ids=[person], position=at(place), **said
        )

    def told_of(person: str) -> dict[str, Any]:
        told = {"id": phone.new_id(), "person_id": person, "basis": "self_report", "at": (now - timedelta(days=2)).isoformat(),
                "worker_id": cast.aisha.id}  # fmt: skip
        return phone.make_change("verification.recorded", e=told["id"], p=told)

    contacts = [
        met(20, first, WATFORD),
        met(1, first, DACORUM),
        met(3, other, WATFORD),
        met(9, people[2], DACORUM, needs=[DRINKS]),
    ]
    corrected = {"id": phone.new_id(), "contact_id": contacts[2]["e"], "at": now.isoformat(), "worker_id": cast.aisha.id,
                 "fields": {"state": "hand_to_mouth"}}  # fmt: skip

    def need(person: str) -> dict[str, Any]:
        told = {**DRINKS, "id": phone.new_id(), "person_id": person, "at": (now - timedelta(days=9)).isoformat(),
                "worker_id": cast.aisha.id, "contact_id": contacts[3]["e"]}  # fmt: skip
        return phone.make_change("need.recorded", e=person, p=told)

    given = {"id": phone.new_id(), "contact_id": contacts[3]["e"], "at": now.isoformat(), "worker_id": cast.aisha.id,
             "fields": {"person_ids": [other]}}  # fmt: skip
    return [
        *contacts,
        phone.make_change("contact.corrected", e=contacts[2]["e"], p=corrected),
        need(people[2]),
        need(other),
        phone.make_change("contact.corrected", e=contacts[3]["e"], p=given),
        merged(8, undone=False),
        merged(5, undone=True, turned=True),
        told_of(people[2]),
        phone.patch("person.patched", first, name="Marek"),
        phone.patch("person.patched", people[2], alias="Red"),
    ]


def derived(session: Session, people: list[str]) -> dict[Any, Any]:
    rows = rebuilding.read_derived(session, people)
    for told in rows.values():
        for passing in ("created_at", "team_id"):
            told.pop(passing, None)
    merges = session.execute(text("select from_id, into_id, undone from person_merge order by at, id")).all()
    verified = "select person_id from person_verification where verified"
    listed = f"select person_id, district_id, state from mdt_case where person_id in ({verified}) order by person_id"
    needs = "select person_id, is_withdrawn from person_need order by person_id"
    seen = "select * from look order by district_id, night, outing, cell, site_id"
    return {
        **rows,
        "merges": [tuple(row) for row in merges],
        "cases": [tuple(row) for row in session.execute(text(listed))],
        "needs": [tuple(row) for row in session.execute(text(needs))],
        "looks": [tuple(row) for row in session.execute(text(seen))],
    }


def test_whatever_order_a_history_comes_in_the_same_is_derived(
    phone: Phone, services: Services, cast: Cast, new_id: Callable[[], str]
) -> None:
    people = [new_id() for _ in range(3)]
    with services.database.writing() as session:
        standing = workers.get_standing(session, cast.aisha.id)
        workers.set_standing(session, cast.aisha.id, structs.replace(standing, roles=("team_lead", "worker")))
        # Whom her team knows, policy asks by what is held when a change comes: that is no derived row.
        apply(services, session, phone, [phone.patch("person.patched", each, alias="A") for each in people])
    say_same(services.database, people[0], people[1], cast.priya, phone.clock(), new_id)
    told = history(phone, people, cast)
    found: list[dict[Any, Any]] = []

    class Enough(Exception):
        pass

    for seed in range(30):
        order = random.Random(seed).sample(told, len(told)) if seed else told
        try:
            with services.database.writing() as session:
                for start in range(0, len(order), 2):
                    apply(services, session, phone, order[start : start + 2])
                found.append(derived(session, people))
                assert rebuild_looks(session) == 0
                assert sync.list_quarantined(session) == []
                raise Enough
        except Enough:
            continue
    for seed, each in enumerate(found[1:], start=1):
        differing = {key: (each.get(key), found[0].get(key)) for key in each.keys() | found[0].keys()}
        assert {key: pair for key, pair in differing.items() if pair[0] != pair[1]} == {}, seed
    assert found[0]["merges"] == [(people[0], people[1], True), (people[1], people[0], True)]
    assert found[0][("person", people[0])]["district_id"] == cast.dacorum.id
    assert {who: bool(gone) for who, gone in found[0]["needs"]} == {people[1]: False, people[2]: True}


def apply(services: Services, session: Session, phone: Phone, changes: list[dict[str, Any]]) -> None:
    """As sealed boxes come: in whatever order, with whatever missing."""
    records = read_apart([(each["n"], json.dumps(each).encode()) for each in changes], phone.number, validate=validate)
    sync.push_apart(session, phone.number, records, phone.now_ms, services.project)


def test_a_rebuild_proves_what_is_stored_and_mends_what_is_not(
    phone: Phone, services: Services, settings: Settings, database: Database, cast: Cast, clock: Clock,
    new_id: Callable[[], str],
) -> None:  # fmt: skip
    people = [new_id() for _ in range(3)]
    assert phone.push(*history(phone, people, cast)).status_code == 200
    environment = {"LANTERN_DATABASE": settings.database, "LANTERN_DATA": str(settings.data)}
    proven = CliRunner().invoke(main, ["rebuild", "--check"], env=environment)
    assert proven.exit_code == 0, proven.output

    with database.writing() as session:
        whole = derived(session, people)
        session.execute(text("update person set name = 'Somebody else' where id = :id"), {"id": people[0]})
        session.execute(text("delete from person_verification where person_id = :id"), {"id": people[2]})
        session.execute(text("update person_merge set undone = :no"), {"no": False})
        corrected = session.execute(text("select id from contact where state = 'hand_to_mouth'")).scalar_one()
        session.execute(text("update contact set state = 'bedded_down', note = 'never said' where corrections > 0"))
        session.execute(text("delete from contact_person where contact_id = :id"), {"id": corrected})
        session.execute(text("update person_need set is_withdrawn = :no"), {"no": False})
    found = rebuilder_of(services, clock(), only_prove=True).run()
    assert f"person {people[0]}" in found.differing and f"person_verification {people[2]}" in found.differing
    assert f"contact {corrected}" in found.differing
    assert any(each.startswith("person_need ") for each in found.differing)
    assert f"contact_person {corrected}/{people[1]}" in found.differing
    with database.reading() as session:
        person = find_person(session, people[0])
        assert person is not None and person.name == "Somebody else", "a proof changes nothing"
    checked = CliRunner().invoke(main, ["rebuild", "--check"], env=environment)
    assert checked.exit_code == 1 and "Somebody" not in checked.output
    rebuilder_of(services, clock(), only_prove=False).run()
    with database.reading() as session:
        after = derived(session, people)
        state, note = session.execute(text("select state, note from contact where id = :id"), {"id": corrected}).one()
        assert (state, note) == ("hand_to_mouth", ""), "a corrected contact reads what it was corrected to"
        assert rebuilder_of(services, clock(), only_prove=True).run().differing == []
    assert after["needs"] == whole["needs"]
    for key in (("person", people[0]), ("person_verification", people[2])):
        assert after[key] == whole[key]


def test_what_was_set_aside_for_a_fault_of_ours_counts_once_that_is_mended(
    phone: Phone, services: Services, database: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    person = new_id()
    poison = phone.patch("person.patched", person, name="Marek")
    fine = phone.patch("person.patched", new_id(), name="Red")

    def failing(session: Session, accepted: list[AcceptedChange]) -> None:
        if any(each.change.id == poison["id"] for each in accepted):
            raise KeyError("a bug")
        services.project(session, accepted)

    with database.writing() as session:
        told = [(each["n"], json.dumps(each).encode()) for each in (poison, fine)]
        records = read_apart(told, phone.number, validate=validate)
        sync.push_apart(session, phone.number, records, phone.now_ms, failing)
    with database.reading() as session:
        assert [each.id for each in sync.list_quarantined(session)] == [poison["id"]]
        assert find_person(session, person) is None
    done = rebuilder_of(services, clock(), only_prove=False).run()
    assert done.let_in == 1
    with database.reading() as session:
        assert sync.list_quarantined(session) == []
        found = find_person(session, person)
        assert found is not None and found.name == "Marek"
    rows = [row for row in phone.pull().json()["rows"] if row[2] == poison["id"]]
    assert [row[3] for row in rows if row[0].startswith("team:")] == ["put"]
    said_in_private = [row[3] for row in sorted(rows, key=lambda row: row[1]) if row[0].startswith("dev:")]
    assert said_in_private[-1] != "held", "the last word to its author is not that it is held"
    assert rebuilder_of(services, clock(), only_prove=False).run().let_in == 0
