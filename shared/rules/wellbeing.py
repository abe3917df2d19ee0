"""What a questionnaire's answers come to, by its published method, and whether a definition is one. A score is compared with the
same person's own scores alone: there is no threshold here, and no order of people."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from msgspec.structs import replace

from shared.model.value import Value
from shared.model.wellbeing import Filled, Questionnaire

LONGEST_NAME, LONGEST_LINE, LONGEST_TEXT = 120, 300, 2_000
MOST_ITEMS, MOST_OPTIONS, MOST_POINTS = 60, 11, 100
SWEMWBS_ITEMS, SWEMWBS_POINTS = 7, frozenset({1, 2, 3, 4, 5})
SWEMWBS_METRIC = tuple(
    Decimal(each)
    for each in [
        "7.00",
        "9.51",
        "11.25",
        "12.40",
        "13.33",
        "14.08",
        "14.75",
        "15.32",
        "15.84",
        "16.36",
        "16.88",
        "17.43",
        "17.98",
        "18.59",
        "19.25",
        "19.98",
        "20.73",
        "21.54",
        "22.35",
        "23.21",
        "24.11",
        "25.03",
        "26.02",
        "27.03",
        "28.13",
        "29.31",
        "30.70",
        "32.55",
        "35.00",
    ]
)
"""The metric score of each raw score from 7 to 35. Source: Stewart-Brown et al. 2009, "Internal construct validity of the
Warwick-Edinburgh Mental Well-being Scale (WEMWBS)", Health and Quality of Life Outcomes 7:15; the University of Warwick's
conversion table for SWEMWBS says the same."""


class Scoring(Value, frozen=True, kw_only=True):
    """A published method. `apply` is given the points of every item."""

    source: str
    apply: Callable[[Sequence[int]], Decimal]
    items: int = 0
    """How many items it is made for, 0 for any number."""
    points: frozenset[int] = frozenset()
    """The points that an item may have, empty for any."""


SCORINGS: dict[str, Scoring] = {
    "sum": Scoring(
        source="The points of all items, added: as for WEMWBS (Tennant et al. 2007, Health and Quality of Life Outcomes 5:63).",
        apply=lambda points: Decimal(sum(points)),
    ),
    "swemwbs": Scoring(
        source="The seven items added, then the metric score of Stewart-Brown et al. 2009 (Health Qual Life Outcomes 7:15).",
        apply=lambda points: SWEMWBS_METRIC[sum(points) - SWEMWBS_ITEMS],
        items=SWEMWBS_ITEMS,
        points=SWEMWBS_POINTS,
    ),
}


class Scale(Value, frozen=True, kw_only=True):
    """What may be set beside one another: scores of one method between the same ends."""

    scoring: str
    lowest: Decimal
    highest: Decimal


def find_score(questionnaire: Questionnaire, points: Sequence[int | None]) -> Decimal | None:
    """The score; None where an item was left out, since no method here says what to make of that."""
    told = [each for each in points if each is not None]
    if len(told) < len(questionnaire.items):
        return None
    return SCORINGS[questionnaire.scoring].apply(told)


def find_scale(questionnaire: Questionnaire) -> Scale:
    """Between which ends its scores lie."""
    points = [each.points for each in questionnaire.options]
    apply, items = SCORINGS[questionnaire.scoring].apply, len(questionnaire.items)
    lowest, highest = apply([min(points)] * items), apply([max(points)] * items)
    return Scale(scoring=questionnaire.scoring, lowest=lowest, highest=highest)


def find_faults(told: Questionnaire) -> list[str]:
    """Why this is no questionnaire that could be asked; nothing when it is one."""
    wrong = [
        f"{name}: say it, in {longest:,} characters or fewer."
        for name, text, longest in (
            ("name", told.name, LONGEST_NAME),
            ("copyright", told.copyright, LONGEST_TEXT),
            ("licence", told.licence, LONGEST_TEXT),
        )
        if not text.strip() or len(text) > longest
    ]
    if len(told.intro) > LONGEST_TEXT:
        wrong.append(f"intro: use {LONGEST_TEXT:,} characters or fewer.")
    if not 1 <= len(told.items) <= MOST_ITEMS or not all(
        each.strip() and len(each) <= LONGEST_LINE for each in told.items
    ):
        wrong.append(f"items: write one to {MOST_ITEMS}, each in {LONGEST_LINE} characters or fewer.")
    return wrong + _find_wrong_options(told) + _find_wrong_scoring(told)


def _find_wrong_options(told: Questionnaire) -> list[str]:
    points = [each.points for each in told.options]
    if not 2 <= len(points) <= MOST_OPTIONS or len(set(points)) < len(points):
        return [f"options: write two to {MOST_OPTIONS}, each with points of its own."]
    if not all(0 <= each <= MOST_POINTS for each in points):
        return [f"options: points are whole numbers from 0 to {MOST_POINTS}."]
    if not all(each.words.strip() and len(each.words) <= LONGEST_LINE for each in told.options):
        return ["options: each needs its words."]
    return []


def _find_wrong_scoring(told: Questionnaire) -> list[str]:
    method = SCORINGS.get(told.scoring)
    if method is None:
        return [f"scoring: choose one of {', '.join(SCORINGS)}."]
    if method.items and len(told.items) != method.items:
        return [f"scoring: {told.scoring} is made for {method.items} items."]
    if method.points and {each.points for each in told.options} != method.points:
        return [f"scoring: {told.scoring} wants options with the points {', '.join(map(str, sorted(method.points)))}."]
    return []


def choose_asked(every: Iterable[Questionnaire]) -> list[Questionnaire]:
    """The newest version of each that is not retired, by name."""
    newest: dict[str, Questionnaire] = {}
    for each in sorted(every, key=lambda one: one.version):
        newest[each.key] = each
    return sorted((each for each in newest.values() if not each.retired), key=lambda each: (each.name, each.key))


def says_the_same(one: Questionnaire, other: Questionnaire) -> bool:
    """Are these two versions of the same words?"""
    return replace(one, version=1) == replace(other, version=1)


class Scored(Value, frozen=True, kw_only=True):
    """What somebody filled in, with the words of that version and what it comes to."""

    filled: Filled
    questionnaire: Questionnaire
    score: Decimal | None


class Series(Value, frozen=True, kw_only=True):
    """Scores of one questionnaire on one scale, the oldest first."""

    name: str
    scale: Scale
    scored: tuple[Scored, ...]


def set_in_series(every: Iterable[Questionnaire], filled: Iterable[Filled]) -> tuple[Series, ...]:
    """What may be drawn in one chart: of one questionnaire and one scale. What was struck out is in none."""
    versions = {(each.key, each.version): each for each in every}
    found: dict[tuple[str, Scale], list[Scored]] = {}
    for each in sorted(filled, key=lambda one: (one.filled_on, one.at, one.id)):
        told = versions.get((each.questionnaire, each.version))
        if told is not None and each.struck_at is None:
            scored = Scored(filled=each, questionnaire=told, score=find_score(told, each.points))
            found.setdefault((told.key, find_scale(told)), []).append(scored)
    return tuple(
        Series(name=scored[-1].questionnaire.name, scale=scale, scored=tuple(scored))
        for (_, scale), scored in found.items()
    )
