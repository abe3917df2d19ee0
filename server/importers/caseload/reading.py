"""A sheet of a caseload as people: each cell is taken, kept as a note, left out on purpose, or unreadable and listed. Pure.

One row may be two people ("Dave & Karen"). A cell that cannot be read costs no other, and is mended on the page.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct, field

from server.importers.caseload import cells as say
from server.importers.caseload.cells import Unread
from server.importers.caseload.grid import Grid
from server.importers.caseload.meanings import LEFT_OUT, NOTE, WITHHELD, say_headings
from server.importers.dates import Order, judge_order
from shared.model.codes import InstitutionLeft, Quality, ReceivingSupport

TAKEN, UNREADABLE, HEADING = "taken", "unreadable", "heading"
FATES = (TAKEN, NOTE, UNREADABLE, LEFT_OUT, WITHHELD, HEADING)
NO_PERSON = re.compile(
    r"(open|closed|new|old|archived?|current|active)( cases?)?|(sub)?totals?\b.*|cases?|names?|notes?|end|key:?.*|updated?\b.*",
    re.IGNORECASE,
)
"""What stands alone in a row and is no name: the head of a part of the list, a sum."""
TEXTS = ("alias", "language", "description", "wants_first", "strengths", "safety_needs")
LIMITS = {"name": 200, "alias": 200, "language": 200}
SUPPORT = re.compile(r"(?:receiving |gets? )?support\s*:\s*(.+)", re.IGNORECASE)
SHARED = re.compile(r"[/&;]|\band\b", re.IGNORECASE)


NO_END = datetime(9000, 1, 1, tzinfo=UTC)
"""A meeting may lie ahead, and so may a birth in two figures: that a day is to come proves no order here."""


class Cell(Struct, frozen=True):
    """What became of one cell, and why it could not be read."""

    row: int
    column: int
    heading: str
    text: str
    fate: str
    words: str = ""


class Mdt(Struct):
    """What the file says of one meeting."""

    number: int
    date: str = ""
    update: str = ""
    actions: str = ""
    owner: str = ""
    outcome: str = ""


class Draft(Struct):
    """One person of the file. `row` is the spreadsheet's number, `part` is 1, or 2 for the second of two in one row."""

    row: int
    part: int
    person: dict[str, Any] = field(default_factory=dict)
    needs: dict[str, str] = field(default_factory=dict)
    general: dict[str, bool] = field(default_factory=dict)
    status: str = "open"
    outcome: str = ""
    verified: bool | None = None
    district: str = ""
    first_seen: str = ""
    accommodation: str = ""
    mdt_number: int = 1
    mdts: list[Mdt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    why_not: str = ""
    """Why nobody is brought in by this row as it stands; empty where somebody is."""

    @property
    def key(self) -> str:
        return f"{self.row}-{self.part}"

    @property
    def known_as(self) -> str:
        return str(self.person.get("name") or self.person.get("alias") or self.person.get("description", "")[:60])


class Caseload(Struct, frozen=True):
    """The people of a sheet, and the account of its cells."""

    drafts: tuple[Draft, ...]
    cells: tuple[Cell, ...]

    def count(self, fate: str) -> int:
        return sum(cell.fate == fate for cell in self.cells)

    def of(self, fate: str) -> list[Cell]:
        return [cell for cell in self.cells if cell.fate == fate]


def read_caseload(
    grid: Grid, heading: int, meanings: tuple[str, ...], mends: Mapping[str, str], today: date
) -> Caseload:
    """Read every row below the heading. `mends` says other texts for cells, by "row-column" as a spreadsheet counts.

    Raises RuntimeError where a cell is lost from the account: then nothing is shown nor kept.
    """
    headings = say_headings(grid, heading)
    orders = {
        column: judge_order((grid.cell(row, column) for row in range(heading + 1, len(grid.rows))), NO_END)
        for column in range(grid.width)
    }
    drafts: list[Draft] = []
    found: list[Cell] = []
    for row in range(heading + 1, len(grid.rows)):
        texts = {
            column: mends.get(f"{row + 1}-{column + 1}", grid.cell(row, column)).strip() for column in range(grid.width)
        }
        reader = _Row(row + 1, texts, headings, meanings, orders, today)
        drafts += reader.read(is_heading=texts == _texts(grid, heading))
        found += reader.cells
        if sorted(cell.column for cell in reader.cells) != sorted(c + 1 for c, text in texts.items() if text):
            raise RuntimeError(f"Row {row + 1} of a caseload lost a cell from its account.")
    return Caseload(tuple(drafts), tuple(found))


def _texts(grid: Grid, row: int) -> dict[int, str]:
    return {column: grid.cell(row, column).strip() for column in range(grid.width)}


class _Row:
    """One row on its way to one person, two, or nobody."""

    def __init__(
        self,
        number: int,
        texts: Mapping[int, str],
        headings: tuple[str, ...],
        meanings: tuple[str, ...],
        orders: Mapping[int, Order],
        today: date,
    ) -> None:
        self.number, self.texts, self.headings, self.meanings = number, texts, headings, meanings
        self.orders, self.today = orders, today
        self.cells: list[Cell] = []

    def read(self, *, is_heading: bool) -> list[Draft]:
        said = {column: text for column, text in self.texts.items() if text}
        if not said:
            return []
        if is_heading or (len(said) == 1 and NO_PERSON.fullmatch(next(iter(said.values())))):
            for column in said:
                self._account(column, HEADING, "No person: a heading within the list.")
            return []
        names = self._names()
        drafts = [self._begin(part, name) for part, name in enumerate(names or [("", "", False)], start=1)]
        for column in said:
            self._read_cell(column, drafts)
        for draft in drafts:
            self._finish(draft)
        return drafts

    def _names(self) -> list[tuple[str, str, bool]]:
        said = {meaning: self.texts[column] for column, meaning in enumerate(self.meanings) if self.texts[column]}
        text = " ".join(said[each] for each in ("name", "surname") if each in said)
        if not text:
            return []
        if say.is_description(text):
            self._described = text
            return []
        named = say.read_names(text)
        left = say.left_of_names(text)
        self._left_of_name = f"Name: {text}" if left or len(named) > 1 else ""
        return named

    _left_of_name = _described = ""

    def _begin(self, part: int, named: tuple[str, str, bool]) -> Draft:
        name, alias, sure = named
        draft = Draft(row=self.number, part=part)
        if name:
            full = sure and " " in name
            draft.person |= {
                "name": name[:200],
                "name_quality": str(Quality.FULL if full else Quality.PARTIAL_OR_ALIAS),
            }
        if alias:
            draft.person["alias"] = alias[:200]
        if self._described:
            draft.person["description"] = self._described
        if self._left_of_name:
            draft.notes.append(self._left_of_name)
        return draft

    def _account(self, column: int, fate: str, words: str = "") -> None:
        self.cells.append(Cell(self.number, column + 1, self.headings[column], self.texts[column], fate, words))

    def _read_cell(self, column: int, drafts: list[Draft]) -> None:
        meaning, text = self.meanings[column], self.texts[column]
        if meaning in (LEFT_OUT, WITHHELD):
            self._account(column, meaning)
            return
        if meaning == NOTE:
            self._keep_note(column, drafts)
            self._account(column, NOTE)
            return
        parts = self._apart(meaning, text, len(drafts))
        try:
            rests = [self._take(meaning, column, part, draft) for part, draft in zip(parts, drafts, strict=True)]
        except Unread as why:
            self._account(column, UNREADABLE, str(why))
            return
        if any(rests):
            self._keep_note(column, drafts)
        self._account(column, TAKEN, "What stands beside it is kept as a note." if any(rests) else "")

    def _apart(self, meaning: str, text: str, people: int) -> list[str]:
        """The words for each of two people, where the cell has two: "c.1980 / 1984"."""
        if people > 1 and meaning in ("date_of_birth", "approximate_age_years", "gender", "language"):
            parts = [part.strip() for part in SHARED.split(text)]
            if len(parts) == people:
                return parts
            if meaning == "date_of_birth":
                raise_for = "Two people stand in this row: write a date for each, as 1/2/80 & 3/4/84."
                return [f"\0{raise_for}"] * people
        return [text] * people

    def _keep_note(self, column: int, drafts: list[Draft]) -> None:
        for draft in drafts:
            draft.notes.append(f"{self.headings[column]}: {self.texts[column]}")

    def _take(self, meaning: str, column: int, text: str, draft: Draft) -> str:
        """Take one cell for one person; returns what is left of it. Raises Unread."""
        if text.startswith("\0"):
            raise Unread(text[1:])
        kind, _, rest = meaning.partition(".")
        if kind in ("name", "surname"):
            return "" if draft.known_as else text
        if kind in ("need", "support"):
            return self._take_need(kind, rest, text, draft)
        if kind == "general":
            value, left = say.read_yes(text)
            if value is not None:
                draft.general[rest] = value
            return left
        if kind == "mdt":
            return self._take_mdt(rest, column, text, draft)
        return _TAKERS[meaning](self, column, text, draft)

    def _take_need(self, kind: str, need: str, text: str, draft: Draft) -> str:
        if kind == "need" and (told := SUPPORT.match(text)):
            draft.needs[need] = str(ReceivingSupport.NOT_KNOWN)
            kind, text = "support", told[1]
            if text.strip().casefold() in ("not known", "not_known", "unknown", "?"):
                return ""
        value, left = say.read_yes(text)
        if kind == "need":
            if value:
                draft.needs.setdefault(need, str(ReceivingSupport.NOT_KNOWN))
        elif value is not None and (value or need in draft.needs):
            draft.needs[need] = str(ReceivingSupport.YES if value else ReceivingSupport.NO)
        return left

    def _take_mdt(self, rest: str, column: int, text: str, draft: Draft) -> str:
        number, _, part = rest.partition(".")
        mdt = next((each for each in draft.mdts if each.number == int(number)), None)
        if part == "date":
            day = say.read_date(text, self.today, month_first=self._month_first(column))
            text = day.isoformat() if day else ""
        if mdt is None:
            mdt = Mdt(int(number))
            draft.mdts.append(mdt)
        setattr(mdt, part, text)
        return ""

    def _month_first(self, column: int) -> bool:
        if self.orders[column] is Order.BOTH and re.match(r"\d{1,2}[/.-]\d{1,2}[/.-]", self.texts[column]):
            one, two = (int(each) for each in re.split(r"[/.-]", self.texts[column])[:2])
            if one <= 12 and two <= 12 and one != two:
                raise Unread("This column has days first and months first: write the month as a word.")
            return two > 12
        return self.orders[column] is Order.MONTH_FIRST

    # ------------------------------------------------------------------------------------------- one meaning a function
    def take_birth(self, column: int, text: str, draft: Draft) -> str:
        born, age = say.read_birth(text, self.today, month_first=self._month_first(column))
        if born is not None:
            draft.person |= {"date_of_birth": born.isoformat(), "dob_quality": str(Quality.FULL)}
        elif age is not None:
            draft.person |= {"approximate_age_years": age, "dob_quality": str(Quality.PARTIAL_OR_ALIAS)}
            return text
        elif re.search(r"refus|declin|prefer|rather not", text, re.IGNORECASE):
            draft.person["dob_quality"] = str(Quality.PREFERS_NOT)
        return ""

    def take_age(self, column: int, text: str, draft: Draft) -> str:
        born, age = say.read_birth(text, self.today)
        if age is not None:
            draft.person.setdefault("approximate_age_years", age)
        return text if born else ""

    def take_gender(self, column: int, text: str, draft: Draft) -> str:
        try:
            gender = say.read_gender(text)
        except Unread:
            if len(text) > 3 and not any(letter.isdigit() for letter in text):
                draft.person["gender_self_described"] = text[:200]
                return ""
            raise
        if gender is not None:
            draft.person["gender"] = str(gender)
        return ""

    def take_institution(self, column: int, text: str, draft: Draft) -> str:
        left = say.read_institution(text)
        if left is not None:
            draft.person["institution_left"] = str(left)
        return text if left not in (None, InstitutionLeft.NONE) and len(text.split()) > 1 else ""

    def take_text(self, column: int, text: str, draft: Draft) -> str:
        meaning = self.meanings[column]
        if meaning == "alias" and "name" not in draft.person:
            draft.person["name_quality"] = str(Quality.PARTIAL_OR_ALIAS)
        if meaning == "description" and self._described and self._described != text:
            # The cell of the name says how they would be known again, too.
            text = f"{self._described}; {text}"
        if meaning == "alias" and draft.person.get("alias", text) != text:
            return text  # the cell of the name says another one, which stands
        draft.person[meaning] = text[: LIMITS.get(meaning, 10_000)]
        return text if len(text) > LIMITS.get(meaning, 10_000) else ""

    def take_verified(self, column: int, text: str, draft: Draft) -> str:
        if told := re.match(r"(not |un)?(?:yet )?(?:verified|confirmed|seen bedded)\b", text, re.IGNORECASE):
            draft.verified = not told[1]
            return text if len(text) > len(told[0]) else ""
        try:
            draft.verified, left = say.read_yes(text)
        except Unread:
            return text
        return left

    def take_status(self, column: int, text: str, draft: Draft) -> str:
        draft.status, outcome = say.read_status(text)
        if outcome and draft.status == "closed":
            draft.outcome = draft.outcome or outcome
            return ""
        return outcome

    def take_number(self, column: int, text: str, draft: Draft) -> str:
        if not (text.isascii() and text.isdecimal() and len(text) < 9 and 0 < int(text) < 1_000):
            raise Unread("Write the number of the next MDT, such as 2.")
        draft.mdt_number = int(text)
        return ""

    def take_day(self, column: int, text: str, draft: Draft) -> str:
        day = say.read_date(text, self.today, month_first=self._month_first(column))
        if day is not None and day > self.today:
            raise Unread("That day is still to come.")
        if self.meanings[column] == "first_seen":
            draft.first_seen = day.isoformat() if day else ""
        elif day is not None:
            draft.person["institution_left_on"] = day.isoformat()
        return ""

    def take_plain(self, column: int, text: str, draft: Draft) -> str:
        setattr(draft, self.meanings[column], text)
        return ""

    def _finish(self, draft: Draft) -> None:
        draft.mdts.sort(key=lambda mdt: mdt.number)
        held = [mdt.number for mdt in draft.mdts if mdt.update or mdt.actions or mdt.outcome or mdt.date]
        draft.mdt_number = max([draft.mdt_number, *(number + 1 for number in held)])
        if not draft.known_as:
            draft.why_not = "Nobody is named: write a name, or how they would be known again."


_TAKERS: Mapping[str, Callable[[_Row, int, str, Draft], str]] = {
    "date_of_birth": _Row.take_birth, "approximate_age_years": _Row.take_age, "gender": _Row.take_gender,
    "institution_left": _Row.take_institution, "institution_left_on": _Row.take_day, "first_seen": _Row.take_day,
    "verified": _Row.take_verified, "status": _Row.take_status, "mdt_number": _Row.take_number,
    "district": _Row.take_plain, "accommodation": _Row.take_plain, "outcome": _Row.take_plain,
    **dict.fromkeys(TEXTS, _Row.take_text),
}  # fmt: skip
