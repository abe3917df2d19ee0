"""Bringing a file of reports in as a conversation: held sealed, looked at, columns matched, cells mended, then brought in.

The page and the command take the same steps. Nothing is stored as a report before somebody says so; the file itself is gone
then. Whoever brought it alone sees it until it is in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from msgspec import Struct, field
from sqlalchemy.orm import Session

from server.access import Access
from server.importers.accounting import Account, Importing
from server.importers.dates import Order
from server.importers.files import Refusal, UnusableFile, normalise_heading
from server.importers.inputs import Input, look_over, of_bytes
from server.importers.nouns import find_saved, list_nouns, propose
from server.importers.referrals import Intake
from server.importers.report import Reading
from server.importers.reports import Reports
from server.importers.source import Asked, Source
from server.importers.sources import SOURCES, guess_source
from server.importers.table import Layout, Table
from server.problems import Invalid, NotFound
from server.queries.referrals import imports
from server.queries.referrals.imports import HeldFile, SavedMapping
from server.security.holding import Box
from shared.model.referral import Referral
from shared.model.value import Id

SHOWN_ROWS = 20
SHOWN_REFUSALS = 30
LOOKED_AT_ROWS = 20_000
"""So many rows are judged for the forecast; whatever is longer says so."""
ORDERS = {"": "as the column shows", Order.DAY_FIRST.value: "day first", Order.MONTH_FIRST.value: "month first"}


class Answers(Struct):
    """What somebody said about a file so far. `mends` are cells by row number, as text, and heading."""

    source: str
    layout: Layout = Layout()
    meanings: dict[str, str] = field(default_factory=dict)
    mapping_name: str = ""
    mends: dict[str, dict[str, str]] = field(default_factory=dict)

    def as_asked(self) -> Asked:
        """The same as a source reads it."""
        return Asked(self.layout, self.meanings, {int(number): cells for number, cells in self.mends.items()})


class FileConversation(Struct):
    """What is held of a file: the file, and the answers."""

    data: bytes
    answers: Answers


@dataclass(frozen=True)
class Plan:
    """What a file would bring in. `why_not` says why it can bring in nothing as it is understood now."""

    answers: Answers
    table: Table | None
    columns: Sequence[tuple[str, str, str, str]]
    """Of each column: its name, the heading as written, what it is taken for, and what its first cells say."""
    nouns: Sequence[tuple[str, str]]
    rows: Sequence[Referral]
    refused: Sequence[Refusal]
    account: Account
    is_whole: bool
    why_not: str = ""


def make_box(secret: bytes, *before: bytes) -> Box[FileConversation]:
    """What seals a file until it is brought in."""
    return Box(secret, "referral file", FileConversation, *before)


def begin(session: Session, source: Input, name: str = "", layout: Layout | None = None) -> Answers:
    """The first answers about a file: what it looks like. Raises UnusableFile for what no source can read."""
    look_over(source)
    try:
        answers = Answers(name or guess_source(source))
    except UnusableFile as unknown:
        answers = Answers("spreadsheet")
        if source.read_start().lstrip()[:1] in (b"", b"{", b"[", b"<"):
            raise UnusableFile(str(unknown)) from unknown
    answers.layout = layout or answers.layout
    return match_columns(session, source, answers)


def match_columns(session: Session, source: Input, answers: Answers) -> Answers:
    """The same answers with a meaning proposed for each column, by what was kept for such headings first."""
    chosen = SOURCES[answers.source]
    if chosen.look is None:
        return answers
    table = chosen.look(source, Asked(answers.layout))
    answers.meanings = propose(table.headings, chosen, SOURCES.values())
    saved = find_saved(table.headings, imports.list_mappings(session))
    if saved is not None and saved.source == answers.source:
        use_mapping(answers, saved)
    return answers


def use_mapping(answers: Answers, saved: SavedMapping) -> None:
    """Let headings mean what was kept of them."""
    known = {noun for noun, _ in list_nouns(SOURCES[answers.source])} | {""}
    kept = {name: noun for name, noun in saved.meanings.items() if name in answers.meanings and noun in known}
    answers.meanings = {**answers.meanings, **kept}
    answers.mapping_name = saved.name


def set_meanings(answers: Answers, wanted: Mapping[str, str]) -> None:
    """Let headings mean what somebody says. Raises Invalid for a heading or a meaning that there is not."""
    known = {noun for noun, _ in list_nouns(SOURCES[answers.source])} | {""}
    for heading, noun in wanted.items():
        if noun not in known or heading not in answers.meanings:
            raise Invalid(f"{heading}={noun}: choose one of the columns, and one of the meanings.")
        answers.meanings[heading] = noun


def mend(answers: Answers, number: int, heading: str, text: str) -> None:
    """Let a cell say something else."""
    answers.mends.setdefault(str(number), {})[normalise_heading(heading)] = text.strip()


def open_reports(source: Input, answers: Answers, reading: Reading) -> Reports:
    """The reports of a file as it is understood. Raises UnusableFile."""
    return SOURCES[answers.source].open(source, reading, answers.as_asked())


def name_cells(answers: Answers) -> Callable[[Mapping[str, str]], Mapping[str, str]]:
    """Under which headings a refused row of the file waits: it is mended without what was said of the file."""
    return lambda cells: SOURCES[answers.source].in_own_words(cells, answers.meanings)


def make_plan(session: Session, source: Input, answers: Answers, run: Importing, data: Path) -> Plan:
    """What the file would bring in, as far as it is looked at. Writes nothing."""
    chosen = SOURCES[answers.source]
    table, columns, why_not = None, [], ""
    reading = Reading(run.zone, run.now)
    account, rows, refused, is_whole = Account(), [], [], True
    try:
        if chosen.look is not None:
            table = chosen.look(source, answers.as_asked())
            columns = _list_columns(table, answers)
        reports = open_reports(source, answers, reading)
        looked_at = list(islice(reports, LOOKED_AT_ROWS + 1))
        is_whole = len(looked_at) <= LOOKED_AT_ROWS
        account, haul = Intake(session, run, data).forecast(session, looked_at[:LOOKED_AT_ROWS], reports.keys)
        rows = [stored.referral for stored in haul.referrals[:SHOWN_ROWS]]
        refused = account.refused[:SHOWN_REFUSALS]
    except UnusableFile as error:
        why_not = str(error)
    return Plan(answers, table, columns, list_nouns(chosen), rows, refused, account, is_whole, why_not)


def _list_columns(table: Table, answers: Answers) -> list[tuple[str, str, str, str]]:
    samples: dict[str, list[str]] = {name: [] for name in table.headings}
    for row in islice(table.rows(), SHOWN_ROWS):
        if not isinstance(row, Refusal):
            for name, text in row.cells.items():
                if text and name in samples and len(samples[name]) < 3:
                    samples[name].append(text[:40])
    return [
        (name, said, answers.meanings.get(name, ""), ", ".join(samples[name]))
        for name, said in zip(table.headings, table.said, strict=True)
    ]


# ------------------------------------------------------------------------------------------------------- held for a page
def hold(access: Access, box: Box[FileConversation], file_name: str, data: bytes) -> Id:
    """Hold a file, with what it looks like. Raises UnusableFile, in words."""
    answers = begin(access.session, of_bytes(data, file_name))
    imports.forget_held(access.session, access.now)
    file_id = access.new_id()
    held = box.seal(file_id, FileConversation(data, answers))
    imports.hold_file(
        access.session,
        HeldFile(
            id=file_id, begun_at=access.now, begun_by=access.actor.worker_id, file_name=file_name[:200], held=held
        ),
    )
    return file_id


def open_held(access: Access, box: Box[FileConversation], file_id: Id) -> tuple[HeldFile, FileConversation]:
    """A file that the actor is about to bring in. Raises NotFound for any other."""
    held = imports.lock_held(access.session, file_id, access.actor.worker_id)
    if held is None:
        raise NotFound
    return held, box.open(file_id, held.held)


def keep_answers(access: Access, box: Box[FileConversation], file_id: Id, state: FileConversation) -> None:
    """Keep what was answered so far."""
    imports.set_held(access.session, file_id, box.seal(file_id, state))


def keep_mapping(session: Session, answers: Answers, mapping_id: Id, now: datetime) -> None:
    """Keep what the columns mean, where somebody gave it a name."""
    name = answers.mapping_name.strip()[:200]
    if name and answers.meanings:
        mapping = SavedMapping(name=name, source=answers.source, meanings=dict(answers.meanings))
        imports.keep_mapping(session, mapping_id, mapping, now)


def say_source(source: Source) -> str:
    """A source's name as a person reads it."""
    words = {"streetlink": "StreetLink", "open311": "Open311", "email": "E-mail", "council-form": "A council’s form"}
    return words.get(source.name, source.name.replace("-", " ").capitalize())
