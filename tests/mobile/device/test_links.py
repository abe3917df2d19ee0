"""Links that open the app: read once, whoever sent them; Android's intents by a stand-in for its Java side."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from mobile.device.android_links import LAUNCHED_FROM_HISTORY, AndroidLinks
from mobile.device.links import GivenLink, NoLinks
from mobile.device.platform import links

LINK = "lantern://enrol?server=https%3A%2F%2Flantern.test&code=ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Intent:
    """An Android intent, as far as we ask it."""

    def __init__(self, data: str | None, flags: int = 0) -> None:
        self.data, self.flags = data, flags

    def getFlags(self) -> int:  # noqa: N802
        return self.flags

    def getDataString(self) -> str | None:  # noqa: N802
        return self.data

    def setData(self, data: str | None) -> None:  # noqa: N802
        self.data = data


def android(monkeypatch: pytest.MonkeyPatch, started_by: Intent) -> list[Any]:
    """Android's modules; returns where listeners for new intents are kept."""
    listeners: list[Any] = []
    package, activity, jnius = ModuleType("android"), ModuleType("android.activity"), ModuleType("jnius")
    activity.bind = lambda **events: listeners.extend(events.values())  # type: ignore[attr-defined]
    package.activity = activity  # type: ignore[attr-defined]
    current = SimpleNamespace(mActivity=SimpleNamespace(getIntent=lambda: started_by))
    jnius.autoclass = lambda name: current  # type: ignore[attr-defined]
    for module in (package, activity, jnius):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return listeners


def test_the_link_that_started_the_app_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    intent = Intent(LINK)
    android(monkeypatch, intent)
    told: list[str] = []
    AndroidLinks().start(told.append)
    AndroidLinks().start(told.append)
    assert told == [LINK] and intent.data is None


def test_a_link_that_comes_while_the_app_is_open_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    listeners = android(monkeypatch, Intent(None))
    told: list[str] = []
    AndroidLinks().start(told.append)
    listeners[0](Intent(LINK))
    listeners[0](Intent(None))
    listeners[0](None)
    assert told == [LINK]


def test_an_old_intent_from_the_list_of_recent_apps_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    android(monkeypatch, Intent(LINK, LAUNCHED_FROM_HISTORY))
    told: list[str] = []
    AndroidLinks().start(told.append)
    assert not told


def test_a_phone_whose_intents_fail_is_enrolled_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    listeners = android(monkeypatch, Intent(LINK))
    monkeypatch.setattr(sys.modules["jnius"], "autoclass", lambda name: 1 / 0)
    AndroidLinks().start(pytest.fail)
    assert len(listeners) == 1


def test_a_desktop_has_the_link_it_was_given_or_none() -> None:
    told: list[str] = []
    given = links(LINK)
    assert isinstance(given, GivenLink)
    given.start(told.append)
    given.start(told.append)
    GivenLink("").start(told.append)
    NoLinks().start(told.append)
    assert told == [LINK]
