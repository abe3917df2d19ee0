"""What comes ahead of others: sealed changes of a phone that may be gone, whatever is missing before them.

Pure, as `sync.server` is; the push itself, which asks for a log without gaps, is there.
"""

from collections.abc import Sequence

from sync.clock import PhoneClock
from sync.past import KnownNumbers
from sync.reading import Record
from sync.server import DeviceState, PushPlan, record_id, store_record, unreadable_id


def plan_apart(
    device: DeviceState, records: Sequence[Record], known: KnownNumbers, received_at_ms: int, clock: PhoneClock
) -> tuple[PushPlan, frozenset[int]]:
    """Decide what to keep of records that came sealed, whatever is missing before them, and whatever the phone's status.

    A log that has a gap is no reason to keep a worker's word from anybody: merging asks for no order, and what is missing may
    come yet. Only what runs on from the last acknowledged number is acknowledged. Returns the numbers, too, that already mean
    another change: these records cannot be kept under their own.
    """
    told = {r.n: r for r in reversed(records) if not r.is_hole}
    clashing = {n for n, r in told.items() if r.change is not None and _means_another(device, r, known.ids.get(n))}
    ids = {record_id(r, device.number): r for n, r in sorted(told.items(), reverse=True) if n not in clashing}
    fresh = [r for i, r in ids.items() if i not in known.reasons and r.n not in known.ids]
    stored = tuple(sorted((store_record(device, r, clock, received_at_ms, known) for r in fresh), key=lambda s: s.n))
    here = {r.n: r.key for r in records if r.n not in clashing} | {
        n: i for n, i in known.ids.items() if n not in clashing
    }
    acked = device.acked
    while device.permissions.may_push and acked + 1 in here:
        acked += 1
    acked_id = device.acked_id if acked == device.acked else here[acked]
    return PushPlan(acked=acked, acked_id=acked_id, stored=stored), frozenset(clashing)


def _means_another(device: DeviceState, record: Record, known: str | None) -> bool:
    return known is not None and known not in (record_id(record, device.number), unreadable_id(device.number, record.n))
