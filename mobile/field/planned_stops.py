"""Tonight's list in the order of a plan: its stops as planned, at each those to see again there, then all the rest. Pure.

A plan names ground, never a person: whom one may meet at a stop is found here among the people this phone holds.
"""

from collections.abc import Iterable, Sequence

from mobile.field.views import TonightItem, TonightKind
from shared.geo.distance import near_distance_m
from shared.model.position import Position
from shared.model.shift import PlannedStop

AT_STOP_M = 125.0
"""So near the middle of a square of that size is at the stop: looked at there, or to be seen there."""


def in_planned_order(
    items: Sequence[TonightItem],
    stops: Sequence[PlannedStop],
    here: Position | None,
    looked_at: Iterable[tuple[float, float]],
) -> list[TonightItem]:
    """`items` are tonight's own, in walking order. A stop that was answered, or looked at tonight, is on the list no more."""
    done = [Position(latitude=latitude, longitude=longitude) for latitude, longitude in looked_at]
    left = {item.id: item for item in items}
    ordered: list[TonightItem] = []
    for number, stop in enumerate(stops):
        if stop.referral_id is not None:
            found = left.pop(stop.referral_id, None)
            ordered += [] if found is None else [found]
            continue
        if stop.position is None:
            continue
        if all(near_distance_m(stop.position, each) > AT_STOP_M for each in done):
            ordered.append(_place(number, stop, here))
        for item in list(left.values()):
            if item.kind is TonightKind.FOLLOW_UP and _is_at(item, stop.position):
                ordered.append(left.pop(item.id))
    return [*ordered, *left.values()]


def _is_at(item: TonightItem, position: Position) -> bool:
    return item.position is not None and near_distance_m(item.position, position) <= AT_STOP_M


def _place(number: int, stop: PlannedStop, here: Position | None) -> TonightItem:
    away = None if here is None or stop.position is None else near_distance_m(here, stop.position)
    return TonightItem(
        kind=TonightKind.PLACE, id=f"stop-{number}", title=stop.name, reason=stop.why, position=stop.position,
        distance_m=away,
    )  # fmt: skip
