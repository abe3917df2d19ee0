"""What a frame costs on the phone's screens, beside an empty Kivy window in the same run.

    python -m bench.field_ui [--frames 300] [--out bench/results/field_ui.json]

CPU milliseconds of the screen's thread a frame (median and 95th of a hundred), scrolling 5,000 people and panning a map of
5,000 cells and 500 pins; and the time from the start of Python's work to the first frame, ours against an empty app, each in
a process of its own. llvmpipe does in software what a phone's graphics chip does for nothing: the empty window shows how much.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.mobile.glass import prepare

PEOPLE, CELLS, PINS = 5_000, 5_000, 500
RUNS_FIRST_FRAME = 5


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="CPU milliseconds a frame, and the first frame.")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("bench/results/field_ui.json"))
    parser.add_argument("--first-frame", choices=["empty", "lantern"], help="used by the bench itself")
    options = parser.parse_args()
    if options.first_frame:
        print(json.dumps(_first_frame(options.first_frame)))
        return
    result = _frames(options.frames) | measure_first_frames()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


# ------------------------------------------------------------------------------------------------------- a frame
def _frames(count: int) -> dict[str, Any]:
    prepare()
    from kivy.base import EventLoop, runTouchApp
    from kivy.core.window import Window
    from kivy.uix.widget import Widget

    runTouchApp(Widget(), embedded=True)
    results = {"empty_window": _measure(Window, EventLoop, Widget(), lambda _: None, count)}
    for name, pixels in (("slow", 7), ("quick", 60), ("fling", 400)):
        people = _people()
        moved = _scroll(people, pixels)
        results[f"scroll_5000_people_{name}"] = _measure(Window, EventLoop, people, moved, count)
    city = _city()
    results["pan_5000_cells_500_pins"] = _measure(Window, EventLoop, city, lambda _: city.pan(-5, 3), count)
    return {"cpu_ms_a_frame": results}


def _measure(window: Any, loop: Any, widget: Any, move: Callable[[int], None], count: int) -> dict[str, float]:
    from kivy.graphics.opengl import glFinish

    for child in window.children[:]:
        window.remove_widget(child)
    window.add_widget(widget)
    for _ in range(20):
        loop.idle()
    costs = []
    for frame in range(count):
        begun = time.thread_time()
        move(frame)
        window.canvas.ask_update()
        loop.idle()
        costs.append((time.thread_time() - begun) * 1_000)
        glFinish()
    costs.sort()
    return {"median": round(statistics.median(costs), 3), "p95": round(costs[int(len(costs) * 0.95)], 3)}


def _people() -> Any:
    from mobile.widgets.rows import Row, RowList

    names, random = ("Marek", "Red", "Sheila", "Tomasz", "Amina", "Dave", "Kasia", "Joe"), Random(5)
    rows = [
        Row(
            key=str(index),
            head=f"{random.choice(names)} {index}",
            detail=f"Place {random.randint(1, 400)} · {random.randint(1, 90) * 10} m · description {index}",
            side=f"{random.randint(0, 23):02}:{random.randint(0, 59):02}",
            icon="person",
        )
        for index in range(PEOPLE)
    ]
    listed = RowList(size_hint=(1, 1))
    listed.show(rows)
    return listed


def _scroll(listed: Any, pixels: int) -> Callable[[int], None]:
    def move(_frame: int) -> None:
        if listed.offset + pixels >= listed.offset_most:
            listed.scroll_to(0)
        listed.scroll_to(listed.offset + pixels)

    return move


def _city() -> Any:
    from mobile.field.views import MapItem
    from mobile.screens.map.drawing import fill_map
    from mobile.widgets.map_view import MapView
    from tests.mobile.ground import HERE, point, town

    random = Random(6)
    items = [
        MapItem(
            kind=random.choice(("site", "referral", "person")), id=str(index), latitude=place[0], longitude=place[1]
        )
        for index in range(PINS)
        for place in (point(random.uniform(-3_000, 3_000), random.uniform(-3_000, 3_000)),)
    ]
    city = MapView(size_hint=(1, 1), zoom=14)
    fill_map(city, town(cells=CELLS), items)
    city.look_at(*HERE)
    return city


# ------------------------------------------------------------------------------------------------- the first frame
def measure_first_frames() -> dict[str, Any]:
    """Medians of a few starts each, from compiled files as an APK holds them: the first start of each only compiles."""
    environment = os.environ | {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": tempfile.mkdtemp(prefix="lantern-pyc-"),
    }
    taken: dict[str, list[float]] = {"empty": [], "lantern": []}
    for start in range(RUNS_FIRST_FRAME + 1):
        for which, costs in taken.items():
            command = [sys.executable, "-m", "bench.field_ui", "--first-frame", which]
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=environment)
            if start:
                costs.append(json.loads(done.stdout.strip().splitlines()[-1])["cpu_s"])
    empty, lantern = (statistics.median(taken[which]) for which in ("empty", "lantern"))
    return {"first_frame_cpu_s": {"empty": empty, "lantern": lantern, "ratio": round(lantern / empty, 2)}}


def _first_frame(which: str) -> dict[str, float]:
    """CPU seconds of the whole process from its start to its first frame."""
    prepare()
    # httpx loads its command line where click and rich are installed; the phone's set has neither.
    for absent in ("click", "rich"):
        sys.modules[absent] = None  # type: ignore[assignment]
    from kivy.clock import Clock

    app = _lantern() if which == "lantern" else _empty()
    cost: dict[str, float] = {}

    def drawn(_seconds: float) -> None:
        if not cost:
            cost["cpu_s"] = round(time.process_time(), 3)
            app.stop()

    app.bind(on_start=lambda *_: Clock.schedule_once(lambda _: Clock.schedule_once(drawn, 0), 0))
    app.run()
    return cost


def _empty() -> Any:
    from kivy.app import App
    from kivy.uix.widget import Widget

    class Empty(App):
        def build(self) -> Any:
            return Widget()

    return Empty()


def _lantern() -> Any:
    """The real app on a real service: an enrolled phone on this data directory, locked, with no network."""
    from mobile.app import LanternApp
    from mobile.composition import build_field_service
    from mobile.device.silent import SilentCues

    service = build_field_service(Path(tempfile.mkdtemp(prefix="lantern-bench-")), _now)
    return LanternApp(service=service, cues=SilentCues())


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


if __name__ == "__main__":
    main()
