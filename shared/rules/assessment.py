"""What of an assessment is known, what may be asked, and whether an answer can be one. Nothing is asked twice within its life."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date

from shared.geo.night import DEFAULT_ZONE, local_day
from shared.model.assessment import AnswerGiven, Question
from shared.model.codes import SupportNeed
from shared.model.telling import AnswerState, QuestionKind, Reading
from shared.model.value import Value
from shared.rules.questions import YES, YES_NO


def find_newest(answers: Iterable[AnswerGiven]) -> dict[str, AnswerGiven]:
    """The last answer to each question, in whatever order they were heard."""
    newest: dict[str, AnswerGiven] = {}
    for each in sorted(answers, key=lambda answer: (answer.at, answer.id)):
        newest[each.question] = each
    return newest


def lives_until(question: Question, answer: AnswerGiven, zone: str = DEFAULT_ZONE) -> date:
    """The last day on which nobody asks again."""
    asked = local_day(answer.at, zone)
    months = asked.month - 1 + question.lives_months
    year, month = asked.year + months // 12, months % 12 + 1
    return date(year, month, min(asked.day, monthrange(year, month)[1]))


class ToldRecord(Value, frozen=True, kw_only=True):
    """What answers say to fields and needs that the record has too."""

    fields: Mapping[str, str]
    needs: frozenset[SupportNeed]


def find_told(
    questions: Iterable[Question], newest: Mapping[str, AnswerGiven], today: date, zone: str = DEFAULT_ZONE
) -> ToldRecord:
    """What of the record was answered, within the life of the answers: in the person's words where they were taken down."""
    living = [
        (question, answer)
        for question in questions
        if (answer := newest.get(question.key)) is not None
        and answer.state is AnswerState.ANSWERED
        and today <= lives_until(question, answer, zone)
    ]
    said = {question.known_by: say_told(answer) for question, answer in living}
    needs = {question.known_by_need for question, answer in living if answer.value == YES}
    return ToldRecord(
        fields={name: text for name, text in said.items() if name and text},
        needs=frozenset(each for each in needs if each is not None),
    )


def say_told(answer: AnswerGiven) -> str:
    """An answer as the record holds it: in the person's words where they were taken down."""
    return answer.words.strip() or answer.value.strip()


def list_said_to_record(questions: Iterable[Question], answers: Iterable[AnswerGiven]) -> set[tuple[str, str]]:
    """What was ever answered to questions that a field of the record answers too, as (field, text)."""
    field_of = {each.key: each.known_by for each in questions if each.known_by}
    told = {(field_of[each.question], say_told(each)) for each in answers if each.question in field_of}
    return {(name, text) for name, text in told if text}


def is_for_services(given: AnswerGiven, every: Iterable[Question]) -> bool:
    """Do others read it, by the question as it was put and in every wording since? Who was told that one service alone reads an
    answer was told the truth, whatever the question says later."""
    versions = [each for each in every if each.key == given.question]
    since = [each for each in versions if each.version >= given.version]
    return bool(versions) and all(each.reading is Reading.SERVICES for each in (*since, versions[-1]))


def was_for_services(given: AnswerGiven, every: Iterable[Question]) -> bool:
    """Was it put as one that services read, so that the record may have come to say it?"""
    return any(
        each.key == given.question and each.version == given.version and each.reading is Reading.SERVICES
        for each in every
    )


def is_to_ask(
    question: Question,
    newest: Mapping[str, AnswerGiven],
    known: Mapping[str, str],
    today: date,
    zone: str = DEFAULT_ZONE,
) -> bool:
    """Is this asked today? Not within the life of an answer, nor what the record says already."""
    answer = newest.get(question.key)
    if answer is not None:
        return today > lives_until(question, answer, zone)
    return not known.get(question.key)


def options_of(question: Question) -> tuple[tuple[str, str], ...]:
    """What may be chosen; nothing for words and days."""
    return YES_NO if question.kind is QuestionKind.YES_NO else question.options


def read_value(question: Question, typed: str) -> str:
    """What was typed or chosen, as an answer holds it. Raises ValueError, in words."""
    text = typed.replace("\0", "").replace("\r\n", "\n").strip()
    if len(text) > 10_000:
        raise ValueError("Use 10,000 characters or fewer.")
    if not text or question.kind is QuestionKind.WORDS:
        return text
    if question.kind is QuestionKind.DAY:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError("Give the day as day, month and year.") from None
    chosen = text.split()
    known = [code for code, _ in options_of(question)]
    if not set(chosen) <= set(known) or (len(chosen) > 1 and question.kind is not QuestionKind.SOME_OF):
        raise ValueError("Choose one of the answers.")
    return " ".join(code for code in known if code in chosen)


def say_value(question: Question | None, answer: AnswerGiven) -> str:
    """An answer in the words of its question; a code that no version knows is read out."""
    if question is None or question.kind in (QuestionKind.WORDS, QuestionKind.DAY):
        return answer.value
    words = dict(options_of(question))
    return ", ".join(words.get(code, code.replace("_", " ")) for code in answer.value.split())
