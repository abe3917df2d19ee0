"""The assessment on paper (PDF/UA): what is known, and lines to write on where something is still to ask. For the person, and for
a place without a screen: what is written on it is typed in later."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from server.actions.people.assessments import Assessment
from server.web.layout.printing import make_pdf_of
from server.web.layout.words import say, say_day
from shared.model.assessment import AnswerGiven, Question
from shared.model.telling import AnswerState, Section
from shared.rules.assessment import options_of, say_value

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "assessment.typ"


def make_assessment_pdf(assessment: Assessment) -> bytes:
    """Returns the paper: each section with its questions as they are asked now."""
    to_ask = {each.key for each in assessment.to_ask}
    newest = assessment.newest
    told: dict[str, Any] = {
        "name": assessment.person.known_as,
        "day": say_day(assessment.today),
        "sections": [
            {"title": say(section), "questions": list(_tell(assessment, section, newest, to_ask))}
            for section in Section
            if any(each.section is section for each in assessment.questions)
        ],
    }
    return make_pdf_of(TEMPLATE, "assessment", told)


def _tell(
    assessment: Assessment, section: Section, newest: dict[str, AnswerGiven], to_ask: set[str]
) -> Iterable[dict[str, Any]]:
    for question in (each for each in assessment.questions if each.section is section):
        answer = newest.get(question.key)
        yield {
            "text": question.text,
            "guidance": question.guidance,
            "options": [words for _, words in options_of(question)],
            "known": _say(question, answer) if answer else assessment.known.get(question.key, ""),
            "words": answer.words if answer else "",
            "note": answer.note if answer else "",
            "when": f"asked {say_day(answer.at)}" if answer else "from the record",
            "to_ask": question.key in to_ask,
        }


def _say(question: Question, answer: AnswerGiven) -> str:
    return "Would rather not say" if answer.state is AnswerState.RATHER_NOT else say_value(question, answer)
