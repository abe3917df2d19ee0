"""Android's half, run for real: pyjnius on a JVM against stubs of Android's classes, compiled here. `on_a_jvm.py` calls."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

HERE = Path(__file__).parent
STUBS = HERE / "stubs"
CHECK_IN = "notification 1 importance=4 Lantern: Your check-in is due opens=true category=alarm visibility=1"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each part of `mobile.device` did on the JVM."""
    if shutil.which("javac") is None:
        pytest.skip("no JDK here; `make test` installs one where it can")
    classes = tmp_path_factory.mktemp("classes")
    sources = [str(path) for path in sorted(STUBS.rglob("*.java"))]
    subprocess.run(["javac", "-nowarn", "-d", str(classes), *sources], check=True, timeout=120)
    done = subprocess.run(
        [sys.executable, "-m", "tests.mobile.device.on_a_jvm", str(classes)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_both_keys_are_made_in_the_hardware_and_do_their_work(told: dict[str, Any]) -> None:
    """A list given to the variadic `setDigests` kept every Android phone from enrolling."""
    keys = told["keystore"]
    assert "error" not in keys, keys
    assert keys["ready_before"] is False and keys["level_before"] == "tee"
    for level, strongbox in (("tee", "false"), ("strongbox", "true")):
        assert keys[level]["made"] == [
            f"key lantern-unlocking purposes=4 strongbox={strongbox} unlocked=true digests=null",
            f"key lantern-signing purposes=4 strongbox={strongbox} unlocked=false digests=[SHA-256]",
        ]
        assert keys[level]["hmac"] == [32, True, False]
        assert keys[level]["level"] == keys[level]["level_after_a_restart"] == level
    assert keys["level_of_android_11"] == "tee", "before API 31 a phone does not tell one hardware from the other"
    assert keys["lost"] == ["lantern-unlocking", "lantern-signing", "lantern-signing"]


@pytest.mark.parametrize(
    ("allowed", "providers"), [("fine", ["gps", "network", "fused"]), ("coarse", ["network", "fused"])]
)
def test_fixes_arrive_as_android_11_and_as_android_12_tell_them(
    told: dict[str, Any], allowed: str, providers: list[str]
) -> None:
    """kivy/plyer 505 and 687: the list. With "approximate" alone the one refused provider must not silence the others."""
    where = told["location"]
    assert "error" not in where, where
    assert where[allowed]["asked"] == [f"listen {name} every=5000ms 0.0m" for name in providers] + ["hush"]
    assert where[allowed]["fixes"] == [[51.6575, -0.3965, 8.0, 77, 90_000], [51.6, -0.4, None, 77, 91_000]]


def test_a_worker_who_refuses_location_gets_no_fix_and_no_error(told: dict[str, Any]) -> None:
    assert told["location"]["none"] == {"asked": ["hush"], "fixes": []}


def test_a_check_in_that_is_due_is_shown_and_a_phone_that_will_not_show_it_says_so(told: dict[str, Any]) -> None:
    """kivy/plyer 756, python-for-android 2759: the intent that Android 12 refuses."""
    cues = told["cues"]
    assert "error" not in cues, cues
    assert cues["shown"] is True and cues["notify"] == [CHECK_IN]
    assert cues["shown_when_switched_off"] is False and cues["notify_off"] == []
    assert cues["buzz"] == ["vibrate 60"] and cues["battery"] == 62


def test_speech_never_waits_and_speaks_the_language_or_nothing(told: dict[str, Any]) -> None:
    assert told["cues"]["before_the_engine"] == ["speech engine"], "one engine, and nobody waits for it"
    assert told["cues"]["spoken"] == ["speak pl Zapisano", "speak en Saved"]


def test_the_alarm_rings_with_the_screen_off_and_only_the_newest(told: dict[str, Any]) -> None:
    assert told["cues"]["rung"] == ["second"]
    set_at = [line for line in told["cues"]["alarm"] if line.startswith("alarm type=2")]
    assert set_at == ["alarm type=2 at=1060000 lantern:check-in", "alarm type=2 at=1090000 lantern:check-in"]
    assert told["cues"]["alarm"].count("alarm cancelled") == 2


def test_the_window_is_secret_padded_and_hands_numbers_and_places_on(told: dict[str, Any]) -> None:
    window = told["window"]
    assert "error" not in window, window
    assert window["flags"] == ["flags 8192 8192"] and window["off"] == [[1], ["screen_off"]]
    assert window["permissions"] == ["fine", "coarse", "android.permission.POST_NOTIFICATIONS"]
    assert window["insets"] == [[0, 88, 0, 48], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert window["outside"] == [
        "start android.intent.action.DIAL tel:999",
        "start android.intent.action.VIEW geo:51.657500,-0.396500?q=51.657500,-0.396500",
    ]


def test_the_back_gesture_is_heard_and_leads_out(told: dict[str, Any]) -> None:
    back = told["back"]
    assert "error" not in back, back
    assert back == {"went": [1], "heard": ["back priority=0", "to the back true"], "before": True}


def test_a_service_guards_the_check_in_and_an_alarm_wakes_it_from_doze(told: dict[str, Any]) -> None:
    guard = told["guard"]
    assert "error" not in guard, guard
    service = "service Lantern: On a shift"  # it stands there the whole night
    assert guard["set"] == [service, "exact while idle type=2 service in front"]
    assert guard["words"] == "Your check-in is due"
    assert guard["not_exactly"] == [service, "about while idle type=2 service in front"]
    assert guard["rung"] == [CHECK_IN, "service ends itself"]
    assert guard["ended"] == [["service stopped", "cancelled service in front"], True]


def test_the_camera_app_writes_through_the_provider_and_is_heard_once(told: dict[str, Any]) -> None:
    """plyer's own hands out a `file:` address, which Android refuses since version 7."""
    camera = told["camera"]
    assert "error" not in camera, camera
    ask = "ask android.media.action.IMAGE_CAPTURE flags=3 request=19521"
    assert camera["asked"] == [
        "extra output=content://org.lantern.lantern.pictures/pictures/1.jpg", ask,
        "extra output=content://org.lantern.lantern.pictures/pictures/2.jpg", ask,
    ]  # fmt: skip
    assert camera["before"] == [] and camera["taken"] == ["first"], "another app's answer, and a worker who went back"
    assert camera["there"] is True


def test_a_link_is_read_once_and_signs_of_weakness_are_found(told: dict[str, Any]) -> None:
    assert told["links"] == {"told": ["lantern://enrol?code=A"]}
    assert told["integrity"] == {"sound": [], "weak": ["debugged", "emulated", "rooted"]}


def test_every_module_that_speaks_java_is_run_here() -> None:
    """A module of `mobile.device` that asks for jnius and is named by no part of `on_a_jvm.py` was never run anywhere."""
    run = (HERE / "on_a_jvm.py").read_text()
    through_platform = {"android_gps", "android_notification", "android_speech", "android_alarm"}
    platform = (ROOT / "mobile" / "device" / "platform.py").read_text()
    for path in sorted((ROOT / "mobile" / "device").glob("*.py")):
        if re.search(r"(from|import) jnius", path.read_text()):
            assert re.search(rf"\b{path.stem}\b", platform if path.stem in through_platform else run), path.name
