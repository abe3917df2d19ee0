"""One question at a time, each answer saved as it is given; at the end, whether others may read it. Pure."""

from typing import Any

import msgspec

from mobile.field.own_views import ShortForm
from mobile.program.effects import Back, Call, Effect, Event, Failed, Feel, Opened, WordsFound, ask
from shared.model.assessment import Question
from shared.model.telling import QuestionKind
from shared.model.value import Id, Value


class AskingState(Value, frozen=True, kw_only=True):
    """The form, how far it is, and what is being answered. `form.questions` are those that were to ask when it was opened."""

    person_id: Id
    form: ShortForm | None = None
    at: int = 0
    words: str = ""
    half: dict[str, str] = {}
    """What was being written when the phone locked, by question."""
    chosen: tuple[str, ...] = ()
    saving: bool = False
    """An answer is on its way to the disk: a second press of a cold thumb answers nothing."""
    failure: Failed | None = None

    @property
    def question(self) -> Question | None:
        """What is asked now; None once all were."""
        questions = self.form.questions if self.form is not None else ()
        return questions[self.at] if self.at < len(questions) else None

    @property
    def is_over(self) -> bool:
        """Every question was put."""
        return self.form is not None and self.question is None

    @property
    def half_written(self) -> dict[str, str]:
        """What is not saved, by question: what is being written, and what waits at a later question since before the lock."""
        if self.question is None:
            return self.half
        others = {key: text for key, text in self.half.items() if key != self.question.key}
        return others | ({self.question.key: self.words} if self.words else {})

    @property
    def says_something(self) -> bool:
        """Is there an answer to save?"""
        return bool(self.words.strip() or self.chosen)


class Found(Event, frozen=True, kw_only=True):
    """The form."""

    form: ShortForm


class Typed(Event, frozen=True, kw_only=True):
    """Their words."""

    text: str


class Picked(Event, frozen=True, kw_only=True):
    """One of the answers; pressed again, not so."""

    value: str


class NextPressed(Event, frozen=True, kw_only=True):
    """Save the answer, or leave the question for another day."""


class RatherNotPressed(Event, frozen=True, kw_only=True):
    """They would rather not say."""


class Kept(Event, frozen=True, kw_only=True):
    """The answer is on the disk."""


class SharingSaid(Event, frozen=True, kw_only=True):
    """May others read it?"""

    agrees: bool


class Ended(Event, frozen=True, kw_only=True):
    """What they said about sharing is on the disk."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[AskingState, tuple[Effect, ...]]


def update(state: AskingState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    if state.saving and isinstance(event, NextPressed | RatherNotPressed | SharingSaid):
        return state, ()
    match event:
        case Opened():
            return state, (_load(state),)
        case Found(form=form):
            return _begin(_with(state, form=form, at=0)), ()
        case WordsFound(words=words):
            return _begin(_with(state, half=dict(words))), ()
        case Typed(text=text):
            return _with(state, words=text, failure=None), ()
        case Picked(value=value):
            return _with(state, chosen=_pick(state, value), failure=None), ()
        case NextPressed() if state.question is not None:
            return _saving(state, _save(state, state.question)) if state.says_something else (_next(state), ())
        case RatherNotPressed() if state.question is not None:
            return _saving(state, _decline(state, state.question))
        case Kept():
            return _next(state), (Feel(name="saved"),)
        case Failed():
            return _with(state, saving=False, failure=event), (Feel(name="refused"),)
    return _end(state, event)


def _end(state: AskingState, event: Event) -> Result:
    match event:
        case SharingSaid(agrees=agrees):
            said = ask(lambda phone: phone.say_sharing(state.person_id, agrees), lambda _: Ended())
            return _saving(state, said)
        case Ended():
            return state, (Feel(name="saved"), Back())
        case BackPressed():
            return state, (Back(),)
    return state, ()


def _pick(state: AskingState, value: str) -> tuple[str, ...]:
    question = state.question
    if question is not None and question.kind is QuestionKind.SOME_OF:
        return tuple(each for each in (*state.chosen, value) if (each == value) <= (value not in state.chosen))
    return () if state.chosen == (value,) else (value,)


def _next(state: AskingState) -> AskingState:
    half = {key: text for key, text in state.half.items() if state.question is None or key != state.question.key}
    return _begin(_with(state, at=state.at + 1, half=half))


def _begin(state: AskingState) -> AskingState:
    """The question that is asked now, with what was being written of it."""
    words = state.half.get(state.question.key, "") if state.question is not None else ""
    return _with(state, words=words, chosen=(), saving=False, failure=None)


def _saving(state: AskingState, save: Call) -> Result:
    return _with(state, saving=True, failure=None), (save,)


def _load(state: AskingState) -> Call:
    return ask(lambda phone: phone.short_form(state.person_id), lambda form: Found(form=form))


def _save(state: AskingState, question: Question) -> Call:
    chosen = " ".join(state.chosen)
    return ask(lambda phone: phone.give_answer(state.person_id, question.key, chosen, state.words), lambda _: Kept())


def _decline(state: AskingState, question: Question) -> Call:
    return ask(lambda phone: phone.give_answer(state.person_id, question.key, rather_not=True), lambda _: Kept())


def _with(state: AskingState, **changes: Any) -> AskingState:
    return msgspec.structs.replace(state, **changes)
