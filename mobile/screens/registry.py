"""Every screen by its name, loaded when it is first shown: the first frame waits for one screen, not for thirteen."""

from importlib import import_module
from typing import Any

SCREENS: dict[str, str] = {
    "enrol": "EnrolScreen",
    "unlock": "UnlockScreen",
    "shift": "ShiftScreen",
    "tonight": "TonightScreen",
    "map": "MapScreen",
    "people": "PeopleScreen",
    "person": "PersonScreen",
    "night": "NightScreen",
    "services": "ServicesScreen",
    "service": "ServiceScreen",
    "site": "SiteScreen",
    "contact": "ContactScreen",
    "visit": "VisitScreen",
    "referral": "ReferralScreen",
    "photo": "PhotoScreen",
    "asking": "AskingScreen",
    "tray": "TrayScreen",
    "settings": "SettingsScreen",
    "pin": "PinScreen",
}
"""Screen -> its class in `mobile.screens.<name>.screen`."""


def screen_class(name: str) -> Any:
    """The class of a screen, with its kv rules loaded."""
    return getattr(import_module(f"mobile.screens.{name}.screen"), SCREENS[name])
