"""Draws the contact, step by step, and forwards every press to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import LikelyDuplicate, PersonCard
from mobile.program.effects import Call, Effect, Event
from mobile.program.screen import Screen
from mobile.screens.contact import amend_part, details_part, half
from mobile.screens.contact.details import keep
from mobile.screens.contact.state import STATES, begin, update
from mobile.screens.contact.values import (
    BackPressed,
    ContactScreenState,
    DonePressed,
    MatchAnswered,
    NewDone,
    NewPlacePressed,
    NewPressed,
    NewTyped,
    NobodyPressed,
    PersonPicked,
    PinPressed,
    PinPut,
    PlaceGiven,
    PlaceKindPicked,
    PlacePicked,
    PlacePressed,
    PlaceTyped,
    SearchPressed,
    SeveralPressed,
    StateChosen,
    Step,
    Ticked,
    UnknownCounted,
    UnknownPressed,
    WhoDone,
)
from mobile.screens.layout_file import load_layout
from mobile.screens.map.drawing import fill_map
from mobile.text.fixes import ask_place, say_fix
from mobile.text.moments import join, say_distance, say_when
from mobile.text.places import say_place, say_site
from mobile.widgets.buttons import BigButton, Tile
from mobile.widgets.card import Card
from mobile.widgets.layout import Grid
from mobile.widgets.map_view import MapView
from mobile.widgets.words import Words
from shared.model.codes import ContactState, SiteKind

PARTS = (amend_part, details_part)
SHOWN_AT = {"who": Step.WHO, "new": Step.NEW, "state": Step.STATE, "places": Step.PLACE, "new_place": Step.NEW_PLACE}
"""Which part of the page belongs to which step."""
KINDS = tuple(kind for kind in SiteKind if kind != SiteKind.UNKNOWN)
load_layout(__file__)


class ContactScreen(Screen):
    """The contact."""

    def start(self, arguments: Mapping[str, Any]) -> ContactScreenState:
        """A person, place or referral may be given."""
        self._map: MapView | None = None
        self._drawn: dict[str, Any] = {}
        return begin(dict(arguments))

    def decide(self, state: ContactScreenState, event: Event) -> tuple[ContactScreenState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def half_written(self) -> tuple[str, dict[str, str]]:
        """What is in no record yet: someone new, a new place, a time, why it did not happen."""
        return half.page_of(self.state), half.half_written(self.state)

    def unwritten(self) -> tuple[Call, ...]:
        """The details of a saved contact."""
        return keep(self.state)

    def each_second(self) -> None:
        """A better fix may have come; a pause is the moment to keep what was typed."""
        self.send(Ticked())

    # --- presses
    def count(self, by: int) -> None:
        """One unknown person more or fewer."""
        self.send(UnknownCounted(by=by))

    def several(self) -> None:
        """More than one person."""
        self.send(SeveralPressed())

    def search(self) -> None:
        """Somebody who is not on the tiles."""
        self.send(SearchPressed())

    def nobody(self) -> None:
        """Nobody is here."""
        self.send(NobodyPressed())

    def unknown(self) -> None:
        """Somebody is here; who, nobody knows."""
        self.send(UnknownPressed())

    def new(self) -> None:
        """Someone new: the first field has the cursor."""
        self.send(NewPressed())
        self.ids.alias.writing.focus = True

    def new_typed(self, field: str, text: str) -> None:
        """Words about someone new."""
        if self.state.step == Step.NEW:
            self.send(NewTyped(field=field, text=text))

    def place(self) -> None:
        """Where was it?"""
        self.send(PlacePressed())

    def pick_place(self, site_id: str) -> None:
        """A known place, or none."""
        self.send(PlacePicked(site_id=site_id))

    def new_place(self) -> None:
        """A place that nobody has named yet."""
        self.send(NewPlacePressed())

    def place_typed(self, field: str, text: str) -> None:
        """Words about it."""
        if self.state.step == Step.NEW_PLACE:
            self.send(PlaceTyped(field=field, text=text))

    def pick_kind(self, value: str) -> None:
        """What kind of place."""
        self.send(PlaceKindPicked(kind=SiteKind(value)))

    def put_pin(self) -> None:
        """The worker puts the pin."""
        self.send(PinPressed())

    def back(self) -> None:
        """One step back."""
        self.send(BackPressed())

    def forward(self) -> None:
        """The primary button: what it does depends on the step."""
        step = self.state.step
        if step == Step.PIN and self._map is not None:
            self.send(PinPut(latitude=self._map.latitude, longitude=self._map.longitude))
        elif step == Step.NEW:
            self.send(NewDone())
        elif step == Step.WHO:
            self.send(WhoDone())
        elif step == Step.NEW_PLACE:
            self.send(PlaceGiven())
        else:
            self.send(DonePressed())

    # --- drawing
    def render(self) -> None:
        """Only the parts of this step."""
        state, ids = self.state, self.ids
        before = self._drawn.get("step")
        ids.failure.text = self.say_failure(state.failure)
        self.title = self.say("contact.correct" if state.reopened else "contact.title")
        for name, step in (
            ("who", Step.WHO),
            ("new", Step.NEW),
            ("state", Step.STATE),
            ("places", Step.PLACE),
            ("new_place", Step.NEW_PLACE),
        ):
            ids[name].hidden = state.step != step
        ids.details.hidden = not (state.step == Step.STATE and state.is_saved) or bool(state.struck)
        ids.states.hidden = ids.place.hidden = bool(state.struck)
        ids.amend.hidden = state.step not in (Step.STATE, Step.WHEN, Step.STRIKE)
        if not ids.amend.hidden:
            ids.amend.show(state, self.words, self.send, self.desk.now)
        ids.matches.hidden = state.step != Step.STATE
        ids.aim_help.hidden = state.step != Step.PIN
        ids.who_actions.hidden = ids.new_actions.hidden = state.step != Step.WHO
        ids.way.hidden = state.step == Step.WHO and not state.several
        ids.back.hidden = state.step == Step.WHO
        self._render_forward()
        {Step.WHO: self._render_who, Step.STATE: self._render_state, Step.PLACE: self._render_places}.get(
            state.step, lambda: None
        )()
        if state.step == Step.NEW_PLACE:
            kinds = [(str(kind), self.words.say_code("site_kind", kind)) for kind in KINDS]
            ids.place_kind.show(kinds, {str(state.new_place.kind)})
        self._render_map()
        if before != state.step:
            self._drawn["step"] = state.step
            self._show_words()
            ids.middle.scroll_to(0)
        ids.middle.ask_layout()
        self.actions_changed()

    def _show_words(self) -> None:
        """A step that is opened shows the words it knows, and no others."""
        state, ids = self.state, self.ids
        if state.step == Step.NEW:
            ids.alias.text, ids.description.text = state.alias, state.description
        if state.step == Step.NEW_PLACE:
            for name in half.PLACE:
                ids[f"place_{name}"].text = getattr(state.new_place, name)
        if state.step in (Step.WHEN, Step.STRIKE):
            ids.amend.show_words(state)

    def _render_forward(self) -> None:
        state, forward = self.state, self.ids.forward
        words = {Step.NEW: "action.next", Step.WHO: "action.next", Step.PIN: "contact.pin_here"}
        forward.text = self.say(words.get(state.step, "action.done"))
        self.ids.back.text = "" if self._has_forward() else self.say("action.back")
        forward.hidden = not self._has_forward()
        forward.icon = "tick" if state.step == Step.STATE else ""

    def _has_forward(self) -> bool:
        state = self.state
        if state.step == Step.WHO:
            return bool(state.several)
        return state.step in (Step.NEW, Step.PIN, Step.NEW_PLACE) or (state.step == Step.STATE and state.is_saved)

    def _render_who(self) -> None:
        state, ids = self.state, self.ids
        chosen = {person.id for person in state.chosen}
        if self._changed("near", state.near):
            ids.tiles.put([self._person_tile(person) for person in state.near])
        for tile, person in zip(ids.tiles.in_order(), state.near, strict=False):
            tile.chosen = person.id in chosen
        ids.nobody_near.text = "" if state.near or not state.has_looked else self.say("contact.nobody_known_near")
        ids.several.chosen = state.several
        ids.unknown_row.hidden = not state.several
        ids.unknown.hidden = state.several
        ids.nobody_here.hidden = state.several or state.is_saved
        ids.someone_new.tone = "plain" if state.several else "primary"
        ids.unknown_count.text = self.say("contact.unknown_people", count=state.unidentified)

    def _render_state(self) -> None:
        state, ids = self.state, self.ids
        ids.people.text = self._who()
        careful = ", ".join(person.known_as for person in state.chosen if person.has_safety_needs)
        ids.safety.text = self.say("contact.safety", names=careful) if careful else ""
        if not ids.states.children:
            ids.states.put([self._state_button(code) for code in STATES])
        for button, code in zip(ids.states.in_order(), STATES, strict=True):
            button.chosen = state.contact_state == code
            button.least_height = 64 if state.is_saved else 104
        ids.saved.hidden = not (state.is_saved or state.saving)
        saved = "contact.recorded" if state.reopened else "contact.saved"
        ids.saved_words.text = self.say(saved if state.is_saved else "contact.saving")
        ids.saved_words.icon = "tick" if state.is_saved else ""
        ids.saved_where.text = self._where_from()
        ids.place.text = say_site(self.words, state.site) if state.site else self.say("contact.no_place_yet")
        ids.place.detail = self._place_detail()
        if self._changed("matches", (state.questions, state.is_saved)):
            ids.matches.put([self._match_card(match.known) for match in state.questions])
        if state.is_saved:
            ids.details.show(state, self.words, self.send)

    def _render_places(self) -> None:
        if self._changed("sites", self.state.sites):
            self.ids.site_tiles.put([self._site_tile(site) for site in self.state.sites])

    def _render_map(self) -> None:
        if self.state.step != Step.PIN:
            self.swap_middle(self.ids.middle)
            return
        if self._map is None:
            self._map = MapView(aim=True, zoom=17)
            fill_map(self._map, self.desk.map_sketch(), ())
        if self.middle is not self._map:
            fix = self.state.fix.position if self.state.fix else None
            start = self.state.pin or self.state.guess or fix
            if start is not None:
                self._map.look_at(start.latitude, start.longitude)
                self._map.show_here((start.latitude, start.longitude, start.accuracy_m or 20.0))
            self.swap_middle(self._map)

    def _changed(self, name: str, value: Any) -> bool:
        if self._drawn.get(name) == value:
            return False
        self._drawn[name] = value
        return True

    # --- pieces
    def _person_tile(self, person: PersonCard) -> Tile:
        when = say_when(self.words, person.last_seen_at, self.desk.now())
        where, near = say_place(self.words, person.last_place), join(when, say_distance(self.words, person.distance_m))
        tile = Tile(text=person.known_as, detail="\n".join(part for part in (where, near) if part))
        tile.icon = "warn" if person.has_safety_needs else ""
        tile.bind(on_release=lambda *_: self.send(PersonPicked(person_id=person.id)))
        return tile

    def _site_tile(self, site: Any) -> Tile:
        kind = self.words.say_code("site_kind", site.kind)
        tile = Tile(
            text=say_site(self.words, site),
            detail=join(kind, say_distance(self.words, site.distance_m)),
            icon="place",
        )
        tile.bind(on_release=lambda *_: self.send(PlacePicked(site_id=site.id)))
        return tile

    def _state_button(self, code: ContactState) -> BigButton:
        button = BigButton(text=self.words.say_code("contact_state", code), least_height=104)
        button.bind(on_release=lambda *_: self.send(StateChosen(state=code)))
        return button

    def _match_card(self, match: LikelyDuplicate) -> Card:
        person = match.person
        when = say_when(self.words, person.last_seen_at, self.desk.now())
        away = (
            self.say("contact.away", distance=say_distance(self.words, person.distance_m)) if person.distance_m else ""
        )
        question = self.say(
            "contact.could_this_be",
            name=person.known_as,
            seen=", ".join(part for part in (when, away) if part),
        )
        card = Card()
        card.add_widget(Words(text=question, bold=True))
        card.add_widget(Words(text=person.description, role="small", tone="soft"))
        answers = Grid(columns=3)
        for answer in ("yes", "no", "not_sure"):
            answers.add_widget(self._answer_button(match, answer))
        card.add_widget(answers)
        return card

    def _answer_button(self, match: LikelyDuplicate, answer: str) -> BigButton:
        button = BigButton(text=self.say(f"answer.{answer}"), role="body")
        button.bind(on_release=lambda *_: self.send(MatchAnswered(person_id=match.person.id, answer=answer)))
        return button

    def _who(self) -> str:
        state = self.state
        names = [person.known_as for person in state.chosen]
        names += [person.alias or person.description for person in state.new_people]
        if state.unidentified:
            names.append(self.say("contact.unknown_people", count=state.unidentified))
        return ", ".join(names)

    def _where_from(self) -> str:
        """How good the pin is; GPS may still be looking, and that is no reason to wait."""
        state = self.state
        if state.pin is not None:
            return self.say("contact.pin_yours")
        if state.reopened:
            return ""
        return say_fix(self.words, state.fix)

    def _place_detail(self) -> str:
        state = self.state
        if state.site is None and not state.place_chosen and not state.reopened:
            return ask_place(self.words, state.fix) or join(self._where_from(), self.say("contact.change_place"))
        if state.site is None:
            return join(self._where_from(), self.say("contact.change_place"))
        return join(say_distance(self.words, state.site.distance_m), self.say("contact.change_place"))
