"""What can be recorded of somebody's health: which words and days each kind of fact needs. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec.structs import replace

from shared.model.health import CODES_OF, HealthFact, HealthKind
from shared.model.value import Id

LONGEST = 10_000
DATED = frozenset({HealthKind.HOSPITAL, HealthKind.SAFEGUARDING, HealthKind.ANSWER, HealthKind.HARM, HealthKind.DEATH})
LIVED = frozenset({HealthKind.HOSPITAL, HealthKind.HARM})
"""What comes upon somebody who lives. A safeguarding review may follow a death."""
SAID = {
    HealthKind.SAFEGUARDING: "Say what you are worried about, and what was done to keep them safe.",
    HealthKind.HARM: "Say what happened, in a sentence.",
}


def find_faults(told: HealthFact, today: date, before: Iterable[HealthFact]) -> dict[str, str]:
    """What is wrong with a new fact, by field, each as a sentence; `before` are those that stand."""
    standing = [each for each in before if each.struck_at is None]
    wrong: dict[str, str] = {}
    vocabulary = CODES_OF[told.kind]
    if vocabulary is not None and told.code not in {str(each) for each in vocabulary}:
        wrong["code"] = "Choose one of these."
    if told.kind in DATED and told.on is None:
        wrong["on"] = "Give the day."
    elif told.on is not None and told.on > today:
        wrong["on"] = "That day is still to come."
    elif told.kind in LIVED and told.on is not None and (why := why_not_on(find_death(standing), told.on)):
        wrong["on"] = why
    if told.until is not None and told.on is not None and not told.on <= told.until <= today:
        wrong["until"] = "They left after they were admitted, and not later than today."
    if told.kind in SAID and not told.words.strip():
        wrong["words"] = SAID[told.kind]
    for field in ("words", "learning"):
        if len(getattr(told, field)) > LONGEST:
            wrong[field] = f"Use {LONGEST:,} characters or fewer."
    if told.kind is HealthKind.ANSWER and told.about_id not in {
        each.id for each in standing if each.kind is HealthKind.SAFEGUARDING
    }:
        wrong["about"] = "Choose the referral that it answers."
    if told.kind is HealthKind.DEATH and any(each.kind is HealthKind.DEATH for each in standing):
        wrong["on"] = "Their death is recorded already. If the day is wrong, strike that out first."
    return wrong


def find_death(facts: Iterable[HealthFact]) -> date | None:
    """The day on which they died, as it stands."""
    days = (each.on for each in facts if each.kind is HealthKind.DEATH and each.struck_at is None)
    return min((day for day in days if day is not None), default=None)


def tell_once(facts: Iterable[HealthFact], groups: Mapping[Id, frozenset[Id]]) -> list[HealthFact]:
    """The same facts, in their order, with one death for each person: of two records that were joined both may tell of it. It is
    told on its first day, in the words of both."""
    told: dict[frozenset[Id], HealthFact] = {}
    listed = list(facts)
    deaths = [each for each in listed if each.kind is HealthKind.DEATH]
    for each in sorted(deaths, key=lambda death: (death.on or date.max, death.recorded_at, death.id)):
        group = groups[each.person_id]
        first = told.get(group)
        told[group] = each if first is None else _join(first, each)
    kept = {each.id: each for each in told.values()}
    return [kept.get(each.id, each) for each in listed if each.kind is not HealthKind.DEATH or each.id in kept]


def _join(first: HealthFact, other: HealthFact) -> HealthFact:
    words, learning = (
        "\n".join(dict.fromkeys(text for each in (first, other) if (text := getattr(each, field).strip())))
        for field in ("words", "learning")
    )
    return replace(first, words=words, learning=learning)


def why_not_on(died_on: date | None, day: date) -> str | None:
    """Why somebody cannot have done, said or moved anything on a day; None when they lived."""
    if died_on is None or day <= died_on:
        return None
    return f"They died on {died_on.day} {died_on:%B %Y}. Give the day on which it was."


def find_doctor(facts: Iterable[HealthFact]) -> HealthFact | None:
    """The newest word on whether they are registered with a doctor."""
    return next(
        (
            each
            for each in sorted(facts, key=lambda each: each.recorded_at, reverse=True)
            if each.kind is HealthKind.DOCTOR and each.struck_at is None
        ),
        None,
    )
