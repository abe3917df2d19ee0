"""A place of which several people told differently: each version whole, by one hand, and all of them on a map."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from server.actions.street.conflicts import PLACE_FIELDS
from server.queries.maps.gazetteer import list_within
from server.queries.street.conflicts import Conflict, Side, gather_hands
from server.web.layout.maps import Ground, Name, Pin, box_around, map_data, mark_point
from server.web.lead.version_words import say_value
from shared.model.position import Position
from shared.model.site import Site
from shared.model.value import Id, Value

MARKS = "ABCDEFGH"
MOST_NAMES = 150


class Version(Value, frozen=True, kw_only=True):
    """What one hand says of a place; of what nobody disputes, what is shown. `field` and `change_id` keep it whole."""

    mark: str
    by: str
    at: datetime | None
    field: str
    change_id: Id
    name: str
    kind: str
    pin: str
    position: Position | None


def list_versions(now: Site | None, conflicts: Sequence[Conflict]) -> list[Version]:
    """Returns each hand's version, the one shown first in the first conflict on top. It bears the names of all who wrote it."""
    shown = {name: msgspec.to_builtins(getattr(now, name)) for name in PLACE_FIELDS} if now is not None else {}
    return [_version(MARKS[number % len(MARKS)], shown, wrote) for number, wrote in enumerate(gather_hands(conflicts))]


def _version(mark: str, shown: dict[str, Any], wrote: dict[str, Side]) -> Version:
    whole = shown | {field: side.value for field, side in wrote.items()}
    field, side = next(iter(wrote.items()))
    names = dict.fromkeys(each.by for each in wrote.values() if each.by)
    pin = whole.get("position")
    return Version(
        mark=mark, by=" and ".join(names), at=max((each.at for each in wrote.values() if each.at), default=None),
        field=field, change_id=side.change_id,
        name=str(say_value("name", whole.get("name"), {})), kind=str(say_value("kind", whole.get("kind"), {})),
        pin=str(say_value("position", pin, {})), position=msgspec.convert(pin, Position) if pin else None,
    )  # fmt: skip


def draw_versions(session: Session, versions: Sequence[Version]) -> Any:
    """The pins, each with its mark, in a box that holds them all."""
    placed = [(each, each.position) for each in versions if each.position is not None]
    if not placed:
        return None
    box = box_around([(at.longitude, at.latitude) for _, at in placed])
    shapes = [mark_point(at, f"{each.mark}: {each.name}", each.pin) for each, at in placed]
    pins = [Pin(at.longitude, at.latitude, "report") for _, at in placed]
    names = [Name(each.longitude, each.latitude, each.name) for each in list_within(session, *box, MOST_NAMES)]
    return map_data(shapes, Ground([each.geojson for each in shapes]), pins, names, box)
