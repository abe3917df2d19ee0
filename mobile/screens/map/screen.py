"""Draws the map and what is on it. Binds fingers and buttons to `state.update`."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from mobile.field.views import MapItem
from mobile.ports import MapCell
from mobile.program.effects import Effect, Event, Opened
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.map.drawing import draw_ground, fill_map, pin_of
from mobile.screens.map.state import BackPressed, Centred, MapState, OpenPressed, PinPressed, Ticked, update
from mobile.text.moments import say_age

load_layout(__file__)


class MapScreen(Screen):
    """The map."""

    def start(self, arguments: Mapping[str, Any]) -> MapState:
        """Nothing known until the service answers."""
        self._drawn: tuple[MapItem, ...] = ()
        self._drawn_cells: tuple[MapCell, ...] = ()
        return MapState(at=arguments.get("at"))

    def decide(self, state: MapState, event: Event) -> tuple[MapState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def open(self) -> None:
        """The ground first: it needs no answer."""
        self._sketch = self.desk.map_sketch()
        fill_map(self.ids.map, self._sketch, ())
        self._look_at_outline(self._sketch.outlines)
        super().open()

    def render(self) -> None:
        """Pins, where I am, what was pressed."""
        state, ids = self.state, self.ids
        if self._drawn_cells != state.cells:
            self._drawn_cells = state.cells
            draw_ground(ids.map, replace(self._sketch, cells=self._sketch.cells + state.cells))
        if self._drawn != state.items:
            self._drawn = state.items
            ids.map.show_pins([pin_of(item) for item in state.items])
        ids.map.chosen = state.chosen
        self._render_here()
        item = state.chosen_item
        ids.chosen.hidden = item is None
        if item is not None:
            ids.chosen.text = item.title or self.say(f"map.{item.kind}")
            ids.chosen.detail = self.say(f"map.{item.kind}")
        has_squares = bool(self._sketch.cells + state.cells)
        ids.squares.text = self.say("map.squares") if has_squares and item is None else ""
        ids.caption.text = self.say_failure(state.failure) or self._caption()
        if not state.centred and state.start is not None and state.loaded:
            ids.map.look_at(*state.start)
            self.send(Centred())
        self.actions_changed()

    def each_second(self) -> None:
        """I may have moved."""
        self.send(Ticked())

    def synced(self) -> None:
        """What came in belongs on the map, too."""
        self.send(Opened())

    def zoom(self, steps: int) -> None:
        """Nearer or farther."""
        self.ids.map.zoom_by(steps)

    def here(self) -> None:
        """Back to where I am."""
        if self.state.start is not None:
            self.ids.map.look_at(*self.state.start)

    def pressed(self, key: str) -> None:
        """A pin."""
        self.send(PinPressed(key=key))

    def open_chosen(self) -> None:
        """Its page."""
        self.send(OpenPressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    def _render_here(self) -> None:
        fix = self.state.fix
        here = fix and (fix.position.latitude, fix.position.longitude, fix.accuracy_m or 30.0)
        self.ids.map.show_here(here)

    def _caption(self) -> str:
        fix = self.state.fix
        if fix is None:
            return self.say("contact.gps_searching")
        age = say_age(self.words, fix.age_s)
        if fix.accuracy_m is None:
            return self.say("contact.gps_plain", age=age)
        return self.say("contact.gps", metres=round(fix.accuracy_m), age=age)

    def _look_at_outline(self, outlines: tuple[tuple[tuple[float, float], ...], ...]) -> None:
        points = [point for outline in outlines for point in outline]
        if points:
            latitude = (min(p[0] for p in points) + max(p[0] for p in points)) / 2
            longitude = (min(p[1] for p in points) + max(p[1] for p in points)) / 2
            self.ids.map.look_at(latitude, longitude)
