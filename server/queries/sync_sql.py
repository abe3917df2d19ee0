"""Plain SQL over the connection of a session, written once for SQLite and PostgreSQL.

Sync's hot statements go past the ORM and past SQLAlchemy's compiler, but stay inside the caller's transaction. `?`
stands for a value, `?*` for a list (`id in ?*`). Nothing here knows what the tables mean.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

_POSTGRES_ARRAYS: Final[tuple[tuple[type[Any], str], ...]] = (
    (Boolean, "bool[]"),
    (BigInteger, "bigint[]"),
    (Integer, "integer[]"),
    (LargeBinary, "bytea[]"),
)


@lru_cache(maxsize=256)
def _spell(sql: str, is_postgres: bool) -> str:
    if is_postgres:
        return sql.replace("in ?*", "= any(%s)").replace("?", "%s")
    return sql.replace("?*", "(select value from json_each(?))")


@lru_cache(maxsize=64)
def _spell_insert(table: Table, is_postgres: bool) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if not is_postgres:
        marks = ", ".join("?" for _ in table.columns)
        return f"insert into {table.name} ({names}) values ({marks})"
    arrays = ", ".join(f"%s::{_array_of(column.type)}" for column in table.columns)
    return f"insert into {table.name} ({names}) select * from unnest({arrays})"


def _array_of(column_type: object) -> str:
    return next((name for kind, name in _POSTGRES_ARRAYS if isinstance(column_type, kind)), "text[]")


def storable(words: str, length_max: int) -> str:
    """Words from outside as both databases can keep them: PostgreSQL has no place for a NUL in text."""
    return words[:length_max].replace("\0", "")


class Sql:
    """Statements in the transaction of one session, each on the driver's own cursor.

    What the driver raises is raised as SQLAlchemy's error of the same name, as everywhere else on the server.
    """

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        self._dialect = connection.dialect
        self._driver = connection.connection
        self.is_postgres = connection.dialect.name == "postgresql"

    def rows(self, sql: str, *values: object) -> list[Any]:
        """All rows of a query."""
        return list(self._run(sql, values).fetchall())

    def find(self, sql: str, *values: object) -> Any | None:
        """The first row of a query, if any."""
        return self._run(sql, values).fetchone()

    def run(self, sql: str, *values: object) -> None:
        """Carry a statement out."""
        self._run(sql, values)

    def run_each(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Carry a statement out once for each row of values."""
        if rows:
            self._execute(_spell(sql, self.is_postgres), rows, many=True)

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows, their values in the order of the table's columns. One statement, however many rows."""
        if not rows:
            return
        statement = _spell_insert(table, self.is_postgres)
        if self.is_postgres:
            self._execute(statement, tuple(list(column) for column in zip(*rows, strict=True)))
        else:
            self._execute(statement, rows, many=True)

    def _run(self, sql: str, values: tuple[object, ...]) -> Any:
        return self._execute(_spell(sql, self.is_postgres), tuple(map(self._bind, values)))

    def _execute(self, sql: str, values: Sequence[Any], *, many: bool = False) -> Any:
        cursor = self._driver.cursor()
        try:
            if many:
                cursor.executemany(sql, values)
            else:
                cursor.execute(sql, values)
        except self._dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(
                sql, None, error, self._dialect.loaded_dbapi.Error, dialect=self._dialect
            ) from error
        return cursor

    def _bind(self, value: object) -> object:
        if not isinstance(value, list | set | frozenset):
            return value
        return sorted(value) if self.is_postgres else json.dumps(sorted(value))
