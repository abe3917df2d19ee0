"""A district's caseload on its way in: held sealed, planned against who is known, brought in as one, and undone as one.

Nobody brought in is on a phone before the district says so: their records are heard in the district's own feed, which no phone
follows. The file is gone once it is brought in.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec
from msgspec import Struct, json

from server.access import Access
from server.importers.caseload.grid import File, Grid, read_file
from server.importers.caseload.meanings import (
    NOTE,
    SINGLE,
    WITHHELD,
    find_heading,
    find_sheet,
    list_meanings,
    propose,
    say_headings,
    say_meaning,
)
from server.importers.caseload.reading import FATES, Caseload, Draft, read_caseload
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.partnership.boundary_changes import list_successors
from server.queries.partnership.districts import list_districts
from server.queries.people import brought_in
from server.queries.people.brought_in import Batch
from server.security.holding import Box
from shared.model.codes import Gender, Quality
from shared.model.person import Person
from shared.model.value import Id
from shared.policy import Act
from shared.rules.names import fold
from shared.rules.same_person import Index, Match

NEW, OUT = "new", "out"
SAME_ROW = "row "
"""An answer "row 3-1": the same person as that row of the file."""


class CaseloadConversation(Struct):
    """What is held of a file: its cells, and the answers given so far."""

    file: File
    sheet: int = 0
    heading: int = 0
    meanings: tuple[str, ...] = ()
    mapping_name: str = ""
    mends: dict[str, str] = {}
    answers: dict[str, str] = {}


class Candidate(Struct, frozen=True):
    """Somebody who may be the person of a row: known already (`answer` is their id), or another row."""

    answer: str
    known_as: str
    reasons: tuple[str, ...]
    doubts: tuple[str, ...] = ()


class Line(Struct, frozen=True):
    """One person of the file, who they may be, and what becomes of them: `answer` is empty where a person has to say."""

    draft: Draft
    candidates: tuple[Candidate, ...]
    answer: str
    district_id: Id
    asks: str = ""
    """What has to be answered or mended before this row can be brought in."""


class Plan(Struct, frozen=True):
    """What would be brought in, and the account of every cell below the heading."""

    caseload: Caseload
    lines: tuple[Line, ...]
    grid: Grid
    headings: tuple[str, ...]
    account: dict[str, int]

    @property
    def open_lines(self) -> list[Line]:
        return [line for line in self.lines if line.asks]

    @property
    def coming(self) -> list[Line]:
        return [line for line in self.lines if not line.asks and line.answer != OUT]


def make_box(secret: bytes, *before: bytes) -> Box[CaseloadConversation]:
    """What seals a file until it is brought in."""
    return Box(secret, "caseload", CaseloadConversation, *before)


def require(access: Access, district_id: Id, detail: str) -> None:
    """Let somebody through who decides about the district's list."""
    access.require_district(Act.SHARE_TRACKER, district_id, purpose=f"caseload {detail}"[:200])
    access.require_district(Act.CHANGE_CASE, district_id, purpose=f"caseload {detail}"[:200])


# ---------------------------------------------------------------------------------------------------------- the way in
def hold_file(access: Access, box: Box[CaseloadConversation], district_id: Id, file_name: str, data: bytes) -> Batch:
    """Hold a file, with what its columns were found to mean. Raises UnusableFile, in words."""
    require(access, district_id, "brought")
    state = _choose(access, district_id, CaseloadConversation(read_file(data)))
    batch_id = access.new_id()
    brought_in.forget_old(access.session, access.now)
    batch = Batch(
        id=batch_id, district_id=district_id, file_name=file_name[:200], begun_at=access.now,
        begun_by=access.actor.worker_id, held=box.seal(batch_id, state),
    )  # fmt: skip
    brought_in.add_batch(access.session, batch)
    return batch


def open_batch(access: Access, box: Box[CaseloadConversation], batch_id: Id) -> tuple[Batch, CaseloadConversation]:
    """A file that waits to be brought in. Raises NotFound for one that is not there, closed, or another district's."""
    batch = brought_in.lock_batch(access.session, batch_id)
    if batch is None or batch.applied_at is not None:
        access.require(Act.SHARE_TRACKER, None)
        raise NotFound
    require(access, batch.district_id, "seen")
    return batch, box.open(batch_id, batch.held)


