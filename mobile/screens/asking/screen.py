"""Draws the short form. Binds it to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.asking.state import (
    AskingState,
    BackPressed,
    NextPressed,
    Picked,
    RatherNotPressed,
    SharingSaid,
    Typed,
    update,
)
from mobile.screens.layout_file import load_layout
from shared.model.assessment import Question
from shared.model.telling import ConsentAnswer
from shared.rules.assessment import options_of

load_layout(__file__)


class AskingScreen(Screen):
    """The short form."""

    def start(self, arguments: Mapping[str, Any]) -> AskingState:
        """Of whom."""
        self._drawn = ""
        return AskingState(person_id=arguments["person_id"])

    def decide(self, state: AskingState, event: Event) -> tuple[AskingState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """The question, or what is asked at the end."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        self.title = state.form.known_as if state.form is not None else self.say("asking.title")
        question = state.question
        ids.ask.hidden, ids.share.hidden = question is None, not state.is_over
        ids.rather_not.hidden = ids.next.hidden = question is None
        ids.yes.hidden = ids.no.hidden = not state.is_over
        if question is not None:
            self._draw(question)
        elif state.form is not None:
            known = state.form.sharing
            ids.sharing.text = self.say("asking.agreed" if known is ConsentAnswer.AGREED else "asking.share")
        ids.next.text = self.say("action.save" if state.says_something else "asking.later")
        ids.middle.ask_layout()
        self.actions_changed()

    def half_written(self) -> tuple[str, dict[str, str]]:
        """Words that were not saved."""
        return f"asking:{self.state.person_id}", dict(self.state.half_written)

    def _draw(self, question: Question) -> None:
        state, ids = self.state, self.ids
        number = len(state.form.questions) if state.form is not None else 0
        ids.count.text = self.say("asking.count", number=state.at + 1, of=number)
        ids.question.text = self.say(f"question.{question.key}")
        options = [(code, self.words.say_code("question_option", code)) for code, _ in options_of(question)]
        ids.options.hidden = not options
        ids.options.show(options, set(state.chosen))
        if self._drawn != question.key:
            self._drawn = question.key
            ids.said.text = state.words

    # --- presses
    def typed(self, text: str) -> None:
        """Their words."""
        if self._drawn:
            self.send(Typed(text=text))

    def pick(self, value: str) -> None:
        """One of the answers."""
        self.send(Picked(value=value))

    def go_on(self) -> None:
        """Save, or later."""
        self.send(NextPressed())

    def decline(self) -> None:
        """They would rather not say."""
        self.send(RatherNotPressed())

    def share(self, agrees: bool) -> None:
        """May others read it?"""
        self.send(SharingSaid(agrees=agrees))

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())
