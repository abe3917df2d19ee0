"""A report from one row of a table, by whatever names its source gives the columns. The names are in each source's folder."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from server.importers.cells import find_seen_at, read_count, read_yes, shorten
from server.importers.dates import Order, OrderJudge, has_clock, read_moment, say_guess, write_plainly
from server.importers.files import Refusal, Row, UnusableRow, show_raw
from server.importers.inputs import Input
from server.importers.points import is_blank, read_place
from server.importers.report import (
    EXPONENT,
    Meanings,
    Reading,
    Report,
    find_referrer,
    join_words,
    make_reference,
    names_a_kind,
    split_raw,
)
from server.importers.reports import Keys, Reports
from server.importers.source import Asked, Source
from server.importers.table import Table, open_table
from shared.model.codes import AlertSource
from shared.rules.referral import normalise_outcome

NO_DUPLICATE = frozenset({"no", "none", "unique", "not duplicate", "not a duplicate", "original", "parent", "master"})
UNSURE = re.compile(r"possib|potential|may ?be|suspect|likely|probabl|unsure|query|check|\?", re.IGNORECASE)
"""A source that is not sure whether an alert repeats another asks a person."""
CLOSED_WORDS = ("closed", "complete", "resolved", "cancelled", "rejected")
OPEN_WORDS = ("open", "reopen", "re-open", "new", "active", "in progress", "live")
OLD_DAYS = 365
CONTACT = {"contact_name": "your_name", "contact_email": "your_email", "contact_telephone": "your_phone"}
"""Nouns that only somebody's word gives to a column, and under which heading whoever reported is then found."""
TELLS_WHO = ("referrer", "first_name", "last_name", *CONTACT)
"""Nouns whose columns may name whoever reported, or the person met: their cells are not kept for good."""


