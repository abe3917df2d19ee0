"""The optional half of the contact: needs and support, what was offered and given, safety, strengths, next step, note.

Draws `state.details` and reports presses; every chip is a gloved thumb high.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mobile.program.effects import Event
from mobile.screens.contact.state import NEEDS
from mobile.screens.contact.values import (
    ContactScreenState,
    DetailTyped,
    NeedPressed,
    PhrasePressed,
    SupportAnswered,
)
from mobile.text import Catalogue
from mobile.widgets.card import Banner, Choices
from mobile.widgets.field import TextField
from mobile.widgets.layout import Stack
from mobile.widgets.words import Words
from shared.model.codes import ReceivingSupport, SupportNeed

TEXTS = ("note", "next_step", "safety_needs", "strengths")


class DetailsPart(Stack):
    """Built when first shown: the six-tap path never pays for it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._send: Callable[[Event], None] | None = None
        self._fields: dict[str, TextField] = {}

    def show(self, state: ContactScreenState, words: Catalogue, send: Callable[[Event], None]) -> None:
        """Bring the parts up to the state."""
        if self._send is None:
            self._build(words, send)
        phrases = [(phrase, words.say_code("phrase", phrase.replace(" ", "_"))) for phrase in state.phrases]
        phrases = [(phrase, text.replace("_", " ")) for phrase, text in phrases]
        chosen = {str(need.need) for need in state.details.needs}
        self._needs.show([(str(need), words.say_code("need", need)) for need in NEEDS], chosen)
        self._show_support(state, words)
        self._offered.show(phrases, set(state.details.offered))
        self._given.show(phrases, set(state.details.given))
        self._prompt.text = words.say("contact.note_prompt") if state.ask_about_note else ""
        for name, field in self._fields.items():
            if not field.writing.focus:
                field.text = getattr(state.details, name)

    def _build(self, words: Catalogue, send: Callable[[Event], None]) -> None:
        self._send = send
        self.add_widget(Words(text=words.say("contact.more"), role="head"))
        self._add_text("note", words)
        self._prompt = Banner(tone="warn")
        self.add_widget(self._prompt)
        self._needs = self._choices(words.say("contact.needs"), lambda v: send(NeedPressed(need=SupportNeed(v))))
        self._support = Stack()
        self.add_widget(self._support)
        self._offered = self._choices(
            words.say("contact.offered"), lambda v: send(PhrasePressed(field="offered", phrase=v))
        )
        self._given = self._choices(words.say("contact.given"), lambda v: send(PhrasePressed(field="given", phrase=v)))
        for name in TEXTS[1:]:
            self._add_text(name, words)

    def _add_text(self, name: str, words: Catalogue) -> None:
        field = TextField(label=words.say(f"contact.{name}"), lines=2)
        field.bind(text=lambda _, text: self._send and self._send(DetailTyped(field=name, text=text)))
        self._fields[name] = field
        self.add_widget(field)

    def _choices(self, title: str, pressed: Callable[[str], None]) -> Choices:
        choices = Choices(text=title)
        choices.bind(on_pick=lambda _, value: pressed(value))
        self.add_widget(choices)
        return choices

    def _show_support(self, state: ContactScreenState, words: Catalogue) -> None:
        wanted = [str(need.need) for need in state.details.needs]
        if [question.name for question in self._support.in_order()] != wanted:
            self._support.put([self._question(name, words) for name in wanted])
        answers = {str(need.need): str(need.receiving_support) for need in state.details.needs}
        options = _support_options(words)
        for question in self._support.in_order():
            question.show(options, {answers[question.name]})

    def _question(self, name: str, words: Catalogue) -> "SupportQuestion":
        need = SupportNeed(name)
        question = SupportQuestion(text=words.say("contact.receiving", need=words.say_code("need", name)), columns=3)
        question.name = name
        question.bind(on_pick=lambda _, value: self._answer(need, value))
        return question

    def _answer(self, need: SupportNeed, value: str) -> None:
        if self._send is not None:
            self._send(SupportAnswered(need=need, receiving=ReceivingSupport(value)))


class SupportQuestion(Choices):
    """Is somebody already helping with this need?"""

    name = ""


def _support_options(words: Catalogue) -> list[tuple[str, str]]:
    codes: Sequence[ReceivingSupport] = (ReceivingSupport.YES, ReceivingSupport.NO, ReceivingSupport.NOT_KNOWN)
    return [(str(code), words.say_code("receiving", code)) for code in codes]
