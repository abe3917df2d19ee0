"""The composition root of the field app: the window, the one screen on it, the way back, the work threads, the clock of the lock.

What screens show and decide lives in `screens/`, what the phone can do in `field/`. Nothing personal outlives a lock here: the
screen, the way back, the letter textures and Kivy's text caches go together (rule B3).
"""

import gc
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.uix.anchorlayout import AnchorLayout

from mobile import theme
from mobile.device.links import NoLinks
from mobile.device.ports import Alarm, Camera, Cues, Guard, Links, Outside
from mobile.device.silent import NoAlarm, NoCamera, NoGuard, NoOutside
from mobile.field.api import Field
from mobile.field.views import CheckInState, LockState, SyncPhase, SyncStatus
from mobile.ports import MapSketch, MapSource, NoMap
from mobile.program.effects import Call, Event
from mobile.program.glass import Glass
from mobile.program.screen import Screen
from mobile.screens import check_in_watch
from mobile.screens.registry import screen_class
from mobile.text import Catalogue, load
from mobile.text.sync_words import is_worrying, say_sync
from mobile.widgets import letters, touches
from mobile.work import Work

log = logging.getLogger(__name__)

SECOND_S = 1.0
SETTINGS = ("theme", "language", "vibration", "sound", "speech")
BUZZ_MS = {"saved": 60, "refused": 250, "late": 900}
WATCH_EVERY_S = 15
OVER = frozenset({LockState.REVOKED, LockState.ERASED})
"""A phone that says nothing for its worker any more."""


