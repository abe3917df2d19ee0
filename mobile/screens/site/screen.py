"""Draws a place's page. Binds it to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import PersonCard, SiteRecord, TimelineEntry
from mobile.program.effects import Effect, Event, Opened
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.site.state import (
    BackPressed,
    EditPressed,
    InUsePressed,
    KindPicked,
    LogPressed,
    NobodyPressed,
    PersonPicked,
    PhotoPressed,
    SavePressed,
    SiteState,
    Typed,
    WayPressed,
    update,
)
from mobile.text.moments import join, say_distance, say_when
from mobile.text.timeline import say_entry
from mobile.widgets.buttons import Tile
from mobile.widgets.card import Card
from mobile.widgets.words import Words
from shared.model.codes import SiteKind

load_layout(__file__)
KINDS = tuple(kind for kind in SiteKind if kind != SiteKind.UNKNOWN)
EDITABLE = ("name", "access_notes", "hazards")


class SiteScreen(Screen):
    """A place's page."""

    def start(self, arguments: Mapping[str, Any]) -> SiteState:
        """Which place."""
        self._drawn: SiteRecord | None = None
        self._editing = False
        return SiteState(site_id=arguments["site_id"])

    def decide(self, state: SiteState, event: Event) -> tuple[SiteState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """The page, or its form."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        record = state.record
        ids.form.hidden, ids.page.hidden = not state.editing, state.editing or record is None
        ids.go.hidden = state.editing or record is None
        ids.edit.text = self.say("action.save" if state.editing else "site.change")
        ids.edit.hidden = record is None
        ids.photo.hidden = record is None or not self.desk.has_camera
        if record is None and self._drawn is not None:
            self._drawn, self.title = None, self.say("site_kind.unknown")
        if record is not None and self._drawn != record:
            self._drawn = record
            self._draw(record)
        if state.editing and not self._editing and record is not None:
            for name in EDITABLE:
                ids[f"{name}_field"].text = state.written.get(name, getattr(record.site, name))
        if state.editing:
            kinds = [(str(kind), self.words.say_code("site_kind", kind)) for kind in KINDS]
            ids.kind.show(kinds, {str(state.kind)})
            ids.not_in_use.chosen = not state.in_use
        self._editing = state.editing
        ids.middle.ask_layout()
        self.actions_changed()

    def half_written(self) -> tuple[str, dict[str, str]]:
        """A form that was not saved."""
        return f"site:{self.state.site_id}", dict(self.state.written if self.state.editing else self.state.half)

    def synced(self) -> None:
        """Somebody may have changed it, or it may be gone."""
        self.send(Opened())

    # --- presses
    def log(self) -> None:
        """Somebody is here."""
        self.send(LogPressed())

    def nobody(self) -> None:
        """Nobody is here."""
        self.send(NobodyPressed())

    def pick_kind(self, value: str) -> None:
        """What kind of place."""
        self.send(KindPicked(kind=SiteKind(value)))

    def toggle_in_use(self) -> None:
        """Nobody sleeps here any more, or somebody does."""
        self.send(InUsePressed())

    def way_there(self) -> None:
        """The phone's map app shows the way."""
        self.send(WayPressed())

    def edit(self) -> None:
        """Change, or save the change."""
        self.send(SavePressed() if self.state.editing else EditPressed())

    def typed(self, field: str, text: str) -> None:
        """A field of the form."""
        if self._editing:
            self.send(Typed(field=field, text=text))

    def photograph(self) -> None:
        """To the page before the camera."""
        self.send(PhotoPressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    # --- drawing
    def _draw(self, record: SiteRecord) -> None:
        ids, site, card, now = self.ids, record.site, record.card, self.desk.now()
        kind = self.words.say_code("site_kind", site.kind)
        self.title = site.name or kind
        visited = say_when(self.words, card.last_visited_at, now)
        ids.what.text = join(
            kind,
            "" if site.in_use else self.say("site.not_in_use"),
            say_distance(self.words, card.distance_m),
            self.say("site.looked", when=visited) if visited else self.say("site.never_looked"),
        )
        ids.hazards.text = self.say("site.beware", words=site.hazards) if site.hazards else ""
        ids.access.text = site.access_notes
        ids.way_there.hidden = site.position is None or not self.desk.outside.is_there
        ids.people_title.text = self.say("site.people") if record.people else ""
        ids.people.put([self._person(person) for person in record.people])
        ids.timeline.put([self._entry(entry) for entry in record.timeline])
        ids.timeline_title.text = self.say("person.timeline") if record.timeline else ""

    def _person(self, person: PersonCard) -> Tile:
        when = say_when(self.words, person.last_seen_at, self.desk.now())
        tile = Tile(text=person.known_as, detail=when, icon="person")
        tile.bind(on_release=lambda *_: self.send(PersonPicked(person_id=person.id)))
        return tile

    def _entry(self, entry: TimelineEntry) -> Card:
        card = Card()
        card.add_widget(Words(text=say_entry(self.words, entry), bold=True))
        when = say_when(self.words, entry.at, self.desk.now())
        card.add_widget(Words(text=join(when, entry.who), role="small", tone="soft"))
        card.add_widget(Words(text=entry.note))
        return card
