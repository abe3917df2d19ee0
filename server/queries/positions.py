"""A position laid flat into the columns of a table, and read back. No query lives here."""

from collections.abc import Mapping
from typing import Any

from shared.model.codes import PinSource
from shared.model.position import Position

NO_POSITION: dict[str, Any] = {
    "latitude": None,
    "longitude": None,
    "pin_source": None,
    "accuracy_m": None,
    "fix_age_s": None,
    "moved_from_latitude": None,
    "moved_from_longitude": None,
}


def lay_flat(position: Position | None) -> dict[str, Any]:
    """The seven columns of a position; all None together when there is none."""
    if position is None:
        return NO_POSITION
    moved_from = position.moved_from or (None, None)
    return {
        "latitude": position.latitude,
        "longitude": position.longitude,
        "pin_source": str(position.source.value),
        "accuracy_m": position.accuracy_m,
        "fix_age_s": position.fix_age_s,
        "moved_from_latitude": moved_from[0],
        "moved_from_longitude": moved_from[1],
    }


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
