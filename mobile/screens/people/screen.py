"""Draws the search. Binds the field and the rows to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import PersonCard
from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.people.state import BackPressed, PeopleState, Picked, ServicesPressed, Typed, begin, update
from mobile.text.moments import join, say_distance, say_when
from mobile.text.places import say_place
from mobile.widgets.rows import Row

load_layout(__file__)


class PeopleScreen(Screen):
    """The search."""

    def start(self, arguments: Mapping[str, Any]) -> PeopleState:
        """Everyone, most recent first, until something is typed."""
        self._drawn: tuple[PersonCard, ...] | None = None
        return begin(dict(arguments))

    def decide(self, state: PeopleState, event: Event) -> tuple[PeopleState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Rows."""
        state = self.state
        self.ids.failure.text = self.say_failure(state.failure)
        if self._drawn is not state.people:
            self._drawn = state.people
            self.ids.rows.show([self._row(person) for person in state.people])
        nobody = state.loaded and not state.people
        self.ids.empty.text = self.say("people.none" if state.typed else "people.empty") if nobody else ""
        self.ids.top.fold()

    def typed(self, text: str) -> None:
        """The words changed."""
        if text != self.state.typed:
            self.send(Typed(text=text))

    def picked(self, key: str) -> None:
        """A row."""
        self.send(Picked(person_id=key))

    def services(self) -> None:
        """What there is for somebody tonight."""
        self.send(ServicesPressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    def _row(self, person: PersonCard) -> Row:
        alias = person.alias if person.alias != person.known_as else ""
        description = person.description if person.description[:60] != person.known_as else ""
        return Row(
            key=person.id,
            head=person.known_as,
            detail=join(
                alias,
                say_place(self.words, person.last_place),
                say_distance(self.words, person.distance_m),
                description,
            ),
            side=say_when(self.words, person.last_seen_at, self.desk.now()),
            icon="warn" if person.has_safety_needs else "person",
            tone="warn" if person.has_safety_needs else "accent",
        )
