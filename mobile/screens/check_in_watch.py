"""Watching the lone-working timer on whatever screen, and while the phone is locked: when to buzz, and with which sentence. Pure.

Only times and a number are remembered, nothing about anybody, so that a lock need not end the watch (rule B3). Sentences name
nobody: they may stand on a locked screen (rule B7).
"""

from datetime import datetime

from msgspec.structs import replace

from mobile.field.views import CheckInState
from shared.model.value import Value

MINE, COLLEAGUE = "notify.check_in_due", "notify.colleague_late"
MEANWHILE = "notify.on_shift"
"""What stands on the screen while a check-in is awaited."""


class Watch(Value, frozen=True, kw_only=True):
    """What is known of the timer, and what was told already."""

    due_at: datetime | None = None
    told_due_at: datetime | None = None
    colleagues_late: int = 0
    colleagues_told: int = 0


def heard(watch: Watch, state: CheckInState) -> Watch:
    """The phone was open and said how things stand. Who came back is told again should they be late again."""
    late = len(state.others_overdue)
    return replace(watch, due_at=state.due_at, colleagues_late=late, colleagues_told=min(watch.colleagues_told, late))


def tell(watch: Watch, now: datetime) -> tuple[Watch, tuple[str, ...]]:
    """What is to be told now, each once: keys of sentences."""
    keys = []
    if watch.due_at is not None and now >= watch.due_at and watch.told_due_at != watch.due_at:
        watch = replace(watch, told_due_at=watch.due_at)
        keys.append(MINE)
    if watch.colleagues_late > watch.colleagues_told:
        watch = replace(watch, colleagues_told=watch.colleagues_late)
        keys.append(COLLEAGUE)
    return watch, tuple(keys)
