"""What the columns of every table have in common:

how times and documents are kept, how codes and positions are checked.

The naming convention is set on the metadata here, before any table exists, so that every constraint has the same name
on SQLite and on PostgreSQL. No table lives here.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, cast

from sqlalchemy import CheckConstraint, DateTime, Dialect, Index, Table, Text
from sqlalchemy import text as sql
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = SQLModel.metadata

SQLModel.model_config["defer_build"] = True
"""No row is validated (SQLModel does not, for a table): what pydantic would make for that is made if somebody asks."""

ID_LENGTH = 36
CODE_LENGTH = 64


class NoZone(ValueError):
    """A time without its zone: nobody knows when it was."""


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC. SQLite forgets the zone, so it is given back here; a naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: nobody knows when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise NoZone("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Give the zone back: in one step, since a page reads hundreds of moments."""
        return _read_text if dialect.name == "sqlite" else _read_moment


def _read_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


def _read_moment(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def in_utc(value: datetime) -> datetime:
    """A moment that some other type has read: SQLite forgot its zone."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def table_of(row: type[SQLModel]) -> Table:
    """The table that queries use. The class itself is for the metadata and migrations only."""
    return cast(Table, getattr(row, "__table__"))  # noqa: B009 - SQLModel does not declare it


def id_key() -> Any:
    """A primary key: a random 128-bit identifier as text."""
    return Field(primary_key=True, max_length=ID_LENGTH)


def id_of(target: str, *, index: bool = False, primary_key: bool = False, cascade: bool = False) -> Any:
    """A reference to another table's key, such as `worker.id`."""
    if cascade:
        return Field(foreign_key=target, ondelete="CASCADE", max_length=ID_LENGTH, index=index, primary_key=primary_key)
    return Field(foreign_key=target, max_length=ID_LENGTH, index=index, primary_key=primary_key)


def loose_id(*, index: bool = False, primary_key: bool = False, optional: bool = False) -> Any:
    """An id that a phone sent and whose row may arrive later, or never:

    facts are kept in any order, so no foreign key.
    """
    if optional:
        return Field(default=None, max_length=ID_LENGTH, index=index)
    return Field(max_length=ID_LENGTH, index=index, primary_key=primary_key)


def moment(*, optional: bool = False, index: bool = False) -> Any:
    """A point in time (UTC)."""
    if optional:
        return Field(default=None, sa_type=UTCDateTime, nullable=True, index=index)
    return Field(sa_type=UTCDateTime, nullable=False, index=index)


def text(default: str = "") -> Any:
    """Words of any length."""
    return Field(default=default, sa_type=Text, nullable=False)


def code(default: Enum | None = None) -> Any:
    """A word of an open vocabulary: unknown words from a newer app are kept."""
    if default is None:
        return Field(max_length=CODE_LENGTH)
    return Field(default=str(default.value), max_length=CODE_LENGTH)


def index_where_present(*columns: str) -> tuple[Index, ...]:
    """An index over rows whose first column is known: what is mostly empty costs nothing to write."""
    known = sql(f"{columns[0]} IS NOT NULL")
    return (Index(None, *columns, sqlite_where=known, postgresql_where=known),)


def check_code(*columns: str) -> tuple[CheckConstraint, ...]:
    """A code is never empty, and short. Which codes exist is for `shared.model.codes` to say."""
    return tuple(
        CheckConstraint(f"length({column}) BETWEEN 1 AND {CODE_LENGTH}", name=f"{column}_is_a_code")
        for column in columns
    )


def check_one_of(column: str, vocabulary: type[Enum]) -> CheckConstraint:
    """A closed vocabulary: the server itself writes these words, so an unknown one is a fault of ours."""
    words = ", ".join(f"'{member.value}'" for member in vocabulary)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_is_known")


def check_position() -> tuple[CheckConstraint, ...]:
    """A position is whole or absent, and on the earth."""
    return (
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="position_is_whole"),
        CheckConstraint("latitude IS NULL OR latitude BETWEEN -90 AND 90", name="latitude_in_range"),
        CheckConstraint("longitude IS NULL OR longitude BETWEEN -180 AND 180", name="longitude_in_range"),
        CheckConstraint("accuracy_m IS NULL OR accuracy_m >= 0", name="accuracy_not_negative"),
    )


class PositionColumns(SQLModel):
    """A position laid flat. All empty together when no position is known."""

    latitude: float | None = None
    longitude: float | None = None
    pin_source: str | None = Field(default=None, max_length=CODE_LENGTH)
    accuracy_m: float | None = None
    fix_age_s: float | None = None
    moved_from_latitude: float | None = None
    moved_from_longitude: float | None = None
