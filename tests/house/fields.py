"""Every column that holds anything: of the server's tables by their metadata, of the phone's store by making one."""

import csv
import sqlite3
import sys
from collections.abc import Iterable
from typing import NamedTuple

from mobile.store.schema import STEPS
from mobile.store.sync_rows import SCHEMA
from server.tables import metadata
from tests.paths import ROOT

Column = tuple[str, str, str]
"""Where (`server` or `phone`), table, column."""

OF_THE_INDEX = ("person_search_",)
"""What SQLite keeps for its own search index, of the columns that are listed."""


def list_columns() -> list[Column]:
    """The server's by table, then the phone's, each in the order in which they stand."""
    server = [
        ("server", table.name, column.name)
        for table in sorted(metadata.tables.values(), key=lambda table: table.name)
        for column in table.columns
    ]
    return [*server, *_list_phone_columns()]


def _list_phone_columns() -> list[Column]:
    connection = sqlite3.connect(":memory:")
    try:
        for step in STEPS:
            if callable(step):
                step(connection)
                continue
            connection.executescript(step)
        connection.executescript(SCHEMA)
        names = [
            row[0] for row in connection.execute("select name from sqlite_master where type = 'table' order by name")
        ]
        return [
            ("phone", name, row[1])
            for name in names
            if not name.startswith(OF_THE_INDEX)
            for row in connection.execute(f"pragma table_info({name})")
        ]
    finally:
        connection.close()


REGISTER = ROOT / "docs" / "fields.csv"


class Line(NamedTuple):
    """One line of the register of fields (privacy rule A1). The names are the file's own header."""

    where: str
    table: str
    column: str
    purpose: str
    lawful_basis: str
    special_category: str
    level: str
    on_device: str
    in_exports: str
    retention: str

    @property
    def key(self) -> Column:
        """What it is a line of."""
        return self.where, self.table, self.column


def read_register() -> list[Line]:
    """Every line. Raises TypeError for one with a cell too few or too many."""
    with REGISTER.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == Line._fields
    return [Line(*row) for row in rows]


def list_missing(columns: Iterable[Column], lines: Iterable[Line]) -> list[Column]:
    """Columns without a line."""
    known = {line.key for line in lines}
    return [column for column in columns if column not in known]


def list_left_over(columns: Iterable[Column], lines: Iterable[Line]) -> list[Column]:
    """Lines without a column."""
    there = set(columns)
    return [line.key for line in lines if line.key not in there]


def add_lines() -> list[Column]:
    """Puts a line with question marks beside its neighbours for each column that has none, and drops lines without a column.

    Somebody answers the question marks: a test asks for it.
    """
    columns, known = list_columns(), {line.key: line for line in read_register()}
    added = list_missing(columns, known.values())
    with REGISTER.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Line._fields)
        writer.writerows(known.get(column, Line(*column, *["?"] * (len(Line._fields) - 3))) for column in columns)
    return added


if __name__ == "__main__":
    for where, table, column in add_lines():
        sys.stdout.write(f"docs/fields.csv: answer the question marks of {where} {table}.{column}\n")
