"""A check-in that is due is told once, on any screen and while the phone is locked; a colleague's absence too, without a name."""

from datetime import timedelta

import pytest
from kivy.clock import Clock

from mobile.app import LanternApp
from mobile.device.silent import NoOutside
from mobile.field.views import CheckInState, LockState
from mobile.ports import NoMap
from mobile.program.glass import MOVING_FPS, STILL_AFTER_S, STILL_FPS
from mobile.screens.check_in_watch import COLLEAGUE, MINE, Watch, heard, tell
from mobile.text import load
from tests.mobile.feeding import acknowledge
from tests.mobile.rehearsal import NOW, RehearsalField, SilentCues
from tests.mobile.rig import Rig

LATER = NOW + timedelta(minutes=30)


def test_what_is_due_is_told_once_and_the_next_one_again():
    watch = heard(Watch(), CheckInState(due_at=LATER))
    assert tell(watch, NOW)[1] == ()
    watch, told = tell(watch, LATER)
    assert told == (MINE,)
    assert tell(heard(watch, CheckInState(due_at=LATER, is_overdue=True)), LATER)[1] == ()
    watch = heard(watch, CheckInState(due_at=LATER + timedelta(hours=1)))
    assert tell(watch, LATER + timedelta(hours=2))[1] == (MINE,)


def test_a_colleague_is_told_of_once_and_again_after_they_were_back():
    watch, told = tell(heard(Watch(), CheckInState(others_overdue=("Dean R",))), NOW)
    assert told == (COLLEAGUE,)
    assert tell(heard(watch, CheckInState(others_overdue=("Dean R",))), NOW)[1] == ()
    watch = heard(watch, CheckInState())
    assert tell(heard(watch, CheckInState(others_overdue=("Dean R",))), NOW)[1] == (COLLEAGUE,)
    assert "Dean" not in str(watch)


@pytest.mark.parametrize("key", [MINE, COLLEAGUE])
def test_what_is_told_names_nobody(key):
    assert "{" not in load("en").say(key)


def test_a_locked_phone_still_buzzes_when_the_check_in_is_due(tmp_path, on_glass):
    rig, cues = Rig(tmp_path), SilentCues()
    rig.enrol().start_shift("Station")
    rig.field.check_in(30)
    app = LanternApp(rig.field, cues, map_source=NoMap())

    async def story(driver):
        app._each_second(1.0)
        await driver.until(lambda: app._watch.due_at is not None)
        rig.field.lock()
        await driver.settle()
        rig.clocks.pass_(minutes=31)
        app._each_second(1.0)
        app._each_second(1.0)
        assert rig.field.lock_state is LockState.LOCKED
        assert cues.notified == ["Your check-in is due."] and cues.buzzes == [900]

    on_glass(app, story)
    rig.field.close()


