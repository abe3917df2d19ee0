"""Draws a referral. Binds it to `state.update`."""

from collections.abc import Mapping
from textwrap import shorten
from typing import Any

from mobile.field.views import OtherReferral, PersonCard, ReferralRecord
from mobile.program.effects import Effect, Event, Opened
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.referral.state import (
    GROUPS,
    BackPressed,
    ClosePressed,
    GroupPressed,
    LogPressed,
    NobodyPressed,
    NoteTyped,
    OtherPressed,
    OutcomePressed,
    PersonPicked,
    ReferralScreenState,
    WayPressed,
    update,
)
from mobile.text.moments import join, say_distance, say_due, say_when
from mobile.text.places import say_place
from mobile.widgets.buttons import Tile
from shared.model.referral import Referral

load_layout(__file__)

NOT_SAID = frozenset({"", "unknown", "not known", "not stated", "not sure", "n/a", "na", "prefer not to say", "other"})
"""What a source writes where nothing was said."""


class ReferralScreen(Screen):
    """A referral."""

    def start(self, arguments: Mapping[str, Any]) -> ReferralScreenState:
        """Which referral."""
        self._drawn: ReferralRecord | None = None
        return ReferralScreenState(referral_id=arguments["referral_id"])

    def decide(self, state: ReferralScreenState, event: Event) -> tuple[ReferralScreenState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """The page, or its outcomes."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        ids.outcomes.hidden, ids.page.hidden = not state.closing, state.closing or state.record is None
        ids.go.hidden = state.closing or state.record is None
        self._show_choices()
        if not ids.note.writing.focus:
            ids.note.text = state.note
        others = state.record.others if state.record is not None else ()
        ids.others.hidden = not others
        ids.others.show([(other.id, self._other(other)) for other in others], set(state.also_ids))
        ids.close.text = self.say("referral.close_now" if state.closing else "referral.close")
        ids.close.tone = "primary" if state.closing else "plain"
        ids.close.disabled_look = state.closing and not state.outcome
        if state.record is None and self._drawn is not None:
            self._drawn, self.title = None, self.say("tonight.referral_plain")
        if state.record is not None and self._drawn != state.record:
            self._drawn = state.record
            self._draw(state.record)
            ids.way_there.hidden = state.record.referral.position is None or not self.desk.outside.is_there
        ids.middle.ask_layout()
        self.actions_changed()

    def half_written(self) -> tuple[str, dict[str, str]]:
        """The word about how it ended, until it is closed."""
        return f"referral:{self.state.referral_id}", {"note": self.state.note}

    def synced(self) -> None:
        """Somebody may have answered it, or it may be another team's."""
        self.send(Opened())

    # --- presses
    def log(self) -> None:
        """Somebody is here."""
        self.send(LogPressed())

    def nobody(self) -> None:
        """Nobody is here."""
        self.send(NobodyPressed())

    def way_there(self) -> None:
        """The phone's map app shows the way."""
        self.send(WayPressed())

    def note(self, text: str) -> None:
        """A word about it."""
        self.send(NoteTyped(text=text))

    def pick(self, choice: str) -> None:
        """This group, or this outcome of the group."""
        is_group = choice in GROUPS and not self.state.group
        self.send(GroupPressed(group=choice) if is_group else OutcomePressed(outcome=choice))

    def answer_too(self, referral_id: str) -> None:
        """This other report of the place is answered as well."""
        self.send(OtherPressed(referral_id=referral_id))

    def close_it(self) -> None:
        """To the outcomes, or close with the one chosen."""
        self.send(ClosePressed() if self.state.closing else OutcomePressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    # --- drawing
    def _show_choices(self) -> None:
        """The groups; within one, its endings."""
        state, choices = self.state, self.ids.choices
        endings = GROUPS.get(state.group, ())
        choices.text = self._group(state.group) if endings else self.say("referral.outcome")
        options = [(each.text, self._outcome(each.text)) for each in endings] or [
            (group, self._group(group)) for group in GROUPS
        ]
        choices.show(options, {state.outcome} if state.outcome else set())

    def _group(self, group: str) -> str:
        return self.words.say_code("outcome_group", group.replace(" ", "_"))

    def _other(self, other: OtherReferral) -> str:
        reported = say_when(self.words, other.reported_at, self.desk.now())
        return join(other.number, reported, shorten(other.text, 60, placeholder="…"))

    def _outcome(self, code: str) -> str:
        return self.words.say_code("outcome", code.replace(" - ", "_").replace(" ", "_"))

    def _draw(self, record: ReferralRecord) -> None:
        ids, referral, now = self.ids, record.referral, self.desk.now()
        self.title = self.say("referral.title", number=referral.number)
        ids.said.text = referral.description or self.say("tonight.no_words")
        ids.concerns.text = referral.concerns
        ids.about.text = join(*self._about(referral))
        ids.where.text = join(referral.place, say_distance(self.words, record.distance_m))
        reported = self.say("referral.reported", when=say_when(self.words, referral.reported_at, now))
        ids.when.text = join(reported, referral.seen_text, say_due(self.words, referral.due_on, now))
        ids.stands.text = join(
            self.words.say_code("referral_state", record.state),
            self._outcome(record.outcome) if record.outcome else "",
            self.say("referral.given", name=record.given_to) if record.given_to else "",
        )
        ids.near_title.text = self.say("referral.near") if record.people_near else ""
        ids.near.put([self._person(person) for person in record.people_near])

    def _about(self, referral: Referral) -> list[str]:
        """What was said of the person: age, gender, how many. What says that nobody knows is left out."""
        said = [text for text in (referral.age_group, referral.gender) if text.casefold() not in NOT_SAID]
        many = referral.people_count or 1
        return [*said, self.say("count.people", count=many)] if many > 1 else said

    def _person(self, person: PersonCard) -> Tile:
        when = say_when(self.words, person.last_seen_at, self.desk.now())
        detail = join(say_place(self.words, person.last_place), say_distance(self.words, person.distance_m), when)
        tile = Tile(text=person.known_as, detail=detail, icon="person")
        tile.bind(on_release=lambda *_: self.send(PersonPicked(person_id=person.id)))
        return tile
