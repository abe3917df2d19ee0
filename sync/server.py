"""The server's half of the protocol: what a push means, what a pull answers.

Every function decides from values that the store hands in and returns values for the store to write. No SQL, no clock, no
transport; and no meaning of changes either: whether a change is sound is told by the domain (`sync.reading.Validate`).
The numbering of feeds is in `sync.feeds`.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Raw, Struct, structs

from shared.model.codes import DeviceStatus
from sync import clock
from sync.past import KnownNumbers, why_no_past
from sync.reading import DecodedBatch, Record, Validate, decode_batch
from sync.wire import (
    LIMITS,
    NULL,
    START,
    Change,
    Cursor,
    Held,
    Limits,
    PullAnswer,
    PullRequest,
    PushAnswer,
    Refused,
    Row,
    encode,
    private_scope,
)

__all__ = ["DecodedBatch", "Record", "Validate", "decode_batch"]


class DevicePermissions(Struct, frozen=True):
    """Whether a phone may speak, may listen, and is believed. `refusal` is the answer to whatever is not allowed."""

    may_push: bool
    may_pull: bool
    is_trusted: bool
    refusal: str = ""


PERMISSIONS: Final[dict[DeviceStatus, DevicePermissions]] = {
    DeviceStatus.OK: DevicePermissions(may_push=True, may_pull=True, is_trusted=True),
    DeviceStatus.REVOKED: DevicePermissions(may_push=True, may_pull=False, is_trusted=False, refusal="revoked"),
    DeviceStatus.WIPE_AFTER_PUSH: DevicePermissions(may_push=True, may_pull=False, is_trusted=False, refusal="wipe"),
    DeviceStatus.WIPE_NOW: DevicePermissions(may_push=False, may_pull=False, is_trusted=False, refusal="wipe"),
}

AFTER_REVOCATION: Final = "sent after this phone was revoked"
AFTER_WIPE: Final = "sent after this phone was to be wiped"

SHUT: Final = DevicePermissions(may_push=False, may_pull=False, is_trusted=False, refusal="revoked")
"""What a status allows that this server does not know: nothing."""


class DeviceState(Struct, frozen=True, kw_only=True):
    """What the server knows of one phone. `acked_id` is the change that was acknowledged last."""

    number: int
    status: DeviceStatus
    acked: int
    acked_id: str
    safe: int
    scopes: frozenset[str]
    apart: int = 0
    """The highest number that came ahead of others, sealed (`sync.apart`)."""

    @property
    def permissions(self) -> DevicePermissions:
        return PERMISSIONS.get(self.status, SHUT)


class Stored(Struct, frozen=True, kw_only=True, gc=False):
    """A change as the server keeps it. `change` is None when the record could not be read: then only its bytes are kept."""

    id: str
    device: int
    n: int
    eff: int
    entity: str | None
    scope: str
    type: str
    received_at_ms: int
    reason: str | None
    body: bytes
    change: Change | None
    meaning: Any = None
    happened_at_ms: int = 0
    skew_ms: int = 0

    @property
    def is_accepted(self) -> bool:
        return self.reason is None


class AcceptedChange(Struct, frozen=True, gc=False):
    """A change that counts, as the domain's projection receives it: `eff` is the server's stamp for it, `meaning` what the
    domain read in it when it judged it (None where nobody has, or it was erased since). `happened_at_ms`: 0 if not known;
    `skew_ms`: by how much the server's clock was ahead of its phone's when it was made."""

    change: Change
    eff: int
    received_at_ms: int
    device: int
    meaning: Any = None
    happened_at_ms: int = 0
    skew_ms: int = 0


class PushPlan(Struct, frozen=True, kw_only=True):
    """What a push comes to. `again` maps the ids that another number of the same phone already brought to their reasons."""

    acked: int
    acked_id: str
    stored: tuple[Stored, ...]
    again: Mapping[str, str | None] = {}

    @property
    def accepted(self) -> list[AcceptedChange]:
        return [
            AcceptedChange(s.change, s.eff, s.received_at_ms, s.device, s.meaning, s.happened_at_ms, s.skew_ms)
            for s in self.stored
            if s.is_accepted and s.change is not None
        ]


# ------------------------------------------------------------------------------------------------------------- push


def unreadable_id(device: int, n: int) -> str:
    """The id that a record is kept under when its own cannot be read. A later server may be able to."""
    return f"unreadable-{device}-{n}"


def record_id(record: Record, device: int) -> str:
    """The id that a record is kept under."""
    return record.change.id if record.change is not None else unreadable_id(device, record.n)


def fresh_records(acked: int, batch: DecodedBatch) -> tuple[Record, ...]:
    """The records that the server has not acknowledged before. The rest is repetition and changes nothing."""
    return tuple(r for r in batch.records if r.n > acked)


def check_push(device: DeviceState, batch: DecodedBatch) -> None:
    """Refuse a push that may not happen, or that would leave a gap in the phone's log."""
    if batch.device != device.number:
        raise Refused("another_device")
    if not device.permissions.may_push:
        raise Refused(device.permissions.refusal)
    if not batch.records:
        return
    if batch.records[0].n > device.acked + 1:
        raise Refused("gap", need=device.acked + 1)
    if batch.records[0].n == device.acked + 1 and is_other_past(device, batch):
        raise Refused("gap", need=1)


