"""What a change may claim of the past: words that were heard, erasures that were ordered. And the domain's no to a change.

A context is believed by whoever merges it, on the server and on every phone: one that claims what its author cannot have seen
would hide every later word on that field for ever. So it is held, and nobody merges it.
"""

from collections.abc import Mapping

from msgspec import Struct

from sync.reading import DecodedBatch
from sync.wire import Change


class Withheld(Exception):
    """The domain's no to some changes, each with its reason by the change's id. Nothing of theirs counts; the others stand."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(f"{len(reasons)} changes withheld")
        self.reasons = reasons


class KnownNumbers(Struct, frozen=True):
    """What the store already holds of a batch: this device's ids by number, and those ids that exist under any number.

    An acknowledged number that holds nothing itself tells the batch's own id when that is stored under another, else "".

    `reasons` maps an id that is already stored to the reason it was quarantined for, or None when it was accepted.
    `acknowledged` tells of each device that a context of the batch names the highest number that can have been heard of it
    (None: not asked). `erased` are the ids of the batch whose erasure was ordered.
    """

    ids: Mapping[int, str] = {}
    reasons: Mapping[str, str | None] = {}
    acknowledged: Mapping[int, int] | None = None
    erased: frozenset[str] | None = None


def why_no_past(change: Change, acknowledged: Mapping[int, int] | None, erased: frozenset[str] | None) -> str | None:
    """What a change says of the past that cannot be so. `acknowledged` tells of each device the highest number that can have
    been heard of it, `erased` which changes of a batch were ordered to be erased (None: not asked)."""
    if change.erased and erased is not None and change.id not in erased:
        return "calls itself erased, which nobody ordered"
    if acknowledged is None or change.set_ is None:
        return None
    for _, ctx in change.set_.values():
        for device, number in ctx.items():
            if device != change.dev and number > acknowledged.get(device, 0):
                return "claims to have seen what the server never heard"
    return None


def named_devices(batch: DecodedBatch) -> set[int]:
    """The other devices of whose words the patches of a batch claim to have seen some."""
    changes = [r.change for r in batch.records if r.change is not None and r.change.set_ is not None]
    named = {device for change in changes for _, ctx in (change.set_ or {}).values() for device in ctx}
    return named - {batch.device}
