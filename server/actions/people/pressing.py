"""A button that is pressed twice says nothing twice."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

from shared.model.value import Value

Row = TypeVar("Row", bound=Value)

A_MOMENT = timedelta(minutes=1)


def find_pressed(
    before: Iterable[Row], new: Row, moment: str = "recorded_at", within: timedelta = A_MOMENT
) -> Row | None:
    """The very same, said by the same worker so lately. `moment` is the field that, beside the id, is another with each press."""
    said = [name for name in new.__struct_fields__ if name not in ("id", moment)]
    for each in before:
        is_same = all(getattr(each, name) == getattr(new, name) for name in said)
        if is_same and getattr(new, moment) - getattr(each, moment) < within:
            return each
    return None
