"""Draws what I recorded. Binds the rows to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.own_views import NightEntry
from mobile.program.effects import Effect, Event, Opened
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.night.state import BackPressed, NightState, Picked, half_written, update
from mobile.screens.night.stop_part import StopPart
from mobile.text.moments import join, say_when
from mobile.text.places import say_place
from mobile.widgets.rows import Row
from shared.model.quick_entry import confirmed, is_to_confirm

load_layout(__file__)

__all__ = ["NightScreen", "StopPart"]  # the layout names the part


class NightScreen(Screen):
    """My night."""

    def start(self, arguments: Mapping[str, Any]) -> NightState:
        """Empty until the service answers."""
        return NightState()

    def decide(self, state: NightState, event: Event) -> tuple[NightState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Rows."""
        state = self.state
        self.ids.failure.text = self.say_failure(state.failure)
        stop = state.stop
        when = say_when(self.words, stop.at, self.desk.now()) if stop is not None else ""
        self.ids.stop.show(stop, when, self.words, self.send)
        self.ids.stop.show_reason(stop, state.reason)
        self.ids.rows.show([self._row(entry) for entry in state.entries] if stop is None else [])
        self.ids.empty.text = self.say("night.empty") if state.loaded and not state.entries else ""
        self.ids.top.fold()

    def half_written(self) -> tuple[str, dict[str, str]]:
        """Why a stop was none, until it is struck out."""
        return "night", half_written(self.state)

    def synced(self) -> None:
        """What was sent reads as sent."""
        self.send(Opened())

    def picked(self, key: str) -> None:
        """A row."""
        self.send(Picked(entry_id=key))

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    def _row(self, entry: NightEntry) -> Row:
        what = self.words.say_code("contact_state", entry.state) if entry.state is not None else self._bedding(entry)
        struck = self.say("contact.struck_out", reason=entry.struck) if entry.struck else ""
        unsent = self.say("night.unsent") if entry.not_yet_sent else ""
        return Row(
            key=entry.id,
            head=self._who(entry),
            detail=struck
            or join(self._to_confirm(entry), what, say_place(self.words, entry.place), unsent, confirmed(entry.note)),
            side=say_when(self.words, entry.at, self.desk.now()),
            icon="person" if entry.is_contact else "nobody",
            tone="warn" if entry.struck or is_to_confirm(entry.note) else "accent",
        )

    def _bedding(self, entry: NightEntry) -> str:
        return self.words.say_code("bedding", entry.bedding) if entry.bedding else ""

    def _to_confirm(self, entry: NightEntry) -> str:
        return self.say("night.to_confirm") if is_to_confirm(entry.note) else ""

    def _who(self, entry: NightEntry) -> str:
        if not entry.is_contact:
            return self.say("visit.title")
        names = list(entry.names)
        if entry.unidentified or not names:
            names.append(self.say("contact.unknown_people", count=entry.unidentified))
        return ", ".join(names)