class LanternApp(App):
    """One window, one screen at a time. Everything it needs is handed in."""

    title = "Lantern"
    use_kivy_settings = False

    def __init__(
        self,
        service: Field,
        cues: Cues,
        map_source: MapSource | None = None,
        words: Catalogue | None = None,
        links: Links | None = None,
        outside: Outside | None = None,
        alarm: Alarm | None = None,
        camera: Camera | None = None,
        guard: Guard | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.service = service
        self.cues = cues
        self.map_source = map_source or NoMap()
        self.links = links or NoLinks()
        self.outside = outside or NoOutside()
        self.alarm = alarm or NoAlarm()
        self.camera = camera or NoCamera()
        self.guard = guard or NoGuard()
        self.settings_now: dict[str, str] = {}
        self.words = words or load("en")
        self._fixed_words = words
        self.screen: Screen | None = None
        self.way: list[tuple[str, Mapping[str, Any]]] = []
        self.work = Work(lambda job: Clock.schedule_once(lambda _: job(), -1))
        self._status = SyncStatus()
        self._watch = check_in_watch.Watch()
        self._has_heard = False
        self._seconds = 0
        self._still_s = 0
        self._forget: list[Callable[[], None]] = []

    # --- Kivy's side
    def build(self) -> AnchorLayout:
        """The window and the first screen: no store is opened, no network asked."""
        self._read_settings()
        self.glass = Glass(self.outside, self.service.touched, self._went_back)
        self.glass.open()
        self.root = self.glass.root
        self._forget = [
            self.service.observe_lock(lambda state: self._hand_back(lambda: self._lock_changed(state))),
            self.service.observe_sync(lambda status: self._hand_back(lambda: self._show_status(status))),
        ]
        self._enter()
        self.links.start(lambda link: self._hand_back(lambda: self._open_link(link)))
        Clock.schedule_interval(self._each_second, SECOND_S)
        return self.glass.root

    def on_pause(self) -> bool:
        """The app leaves the glass, for a call or for good: what was typed is written down, and the lock's timer starts."""
        self._write_down()
        self.service.paused()
        return True

    def screen_went_off(self) -> None:
        """The screen is off: what was typed is written down, then the phone locks. Called on Java's thread."""
        self._write_down()
        self.service.screen_went_off()

    def _unwritten(self) -> tuple[Call, ...]:
        return (*self.screen.unwritten(), *self.screen.unkept()) if self.screen is not None else ()

    def _write_down(self) -> None:
        """At once, on this thread: the store may be closed in a moment."""
        for call in self._unwritten():
            try:
                call.perform(self.service)
            except Exception as error:  # locked already, or a full disk: the lock must not wait for either
                log.warning("what was typed could not be kept: %s", type(error).__name__)

    def on_resume(self) -> None:
        """The app is back; the service locks if it was away too long."""
        self.service.resumed()

    def on_stop(self) -> None:
        """Finish the save that is running, let go of everything."""
        Clock.unschedule(self._each_second)
        self.glass.close()
        if self.work.is_stopped:
            return
        for forget in self._forget:
            forget()
        self._leave_screen()
        self.work.stop()
        self.service.close()

    # --- what screens may ask (mobile.program.screen.Desk)
    def now(self) -> datetime:
        """The phone's idea of the time."""
        return self.service.now()

    def say(self, key: str, **values: object) -> str:
        """A sentence of the catalogue, for kv files."""
        return self.words.say(key, **values)

    def ask(self, call: Call, then: Callable[[Event | None], None], failed: Callable[[Exception], None]) -> None:
        """Run a method of the service on a work thread."""
        self.work.ask(lambda: call.perform(self.service), then, failed, call.network)

    def go(self, screen: str, arguments: Mapping[str, Any], replace: bool = False) -> None:
        """Show a screen on top of the way here."""
        if replace and self.way:
            self.way.pop()
        self.way.append((screen, arguments))
        self._show()

    def back(self) -> None:
        """Show the screen before; the first one stays."""
        if len(self.way) > 1:
            self.way.pop()
        self._show()

    def home(self) -> None:
        """Tonight, with nothing behind it."""
        self.way = [("tonight", {})]
        self._show()

    def feel(self, name: str, speak: str) -> None:
        """A sign, as the settings allow. Nothing personal is ever spoken."""
        if self.settings_now["vibration"] == "on":
            self.cues.buzz(BUZZ_MS.get(name, 60))
        if self.settings_now["speech"] == "on" and speak:
            self.cues.say(self.words.say(speak), self.settings_now["language"])
        if self.settings_now["sound"] == "on":
            from mobile.widgets.chime import play

            play(name)

    @property
    def has_camera(self) -> bool:
        """Can this phone take a picture?"""
        return self.camera.is_there

    def photograph(self, path: str, taken: Callable[[], None]) -> None:
        """The camera app, over this one; it may come back on any thread, or never."""
        self._write_down()
        self.camera.take(path, lambda: self._hand_back(taken))

    def apply_settings(self) -> None:
        """Look and language changed: the same screen, built anew."""
        self._read_settings()
        self._show()

    def lock_state(self) -> LockState:
        """Where the phone stands."""
        return self.service.lock_state

    def may_enrol(self) -> bool:
        """Would this phone take a one-time code now?"""
        return self.service.may_enrol

    def setting(self, name: str) -> str:
        """A setting as it was last read."""
        return self.settings_now[name]

    def map_sketch(self) -> MapSketch:
        """What the map draws."""
        return self.map_source.map_sketch()

    # --- locking
    def _enter(self) -> None:
        if not self.service.is_enrolled:
            self.way = [("enrol", {})]
        elif self.service.lock_state == LockState.UNLOCKED:
            self.way = [("tonight", {})]
        else:
            self.way = [("unlock", {})]
        self._show()

    def _open_link(self, link: str) -> None:
        """The camera read an enrolment page's picture: to the enrolment screen. Nothing is sent before a worker agrees."""
        if self.screen is not None:
            self.screen.link_opened(link)

    def _lock_changed(self, state: LockState) -> None:
        if state == LockState.UNLOCKED:
            return
        if state in OVER:
            self._watch = check_in_watch.Watch()
            self.alarm.cancel()
            self.guard.end()  # whoever carries it now is asked for no check-in
        self.way = [("unlock", {})] if state != LockState.NOT_ENROLLED else [("enrol", {})]
        self._show()
        self._forget_people()

    def _forget_people(self) -> None:
        from mobile.widgets import field

        letters.forget()
        touches.forget()
        field.forget()
        self._status = SyncStatus()
        gc.collect()

    # --- the one screen
    def _show(self) -> None:
        self._leave_screen()
        self.glass.hurry()
        name, arguments = self.way[-1]
        self.screen = screen_class(name)(self, arguments, size_hint=(1, 1))
        self.glass.root.add_widget(self.screen)
        self._show_status(self._status)
        self.screen.open()
        self._refresh_status()

    def _leave_screen(self) -> None:
        if self.screen is not None:
            for call in self._unwritten():
                self.ask(call, lambda _: None, lambda _: None)
            self.screen.close()
            self.glass.root.remove_widget(self.screen)
            self.screen = None

    def _each_second(self, _seconds: float) -> None:
        self.glass.each_second()
        self.service.lock_if_due()
        if self.screen is not None:
            self.screen.each_second()
            for call in self.screen.unkept() if self.service.lock_state == LockState.UNLOCKED else ():
                self.ask(call, lambda _: None, lambda _: None)
        self._refresh_status()
        self._watch_check_ins()

    def _watch_check_ins(self) -> None:
        """The lone-working timer, told on any screen and while locked: a buzz, and a sentence that names nobody."""
        if self._seconds % WATCH_EVERY_S == 0 and self.service.lock_state == LockState.UNLOCKED:
            self.work.ask(self.service.check_in_state, self._heard_check_ins, lambda _: None)
        self._seconds += 1
        self._tell_check_ins()

    def _tell_check_ins(self) -> None:
        self._watch, keys = check_in_watch.tell(self._watch, self.service.now())
        for key in keys:
            self.cues.notify(self.title, self.words.say(key))
            self.feel("late", key)

    def _heard_check_ins(self, state: CheckInState) -> None:
        before, is_first = self._watch.due_at, not self._has_heard
        self._watch, self._has_heard = check_in_watch.heard(self._watch, state), True
        if (
            self._watch.due_at == before and not is_first
        ):  # at first: the service may ring on for an app that Android has ended
            return
        if self._watch.due_at is None:
            self.alarm.cancel()
            self.guard.end()
        else:  # rings with the screen off, when no second of this app passes any more, and when the app is gone
            left_ms = int((self._watch.due_at - self.service.now()).total_seconds() * 1000)
            self.alarm.set(left_ms, self._tell_check_ins)
            words, meanwhile = self.words.say(check_in_watch.MINE), self.words.say(check_in_watch.MEANWHILE)
            self.guard.watch(left_ms, self.title, words, meanwhile)

    def _refresh_status(self) -> None:
        if self.service.lock_state == LockState.UNLOCKED:
            self.work.ask(self.service.sync_status, self._show_status, lambda _: None)

    def _show_status(self, status: SyncStatus) -> None:
        if status == self._status and self.screen is not None and self.screen.head.line:
            return
        is_news = status.last_synced_at != self._status.last_synced_at
        self._status = status
        if self.screen is not None and is_news:
            self.screen.synced()
        if self.screen is None or not self.screen.shows_sync:
            return
        head = self.screen.head
        head.line = say_sync(self.words, status)
        head.line_tone = "warn" if is_worrying(status) else "soft"
        waiting = status.not_yet_sent or status.phase in (SyncPhase.OFFLINE, SyncPhase.FAILED)
        head.line_icon = "warn" if is_worrying(status) else "unsent" if waiting else "sent"

    def _read_settings(self) -> None:
        defaults = {"theme": "night", "language": "en", "vibration": "on", "sound": "off", "speech": "off"}
        self.settings_now = {name: self.service.setting(name, defaults[name]) for name in SETTINGS}
        theme.use(self.settings_now["theme"])
        if self._fixed_words is None:
            self.words = load(self.settings_now["language"])

    def _hand_back(self, job: Callable[[], None]) -> None:
        """Do it on the screen's thread before the next frame, unless the app has been left by then."""
        Clock.schedule_once(lambda _: None if self.work.is_stopped else job(), -1)

    def _went_back(self) -> bool:
        """The screen's own Back; False from the first one, which Android then leaves."""
        if self.screen is None or len(self.way) < 2:
            return False
        self.screen.back()
        return True