class Guarded:
    """The service of a shift, as far as the app asks it."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def watch(self, in_ms: int, title: str, words: str, meanwhile: str) -> None:
        self.told.append((in_ms, title, words, meanwhile))

    def end(self) -> None:
        self.told.append("end")


def test_the_check_in_is_guarded_outside_the_app_until_the_shift_ends(tmp_path, on_glass):
    rig, guarded = Rig(tmp_path), Guarded()
    rig.enrol().start_shift("Station")
    rig.field.check_in(30)
    app = LanternApp(rig.field, SilentCues(), map_source=NoMap(), guard=guarded)

    async def story(driver):
        app._each_second(1.0)
        await driver.until(lambda: len(guarded.told) == 1)
        meanwhile = "On a shift. This phone rings when a check-in is due."
        assert guarded.told == [(30 * 60_000, "Lantern", "Your check-in is due.", meanwhile)]
        rig.field.end_shift()
        app._seconds = 0
        app._each_second(1.0)
        await driver.until(lambda: guarded.told[1:] == ["end"])

    on_glass(app, story)
    rig.field.close()


def test_a_service_that_outlived_its_app_and_the_shift_is_ended(tmp_path, on_glass):
    """Android ended the app, the shift was ended on a page: it rang every five minutes for ever."""
    rig, guarded = Rig(tmp_path), Guarded()
    rig.enrol()
    app = LanternApp(rig.field, SilentCues(), map_source=NoMap(), guard=guarded)

    async def story(driver):
        app._seconds = 0
        app._each_second(1.0)
        await driver.until(lambda: guarded.told == ["end"])

    on_glass(app, story)
    rig.field.close()


def test_a_phone_that_was_withdrawn_rings_for_nobody(tmp_path, on_glass):
    """It went on every five minutes, in whosever pocket, until it was switched off."""
    rig, guarded = Rig(tmp_path), Guarded()
    rig.enrol().start_shift("Station")
    rig.field.check_in(30)
    app = LanternApp(rig.field, SilentCues(), map_source=NoMap(), guard=guarded)

    async def story(driver):
        app._each_second(1.0)
        await driver.until(lambda: len(guarded.told) == 1)
        rig.field._door.shred("revoked")
        rig.field._ended()
        await driver.until(lambda: guarded.told[1:] == ["end"])

    on_glass(app, story)
    rig.field.close()


class Edged(NoOutside):
    """A phone with bars that come and go, whose Back is a gesture."""

    def __init__(self) -> None:
        self.bars = (0, 88, 0, 48)
        self.left = 0

    def edges(self):
        return self.bars

    def watch_back(self, went):
        self.went = went

    def leave(self) -> None:
        self.left += 1


def test_the_back_gesture_goes_one_screen_back_and_then_out_and_bars_are_kept_clear_of(on_glass):
    outside = Edged()
    app = LanternApp(RehearsalField(), SilentCues(), map_source=NoMap(), outside=outside)

    async def story(driver):
        assert tuple(app.glass.root.padding) == (0, 88, 0, 48)
        driver.app.go("settings", {})
        await driver.settle()
        outside.went()
        await driver.until(lambda: len(app.way) == 1)
        assert outside.left == 0
        outside.went()
        await driver.until(lambda: outside.left == 1)
        outside.bars = (48, 0, 0, 0)
        app._each_second(1.0)
        assert tuple(app.glass.root.padding) == (48, 0, 0, 0)

    on_glass(app, story)


def test_frames_are_few_while_nothing_moves_and_all_again_at_a_touch(on_glass):
    app = LanternApp(RehearsalField(), SilentCues(), map_source=NoMap())

    async def story(_driver):
        from kivy.core.window import Window

        for _ in range(STILL_AFTER_S):
            app.glass.each_second()
        assert Clock._max_fps == STILL_FPS
        Window.dispatch("on_textinput", "a")  # the driver's own touches set the pace themselves
        assert Clock._max_fps == MOVING_FPS

    on_glass(app, story)


def test_the_shift_says_honestly_who_could_notice(tmp_path, on_glass):
    rig = Rig(tmp_path)
    rig.enrol().start_shift("Station")
    rig.field.check_in(30)

    async def story(driver):
        driver.app.go("shift", {})
        await driver.until(lambda: any("nobody else knows yet" in text for text in driver.visible_texts()))

    on_glass(LanternApp(rig.field, SilentCues(), map_source=NoMap()), story)
    rig.field.close()


def test_the_shift_says_who_is_told_once_the_server_has_it(tmp_path, on_glass):
    rig = Rig(tmp_path)
    rig.enrol().start_shift("Station")
    acknowledge(rig)

    async def story(driver):
        driver.app.go("shift", {})
        await driver.until(lambda: any("Lantern has it. If you are late" in text for text in driver.visible_texts()))
        assert not any("nobody else knows" in text for text in driver.visible_texts())
        rig.field.check_in(30)
        driver.app.go("tonight", {})
        driver.app.go("shift", {})
        await driver.until(lambda: any("nobody else knows yet" in text for text in driver.visible_texts()))

    on_glass(LanternApp(rig.field, SilentCues(), map_source=NoMap()), story)
    rig.field.close()
