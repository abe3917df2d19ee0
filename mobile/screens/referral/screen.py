"""Draws a referral. Binds it to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import PersonCard, ReferralRecord
from mobile.screens.effects import Effect, Event
from mobile.screens.layout_file import load_layout
from mobile.screens.program import Screen
from mobile.screens.referral.state import (
    OUTCOMES,
    BackPressed,
    ClosePressed,
    LogPressed,
    NobodyPressed,
    NoteTyped,
    OutcomePressed,
    PersonPicked,
    State,
    WayPressed,
    update,
)
from mobile.text.moments import join, say_distance, say_due, say_when
from mobile.widgets.buttons import Tile

load_layout(__file__)


class ReferralScreen(Screen):
    """A referral."""

    def start(self, arguments: Mapping[str, Any]) -> State:
        """Which referral."""
        self._drawn: ReferralRecord | None = None
        return State(referral_id=arguments["referral_id"])

    def decide(self, state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """The page, or its outcomes."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        ids.outcomes.hidden, ids.page.hidden = not state.closing, state.closing
        ids.go.hidden = state.closing
        ids.choices.show(
            [(code, self._outcome(code)) for code in OUTCOMES], {state.outcome} if state.outcome else set()
        )
        ids.close.text = self.say("referral.close_now" if state.closing else "referral.close")
        ids.close.tone = "primary" if state.closing else "plain"
        ids.close.disabled_look = state.closing and not state.outcome
        if state.record is not None and self._drawn != state.record:
            self._drawn = state.record
            self._draw(state.record)
            ids.way_there.hidden = state.record.referral.position is None or not self.desk.outside.is_there
        ids.middle.ask_layout()
        self.actions_changed()

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

    def pick(self, outcome: str) -> None:
        """This outcome."""
        self.send(OutcomePressed(outcome=outcome))

    def close_it(self) -> None:
        """To the outcomes, or close with the one chosen."""
        self.send(ClosePressed() if self.state.closing else OutcomePressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    # --- drawing
    def _outcome(self, code: str) -> str:
        return self.words.say_code("outcome", code.replace(" - ", "_").replace(" ", "_"))

    def _draw(self, record: ReferralRecord) -> None:
        ids, referral, now = self.ids, record.referral, self.desk.now()
        self.title = self.say("referral.title", number=referral.number)
        ids.said.text = referral.description or self.say("tonight.no_words")
        ids.concerns.text = referral.concerns
        ids.where.text = join(referral.place, say_distance(self.words, record.distance_m))
        reported = self.say("referral.reported", when=say_when(self.words, referral.reported_at, now))
        ids.when.text = join(reported, referral.seen_text, say_due(self.words, referral.due_on, now))
        ids.stands.text = join(
            self.words.say_code("referral_state", record.state),
            self._outcome(record.outcome) if record.outcome else "",
        )
        ids.near_title.text = self.say("referral.near") if record.people_near else ""
        ids.near.put([self._person(person) for person in record.people_near])

    def _person(self, person: PersonCard) -> Tile:
        when = say_when(self.words, person.last_seen_at, self.desk.now())
        detail = join(person.last_place, say_distance(self.words, person.distance_m), when)
        tile = Tile(text=person.known_as, detail=detail, icon="person")
        tile.bind(on_release=lambda *_: self.send(PersonPicked(person_id=person.id)))
        return tile
