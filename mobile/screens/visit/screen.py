"""Draws the stop with nobody there. Binds it to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import SiteCard
from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.visit.state import (
    BackPressed,
    BeddingPressed,
    DonePressed,
    LookedAtReferral,
    LookedHere,
    NoteTyped,
    PlacePicked,
    PlacePressed,
    Ticked,
    VisitState,
    away_m,
    begin,
    update,
)
from mobile.text.fixes import ask_place, say_fix
from mobile.text.moments import join, say_distance
from mobile.text.places import say_site
from mobile.widgets.buttons import Tile

load_layout(__file__)


class VisitScreen(Screen):
    """Nobody here."""

    def start(self, arguments: Mapping[str, Any]) -> VisitState:
        """A place or a referral may be given."""
        self._drawn: tuple[SiteCard, ...] = ()
        state = begin(dict(arguments))
        self._about = state.site.id if state.site is not None else state.referral_id
        return state

    def decide(self, state: VisitState, event: Event) -> tuple[VisitState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Where, bedding, note."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        ids.place.text, ids.place.detail = self._place()
        ids.asked.hidden = not state.asking
        metres = say_distance(self.words, away_m(state))
        ids.away.text = self.say("visit.away", distance=metres) if state.asking and metres else ""
        if not ids.note.writing.focus:
            ids.note.text = state.note
        ids.bedding_yes.chosen = state.bedding is True
        ids.bedding_no.chosen = state.bedding is False
        ids.places.hidden = not state.choosing
        if self._drawn != state.sites:
            self._drawn = state.sites
            ids.site_tiles.put([self._tile(site) for site in state.sites])
        ids.middle.ask_layout()

    def half_written(self) -> tuple[str, dict[str, str]]:
        """The note, until the visit is saved. What was begun about one place is no word about the next."""
        about = self._about
        page = f"visit:{about}" if about else "visit"
        return page, {} if self.state.visit_id is not None else {"note": self.state.note}

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

    def looked_at_referral(self) -> None:
        """Where the referral says."""
        self.send(LookedAtReferral())

    def looked_here(self) -> None:
        """Where the worker stands."""
        self.send(LookedHere())

    def _place(self) -> tuple[str, str]:
        """Which place this visit is of, and why: a site, where the referral says, or a question."""
        state, change = self.state, self.say("contact.change_place")
        if state.site is not None:
            return say_site(self.words, state.site), join(say_distance(self.words, state.site.distance_m), change)
        if state.referral_place is not None and not state.place_chosen:
            away = say_distance(self.words, away_m(state))
            return self.say("visit.at_referral", place=state.referral_name), join(away, change)
        asked = "" if state.place_chosen else ask_place(self.words, state.fix)
        return self.say("visit.no_place"), asked or join(say_fix(self.words, state.fix), change)

    def _tile(self, site: SiteCard) -> Tile:
        kind = self.words.say_code("site_kind", site.kind)
        tile = Tile(
            text=say_site(self.words, site),
            detail=join(kind, say_distance(self.words, site.distance_m)),
            icon="place",
        )
        tile.bind(on_release=lambda *_: self.send(PlacePicked(site_id=site.id)))
        return tile
