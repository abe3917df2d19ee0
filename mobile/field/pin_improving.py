"""A contact is saved before GPS answers; a better fix that comes soon after improves its pin. A pin that a worker
chose is never moved.

Only the newest contact waits for a fix, for a minute, and it is improved at most once: each improvement is a
correction that is sent.
"""

from mobile.device.location import position_of
from mobile.device.ports import RawFix
from mobile.field.recording import Recording
from mobile.opening.context import Clock
from mobile.store.rows import to_ms
from shared.model.codes import PinSource
from shared.model.contact import Contact
from shared.model.position import Position
from shared.model.value import Id

WAIT_MS = 60_000
GOOD_ENOUGH_M = 25.0


class PinImproving:
    """The pin of the newest contact."""

    def __init__(self, recording: Recording, clock: Clock) -> None:
        self._recording, self._clock = recording, clock
        self._waiting: tuple[Id, Position | None, int] | None = None

    def saved(self, contact: Contact) -> None:
        """A contact was saved; its pin may wait for a better fix."""
        waits = is_improvable(contact.position)
        self._waiting = (contact.id, contact.position, self._clock.uptime_ms()) if waits else None

    def chosen_by_hand(self, contact_id: Id) -> None:
        """A worker placed the pin: leave it there."""
        if self._waiting is not None and self._waiting[0] == contact_id:
            self._waiting = None

    def heard(self, fix: RawFix) -> None:
        """A new fix. May be called from any thread."""
        waiting = self._waiting
        if waiting is None:
            return
        contact_id, pin, since_ms = waiting
        if self._clock.uptime_ms() - since_ms > WAIT_MS:
            self._waiting = None
        elif is_improvement(pin, fix):
            self._waiting = None
            found = position_of(fix, to_ms(self._clock.now()))
            self._recording.refine_contact(contact_id, {"position": found}, reason="a better GPS fix")


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