def keep_state(access: Access, box: Box[CaseloadConversation], batch: Batch, state: CaseloadConversation) -> None:
    """Keep the answers given so far."""
    brought_in.set_batch(access.session, batch.id, held=box.seal(batch.id, state))


def choose_sheet(
    access: Access, batch: Batch, state: CaseloadConversation, sheet: int, heading: int | None
) -> CaseloadConversation:
    """Look at another sheet, or take another row for the heading: columns are proposed anew, and answers are dropped."""
    if not 0 <= sheet < len(state.file.sheets):
        raise Invalid("Choose one of the sheets.")
    grid = state.file.sheets[sheet]
    if heading is not None and not 0 <= heading < len(grid.rows):
        raise Invalid(f"Write a row from 1 to {len(grid.rows)}.")
    if (sheet, heading) == (state.sheet, state.heading):
        return state
    fresh = CaseloadConversation(state.file, sheet=sheet)
    return _choose(access, batch.district_id, fresh, sheet=sheet, heading=heading if sheet == state.sheet else None)


def _choose(
    access: Access,
    district_id: Id,
    state: CaseloadConversation,
    *,
    sheet: int | None = None,
    heading: int | None = None,
) -> CaseloadConversation:
    state.sheet = find_sheet(state.file.sheets) if sheet is None else sheet
    grid = state.file.sheets[state.sheet]
    state.heading = find_heading(grid) if heading is None else heading
    state.meanings = propose(grid, state.heading) if grid.rows else ()
    said = say_headings(grid, state.heading) if grid.rows else ()
    kept = brought_in.list_mappings(access.session, district_id)
    best = max(kept, key=lambda name: len(set(json.decode(kept[name])) & set(said)), default=None)
    if best is not None and set(json.decode(kept[best])) & set(said):
        meant: dict[str, str] = json.decode(kept[best])
        wanted = [meant.get(each, "") for each in tell_apart(said)]
        state.meanings = set_meanings(state, _lay_over(wanted, state.meanings))
        state.mapping_name = best
    return state


def tell_apart(headings: Sequence[str]) -> list[str]:
    """Each heading once: of two columns that are called the same the second is kept as "Notes (2)"."""
    told: list[str] = []
    for heading in headings:
        number = sum(each == heading for each in headings[: len(told)]) + 1
        told.append(heading if number == 1 else f"{heading} ({number})")
    return told


def _lay_over(kept: Sequence[str], proposed: Sequence[str]) -> tuple[str, ...]:
    """What was kept for each column, else what is proposed for it; a column that has come since takes no other's meaning."""
    taken = {each for each in kept if is_had_once(each)}
    found = []
    for n, (meant, now) in enumerate(zip(kept, proposed, strict=True)):
        if meant and is_had_once(meant) and meant in kept[:n]:
            found.append(NOTE)
        else:
            found.append(meant or (NOTE if now in taken else now))
    return tuple(found)


def is_had_once(meaning: str) -> bool:
    """Would a second column of this meaning be written over the first? A need may be told in several."""
    return meaning in SINGLE or meaning.startswith(("mdt.", "general.", "support."))


