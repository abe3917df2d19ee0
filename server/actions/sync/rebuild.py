"""Making what is derived anew from the facts, while the server runs, and proving that it says what is stored.

Descriptions and conflicts from the writes of fields, what corrected contacts read from what they read at first and the
corrections, districts and verification from contacts, judgements and merges, looks from contacts and visits: a piece of the
records at a time, each in one transaction and held as a push holds it. With it, what was set aside for a fault that has been
mended since is judged again. Not derived are a case, on which people have acted (decision 50), and the state of a referral, which
also changes when it is handed over.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import Struct
from sqlalchemy.orm import Session

from server.actions.operation.orders import PERSON_ERASED
from server.actions.sync.projection.batch import Batch, team_of
from server.actions.sync.projection.contacts import correct_again
from server.actions.sync.projection.descriptions import project_people, project_sites
from server.actions.sync.projection.places import Districts
from server.actions.sync.projection.verification import derive_verification
from server.actions.sync.validation import validate
from server.database.engine import Database
from server.database.locks import lock_records
from server.queries.operation import audit
from server.queries.people import merges, rebuilding
from server.queries.street import visits
from server.queries.street.looks import rebuild_looks
from server.queries.sync import store as sync
from server.queries.sync.store import Project
from shared.model.value import Id
from sync.wire import Refused

PIECE = 200
Found = TypeVar("Found")
Tell = Callable[[str], None]


class Rebuilt(Struct, kw_only=True):
    """What came of it: how many records were looked at, which derived rows said something else, what was let in."""

    records: int = 0
    differing: list[str] = []
    let_in: int = 0


class _Undo(Exception):
    """Ends a transaction that was only to prove."""


class Rebuilder(Struct, kw_only=True):
    """Rebuilds over one database. With `only_prove` nothing is changed."""

    database: Database
    districts: Districts
    project: Project
    crs: str
    timezone: str
    now: datetime
    new_id: Callable[[], Id]
    only_prove: bool = False
    heartbeat: Callable[[], None] = lambda: None

    def run(self, tell: Tell = lambda _: None) -> Rebuilt:
        """Make everything anew, or prove it; differing rows are named by table and key, never by what they say."""
        done = Rebuilt()
        for ids, derive in self._pieces():
            self.heartbeat()
            done.records += len(ids)
            done.differing += self._renew(ids, derive)
            tell(f"{done.records} records, {len(done.differing)} rows differ")
        done.differing += self._renew_strikes()
        done.differing += self._renew_looks()
        if not self.only_prove:
            done.let_in = self._judge_again()
        return done

    def _pieces(self) -> Iterator[tuple[list[Id], Callable[[Session], None]]]:
        """The records in pieces, each with how what follows from them is derived; earlier pieces are what later ones rest on."""
        after = ""
        while found := self._read(partial(rebuilding.list_described, after=after, limit=PIECE)):
            after = max(found)
            yield sorted(found), partial(self._describe, found=found)
        after = ""
        while corrected := self._read(partial(rebuilding.list_corrected, after=after, limit=PIECE)):
            after = corrected[-1]
            yield corrected, partial(self._correct, contact_ids=corrected)
        for pairs in _in_pieces(sorted(self._read(rebuilding.list_merged_pairs))):
            yield sorted({each for pair in pairs for each in pair}), partial(merges.settle_merges, pairs=pairs)
        after = ""
        while met := self._read(partial(rebuilding.list_met, after=after, limit=PIECE)):
            after = met[-1]
            yield met, partial(self._derive_met, met=met)

    def _read(self, ask: Callable[[Session], Found]) -> Found:
        with self.database.reading() as session:
            return ask(session)

    def _describe(self, session: Session, found: dict[Id, str]) -> None:
        """Of who was erased the marks of changes are left, which describe nobody."""
        erased = audit.find_subjects(session, PERSON_ERASED, found)
        patched: dict[str, dict[Id, Id | None]] = {}
        for entity, kind in [each for each in found.items() if each[0] not in erased]:
            scopes = sync.find_scopes(session, entity)
            patched.setdefault(kind, {})[entity] = next(filter(None, map(team_of, sorted(scopes))), None)
        batch = Batch({}, patched, self.now)
        project_people(session, batch)
        project_sites(session, batch, self.districts, self.crs)
        rebuilding.renew_districts(session, found)

    def _correct(self, session: Session, contact_ids: list[Id]) -> None:
        correct_again(session, contact_ids, self.districts, self.crs)

    def _derive_met(self, session: Session, met: list[Id]) -> None:
        rebuilding.renew_districts(session, met)
        derive_verification(session, met, met, self.now, self.new_id, self.timezone)

    def _renew(self, ids: Collection[Id], derive: Callable[[Session], None]) -> list[str]:
        """Derive one piece again, and name the rows that said something else before."""
        differing: list[str] = []
        with suppress(_Undo), self.database.writing() as session:
            lock_records(session, ids)
            before = rebuilding.read_derived(session, ids)
            derive(session)
            session.flush()
            after = rebuilding.read_derived(session, ids)
            rows = before.keys() | after.keys()
            differing = [
                f"{table} {key}" for table, key in sorted(rows) if before.get((table, key)) != after.get((table, key))
            ]
            if self.only_prove:
                raise _Undo
        return differing

    def _renew_strikes(self) -> list[str]:
        """Visits as the newest word on each leaves them: whether somebody looked there."""
        with suppress(_Undo), self.database.writing() as session:
            wrong = visits.list_wrong(session)
            visits.settle_strikes(session, wrong)
            if self.only_prove:
                raise _Undo
        return [f"visit {each}" for each in wrong]

    def _renew_looks(self) -> list[str]:
        """Where and when anybody looked, a month at a time. Looks follow from contacts, visits and merges."""
        self.heartbeat()
        with suppress(_Undo), self.database.writing() as session:
            wrong = rebuild_looks(session)
            if self.only_prove:
                raise _Undo
        return [f"look {number} of {wrong}" for number in range(1, wrong + 1)]

    def _judge_again(self) -> int:
        """Let in what was set aside for a fault that was the server's, or that it no longer finds."""
        waiting = self._read(sync.list_to_judge_again)
        let_in = 0
        for some in _in_pieces(waiting):
            self.heartbeat()
            with suppress(Refused), self.database.writing() as session:
                let_in += sync.judge_again(session, some, validate, self.project)
        return let_in


def _in_pieces(rows: Sequence[Found]) -> Iterator[Sequence[Found]]:
    return (rows[start : start + PIECE] for start in range(0, len(rows), PIECE))
