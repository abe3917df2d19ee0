"""Finding people: any words are safe, nearest and latest first, quick among five thousand."""

import random
import time
from pathlib import Path

import pytest

from mobile.store import people
from mobile.store.database import Store, open_store
from mobile.store.schema import migrate
from shared.model.person import Person


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


def test_accents_and_other_alphabets_are_found(store: Store) -> None:
    put(store, Person(id="1", name="Łukasz Żak"), Person(id="2", name="محمد"), Person(id="3", name="José 🎸"))
    assert found(store, "zak") == ["Łukasz Żak"]
    assert found(store, "محم") == ["محمد"]
    assert found(store, "jose") == ["José 🎸"]


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
    assert rows[-1].distance_m == pytest.approx(4_448, abs=5)


def test_searching_five_thousand_people_takes_less_than_thirty_milliseconds(store: Store) -> None:
    chance = random.Random(5)
    words = ["red", "hat", "dog", "tall", "beard", "Irish", "quiet", "green", "tent", "guitar", "scar", "young"]
    put(
        store,
        *(Person(id=f"{n}", alias=f"Alias{n}", description=" ".join(chance.sample(words, 4))) for n in range(5_000)),
    )
    times = []
    for text in ("red ha", "guit", "alias49", "beard tall qui", "a"):
        started = time.thread_time()
        found(store, text)
        times.append((time.thread_time() - started) * 1000)
    assert sorted(times)[len(times) // 2] <= 30, times