def set_meanings(state: CaseloadConversation, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Meanings as chosen; what may tell of immigration is kept nowhere here, whatever was chosen.

    Raises Invalid for a meaning given twice.
    """
    grid = state.file.sheets[state.sheet]
    proposed = propose(grid, state.heading)
    known = set(list_meanings(30))
    chosen = tuple(
        WITHHELD if first == WITHHELD else want if want in known else NOTE
        for want, first in zip(wanted, proposed, strict=True)
    )
    once = Counter(each for each in chosen if is_had_once(each))
    if twice := [say_meaning(each) for each, number in once.items() if number > 1]:
        raise Invalid(f"Two columns are said to be “{twice[0]}”: choose one, and keep the other as a note.")
    return chosen


# ------------------------------------------------------------------------------------------------------------ the plan
def make_plan(access: Access, batch: Batch, state: CaseloadConversation) -> Plan:
    """What the file would bring in, row by row, with who each may be."""
    grid = state.file.sheets[state.sheet]
    caseload = read_caseload(grid, state.heading, state.meanings, state.mends, access.today)
    everybody = brought_in.list_everybody(access.session)
    known = Index(everybody)
    in_file = Index([as_person(draft) for draft in caseload.drafts if draft.known_as])
    names = {each.id: each.known_as for each in everybody}
    rows = {draft.key: draft for draft in caseload.drafts}
    places = _Places(access, batch.district_id)
    lines = []
    for draft in caseload.drafts:
        candidates = tuple(_list_candidates(draft, known, in_file, names, rows))
        district_id, elsewhere = places.find(draft.district)
        answer = state.answers.get(draft.key, "")
        if answer not in {NEW, OUT, *(each.answer for each in candidates)}:
            answer = ""
        if not answer and not candidates and not draft.why_not and not elsewhere:
            answer = NEW
        asks = "" if answer == OUT else draft.why_not or elsewhere or ("" if answer else "Who is this? Choose below.")
        lines.append(Line(draft, candidates, answer, district_id, asks))
    account = {fate: caseload.count(fate) for fate in FATES}
    return Plan(caseload, tuple(lines), grid, say_headings(grid, state.heading), account)


class _Places:
    """Which district a cell names, and whether the reader decides about its list."""

    def __init__(self, access: Access, usual: Id) -> None:
        # Those that end come last: where one of them was called so too, the one that stands is meant.
        every = list_districts(access.session)[::-1]
        self._usual, self._theirs, self._today = usual, access.actor.district_ids, access.today
        self._by_name = {fold(text): each for each in every for text in (each.name, each.code)}
        self._by_id = {each.id: each for each in every}
        self._became = list_successors(access.session)

    def find(self, text: str) -> tuple[Id, str]:
        """The district of a row, or why it cannot be brought in there."""
        found = self._by_name.get(fold(text).strip().removesuffix(" borough council").removesuffix(" council"))
        if found is not None and found.valid_to is not None and found.valid_to < self._today:
            after = self._became.get(found.id, [])
            if len(after) != 1 and self._usual not in after:
                return self._usual, f"{found.name} has ended: mend the cell, or leave the row out."
            found = self._by_id[self._usual if self._usual in after else after[0]]
        if not text or (found is not None and found.id == self._usual):
            return self._usual, ""
        if found is None:
            return self._usual, f"“{text}” is no district that Lantern knows: mend the cell, or leave the row out."
        if found.id not in self._theirs:
            return (
                self._usual,
                f"This row is of {found.name}, whose coordinator brings it in: leave it out, or mend the district.",
            )
        return found.id, ""


def _list_candidates(
    draft: Draft, known: Index, in_file: Index, names: dict[Id, str], rows: dict[str, Draft]
) -> Iterator[Candidate]:
    if not draft.known_as:
        return
    told = as_person(draft)
    for match in known.find(told):
        yield _candidate(match.person_id, names[match.person_id], match)
    for match in in_file.find(told):
        other = rows[match.person_id]
        if (other.row, other.part) < (draft.row, draft.part) and other.row != draft.row:
            yield _candidate(f"{SAME_ROW}{other.key}", f"{other.known_as}, row {other.row} of this file", match)


def _candidate(answer: str, known_as: str, match: Match) -> Candidate:
    return Candidate(answer, known_as, match.reasons, match.doubts)


def as_person(draft: Draft, person_id: Id = "") -> Person:
    """The draft as the record that it would become."""
    told = {name: value for name, value in draft.person.items() if value not in ("", None)}
    return msgspec.convert({"id": person_id or draft.key, **told}, Person)


def said_of(draft: Draft) -> dict[str, object]:
    """What the record would say: every field that is not empty."""
    person = msgspec.to_builtins(as_person(draft))
    unsaid = {str(Quality.NOT_COLLECTED), str(Gender.NOT_KNOWN), "", None}
    return {name: value for name, value in person.items() if name != "id" and value not in unsaid}


def read_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def refuse_if_open(plan: Plan) -> None:
    """Raises Failure while some row waits for an answer: nobody is lost by being passed over."""
    waiting = plan.open_lines
    if waiting:
        rows = ", ".join(str(line.draft.row) for line in waiting[:10])
        raise Failure(CONFLICTING, f"Answer first for row {rows}{' and others' if len(waiting) > 10 else ''}.")
