"""How much of what helps a person is written down, and what is still to ask. Worded to help, never to blame.

Source: CHAIN's monthly data-compliance score per service (privacy rule A13). "Does not know" and "prefers not to
say" are
answers: only what nobody has asked is missing.
"""

from collections.abc import Iterable

from shared.model.codes import Gender, Quality
from shared.model.person import Person
from shared.model.value import Id, Value

ANSWERS = frozenset({Quality.FULL, Quality.PARTIAL_OR_ALIAS, Quality.DOES_NOT_KNOW, Quality.PREFERS_NOT})


class StillToAsk(Value, frozen=True, kw_only=True):
    """One person of whom something has not been asked yet."""

    person_id: Id
    known_as: str
    questions: tuple[str, ...]


class Completeness(Value, frozen=True, kw_only=True):
    """The score of a service: how many of the answers that could be there are there, in whole per cent (None: nobody
    was met)."""

    people: int
    score_percent: int | None
    still_to_ask: tuple[StillToAsk, ...]


QUESTIONS = 5


def questions_left(person: Person, needs_asked: bool) -> tuple[str, ...]:
    """What has not been asked yet, as questions in the order in which they help most."""
    left = {
        "What do they want first?": not person.wants_first.strip(),
        "Date of birth, so that agencies can look them up": person.date_of_birth is None
        and person.dob_quality not in ANSWERS,
        "What they are called": not (person.name or person.alias) and person.name_quality not in ANSWERS,
        "What they need, and whether anybody helps": not needs_asked,
        "Gender, in their own words if they like": person.gender is Gender.NOT_KNOWN
        and not person.gender_self_described,
    }
    return tuple(question for question, is_left in left.items() if is_left)


def measure_completeness(people: Iterable[tuple[Person, bool]]) -> Completeness:
    """The score of the people a service met, each with whether their needs were asked; those with most left come
    first."""
    found = [(person, questions_left(person, asked)) for person, asked in people]
    left = sum(len(questions) for _, questions in found)
    possible = QUESTIONS * len(found)
    asking = sorted((each for each in found if each[1]), key=lambda each: (-len(each[1]), each[0].id))
    return Completeness(
        people=len(found),
        score_percent=None if not possible else (possible - left) * 100 // possible,
        still_to_ask=tuple(
            StillToAsk(person_id=person.id, known_as=person.known_as, questions=questions)
            for person, questions in asking
        ),
    )
