"""Giving an order that protects somebody: written in the database, and in the ledger outside it, which outlives a restore (A9).

The outside ledger is an append-only file of JSON lines under LANTERN_DATA, and the same lines in a second place that an operator
names (LANTERN_LEDGER_COPY). Lines are written just before their transaction commits: an order that fell through leaves none, or
one that a later line takes back.
What each order means when it is repeated is in `server.actions.operation.ledger`.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import event
from sqlalchemy.orm import Session

from server.database.engine import OUTSIDE
from server.queries.operation import audit
from server.queries.operation.audit import LedgerEntry
from server.queries.partnership import workers
from server.queries.partnership.recipients import Recipient
from server.queries.people.concealment import Hiding
from server.settings import Settings
from shared.model.codes import DeviceStatus
from shared.model.consent import ConsentSaid
from shared.model.person import PersonMerged
from shared.model.value import NO_JSON, Id

PENDING, WRITTEN = "ledger_lines", "ledger_lines_written"
_read = msgspec.json.Decoder(LedgerEntry).decode

DEVICE_ENROLLED, DEVICE_RENEWED, DEVICE_STATUS = "device_enrolled", "device_renewed", "device_status"
DEVICE_CONFIRMED, TOKENS_REVOKED = "device_confirmed", "tokens_revoked"
PERSON_ERASED, PERSON_HIDDEN, PERSON_SHOWN = "person_erased", "person_hidden", "person_shown"
ENTITY_PLACED, PEOPLE_MERGED, RECIPIENT, MARK = "entity_placed", "people_merged", "recipient", "mark"
WORKER, TEAM = "worker", "team"
DOCUMENT_ERASED, SYSTEM_ENDED, SYSTEM_SECRET = "document_erased", "system_ended", "system_secret"
SYSTEM_MOVED, MAILBOX_MOVED, AGREEMENT = "system_moved", "mailbox_moved", "agreement"
PROOF_REPLACED, RECOVERY_CODE_USED, ACCOUNT_UNTIED = "proof_replaced", "recovery_code_used", "account_untied"
REPORTING_KEY_ENDED, ANALYST_ENDED, SEAT_TAKEN, GUEST_TAKEN = (
    "reporting_key_ended", "analyst_ended", "seat_taken", "guest_taken",
)  # fmt: skip
PUBLICATION_WITHDRAWN, SHARING_ENDED = "publication_withdrawn", "sharing_ended"
VOID = "void"
"""A line that takes back the one of the order it names: that fell through once it was written."""

REASON_LOST = "Ordered before a restore; the reason that was given then is not in the backup"


@dataclass(frozen=True)
class Ledger:
    """The ledger of one server as it stands outside the database. `copy` is its second place, where one is named; `backed_up` is
    read beside them where a backup is restored."""

    path: Path
    copy: Path | None = None
    backed_up: Path | None = None

    def write(self, session: Session, entry: LedgerEntry) -> None:
        """Keep an entry, here too when the transaction commits."""
        give(session, entry, self.append)

    def read(self) -> list[LedgerEntry]:
        """Every entry of either place, in the order of their times. A last line that a power cut tore is passed over."""
        found: dict[Id, LedgerEntry] = {}
        for place in (*self.places, *((self.backed_up,) if self.backed_up else ())):
            found |= {entry.id: entry for entry in _read_lines(place) if entry.id not in found}
        return sorted(found.values(), key=lambda entry: entry.at)

    def append(self, lines: Iterable[bytes]) -> None:
        """Write lines in every place, on the disk when it returns. Raises OSError: then the order is not given."""
        together = b"".join(line + b"\n" for line in lines)
        for place in self.places:
            _append(place, together)

    def complete(self, entries: Sequence[LedgerEntry]) -> int:
        """Write down what is missing in either place, as what another machine ordered; returns how many lines that took."""
        written = 0
        for place in self.places:
            known = {entry.id for entry in _read_lines(place)}
            lines = [msgspec.json.encode(entry) + b"\n" for entry in entries if entry.id not in known]
            if lines:
                _append(place, b"".join(lines))
            written += len(lines)
        return written

    @property
    def places(self) -> tuple[Path, ...]:
        """Where it is kept."""
        return (self.path,) if self.copy is None else (self.path, self.copy)


def open_ledger(settings: Settings) -> Ledger:
    """The ledger of this server."""
    return Ledger(settings.data / "ledger.jsonl", settings.ledger_copy)


def _read_lines(path: Path) -> list[LedgerEntry]:
    if not path.exists():
        return []
    found: dict[Id, LedgerEntry] = {}
    given: Counter[Id] = Counter()
    for line in path.read_bytes().splitlines():
        try:
            entry = _read(line)
        except NO_JSON:
            continue
        if entry.kind == VOID:
            given[entry.subject_id] -= 1
        else:
            given[entry.id] += 1
            found.setdefault(entry.id, entry)
    return [entry for entry in found.values() if given[entry.id] > 0]


def _append(path: Path, together: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            together = b"\n" + together  # a line that a power cut tore spoils no other
        os.write(handle, together)
        os.fsync(handle)
    finally:
        os.close(handle)


Append = Callable[[Iterable[bytes]], None]


def give(session: Session, entry: LedgerEntry, append: Append | None = None) -> None:
    """Keep an order in this transaction, and outside just before it commits.

    Without `append` it goes where the database's own composition root says; a database that nobody serves has no such place.
    """
    audit.add_ledger_entry(session, entry)
    append = append or session.info.get(OUTSIDE)
    if append is None:
        return
    pending = session.info.get(PENDING)
    if pending is None:
        pending = session.info[PENDING] = []
        event.listen(session, "before_commit", _write_pending)
        event.listen(session, "after_commit", _let_stand)
        event.listen(session, "after_rollback", _take_back)
    pending.append((append, entry))


def _write_pending(session: Session) -> None:
    """Write outside what this transaction is about to commit; what a savepoint took back again was not ordered."""
    if session.in_nested_transaction():
        return  # a part of it is done, and what comes after may still fail
    pending, session.info[PENDING] = session.info[PENDING], []
    standing = audit.find_ledger_ids(session, [entry.id for _, entry in pending])
    lines: dict[Append, list[bytes]] = {}
    for append, entry in pending:
        if entry.id in standing:
            lines.setdefault(append, []).append(msgspec.json.encode(entry))
    session.info[WRITTEN] = [each for each in pending if each[1].id in standing]
    for append, each in lines.items():
        append(each)


def _let_stand(session: Session) -> None:
    session.info.pop(WRITTEN, None)


def _take_back(session: Session) -> None:
    """The commit failed, or one of the places. Where not even this can be written, the ledger knows more, and it is said."""
    for append, entry in session.info.pop(WRITTEN, ()):
        void = LedgerEntry(id=f"{VOID} {entry.id}", at=entry.at, kind=VOID, subject_id=entry.id)
        with suppress(OSError):
            append([msgspec.json.encode(void)])


# ------------------------------------------------------------------------------------------------------- the orders


def _entry(kind: str, subject_id: Id, now: datetime, entry_id: Id, **detail: Any) -> LedgerEntry:
    """An order; what is not a text already stands in its detail as JSON."""
    told = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in detail.items()
    }
    return LedgerEntry(id=entry_id, at=now, kind=kind, subject_id=subject_id, detail=told)


def tell_of(entry: LedgerEntry, name: str, kind: Any) -> Any:
    """What `_entry` wrote as JSON."""
    return msgspec.json.decode(entry.detail[name], type=kind)


def order_erasure(session: Session, person_ids: Sequence[Id], now_ms: int) -> None:
    """People were erased: while this stands, whatever comes of them is erased as it comes. Ordered before, it stands already."""
    known = audit.find_subjects(session, PERSON_ERASED, person_ids)
    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    for person_id in person_ids:
        if person_id not in known:
            give(session, _entry(PERSON_ERASED, person_id, at, id_of(PERSON_ERASED, person_id)))


def id_of(kind: str, subject_id: Id) -> Id:
    """An id for what is ordered, or follows, once of somebody: the same wherever that is repeated."""
    return sha256(f"{kind}/{subject_id}".encode()).hexdigest()[:32]


def order_document_erased(session: Session, document_id: Id, now: datetime, entry_id: Id) -> None:
    """A document was taken off for good: one that a restore brings back goes again."""
    give(session, _entry(DOCUMENT_ERASED, document_id, now, entry_id))


def order_hiding(
    session: Session, hiding: Hiding, entities: Sequence[Id], known_to: Sequence[str], now: datetime, entry_id: Id
) -> None:
    """A person was hidden; `entities` are concealed from all scopes but these. Why stays in the database: no word about anybody
    is in the ledger."""
    hiding = msgspec.structs.replace(hiding, reason=REASON_LOST)
    give(
        session,
        _entry(
            PERSON_HIDDEN,
            hiding.person_id,
            now,
            entry_id,
            hiding=hiding,
            entities=list(entities),
            known_to=list(known_to),
        ),
    )


def order_showing(
    session: Session, person_id: Id, entities: Sequence[Id], worker_id: Id, now: datetime, entry_id: Id
) -> None:
    """A person was shown again."""
    give(
        session,
        _entry(PERSON_SHOWN, person_id, now, entry_id, entities=list(entities), worker_id=worker_id),
    )


def order_placing(session: Session, entity: Id, scopes: Iterable[str], now: datetime, entry_id: Id) -> None:
    """An entity was handed over: it is heard in these scopes."""
    give(session, _entry(ENTITY_PLACED, entity, now, entry_id, scopes=sorted(scopes)))


def order_merge(session: Session, merge: PersonMerged, now: datetime) -> None:
    """Two records were found to be one person, or not to be after all. The fact's own id is the order's."""
    give(session, _entry(PEOPLE_MERGED, merge.from_id, now, merge.id, merge=merge))


def order_recipient(session: Session, recipient: Recipient, now: datetime, entry_id: Id) -> None:
    """What is agreed about an agency and a role now."""
    give(session, _entry(RECIPIENT, recipient.id, now, entry_id, recipient=recipient))


def order_device(session: Session, number: int, status: DeviceStatus, now: datetime, entry_id: Id) -> None:
    """A phone was revoked, or is to be wiped."""
    give(session, _entry(DEVICE_STATUS, str(number), now, entry_id, status=str(status)))


def order_confirmed(session: Session, number: int, now: datetime, entry_id: Id) -> None:
    """The digits of a phone were compared: after a restore nobody need meet its worker for that again."""
    give(session, _entry(DEVICE_CONFIRMED, str(number), now, entry_id))


def order_tokens_revoked(session: Session, family_id: Id, now: datetime) -> None:
    """Two hold the tokens of one phone: none of this family is good any more, whatever a backup knows of it."""
    give(session, _entry(TOKENS_REVOKED, family_id, now, id_of(TOKENS_REVOKED, family_id)))


def order_worker(session: Session, worker_id: Id, now: datetime, entry_id: Id) -> None:
    """Whether a worker acts, in which roles, teams and districts: as it stands in this transaction."""
    standing = workers.get_standing(session, worker_id)
    give(session, _entry(WORKER, worker_id, now, entry_id, standing=standing))


def order_team(session: Session, team_id: Id, district_ids: Iterable[Id], now: datetime, entry_id: Id) -> None:
    """The districts that a team walks now: its members may open what is there."""
    give(session, _entry(TEAM, team_id, now, entry_id, district_ids=sorted(district_ids)))


def order_system_ended(session: Session, system_id: Id, now: datetime, entry_id: Id) -> None:
    """A partner's program is let in no more."""
    give(session, _entry(SYSTEM_ENDED, system_id, now, entry_id))