def is_other_past(device: DeviceState, batch: DecodedBatch) -> bool:
    """Does this batch go on from another change than the one we acknowledged last? Then the phone, or its copy, must send
    its whole log, so that the first number that differs is found."""
    return bool(batch.prior and device.acked_id) and batch.prior != device.acked_id


def check_fork(device: DeviceState, batch: DecodedBatch, ids: Mapping[int, str]) -> None:
    """Refuse a number that already means another change: this phone, or a copy of it, must take a new number."""
    for record in batch.records:
        known = ids.get(record.n)
        if known is None or record.change is None:
            continue
        if known not in (record.change.id, unreadable_id(device.number, record.n)):
            raise Refused("fork", n=record.n)


def verdict(device: DeviceState, record: Record, known: KnownNumbers) -> str | None:
    """Why a record must be quarantined; None when it is accepted."""
    if record.fault is not None:
        return record.fault
    if not device.permissions.is_trusted:
        return AFTER_WIPE if device.permissions.refusal == "wipe" else AFTER_REVOCATION
    if record.change is not None and record.change.s not in device.scopes:
        return "outside the scopes of this phone"
    erased = None if record.is_redacted else known.erased
    return None if record.change is None else why_no_past(record.change, known.acknowledged, erased)


def store_record(
    device: DeviceState, record: Record, phone: clock.PhoneClock, received_at_ms: int, known: KnownNumbers
) -> Stored:
    """A record as it is to be kept: always, whatever is held against it."""
    change = record.change
    made = clock.MadeAt(change.at, change.up, change.boot, change.off) if change else clock.MadeAt(0)
    return Stored(
        id=record_id(record, device.number),
        device=device.number,
        n=record.n,
        eff=clock.clamp(change.hlc, received_at_ms) if change else 0,
        entity=change.e if change else None,
        scope=change.s if change else private_scope(device.number),
        type=change.t if change else "unreadable",
        received_at_ms=received_at_ms,
        reason=verdict(device, record, known),
        body=record.body,
        change=change,
        meaning=record.meaning,
        happened_at_ms=clock.happened_at(made, phone, received_at_ms) if change else 0,
        skew_ms=clock.skew_of(made, phone, received_at_ms) if change else 0,
    )


def plan_push(device: DeviceState, batch: DecodedBatch, known: KnownNumbers, received_at_ms: int) -> PushPlan:
    """Decide a whole push. Raises `Refused` another_device, wipe, revoked, gap or fork."""
    check_push(device, batch)
    check_fork(device, batch, known.ids)
    fresh = [r for r in fresh_records(device.acked, batch) if not r.is_hole]
    unseen = {record_id(r, device.number): r for r in reversed(fresh)}
    stored = [
        store_record(device, r, batch.phone, received_at_ms, known) for i, r in unseen.items() if i not in known.reasons
    ]
    acked, acked_id = last_acknowledged(device, batch)
    return PushPlan(
        acked=acked,
        acked_id=acked_id,
        stored=tuple(sorted(stored, key=lambda s: s.n)),
        again={i: known.reasons[i] for i in unseen if i in known.reasons},
    )


def last_acknowledged(device: DeviceState, batch: DecodedBatch) -> tuple[int, str]:
    """The highest number that is durable once this batch is, and the change it means (none that we could read: empty)."""
    if not batch.records or batch.records[-1].n <= device.acked:
        return device.acked, device.acked_id
    last = batch.records[-1]
    return last.n, last.change.id if last.change is not None else ""


def quarantine(plan: PushPlan, reasons: Mapping[str, str]) -> PushPlan:
    """The plan once the domain could not apply some of the accepted changes (id -> reason)."""
    stored = (structs.replace(s, reason=reasons[s.id]) if s.id in reasons else s for s in plan.stored)
    return structs.replace(plan, stored=tuple(stored))


def push_answer(plan: PushPlan, device: int, received_at_ms: int) -> PushAnswer:
    return PushAnswer(device=device, acked=plan.acked, acked_id=plan.acked_id, server_now=received_at_ms)


# ------------------------------------------------------------------------------------------- the server's own changes


def next_server_number(last: int, now_ms: int) -> int:
    """The number of the server's next own change. Nobody acknowledges these, so they may leave gaps; but a number must never
    mean two changes, not even after a restore from an old backup: therefore they follow the clock, 1024 a millisecond."""
    return max(last + 1, now_ms << 10)


