"""Draws the page before the camera. Binds it to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.photo.state import KINDS, BackPressed, KindPicked, PhotoState, TakePressed, update
from shared.model.codes import DocumentKind

load_layout(__file__)


class PhotoScreen(Screen):
    """A picture of a document, or of a place."""

    def start(self, arguments: Mapping[str, Any]) -> PhotoState:
        """Whose; a place has one kind of picture."""
        site_id = arguments.get("site_id")
        kind = DocumentKind.PLACE if site_id is not None else None
        return PhotoState(person_id=arguments.get("person_id"), site_id=site_id, kind=kind)

    def decide(self, state: PhotoState, event: Event) -> tuple[PhotoState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """The question, and what is said before the camera opens."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        of_place = state.site_id is not None
        self.title = self.say("photo.place" if of_place else "photo.document")
        ids.said.text = self.say("photo.no_people" if of_place else "photo.with_leave")
        ids.kinds.hidden = of_place
        if not of_place:
            ids.kinds.show([(str(kind), self.words.say_code("document", kind)) for kind in KINDS], {str(state.kind)})
        ids.missed.text = self.say("photo.missed") if state.missed else ""
        ids.take.disabled = state.kind is None
        ids.middle.ask_layout()
        self.actions_changed()

    # --- presses
    def pick(self, value: str) -> None:
        """What it is."""
        self.send(KindPicked(kind=DocumentKind(value)))

    def take(self) -> None:
        """To the camera."""
        self.send(TakePressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())
