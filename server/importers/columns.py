"""A report from one row of a table, by whatever names its source gives the columns. The names are in each source's folder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from server.importers.cells import find_seen_at, read_count, read_moment, read_point, read_yes, shorten
from server.importers.files import Refusal, Row, UnusableRow, show_raw
from server.importers.report import Reading, Report, find_referrer, join_words, keep_raw, make_reference
from shared.model.codes import AlertSource
from shared.rules.referral import normalise_outcome

NO_DUPLICATE = frozenset({"no", "none", "unique", "not duplicate", "not a duplicate", "original", "parent", "master"})
CLOSED_WORDS = ("closed", "complete", "resolved", "cancelled", "rejected")


@dataclass(frozen=True)
class Columns:
    """What a source calls each noun: possible headings, best first. The first heading that has a cell with words counts.

    Nouns: reference, opened, closed, latitude, longitude, postcode, street, details, district, time_seen, usual_time,
    appearance, concerns, age, gender, people, referrer, consent, outcome, parent, duplication, status. A noun may be absent.
    """

    source: AlertSource
    names: Mapping[str, tuple[str, ...]]
    opened_required: bool = True

    def list_required(self, *nouns: str) -> list[tuple[str, ...]]:
        """The headings that a file must have, one of each."""
        return [self.names[noun] for noun in nouns]

    def read(self, rows: Iterable[Row | Refusal], reading: Reading) -> list[Report | Refusal]:
        """The reports of a table's rows, in their order; a row that cannot be used is a refusal."""
        return [row if isinstance(row, Refusal) else self._understand(row, reading) for row in rows]

    def _understand(self, row: Row, reading: Reading) -> Report | Refusal:
        try:
            return self._read_report(row, reading)
        except UnusableRow as error:
            return Refusal(row.number, str(error), show_raw(row.cells.values()))

    def _read_report(self, row: Row, reading: Reading) -> Report:
        def cell(noun: str) -> str:
            return next((row.cells[name] for name in self.names.get(noun, ()) if row.cells.get(name)), "")

        def heading(noun: str) -> str:
            return next((name for name in self.names[noun] if row.cells.get(name)), self.names[noun][0])

        opened_at = read_moment(heading("opened"), cell("opened"), reading.zone, reading.now)
        if opened_at is None and self.opened_required:
            raise UnusableRow(f"{heading('opened')} is empty: give when it was reported, as DD/MM/YYYY HH:MM.")
        closed = cell("closed")
        closed_at = read_moment(heading("closed"), closed, reading.zone, reading.now) if closed else None
        raw = keep_raw(row.cells)
        return Report(
            number=row.number,
            source=self.source,
            reference=make_reference(cell("reference"), raw),
            raw=raw,
            reported_at=opened_at,
            seen_at=find_seen_at(cell("time_seen"), opened_at or reading.now, reading.zone),
            seen_text=shorten(join_words(cell("time_seen"), cell("usual_time"), between="; usually ")),
            point=read_point((heading("latitude"), heading("longitude")), cell("latitude"), cell("longitude")),
            postcode=shorten(cell("postcode")),
            place=join_words(cell("details"), cell("street"), cell("postcode")),
            district_name=cell("district"),
            appearance=cell("appearance"),
            concerns=cell("concerns"),
            age_group=shorten(cell("age")),
            gender=shorten(cell("gender")),
            people_count=_read_people(cell("people")),
            referrer_type=shorten(cell("referrer")),
            contact_consent=read_yes(cell("consent")),
            outcome_text=shorten(_find_outcome(cell("outcome"))),
            parent_reference=_find_parent(cell("duplication"), cell("parent"), cell("reference")),
            closed=closed_at is not None or cell("status").lower().startswith(CLOSED_WORDS),
            closed_at=closed_at,
            referrer=find_referrer(row.cells),
        )


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
    if parent == reference or duplication.strip().lower() in NO_DUPLICATE:
        return ""
    return shorten(parent)
