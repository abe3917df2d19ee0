"""Where somebody who is missed was last, on a map: how sure that is, and where they were to go."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from server.queries.maps.gazetteer import list_within
from server.queries.street.last_known import LastPlace
from server.web.layout.clocks import say_clock
from server.web.layout.maps import OUTLINE, Ground, Name, Pin, Shape, box_around, map_data, ring_around
from shared.model.position import Position

MOST_NAMES = 150
LEAST_CIRCLE_M = 5.0
"""No fix is better than that."""


def draw_last_place(
    session: Session, name: str, last: LastPlace, stops: Sequence[tuple[str, Position]], now: datetime
) -> Markup:
    """Returns the map of one worker: a ring where they were, a circle that holds them, a dot for each stop of tonight's plan."""
    circle = ring_around(
        Position(latitude=last.latitude, longitude=last.longitude), max(last.accuracy_m or 0.0, LEAST_CIRCLE_M)
    )
    ground = Ground([circle])
    west, south, east, north = ground.box
    box = box_around([(west, south), (east, north)])
    names = [Name(last.longitude, last.latitude, f"{name}, {say_clock(last.at, now)}")]
    names += [Name(at.longitude, at.latitude, words) for words, at in stops]
    names += [Name(each.longitude, each.latitude, each.name) for each in list_within(session, *box, MOST_NAMES)]
    pins = [Pin(at.longitude, at.latitude, "site") for _, at in stops]
    return map_data(
        [Shape(geojson=circle, label="", words="They were within this circle", band=OUTLINE)], ground,
        [*pins, Pin(last.longitude, last.latitude, "report")], names, box,
    )  # fmt: skip
