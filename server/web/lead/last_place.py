"""Where somebody who is missed was last, on a map: how sure that is, and where they were to go."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from server.queries.maps.gazetteer import list_within
from server.queries.street.last_known import LastPlace
from server.web.layout.clocks import say_clock
from server.web.layout.maps import OUTLINE, Ground, Name, Pin, Shape, box_around, map_data, mark_point, ring_around
from shared.model.position import Position

MOST_NAMES = 150
LEAST_CIRCLE_M = 5.0
"""No fix is better than that."""


def draw_last_place(
    session: Session, name: str, last: LastPlace, stops: Sequence[tuple[int, str, Position]], now: datetime
) -> Markup:
    """Returns the map of one worker: where they were, a circle that holds them, the number of each stop of tonight's plan."""
    here, within_m = Position(latitude=last.latitude, longitude=last.longitude), last.accuracy_m or 0.0
    circle = Shape(
        geojson=ring_around(here, max(within_m, LEAST_CIRCLE_M)), label=f"{name}, {say_clock(last.at, now)}",
        words="How near it is, their phone did not say" if last.accuracy_m is None else "They were within this circle",
        band=OUTLINE,
    )  # fmt: skip
    shapes = [circle, *(mark_point(at, str(number), words) for number, words, at in stops)]
    west, south, east, north = Ground([circle.geojson]).box
    box = box_around([(west, south), (east, north)])
    names = [Name(each.longitude, each.latitude, each.name) for each in list_within(session, *box, MOST_NAMES)]
    pins = [Pin(at.longitude, at.latitude, "site") for _, _, at in stops]
    return map_data(
        shapes, Ground([each.geojson for each in shapes]), [*pins, Pin(here.longitude, here.latitude, "report")], names, box
    )  # fmt: skip
