"""Draws a person's page. Binds it to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import PersonRecord, TimelineEntry
from mobile.program.effects import Effect, Event, Opened
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.person.state import (
    EDITABLE,
    GENDERS,
    INSTITUTIONS,
    LEARNT,
    WOULD_RATHER_NOT,
    AskPressed,
    BackPressed,
    DeclinedPressed,
    EditPressed,
    EntryPressed,
    GenderPicked,
    InstitutionPicked,
    LogPressed,
    PersonState,
    PhotoPressed,
    SavePressed,
    TrayPressed,
    Typed,
    say_field,
    update,
)
from mobile.text.moments import join, say_day, say_distance, say_when, zone
from mobile.text.places import say_place
from mobile.text.timeline import say_entry
from mobile.widgets.buttons import Tile
from mobile.widgets.card import Card
from mobile.widgets.words import Words
from shared.model.codes import Gender, InstitutionLeft, ReceivingSupport
from shared.model.person import SAFETY_FIELDS, Person

load_layout(__file__)
TOLD = (*SAFETY_FIELDS, "best_way", "wants_first", "strengths", "description")


class PersonScreen(Screen):
    """A person's page."""

    def start(self, arguments: Mapping[str, Any]) -> PersonState:
        """Which person."""
        self._drawn: PersonRecord | None = None
        self._editing = False
        return PersonState(person_id=arguments["person_id"])

    def decide(self, state: PersonState, event: Event) -> tuple[PersonState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """The page, or its form."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        record = state.record
        ids.form.hidden, ids.page.hidden = not state.editing, state.editing or record is None
        ids.log.hidden = state.editing or record is None or record.person.died_on is not None
        ids.edit.text = self.say("action.save" if state.editing else "person.change")
        ids.edit.hidden = record is None
        ids.ask.hidden = record is None
        ids.photo.hidden = record is None or not self.desk.has_camera
        if record is None and self._drawn is not None:
            self._drawn, self.title = None, self.say("people.title")
        if record is not None and self._drawn != record:
            self._drawn = record
            self.title = record.card.known_as
            self._draw(record)
        if state.editing and not self._editing and record is not None:
            for name in (*EDITABLE, *LEARNT):
                ids[name].text = state.written.get(name, say_field(record.person, name))
        if state.editing:
            self._draw_choices()
        self._editing = state.editing
        ids.middle.ask_layout()
        self.actions_changed()

    def half_written(self) -> tuple[str, dict[str, str]]:
        """A form that was not saved."""
        return f"person:{self.state.person_id}", dict(self.state.written if self.state.editing else self.state.half)

    def synced(self) -> None:
        """Somebody may have changed it, or it may be gone."""
        self.send(Opened())

    # --- presses
    def log(self) -> None:
        """With them now."""
        self.send(LogPressed())

    def edit(self) -> None:
        """Change, or save the change."""
        self.send(SavePressed() if self.state.editing else EditPressed())

    def typed(self, field: str, text: str) -> None:
        """A field of the form."""
        if self._editing:
            self.send(Typed(field=field, text=text))

    def decline(self, field: str) -> None:
        """They would rather not say."""
        self.send(DeclinedPressed(field=field))

    def pick_gender(self, value: str) -> None:
        """As they say it."""
        self.send(GenderPicked(gender=Gender(value)))

    def pick_institution(self, value: str) -> None:
        """What they left."""
        self.send(InstitutionPicked(institution=InstitutionLeft(value)))

    def look(self) -> None:
        """Two people wrote different things."""
        self.send(TrayPressed())

    def ask(self) -> None:
        """To the short form."""
        self.send(AskPressed())

    def photograph(self) -> None:
        """To the page before the camera."""
        self.send(PhotoPressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    # --- drawing
    def _say_died(self, person: Person) -> str:
        if person.died_on is None:
            return ""
        day, today = person.died_on, self.desk.now().astimezone(zone()).date()
        return self.say("person.died", name=person.known_as, day=say_day(self.words, day, today))

    def _draw_choices(self) -> None:
        state, ids = self.state, self.ids
        genders = [(str(gender), self.words.say_code("gender", gender)) for gender in GENDERS]
        ids.gender.show(genders, {str(state.gender)})
        left = [(str(each), self.words.say_code("institution", each)) for each in INSTITUTIONS]
        ids.institution_left.show(left, {str(state.institution)})
        for name in WOULD_RATHER_NOT:
            ids[f"declined_{name}"].chosen = name in state.declined
        ids.unclear.text = self.say(f"person.unclear.{state.unclear}") if state.unclear else ""

    def _draw(self, record: PersonRecord) -> None:
        ids, person, card = self.ids, record.person, record.card
        when = say_when(self.words, card.last_seen_at, self.desk.now())
        ids.died.text = self._say_died(person)
        ids.seen.text = join(
            self.words.say_code("contact_state", card.last_state) if card.last_state else "",
            say_place(self.words, card.last_place),
            when,
            say_distance(self.words, card.distance_m),
        )
        alias = person.alias if person.alias != card.known_as else ""
        ids.called.text = self.say("person.also", alias=alias) if alias else ""
        ids.conflict.text = self.say("person.conflict") if record.conflicts else ""
        ids.conflict.action_text = self.say("person.look") if record.conflicts else ""
        told = [("learnt", self._learnt(person)), *((name, getattr(record.warned, name)) for name in TOLD)]
        ids.told.put([self._told(name, text) for name, text in told if text and text != card.known_as])
        ids.needs.text = "\n".join(self._needs(record))
        ids.needs_title.text = self.say("person.needs") if record.needs else ""
        ids.timeline_title.text = self.say("person.timeline") if record.timeline else ""
        ids.timeline.put([self._entry(entry) for entry in record.timeline])

    def _learnt(self, person: Person) -> str:
        """Date of birth or age, gender and language, as far as they were told."""
        born = say_field(person, "date_of_birth")
        age = (
            "" if person.approximate_age_years is None else self.say("person.about", years=person.approximate_age_years)
        )
        gender = "" if person.gender == Gender.NOT_KNOWN else self.words.say_code("gender", person.gender)
        return join(self.say("person.born", day=born) if born else age, gender, person.language)

    def _told(self, name: str, text: str) -> Card:
        card = Card()
        tone = "warn" if name in SAFETY_FIELDS else "soft"
        card.add_widget(Words(text=self.say(f"person.{name}"), role="small", tone=tone, bold=True))
        card.add_widget(Words(text=text))
        return card

    def _needs(self, record: PersonRecord) -> list[str]:
        lines = []
        for need in record.needs:
            known = need.receiving_support != ReceivingSupport.NOT_KNOWN
            support = self.say(f"person.support.{need.receiving_support}") if known else ""
            lines.append(join(self.words.say_code("need", need.need), support))
        return lines

    def _entry(self, entry: TimelineEntry) -> Card | Tile:
        unsent = self.say("person.not_yet_sent") if entry.not_yet_sent else ""
        when = join(say_when(self.words, entry.at, self.desk.now()), entry.who, unsent)
        if entry.contact_id is not None:
            return self._contact_tile(entry, entry.contact_id, when)
        card = Card()
        card.add_widget(Words(text=say_entry(self.words, entry), bold=True))
        card.add_widget(Words(text=when, role="small", tone="soft"))
        card.add_widget(Words(text=entry.note))
        return card

    def _contact_tile(self, entry: TimelineEntry, contact_id: str, when: str) -> Tile:
        detail = "\n".join(part for part in (when, entry.note) if part)
        tile = Tile(text=say_entry(self.words, entry), detail=detail, role="body", least_height=64)
        tile.bind(on_release=lambda *_: self.send(EntryPressed(contact_id=contact_id)))
        return tile
