"""Every Java call of `mobile.device`, made by pyjnius on a real JVM against the stubs beside this file.

Run in a process of its own (`python -m tests.mobile.device.on_a_jvm CLASSES`): a JVM is started once and never ended. Prints one
JSON object; `test_on_a_jvm.py` reads it. What python-for-android gives as Python modules (`android.*`) is a few lines here.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import jnius_config

FLAG_SECURE = 0x2000
asked_permissions: list[str] = []
bound: dict[str, Any] = {}
"""What listens to the activity."""


def stand_in_for_p4a() -> None:
    """The Python half of python-for-android, as Lantern and plyer ask it."""
    package = ModuleType("android")
    parts: dict[str, dict[str, Any]] = {
        "config": {"JAVA_NAMESPACE": "org.kivy.android"},
        "activity": {"bind": lambda **events: bound.update(events)},
        "runnable": {"run_on_ui_thread": lambda do: do},
        "permissions": {
            "Permission": SimpleNamespace(ACCESS_FINE_LOCATION="fine", ACCESS_COARSE_LOCATION="coarse"),
            "request_permissions": asked_permissions.extend,
        },
        "broadcast": {"BroadcastReceiver": Receiver},
    }
    for name, contents in parts.items():
        part = ModuleType(f"android.{name}")
        part.__dict__.update(contents)
        setattr(package, name, part)
        sys.modules[part.__name__] = part
    sys.modules["android"] = package


class Receiver:
    """python-for-android's, which is Python on top of Java that it brings along."""

    def __init__(self, callback: Any, actions: list[str]) -> None:
        self.callback, self.actions = callback, actions

    def start(self) -> None:
        """The screen goes off at once."""
        self.callback(None, None)


def heard() -> list[str]:
    from jnius import autoclass

    return str(autoclass("lantern.Heard").take()).splitlines()


def activity() -> Any:
    from jnius import autoclass

    return autoclass("org.kivy.android.PythonActivity").mActivity


def service(name: str, kind: str) -> Any:
    from jnius import cast

    return cast(kind, activity().getSystemService(name))


def keystore() -> dict[str, Any]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from jnius import autoclass

    from mobile.device.android_keystore import AndroidKeystore
    from mobile.device.ports import KeystoreLost

    keys, version = autoclass("lantern.Keys"), autoclass("android.os.Build$VERSION")
    keys.install()
    told: dict[str, Any] = {"ready_before": AndroidKeystore().is_ready, "level_before": AndroidKeystore().level}
    for has_strongbox in (False, True):
        keys.hasStrongBox = has_strongbox
        store = AndroidKeystore()
        store.make_keys()
        made, signature = heard(), store.sign(b"a request")
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), store.public_key())
        der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        public.verify(der, b"a request", ec.ECDSA(hashes.SHA256()))
        told["strongbox" if has_strongbox else "tee"] = {
            "made": made,
            "hmac": [len(store.hmac(b"x")), store.hmac(b"x") == store.hmac(b"x"), store.hmac(b"x") == store.hmac(b"y")],
            "level": store.level,
            "level_after_a_restart": AndroidKeystore().level,
        }
    version.SDK_INT = 30
    told["level_of_android_11"] = AndroidKeystore().level
    version.SDK_INT = 35
    store.forget_unlocking_key()
    store.forget_signing_key()
    told["lost"] = []
    for ask in (lambda: store.hmac(b"x"), store.public_key, lambda: store.sign(b"x")):
        try:
            ask()
        except KeystoreLost as error:
            told["lost"].append(str(error))
    return told


def location() -> dict[str, Any]:
    from jnius import autoclass

    from mobile.device.platform import location_for

    manager_kind = autoclass("android.location.LocationManager")
    fix = autoclass("android.location.Location")(51.6575, -0.3965, 8.0, 1_763_000_000_000, 90_000_000_000)
    rough = autoclass("android.location.Location")(51.6, -0.4, -1.0, 1_763_000_000_000, 91_000_000_000)
    told: dict[str, Any] = {}
    for allowed in ("fine", "coarse", "none"):
        manager_kind.allowed = allowed
        got: list[Any] = []
        source = location_for(lambda: 77)
        source.start(got.append)
        manager = service("location", "android.location.LocationManager")
        manager.android11(fix)
        manager.android12(rough)
        manager.flush()
        manager.switchOff()
        source.stop()
        manager.android12(fix)
        fixes = [(one.latitude, one.longitude, one.accuracy_m, one.at_ms, one.uptime_ms) for one in got]
        told[allowed] = {"asked": heard(), "fixes": fixes}
    return told


def cues() -> dict[str, Any]:
    from jnius import autoclass

    from mobile.device.platform import alarm, battery
    from mobile.device.platform import cues as cues_of

    given = cues_of()
    given.buzz(60)
    told: dict[str, Any] = {
        "buzz": heard(),
        "shown": given.notify("Lantern", "Your check-in is due"),
        "notify": heard(),
    }
    autoclass("android.app.NotificationManager").allowed = False
    told |= {"shown_when_switched_off": given.notify("Lantern", "Your check-in is due"), "notify_off": heard()}
    given.say("Saved", "en")
    given.say("Zapisano", "pl")
    told["before_the_engine"] = heard()
    autoclass("android.speech.tts.TextToSpeech").last.onInit(0)
    given.say("Saved", "en")
    given.say("?", "xx")
    told["spoken"] = heard()
    rung: list[str] = []
    clock = alarm()
    clock.set(60_000, lambda: rung.append("first"))
    clock.set(90_000, lambda: rung.append("second"))
    service("alarm", "android.app.AlarmManager").ring()
    clock.cancel()
    return told | {"rung": rung, "alarm": heard(), "battery": battery().percent()}