def order_system_secret(session: Session, system_id: Id, secret_hash: str, now: datetime, entry_id: Id) -> None:
    """A partner's program has another secret: somebody may know the one before."""
    give(session, _entry(SYSTEM_SECRET, system_id, now, entry_id, secret_hash=secret_hash))


def order_system_moved(session: Session, system_id: Id, now: datetime, entry_id: Id) -> None:
    """A partner's program hears elsewhere of what is new: where it did, somebody else may listen."""
    give(session, _entry(SYSTEM_MOVED, system_id, now, entry_id))


def order_mailbox_moved(session: Session, agency_id: Id, now: datetime, entry_id: Id) -> None:
    """An agency is written to elsewhere: its mailbox of before may be somebody else's. No address stands here."""
    give(session, _entry(MAILBOX_MOVED, agency_id, now, entry_id))


def order_agreement(session: Session, agreement_id: Id, last_day: date | None, now: datetime, entry_id: Id) -> None:
    """What was signed ends on another day now; None where it is taken away."""
    give(session, _entry(AGREEMENT, agreement_id, now, entry_id, last_day=last_day.isoformat() if last_day else ""))


def order_proof_replaced(session: Session, worker_id: Id, now: datetime) -> None:
    """A worker has another password, or another authenticator: somebody may know the one before. Neither stands here."""
    give(session, _entry(PROOF_REPLACED, worker_id, now, id_of(f"{PROOF_REPLACED} {now.isoformat()}", worker_id)))


