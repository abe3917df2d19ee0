"""What a push costs does not grow with what was pushed before: counted in statements and in rows that were read, never by a
clock."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from msgspec import json, structs

from server.database.engine import Database
from server.database.sql import Sql
from server.http.services import Services
from server.problems import Failure
from server.queries.operation.devices import find_enrolment
from server.queries.sync import store
from server.sync_api import visits as visits_module
from server.sync_api.identity import Caller, use_up
from server.sync_api.visits import Visits
from sync.proof import HEADER, Proof
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


def test_a_pull_writes_nothing_but_its_nonce_and_that_the_phone_was_seen(
    phone: Phone, database: Database, push: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    push(phone.contact())
    told: list[str] = []
    plain = Database.writing

    def writing(self: Database) -> Any:
        told.append("writing")
        return plain(self)

    with monkeypatch.context() as patched:
        patched.setattr(Database, "writing", writing)
        patched.setattr(store, "record_pulls", lambda session, visits: told.append(f"seen {len(visits)}"))
        assert phone.pull(unsent=3).status_code == 200
    assert told == ["writing", "seen 1"]
    assert phone.pull(unsent=3).status_code == 200
    with database.reading() as session:
        (health,) = store.list_device_health(session)
    assert (health.unsent, health.skew_ms) == (3, 0)


def test_a_question_that_came_before_is_told_nothing(phone: Phone) -> None:
    body = json.encode({"device": phone.number, "cursors": {}, "now": phone.now_ms, "app": "1.0.0"})
    token = phone.tokens.access if phone.tokens else ""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    headers[HEADER] = phone.sign("POST", "/sync/v1/pull", body, token)
    answers = [phone.client.post("/sync/v1/pull", content=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert b"rows" not in answers[1].content


def test_questions_that_wait_are_written_down_together_and_each_is_told_apart(
    phone: Phone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits, now = Visits(services.database), services.clock()
    with services.database.reading() as session:
        enrolment = find_enrolment(session, phone.number)
    assert enrolment is not None

    def caller(number: int, nonce: str) -> Caller:
        return Caller(enrolment=structs.replace(enrolment, number=number), proof=Proof(phone.now_ms, nonce, ""))

    told: dict[str, str] = {}

    def ask(name: str, number: int, nonce: str) -> None:
        try:
            visits.note(caller(number, nonce), now)
            told[name] = "told"
        except Failure:
            told[name] = "refused"

    written: list[int] = []

    def count(session: Any, callers: Any, at: Any) -> set[int]:
        written.append(len(callers))
        return use_up(session, callers, at)

    monkeypatch.setattr(visits_module, "use_up", count)
    threads = [
        Thread(target=ask, args=each) for each in (("a", 1, "n1"), ("b", 2, "n1"), ("c", 1, "n2"), ("d", 1, "n1"))
    ]
    with visits._turn:
        for thread in threads:
            thread.start()
        while len(visits._waiting) < len(threads):
            Event().wait(0.005)
    for thread in threads:
        thread.join()
    assert sorted(told.values()) == ["refused", "told", "told", "told"]
    assert told["b"] == told["c"] == "told"
    assert sum(written) == 4 and len(written) == 3, "three of one phone take three turns, the other goes along"


def test_the_device_page_reads_what_waits_and_not_all_that_was_ever_sent(database: Database) -> None:
    asked: list[str] = []
    with database.reading() as session:
        connection = session.connection().connection.cursor()
        if not database.is_sqlite:
            connection.execute("set enable_seqscan = off")  # of an empty table PostgreSQL would read all of it
        plain = Sql.rows

        def rows(self: Sql, query: str, *given: Any) -> Any:
            asked.append(query)
            return plain(self, query, *given)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Sql, "rows", rows)
            store.list_device_health(session)
        (query,) = asked
        connection.execute(f"explain {'query plan ' if database.is_sqlite else ''}{query}")
        plan = str(connection.fetchall())
    assert "ix_sync_change_aside" in plan
