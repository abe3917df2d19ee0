"""Two phones that met the same person at the same moment: neither push derives from half of what is known."""

import threading
import time
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from server.database.engine import Database
from server.database.locks import HELD_ONE_BY_ONE_MAX, lock_records
from server.http.services import Services
from sync.server import AcceptedChange
from sync.wire import read_change
from tests.conftest import Clock
from tests.server.cast import WATFORD
from tests.server.phone import Phone
from tests.server.sync.test_derived_equals_rebuilt import compare

pytestmark = pytest.mark.postgres


@pytest.fixture
def database_kind() -> str:
    """SQLite has one writer: there nobody waits half way."""
    return "postgresql"


def test_whoever_comes_second_waits_and_derives_from_both(
    phone: Phone, services: Services, database: Database, clock: Clock
) -> None:
    newer, older = meet(phone, clock, 5), meet(phone, clock, 60)
    second = threading.Thread(target=project, args=(services, newer))
    with services.database.writing() as session:
        services.project(session, [older])
        second.start()
        wait_until_someone_waits(database)
    second.join(timeout=60)
    assert not second.is_alive()
    with database.reading() as session:
        compare(session, "marek", clock)


def meet(phone: Phone, clock: Clock, minutes_ago: int) -> AcceptedChange:
    """A contact with Marek, as the server accepted it."""
    told = phone.contact(
        person_ids=["marek"],
        seen_at=(clock() - timedelta(minutes=minutes_ago)).isoformat(),
        position={"latitude": WATFORD[0], "longitude": WATFORD[1]},
    )
    return AcceptedChange(read_change(msgspec.json.encode(told)), told["hlc"], phone.now_ms, phone.number)


def project(services: Services, change: AcceptedChange) -> None:
    with services.database.writing() as session:
        services.project(session, [change])


def wait_until_someone_waits(database: Database) -> None:
    """Until the database says that a transaction waits for another."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if count_waiting(database):
            return
    raise TimeoutError("nobody waits")


def count_waiting(database: Database) -> Any:
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with database.reading() as session:
        return session.connection().exec_driver_sql(query).scalar_one()


@pytest.mark.parametrize("others", [1, HELD_ONE_BY_ONE_MAX + 1])
def test_a_turn_ends_with_its_transaction_whether_few_or_many_are_held(database: Database, others: int) -> None:
    passed: list[str] = []
    names = ["marek", *(f"other-{number}" for number in range(others))]

    def follow() -> None:
        with database.writing() as session:
            lock_records(session, ["marek"])
            passed.append("followed")

    follower = threading.Thread(target=follow)
    with database.writing() as session:
        lock_records(session, names)
        follower.start()
        wait_until_someone_waits(database)
        passed.append("held")
    follower.join(timeout=60)
    assert passed == ["held", "followed"]