def order_recovery_code_used(session: Session, worker_id: Id, code_hash: str, now: datetime) -> None:
    """A code that is good once was used."""
    give(session, _entry(RECOVERY_CODE_USED, worker_id, now, id_of(RECOVERY_CODE_USED, code_hash), code_hash=code_hash))


def order_account_untied(session: Session, worker_id: Id, issuer: str, now: datetime, entry_id: Id) -> None:
    """The organisation's account signs this worker in no more."""
    give(session, _entry(ACCOUNT_UNTIED, worker_id, now, entry_id, issuer=issuer))


def order_reporting_key_ended(session: Session, key_id: Id, now: datetime) -> None:
    """A key by which reports come in (Open311) was taken away."""
    give(session, _entry(REPORTING_KEY_ENDED, key_id, now, id_of(REPORTING_KEY_ENDED, key_id)))


def order_analyst_ended(session: Session, analyst_id: Id, by: Id, now: datetime) -> None:
    """Somebody reads exact counts no more."""
    give(session, _entry(ANALYST_ENDED, analyst_id, now, id_of(ANALYST_ENDED, analyst_id), by=by))


def order_seat_taken(session: Session, district_id: Id, agency_id: Id, now: datetime, entry_id: Id) -> None:
    """An agency is at a district's table no more."""
    give(session, _entry(SEAT_TAKEN, district_id, now, entry_id, agency_id=agency_id))


def order_guest_taken(
    session: Session, conference_id: Id, case_id: Id, agency_id: Id, now: datetime, entry_id: Id
) -> None:
    """An agency is invited to a case no more."""
    give(session, _entry(GUEST_TAKEN, conference_id, now, entry_id, case_id=case_id, agency_id=agency_id))


def order_withdrawal(session: Session, release_id: Id, by: Id, now: datetime) -> None:
    """A publication is told no more."""
    give(session, _entry(PUBLICATION_WITHDRAWN, release_id, now, id_of(PUBLICATION_WITHDRAWN, release_id), by=by))


def order_sharing_ended(session: Session, said: ConsentSaid, now: datetime) -> None:
    """A person refused that something of theirs is shared, or took it back. The fact's own id is the order's; no word of theirs
    stands here."""
    bare = msgspec.structs.replace(said, words="", document_id=None)
    give(session, _entry(SHARING_ENDED, said.person_id, now, said.id, said=bare))


def mark(session: Session, now: datetime, entry_id: Id) -> None:
    """A line that orders nothing: by it a database is noticed that was put back to an earlier state."""
    give(session, _entry(MARK, "", now, entry_id))
