"""A window on something taller than itself: one finger drags it, it glides on and stops. Moving costs one matrix, no layout."""

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, PopMatrix, PushMatrix, RoundedRectangle, Translate
from kivy.metrics import dp
from kivy.properties import NumericProperty, OptionProperty
from kivy.uix.stencilview import StencilView
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.theme.sizes import EDGE
from mobile.widgets.layout import Stack
from mobile.widgets.press import has_strayed

FRICTION = 0.92
STILL_PX = 0.6


class Shifted(Widget):
    """Holds content drawn at its own coordinates and shown shifted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas.before:
            PushMatrix()
            self.translate = Translate()
        with self.canvas.after:
            PopMatrix()

    def to_local(self, x: float, y: float, relative: bool = False) -> tuple[float, float]:
        """Parent coordinates to the content's."""
        return x - self.translate.x, y - self.translate.y

    def to_parent(self, x: float, y: float, relative: bool = False) -> tuple[float, float]:
        """The content's coordinates to the parent's."""
        return x + self.translate.x, y + self.translate.y

    def on_touch_down(self, touch: Any) -> bool:
        """Hand the touch on in the content's coordinates."""
        touch.push()
        touch.apply_transform_2d(self.to_local)
        taken = super().on_touch_down(touch)
        touch.pop()
        return bool(taken)

    def on_touch_move(self, touch: Any) -> bool:
        """Grabbed touches reach the content by themselves."""
        return False

    def on_touch_up(self, touch: Any) -> bool:
        """Grabbed touches reach the content by themselves."""
        return False


class Scroller(StencilView):
    """Scrolls `content_height` pixels past its own height. `offset` is how far the top is scrolled away."""

    offset = NumericProperty(0.0)
    content_height = NumericProperty(0.0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shifted = Shifted(size_hint=(None, None))
        super().add_widget(self.shifted)
        with self.canvas.after:
            self._bar_colour = Color(1, 1, 1, 0)
            self._bar = RoundedRectangle(radius=[dp(2)])
        self._glide: Any = None
        self._speed = 0.0
        self.fbind("offset", self._apply)
        for name in ("content_height", "size", "pos"):
            self.fbind(name, self._apply)

    @property
    def offset_most(self) -> float:
        """The offset at which the end is in sight."""
        return max(0.0, float(self.content_height) - float(self.height))

    def scroll_to(self, offset: float) -> None:
        """Go there, no further than the ends."""
        self.offset = min(max(0.0, offset), self.offset_most)

    def on_touch_down(self, touch: Any) -> bool:
        """Stop gliding, let the content have the touch, and watch it."""
        if not self.collide_point(*touch.pos):
            return False
        self._stop()
        if getattr(touch, "is_mouse_scrolling", False):
            return self._wheel(touch)
        self.shifted.on_touch_down(touch)
        touch.grab(self)
        touch.ud[self] = {"scrolling": False, "speed": 0.0}
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Scroll once the finger has moved enough to mean it."""
        if touch.grab_current is not self:
            return False
        drag = touch.ud[self]
        if not drag["scrolling"] and has_strayed(touch):
            drag["scrolling"] = True
        if drag["scrolling"]:
            drag["speed"] = 0.6 * touch.dy + 0.4 * drag["speed"]
            self.scroll_to(self.offset + touch.dy)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Glide on."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        drag = touch.ud[self]
        if drag["scrolling"] and abs(drag["speed"]) > 2:
            self._speed = drag["speed"]
            self._glide = Clock.schedule_interval(self._step, 0)
        return True

    def _wheel(self, touch: Any) -> bool:
        step = dp(48) if touch.button == "scrollup" else -dp(48)
        self.scroll_to(self.offset + step)
        return True

    def _step(self, seconds: float) -> bool:
        """Speeds are pixels in a sixtieth of a second: a slow phone glides as far as a quick one."""
        before, sixtieths = self.offset, min(6.0, seconds * 60)
        self.scroll_to(self.offset + self._speed * sixtieths)
        self._speed *= FRICTION**sixtieths
        if abs(self._speed) < STILL_PX or self.offset in (0.0, self.offset_most) or self.offset == before:
            self._glide = None
            return False
        return True

    @property
    def is_gliding(self) -> bool:
        """Still on its way after the finger left."""
        return self._glide is not None

    def _stop(self) -> None:
        if self._glide is not None:
            self._glide.cancel()
            self._glide = None

    def _apply(self, *_: object) -> None:
        self.shifted.translate.y = round(self.offset)
        most = self.offset_most if self.height > dp(48) else 0.0
        self._bar_colour.rgba = get_color_from_hex(palette().soft)
        self._bar_colour.a = 0.6 if most > 1 else 0
        if most > 1:
            length = max(dp(32), self.height * self.height / self.content_height)
            y = self.top - length - (self.height - length) * (self.offset / most)
            self._bar.size, self._bar.pos = (dp(4), length), (self.right - dp(5), y)


class Body(Scroller):
    """A scrolled stack of measured widgets: the middle of most screens. kv adds children straight to the stack."""

    inset = NumericProperty(EDGE)
    gravity = OptionProperty("top", options=["top", "bottom"])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stack = Stack(inset=self.inset)
        self.shifted.add_widget(self.stack)
        self._later = Clock.create_trigger(self.relayout, -1)
        self.fbind("size", self._later)
        self.fbind("pos", self._later)
        self.stack.layout_asked = self.ask_layout
        self.fbind("inset", self._take_inset)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Into the stack."""
        if hasattr(self, "stack"):
            self.stack.add_widget(widget)
        else:
            super().add_widget(widget, *args, **kwargs)

    def ask_layout(self, *_: object) -> None:
        """The content changed: lay out before the next frame."""
        self._later()

    def relayout(self, *_: object) -> None:
        """Measure at this width and place from the top."""
        if self.width < 2:
            return
        height = self.stack.height_for(self.width)
        self.content_height = height
        # What is shorter than the window may sit at its foot, under the thumb.
        top = min(self.top, self.y + height) if self.gravity == "bottom" else self.top
        self.stack.place(self.x, top - height, self.width, height)
        self.scroll_to(self.offset)
        self._apply()

    def bring_into_sight(self, widget: Any) -> None:
        """Scroll so that a widget of the stack is seen."""
        self.relayout()
        below = self.y - (widget.y + self.offset) + dp(EDGE)
        above = (widget.top + self.offset) - self.top + dp(EDGE)
        if below > 0:
            self.scroll_to(self.offset + below)
        elif above > 0:
            self.scroll_to(self.offset - above)

    def _take_inset(self, *_: object) -> None:
        self.stack.inset = self.inset
        self.stack.ask_layout()
