"""Which adapters this machine gets: Android's own, or a desktop's stand-ins. The only place that asks where it runs."""

import os
from collections.abc import Callable
from pathlib import Path

from mobile.device.integrity import AndroidIntegrity, Sound
from mobile.device.keystore import FileKeystore, keystore_directory
from mobile.device.links import GivenLink
from mobile.device.location import NowhereLocation
from mobile.device.ports import Battery, Cues, Integrity, Keystore, Links, Location
from mobile.device.silent import SilentCues, UnknownBattery


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
        from mobile.device.plyer_adapters import PlyerLocation

        return PlyerLocation(at_ms)
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
        from mobile.device.plyer_adapters import PlyerCues

        return PlyerCues()
    return SilentCues()


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
