"""Which pushes may share a transaction.

Not two of one phone, nor of a phone and its copy: the later one must see what the earlier one left. No store, no clock, no
waiting here.
"""

from collections.abc import Sequence

from sync.reading import DecodedBatch
from sync.server import record_id


def choose_group(first: DecodedBatch, waiting: Sequence[DecodedBatch], changes_max: int) -> list[int]:
    """Which of those that wait go along with `first`, by their places in the line.

    Together they bring no more than `changes_max` changes; `first` goes whatever it brings.
    """
    devices, ids, count = {first.device}, _ids(first), len(first.records)
    chosen = []
    for place, batch in enumerate(waiting):
        brought = _ids(batch)
        if count + len(batch.records) <= changes_max and may_join(batch.device, brought, devices, ids):
            chosen.append(place)
            devices.add(batch.device)
            ids |= brought
            count += len(batch.records)
    return chosen


def may_join(device: int, brought: set[str], devices: set[int], ids: set[str]) -> bool:
    """May a push of this phone, which brings these changes, join those of other phones, which bring others?"""
    return device not in devices and brought.isdisjoint(ids)


def _ids(batch: DecodedBatch) -> set[str]:
    return {record_id(record, batch.device) for record in batch.records}
