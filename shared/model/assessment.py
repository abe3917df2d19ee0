"""The one assessment: its questions as data, and an answer as a fact. Which questions there are is `shared.rules.questions`."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from shared.model.codes import SupportNeed
from shared.model.person import LongText, ShortText
from shared.model.telling import AnswerState, AskedVia, QuestionKind, Reading, Section
from shared.model.value import Id, Value

QuestionKey = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Question(Value, frozen=True, kw_only=True):
    """One version of one question, as it is put to a person.

    An answer lives `lives_months`: until then nobody asks again. `options` are (code, words) for a choice. `known_by` is the
    field of the record, `known_by_need` the need, from which the answer may be known already. A retired question is asked no
    more; what was answered stays.
    """

    key: QuestionKey
    version: int = 1
    section: Section
    text: str
    guidance: str = ""
    kind: QuestionKind = QuestionKind.WORDS
    options: tuple[tuple[str, str], ...] = ()
    reading: Reading = Reading.SERVICES
    lives_months: int = 12
    on_phone: bool = False
    known_by: str = ""
    known_by_need: SupportNeed | None = None
    retired: bool = False


class AnswerGiven(Value, frozen=True, kw_only=True):
    """What somebody answered (a fact; the newest by `at` is the answer today).

    `value` is a text, a day or the codes of a choice with a space between them; `words` are the person's own, `note` is what the
    worker adds. `version` is that of the question as it was asked, which may be older than the one asked now.
    """

    id: Id
    person_id: Id
    question: QuestionKey
    version: Annotated[int, Meta(ge=1, le=10_000)] = 1
    state: AnswerState = AnswerState.ANSWERED
    value: LongText = ""
    words: LongText = ""
    note: LongText = ""
    via: AskedVia = AskedVia.DESK
    place: ShortText = ""
    at: datetime
    worker_id: Id

    @property
    def why_unusable(self) -> str | None:
        """Why this says nothing that could be kept; None when it does."""
        says = bool(self.value.strip() or self.words.strip() or self.note.strip())
        if self.state is AnswerState.ANSWERED and not says:
            return "an answer that says nothing"
        if self.state is AnswerState.RATHER_NOT and self.value:
            return "whoever would rather not say has said nothing"
        return None
