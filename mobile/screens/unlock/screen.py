"""Draws the lock: one sentence, six dots, the pad. Binds the pad to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import LockState
from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.unlock.state import (
    EnrolPressed,
    KeyPressed,
    LockSeen,
    QuickPressed,
    TakeBackPressed,
    UnlockState,
    update,
)
from mobile.text.moments import say_clock

load_layout(__file__)


class UnlockScreen(Screen):
    """The lock."""

    shows_sync = False

    def start(self, arguments: Mapping[str, Any]) -> UnlockState:
        """Nothing typed."""
        return UnlockState(lock=self.desk.lock_state())

    def decide(self, state: UnlockState, event: Event) -> tuple[UnlockState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Message, dots, pad."""
        state = self.state
        self.ids.dots.filled = len(state.pin)
        self.ids.pad.asleep = state.is_asleep
        self.ids.message.text = self.say_failure(state.failure) or self._message()
        self.ids.message.tone = "warn" if state.wrong or state.failure or state.lock != LockState.LOCKED else "soft"
        for part in (self.ids.dots, self.ids.pad):
            part.hidden = state.is_closed
        self.ids.quick.hidden = not state.may_record
        self.ids.quick_note.text = self._quick_note()
        self.ids.quick_note.action_text = self.say("unlock.take_back") if state.quick is not None else ""
        self.ids.enrol.hidden = not state.is_closed
        self.ids.middle.ask_layout()
        self.actions_changed()

    def each_second(self) -> None:
        """A block ends by itself."""
        if self.state.lock == LockState.BLOCKED:
            self.send(LockSeen(lock=self.desk.lock_state()))

    def key(self, name: str) -> None:
        """A key of the pad."""
        self.send(KeyPressed(key=name))

    def quick(self) -> None:
        """Unknown person, bedded down, here."""
        self.send(QuickPressed())

    def take_back(self) -> None:
        """It was a mistake."""
        self.send(TakeBackPressed())

    def enrol(self) -> None:
        """Enrol again."""
        self.send(EnrolPressed())

    def _quick_note(self) -> str:
        note, entry = self.state.quick_note, self.state.quick
        return self.say(note, clock=say_clock(entry.at) if entry is not None else "") if note else ""

    def _message(self) -> str:
        state = self.state
        if state.trying:
            return self.say("unlock.trying")
        if state.wrong and state.attempts_left is not None:
            return self.say("unlock.wrong_left", count=state.attempts_left)
        if state.wrong:
            return self.say("unlock.wrong")
        if state.lock == LockState.BLOCKED and state.until is not None:
            return self.say("unlock.blocked_until", clock=say_clock(state.until))
        return self.words.say_code("lock", state.lock)
