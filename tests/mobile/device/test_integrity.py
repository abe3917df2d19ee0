"""Signs that a phone no longer keeps apps apart (rule B10): each check by itself, and Android's word by a stand-in for Java."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from mobile.device.integrity import AndroidIntegrity, has_su, is_emulator, is_test_build, is_traced
from mobile.device.platform import integrity
from shared.model.app_state import Weakness, read_app, write_app


def android(monkeypatch: pytest.MonkeyPatch, tags: str, fingerprint: str, hardware: str, flags: int) -> None:
    info = SimpleNamespace(flags=flags)
    classes = {
        "android.os.Build": SimpleNamespace(TAGS=tags, FINGERPRINT=fingerprint, HARDWARE=hardware),
        "android.os.Debug": SimpleNamespace(isDebuggerConnected=lambda: False),
        "org.kivy.android.PythonActivity": SimpleNamespace(mActivity=SimpleNamespace(getApplicationInfo=lambda: info)),
    }
    jnius = ModuleType("jnius")
    jnius.autoclass = classes.__getitem__  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jnius", jnius)
    monkeypatch.setattr("mobile.device.integrity.is_traced", lambda status: False)


def test_a_sound_phone_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    android(monkeypatch, "release-keys", "google/panther/panther:15/x:user/release-keys", "panther", 0)
    assert AndroidIntegrity().find() == frozenset()


def test_each_weakness_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    android(monkeypatch, "test-keys", "generic/sdk_gphone64:15/x:userdebug/test-keys", "ranchu", 0x2)
    assert AndroidIntegrity().find() == {Weakness.ROOTED, Weakness.DEBUGGED, Weakness.EMULATED}


def test_what_cannot_be_asked_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ModuleType("jnius")
    broken.autoclass = lambda name: 1 / 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jnius", broken)
    monkeypatch.setattr("mobile.device.integrity.is_traced", lambda status: False)
    assert AndroidIntegrity().find() == frozenset()


def test_the_checks_by_themselves(tmp_path: Path) -> None:
    (tmp_path / "su").touch()
    assert has_su([str(tmp_path / "su")]) and not has_su([str(tmp_path / "none")])
    assert is_test_build("dev-keys,test-keys") and not is_test_build("release-keys")
    assert is_emulator("generic/x", "goldfish") and not is_emulator("samsung/a52", "qcom")
    status = tmp_path / "status"
    for tracer, traced in (("0", False), ("4711", True)):
        status.write_text(f"Name:\tpython\nTracerPid:\t{tracer}\nUid:\t0\n")
        assert is_traced(status) is traced


def test_a_desktop_makes_no_claim() -> None:
    assert integrity().find() == frozenset()


def test_the_state_rides_behind_the_version_and_a_newer_apps_word_is_kept() -> None:
    assert write_app("0.1.0", frozenset()) == "0.1.0"
    assert write_app("0.1.0", frozenset({Weakness.ROOTED, Weakness.DEBUGGED})) == "0.1.0+debugged.rooted"
    version, found = read_app("0.2.0+overlaid.rooted")
    assert version == "0.2.0" and {str(one) for one in found} == {"overlaid", "rooted"}
    assert read_app("") == ("", frozenset())
