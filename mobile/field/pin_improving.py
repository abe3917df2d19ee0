"""A contact is saved before GPS answers; a better fix that comes soon after improves its pin, and with it the place that was only
suggested. A pin or a place that a worker chose is never moved, and gets no pin that says another place.

Only the newest contact waits for a fix, for a minute, and it is improved at most once: each improvement is a
correction that is sent.
"""

from msgspec import Struct, structs

from mobile.device.location import position_of
from mobile.device.ports import RawFix
from mobile.field.nearby import Nearby
from mobile.field.recording import KEEP, Recording
from mobile.opening.context import Clock
from shared.model.codes import PinSource
from shared.model.contact import Contact
from shared.model.position import Position
from shared.model.value import Id

WAIT_MS = 60_000
GOOD_ENOUGH_M = 25.0


class Waiting(Struct, frozen=True):
    """The contact whose pin may be improved, and since when (uptime)."""

    contact_id: Id
    pin: Position | None
    since_ms: int
    site_is_chosen: bool


class PinImproving:
    """The pin of the newest contact."""

    def __init__(self, recording: Recording, nearby: Nearby, clock: Clock) -> None:
        self._recording, self._nearby, self._clock = recording, nearby, clock
        self._waiting: Waiting | None = None

    def saved(self, contact: Contact, *, site_is_chosen: bool) -> None:
        """A contact was saved; its pin may wait for a better fix."""
        waits = is_improvable(contact.position)
        now_ms = self._clock.uptime_ms()
        self._waiting = Waiting(contact.id, contact.position, now_ms, site_is_chosen) if waits else None

    def chosen_by_hand(self, contact_id: Id, *, pin: bool) -> None:
        """A worker placed the pin, or said which place it was: leave that as it is."""
        waiting = self._waiting
        if waiting is not None and waiting.contact_id == contact_id:
            self._waiting = None if pin else structs.replace(waiting, site_is_chosen=True)

    def heard(self, fix: RawFix) -> None:
        """A new fix. May be called from any thread."""
        waiting = self._waiting
        if waiting is None:
            return
        if self._clock.uptime_ms() - waiting.since_ms > WAIT_MS:
            self._waiting = None
        elif is_improvement(waiting.pin, fix):
            self._waiting = None
            found = position_of(fix, self._clock.uptime_ms())
            self._recording.improve_pin(waiting.contact_id, found, self._site_at(waiting, found))

    def _site_at(self, waiting: Waiting, found: Position) -> Id | None:
        """The place of the better fix; `KEEP` where a worker said which place it is."""
        if waiting.site_is_chosen:
            return KEEP
        site = self._nearby.site_at(found)
        return None if site is None else site.id


def is_improvable(pin: Position | None) -> bool:
    """Would a better fix be welcome?"""
    if pin is None:
        return True
    return pin.source is PinSource.GPS and (pin.accuracy_m is None or pin.accuracy_m > GOOD_ENOUGH_M)


def is_improvement(pin: Position | None, fix: RawFix) -> bool:
    """Is this fix good, and plainly better than the pin?"""
    if fix.accuracy_m is None or fix.accuracy_m > GOOD_ENOUGH_M * 2:
        return False
    return pin is None or pin.accuracy_m is None or fix.accuracy_m < pin.accuracy_m / 2
