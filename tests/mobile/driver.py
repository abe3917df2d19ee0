"""A finger, a pair of eyes and a stopwatch for the running app: real touches through Kivy's event loop, never a method call.

An exception in a handler ends the app's task: every wait looks at the task first, so that a test fails instead of hanging.
"""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from functools import cache
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0
FRAME_MAY_COME_S = 0.001
"""How often it is looked whether a frame has come that the app waits for itself."""


class Driver:
    """Drives one running app."""

    def __init__(self, app: Any, task: "asyncio.Task[None]") -> None:
        self.app = app
        self.task = task
        self.taps = 0

    # --- time
    async def frames(self, count: int = 2) -> None:
        """Let so many frames be drawn, as quickly as this machine draws them: nobody watches."""
        from kivy.clock import Clock

        pace, first = Clock._max_fps, Clock.frames
        while Clock.frames < first + count:
            self._look_for_failure()
            Clock._max_fps = 0.0
            await asyncio.sleep(0 if Clock.frames > first else FRAME_MAY_COME_S)
        Clock._max_fps = pace

    async def frame_at_its_pace(self) -> None:
        """Let the next frame be drawn when it would be: how fast a finger was is told by the time it took."""
        from kivy.clock import Clock

        last = Clock.frames + 1
        while Clock.frames < last:
            self._look_for_failure()
            await asyncio.sleep(FRAME_MAY_COME_S)

    async def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Wait for something to be true; returns what it was."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE_S
        while not (found := condition()):
            self._look_for_failure()
            if loop.time() > end:
                raise AssertionError(f"never came: {what or condition}; on the glass: {self.visible_texts()}")
            await asyncio.sleep(0.002)
        return found

    async def settle(self) -> None:
        """Until no call is on its way and two frames were drawn."""
        await self.until(lambda: self.app.work.waiting == 0, "the work threads to be idle")
        await self.frames(3)

    # --- eyes
    @property
    def screen(self) -> Any:
        """The screen on the glass."""
        return self.app.screen

    def widgets(self) -> Iterator[Any]:
        """Every widget that is shown."""
        from kivy.core.window import Window

        stack = list(Window.children)
        while stack:
            widget = stack.pop()
            if getattr(widget, "hidden", False):
                continue
            yield widget
            stack.extend(widget.children)

    def visible_texts(self) -> list[str]:
        """Every text shown, rows of lists included."""
        texts = []
        for widget in self.widgets():
            for name in ("text", "detail", "line", "hint_text"):
                value = getattr(widget, name, "")
                if isinstance(value, str) and value:
                    texts.append(value)
            for row in getattr(widget, "rows", ()):
                texts += [text for text in (row.head, row.detail, row.side) if text]
        return texts

    def find(self, text: str) -> Any:
        """The widget to press that shows this text (exactly, or at its beginning). None when it is not there."""
        pressable = [w for w in self.widgets() if hasattr(w, "on_release") and getattr(w, "text", None)]
        exact = [w for w in pressable if w.text == text]
        return next(iter(exact or [w for w in pressable if w.text.startswith(text)]), None)

    def find_row(self, head: str) -> tuple[Any, str] | None:
        """The list that has a row with this heading, and the row's key."""
        for widget in self.widgets():
            for row in getattr(widget, "rows", ()):
                if row.head == head:
                    return widget, row.key
        return None

    # --- the finger
    async def tap(self, what: Any) -> None:
        """Touch a widget, or the one that shows this text, or the row with this heading; scrolls it into sight first."""
        if isinstance(what, str):
            await self.until(lambda: self.find(what) or self.find_row(what), f"'{what}'")
            if self.find(what) is None:
                await self._tap_row(what)
                return
            what = self.find(what)
        self._bring_into_sight(what)
        await self.frames(2)
        await self.touch(*what.to_window(*what.center))

    async def _tap_row(self, head: str) -> None:
        """Touch a row where it comes to rest: a list moves down when what stands above it is answered later."""
        await self.settle()
        rows, key = await self.until(lambda: self.find_row(head), f"'{head}'")
        await self.touch(*rows.to_window(*rows.shifted.to_parent(*_row_centre(rows, key))))

    async def touch(self, x: float, y: float, until: Callable[[], object] = lambda: True) -> None:
        """One touch at a point of the window; the finger rests until something is so."""
        from kivy.base import EventLoop

        self.taps += 1
        touch = _touch(x, y)
        EventLoop._dispatch_input("begin", touch)
        await self.frames(2)
        await self.until(until)
        EventLoop._dispatch_input("end", touch)
        await self.frames(2)

    async def drag(self, widget: Any, across: float, up: float, steps: int = 8) -> None:
        """One finger from the middle of a widget."""
        from kivy.base import EventLoop
        from kivy.core.window import Window

        x, y = widget.to_window(*widget.center)
        touch = _touch(x, y)
        EventLoop._dispatch_input("begin", touch)
        await self.frame_at_its_pace()
        for step in range(1, steps + 1):
            part = step / steps
            touch.move({"x": (x + across * part) / (Window.width - 1), "y": (y + up * part) / (Window.height - 1)})
            EventLoop._dispatch_input("update", touch)
            await self.frame_at_its_pace()
        EventLoop._dispatch_input("end", touch)
        await self.frames(2)

    async def write(self, text: str) -> None:
        """What the keyboard sends to the field that has the cursor."""
        from kivy.core.window import Window

        await self.frames(2)
        Window.dispatch("on_textinput", text)
        await self.frames(2)

    async def enter_pin(self, pin: str) -> None:
        """Six touches on the pad; not counted as taps of a journey."""
        before = self.taps
        for digit in pin:
            await self.tap(digit)
        self.taps = before

    # --- pictures
    def picture(self, file: Path) -> None:
        """What is on the glass, as a PNG."""
        from kivy.core.window import Window
        from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
        from PIL import Image

        width, height = Window.system_size
        pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
        Image.frombytes("RGB", (width, height), pixels).transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(file)

    def _bring_into_sight(self, widget: Any) -> None:
        parent = widget.parent
        while parent is not None and parent.parent is not parent:
            if hasattr(parent, "bring_into_sight"):
                parent.bring_into_sight(widget)
                return
            parent = parent.parent

    def _look_for_failure(self) -> None:
        if self.task.done():
            self.task.result()
            raise AssertionError("the app stopped")


