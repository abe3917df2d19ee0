"""The service of a shift rings for a check-in, again until it is made, and ends with the shift; it knows nobody."""

from collections.abc import Callable
from pathlib import Path

from mobile.guarding import AGAIN_MS, DUTY, Duty, find_duty, guard, put_duty

DUE = Duty(due_ms=60_000, boot="a", title="Lantern", words="Your check-in is due.")


class Night:
    """Uptime that passes while the service waits, and what happens meanwhile."""

    def __init__(self, folder: Path, happens: dict[int, Callable[[], None]]) -> None:
        self.folder, self.happens, self.now_ms, self.boot = folder, happens, 0, "a"
        self.rung: list[int] = []

    def run(self) -> list[int]:
        guard(self.folder, lambda: (self.now_ms, self.boot), lambda *_: self.rung.append(self.now_ms), self.wait)
        return self.rung

    def wait(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000)
        assert self.now_ms < 10 * AGAIN_MS, "it never ends"
        self.happens.get(self.now_ms, lambda: None)()


def test_it_rings_when_it_is_due_and_every_five_minutes_until_the_shift_ends(tmp_path: Path) -> None:
    put_duty(tmp_path, DUE)
    night = Night(tmp_path, {700_000: lambda: put_duty(tmp_path, None)})
    assert night.run() == [60_000, 360_000, 660_000]


def test_a_check_in_that_was_made_is_rung_for_no_more_and_the_next_one_is(tmp_path: Path) -> None:
    put_duty(tmp_path, DUE)
    later = Duty(due_ms=500_000, boot="a", title="Lantern", words=DUE.words)
    night = Night(tmp_path, {100_000: lambda: put_duty(tmp_path, later), 600_000: lambda: put_duty(tmp_path, None)})
    assert night.run() == [60_000, 500_000]


def test_it_ends_at_once_without_a_duty_with_a_broken_one_and_after_a_restart(tmp_path: Path) -> None:
    assert Night(tmp_path, {}).run() == []
    (tmp_path / DUTY).write_bytes(b"{")
    assert Night(tmp_path, {}).run() == [] and find_duty(tmp_path) is None
    put_duty(tmp_path, DUE)
    night = Night(tmp_path, {})
    night.boot = "b"
    assert night.run() == []
