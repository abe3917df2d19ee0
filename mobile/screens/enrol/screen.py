"""Draws enrolment step by step. Binds fields and pad to `state.update`."""

from collections.abc import Mapping
from typing import Any

from kivy.metrics import dp, sp

from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.enrol.state import (
    BackPressed,
    CodeDone,
    EnrolState,
    KeyPressed,
    LinkOpened,
    MatchDone,
    Step,
    Typed,
    update,
)
from mobile.screens.layout_file import load_layout

load_layout(__file__)


class EnrolScreen(Screen):
    """Joining a team."""

    shows_sync = False

    def start(self, arguments: Mapping[str, Any]) -> EnrolState:
        """Nothing typed; a link may fill the fields. A phone that is enrolled and well takes no other code."""
        if not self.desk.may_enrol():
            return EnrolState(step=Step.ALREADY)
        link = str(arguments.get("link", ""))
        return update(EnrolState(), LinkOpened(link=link))[0] if link else EnrolState()

    def decide(self, state: EnrolState, event: Event) -> tuple[EnrolState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Only the parts of this step."""
        state, ids = self.state, self.ids
        in_code, in_pin = state.step in (Step.CODE, Step.LINKED), state.step in (Step.PIN, Step.AGAIN)
        ids.message.text = self._message()
        ids.problem.text = self.say_failure(state.failure) or self._problem()
        ids.server.text, ids.code.text = state.server, state.code
        ids.server.hidden = ids.code.hidden = ids.next.hidden = not in_code
        ids.dots.hidden = ids.pad.hidden = not in_pin
        ids.back.hidden = not in_pin and state.step != Step.ALREADY
        ids.dots.filled = len(state.pin)
        ids.digits.text = " ".join(state.match_digits) if state.step == Step.MATCH else ""
        ids.match.hidden = state.step != Step.MATCH
        ids.middle.ask_layout()
        self.actions_changed()

    def typed(self, field: str, text: str) -> None:
        """A field was left."""
        self.send(Typed(field=field, text=text))

    def next(self) -> None:
        """The code is in."""
        typed = {
            "server": self.ids.server.text,
            "code": self.ids.code.text,
        }  # read both: each event draws the fields anew
        for field, text in typed.items():
            self.send(Typed(field=field, text=text))
        self.send(CodeDone())

    def key(self, name: str) -> None:
        """A key of the pad."""
        self.send(KeyPressed(key=name))

    def back(self) -> None:
        """To the code again."""
        self.send(BackPressed())

    def link_opened(self, link: str) -> None:
        """A link came while this is on the glass."""
        self.send(LinkOpened(link=link))

    def match(self) -> None:
        """The digits agree."""
        self.send(MatchDone())

    def _message(self) -> str:
        state = self.state
        if state.step == Step.MATCH:
            return self.say("enrol.match", worker=state.worker_name, team=state.team_name)
        if state.step == Step.LINKED:
            return self.say("enrol.linked", server=_breakable(state.server))
        return self.say(f"enrol.{state.step.value}")

    def _problem(self) -> str:
        if not self.state.problem:
            return ""
        sentence = self.say(f"enrol.problem.{self.state.problem}")
        return f"{sentence} {self.state.message}".strip()


def _breakable(address: str) -> str:
    """An address that large letters may break at its dots: a worker must be able to read all of it."""
    scheme, mark, rest = address.partition("://")
    return f"{scheme}{mark} {rest.replace('.', ' .')}" if sp(1) / dp(1) >= 1.4 else address
