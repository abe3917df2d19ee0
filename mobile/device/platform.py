"""Which adapters this machine gets: Android's own, or a desktop's stand-ins. The only place that asks where it runs."""

import os
from collections.abc import Callable
from pathlib import Path

from mobile.device.integrity import AndroidIntegrity, Sound
from mobile.device.keystore import FileKeystore, keystore_directory
from mobile.device.links import GivenLink
from mobile.device.location import NowhereLocation
from mobile.device.ports import Alarm, Battery, Camera, Cues, Guard, Integrity, Keystore, Links, Location, Outside
from mobile.device.silent import NoAlarm, NoCamera, NoGuard, NoOutside, SilentCues, UnknownBattery


def is_android() -> bool:
    """Is this python-for-android?"""
    return "ANDROID_ARGUMENT" in os.environ


def keystore_for(data: Path) -> Keystore:
    """The hardware keystore, or on a desktop a directory outside the app's data."""
    if is_android():
        from mobile.device.android_keystore import AndroidKeystore

        return AndroidKeystore()
    return FileKeystore(keystore_directory(data))


def location_for(at_ms: Callable[[], int]) -> Location:
    """GPS on a phone; nothing on a desktop."""
    if is_android():
        from mobile.device.android_gps import AndroidGps
        from mobile.device.plyer_adapters import PlyerLocation

        receiver = AndroidGps()
        return PlyerLocation(at_ms, gps=lambda: receiver)
    return NowhereLocation()


def battery() -> Battery:
    """The phone's battery; a desktop does not say."""
    if is_android():
        from mobile.device.plyer_adapters import PlyerBattery

        return PlyerBattery()
    return UnknownBattery()


def cues() -> Cues:
    """Vibration, notification and speech on a phone; silence on a desktop."""
    if is_android():
        from mobile.device.android_notification import AndroidNotification
        from mobile.device.android_speech import AndroidSpeech
        from mobile.device.plyer_adapters import PlyerCues

        notification, speech = AndroidNotification(), AndroidSpeech()
        return PlyerCues(notification=lambda: notification, speech=lambda: speech)
    return SilentCues()


def alarm() -> Alarm:
    """An alarm that rings with the screen off; a desktop needs none."""
    if is_android():
        from mobile.device.android_alarm import AndroidAlarm

        return AndroidAlarm()
    return NoAlarm()


def guard(data: Path) -> Guard:
    """What rings for a check-in when the app itself is gone; a desktop needs none."""
    if is_android():
        from mobile.device.android_guard import AndroidGuard

        return AndroidGuard(data)
    return NoGuard()


def outside() -> Outside:
    """The phone's bars, dialler and map; a desktop has none."""
    if is_android():
        from mobile.device.android_window import AndroidOutside

        return AndroidOutside()
    return NoOutside()


def camera() -> Camera:
    """The phone's camera app; a desktop has none."""
    if is_android():
        from mobile.device.android_camera import AndroidCamera
        from mobile.device.plyer_adapters import PlyerCamera

        app = AndroidCamera()
        return PlyerCamera(camera=lambda: app)
    return NoCamera()


def integrity() -> Integrity:
    """What a phone can say of itself; a desktop makes no claim."""
    return AndroidIntegrity() if is_android() else Sound()


def links(given: str = "") -> Links:
    """Links of the phone's camera app; on a desktop the one that was `given`."""
    if is_android():
        from mobile.device.android_links import AndroidLinks

        return AndroidLinks()
    return GivenLink(given)


def on_screen_off(listener: Callable[[], None]) -> None:
    """Have `listener` called when the screen goes off; a desktop's screen never does."""
    if is_android():
        from mobile.device import android_window

        _kept.append(android_window.on_screen_off(listener))


_kept: list[object] = []
"""Receivers that Android would forget if nobody held them."""
