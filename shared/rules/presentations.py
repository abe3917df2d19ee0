"""What a district shares with Public Health each quarter: how many people presented, by need, age, gender and
support, with
no number small enough to point at anybody.

Source: RS MDT toolkit, Using the Tracker (quarterly analysis); the partnership's disclosure rule: no count under the
threshold, the rest rounded, one-way tables of the whole authority, fixed categories. A part is shown only where the
part and
what is left of the whole both reach the threshold, so that taking one from the other singles nobody out.
"""

from collections.abc import Callable, Iterable
from datetime import date

from shared.model.codes import Gender, ReceivingSupport, SupportNeed
from shared.model.contact import NeedSeen
from shared.model.value import Id, Value

THRESHOLD = 10
ROUNDED_TO = 5
AGE_BANDS = ((0, 17, "under 18"), (18, 25, "18 to 25"), (26, 35, "26 to 35"), (36, 45, "36 to 45"), (46, 55, "46 to 55"),
             (56, 65, "56 to 65"), (66, 150, "66 and over"))  # fmt: skip
NOT_KNOWN = "not known"
COUNTED_NEEDS = tuple(need for need in SupportNeed if need not in (SupportNeed.NONE, SupportNeed.NOT_KNOWN))
WITHHELD_NEEDS = frozenset({SupportNeed.NO_RECOURSE_TO_PUBLIC_FUNDS})
"""Never in a statistic that leaves the partnership: it tells of immigration (privacy rule A10)."""


class Presented(Value, frozen=True, kw_only=True):
    """A person who was on the list in the period. Age is in whole years on its last day."""

    person_id: Id
    gender: Gender
    age_years: int | None = None
    needs: tuple[NeedSeen, ...] = ()


class Row(Value, frozen=True, kw_only=True):
    """One line of a table; `shown` is a rounded number or words."""

    label: str
    shown: str


class Table(Value, frozen=True, kw_only=True):
    """One one-way table."""

    title: str
    rows: tuple[Row, ...]


def count_presentations(
    people: Iterable[Presented], threshold: int = THRESHOLD, rounded_to: int = ROUNDED_TO
) -> tuple[Table, ...]:
    """The tables of a period. Each person counts once in every table, and once for each need."""
    everyone = list({person.person_id: person for person in people}.values())

    def show(count: int) -> str:
        return show_count(count, threshold, rounded_to)

    def tally(labels: Iterable[str], of: Callable[[Presented], str]) -> tuple[Row, ...]:
        return tuple(Row(label=label, shown=show(sum(of(each) == label for each in everyone))) for label in labels)

    bands = (*(label for *_, label in AGE_BANDS), NOT_KNOWN)
    genders = [gender.value.replace("_", " ") for gender in Gender]
    return (
        Table(title="People who presented", rows=(Row(label="All", shown=show(len(everyone))),)),
        Table(title="By age", rows=tally(bands, lambda each: age_band(each.age_years))),
        Table(title="By gender", rows=tally(genders, lambda each: each.gender.value.replace("_", " "))),
        Table(
            title="By support need", rows=tuple(Row(label=_say(n), shown=show(_with(everyone, n))) for n in _needs())
        ),
        Table(
            title="By support need, not receiving support",
            rows=tuple(
                Row(
                    label=_say(need),
                    shown=show_part(_without_support(everyone, need), _with(everyone, need), threshold, rounded_to),
                )
                for need in _needs()
            ),
        ),
    )


def show_count(count: int, threshold: int = THRESHOLD, rounded_to: int = ROUNDED_TO) -> str:
    """A count as it may be published: rounded, or "fewer than 10, may be none"."""
    if count < threshold:
        return f"fewer than {threshold}, may be none"
    return str(rounded_to * ((count + rounded_to // 2) // rounded_to))


def show_part(part: int, whole: int, threshold: int = THRESHOLD, rounded_to: int = ROUNDED_TO) -> str:
    """A part of a whole that is published too. Where the part or the rest is under the threshold neither can be
    told."""
    if part < threshold or whole - part < threshold:
        return "not shown: too few to tell apart"
    return show_count(part, threshold, rounded_to)


def age_band(age_years: int | None) -> str:
    """The band of an age in whole years."""
    if age_years is None:
        return NOT_KNOWN
    return next((label for low, high, label in AGE_BANDS if low <= age_years <= high), NOT_KNOWN)


def age_on(born: date | None, day: date) -> int | None:
    """Whole years of age on a day."""
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _needs() -> list[SupportNeed]:
    return [need for need in COUNTED_NEEDS if need not in WITHHELD_NEEDS]


def _with(people: list[Presented], need: SupportNeed) -> int:
    return sum(any(item.need is need for item in person.needs) for person in people)


def _without_support(people: list[Presented], need: SupportNeed) -> int:
    unmet = (need, ReceivingSupport.NO)
    return sum(any((item.need, item.receiving_support) == unmet for item in person.needs) for person in people)


def _say(need: SupportNeed) -> str:
    return need.value.replace("_", " ")
