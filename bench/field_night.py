"""What a night and a fortnight cost a phone: people near in their order, battery, and what was kept offline when a network comes.

    python -m bench.field_night [--changes 5000] [--seconds 60] [--out bench/results/field_night.json]

Three hundred people within 300 m, put in order (CPU). An hour of the screen on and untouched, of the screen off, and sixty
contacts pressed: CPU seconds of the whole process and its wake-ups (voluntary context switches, of all its threads). A
fortnight's changes, sent to the real server over a line of 1 Mbit/s and 300 ms, by the wall.
"""

import argparse
import asyncio
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from bench.field_hour import _meet
from mobile.field.views import ContactDraft, PersonDraft
from shared.model.codes import ContactState, PinSource
from shared.model.position import Position
from tests.mobile import real_server
from tests.mobile.glass import HEIGHT, WIDTH, prepare
from tests.mobile.rig import PIN, Rig
from tests.server.slow_line import slow_line

NEAR, TIMES, CONTACTS = 300, 200, 60
HERE = (51.66, -0.39)
HOUR_S = 3600
NOTE = (
    "Sat up, talked for a while; wants a form for the surgery brought on Friday. Two sleeping bags, the dog is well. "
)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="A night and a fortnight of a phone.")
    parser.add_argument("--changes", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("bench/results/field_night.json"))
    options = parser.parse_args()
    os.environ["LP_NUM_THREADS"] = "0"
    prepare()
    result = {"load": os.getloadavg()[0]}
    result |= {
        "near": measure_near(),
        "night": measure_night(options.seconds),
        "fortnight": measure_fortnight(options.changes),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def _around(chance: Random) -> Position:
    """Within 300 m."""
    return Position(
        latitude=HERE[0] + chance.uniform(-0.0018, 0.0018),
        longitude=HERE[1] + chance.uniform(-0.003, 0.003),
        source=PinSource.GPS,
        accuracy_m=8,
    )


def measure_near() -> dict[str, Any]:
    """Everyone within reach, twelve told, in CPU milliseconds."""
    chance = Random(1)
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name))
        rig.enrol().start_shift("Watford")
        for n in range(NEAR):
            person = PersonDraft(alias=f"Person {n}", description="red hat, small dog")
            draft = ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(person,), position=_around(chance))
            rig.field.record_contact(draft)
            rig.clocks.pass_(minutes=3)
        rig.clocks.pass_(hours=20)
        here = Position(latitude=HERE[0], longitude=HERE[1], source=PinSource.GPS)
        assert len(rig.field.people_near(here, limit=NEAR)) == NEAR
        found = {
            f"first_{limit}": _spread(lambda limit=limit: rig.field.people_near(here, limit)) for limit in (6, 12, NEAR)
        }
        rig.field.close()
    return {"people": NEAR, "cpu_ms": found, "bar": "5 ms"}


def _spread(do: Callable[[], object]) -> dict[str, float]:
    times = []
    for _ in range(TIMES):
        begun = time.process_time()
        do()
        times.append((time.process_time() - begun) * 1000)
    times.sort()
    return {"median": round(times[TIMES // 2], 2), "p95": round(times[TIMES * 95 // 100], 2)}


class Spent:
    """CPU seconds and wake-ups since it was made."""

    def __init__(self) -> None:
        self._cpu, self._wakes, self._wall = self._read()

    @staticmethod
    def _read() -> tuple[float, int, float]:
        return time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw, time.monotonic()

    def an_hour(self) -> dict[str, float]:
        """What an hour of the same would come to."""
        cpu, wakes, wall = self._read()
        share = HOUR_S / (wall - self._wall)
        return {"cpu_s": round((cpu - self._cpu) * share, 1), "wake_ups": round((wakes - self._wakes) * share)}

    def so_far(self) -> dict[str, float]:
        """As it is."""
        cpu, wakes, wall = self._read()
        return {
            "cpu_s": round(cpu - self._cpu, 2),
            "wake_ups": wakes - self._wakes,
            "wall_s": round(wall - self._wall, 1),
        }


def measure_night(seconds: float) -> dict[str, Any]:
    """Screen off with sync's thread alone; then on, sixty contacts, and on and untouched."""
    from mobile.app import LanternApp
    from mobile.ports import NoMap
    from tests.mobile.driver import run_app
    from tests.mobile.rehearsal import SilentCues

    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name))
        rig.enrol().start_shift("Watford")
        for n in range(20):
            rig.field.add_person(PersonDraft(alias=f"Person {n}"))
        app = LanternApp(rig.field, SilentCues(), map_source=NoMap())

        async def story(driver: Any) -> None:
            await driver.until(lambda: driver.find("Log contact"))
            spent = Spent()
            for n in range(1, CONTACTS + 1):
                await _meet(driver, rig, n)
                rig.clocks.pass_(minutes=1)
            told["sixty_contacts"] = spent.so_far()
            told["an_hour_screen_on"] = await _idle(driver, seconds)

        asyncio.run(run_app(app, story, (WIDTH, HEIGHT)))
        rig.restart()
        assert rig.field.unlock(PIN).is_unlocked
        rig.field.start()
        rig.field.screen_went_off()
        Event().wait(2)
        spent = Spent()
        Event().wait(seconds)
        told["an_hour_screen_off"] = spent.an_hour()
        rig.field.close()
    return told


async def _idle(driver: Any, seconds: float) -> dict[str, float]:
    """Nobody touches it: Kivy's own clock, its frames and the app's seconds run as they would."""
    from kivy.clock import Clock

    await asyncio.sleep(0)
    begun = time.monotonic()
    while time.monotonic() - begun < 5:  # until it has slowed down
        Clock.idle()
        Clock.tick()
    spent, begun = Spent(), time.monotonic()
    while time.monotonic() - begun < seconds:
        Clock.idle()
        Clock.tick()
    return spent.an_hour()


def measure_fortnight(changes: int) -> dict[str, Any]:
    """Recorded offline, then sent in one go over the slow line."""
    chance = Random(2)
    with tempfile.TemporaryDirectory() as name, real_server.running(Path(name)) as server:
        rig = Rig(Path(name) / "phone", real_network=True)
        port = urlsplit(server.url).port or 0
        with slow_line(port, round_trip_s=0.3, bits_per_s=1e6) as slow:
            assert rig.field.enrol(server.code_for(server.cast.aisha), f"http://127.0.0.1:{slow}", PIN).enrolled
            rig.field.sync_once()
            while rig.field.unsent() < changes:
                note = NOTE * chance.randint(1, 4)
                draft = ContactDraft(state=ContactState.BEDDED_DOWN, unidentified_people=1, position=_around(chance))
                contact = rig.field.record_contact(draft)
                rig.field.refine_contact(contact, {"note": note})
            unsent, begun = rig.field.unsent(), time.monotonic()
            while rig.field.unsent():
                rig.field.sync_once()
            took_s = time.monotonic() - begun
        rig.field.close()
    return {"changes": unsent, "sent_s": round(took_s, 1), "line": "1 Mbit/s, 300 ms there and back", "bar": "60 s"}


if __name__ == "__main__":
    main()
