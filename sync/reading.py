"""Reading a pushed batch, record by record, before any transaction begins.

A record that cannot be read is kept as it came, with its number and the reason, and never spoils its neighbours: only a
body that is no push at all is refused. Nothing is stored or looked up here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from shared.model.value import NO_JSON
from sync.clock import PhoneClock
from sync.wire import (
    LIMITS,
    Change,
    Context,
    Limits,
    PushRequest,
    Refused,
    encode,
    is_null,
    read_change,
    read_hole,
    read_push_request,
)


class Sound(Struct, frozen=True, gc=False):
    """The domain's word for a change that it understands.

    `meaning` is what it read in it, and gets back with the accepted change, so that nobody reads it twice. `kept` is the
    change as it is to be kept and passed on, where the domain may not keep all that was said.
    """

    meaning: Any = None
    kept: Change | None = None


SOUND: Final = Sound()
Validate = Callable[[Change], Sound | str]
"""The domain's judgement of a change: sound, else the reason why not, in words a supervisor understands."""


class Record(Struct, frozen=True, gc=False):
    """One record of a batch: its number, its bytes as they came, and what they hold.

    `change` is None for a hole and for a record that could not be read; `fault` says why a record must be quarantined.
    `meaning` is what the domain read in a sound one; `is_redacted` where the domain keeps less than came.
    """

    n: int
    body: bytes
    change: Change | None = None
    fault: str | None = None
    is_hole: bool = False
    meaning: Any = None
    is_redacted: bool = False

    @property
    def key(self) -> str:
        """The change's id, or for an unreadable record none."""
        return self.change.id if self.change is not None else ""


class DecodedBatch(Struct, frozen=True):
    """A push, ready for the transaction: `records` run on without gaps from the first number."""

    device: int
    now_ms: int
    prior: str
    app: str
    unsent: int
    records: tuple[Record, ...]
    up_ms: int | None = None
    boot: str | None = None

    @property
    def phone(self) -> PhoneClock:
        """The phone's clocks as it sent this."""
        return PhoneClock(self.now_ms, self.up_ms, self.boot)


class _Numbered(Struct, frozen=True):
    n: int


DIGITS_MAX: Final = 300
"""No number, reference or note needs so many digits in a row; Python itself refuses to read one of 4,301."""
_LONG_NUMBER: Final = re.compile(rb"[0-9]{%d}" % (DIGITS_MAX + 1))

_read_number: Final = msgspec.json.Decoder(_Numbered).decode


def accept_all(change: Change) -> Sound:
    """The judgement of a server without a domain: everything readable is sound."""
    return SOUND


def decode_batch(body: bytes, limits: Limits = LIMITS, validate: Validate = accept_all) -> DecodedBatch:
    """Read the plain (inflated) body of a push. Raises `Refused` malformed, too_large or too_many for the body as a whole."""
    if len(body) > limits.inflated_bytes_max:
        raise Refused("too_large")
    try:
        request = read_push_request(body)
    except NO_JSON as error:
        raise Refused("malformed", detail=str(error)) from error
    if len(request.events) > limits.changes_max:
        raise Refused("too_many")
    records = _records(request, limits, validate)
    return DecodedBatch(
        request.device,
        request.now,
        request.prior,
        request.app,
        request.unsent,
        records,
        request.up or None,
        request.boot or None,
    )


def _records(request: PushRequest, limits: Limits, validate: Validate) -> tuple[Record, ...]:
    """The records that run on from the first number; what stands after a break waits for a push of its own."""
    records: list[Record] = []
    expected = _first_number(request.events)
    for raw in request.events:
        record = _read_record(bytes(raw), expected, request.device, limits, validate)
        if record.n != expected:
            break
        records.append(record)
        expected += 1
    return tuple(records)


def read_apart(
    events: Sequence[tuple[int, bytes]], device: int, limits: Limits = LIMITS, validate: Validate = accept_all
) -> list[Record]:
    """Records of one phone's log that need not run on from one another, each with the number it was handed in under.

    What a record itself says of its number stands above that.
    """
    return [_read_record(body, _number_of(body, n), device, limits, validate) for n, body in events]


def _number_of(body: bytes, otherwise: int) -> int:
    try:
        return max(_read_number(body).n, 1)
    except NO_JSON:
        return otherwise


def _first_number(events: Sequence[Raw]) -> int:
    """The number of the first record, worked back from the first one that tells its number."""
    for index, raw in enumerate(events):
        try:
            first = _read_number(raw).n - index
        except NO_JSON:
            continue
        if first >= 1:
            return first
    if events:
        raise Refused("malformed", detail="No record of this push tells its number.")
    return 1


def _read_record(body: bytes, expected: int, device: int, limits: Limits, validate: Validate) -> Record:
    try:
        change = read_change(body)
    except NO_JSON as error:
        return _read_other(body, expected, str(error))
    if change.n != expected:
        return Record(change.n, body, change)
    fault = _fault(change, len(body), device, limits) or why_no_text(body)
    if fault or change.erased:
        return Record(change.n, body, change, fault)
    judged = validate(change)
    if isinstance(judged, str):
        return Record(change.n, body, change, judged)
    if judged.kept is not None:
        return Record(change.n, encode(judged.kept), judged.kept, meaning=judged.meaning, is_redacted=True)
    return Record(change.n, body, change, meaning=judged.meaning)


def _read_other(body: bytes, expected: int, fault: str) -> Record:
    """A hole, or something unreadable that stands where `expected` should."""
    try:
        hole = read_hole(body)
        return Record(hole.n, body, is_hole=True)
    except NO_JSON:
        return Record(expected, body, fault=f"unreadable: {fault}")


def _fault(change: Change, size: int, device: int, limits: Limits) -> str | None:
    """What the protocol itself holds against a readable change."""
    if change.dev != device:
        return "numbered as another device's change"
    if size > limits.change_bytes_max:
        return "larger than a change may be"
    if change.adopts is not None:
        return "says that it lets another change in, which only the server can"
    if change.set_ is not None:
        return _patch_fault(change, change.set_, limits)
    return "a change that says nothing" if is_null(change.p) and not change.erased else None


def why_no_text(body: bytes) -> str | None:
    """A field that no decoder knows is kept as its bytes and handed on: these must at least be JSON that everybody can read."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return "holds bytes that are no text"
    return "holds a longer row of digits than anything needs" if _LONG_NUMBER.search(body) else None


def _patch_fault(change: Change, fields: Mapping[str, tuple[Raw, Context]], limits: Limits) -> str | None:
    if change.e is None:
        return "a patch that names no entity"
    if len(fields) > limits.fields_max:
        return "sets more fields than a patch may"
    if any(len(ctx) > limits.context_devices_max for _, ctx in fields.values()):
        return "names more devices than a context may"
    if any(ctx.get(change.dev, 0) >= change.n for _, ctx in fields.values()):
        return "claims to have seen what this phone had not written yet"
    return None
