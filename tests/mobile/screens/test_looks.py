"""Every screen, at every letter size, upright and on its side: nothing cut or too small, nothing that creeps."""

import socket
import sys

import pytest

from mobile.app import LanternApp
from mobile.field.views import LockState
from mobile.text import Catalogue, load
from mobile.text.moments import OUTREACH_ZONE
from tests.mobile import looks
from tests.mobile.ground import town
from tests.mobile.rehearsal import RehearsalField, SilentCues
from tests.mobile.screenshots import SCREENS

UPRIGHT, SIDEWAYS = (412, 892), (892, 412)
SMALL = (360, 640)
LONG_LANGUAGE = "pl"


class Town:
    def map_sketch(self):
        return town()


@pytest.fixture
def letter_scale():
    """Sets the phone's font scale for one test."""
    from kivy.metrics import Metrics

    def set_scale(scale):
        Metrics.fontscale = scale

    yield set_scale
    Metrics.fontscale = 1.0


def _app(name, words=None, language="en"):
    field = RehearsalField()
    field.settings["language"] = language
    if SCREENS[name][0] in ("unlock", "enrol"):
        field.lock_state = LockState.LOCKED
        field.may_enrol = SCREENS[name][0] == "enrol"
    return LanternApp(field, SilentCues(), map_source=Town(), words=words)  # type: ignore[arg-type]


async def _show(driver, name):
    screen, arguments, story = SCREENS[name]
    driver.app.go("tonight" if screen not in ("unlock", "enrol") else screen, {})
    driver.app.go(screen, arguments)
    await driver.settle()
    await story(driver)
    await driver.settle()


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("scale", "size"),
    [
        pytest.param(1.0, UPRIGHT, marks=SLOW),
        pytest.param(1.3, SMALL, marks=SLOW),
        (2.0, UPRIGHT),
        pytest.param(1.0, SIDEWAYS, marks=SLOW),
        pytest.param(2.0, SIDEWAYS, marks=SLOW),
    ],
)
@pytest.mark.parametrize("name", SCREENS)
def test_no_word_is_cut_and_no_target_is_small(name, scale, size, on_glass, letter_scale):
    async def story(driver):
        letter_scale(scale)
        await _show(driver, name)
        assert looks.cut_words(driver) == []
        assert looks.small_targets(driver) == []
        assert looks.outside(driver) == []

    on_glass(_app(name), story, size)


@pytest.mark.parametrize("name", ["tonight", "contact-1-who", "contact-2-state", "tray", "shift", "settings", "unlock"])
def test_a_longer_language_is_not_cut_either(name, on_glass, letter_scale):
    async def story(driver):
        letter_scale(2.0)
        screen, arguments, _ = SCREENS[name]
        driver.app.go(screen, arguments)
        await driver.settle()
        assert looks.cut_words(driver) == []
        assert looks.outside(driver) == []

    on_glass(_app(name, language=LONG_LANGUAGE), story)


@SLOW
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_left_alone_stays_as_it_is(name, on_glass):
    async def story(driver):
        await _show(driver, name)
        before = looks.geometry(driver)
        await driver.frames(30)
        assert looks.geometry(driver) == before

    on_glass(_app(name), story)


class Marked(Catalogue):
    """A catalogue whose every sentence carries a mark."""

    def say(self, key, **values):
        return f"⟦{super().say(key, **values)}⟧"


@pytest.mark.parametrize("name", ["tonight", "contact-3-saved", "shift", "map", "visit", "settings", "unlock-wrong"])
def test_every_word_on_the_glass_comes_from_the_catalogue_or_from_a_record(name, on_glass):
    english = load("en")
    field_texts = _texts_of_records()

    async def story(driver):
        screen, arguments, _ = SCREENS[name]
        driver.app.go(screen, arguments)
        await driver.settle()
        for text in driver.visible_texts():
            rest = text
            while "⟦" in rest:
                start = rest.index("⟦")
                depth, end = 0, start
                for end in range(start, len(rest)):
                    depth += {"⟦": 1, "⟧": -1}.get(rest[end], 0)
                    if depth == 0:
                        break
                rest = rest[:start] + rest[end + 1 :]
            for known in sorted(field_texts, key=len, reverse=True):
                rest = rest.replace(known, "")
            assert not any(letter.isalpha() for letter in rest), f"{text!r} leaves {rest!r}"

    on_glass(_app(name, words=Marked("en", english.entries)), story)


def _texts_of_records():
    field = RehearsalField()
    texts = {text for item in field.tonight() for text in (item.title, item.reason) if text}
    texts |= {text for person in field.people for text in (person.known_as, person.description, person.last_place)}
    texts |= {site.name for site in field.sites_near()} | {item.title for item in field.map_items(0, 0, 0, 0)}
    texts |= {field.config.worker.short_name, field.config.team.name, "Dean W", OUTREACH_ZONE}
    return {text for text in texts if text}


def test_no_screen_reaches_for_a_network(on_glass):
    """Rule B11: while every screen is walked through, no socket is opened to anybody at all."""
    reached = []
    walking = [True]

    def hear(event, arguments):
        if walking[0] and event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            reached.append((event, arguments[1:] if event == "socket.connect" else arguments))

    sys.addaudithook(hear)

    async def story(driver):
        for name in SCREENS:
            if SCREENS[name][0] not in ("unlock", "enrol"):
                await _show(driver, name)

    on_glass(_app("tonight"), story)
    assert reached == []
    with socket.socket() as probe, pytest.raises(OSError):
        probe.connect(("127.0.0.1", 9))  # the ear hears what it should
    walking[0] = False
    assert reached