def window() -> dict[str, Any]:
    from jnius import autoclass

    from mobile.device import android_window

    android_window.keep_off_screenshots()
    android_window.ask_for_permissions()
    went_off: list[int] = []
    receiver = android_window.on_screen_off(lambda: went_off.append(1))
    told = {"flags": heard(), "permissions": asked_permissions, "off": [went_off, receiver.actions]}
    outside = android_window.AndroidOutside()
    told["insets"] = [outside.edges()]
    for name, value in (("android.view.View", False), ("android.os.Build$VERSION", 29)):
        setattr(autoclass(name), "attached" if name.endswith("View") else "SDK_INT", value)
        told["insets"].append(outside.edges())
    autoclass("android.view.View").attached = True
    autoclass("android.os.Build$VERSION").SDK_INT = 35
    outside.dial("999")
    outside.show_on_map(51.6575, -0.3965)
    return told | {"outside": heard()}


def back() -> dict[str, Any]:
    from jnius import autoclass

    from mobile.device import android_back
    from mobile.device.platform import outside

    went: list[int] = []
    around = outside()
    around.watch_back(lambda: went.append(1))
    activity().getOnBackInvokedDispatcher().gesture()
    around.leave()
    told = {"went": went, "heard": heard()}
    autoclass("android.os.Build$VERSION").SDK_INT = 32
    told["before"] = android_back.watch_back(lambda: None) is None
    autoclass("android.os.Build$VERSION").SDK_INT = 35
    return told


def guard() -> dict[str, Any]:
    from jnius import autoclass

    from mobile.device import android_guard
    from mobile.guarding import find_duty, put_duty

    folder = Path(tempfile.mkdtemp())
    outside_of_the_app = android_guard.AndroidGuard(folder)
    heard()
    outside_of_the_app.watch(60_000, "Lantern", "Your check-in is due", "On a shift")
    duty = find_duty(folder)
    told: dict[str, Any] = {"set": heard(), "words": duty.words if duty else ""}
    autoclass("android.app.AlarmManager").exactAllowed = False
    outside_of_the_app.watch(0, "Lantern", "Your check-in is due", "On a shift")
    told["not_exactly"] = heard()
    autoclass("android.app.NotificationManager").allowed = True
    with mock.patch.object(
        android_guard, "guard", lambda where, uptime, ring, wait: ring("Lantern", "Your check-in is due")
    ):
        android_guard.run_service(str(folder))
    told["rung"] = heard()
    outside_of_the_app.end()
    told["ended"] = [heard(), find_duty(folder) is None]
    put_duty(folder, None)
    return told


def links() -> dict[str, Any]:
    from jnius import autoclass

    from mobile.device.android_links import LAUNCHED_FROM_HISTORY, AndroidLinks

    intent, uri = autoclass("android.content.Intent"), autoclass("android.net.Uri")
    told: list[str] = []
    activity().setIntent(intent("android.intent.action.VIEW", uri.parse("lantern://enrol?code=A")))
    AndroidLinks().start(told.append)
    AndroidLinks().start(told.append)
    old = intent("android.intent.action.VIEW", uri.parse("lantern://enrol?code=B"))
    old.setFlags(LAUNCHED_FROM_HISTORY)
    activity().setIntent(old)
    AndroidLinks().start(told.append)
    return {"told": told}


def integrity() -> dict[str, Any]:
    from jnius import autoclass

    from mobile.device.integrity import FLAG_DEBUGGABLE, AndroidIntegrity

    sound = sorted(map(str, AndroidIntegrity().find()))
    build = autoclass("android.os.Build")
    build.TAGS, build.HARDWARE = "test-keys", "ranchu"
    activity().getApplicationInfo().flags = FLAG_DEBUGGABLE
    return {"sound": sound, "weak": sorted(map(str, AndroidIntegrity().find()))}


def camera() -> dict[str, Any]:
    from mobile.device import android_camera, platform

    heard()
    taken: list[str] = []
    app = platform.camera()
    app.take("/data/lantern/pictures/1.jpg", lambda: taken.append("first"))
    returned = bound["on_activity_result"]
    returned(7, android_camera.RESULT_OK, None)
    before = list(taken)
    returned(android_camera.REQUEST, android_camera.RESULT_OK, None)
    returned(android_camera.REQUEST, android_camera.RESULT_OK, None)
    app.take("/data/lantern/pictures/2.jpg", lambda: taken.append("second"))
    returned(android_camera.REQUEST, 0, None)
    return {"asked": heard(), "before": before, "taken": taken, "there": app.is_there}


def main(classes: str) -> None:
    """Run every part; a part that raises is told by its error."""
    jnius_config.set_classpath(classes)
    os.environ["ANDROID_ARGUMENT"] = "1"
    stand_in_for_p4a()
    told: dict[str, Any] = {}
    for part in (keystore, location, cues, window, back, guard, links, camera, integrity):
        try:
            told[part.__name__] = part()
        except Exception as error:
            told[part.__name__] = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
