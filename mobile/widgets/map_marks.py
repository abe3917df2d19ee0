"""What stands on the map at the size of a thumb whatever the zoom: pins, names, where I am, the cross that aims.

Drawn in pixels about an origin, and built anew only when the zoom changes; a pan moves all of it by one matrix.
"""

from math import cos, pi, sin
from typing import Any

from kivy.graphics import Color, InstructionGroup, Line, Mesh, Rectangle, Translate
from kivy.metrics import dp
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.widgets import letters
from mobile.widgets.map_sketch import Name
from mobile.widgets.mercator import from_world_px, metres_per_px, world_px
from shared.model.value import Value

NAMES_AT_ONCE = 40
CORNERS = 14
PIN_DP = {"site": 9.0, "referral": 11.0, "person": 7.0}
PIN_COLOUR = {"site": "map_site", "referral": "map_referral", "person": "map_here"}


class Pin(Value, frozen=True, kw_only=True):
    """A mark to press. Sites are discs, referrals diamonds, people small squares: shape tells as well as colour."""

    key: str
    kind: str
    latitude: float
    longitude: float
    title: str = ""


class Marks(InstructionGroup):
    """Pins by kind in one mesh each, names as textures, the circle of where I am."""

    def __init__(self) -> None:
        super().__init__()
        self.pins: list[Pin] = []
        self.names: tuple[Name, ...] = ()
        """The lowest rank first."""
        self.here: tuple[float, float, float] | None = None
        self.origin = (0.0, 0.0)
        self._aim = Translate()

    def build(self, latitude: float, longitude: float, zoom: float, size: Any, chosen: str, aim: bool) -> None:
        """Draw everything about the middle of the glass."""
        self.clear()
        self.origin = world_px(latitude, longitude, zoom)
        self._build_here(zoom)
        for kind in ("site", "person", "referral"):
            self._build_pins(kind, zoom, chosen)
        self._build_names(zoom, size)
        if aim:
            self._build_aim()

    def place_aim(self, middle: tuple[float, float]) -> None:
        """Keep the cross in the middle of the glass."""
        self._aim.xy = (middle[0] - self.origin[0], middle[1] - self.origin[1])

    def _at(self, latitude: float, longitude: float, zoom: float) -> tuple[float, float]:
        x, y = world_px(latitude, longitude, zoom)
        return x - self.origin[0], y - self.origin[1]

    def _build_pins(self, kind: str, zoom: float, chosen: str) -> None:
        vertices: list[float] = []
        indices: list[int] = []
        for pin in self.pins:
            if pin.kind == kind:
                grown = 1.7 if pin.key == chosen else 1.0
                _add_shape(vertices, indices, self._at(pin.latitude, pin.longitude, zoom), kind, grown)
        if indices:
            self.add(Color(*get_color_from_hex(getattr(palette(), PIN_COLOUR.get(kind, "map_site")))))
            self.add(Mesh(vertices=vertices, indices=indices, mode="triangles"))

    def _build_here(self, zoom: float) -> None:
        if self.here is None:
            return
        latitude, longitude, accuracy_m = self.here
        x, y = self._at(latitude, longitude, zoom)
        radius = max(dp(12), accuracy_m / metres_per_px(latitude, zoom))
        red, green, blue, _ = get_color_from_hex(palette().map_here)
        self.add(Color(red, green, blue, 1))
        self.add(Line(circle=(x, y, radius), width=dp(1.5)))
        self.add(Line(circle=(x, y, dp(4)), width=dp(3)))

    def _build_names(self, zoom: float, size: Any) -> None:
        self.add(Color(*get_color_from_hex(palette().soft)))
        most_rank = max(0, int(zoom) - 12)
        boxes: list[tuple[float, float, float, float]] = []
        south, west = from_world_px(self.origin[0] - size[0], self.origin[1] - size[1], zoom)
        north, east = from_world_px(self.origin[0] + size[0], self.origin[1] + size[1], zoom)
        for name in self.names:
            if name.rank > most_rank or len(boxes) >= NAMES_AT_ONCE:
                break
            if not (south <= name.latitude <= north and west <= name.longitude <= east):
                continue
            x, y = self._at(name.latitude, name.longitude, zoom)
            self._build_name(name.text, x, y, boxes)

    def _build_name(self, text: str, x: float, y: float, boxes: list[tuple[float, float, float, float]]) -> None:
        size = letters.size_px("small")
        width = letters.width_of(text, size, False) + 2
        texture = letters.texture(text, size, False, int(width) + 1, "left")
        # Beneath its point, so that a pin on the same spot does not hide the word.
        box = (x - width / 2, y - texture.height - dp(14), width, float(texture.height))
        if any(_overlap(box, other) for other in boxes):
            return
        boxes.append(box)
        self.add(Rectangle(texture=texture, pos=(round(box[0]), round(box[1])), size=texture.size))

    def _build_aim(self) -> None:
        self.add(self._aim)
        self.add(Color(*get_color_from_hex(palette().accent)))
        arm = dp(26)
        for points in ((-arm, 0, -dp(6), 0), (dp(6), 0, arm, 0), (0, -arm, 0, -dp(6)), (0, dp(6), 0, arm)):
            self.add(Line(points=points, width=dp(2)))
        self.add(Line(circle=(0, 0, dp(15)), width=dp(2)))


def _add_shape(vertices: list[float], indices: list[int], at: tuple[float, float], kind: str, grown: float) -> None:
    corners = {"site": CORNERS, "referral": 4, "person": 4}.get(kind, CORNERS)
    turn = pi / 4 if kind == "person" else 0.0
    radius = dp(PIN_DP.get(kind, 9.0)) * grown
    first = len(vertices) // 4
    for corner in range(corners):
        angle = turn + 2 * pi * corner / corners
        vertices += [at[0] + radius * cos(angle), at[1] + radius * sin(angle), 0.0, 0.0]
    for corner in range(1, corners - 1):
        indices += [first, first + corner, first + corner + 1]


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )
