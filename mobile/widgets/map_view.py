"""The map: a district's outline, places, cells and pins on near-black, panned with one finger and zoomed by buttons.

Everything is a few batched meshes in world pixels about a fixed origin, moved by one matrix; nothing is laid out on a pan.
It asks nothing of any network. A raster pack, where there is one, is drawn beneath by `tile_layer`.
"""

from collections.abc import Sequence
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, PopMatrix, PushMatrix, Rectangle, Scale, Translate
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.stencilview import StencilView
from kivy.utils import get_color_from_hex

from mobile.ports import MapWay
from mobile.theme import palette
from mobile.widgets.map_marks import Marks, Pin
from mobile.widgets.map_sketch import Ground, Outline, SketchDrawing
from mobile.widgets.map_ways import WayDrawing
from mobile.widgets.mercator import from_world_px, world_px
from mobile.widgets.press import has_strayed
from mobile.widgets.tile_layer import TileLayer

REFERENCE_ZOOM = 14.0
LEAST_ZOOM, MOST_ZOOM = 9.0, 19.0
REACH_DP = 36


class MapView(StencilView):
    """One finger pans; `zoom_by` zooms about the middle; `on_pick` gives a pin; in `aim` mode a cross marks the middle."""

    zoom = NumericProperty(15.0)
    aim = BooleanProperty(False)
    chosen = StringProperty("")

    __events__ = ("on_pick", "on_moved")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.latitude, self.longitude = 51.6565, -0.3903
        self._origin = world_px(self.latitude, self.longitude, REFERENCE_ZOOM)
        self.tiles = TileLayer()
        self.ways = WayDrawing()
        self.sketch = SketchDrawing()
        self.marks = Marks()
        with self.canvas:
            self._ground_colour = Color(1, 1, 1, 1)
            self._ground = Rectangle()
            PushMatrix()
            self._to_tiles = Translate()
            self.canvas.add(self.tiles)
            PopMatrix()
            PushMatrix()
            self._move = Translate()
            self._scale = Scale(1.0, 1.0, 1.0)
            self.canvas.add(self.ways)
            self.canvas.add(self.sketch)
            PopMatrix()
            PushMatrix()
            self._to_marks = Translate()
            self.canvas.add(self.marks)
            PopMatrix()
        self._later = Clock.create_trigger(self._rebuild, -1)
        for name in ("size", "pos", "zoom", "aim", "chosen"):
            self.fbind(name, self._later)

    def on_pick(self, key: str) -> None:
        """A pin was pressed; overridden by kv."""

    def on_moved(self) -> None:
        """The middle changed under a finger; overridden by kv."""

    # --- what it shows
    def show_sketch(self, ground: Ground, outlines: Sequence[Outline], ways: Sequence[MapWay] = ()) -> None:
        """The ground: outlines, streets and cells, built once; `ways` as they come into sight."""
        self.ways.put(ways, self._origin, REFERENCE_ZOOM)
        self.sketch.build(ground, outlines, self._origin, REFERENCE_ZOOM)
        self.marks.names = tuple(sorted(ground.names, key=lambda one: one.rank))
        self._later()

    def show_pins(self, pins: Sequence[Pin]) -> None:
        """The pins to press."""
        self.marks.pins = list(pins)
        self._later()

    def show_here(self, here: tuple[float, float, float] | None) -> None:
        """Where the worker is: latitude, longitude and accuracy in metres."""
        if here != self.marks.here:
            self.marks.here = here
            self._later()

    def look_at(self, latitude: float, longitude: float, zoom: float | None = None) -> None:
        """Put a point in the middle."""
        self.latitude, self.longitude = latitude, longitude
        if zoom is not None:
            self.zoom = zoom
        self._later()

    def zoom_by(self, steps: float) -> None:
        """Nearer or farther about the middle."""
        self.zoom = max(LEAST_ZOOM, min(MOST_ZOOM, self.zoom + steps))

    def window_of(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a point of the ground is on the glass, in the parent's coordinates."""
        middle = world_px(self.latitude, self.longitude, self.zoom)
        point = world_px(latitude, longitude, self.zoom)
        return self.center_x + point[0] - middle[0], self.center_y + point[1] - middle[1]

    # --- touches
    def on_touch_down(self, touch: Any) -> bool:
        """Hold on to the finger."""
        if not self.collide_point(*touch.pos):
            return False
        if getattr(touch, "is_mouse_scrolling", False):
            self.zoom_by(0.5 if touch.button == "scrolldown" else -0.5)
            return True
        touch.grab(self)
        touch.ud[self] = {"panning": False}
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Pan."""
        if touch.grab_current is not self:
            return False
        drag = touch.ud[self]
        drag["panning"] = drag["panning"] or has_strayed(touch)
        if drag["panning"]:
            self.pan(touch.dx, touch.dy)
            self.dispatch("on_moved")
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """A press picks the nearest pin in reach."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        if not touch.ud[self]["panning"]:
            self._pick(*touch.pos)
        elif self.tiles.path or self.ways.is_there:
            self._later()
        return True

    def pan(self, across_px: float, up_px: float) -> None:
        """Move the ground by so many pixels: two matrices, nothing else."""
        x, y = world_px(self.latitude, self.longitude, self.zoom)
        self.latitude, self.longitude = from_world_px(x - across_px, y - up_px, self.zoom)
        self._place()

    def _pick(self, x: float, y: float) -> None:
        middle = world_px(self.latitude, self.longitude, self.zoom)
        best, best_px = None, dp(REACH_DP)
        for pin in self.marks.pins:
            px, py = world_px(pin.latitude, pin.longitude, self.zoom)
            away = max(abs(px - middle[0] + self.center_x - x), abs(py - middle[1] + self.center_y - y))
            if away < best_px:
                best, best_px = pin, away
        if best is not None:
            self.dispatch("on_pick", best.key)

    # --- drawing
    def _rebuild(self, *_: object) -> None:
        if self.width < 2:
            return
        self._ground_colour.rgba = get_color_from_hex(palette().map_ground)
        self._ground.pos, self._ground.size = self.pos, self.size
        self.marks.build(self.latitude, self.longitude, self.zoom, self.size, self.chosen, self.aim)
        self.tiles.build(self.latitude, self.longitude, self.zoom, self.size)
        self.ways.look(self.latitude, self.longitude, self.zoom, self.size)
        self._place()

    def _place(self) -> None:
        x, y = world_px(self.latitude, self.longitude, REFERENCE_ZOOM)
        scale = 2.0 ** (self.zoom - REFERENCE_ZOOM)
        self._scale.xyz = (scale, scale, 1.0)
        self._move.xy = (self.center_x - (x - self._origin[0]) * scale, self.center_y - (y - self._origin[1]) * scale)
        middle = world_px(self.latitude, self.longitude, self.zoom)
        for matrix, layer in ((self._to_marks, self.marks), (self._to_tiles, self.tiles)):
            matrix.xy = (self.center_x + layer.origin[0] - middle[0], self.center_y + layer.origin[1] - middle[1])
        self.marks.place_aim(middle)
