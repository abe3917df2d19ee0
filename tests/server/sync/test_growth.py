"""What a push costs does not grow with what was pushed before: counted in statements and in rows that were read, never by a
clock."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from server.database.sql import Sql
from tests.conftest import Clock
from tests.server.cast import WATFORD
from tests.server.phone import Phone


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """The rows that each statement reads, by its first words."""
    told: Counter[str] = Counter()

    def watch(name: str) -> None:
        plain = getattr(Sql, name)

        def rows(self: Sql, query: str, *given: Any) -> Any:
            found = plain(self, query, *given)
            told["statements"] += 1
            told["rows"] += len(found)
            told[query[:100]] += len(found)
            return found

        monkeypatch.setattr(Sql, name, rows)

    with monkeypatch.context() as patched:
        monkeypatch = patched
        watch("rows")
        yield told


@pytest.fixture
def push(phone: Phone) -> Callable[..., None]:
    def do(*changes: dict[str, Any]) -> None:
        answer = phone.push(*changes)
        assert answer.status_code == 200 and answer.json()["acked"] == phone.last_n, answer.text

    return do


def test_a_field_written_three_thousand_times_costs_what_one_written_thirty_times_does(
    phone: Phone, push: Callable[..., None], new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    marek = new_id()
    written: dict[int, Counter[str]] = {}
    for n in (30, 3_000):
        while phone.last_n < n - 1:
            push(*(phone.patch("person.patched", marek, name="Marek") for _ in range(min(199, n - 1 - phone.last_n))))
        with counted(monkeypatch) as told:
            push(phone.patch("person.patched", marek, name=f"Marek {n}"))
        written[n] = told
    assert written[3_000]["rows"] <= 2 * written[30]["rows"], written
    assert written[3_000]["statements"] <= written[30]["statements"] + 4, "folding is three statements, now and then"


def test_one_person_met_a_hundred_rounds_costs_what_the_first_round_did(
    phone: Phone, push: Callable[..., None], new_id: Callable[[], str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    marek = new_id()
    place = {"latitude": WATFORD[0], "longitude": WATFORD[1]}

    def live_a_round() -> None:
        clock.advance(seconds=2)
        patches = [phone.patch("person.patched", marek, description=f"hat {n}") for n in range(5)]
        push(*patches, phone.contact(person_ids=[marek], position=place))

    costs = []
    for _ in range(100):
        with counted(monkeypatch) as told:
            live_a_round()
        costs.append(told)
    assert max(each["rows"] for each in costs[-10:]) <= 2 * max(each["rows"] for each in costs[:10]), costs[-1]
