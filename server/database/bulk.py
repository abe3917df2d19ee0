"""Many rows at once, past SQLAlchemy's compiler but inside the session's transaction: one statement on PostgreSQL, one
prepared statement on SQLite. Rows are mappings that all hold the same columns, or one mapping of whole columns.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, Table
from sqlalchemy.orm import Session

from server.database.columns import UTCDateTime
from server.database.sql import Columns, Sql

Row = Mapping[str, Any]


def insert_all(session: Session, table: Table, rows: Sequence[Row] | Columns) -> None:
    """Insert rows; one whose key is there already is an error (IntegrityError), and none is inserted."""
    _write(session, table, rows, "")


def insert_new(session: Session, table: Table, rows: Sequence[Row] | Columns) -> None:
    """Insert rows; one whose key is there already is passed over."""
    _write(session, table, rows, "on conflict do nothing")


def upsert(session: Session, table: Table, rows: Sequence[Row] | Columns, *, keep: Collection[str] = ()) -> None:
    """Insert rows, or replace those with the same key but for the columns in `keep`. No key may come twice."""
    columns = _as_columns(rows)
    key = [column.name for column in table.primary_key.columns]
    changed = [name for name in columns if name not in key and name not in keep]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
    _write(session, table, columns, f"on conflict ({', '.join(key)}) do update set {sets}")


def update_each(session: Session, table: Table, values: Mapping[str, Mapping[str, Any]], *, key: str = "id") -> None:
    """Set columns of many rows: key -> the columns to set, the same ones for every row."""
    if values:
        sql = Sql(session)
        columns = {**_as_columns(list(values.values())), key: list(values)}
        sql.update_columns(table, _bind(table, columns, sql), key)


def delete_of(session: Session, table: Table, column: str, values: Collection[str]) -> None:
    """Delete the rows whose column holds one of these values."""
    if values:
        session.execute(table.delete().where(table.c[column].in_(values)))


def lay_on_side(names: Collection[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    """Rows as the columns of these names."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return dict(zip(names, columns, strict=True))


def _as_columns(rows: Sequence[Row] | Columns) -> Columns:
    """Rows turned on their side."""
    if isinstance(rows, Mapping):
        return rows
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _write(session: Session, table: Table, rows: Sequence[Row] | Columns, ending: str) -> None:
    columns = _as_columns(rows)
    if any(map(len, columns.values())):
        sql = Sql(session)
        sql.insert_columns(table, _bind(table, columns, sql), ending)


def _bind(table: Table, columns: Columns, sql: Sql) -> Columns:
    """The columns as the driver takes them."""
    if sql.is_postgres:
        return columns
    converters = {name: _converter(table, name) for name in columns}
    return {
        name: column if (convert := converters[name]) is None else list(map(convert, column))
        for name, column in columns.items()
    }


@lru_cache(maxsize=1024)
def _converter(table: Table, name: str) -> Callable[[Any], Any] | None:
    """What a column's values must become for SQLite's driver; None when they may go as they are."""
    kind = table.c[name].type
    if isinstance(kind, UTCDateTime):
        return _moment
    return _day if isinstance(kind, Date) else None


@lru_cache(maxsize=4096)
def _moment(value: datetime | None) -> str | None:
    """As SQLAlchemy writes a time on SQLite, so that both read the same. A batch names the same moments in several tables."""
    if value is None:
        return None
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    day_and_time = (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond)
    return "%04d-%02d-%02d %02d:%02d:%02d.%06d" % day_and_time  # noqa: UP031 - half the time of the others


@lru_cache(maxsize=256)
def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
