"""Memory over an hour of a worker's use, on the glass: the real app, the real encrypted store, real touches.

    python -m bench.field_hour [--contacts 60] [--out bench/results/field_hour.json]

Sixty contacts, each from Tonight by person and state to Done; every fifth time the list of 5,000 people is flung and a map of
1,000 cells is panned; every tenth time a sync has taken everything and the phone was locked and opened. Resident memory and
Python's objects after the first ten, when every screen has been seen once, and at the end. llvmpipe's own memory is in the
figures; it draws on the one thread and finishes each frame, since a software renderer that is given frames faster than it
draws piles them up.
"""

import argparse
import asyncio
import gc
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.field import PEOPLE, fill, resident_kib
from tests.mobile.feeding import acknowledge
from tests.mobile.glass import HEIGHT, WIDTH, prepare
from tests.mobile.rig import PIN, Rig

WARM_AFTER, CELLS = 10, 1_000
MINUTE_S = 60


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Memory over an hour on the glass.")
    parser.add_argument("--contacts", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("bench/results/field_hour.json"))
    options = parser.parse_args()
    os.environ["LP_NUM_THREADS"] = "0"
    prepare()
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name))
        rig.enrol()
        fill(rig)
        rig.field.start_shift("Watford")
        sizes = _live(rig, options.contacts)
        rig.field.close()
    result: dict[str, Any] = {"people": PEOPLE, "contacts": options.contacts} | sizes
    result |= {"grown": round(sizes["resident_kib"][-1] / sizes["resident_kib"][0] - 1, 4), "bar": "5 %"}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def _live(rig: Rig, contacts: int) -> dict[str, list[int]]:
    """An hour; resident KiB and Python's objects after every tenth contact."""
    from mobile.app import LanternApp
    from mobile.ports import MapSketch
    from tests.mobile.driver import run_app
    from tests.mobile.ground import town
    from tests.mobile.rehearsal import SilentCues

    class Town:
        def map_sketch(self) -> MapSketch:
            return town(cells=CELLS)

    sizes: dict[str, list[int]] = {"resident_kib": [], "python_objects": []}

    async def story(driver: Any) -> None:
        for n in range(1, contacts + 1):
            await _meet(driver, rig, n)
            if n % 5 == 0:
                await _look_about(driver)
            if n % WARM_AFTER == 0:
                await _sync_and_lock(driver, rig)
                gc.collect()
                sizes["resident_kib"].append(resident_kib())
                sizes["python_objects"].append(len(gc.get_objects()))
            rig.clocks.pass_(seconds=MINUTE_S)

    asyncio.run(run_app(LanternApp(rig.field, SilentCues(), map_source=Town()), story, (WIDTH, HEIGHT)))
    return sizes


async def _meet(driver: Any, rig: Rig, n: int) -> None:
    person = rig.field.people_near(limit=6)[n % 6].known_as
    for pressed in ("Log contact", person, "Bedded down", "Done"):
        await driver.tap(pressed)
        await driver.settle()
    _finish()


async def _look_about(driver: Any) -> None:
    await driver.tap("People")
    await driver.settle()
    rows = next(widget for widget in driver.widgets() if getattr(widget, "rows", ()))
    for screenful in range(20):
        rows.scroll_to(screenful * 400.0)
        await driver.frames(1)
        _finish()
    driver.app.back()
    driver.app.go("map", {})
    await driver.settle()
    for _ in range(20):
        driver.screen.ids.map.pan(-7, 4)
        await driver.frames(1)
        _finish()
    driver.app.back()
    await driver.settle()


def _finish() -> None:
    from kivy.graphics.opengl import glFinish

    glFinish()


async def _sync_and_lock(driver: Any, rig: Rig) -> None:
    acknowledge(rig)
    rig.field._sealed.drop_until(rig.field._open.record.sync.get_state().acked)
    rig.field.lock()
    await driver.settle()
    await driver.enter_pin(PIN)
    await driver.until(lambda: driver.find("Log contact"))


if __name__ == "__main__":
    main()
