"""Who answered what, for counting: the newest answer of each, people who would rather not say among none."""

from collections.abc import Iterable

from shared.model.equality import QUESTIONS, RATHER_NOT, EqualityAnswer
from shared.model.value import Id


def group_people(answers: Iterable[EqualityAnswer]) -> dict[tuple[str, str], frozenset[Id]]:
    """The people of each answer to each question. `answers` stand the oldest first, under the one id that records share."""
    newest = {(each.person_id, each.question): each.answer for each in answers}
    return {
        (question, answer): frozenset(
            who for (who, asked), said in newest.items() if (asked, said) == (question, answer)
        )
        for question, listed in QUESTIONS.items()
        for answer in listed
        if answer != RATHER_NOT
    }
