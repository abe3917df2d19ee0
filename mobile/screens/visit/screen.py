"""Draws the stop with nobody there. Binds it to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import SiteCard
from mobile.screens.effects import Effect, Event
from mobile.screens.layout_file import load_layout
from mobile.screens.program import Screen
from mobile.screens.visit.state import (
    BackPressed,
    BeddingPressed,
    DonePressed,
    NoteTyped,
    PlacePicked,
    PlacePressed,
    State,
    Ticked,
    begin,
    update,
)
from mobile.text.moments import join, say_age, say_distance
from mobile.widgets.buttons import Tile

load_layout(__file__)


class VisitScreen(Screen):
    """Nobody here."""

    def start(self, arguments: Mapping[str, Any]) -> State:
        """A place or a referral may be given."""
        self._drawn: tuple[SiteCard, ...] = ()
        return begin(dict(arguments))

    def decide(self, state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Where, bedding, note."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        ids.place.text = (state.site.name if state.site else "") or self.say("visit.no_place")
        distance = say_distance(self.words, state.site.distance_m) if state.site else self._where_from()
        ids.place.detail = join(distance, self.say("contact.change_place"))
        ids.bedding_yes.chosen = state.bedding is True
        ids.bedding_no.chosen = state.bedding is False
        ids.places.hidden = not state.choosing
        if self._drawn != state.sites:
            self._drawn = state.sites
            ids.site_tiles.put([self._tile(site) for site in state.sites])
        ids.middle.ask_layout()

    def each_second(self) -> None:
        """A better fix may have come."""
        self.send(Ticked())

    def place(self) -> None:
        """Another place."""
        self.send(PlacePressed())

    def pick_place(self, site_id: str) -> None:
        """A known place, or none."""
        self.send(PlacePicked(site_id=site_id))

    def bedding(self, present: bool) -> None:
        """Bedding is there, or not."""
        self.send(BeddingPressed(present=present))

    def note(self, text: str) -> None:
        """A word about it."""
        self.send(NoteTyped(text=text))

    def done(self) -> None:
        """Save."""
        self.send(DonePressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    def _where_from(self) -> str:
        fix = self.state.fix
        if fix is None:
            return self.say("contact.gps_searching")
        age = say_age(self.words, fix.age_s)
        if fix.accuracy_m is None:
            return self.say("contact.gps_plain", age=age)
        return self.say("contact.gps", metres=round(fix.accuracy_m), age=age)

    def _tile(self, site: SiteCard) -> Tile:
        kind = self.words.say_code("site_kind", site.kind)
        tile = Tile(text=site.name or kind, detail=join(kind, say_distance(self.words, site.distance_m)), icon="place")
        tile.bind(on_release=lambda *_: self.send(PlacePicked(site_id=site.id)))
        return tile
