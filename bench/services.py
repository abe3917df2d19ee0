"""5,000 invented services searched on a phone: by word, offer, hours and dogs, the nearest first; and reading them once.

Each question is asked thirty times; the median of the clock, and of the processor's time alone, beside the bar of 30 ms.

    python -m bench.services
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

import msgspec

from mobile.device.service_pack import ServiceFile
from mobile.field.directory import Directory
from shared.model.codes import PinSource
from shared.model.position import Position
from shared.model.service import Place, Service, ServiceOffer, ServicePack, ServiceWelcome
from shared.rules.finding_services import OpenWhen, Wanted
from shared.rules.reading_hours import read_hours

MANY, TIMES, BAR_MS = 5_000, 30, 30
HERE = Position(latitude=51.65, longitude=-0.39, source=PinSource.GPS, accuracy_m=10.0)
NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)
HOURS = [
    read_hours(lines)[0]
    for lines in (
        "Mon-Fri 9:00-17:00", "every day 20:00-08:00", "2nd Tue 10:00-12:00", "Sat, Sun 10:00-16:00\nMon-Fri 8:00-20:00",
        "Mon 9:00-12:00",
    )
]  # fmt: skip
QUESTIONS = {
    "open tonight, takes dogs": Wanted(open_when=OpenWhen.TONIGHT, welcomes=frozenset({ServiceWelcome.DOGS})),
    "all, the nearest first": Wanted(),
    "a word that all hold": Wanted(words="street"),
    "open now": Wanted(open_when=OpenWhen.NOW),
    "a bed tonight": Wanted(open_when=OpenWhen.TONIGHT, offer=ServiceOffer.EMERGENCY_BED),
}


def make_service(draw: Random, number: int) -> Service:
    """One invented service, its description of sixty words."""
    words = [f"word{draw.randrange(5_000)}" for _ in range(60)]
    place = Place(
        id=f"p{number}", address="1 High Street", town="Watford", latitude=51.5 + draw.random() / 2,
        longitude=-0.6 + draw.random() / 2,
    )  # fmt: skip
    return Service(
        id=f"{number:036d}", name=f"Service {words[0]} {number}", provider=words[1], description=" ".join(words),
        offers=tuple(draw.sample(list(ServiceOffer), 2)), welcomes=tuple(draw.sample(list(ServiceWelcome), 2)),
        hours=draw.choice(HOURS), places=(place,),
    )  # fmt: skip


def measure(do: Callable[[], object], times: int) -> tuple[float, float]:
    """The medians in milliseconds: by the clock, and of this processor alone."""
    clock, processor = [], []
    for _ in range(times):
        begun, used = time.perf_counter(), time.process_time()
        do()
        clock.append((time.perf_counter() - begun) * 1e3)
        processor.append((time.process_time() - used) * 1e3)
    return median(clock), median(processor)


def main() -> None:
    """Measure, and print a line each."""
    draw = Random(5)
    with tempfile.TemporaryDirectory() as folder:
        file = ServiceFile(Path(folder))
        body = msgspec.json.encode(ServicePack(services=tuple(make_service(draw, each) for each in range(MANY))))
        file.keep(body, "")
        directory = Directory(file)
        first = measure(lambda: directory.find(Wanted(), HERE, NOW, 50), 1)
        print(f"read {len(body) / 1e6:.1f} MB and search, once: {first[0]:.1f} ms ({first[1]:.1f} ms of processor)")
        for name, wanted in QUESTIONS.items():
            taken = measure(lambda wanted=wanted: directory.find(wanted, HERE, NOW, 50), TIMES)  # type: ignore[misc]
            print(f"{name}: {taken[0]:.1f} ms ({taken[1]:.1f} ms of processor), bar {BAR_MS} ms")


if __name__ == "__main__":
    main()
