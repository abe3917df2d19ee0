"""What the app costs while it lies there: CPU seconds a second of wall time, Tonight open, nothing touched, the screen on.

CPU time of the whole process, so that a busy machine hardly changes it; drawn by the software renderer, offscreen.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.field_ui import prepare
from mobile.field.views import ContactDraft, PersonDraft
from shared.model.codes import ContactState
from shared.model.position import Position
from tests.mobile.rig import PIN, Rig

SETTLED_S, PEOPLE = 15.0, 20


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="CPU share of an idle app.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("bench/results/field_idle.json"))
    options = parser.parse_args()
    result = measure(options.seconds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measure(seconds: float) -> dict[str, Any]:
    """An enrolled and opened phone with a night's worth of people."""
    prepare()
    from kivy.clock import Clock

    from mobile.app import LanternApp
    from mobile.device.silent import SilentCues

    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder))
        rig.enrol()
        rig.field.unlock(PIN)
        rig.field.start_shift()
        here = Position(latitude=51.66, longitude=-0.4)
        for number in range(PEOPLE):
            person = rig.field.add_person(PersonDraft(alias=f"Person {number}"))
            rig.field.record_contact(
                ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(person.id,), position=here)
            )
        app = LanternApp(service=rig.field, cues=SilentCues())
        told: dict[str, Any] = {}

        def begin(_seconds: float) -> None:
            told["begun"] = (time.process_time(), time.monotonic())
            Clock.schedule_once(end, seconds)

        def end(_seconds: float) -> None:
            cpu, wall = (
                now - then for now, then in zip((time.process_time(), time.monotonic()), told["begun"], strict=True)
            )
            told["result"] = {
                "screen": type(app.screen).__name__,
                "cpu_s": round(cpu, 3),
                "wall_s": round(wall, 1),
                "percent_of_a_core": round(100 * cpu / wall, 2),
            }
            app.stop()

        app.bind(on_start=lambda *_: Clock.schedule_once(begin, SETTLED_S))
        app.run()
    return dict(told["result"])


if __name__ == "__main__":
    main()
