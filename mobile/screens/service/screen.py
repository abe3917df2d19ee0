"""Draws one service. Binds its buttons to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.service.state import BackPressed, DialPressed, ServiceState, WayPressed, find_way, update
from mobile.text.moments import join, say_distance, wall_time
from mobile.text.services import say_checked, say_hours, say_opening
from shared.rules.finding_services import Found

load_layout(__file__)


class ServiceScreen(Screen):
    """One service."""

    def start(self, arguments: Mapping[str, Any]) -> ServiceState:
        """Which one."""
        self._drawn: Found | None = None
        return ServiceState(service_id=arguments["service_id"])

    def decide(self, state: ServiceState, event: Event) -> tuple[ServiceState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """All that is known of it."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        found = state.found
        ids.dial.hidden = found is None or not found.service.telephone or not self.desk.outside.is_there
        ids.way.hidden = not find_way(found) or not self.desk.outside.is_there
        if found is not None and self._drawn is not found:
            self._drawn = found
            self._draw(found)
        ids.middle.ask_layout()

    def dial(self) -> None:
        """Ring them."""
        self.send(DialPressed())

    def way_there(self) -> None:
        """The phone's map shows the way."""
        self.send(WayPressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    def _draw(self, found: Found) -> None:
        ids, service = self.ids, found.service
        now = wall_time(self.desk.now())
        self.title = service.name
        place = next(iter(service.places), None)
        where = (
            ", ".join(part for part in (place.name, place.address, place.town, place.postcode) if part) if place else ""
        )
        ids.notice.text = service.notice
        ids.opening.text = join(say_opening(self.words, found, now), say_distance(self.words, found.distance_m))
        ids.provider.text = service.provider if service.provider != service.name else ""
        codes = [self.words.say_code("service_offer", each) for each in service.offers]
        codes += [self.words.say_code("service_welcome", each) for each in service.welcomes]
        ids.what.text = ", ".join(codes)
        ids.description.text = service.description
        ids.whom.text = service.eligibility
        ids.hours.text = "\n".join([*say_hours(self.words, service.hours), service.hours_note]).strip()
        ids.where.text = self.say("services.secret") if service.is_secret_address else where
        ids.number.text = service.telephone
        ids.checked.text = say_checked(self.words, service, now)
