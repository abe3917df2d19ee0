"""Many rows at once, past SQLAlchemy's compiler but inside the session's transaction: one statement on PostgreSQL, one
prepared statement on SQLite. Rows are mappings that all hold the same columns.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Float, Integer, LargeBinary, Table
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from server.tables.columns import UTCDateTime

Row = Mapping[str, Any]

_ARRAYS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (UTCDateTime, "timestamptz[]"),
    (Date, "date[]"),
    (Boolean, "bool[]"),
    (BigInteger, "bigint[]"),
    (Integer, "integer[]"),
    (Float, "float8[]"),
    (LargeBinary, "bytea[]"),
)


def insert_all(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; one whose key is there already is an error (IntegrityError), and none is inserted."""
    _write(session, table, rows, "")


def insert_new(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; one whose key is there already is passed over."""
    _write(session, table, rows, "on conflict do nothing")


def upsert(session: Session, table: Table, rows: Sequence[Row], *, keep: Collection[str] = ()) -> None:
    """Insert rows, or replace those with the same key but for the columns in `keep`. No key may come twice."""
    if not rows:
        return
    key = [column.name for column in table.primary_key.columns]
    changed = [name for name in rows[0] if name not in key and name not in keep]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
    _write(session, table, rows, f"on conflict ({', '.join(key)}) do update set {sets}")


def update_each(session: Session, table: Table, values: Mapping[str, Mapping[str, Any]], *, key: str = "id") -> None:
    """Set one row after another: key -> the columns to set, the same ones for every row."""
    if not values:
        return
    names = list(next(iter(values.values())))
    mark = "?" if _is_sqlite(session) else "%s"
    sets = ", ".join(f'"{name}" = {mark}' for name in names)
    columns = [_column(table, name, list(values.values()), _is_sqlite(session)) for name in names]
    rows = list(zip(*columns, values, strict=True))
    session.connection().exec_driver_sql(f'update "{table.name}" set {sets} where "{key}" = {mark}', rows)


def delete_of(session: Session, table: Table, column: str, values: Collection[str]) -> None:
    """Delete the rows whose column holds one of these values."""
    if values:
        session.execute(table.delete().where(table.c[column].in_(values)))


def _write(session: Session, table: Table, rows: Sequence[Row], ending: str) -> None:
    if not rows:
        return
    is_sqlite = _is_sqlite(session)
    names = tuple(rows[0])
    columns = [_column(table, name, rows, is_sqlite) for name in names]
    statement = f"{_spell(table, names, is_sqlite)} {ending}"
    values = list(zip(*columns, strict=True)) if is_sqlite else tuple(columns)
    session.connection().exec_driver_sql(statement, values)


def _column(table: Table, name: str, rows: Sequence[Row], is_sqlite: bool) -> list[Any]:
    """One column of all rows, as the driver takes it."""
    convert = _converter(table, name, is_sqlite)
    return [row[name] for row in rows] if convert is None else [convert(row[name]) for row in rows]


@lru_cache(maxsize=256)
def _spell(table: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    if is_sqlite:
        return f'insert into "{table.name}" ({listed}) values ({", ".join("?" for _ in names)})'
    arrays = ", ".join(f"%s::{_array_of(table.c[name].type)}" for name in names)
    return f'insert into "{table.name}" ({listed}) select * from unnest({arrays})'


def _array_of(column_type: TypeEngine[Any]) -> str:
    return next((name for kind, name in _ARRAYS if isinstance(column_type, kind)), "text[]")


@lru_cache(maxsize=1024)
def _converter(table: Table, name: str, is_sqlite: bool) -> Callable[[Any], Any] | None:
    """What a column's values must become for the driver; None when they may go as they are."""
    kind = table.c[name].type
    if not is_sqlite:
        return None
    if isinstance(kind, UTCDateTime):
        return _moment
    return _day if isinstance(kind, Date) else None


def _moment(value: datetime | None) -> str | None:
    """As SQLAlchemy writes a time on SQLite, so that both read the same."""
    if value is None:
        return None
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(" ", "microseconds")[:26]


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
