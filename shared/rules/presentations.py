"""What a district shares with Public Health each quarter: how many people presented, by need, age, gender and support, with
no number small enough to point at anybody; for the district, and for all districts together.

Source: RS MDT toolkit, Using the Tracker (quarterly analysis: presentations in each need by age, gender and whether they
receive support); which of the counts may be told is in `shared.rules.small_counts`. Categories are fixed.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import TypeAlias

from shared.model.codes import Gender, ReceivingSupport, SupportNeed
from shared.model.contact import NeedSeen
from shared.model.value import Id, Value
from shared.rules.small_counts import (
    NOT_SHOWN,
    THRESHOLD,
    Lot,
    is_sum_safe,
    is_whole_shown,
    round_count,
    show_count,
    shown_parts,
)

AGE_BANDS = ((0, 17, "under 18"), (18, 25, "18 to 25"), (26, 35, "26 to 35"), (36, 45, "36 to 45"), (46, 55, "46 to 55"),
             (56, 65, "56 to 65"), (66, 150, "66 and over"))  # fmt: skip
NOT_KNOWN = "not known"
COUNTED_NEEDS = tuple(need for need in SupportNeed if need not in (SupportNeed.NONE, SupportNeed.NOT_KNOWN))

Cell: TypeAlias = tuple[str, ...]
"""("all",), ("age", "18 to 25"), ("need", "alcohol") or ("need by age", "alcohol", "18 to 25")."""
ALL: Cell = ("all",)
SUPPORT_LABELS = {
    ReceivingSupport.YES: "receiving support",
    ReceivingSupport.NO: "not receiving support",
    ReceivingSupport.NOT_KNOWN: "support not known",
}
LABELS: Mapping[str, tuple[str, ...]] = {
    "age": (*(label for *_, label in AGE_BANDS), NOT_KNOWN),
    "gender": tuple(gender.value.replace("_", " ") for gender in Gender),
    "support": tuple(SUPPORT_LABELS.values()),
}
NEED_LABELS = tuple(need.value.replace("_", " ") for need in COUNTED_NEEDS)


class Presented(Value, frozen=True, kw_only=True):
    """A person who was on the list in the period. Age is in whole years on its last day."""

    person_id: Id
    gender: Gender
    age_years: int | None = None
    needs: tuple[NeedSeen, ...] = ()


class Row(Value, frozen=True, kw_only=True):
    """One line of a table; each cell is a rounded number or words."""

    label: str
    cells: tuple[str, ...]


class Table(Value, frozen=True, kw_only=True):
    """One table of counts."""

    title: str
    columns: tuple[str, ...] = ("people",)
    rows: tuple[Row, ...]

    @property
    def told(self) -> tuple[Row, ...]:
        """The rows in which something may be told."""
        return tuple(row for row in self.rows if any(cell != NOT_SHOWN for cell in row.cells))

    @property
    def untold(self) -> tuple[str, ...]:
        """What the other rows are about."""
        return tuple(row.label for row in self.rows if row not in self.told)


class Tally(Value, frozen=True, kw_only=True):
    """The true counts of one area, and which of them may be told. `is_sum`: of all districts, each of which tells its own."""

    counts: Mapping[Cell, int]
    shown: frozenset[Cell]
    is_sum: bool = False

    def say(self, cell: Cell) -> str:
        """A cell as it may be published. A whole that is small itself may say so where it stands alone: of a sum, that
        others are not called small would tell."""
        if cell == ALL and not self.is_sum and self.counts.get(cell, 0) < THRESHOLD:
            return show_count(self.counts.get(cell, 0))
        return round_count(self.counts[cell]) if cell in self.shown else NOT_SHOWN


def count_presentations(people: Iterable[Presented], lot: Lot) -> Tally:
    """The counts of a district and a period. Each person counts once in every table, and once for each need."""
    everyone = list({person.person_id: person for person in people}.values())
    counts: Counter[Cell] = Counter(dict.fromkeys(_every_cell(), 0))
    for person in everyone:
        counts.update(_cells_of(person))
    return Tally(counts=counts, shown=frozenset(_publishable(counts, lot)))


def add_up(parts: Sequence[Tally], lot: Lot) -> Tally:
    """The counts of all districts together, without any that would tell what a district's own tables hide.

    Assume that somebody sees every district's tables beside it: a sum is told only where that proves nothing of the hidden
    parts of it, and so is what is left of a whole.
    """
    counts: Counter[Cell] = Counter(dict.fromkeys(_every_cell(), 0))
    for part in parts:
        counts.update(part.counts)
    wholes = {number: part.counts.get(ALL, 0) for number, part in enumerate(parts)}

    def is_safe(cells: Collection[Cell]) -> bool:
        hidden: Counter[int] = Counter()
        for cell in cells:
            for number, part in enumerate(parts):
                if cell not in part.shown:
                    hidden[number] += part.counts.get(cell, 0)
        return is_sum_safe(hidden, wholes)

    shown = frozenset(_publishable(counts, lot, is_safe)) if is_whole_shown(wholes.values()) else frozenset()
    return Tally(counts=counts, shown=shown, is_sum=True)


def make_tables(tally: Tally) -> tuple[Table, ...]:
    """The tables of an area as they may be told, ready for a page or a workbook."""
    return _lay_out(tally.say)


def make_exact_tables(tally: Tally) -> tuple[Table, ...]:
    """The same tables with every number as it is: for a named analyst alone, and not for publication."""
    return _lay_out(lambda cell: str(tally.counts[cell]))


def _lay_out(say: Callable[[Cell], str]) -> tuple[Table, ...]:
    def one_way(title: str, family: str, labels: Sequence[str]) -> Table:
        return Table(title=title, rows=tuple(Row(label=each, cells=(say((family, each)),)) for each in labels))

    def two_way(title: str, by: str) -> Table:
        rows = tuple(
            Row(label=need, cells=tuple(say((f"need by {by}", need, label)) for label in LABELS[by]))
            for need in NEED_LABELS
        )
        return Table(title=title, columns=LABELS[by], rows=rows)

    return (
        Table(title="People who presented", rows=(Row(label="All", cells=(say(ALL),)),)),
        one_way("By age", "age", LABELS["age"]),
        one_way("By gender", "gender", LABELS["gender"]),
        one_way("By support need", "need", NEED_LABELS),
        two_way("By support need and whether support is received", "support"),
        two_way("By support need and age", "age"),
        two_way("By support need and gender", "gender"),
    )


def age_band(age_years: int | None) -> str:
    """The band of an age in whole years."""
    if age_years is None:
        return NOT_KNOWN
    return next((label for low, high, label in AGE_BANDS if low <= age_years <= high), NOT_KNOWN)


def age_on(born: date | None, day: date) -> int | None:
    """Whole years of age on a day."""
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _every_cell() -> Iterable[Cell]:
    yield ALL
    for family in ("age", "gender"):
        yield from ((family, label) for label in LABELS[family])
    for need in NEED_LABELS:
        yield ("need", need)
        for by, labels in LABELS.items():
            yield from ((f"need by {by}", need, label) for label in labels)


def _cells_of(person: Presented) -> Iterable[Cell]:
    age, gender = age_band(person.age_years), person.gender.value.replace("_", " ")
    gender = gender if gender in LABELS["gender"] else Gender.OTHER.value
    yield ALL
    yield ("age", age)
    yield ("gender", gender)
    for seen in {each.need: each for each in person.needs}.values():
        need = seen.need.value.replace("_", " ")
        if need in NEED_LABELS:
            support = SUPPORT_LABELS.get(seen.receiving_support, SUPPORT_LABELS[ReceivingSupport.NOT_KNOWN])
            yield from (("need", need), ("need by age", need, age), ("need by gender", need, gender))
            yield ("need by support", need, support)


def _publishable(
    counts: Mapping[Cell, int], lot: Lot, is_safe: Callable[[Collection[Cell]], bool] = lambda cells: True
) -> Iterable[Cell]:
    """The cells of one area that may stand beside each other. `is_safe`: may the sum of such cells be told?"""
    if counts[ALL] < THRESHOLD:
        return
    yield ALL

    def shown(
        family: Cell, labels: Sequence[str], wholes: Mapping[Cell, int] = MappingProxyType({})
    ) -> frozenset[Cell]:
        parts = {(*family, label): counts[*family, label] for label in labels}
        return shown_parts(parts, lot, wholes=wholes, is_safe=is_safe)

    told = shown(("age",), LABELS["age"]) | shown(("gender",), LABELS["gender"])
    yield from told
    for need in NEED_LABELS:
        whole = ("need", need)
        is_few = counts[whole] < THRESHOLD or counts[ALL] - counts[whole] < THRESHOLD
        if lot() or is_few or not is_safe({whole}):
            continue
        yield whole
        for by, labels in LABELS.items():
            family = (f"need by {by}", need)
            yield from shown(
                family, labels, {(*family, each): counts[by, each] for each in labels if (by, each) in told}
            )
