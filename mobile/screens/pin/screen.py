"""Draws the change of a PIN: one sentence, six dots, the pad. Binds the pad to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.pin.state import BackPressed, KeyPressed, PinState, Step, update

load_layout(__file__)


class PinScreen(Screen):
    """Another PIN."""

    def start(self, arguments: Mapping[str, Any]) -> PinState:
        """Nothing typed."""
        return PinState()

    def decide(self, state: PinState, event: Event) -> tuple[PinState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Message, dots, pad."""
        state, ids = self.state, self.ids
        ids.dots.filled = len(state.typed)
        ids.pad.asleep = state.trying
        ids.dots.hidden = ids.pad.hidden = state.step == Step.DONE
        ids.problem.text = self.say_failure(state.failure) or self._problem()
        ids.message.text = self.say("unlock.trying" if state.trying else f"pin.{state.step.value}")
        ids.middle.ask_layout()
        self.actions_changed()

    def key(self, name: str) -> None:
        """A key of the pad."""
        self.send(KeyPressed(key=name))

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    def _problem(self) -> str:
        state = self.state
        if state.problem == "wrong" and state.attempts_left is not None:
            return self.say("unlock.wrong_left", count=state.attempts_left)
        return self.say(f"pin.{state.problem}") if state.problem else ""
