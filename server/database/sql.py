"""Plain SQL over the connection of a session, written once for SQLite and PostgreSQL.

The hot statements of a push go past the ORM and past SQLAlchemy's compiler, but stay inside the caller's transaction. `?`
stands for a value, `?*` for a list of texts (`id in ?*`), `?@` for one as a table (`from ?@ p`, its column `p.value`).
Values come back as the driver has them: a moment goes through `moment_of`. Nothing here knows what the tables mean.

Lists, and on PostgreSQL whole columns, travel as JSON: psycopg writes an array element by element in Python, which costs
ten times as much. Many rows that nothing can be in the way of are copied in, as PostgreSQL takes them best.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Final

from msgspec import json
from sqlalchemy import BigInteger, Boolean, Date, Dialect, Float, Integer, LargeBinary, Table
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from server.database.columns import UTCDateTime
from server.database.context import find_telling

Columns = Mapping[str, Sequence[Any]]
"""Rows laid on their side: each column whole, all of one length."""

_POSTGRES_TYPES: Final[tuple[tuple[type[Any], str], ...]] = (
    (UTCDateTime, "timestamptz"),
    (Date, "date"),
    (Boolean, "bool"),
    (BigInteger, "bigint"),
    (Integer, "integer"),
    (Float, "float8"),
    (LargeBinary, "bytea"),
)

COPIED_FROM: Final = 20
"""So many rows are worth the second trip to PostgreSQL that a COPY takes."""
NOT_COPIED: Final = frozenset({"sync_change", "sync_write"})
"""PostgreSQL copies nothing into a table under row-level security."""
ROWS_AT_ONCE: Final = 200
"""SQLite takes so many rows in one statement, a fifth quicker than one by one, and other threads run meanwhile."""

_DRIVER: Final = "lantern_driver"
_LIST: Final = "json_array_elements_text(%s::json)"
_ONE_ROW: Final = re.compile(r"( values )(\([?, ]+\))")
_TABLE: Final = re.compile(r"\?@ (\w+)")


@lru_cache(maxsize=256)
def _spell(sql: str, is_postgres: bool) -> str:
    if is_postgres:
        spelled = _TABLE.sub(rf"{_LIST} \1(value)", sql).replace("in ?*", f"= any(array(select {_LIST}))")
        return spelled.replace("?", "%s")
    return sql.replace("?*", "(select value from json_each(?))").replace("?@", "json_each(?)")


@lru_cache(maxsize=256)
def _spell_insert(table: Table, names: tuple[str, ...], is_postgres: bool) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    if not is_postgres:
        return f'insert into "{table.name}" ({listed}) values ({", ".join("?" for _ in names)})'
    return f'insert into "{table.name}" ({listed}) select {_spell_columns(table, names)}'


@lru_cache(maxsize=256)
def _spell_many(insert: str) -> str:
    """SQLite's insert of one row as an insert of two hundred."""
    head, values, row, ending = _ONE_ROW.split(insert)
    return f"{head}{values}{', '.join([row] * ROWS_AT_ONCE)}{ending}"


