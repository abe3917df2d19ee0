"""What each agency was sent of a conference is kept as it was sent: its bytes case by case, sealed, with their digests; and what
has changed since is told by comparing it with what the agency would be sent now.

Case by case, because what was sent about a person is erased with the person and nobody else's paper with it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from sqlalchemy.orm import Session

from server.actions.conferences.papers import PaperCase
from server.database.engine import Database
from server.queries.conferences import kept
from server.queries.conferences.conferences import Circulated
from server.queries.conferences.kept import SealedCase
from server.security.documents import DamagedDocument, DocumentKeys
from shared.model.conference import CaseConference
from shared.model.value import Id, Value

T = TypeVar("T", bound=Value)
PIECE = 200
"""So many cases are sealed anew in one transaction."""

SAID_AS: Mapping[str, str] = {
    "known_as": "the name",
    "date_of_birth": "the date of birth",
    "gender": "the gender",
    "mdt_number": "the MDT number",
    "wants_first": "what they want first",
    "strengths": "strengths",
    "safety_needs": "safety needs",
    "needs": "needs",
    "actions": "actions",
}
"""The parts of a case that a reader is told of when they change. Its place on the agenda is none."""


class Changes(Value, frozen=True, kw_only=True):
    """What is another now than it was sent. `changed` are the parts, in words, by case; `gone` the cases taken off since, as they
    were called; `lost` is how many cannot be opened any more."""

    put_on: tuple[Id, ...] = ()
    gone: tuple[tuple[Id, str], ...] = ()
    changed: Mapping[Id, tuple[str, ...]] = {}
    moved_from: datetime | None = None
    place_was: str | None = None
    lost: int = 0

    @property
    def anything(self) -> bool:
        """Has anything changed?"""
        return bool(
            self.put_on or self.gone or self.changed or self.moved_from or self.place_was is not None or self.lost
        )


class KeptPaper(Value, frozen=True, kw_only=True):
    """What was sent. `lost` is how many of its cases no key of this server opens, or are not what was sent."""

    cases: tuple[Any, ...]
    lost: int = 0


def keep_cases(session: Session, files: DocumentKeys, circulation_id: Id, told: Sequence[tuple[Id, int, Value]]) -> str:
    """Keep what is sent in one circulation, as (case, place, what is told); returns the digest of the whole."""
    packed = [(case_id, position, msgspec.json.encode(value)) for case_id, position, value in told]
    digests = [sha256(content).hexdigest() for _, _, content in packed]
    kept.add_circulated_cases(
        session,
        [
            SealedCase(
                circulation_id=circulation_id, case_id=case_id, position=position, sha256=digest,
                sealed=files.seal(content, _bound(circulation_id, case_id)), key_name=files.name,
            )
            for (case_id, position, content), digest in zip(packed, digests, strict=True)
        ],
    )  # fmt: skip
    return sha256("".join(digests).encode()).hexdigest()


def open_kept(
    session: Session, files: DocumentKeys, circulation_ids: Collection[Id], kind: type[T], *, guest_id: Id | None = None
) -> dict[Id, KeptPaper]:
    """What was sent, by circulation: of the people whom the reader may know of. Whoever asks was let through before; `guest_id`
    is their agency where it is of elsewhere and was invited."""
    found: dict[Id, KeptPaper] = {}
    sealed = (
        kept.list_circulated_cases(session, circulation_ids)
        if guest_id is None
        else kept.list_circulated_to_guest(session, circulation_ids, guest_id)
    )
    for each in sealed:
        paper = found.get(each.circulation_id, KeptPaper(cases=()))
        opened = _open(files, each, kind)
        if opened is None:
            paper = msgspec.structs.replace(paper, lost=paper.lost + 1)
        else:
            paper = msgspec.structs.replace(paper, cases=(*paper.cases, opened))
        found[each.circulation_id] = paper
    return found


def seal_anew(database: Database, files: DocumentKeys) -> int:
    """Seal with the key of today what an earlier one sealed; returns how many. What no key opens is passed over: its reader is
    told that it is lost."""
    done, after = 0, ("", "")
    while True:
        with database.writing() as session:
            found = kept.list_sealed_otherwise(session, files.name, after, PIECE)
            anew = [each for each in (_seal_anew(files, one) for one in found) if each is not None]
            kept.set_sealed(session, anew)
        done += len(anew)
        if len(found) < PIECE:
            return done
        after = found[-1].circulation_id, found[-1].case_id


def _seal_anew(files: DocumentKeys, sealed: SealedCase) -> SealedCase | None:
    bound = _bound(sealed.circulation_id, sealed.case_id)
    try:
        return msgspec.structs.replace(
            sealed, sealed=files.seal(files.open(sealed.sealed, bound), bound), key_name=files.name
        )
    except DamagedDocument:
        return None


def _open(files: DocumentKeys, sealed: SealedCase, kind: type[T]) -> T | None:
    try:
        content = files.open(sealed.sealed, _bound(sealed.circulation_id, sealed.case_id))
        return msgspec.json.decode(content, type=kind) if sha256(content).hexdigest() == sealed.sha256 else None
    except (DamagedDocument, msgspec.DecodeError):
        return None


def what_changed(sent: Circulated, paper: KeptPaper, now: Sequence[PaperCase], conference: CaseConference) -> Changes:
    """Compare what an agency was sent with what it would be sent now."""
    was = {case.case_id: case for case in paper.cases}
    here = {case.case_id: case for case in now}
    changed = {
        case_id: parts for case_id in here if case_id in was and (parts := _list_parts(was[case_id], here[case_id]))
    }
    has_moved = sent.starts_at is not None and sent.starts_at != conference.starts_at
    return Changes(
        put_on=tuple(case_id for case_id in here if case_id not in was),
        gone=tuple((case_id, case.known_as) for case_id, case in was.items() if case_id not in here),
        changed=changed,
        moved_from=sent.starts_at if has_moved else None,
        place_was=sent.place if sent.starts_at is not None and sent.place != conference.place else None,
        lost=paper.lost,
    )


def _list_parts(was: PaperCase, now: PaperCase) -> tuple[str, ...]:
    return tuple(words for name, words in SAID_AS.items() if _told(was, name) != _told(now, name))


def _told(case: PaperCase, name: str) -> object:
    """As much of a part as its reader is shown: an action is told with what became of it."""
    if name != "actions":
        return getattr(case, name)
    return [
        (
            each.agency_name,
            each.action.text,
            each.action.due_on,
            each.action.done_at,
            each.action.explained,
            each.action.refused,
        )
        for each in case.actions
    ]


def as_told(conference: CaseConference, sent: Circulated) -> CaseConference:
    """The conference with the hour and the place that an agency was told."""
    return msgspec.structs.replace(
        conference,
        starts_at=sent.starts_at or conference.starts_at,
        place=sent.place if sent.starts_at else conference.place,
    )


def newest_by_agency(rows: Sequence[Circulated]) -> dict[Id, Circulated]:
    """The last circulation to each agency that it was not withheld from."""
    return {row.agency_id: row for row in sorted(rows, key=lambda row: (row.at, row.id)) if not row.withheld}


def _bound(circulation_id: Id, case_id: Id) -> str:
    return f"circulated/{circulation_id}/{case_id}"
