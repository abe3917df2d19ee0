"""What phones have sealed to this server: opened box by box, kept where one cannot be opened yet, and tried again for ever.

Sealed work always ends in the record or in somebody's tray. A gap before it, a revocation, a wipe or a damaged neighbour holds
back no box; what no key opens is listed on the page of its phone, with the reason.
"""

import binascii
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec import Struct, structs
from sqlalchemy.orm import Session

from server.actions.sync.validation import validate
from server.database.engine import Database
from server.queries.operation import sealed_boxes
from server.queries.operation.sealed_boxes import KeptBox
from server.queries.sync import store as sync
from server.queries.sync.applying import ServerFault, note_fault
from server.queries.sync.store import Account, Project
from server.security.sealing import open_with_any
from server.security.tokens import decode
from sync.clock import PhoneClock
from sync.reading import read_apart
from sync.wire import Refused

log = logging.getLogger(__name__)

CANNOT_BE_OPENED = (
    "No key of this server opens it: it was damaged on its way, or sealed to a server of another database"
)
BY_A_COLLEAGUE = "handed in by a phone that another worker has now"
"""Nobody vouches for such a box but that worker: what is in it is held until somebody says that it is whose it says."""
NUMBER_IS_ANOTHERS = "Its number already means another record: a copy of this phone was at work"


class Opened(Struct, frozen=True):
    """What became of boxes, by their numbers as they were handed in."""

    opened: tuple[int, ...]
    kept: tuple[int, ...]


class BoxOpener(Struct, frozen=True):
    """Opens boxes. `keys` are read each time, since another machine may have added or rotated keys meanwhile."""

    keys: Callable[[Session], Sequence[X25519PrivateKey]]
    project: Project
    account: Account

    def take(
        self,
        session: Session,
        device: int,
        boxes: Sequence[tuple[int, str]],
        now: datetime,
        clock: PhoneClock | None = None,
        *,
        by_a_colleague: bool = False,
    ) -> Opened:
        """Take boxes (number, base64url) of a phone, and try those again that wait from before. What a colleague's phone hands in
        is held.

        Everything is in the record or kept and listed when the transaction is committed. Raises `Refused` busy.
        """
        given = [
            KeptBox(
                box_hash=sha256(box.encode()).hexdigest(),
                device_number=device,
                n=n,
                received_at=now,
                verdict=BY_A_COLLEAGUE if by_a_colleague else "",
                box=box,
            )
            for n, box in boxes
        ]
        known = {each.box_hash for each in given}
        waiting = [each for each in sealed_boxes.list_shut(session, device) if each.box_hash not in known]
        shut = self._open(session, device, [*given, *waiting], now, clock)
        kept = {each.n for each in given if each.box_hash in shut}
        return Opened(opened=tuple(n for n, _ in boxes if n not in kept), kept=tuple(n for n, _ in boxes if n in kept))

    def try_again(self, session: Session, device: int, now: datetime) -> int:
        """Try the boxes of a phone again that wait; returns how many are in the record now."""
        waiting = sealed_boxes.list_shut(session, device)
        return len(waiting) - len(self._open(session, device, waiting, now)) if waiting else 0

    def _open(
        self,
        session: Session,
        device: int,
        boxes: Sequence[KeptBox],
        now: datetime,
        clock: PhoneClock | None = None,
    ) -> set[str]:
        """Returns (the hashes of) those that stay shut; they are kept, with the reason."""
        keys = self.keys(session)
        plain = {each.box_hash: _open_one(each.box, keys) for each in boxes}
        open_ones = [(each, body) for each in boxes if (body := plain[each.box_hash]) is not None]
        read = read_apart([(each.n or 1, body) for each, body in open_ones], device, validate=validate)
        records = [
            structs.replace(record, fault=record.fault or BY_A_COLLEAGUE) if _is_by_a_colleague(each) else record
            for (each, _), record in zip(open_ones, read, strict=True)
        ]
        now_ms = int(now.timestamp() * 1000)
        clashing = sync.push_apart(session, device, records, now_ms, self.project, self.account, clock)
        reasons = {each.box_hash: CANNOT_BE_OPENED for each in boxes if plain[each.box_hash] is None}
        reasons |= {
            each.box_hash: NUMBER_IS_ANOTHERS
            for (each, _), record in zip(open_ones, records, strict=True)
            if record.n in clashing
        }
        settled = _find_settled(session, device, [each for each in boxes if plain[each.box_hash] is None])
        reasons = {box_hash: why for box_hash, why in reasons.items() if box_hash not in settled}
        sealed_boxes.keep_boxes(
            session, [_because(each, reasons[each.box_hash]) for each in boxes if each.box_hash in reasons]
        )
        sealed_boxes.mark_open(session, [each.box_hash for each in boxes if each.box_hash not in reasons], now)
        return set(reasons)


def _is_by_a_colleague(box: KeptBox) -> bool:
    return box.verdict.startswith(BY_A_COLLEAGUE)


def _because(box: KeptBox, why: str) -> KeptBox:
    """Why it stays shut. By whom it was handed in is not forgotten."""
    why = f"{BY_A_COLLEAGUE}; {why}" if _is_by_a_colleague(box) else why
    return KeptBox(
        box_hash=box.box_hash,
        device_number=box.device_number,
        n=box.n,
        received_at=box.received_at,
        verdict=why,
        box=box.box,
    )


def _open_one(box: str, keys: Sequence[X25519PrivateKey]) -> bytes | None:
    try:
        return open_with_any(decode(box), keys)
    except (ValueError, binascii.Error):
        return None


def _find_settled(session: Session, device: int, shut: Sequence[KeptBox]) -> set[str]:
    """Of boxes that nothing opens those whose record has come another way, by their number: nobody need look at them."""
    numbers = [each.n for each in shut if each.n is not None]
    here = sync.find_numbers_here(session, device, numbers)
    return {each.box_hash for each in shut if each.n in here}


def take_boxes(
    opener: BoxOpener,
    database: Database,
    device: int,
    boxes: Sequence[tuple[int, str]],
    now: datetime,
    clock: PhoneClock | None = None,
    *,
    by_a_colleague: bool = False,
) -> Opened:
    """Take boxes of a phone in a transaction of its own. Raises `Refused` busy."""
    with _noting_faults(database, now), database.writing() as session:
        return opener.take(session, device, boxes, now, clock, by_a_colleague=by_a_colleague)


@contextmanager
def _noting_faults(database: Database, now: datetime) -> Iterator[None]:
    """Since when this server fails is written down, as it is of a push: what fails for an hour is set aside, and the rest
    counts. The transaction that failed was undone."""
    try:
        yield
    except ServerFault as fault:
        with database.writing() as session:
            note_fault(session, fault, int(now.timestamp() * 1000))
        raise


def open_waiting(opener: BoxOpener, database: Database, now: datetime, heartbeat: Callable[[], None]) -> int:
    """Try every box again that waits, a transaction for each phone; returns how many are in the record now."""
    with database.reading() as session:
        phones = sealed_boxes.list_phones_with_shut(session)
    opened = 0
    for number in phones:
        heartbeat()
        try:
            with _noting_faults(database, now), database.writing() as session:
                opened += opener.try_again(session, number, now)
        except Refused as refused:
            log.warning("the sealed boxes of phone %s wait on: %s", number, refused.code)
    return opened
