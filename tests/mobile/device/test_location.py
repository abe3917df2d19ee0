"""Fixes: replayed, faked through plyer, filtered; the real adapter against an injected platform."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from mobile.device.location import (
    FixedLocation,
    ReplayedLocation,
    Whereabouts,
    is_better,
    is_usable,
    position_of,
    read_gpx,
    rest_ms,
)
from mobile.device.plyer_adapters import PlyerBattery, PlyerCues, PlyerLocation
from mobile.device.ports import RawFix

GPX = """<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>
<trkpt lat="51.6637" lon="-0.3960"><time>2026-11-13T23:30:00Z</time><hdop>1.6</hdop></trkpt>
<trkpt lat="51.6640" lon="-0.3961"><time>2026-11-13T23:31:00Z</time></trkpt>
<trkpt lat="51.6650" lon="-0.3961"></trkpt>
</trkseg></trk></gpx>"""


def fix(
    seconds: float = 0, accuracy_m: float | None = 10.0, latitude: float = 51.66, longitude: float = -0.39
) -> RawFix:
    """A fix made so many seconds after the phone started; its wall clock says something else."""
    return RawFix(
        latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at_ms=77, uptime_ms=int(seconds * 1000)
    )


def test_a_walk_is_read_and_replayed_in_its_order(tmp_path: Path) -> None:
    (tmp_path / "walk.gpx").write_text(GPX)
    fixes = read_gpx(tmp_path / "walk.gpx")
    assert [(one.latitude, one.accuracy_m) for one in fixes] == [(51.6637, 8.0), (51.6640, None)]
    walk, heard = ReplayedLocation(fixes), []
    assert not walk.step()
    walk.start(heard.append)
    while walk.step():
        pass
    assert heard == fixes and fixes[1].at_ms - fixes[0].at_ms == 60_000


@pytest.mark.parametrize(
    "bad",
    [
        fix(latitude=0.0, longitude=0.0),
        fix(latitude=91),
        fix(longitude=181),
        fix(latitude=float("nan")),
        fix(accuracy_m=-1),
        fix(accuracy_m=20_000),
    ],
)
def test_what_is_no_place_is_not_used(bad: RawFix) -> None:
    assert not is_usable(bad)


def test_greenwich_and_the_equator_are_places() -> None:
    assert is_usable(fix(longitude=0.0)) and is_usable(fix(latitude=0.0))


def test_a_coarse_fix_does_not_push_out_a_fine_one_until_it_is_old() -> None:
    assert not is_better(fix(5, accuracy_m=300), fix(0, accuracy_m=8))
    assert is_better(fix(31, accuracy_m=300), fix(0, accuracy_m=8))
    assert is_better(fix(5, accuracy_m=5), fix(0, accuracy_m=8))
    assert not is_better(fix(0), fix(5))


def test_the_age_of_a_fix_goes_with_its_pin_and_is_never_negative() -> None:
    assert position_of(fix(10), 25_000).fix_age_s == 15
    assert position_of(fix(10), 5_000).fix_age_s == 0


def test_a_fixed_place_is_told_at_once() -> None:
    whereabouts = Whereabouts(FixedLocation(51.66, -0.39, lambda: 5), lambda: 9)
    whereabouts.start()
    last = whereabouts.last()
    assert last is not None and last.at_ms == 5
    whereabouts.stop()


class Receiver:
    """Counts how often it is switched on and off."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def start(self, on_fix: object) -> None:
        self.said.append("on")

    def stop(self) -> None:
        self.said.append("off")


def test_the_receiver_rests_after_a_good_fix_and_wakes_when_somebody_needs_it() -> None:
    def quarter() -> int:
        return 15_000

    receiver = Receiver()
    whereabouts = Whereabouts(receiver, lambda: 10**9)
    whereabouts.start()
    whereabouts.pace(1_000, quarter)
    whereabouts.hear(fix(1, accuracy_m=60))
    whereabouts.pace(2_000, quarter)
    assert receiver.said == ["on"], "a coarse fix is no reason to rest"
    whereabouts.hear(fix(3, accuracy_m=8))
    whereabouts.pace(3_000, quarter)
    whereabouts.pace(17_999, quarter)
    assert receiver.said == ["on", "off"]
    whereabouts.pace(18_000, quarter)
    assert receiver.said == ["on", "off", "on"]
    whereabouts.hear(fix(40, accuracy_m=8))
    whereabouts.pace(41_000, quarter)
    whereabouts.wake()
    assert receiver.said[-2:] == ["off", "on"]
    whereabouts.stop()
    whereabouts.wake()
    whereabouts.pace(10**9, quarter)
    assert receiver.said[-1] == "off"


def test_a_low_battery_and_a_night_off_let_it_rest_longer() -> None:
    assert rest_ms(80, True) < rest_ms(80, False) < rest_ms(10, True)
    assert rest_ms(None, True) == rest_ms(80, True)


def test_plyers_fixes_arrive_through_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    plyer = pytest.importorskip("plyer")
    told: dict[str, Any] = {}

    class FakeGps(plyer.facades.GPS):  # type: ignore[misc, name-defined]
        def _configure(self) -> None:
            pass

        def _start(self, **kwargs: Any) -> None:
            told.update(kwargs)
            self.on_location(lat=51.66, lon=-0.39, accuracy=12.0)

        def _stop(self) -> None:
            told["stopped"] = True

    module = types.ModuleType("plyer.platforms.linux.gps")
    module.instance = FakeGps  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "plyer.platforms.linux.gps", module)
    monkeypatch.setattr(plyer, "gps", plyer.utils.Proxy("gps", plyer.facades.GPS))
    heard: list[RawFix] = []
    adapter = PlyerLocation(lambda: 77)
    adapter.start(heard.append)
    adapter.stop()
    assert heard == [RawFix(latitude=51.66, longitude=-0.39, accuracy_m=12.0, at_ms=77)]
    assert told["minTime"] == 5_000 and told["stopped"]


def test_a_phone_that_has_no_motor_no_voice_and_no_battery_stays_silent() -> None:
    pytest.importorskip("plyer")
    cues = PlyerCues()
    cues.buzz()
    cues.notify("Lantern", "Saved")
    cues.say("Saved")
    PlyerLocation(lambda: 0).stop()
    assert PlyerBattery().percent() is None or 0 <= (PlyerBattery().percent() or 0) <= 100
