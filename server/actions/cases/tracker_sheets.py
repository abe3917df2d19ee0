"""What somebody changed in a tracker's workbook where nothing is taken over: each cell, from what to what, and where it is
changed instead.

Every sheet has a hidden twin that says what it said when the workbook was downloaded. Cells are compared with it by what they
mean: "Yes" is yes, and 1/12/26 is 1 December 2026. Pure.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from server.actions.cases.tracker_cells import Unread, read_day, read_number, read_yes
from shared.model.value import Id, Value

GENERAL_SHEET, MDT_SHEET, ACTIONS_SHEET, SUMMARY_SHEET = "General Data", "MDT {}", "Actions", "Outcomes Summary"
TWIN = "{} as downloaded"
TWIN_OF_GENERAL = "As downloaded"

Grid = Sequence[Sequence[Any]]
"""The rows of a sheet, its head first."""


class Elsewhere(Value, frozen=True, kw_only=True):
    """A change that is not taken over, in a sentence, and the case that it is about."""

    case_id: Id = ""
    said: str


class _Row(NamedTuple):
    """A row as somebody typed it, by column; and what each cell means, by which two rows are the same."""

    typed: dict[str, str]
    meaning: tuple[str, ...]

    @property
    def case_id(self) -> Id:
        return self.typed.get("Case", "")

    @property
    def key(self) -> tuple[Id, str]:
        """What tells which row it was: the case, else the first words."""
        return self.case_id, "" if self.case_id else next(iter(self.typed.values()), "")

    @property
    def named(self) -> str:
        return self.typed.get("Name") or "A row"

    @property
    def words(self) -> str:
        return "; ".join(value for column, value in self.typed.items() if value and column not in ("Case", "Name"))

    def tell(self, sheet: str, what: str) -> Elsewhere:
        return Elsewhere(case_id=self.case_id, said=f"{self.named}, sheet “{sheet}”: {what}")


def list_elsewhere(grids: Mapping[str, Grid], today: date) -> tuple[Elsewhere, ...]:
    """Every cell that differs from what was downloaded, but those that General Data takes over or answers for itself."""
    return tuple(_list_all(grids, today))


def _list_all(grids: Mapping[str, Grid], today: date) -> Iterator[Elsewhere]:
    twins = {twin_of(name) for name in grids}
    for name, grid in grids.items():
        if name == TWIN_OF_GENERAL or name in twins:
            continue
        if (gone := _without_its_sheet(name)) and gone not in grids:
            yield Elsewhere(said=f"Sheet “{gone}” was taken out of the workbook. What it said stays in Lantern.")
            continue
        twin = grids.get(twin_of(name))
        if twin is not None:
            if name != GENERAL_SHEET:
                columns = [_shown(value) for value in (twin[0] if twin else ())]
                yield from _compare(name, _rows(twin, columns, today), _rows(grid, columns, today))
            yield from _list_own_columns(name, twin, grid)
        elif _is_ours(name):
            yield Elsewhere(
                said=f"Sheet “{name}” was not compared: this workbook does not say what stood there at the download."
            )
        elif any(map(_shown, chain.from_iterable(grid))):
            yield Elsewhere(said=f"Sheet “{name}” is none of Lantern's: nothing on it was taken.")


def twin_of(name: str) -> str:
    """The hidden sheet that says what this one said at the download."""
    return TWIN_OF_GENERAL if name == GENERAL_SHEET else TWIN.format(name)


def _without_its_sheet(name: str) -> str:
    """The sheet of which this one is the hidden twin; nothing for any other."""
    before, twin, _ = name.rpartition(TWIN.format(""))
    return before if twin and _is_ours(before) else ""


def _is_ours(name: str) -> bool:
    return name in (GENERAL_SHEET, ACTIONS_SHEET, SUMMARY_SHEET) or name.startswith(MDT_SHEET.format(""))


def _compare(sheet: str, was: list[_Row], now: list[_Row]) -> Iterator[Elsewhere]:
    """Rows that are the same are the same wherever they stand; of the others those of one case belong together, in order."""
    unmoved = Counter(row.meaning for row in was) & Counter(row.meaning for row in now)
    before, after = _without(was, Counter(unmoved)), _without(now, Counter(unmoved))
    waiting: dict[tuple[Id, str], deque[_Row]] = {}
    for row in before:
        waiting.setdefault(row.key, deque()).append(row)
    for row in after:
        if not (olds := waiting.get(row.key)):
            yield row.tell(sheet, f"a row was typed in and not taken: “{row.words}”. {_where(sheet)}")
            continue
        old = olds.popleft()
        for column, meant, means in zip(row.typed, old.meaning, row.meaning, strict=True):
            if meant != means:
                change = f"{column} from {_quote(old.typed[column])} to {_quote(row.typed[column])}"
                yield old.tell(sheet, f"{change} was not taken. {_where(sheet)}")
    for row in chain.from_iterable(waiting.values()):
        yield row.tell(sheet, f"the row “{row.words}” was taken out. It stays in Lantern.")


def _without(rows: list[_Row], unmoved: Counter[tuple[str, ...]]) -> list[_Row]:
    left = []
    for row in rows:
        if unmoved[row.meaning]:
            unmoved[row.meaning] -= 1
        else:
            left.append(row)
    return left


def _list_own_columns(sheet: str, twin: Grid, grid: Grid) -> Iterator[Elsewhere]:
    """Cells in columns that somebody added."""
    ours = {_shown(value) for value in (twin[0] if twin else ())}
    head = [_shown(value) for value in (grid[0] if grid else ())]
    for line in grid[1:]:
        typed = dict(zip(head, map(_shown, line), strict=False))
        row = _Row(typed, ())
        for column, value in zip_longest(head, map(_shown, line), fillvalue=""):
            if value and column not in ours:
                called = f"column “{column}”" if column else "a column without a name"
                yield row.tell(sheet, f"“{value}” in {called} was not taken. The column is none of Lantern's.")


def _where(sheet: str) -> str:
    if sheet == ACTIONS_SHEET:
        return "Actions are agreed, changed and done on the page Actions."
    if sheet == SUMMARY_SHEET:
        return "It is counted from the cases."
    return "What an MDT decided is put right in its minutes."


def _rows(grid: Grid, columns: Sequence[str], today: date) -> list[_Row]:
    """The rows that say anything in one of the columns."""
    head = [_shown(value) for value in (grid[0] if grid else ())]
    found = []
    for line in grid[1:]:
        values = dict(zip(head, line, strict=False))
        typed = {column: _shown(values.get(column)) for column in columns}
        if any(typed.values()):
            found.append(_Row(typed, tuple(_meaning(column, values.get(column), today) for column in columns)))
    return found


def _meaning(column: str, value: Any, today: date) -> str:
    """What a cell says, whatever its spelling."""
    try:
        if column in ("Held on", "Due"):
            return str(read_day(value, today))
        if column == "Done":
            return str(read_yes(value))
        if column in ("MDT number", "Cases"):
            return str(read_number(value))
    except Unread:
        pass
    return " ".join(_shown(value).split())


def _shown(value: Any) -> str:
    """A cell as whoever typed it reads it."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return f"{value.day} {value:%b} {value.year}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _quote(text: str) -> str:
    return f"“{text}”" if text else "nothing"
