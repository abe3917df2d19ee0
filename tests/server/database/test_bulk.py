"""Whole columns at once arrive as they were, whatever stands in them, on both databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from server.database import bulk
from server.database.engine import Database
from server.database.sql import COPIED_FROM, ROWS_AT_ONCE, Sql, moment_of
from server.tables.people.verification import person_verification
from server.tables.street.contact import contact_person
from server.tables.sync import sync

WORDS = ["plain", "", 'a "quoted" one', "back\\slash", "two\nlines", "{curly,NULL}", "null", "Zażółć 🌙", "it's ? %s"]
COLUMNS = ", ".join(sync.change.columns.keys())
UNSAID = (None,) * 5
"""What became of a change that was set aside: who adopted or closed it, when and why."""
EVENING = datetime(2026, 11, 12, 21, 30, 0, 5, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 1, 0, tzinfo=timezone(timedelta(hours=1)))


def test_columns_arrive_as_they_were(database: Database) -> None:
    rows = [status(number, words) for number, words in enumerate(WORDS)]
    with database.writing() as session:
        bulk.insert_new(session, person_verification, bulk._as_columns(rows))
        bulk.insert_new(session, person_verification, [rows[0] | {"reason": "another"}])
    assert read(database) == rows


def test_what_no_row_says_is_nothing_also_where_something_stood_before(database: Database) -> None:
    before = [status(1, "before") | {"basis": "met", "district_id": "d"}]
    with database.writing() as session:
        bulk.insert_all(session, person_verification, before)
        bulk.upsert(session, person_verification, [status(1, "after")])
    assert read(database) == [status(1, "after")]


def test_no_column_that_may_be_empty_has_a_default_of_its_own(database: Database) -> None:
    """So that one which is left out says nothing."""
    with database.reading() as session:
        inspector = inspect(session.connection())
        tables = [name for name in inspector.get_table_names() if name != "alembic_version"]
        columns = [(name, each) for name in tables for each in inspector.get_columns(name) if each["nullable"]]
    assert [(name, each["name"]) for name, each in columns if each["default"] is not None] == []


def test_a_row_is_replaced_and_one_column_set(database: Database) -> None:
    rows = [status(number, "before") for number in range(3)]
    after = [row | {"reason": words} for row, words in zip(rows, WORDS, strict=False)]
    with database.writing() as session:
        bulk.insert_all(session, person_verification, rows)
        bulk.upsert(session, person_verification, after)
        bulk.update_each(session, person_verification, {"p1": {"since": SUMMER, "verified": True}}, key="person_id")
    after[1] |= {"since": SUMMER, "verified": True}
    assert read(database) == after


def test_a_key_that_is_there_already_is_an_error(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        bulk.insert_all(session, person_verification, [status(1, ""), status(1, "")])
    assert read(database) == []


def test_bytes_of_any_kind_and_great_numbers_are_kept(database: Database) -> None:
    body = bytes(range(256))
    row = ("c1", 7, 2**53 - 1, 2**62, None, "team:1", "unreadable", 5, 'why "not"', *UNSAID, body, -(2**40))
    with database.writing() as session:
        Sql(session).insert(sync.change, [row])
        found = Sql(session).find(f"select {COLUMNS} from sync_change where id in ?*", {"c1", 'c"2'})
        assert found is not None
        assert (*found[:-2], bytes(found[-2]), found[-1]) == row


@pytest.mark.parametrize("count", [COPIED_FROM - 1, COPIED_FROM, 2 * ROWS_AT_ONCE + 1])
def test_rows_arrive_as_they_were_however_many_come(database: Database, count: int) -> None:
    rows = [a_change(n, WORDS[n % len(WORDS)]) for n in range(1, count + 1)]
    with database.writing() as session:
        Sql(session).insert(sync.change, rows)
        found = Sql(session).rows(f"select {COLUMNS} from sync_change order by n")
    assert [(*row[:-2], bytes(row[-2]), row[-1]) for row in found] == rows


def test_of_many_rows_with_one_key_none_is_inserted(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        Sql(session).insert(sync.change, [a_change(1, "")] * COPIED_FROM)
    with database.reading() as session:
        assert Sql(session).rows("select 1 from sync_change") == []


def a_change(n: int, words: str) -> tuple[Any, ...]:
    """A row with every type of value that the table has, and columns in which only some rows say anything."""
    reason = words if n % 2 else None
    return (
        f"c{n}",
        7,
        n,
        2**62,
        f"e{n}",
        "team:1",
        "t",
        5,
        reason,
        *UNSAID,
        bytes(range(n % 256)) + words.encode(),
        -n,
    )


def test_a_list_may_stand_for_a_table_and_moments_come_back_aware(database: Database) -> None:
    met = {"contact_id": "c", "person_id": "p", "seen_at": EVENING, "night": date(2026, 11, 12), "state": "bedded_down"}
    with database.writing() as session:
        bulk.insert_new(session, contact_person, [met])
        query = "select asked.value, seen_at from ?@ asked left join contact_person on person_id = asked.value"
        found = Sql(session).rows(f"{query} order by 1", ["p", "q"])
    assert [(person, moment_of(seen_at)) for person, seen_at in found] == [("p", EVENING), ("q", None)]


def status(number: int, reason: str) -> dict[str, Any]:
    return {
        "person_id": f"p{number}", "verified": number % 2 == 0, "basis": None, "review_status": "unreviewed",
        "since": EVENING if number % 2 else None, "contact_id": None, "worker_id": "w", "district_id": None,
        "reason": reason,
    }  # fmt: skip


def read(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        found = session.execute(select(person_verification).order_by(person_verification.c.person_id)).mappings()
        return [dict(row) for row in found]
