"""A position laid flat into the columns of a table, and read back."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from server.database.bulk import lay_on_side
from server.database.sql import Sql
from shared.model.codes import PinSource
from shared.model.position import Position
from shared.model.value import Id

Point = tuple[float, float]
"""Latitude and longitude in decimal degrees (WGS 84)."""

NO_POSITION: dict[str, Any] = {
    "latitude": None,
    "longitude": None,
    "pin_source": None,
    "accuracy_m": None,
    "fix_age_s": None,
    "moved_from_latitude": None,
    "moved_from_longitude": None,
}
NOWHERE = tuple(NO_POSITION.values())


def lay_flat(position: Position | None) -> dict[str, Any]:
    """The seven columns of a position; all None together when there is none."""
    return dict(zip(NO_POSITION, _flat(position), strict=True))


def lay_all_flat(positions: Sequence[Position | None]) -> dict[str, Sequence[Any]]:
    """The seven columns of many positions, each whole."""
    return lay_on_side(NO_POSITION, list(map(_flat, positions)))


def _flat(position: Position | None) -> tuple[Any, ...]:
    if position is None:
        return NOWHERE
    source, moved_from = str(position.source), position.moved_from or (None, None)
    return position.latitude, position.longitude, source, position.accuracy_m, position.fix_age_s, *moved_from


def list_points(session: Session, table: Table, ids: Collection[Id]) -> dict[Id, Point]:
    """Where these rows of a table lie, by id; those without a position are left out."""
    if not ids:
        return {}
    query = f"select id, latitude, longitude from {table.name} where id in ?* and latitude is not null"
    return {row_id: (latitude, longitude) for row_id, latitude, longitude in Sql(session).rows(query, set(ids))}


def read_position(row: Mapping[Any, Any]) -> Position | None:
    """The position that a row's columns hold, or None."""
    if row["latitude"] is None:
        return None
    moved_from = (row["moved_from_latitude"], row["moved_from_longitude"])
    return Position(
        latitude=row["latitude"],
        longitude=row["longitude"],
        source=PinSource(row["pin_source"] or "none"),
        accuracy_m=row["accuracy_m"],
        fix_age_s=row["fix_age_s"],
        moved_from=None if moved_from[0] is None else moved_from,
    )
