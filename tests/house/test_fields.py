"""The register of fields (privacy rule A1): a line for every column of the server's tables and of the phone's store.

A new column: run `python -m tests.house.fields`, and answer the question marks that it writes into docs/fields.csv.
"""

import re

import pytest
from sqlalchemy import Column as TableColumn
from sqlalchemy import MetaData, String, Table

from server.queries.operation.authority import GUARDED
from shared.policy.retention import RETENTION
from tests.house import fields
from tests.house.fields import Line, list_columns, list_left_over, list_missing, read_register
from tests.paths import ROOT

LINES = read_register()
BASES = {"public task", "legal obligation", "consent", "none needed"}
SPECIAL = {"no", "health", "ethnic origin", "gender identity", "criminal offence", "religion", "sexual orientation"}
HOW = "run `python -m tests.house.fields`, then answer the question marks in docs/fields.csv"


def test_every_column_has_a_line() -> None:
    assert list_missing(list_columns(), LINES) == [], HOW


def test_every_line_has_a_column() -> None:
    assert list_left_over(list_columns(), LINES) == [], HOW


def test_no_column_has_two_lines() -> None:
    keys = [line.key for line in LINES]

    assert len(keys) == len(set(keys))


def test_every_line_is_answered() -> None:
    poor = [
        line.key
        for line in LINES
        if not (
            len(line.purpose) > 8
            and "?" not in "".join(line)
            and line.lawful_basis in BASES
            and set(line.special_category.split("; ")) <= SPECIAL
            and line.level in {"1", "2", "3", "4"}
            and line.on_device in {"yes", "no"}
            and line.in_exports
            and line.retention
        )
    ]

    assert poor == []


def test_what_is_special_has_the_highest_level() -> None:
    assert [line.key for line in LINES if line.special_category != "no" and line.level != "4"] == []


def test_what_tells_of_immigration_is_on_no_phone() -> None:
    assert {line.on_device for line in LINES if line.table == "person_restricted"} == {"no"}


def test_every_table_that_says_something_of_somebody_is_guarded_by_row_level_security() -> None:
    """A new one: `SELECT lantern_guard(...)` in its migration, and its name in `GUARDED`. PostgreSQL itself is asked by
    `tests/server/database/test_row_security.py`."""
    about_somebody = {line.table for line in LINES if line.where == "server" and line.level in {"3", "4"}}

    assert about_somebody <= GUARDED


def test_a_period_in_months_is_one_that_the_server_keeps_to() -> None:
    """Two years for places, and each period of the table of retention."""
    kept = {str(each.months) for each in RETENTION.values() if each.months}
    said = {
        number for line in LINES if line.where == "server" for number in re.findall(r"(\d+) months", line.retention)
    }

    assert said <= kept


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with one column that nobody registered, and without all others."""
    invented = MetaData()
    Table("person", invented, TableColumn("id", String), TableColumn("shoe_size", String))
    monkeypatch.setattr(fields, "metadata", invented)


@pytest.mark.usefixtures("planted")
def test_a_column_that_nobody_registered_is_found() -> None:
    assert list_missing(list_columns(), LINES) == [("server", "person", "shoe_size")]


@pytest.mark.usefixtures("planted")
def test_a_line_whose_column_is_gone_is_found() -> None:
    left = list_left_over(list_columns(), LINES)

    assert ("server", "person", "name") in left
    assert ("server", "person", "id") not in left
    assert all(where == "server" for where, _, _ in left)


@pytest.mark.usefixtures("planted")
def test_the_skeleton_asks_and_keeps_every_answer(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    copy = tmp_path / "fields.csv"
    copy.write_bytes((ROOT / "docs" / "fields.csv").read_bytes())
    monkeypatch.setattr(fields, "REGISTER", copy)

    assert fields.add_lines() == [("server", "person", "shoe_size")]

    (asked,) = [line for line in read_register() if line.column == "shoe_size"]
    assert asked == Line("server", "person", "shoe_size", *["?"] * 7)
    (kept,) = [line for line in read_register() if line.key == ("server", "person", "id")]
    assert kept in LINES