def number_adopted(held: Change, new_id: str, n: int, hlc: int, scope: str) -> Change:
    """The server's own change that says what a quarantined one said, and that its author had seen what it had seen.

    It needs a dot of its own, since a vector may already cover the old one; and not one of device 0, whose later word would
    replace what the server said before, which the author never saw. So it is the only word of device -`n`.
    """
    return structs.replace(held, id=new_id, dev=-n, n=1, hlc=hlc, s=scope, adopts=held.id)


def store_own(change: Change, now_ms: int) -> Stored:
    return Stored(
        id=change.id,
        device=change.dev,
        n=change.n,
        eff=clock.clamp(change.hlc, now_ms),
        entity=change.e,
        scope=change.s,
        type=change.t,
        received_at_ms=now_ms,
        reason=None,
        body=encode(change),
        change=change,
    )


# ------------------------------------------------------------------------------------------------------------- pull


class FeedRow(Struct, frozen=True, gc=False):
    """One live row of a feed with the change it speaks of, as the store reads it."""

    seq: int
    id: str
    op: str
    count: int
    hash: str
    eff: int
    device: int
    n: int
    reason: str | None
    body: bytes


class Following(Struct, frozen=True):
    """One feed to be read on from `cursor`; `is_rewound` when the phone followed another history than ours."""

    scope: str
    cursor: Cursor
    is_rewound: bool = False


def check_pull(device: DeviceState, request: PullRequest, minimum_app: str, limits: Limits = LIMITS) -> None:
    """Refuse a pull that may not happen. An old app is told to upgrade; its pushes still land."""
    if request.device != device.number:
        raise Refused("another_device")
    if not device.permissions.may_pull:
        raise Refused(device.permissions.refusal, after_push=device.permissions.may_push)
    if len(request.cursors) > limits.cursors_max:
        raise Refused("malformed", detail="More cursors than a phone can follow.")
    if version_key(request.app) < version_key(minimum_app):
        raise Refused("upgrade", minimum=minimum_app)


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers, so that 0.10 follows 0.9. An app that tells none is older than any. What follows a plus says how the
    phone stands, and nothing of its age."""
    numbers, _, _ = version.partition("+")
    return tuple(int(part) if part.isdigit() else 0 for part in numbers.split(".")) if numbers else ()


def visible_scopes(device: DeviceState) -> list[str]:
    """The feeds a phone follows: its private one first, so that verdicts come early."""
    return [private_scope(device.number), *sorted(device.scopes)]


def check_cursor(scope: str, cursor: Cursor, at_cursor: Cursor | None) -> Following:
    """Does the phone's past agree with ours? `at_cursor` is our own feed at that sequence, None when it has no such row."""
    if cursor.seq == 0:
        return Following(scope, START)
    return Following(scope, cursor) if at_cursor == cursor else Following(scope, START, is_rewound=True)


class Page:
    """A page being filled from one feed after another, within its limits of rows and bytes."""

    def __init__(self, device: int, rows_max: int, bytes_max: int, trim: bool) -> None:
        self._device = device
        self._bytes_left = bytes_max
        self._trim = trim
        self.rows_left = rows_max
        self.rows: list[Row] = []
        self.next: dict[str, Cursor] = {}
        self.more = False

    def add(self, following: Following, rows: list[FeedRow]) -> None:
        """Take what fits of a feed's next rows; the store hands in one more row than `rows_left`, when there is one."""
        cursor = following.cursor
        for row in rows:
            if self.rows_left == 0 or (self._bytes_left < len(row.body) and self.rows):
                self.more = True
                break
            self.rows.append(Row(following.scope, row.seq, row.id, row.op, row.eff, self._body(row)))
            self.rows_left -= 1
            self._bytes_left -= len(row.body)
            cursor = Cursor(row.seq, row.count, row.hash)
        self.next[following.scope] = cursor

    def _body(self, row: FeedRow) -> Raw:
        match row.op:
            case "put":
                return NULL if self._trim and row.device == self._device else Raw(row.body)
            case "held":
                return Raw(encode(Held(n=row.n, reason=row.reason or "")))
            case "config":
                return Raw(row.body)
            case _:
                return NULL


def start_page(device: DeviceState, request: PullRequest, limits: Limits = LIMITS) -> Page:
    return Page(device.number, min(request.limit, limits.page_rows_max), limits.page_bytes_max, request.trim)


def pull_answer(
    device: DeviceState, request: PullRequest, followings: list[Following], page: Page, now_ms: int
) -> PullAnswer:
    return PullAnswer(
        device=device.number,
        rows=page.rows,
        next=page.next,
        more=page.more,
        rewind=[f.scope for f in followings if f.is_rewound],
        scopes=[f.scope for f in followings],
        acked=device.acked,
        acked_id=device.acked_id,
        safe=device.safe,
        frm=request.cursors,
        trim=request.trim,
        server_now=now_ms,
    )
