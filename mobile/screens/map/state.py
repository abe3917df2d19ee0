"""The map: where I am, what is near, what was pressed. Pure; the drawing is the widget's."""

from typing import Any

import msgspec

from mobile.field.views import Fix, MapItem
from mobile.ports import MapCell
from mobile.program.effects import Back, Call, Effect, Event, Failed, Go, Opened, ask
from shared.model.value import Value

WHOLE_WORLD = (-90.0, -180.0, 90.0, 180.0)


class MapState(Value, frozen=True, kw_only=True):
    """What is on the map."""

    items: tuple[MapItem, ...] = ()
    cells: tuple[MapCell, ...] = ()
    loaded: bool = False
    fix: Fix | None = None
    at: tuple[float, float] | None = None
    """What was asked to be seen."""
    chosen: str = ""
    centred: bool = False
    failure: Failed | None = None

    @property
    def chosen_item(self) -> MapItem | None:
        """The pin that was pressed."""
        return next((item for item in self.items if f"{item.kind}/{item.id}" == self.chosen), None)

    @property
    def start(self) -> tuple[float, float] | None:
        """Where to look first: at what was asked for; here; else the middle of what is known; else nowhere."""
        if self.at is not None and not self.centred:
            return self.at
        if self.fix is not None:
            return self.fix.position.latitude, self.fix.position.longitude
        if not self.items:
            return None
        latitudes = sorted(item.latitude for item in self.items)
        longitudes = sorted(item.longitude for item in self.items)
        return latitudes[len(latitudes) // 2], longitudes[len(longitudes) // 2]


class ItemsFound(Event, frozen=True, kw_only=True):
    """What this phone knows of."""

    items: tuple[MapItem, ...]


class CellsFound(Event, frozen=True, kw_only=True):
    """Where people are likely tonight."""

    cells: tuple[MapCell, ...]


class FixFound(Event, frozen=True, kw_only=True):
    """Where the phone is, as far as it knows."""

    fix: Fix | None


class PinPressed(Event, frozen=True, kw_only=True):
    """A pin."""

    key: str


class OpenPressed(Event, frozen=True, kw_only=True):
    """Its page."""


class Centred(Event, frozen=True, kw_only=True):
    """The map looks at a place of its own now."""


class Ticked(Event, frozen=True, kw_only=True):
    """A second went by."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[MapState, tuple[Effect, ...]]


def update(state: MapState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (
                _fix(),
                ask(lambda phone: phone.map_items(*WHOLE_WORLD), lambda i: ItemsFound(items=tuple(i))),
                ask(lambda phone: phone.likely_cells(), lambda cells: CellsFound(cells=tuple(cells))),
            )
        case ItemsFound(items=items):
            return _with(state, items=items, loaded=True), ()
        case CellsFound(cells=cells):
            return _with(state, cells=cells), ()
        case FixFound(fix=fix):
            return _with(state, fix=fix), ()
        case Ticked():
            return state, (_fix(),)
        case PinPressed(key=key):
            return _with(state, chosen="" if state.chosen == key else key), ()
        case Centred():
            return _with(state, centred=True), ()
        case OpenPressed():
            return state, _open(state.chosen_item)
        case BackPressed():
            return state, (Back(),)
        case Failed():
            return _with(state, failure=event), ()
    return state, ()


def _with(state: MapState, **changes: Any) -> MapState:
    return msgspec.structs.replace(state, **changes)


def _fix() -> Call:
    return ask(lambda phone: phone.where_am_i(), lambda fix: FixFound(fix=fix))


def _open(item: MapItem | None) -> tuple[Effect, ...]:
    if item is None:
        return ()
    return (Go(screen=item.kind, arguments={f"{item.kind}_id": item.id}),)