def _row_centre(rows: Any, key: str) -> tuple[float, float]:
    x, y = rows.centre_of(key)
    return x, y - rows.offset


def _touch(x: float, y: float) -> Any:
    from kivy.base import EventLoop
    from kivy.tests import UnitTestTouch

    touch = UnitTestTouch(x, y)
    touch.is_touch = True
    touch.grab_exclusive_class = None
    touch.eventloop = EventLoop
    return touch


async def run_app(app: Any, story: Callable[[Driver], Coroutine[Any, Any, Any]], size: tuple[int, int]) -> Any:
    """Start the app, let `story` drive it, stop it whatever happened."""
    from kivy.core.window import Window

    if tuple(Window.size) != size:
        Window.size = size
    started = asyncio.Event()
    app.bind(on_start=lambda *_: started.set())
    task = asyncio.ensure_future(app.async_run("asyncio"))
    waiting = asyncio.ensure_future(started.wait())
    try:
        await asyncio.wait({task, waiting}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        driver = Driver(app, task)
        await driver.frames(4)
        return await story(driver)
    finally:
        waiting.cancel()
        await _stop(app, task)


async def _stop(app: Any, task: "asyncio.Task[None]") -> None:
    from kivy.base import EventLoop, stopTouchApp
    from kivy.core.window import Window

    try:
        if not task.done():
            app.stop()
            await asyncio.wait_for(task, PATIENCE_S)
    finally:
        if EventLoop.status == "started":
            stopTouchApp()
        for child in Window.children[:]:
            Window.remove_widget(child)
        _collect()


@cache
def _keep_what_kivy_loaded() -> None:
    """What the first app has loaded lives to the end: the garbage collector need not look through it after each app."""
    gc.collect()
    gc.freeze()


def _collect() -> None:
    _keep_what_kivy_loaded()
    gc.collect()
