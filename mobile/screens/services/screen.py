"""Draws the directory. Binds the field, the chips and the rows to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.services.state import (
    BackPressed,
    ChoosePressed,
    DogsPressed,
    OfferPicked,
    OpenPicked,
    Picked,
    ServicesState,
    Typed,
    update,
)
from mobile.text.moments import join, say_distance, wall_time
from mobile.text.services import say_opening
from mobile.widgets.rows import Row
from shared.model.service import ServiceOffer, ServiceWelcome
from shared.rules.finding_services import Found, OpenWhen, is_stale

load_layout(__file__)


class ServicesScreen(Screen):
    """The directory."""

    def start(self, arguments: Mapping[str, Any]) -> ServicesState:
        """The nearest first, until something is asked for."""
        self._drawn: tuple[Found, ...] | None = None
        return ServicesState()

    def decide(self, state: ServicesState, event: Event) -> tuple[ServicesState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Rows, or the choice of what is offered."""
        state, ids = self.state, self.ids
        wanted = state.wanted
        ids.failure.text = self.say_failure(state.failure)
        ids.now.chosen = wanted.open_when is OpenWhen.NOW
        ids.tonight.chosen = wanted.open_when is OpenWhen.TONIGHT
        ids.dogs.chosen = ServiceWelcome.DOGS in wanted.welcomes
        ids.offer.chosen = wanted.offer is not None
        ids.offer.text = self._say_offer(wanted.offer) if wanted.offer else self.say("services.offers")
        ids.offers.hidden = not state.choosing
        offers = [(str(each), self._say_offer(each)) for each in ServiceOffer]
        ids.offers.show(offers, {str(wanted.offer)} if wanted.offer else set())
        if self._drawn is not state.found:
            self._drawn = state.found
            ids.rows.show([self._row(each) for each in state.found])
        nothing = state.loaded and not state.found
        is_asked = wanted.words or wanted.offer or wanted.welcomes or wanted.open_when is not OpenWhen.ANY
        ids.empty.text = self.say("services.none" if is_asked else "services.empty") if nothing else ""
        ids.top.fold()

    def typed(self, text: str) -> None:
        """The words changed."""
        if text != self.state.wanted.words:
            self.send(Typed(text=text))

    def open_when(self, when: str) -> None:
        """Now, or tonight."""
        self.send(OpenPicked(when=OpenWhen(when)))

    def dogs(self) -> None:
        """With a dog."""
        self.send(DogsPressed())

    def choose(self) -> None:
        """What it offers."""
        self.send(ChoosePressed())

    def pick_offer(self, value: str) -> None:
        """One of them."""
        self.send(OfferPicked(offer=ServiceOffer(value)))

    def picked(self, key: str) -> None:
        """A row."""
        self.send(Picked(service_id=key))

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    def _say_offer(self, offer: ServiceOffer) -> str:
        return self.words.say_code("service_offer", offer)

    def _row(self, found: Found) -> Row:
        service, now = found.service, wall_time(self.desk.now())
        said = [self._say_offer(each) for each in service.offers]
        said += [self.words.say_code("service_welcome", each) for each in service.welcomes]
        unchecked = self.say("services.ring_first") if is_stale(service, now) else ""
        return Row(
            key=service.id,
            head=service.name,
            detail=join(say_opening(self.words, found, now), service.notice, ", ".join(said), unchecked),
            side=say_distance(self.words, found.distance_m),
            icon="place",
            tone="accent",
        )
