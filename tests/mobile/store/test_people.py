"""Finding people: any words are safe, nearest and latest first, quick among five thousand."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mobile.store import people, person_facts
from mobile.store.database import Connection, Store, open_store
from mobile.store.schema import migrate
from shared.model.person import Person, PersonMerged
from shared.rules.joined import choose_one


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = open_store(tmp_path / "store.db", bytes(32))
    migrate(opened)
    return opened


def put(store: Store, *persons: Person) -> None:
    with store.writing() as connection:
        for person in persons:
            people.put_person(connection, person, False)


def found(store: Store, text: str) -> list[str]:
    with store.reading() as connection:
        return [row.known_as for row in people.search(connection, text, 50)]


def test_every_word_is_found_by_its_beginning_in_any_order(store: Store) -> None:
    put(
        store,
        Person(id="1", alias="Red", description="red hat, Irish, small dog"),
        Person(id="2", name="Marek Nowak", description="Polish"),
    )
    assert found(store, "dog iri") == ["Red"]
    assert found(store, "NOW mar") == ["Marek Nowak"]
    assert found(store, "dog polish") == []


def test_two_who_are_parted_leave_others_joined(store: Store) -> None:
    """What keeps her safe stands on the other record of hers: it went from her card when a third was found to be another."""
    put(store, Person(id="a", name="Ania"), Person(id="b", name="Anna"), Person(id="c", name="Anja"))

    def say(number: int, from_id: str, into_id: str, *, undone: bool = False) -> None:
        said = PersonMerged(
            id=str(number), from_id=from_id, into_id=into_id, worker_id="tom", undone=undone,
            at=datetime(2026, 11, 13, 20, number, tzinfo=UTC),
        )  # fmt: skip
        with store.writing() as connection:
            person_facts.put_merged(connection, said)

    def same(person_id: str) -> tuple[str, ...]:
        with store.reading() as connection:
            return people.list_aliases(connection, person_id)

    say(1, "a", "b")
    say(2, "a", "c")
    assert {frozenset(same(each)) for each in "abc"} == {frozenset("abc")}
    say(3, "a", "c", undone=True)
    assert same("a") == same("b") == ("b", "a") and same("c") == ("c",)
    assert sorted(found(store, "an")) == ["Anja", "Anna"]
    say(5, "b", "a", undone=True)
    assert same("a") == ("a",) and same("b") == ("b",), "in whichever direction it is said"
    say(4, "a", "b")
    assert same("a") == ("a",), "an earlier word that comes late"
    say(6, "b", "a")
    assert same("a") == same("b") == ("a", "b")


@pytest.mark.parametrize(("told", "shown"), [("ab ba", "a"), ("ab bc ca", "a"), ("ca ab ba", "a"), ("ab bd", "cd")])
def test_of_records_that_were_joined_in_a_circle_one_is_shown(store: Store, told: str, shown: str) -> None:
    """Two who join at once, each the other way, took the person from every list."""
    put(store, *(Person(id=each, name=f"Ann {each}") for each in sorted({*told.replace(" ", ""), *shown})))
    with store.writing() as connection:
        for number, pair in enumerate(told.split()):
            from_id, into_id = pair[0], pair[1]
            at = datetime(2026, 11, 13, 20, number, tzinfo=UTC)
            said = PersonMerged(id=str(number), from_id=from_id, into_id=into_id, worker_id="tom", at=at)
            person_facts.put_merged(connection, said)
    assert sorted(found(store, "ann")) == [f"Ann {each}" for each in shown]
    with store.reading() as connection:
        assert {people.list_aliases(connection, each)[0] for each in told.replace(" ", "")} == {shown[-1]}


def join(store: Store, *told: str) -> None:
    with store.writing() as connection:
        for number, pair in enumerate(told):
            at = datetime(2026, 11, 13, 20, number, tzinfo=UTC)
            said = PersonMerged(id=str(number), from_id=pair[0], into_id=pair[1], worker_id="tom", at=at)
            person_facts.put_merged(connection, said)


@pytest.mark.parametrize("seed", range(30))
def test_one_tile_stands_for_each_person_however_their_records_were_joined(store: Store, seed: int) -> None:
    """One record joined into two showed two tiles."""
    chance = random.Random(seed)
    ids = "abcdefgh"
    told = [chance.choice(ids) + chance.choice(ids) for _ in range(chance.randint(1, 9))]
    put(store, *(Person(id=each, name=f"Ann {each}") for each in ids))
    join(store, *told)
    stood_for = choose_one((each[0], each[1]) for each in told)
    assert sorted(found(store, "ann")) == [f"Ann {each}" for each in ids if each not in stood_for]
    with store.reading() as connection:
        assert {each: people.list_aliases(connection, each)[0] for each in ids} == {
            each: stood_for.get(each, each) for each in ids
        }


@pytest.mark.parametrize(("told", "held", "shown"), [("ab", "a", "a"), ("ab bc", "ab", "a"), ("ab ac", "ac", "c")])
def test_somebody_whose_other_record_is_not_on_this_phone_is_found(
    store: Store, told: str, held: str, shown: str
) -> None:
    """They were on no list: the record that stands for theirs had left the phone, or had never come."""
    put(store, *(Person(id=each, name=f"Ann {each}") for each in held))
    join(store, *told.split())
    assert found(store, "ann") == [f"Ann {shown}"]
    with store.reading() as connection:
        assert {people.list_aliases(connection, each)[0] for each in held} == {shown}


def test_accents_and_other_alphabets_are_found(store: Store) -> None:
    put(store, Person(id="1", name="Łukasz Żak"), Person(id="2", name="محمد"), Person(id="3", name="José 🎸"))
    assert found(store, "zak") == ["Łukasz Żak"]
    assert found(store, "محم") == ["محمد"]
    assert found(store, "jose") == ["José 🎸"]


HARD = (
    "Łukasz Żółć", "Nguyễn Văn Đức", "İbrahim Işık", "Björk Þór", "O'Neill-Smith", "O’Brien", "Владимир", "محمد", "Søren Groß",
    "Ștefan Țurcanu", "Zoë Ångström",
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("lukasz", 0), ("zolc", 0), ("łuk", 0),
        ("duc", 1), ("isik", 2), ("ibrahim", 2), ("thor", 3), ("oneill", 4), ("o'neill", 4),
        ("neill", 4), ("obrien", 5),
        ("o'brien", 5), ("vladimir", 6), ("wladimir", 6), ("влад", 6), ("mohammed", 7), ("Muhamad", 7),
        ("soren gross", 8), ("steven", 9), ("angstrom", 10),
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_is_spelt(store: Store, typed: str, name: int) -> None:
    """ "Nobody here by that word" made a second record of somebody who was there."""
    put(store, *(Person(id=str(number), name=one) for number, one in enumerate(HARD)))
    assert HARD[name] in found(store, typed)[:2]


def test_what_was_typed_comes_before_what_only_sounds_like_it(store: Store) -> None:
    put(
        store, Person(id="1", name="Steven"), Person(id="2", alias="Stefan"), Person(id="3", description="stefan's dog")
    )
    assert found(store, "stefan")[-1] == "Steven"
    assert set(found(store, "stefan")[:2]) == {"Stefan", "stefan's dog"}


@pytest.mark.parametrize(
    "text", ['"', "red AND", "*", "NEAR(a b)", "a OR", "-", "(", "x" * 5_000, "'; DROP TABLE person", "🎸"]
)
def test_no_text_is_ever_taken_for_syntax(store: Store, text: str) -> None:
    put(store, Person(id="1", name="Red"))
    assert isinstance(found(store, text), list)
    assert found(store, "red") == ["Red"]


def test_those_near_come_by_how_lately_and_the_others_by_distance(store: Store) -> None:
    places = {"far": (51.700, 300), "next door": (51.6601, 100), "here": (51.66, 50), "lately here": (51.6602, 200)}
    put(store, *(Person(id=name, name=name) for name in places))
    with store.writing() as connection:
        for name, (latitude, seen) in places.items():
            connection.execute(
                "UPDATE person SET latitude = ?, longitude = -0.39, last_seen_at = ? WHERE id = ?",
                (latitude, seen, name),
            )
        rows = people.list_near(connection, 51.66, -0.39, 10)
    assert [row.known_as for row in rows] == ["lately here", "next door", "here", "far"]


def test_of_300_people_near_the_one_at_this_very_place_is_among_the_first_tiles(store: Store) -> None:
    """Six tiles showed people 210 m away, and not the one at 0 m."""
    chance = random.Random(3)
    people_near = [(f"p{n}", 51.66 + chance.uniform(0.0008, 0.0022)) for n in range(300)]
    put(store, *(Person(id=name, name=name) for name, _ in people_near), Person(id="here", name="here"))
    with store.writing() as connection:
        for index, (name, latitude) in enumerate([*people_near, ("here", 51.66)]):
            connection.execute(
                "UPDATE person SET latitude = ?, longitude = -0.39, last_seen_at = ? WHERE id = ?",
                (latitude, 1_000 - index, name),
            )
        with counting(connection) as worked:
            rows = people.list_near(connection, 51.66, -0.39, 6, "2026-11-20")
    assert rows[0].known_as == "here"
    assert worked.instructions <= 70_000


@dataclass
class Worked:
    """What SQLite did, in instructions of its machine: as many on a slow telephone as on this desk."""

    instructions: int = 0


@contextmanager
def counting(connection: Connection) -> Iterator[Worked]:
    worked, every = Worked(), 10

    def count() -> int:
        worked.instructions += every
        return 0

    connection.set_progress_handler(count, every)
    try:
        yield worked
    finally:
        connection.set_progress_handler(None, 0)


def test_distances_of_those_near_are_told(store: Store) -> None:
    put(store, Person(id="far", name="far"))
    with store.writing() as connection:
        connection.execute("UPDATE person SET latitude = 51.700, longitude = -0.39, last_seen_at = 300")
        rows = people.list_near(connection, 51.66, -0.39, 10)
    assert rows[-1].distance_m == pytest.approx(4_448, abs=5)


def test_searching_five_thousand_people_reads_few_of_them(store: Store) -> None:
    """A search at the median of these takes less than a thirtieth of a second on a telephone; reading all would take far more."""
    chance = random.Random(5)
    words = ["red", "hat", "dog", "tall", "beard", "Irish", "quiet", "green", "tent", "guitar", "scar", "young"]
    put(
        store,
        *(Person(id=f"{n}", alias=f"Alias{n}", description=" ".join(chance.sample(words, 4))) for n in range(5_000)),
    )
    each = []
    for text in ("red ha", "guit", "alias49", "beard tall qui", "a"):
        with store.reading() as connection, counting(connection) as worked:
            people.search(connection, text, 50)
        each.append(worked.instructions)
    assert sorted(each)[len(each) // 2] <= 25_000, each
