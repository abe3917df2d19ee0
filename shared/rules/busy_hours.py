"""Who opened so many records in an hour that somebody should ask why (privacy rule C8). Pure."""

from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.model.value import Id, Value

MOST_IN_AN_HOUR = 100
PROVE_AGAIN_AFTER = 300
"""So many in an hour, and whoever looks proves themselves again before the next."""
HOUR = timedelta(hours=1)


class BusyHour(Value, frozen=True, kw_only=True):
    """A worker's busiest hour: the people whose records they opened in the hour that ended at `until`."""

    worker_id: Id
    people: int
    until: datetime


def find_busy_hours(opened: Iterable[tuple[Id, datetime, Id]], most: int = MOST_IN_AN_HOUR) -> list[BusyHour]:
    """The busiest hour of each worker in which they opened more than `most` people's records, the busiest first.

    `opened` are worker, moment and person, the moments of one worker in their order. An hour begins at any moment.
    """
    busiest: dict[Id, BusyHour] = {}
    recent: dict[Id, deque[tuple[datetime, Id]]] = {}
    people: dict[Id, Counter[Id]] = {}
    for worker_id, at, person_id in opened:
        queue, counted = recent.setdefault(worker_id, deque()), people.setdefault(worker_id, Counter())
        queue.append((at, person_id))
        counted[person_id] += 1
        while queue[0][0] <= at - HOUR:
            _, left = queue.popleft()
            counted[left] -= 1
            if not counted[left]:
                del counted[left]
        if len(counted) > most and (worker_id not in busiest or len(counted) > busiest[worker_id].people):
            busiest[worker_id] = BusyHour(worker_id=worker_id, people=len(counted), until=at)
    return sorted(busiest.values(), key=lambda each: (-each.people, each.worker_id))