@dataclass(frozen=True)
class Columns:
    """What a source calls each noun: possible headings, best first. The first heading that has a cell with words counts.

    Nouns: reference, opened, opened_time, closed, latitude, longitude, postcode, building, street, details, district,
    time_seen, usual_time, appearance, concerns, age, gender, people, referrer, consent, outcome, parent, duplication, status,
    first_name, last_name (of the person who sleeps rough). A noun may be absent. `also_kept` are further columns that say
    nothing of who reported; `marks` are headings by which a file of this source is known.
    """

    source: AlertSource
    names: Mapping[str, tuple[str, ...]]
    opened_required: bool = True
    also_kept: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    is_upper: bool = False
    """Are references written in capitals, so that wd1 means WD1?"""
    tells_where: tuple[str, ...] = ("details", "street")
    """Nouns in whose words a postcode or a grid reference may stand."""

    @cached_property
    def kept(self) -> frozenset[str]:
        """The columns whose cells are kept for good (privacy rule A8): a heading that is not here is kept for 90 days."""
        named = (name for noun, names in self.names.items() if noun not in TELLS_WHO for name in names)
        return frozenset(named) | frozenset(self.also_kept)

    @cached_property
    def _of_keys(self) -> Mapping[str, tuple[str, ...]]:
        return {noun: self.names.get(noun, ()) for noun in ("reference", "duplication", "parent")}

    def list_required(self, *nouns: str) -> list[tuple[str, ...]]:
        """The headings that a file must have, one of each."""
        return [self.names[noun] for noun in nouns]

    def meant(self, meanings: Meanings) -> "Columns":
        """The same columns where somebody said what some headings of a file mean: these mean that, and nothing else."""
        if not meanings:
            return self
        nouns = (*self.names, *CONTACT)
        return replace(self, names={noun: self._list_meant(noun, meanings) for noun in nouns})

    def found_in(self, headings: Collection[str]) -> "Columns":
        """The same columns less the headings that a table has not: a row is asked for none of them."""
        names = {noun: tuple(name for name in known if name in headings) for noun, known in self.names.items()}
        return replace(self, names=names)

    def in_own_words(self, cells: Mapping[str, str], meanings: Meanings) -> dict[str, str]:
        """A row under headings that this source knows without being told what they mean: a refused row is mended alone."""
        named: dict[str, str] = {}
        for heading, text in cells.items():
            noun = meanings.get(heading)
            known = (CONTACT[noun],) if noun in CONTACT else self.names.get(noun, ()) if noun else ()
            if noun == "" and any(heading in names for names in self.names.values()):
                known = (f"{heading}_left_out",)
            free = next((each for each in known if each not in cells), heading)
            name = heading if noun is None or heading in known else free
            named[name if name not in named else heading] = text
        return named

    def _list_meant(self, noun: str, meanings: Meanings) -> tuple[str, ...]:
        """The headings of a noun: those that only somebody's word gives it, then those we know, in our order."""
        known = self.names.get(noun, ())
        said = [heading for heading, meant in meanings.items() if meant == noun]
        new = [heading for heading in said if heading not in known]
        return (*new, *(name for name in known if name in said or name not in meanings))

    def make_source(self, name: str, *required: str) -> Source:
        """The source whose tables have these columns."""

        def look(source: Input, asked: Asked) -> Table:
            meant = self.meant(asked.meanings)
            known = {each for names in meant.names.values() for each in names}
            return open_table(source, meant.list_required(*required), asked.layout, known)

        def read_file(source: Input, reading: Reading, asked: Asked) -> Reports:
            meant = self.meant(asked.meanings)
            return _TableReports(
                meant, open_table(source, meant.list_required(*required), asked.layout), reading, asked
            )

        def read_cells(number: int, cells: Mapping[str, str], reading: Reading) -> Report | Refusal:
            return self.understand(Row(number, cells), reading, Order.UNKNOWN, self.kept)

        def is_like(headings: Collection[str], _: str) -> int:
            found = set(headings)
            if not all(found & set(names) for names in self.list_required(*required)):
                return 0
            return 1 + 100 * len(found & set(self.marks)) + len(found & self.kept)

        return Source(name, read_file, read_cells, is_like, look, self.names, required, self.in_own_words)

    def list_dated(self) -> tuple[str, ...]:
        """The headings of columns that hold dates."""
        return (*self.names["opened"], *self.names.get("closed", ()))

    def note_key(self, keys: Keys, row: Row) -> None:
        """What a row is known by, from its cells as they came."""
        cell = _Cells(self._of_keys, row.cells)
        given = self._spell(cell("reference"))
        said = hash(tuple(row.cells.values()))
        is_key = not EXPONENT.fullmatch(given)
        keys.add(row.number, given if is_key else "", said, self._find_parent(cell, given))

    def _spell(self, reference: str) -> str:
        return reference.upper() if self.is_upper else reference

    def _find_parent(self, cell: "_Cells", given: str) -> str:
        return _find_parent(cell("duplication"), self._spell(cell("parent")), given)

    def understand(self, row: Row, reading: Reading, order: Order, kept: Collection[str]) -> Report | Refusal:
        """One row as a report, or why it is none."""
        try:
            return self._read_report(row, reading, order, kept)
        except UnusableRow as error:
            dated = set(self.list_dated())
            cells = {name: write_plainly(text, order) if name in dated else text for name, text in row.cells.items()}
            return Refusal(row.number, str(error), show_raw(row.cells.values()), cells)

    def _read_report(self, row: Row, reading: Reading, order: Order, kept: Collection[str]) -> Report:
        cell = _Cells(self.names, row.cells)
        heading = cell.heading
        opened_at, opened_guess = self._read_opened(cell, heading, reading, order)
        closed = cell("closed")
        closed_at = read_moment(heading("closed"), closed, reading.zone, reading.now, order) if closed else None
        place = read_place(
            (heading("latitude"), heading("longitude")), cell("latitude"), cell("longitude"), cell("postcode"),
            *(cell(noun) for noun in self.tells_where),
        )  # fmt: skip
        raw, extras = split_raw(row.cells, kept)
        referrer_type = cell("referrer")
        if names_a_kind(referrer_type):
            raw[heading("referrer")] = extras.pop(heading("referrer"), referrer_type)
        given = self._spell(cell("reference"))
        return Report(
            number=row.number,
            source=self.source,
            reference=make_reference(given, row.cells),
            shown_reference=given if EXPONENT.fullmatch(given) else "",
            raw=raw,
            extras=extras,
            guesses=tuple(
                filter(
                    None,
                    (
                        opened_guess,
                        *place.guesses,
                        _say_odd_dates(opened_at, closed_at, reading),
                        _say_unsure(cell("duplication"), cell("parent"), given),
                    ),
                )
            ),
            reported_at=opened_at,
            seen_at=find_seen_at(cell("time_seen"), opened_at or reading.now, reading.zone),
            seen_text=shorten(join_words(cell("time_seen"), cell("usual_time"), between="; usually ")),
            point=place.point,
            postcode=shorten(place.postcode or cell("postcode")),
            place=join_words(
                cell("details"), join_words(cell("building"), cell("street"), between=" "), cell("postcode")
            ),
            district_name=shorten(cell("district")),
            appearance=join_words(_say_name(cell), cell("appearance"), between=". "),
            concerns=cell("concerns"),
            age_group=shorten(cell("age")),
            gender=shorten(cell("gender")),
            people_count=_read_people(cell("people")),
            referrer_type=shorten(referrer_type) if names_a_kind(referrer_type) else "",
            contact_consent=read_yes(cell("consent")),
            outcome_text=shorten(_find_outcome(cell("outcome"))),
            parent_reference=self._find_parent(cell, given),
            closed=closed_at is not None or cell("status").lower().startswith(CLOSED_WORDS),
            said_open=closed_at is None and cell("status").lower().startswith(OPEN_WORDS),
            closed_at=closed_at,
            referrer=find_referrer(self._name_contact(cell, row.cells), has_own_name="first_name" not in self.names),
        )

    def _name_contact(self, cell: "_Cells", cells: Mapping[str, str]) -> Mapping[str, str]:
        """The row where whoever reported stands under the headings by which they are found."""
        told = {heading: cell(noun) for noun, heading in CONTACT.items() if noun in self.names}
        return {**cells, **{heading: text for heading, text in told.items() if text}} if told else cells

    def _read_opened(
        self, cell: "_Cells", heading: Callable[[str], str], reading: Reading, order: Order
    ) -> tuple[datetime | None, str]:
        """When it was reported, from one column, or from one with the date and one with the time; and what was guessed."""
        text, clock = cell("opened"), cell("opened_time")
        whole = f"{text} {clock}" if text and clock and not has_clock(text) else text
        try:
            opened_at = read_moment(heading("opened"), whole, reading.zone, reading.now, order)
        except UnusableRow:
            if whole == text:
                raise
            opened_at = read_moment(heading("opened"), text, reading.zone, reading.now, order)
        if opened_at is None and self.opened_required:
            raise UnusableRow(f"{heading('opened')} is empty: give when it was reported, as DD/MM/YYYY HH:MM.")
        return opened_at, say_guess(heading("opened"), text, order)


