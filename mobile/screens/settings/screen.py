"""Draws the settings. Binds them to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.settings.state import CHOICES, BackPressed, LockPressed, Picked, PinPressed, SettingsState, update
from mobile.widgets.card import Choices

load_layout(__file__)


class SettingsScreen(Screen):
    """The settings."""

    def start(self, arguments: Mapping[str, Any]) -> SettingsState:
        """As they are."""
        return SettingsState(values={name: self.desk.setting(name) for name in CHOICES})

    def decide(self, state: SettingsState, event: Event) -> tuple[SettingsState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """One question a setting."""
        ids = self.ids
        ids.failure.text = self.say_failure(self.state.failure)
        if not ids.choices.children:
            ids.choices.put([self._question(name) for name in CHOICES])
        for name, question in zip(CHOICES, ids.choices.in_order(), strict=True):
            options = [(value, self.say(f"settings.{name}.{value}")) for value in CHOICES[name]]
            question.show(options, {self.state.values[name]})
        ids.middle.ask_layout()

    def lock(self) -> None:
        """Lock now."""
        self.send(LockPressed())

    def change_pin(self) -> None:
        """Another PIN."""
        self.send(PinPressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    def _question(self, name: str) -> Choices:
        question = Choices(text=self.say(f"settings.{name}"))
        question.bind(on_pick=lambda _, value: self.send(Picked(name=name, value=value)))
        return question