@lru_cache(maxsize=256)
def _spell_columns(table: Table, names: tuple[str, ...]) -> str:
    """PostgreSQL's select list and source for columns of a table that come as JSON arrays."""
    typed = ", ".join(_type(table.c[name].type, f'given."{name}"') + f' as "{name}"' for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    return f"{typed} from rows from ({', '.join(_LIST for _ in names)}) given({listed})"


def _type(column_type: object, value: str) -> str:
    """A text as a value of a column's type. Bytes travel as base64."""
    name = _name_type(column_type)
    return f"decode({value}, 'base64')" if name == "bytea" else f"{value}::{name}"


def _name_type(column_type: object) -> str:
    return next((name for kind, name in _POSTGRES_TYPES if isinstance(column_type, kind)), "text")


@lru_cache(maxsize=64)
def _spell_copy(table: Table) -> tuple[str, tuple[str, ...]]:
    """PostgreSQL's COPY of whole rows, and the types of their columns."""
    listed = ", ".join(f'"{column.name}"' for column in table.columns)
    types = tuple(_name_type(column.type) for column in table.columns)
    return f'copy "{table.name}" ({listed}) from stdin (format binary)', types


def moment_of(value: Any) -> datetime | None:
    """A moment, or none, as a driver read it from a column of `UTCDateTime`."""
    return None if value is None else some_moment_of(value)


def some_moment_of(value: Any) -> datetime:
    """The same of a column that always holds one: text on SQLite, aware on PostgreSQL."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value.astimezone(UTC)


def storable(words: str, length_max: int) -> str:
    """Words from outside as both databases can keep them: PostgreSQL has no place for a NUL in text."""
    return words[:length_max].replace("\0", "")


def storable_words(typed: str) -> str:
    """The same of what somebody typed into a form, whole: trimmed, and each line ended by one sign, as it was typed."""
    return typed.replace("\0", "").replace("\r\n", "\n").strip()


def _find_driver(session: Session) -> tuple[Dialect, Any]:
    """The dialect and the driver's connection of a session's transaction, looked up once in each."""
    transaction = session.get_transaction()
    kept = session.info.get(_DRIVER)
    if kept is None or kept[0] is not transaction:
        connection = session.connection()
        kept = (session.get_transaction(), connection.dialect, connection.connection)
        session.info[_DRIVER] = kept
    return kept[1], kept[2]


Send = Callable[[Any, str, Sequence[Any]], None]
"""How a cursor is given a statement and its values."""


def _send_once(cursor: Any, sql: str, values: Sequence[Any]) -> None:
    cursor.execute(sql, values)


def _send_for_each(cursor: Any, sql: str, rows: Sequence[Any]) -> None:
    cursor.executemany(sql, rows)


def _copy(cursor: Any, sql: str, rows: Sequence[Any], types: Sequence[str]) -> None:
    with cursor.copy(sql) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


class Sql:
    """Statements in the transaction of one session, each on the driver's own cursor.

    What the driver raises is raised as SQLAlchemy's error of the same name, as everywhere else on the server.
    """

    def __init__(self, session: Session) -> None:
        self._dialect, self._driver = _find_driver(session)
        self.is_postgres = self._dialect.name == "postgresql"
        self._telling = find_telling(session) if self.is_postgres else None

    def rows(self, sql: str, *values: object) -> list[Any]:
        """All rows of a query."""
        return list(self._run(sql, values).fetchall())

    def find(self, sql: str, *values: object) -> Any | None:
        """The first row of a query, if any."""
        return self._run(sql, values).fetchone()

    def run(self, sql: str, *values: object) -> None:
        """Carry a statement out."""
        self._run(sql, values)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is done in this block stands or falls together; when it raises, the transaction goes on without it.

        Not so when the database failed (OperationalError): then the whole transaction is lost, and perhaps the connection.
        """
        self._carry_out("savepoint part", ())
        try:
            yield
        except OperationalError:
            raise
        except BaseException:
            self._send("rollback to savepoint part")
            if self._telling is not None:
                self._telling.after_undoing()
            # Else a block around this one would roll back to here.
            self._carry_out("release savepoint part", ())
            raise
        self._carry_out("release savepoint part", ())

    def run_each(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Carry a statement out once for each row of values."""
        if len(rows) == 1:
            self._execute(_spell(sql, self.is_postgres), rows[0])
        elif rows:
            self._execute(_spell(sql, self.is_postgres), rows, _send_for_each)

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert whole rows, their values in the order of the table's columns. One statement, however many rows."""
        if self.is_postgres and len(rows) >= COPIED_FROM and table.name not in NOT_COPIED:
            statement, types = _spell_copy(table)
            self._execute(statement, rows, partial(_copy, types=types))
        elif rows:
            self.insert_columns(table, dict(zip(table.columns.keys(), zip(*rows, strict=True), strict=True)))

    def insert_columns(self, table: Table, columns: Columns, ending: str = "") -> None:
        """Insert rows that are given as columns, as the driver takes them; `ending` is an `on conflict` clause, or none.

        A column in which no row says anything is left out: none that may be empty has a default of its own, and an empty
        value costs as much to hand over as another.
        """
        columns = {name: column for name, column in columns.items() if not _is_silent(column)}
        statement = f"{_spell_insert(table, tuple(columns), self.is_postgres)} {ending}"
        if self.is_postgres:
            self._execute(statement, _pack(columns))
        else:
            self._insert_rows(statement, len(columns), list(chain.from_iterable(zip(*columns.values(), strict=True))))

    def _insert_rows(self, statement: str, width: int, values: list[Any]) -> None:
        """Insert rows on SQLite, their values given one after another: two hundred rows in one statement, the rest one by one."""
        step = width * ROWS_AT_ONCE
        rest = len(values) - len(values) % step
        for start in range(0, rest, step):
            self._execute(_spell_many(statement), values[start : start + step])
        if rest < len(values):
            rows = [values[start : start + width] for start in range(rest, len(values), width)]
            self._execute(statement, rows, _send_for_each)

    def update_columns(self, table: Table, columns: Columns, key: str) -> None:
        """Set, in the row with each `key`, the other columns."""
        names = [name for name in columns if name != key]
        if self.is_postgres:
            sets = ", ".join(f'"{name}" = new."{name}"' for name in names)
            source = f"(select {_spell_columns(table, tuple(columns))}) new"
            self._execute(
                f'update "{table.name}" old set {sets} from {source} where old."{key}" = new."{key}"', _pack(columns)
            )
        else:
            sets = ", ".join(f'"{name}" = ?' for name in names)
            rows = list(zip(*(columns[name] for name in (*names, key)), strict=True))
            self._execute(f'update "{table.name}" set {sets} where "{key}" = ?', rows, _send_for_each)

    def _run(self, sql: str, values: tuple[object, ...]) -> Any:
        return self._execute(_spell(sql, self.is_postgres), tuple(map(_bind, values)))

    def _execute(self, sql: str, values: Sequence[Any], send: Send = _send_once) -> Any:
        """Every statement that asks or changes something comes by here: the simulator counts them."""
        return self._carry_out(sql, values, send)

    def _carry_out(self, sql: str, values: Sequence[Any], send: Send = _send_once) -> Any:
        if self._telling is not None:
            self._telling.before_statement(self._driver.cursor)
        return self._send(sql, values, send)

    def _send(self, sql: str, values: Sequence[Any] = (), send: Send = _send_once) -> Any:
        cursor = self._driver.cursor()
        try:
            send(cursor, sql, values)
        except self._dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(
                sql, None, error, self._dialect.loaded_dbapi.Error, dialect=self._dialect
            ) from error
        return cursor


def _bind(value: object) -> object:
    return json.encode(value).decode() if isinstance(value, list | set | frozenset) else value


def _is_silent(column: Sequence[Any]) -> bool:
    return column[0] is None and all(value is None for value in column)


def _pack(columns: Columns) -> tuple[str, ...]:
    return tuple(json.encode(column).decode() for column in columns.values())