class _TableReports:
    """The reports of a table, read a row at a time; the whole of it is gone through once to see how its dates are written."""

    def __init__(self, columns: Columns, table: Table, reading: Reading, asked: Asked) -> None:
        self._columns, self._table = columns.found_in(set(table.headings)), table
        self._reading, self._asked = reading, asked

    def __iter__(self) -> Iterator[Report | Refusal]:
        return self._read(lambda _: True)

    def pick(self, numbers: Collection[int]) -> Iterator[Report | Refusal]:
        return self._read(lambda number: number in numbers)

    @property
    def keys(self) -> Keys:
        return self._survey[0]

    def _read(self, is_wanted: Callable[[int], bool]) -> Iterator[Report | Refusal]:
        order, kept = self._survey[1], self._columns.kept
        for row in self._rows():
            if is_wanted(row.number):
                yield row if isinstance(row, Refusal) else self._columns.understand(row, self._reading, order, kept)

    def _rows(self) -> Iterator[Row | Refusal]:
        mends = self._asked.mends
        for row in self._table.rows():
            is_mended = row.number in mends and isinstance(row, Row)
            yield Row(row.number, {**row.cells, **mends[row.number]}) if is_mended else row

    @cached_property
    def _survey(self) -> tuple[Keys, Order]:
        keys, judge, dated = Keys(), OrderJudge(self._reading.now), self._columns.list_dated()
        for row in self._rows():
            if isinstance(row, Row):
                self._columns.note_key(keys, row)
                for name in dated:
                    if text := row.cells.get(name):
                        judge.hear(text)
        return keys, Order(self._asked.layout.order) if self._asked.layout.order else judge.order


class _Cells:
    """A row by its nouns: the cell of each is the first that says something. They are looked up once, however often asked for."""

    def __init__(self, names: Mapping[str, tuple[str, ...]], cells: Mapping[str, str]) -> None:
        self._names = names
        said = self._said = dict[str, tuple[str, str]]()
        for noun, headings in names.items():
            for heading in headings:
                text = cells.get(heading)
                if text and not is_blank(text):
                    said[noun] = heading, text
                    break

    def __call__(self, noun: str) -> str:
        found = self._said.get(noun)
        return found[1] if found else ""

    def heading(self, noun: str) -> str:
        """What the file calls a noun."""
        found = self._said.get(noun)
        return found[0] if found else (self._names.get(noun) or (noun,))[0]


def _say_name(cell: _Cells) -> str:
    """What the person is said to be called: the team's to know, and no name of whoever reported."""
    name = " ".join(filter(None, (cell("first_name"), cell("last_name"))))
    return f"Said to be called {name}" if name else ""


def _say_odd_dates(opened_at: datetime | None, closed_at: datetime | None, reading: Reading) -> str:
    if opened_at is not None and closed_at is not None and closed_at < opened_at:
        return "It was closed before it was reported: one of the two dates is wrong."
    if opened_at is not None and closed_at is None and (reading.now - opened_at).days > OLD_DAYS:
        return f"It was reported {opened_at:%B %Y} and is not closed: is the year right?"
    return ""


def _say_unsure(duplication: str, parent: str, reference: str) -> str:
    if parent and parent != reference and UNSURE.search(duplication):
        return f"Its source says of {shorten(parent, 60)} that this may be the same: “{shorten(duplication, 60)}”."
    return ""


def _find_outcome(text: str) -> str:
    """StreetLink's own wording of an outcome, however it was typed; the text itself where it is none of the 26."""
    outcome = normalise_outcome(text)
    return outcome.text if outcome else text


def _read_people(text: str) -> int | None:
    """How many are in a group; words such as "a few" stay in the raw row."""
    try:
        return read_count("people", text)
    except UnusableRow:
        return None


def _find_parent(duplication: str, parent: str, reference: str) -> str:
    """The alert that this one repeats, when its source itself says so."""
    if parent == reference or duplication.strip().lower() in NO_DUPLICATE or UNSURE.search(duplication):
        return ""
    return shorten(parent)
