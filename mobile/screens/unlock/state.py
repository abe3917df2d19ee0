"""Six digits, and what came of them. Pure. The digits live here only until the sixth, and are never shown."""

from datetime import datetime

import msgspec

from mobile.field.views import LockState, Unlocking
from mobile.program.effects import Effect, Event, Failed, Feel, Go, Home, ask
from shared.model.quick_entry import QuickEntry
from shared.model.value import Value

PIN_LENGTH = 6
CLOSED = {
    LockState.REVOKED,
    LockState.ERASED,
    LockState.KEYSTORE_LOST,
    LockState.STORE_DAMAGED,
    LockState.NOT_ENROLLED,
}
"""No PIN opens these: the phone must be enrolled anew (what was unsent is sealed and still sent)."""
OPEN_TO_QUICK = {LockState.LOCKED, LockState.BLOCKED, LockState.LEASE_EXPIRED}


class UnlockState(Value, frozen=True, kw_only=True):
    """What is typed, and the last answer."""

    pin: str = ""
    trying: bool = False
    lock: LockState = LockState.LOCKED
    attempts_left: int | None = None
    until: datetime | None = None
    wrong: bool = False
    failure: Failed | None = None
    quick: QuickEntry | None = None
    """What was recorded here last: somebody unknown, bedded down."""
    quick_note: str = ""
    """The key of what is said of it."""
    recording: bool = False
    """Recording, or taking back: a second press of a cold thumb does neither again."""

    @property
    def may_record(self) -> bool:
        """Can somebody unknown be recorded from here? Not on a phone that was withdrawn or can read nothing more."""
        return self.lock in OPEN_TO_QUICK

    @property
    def is_closed(self) -> bool:
        """No PIN will help."""
        return self.lock in CLOSED

    @property
    def is_asleep(self) -> bool:
        """The pad takes no key now."""
        return self.trying or self.is_closed or self.lock == LockState.BLOCKED


class KeyPressed(Event, frozen=True, kw_only=True):
    """'0' to '9', or 'erase'."""

    key: str


class Answered(Event, frozen=True, kw_only=True):
    """What came of the PIN."""

    unlocking: Unlocking


class LockSeen(Event, frozen=True, kw_only=True):
    """Where the phone stands; asked when the screen opens, and when a block may have ended."""

    lock: LockState


class EnrolPressed(Event, frozen=True, kw_only=True):
    """Enrol this phone again."""


class QuickPressed(Event, frozen=True, kw_only=True):
    """Unknown person, bedded down, here."""


class QuickKept(Event, frozen=True, kw_only=True):
    """It is on the disk, sealed."""

    entry: QuickEntry


class TakeBackPressed(Event, frozen=True, kw_only=True):
    """It was a mistake."""


class TakenBack(Event, frozen=True, kw_only=True):
    """It is gone, or it may have been sent already."""

    was_here: bool


Result = tuple[UnlockState, tuple[Effect, ...]]


def update(state: UnlockState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case KeyPressed(key=key):
            return _key(state, key)
        case Answered(unlocking=unlocking):
            return _answered(state, unlocking)
        case LockSeen(lock=lock):
            return _with(state, lock=lock, wrong=state.wrong and lock == LockState.LOCKED), ()
        case QuickPressed():
            return _record(state)
        case QuickKept(entry=entry):
            note = "unlock.quick_kept" if entry.position is not None else "unlock.quick_kept_nowhere"
            kept = _with(state, quick=entry, quick_note=note, recording=False)
            return kept, (Feel(name="saved", speak="speak.saved"),)
        case TakeBackPressed():
            return _take_back(state)
        case TakenBack(was_here=was_here):
            note = "unlock.quick_back" if was_here else "unlock.quick_sent"
            return _with(state, quick=None, quick_note=note, recording=False), ()
        case EnrolPressed():
            return state, (Go(screen="enrol", replace=True),)
        case Failed():
            return _with(state, pin="", trying=False, recording=False, failure=event), (Feel(name="refused"),)
    return state, ()


def _record(state: UnlockState) -> Result:
    if state.recording or not state.may_record:
        return state, ()
    record = ask(lambda phone: phone.record_quick(), lambda entry: QuickKept(entry=entry))
    return _with(state, recording=True, failure=None), (record,)


def _take_back(state: UnlockState) -> Result:
    entry = state.quick
    if entry is None or state.recording:
        return state, ()
    return _with(state, recording=True, failure=None), (
        ask(lambda phone: phone.take_quick_back(entry.id), lambda was: TakenBack(was_here=was)),
    )


def _with(state: UnlockState, **changes: object) -> UnlockState:
    return msgspec.structs.replace(state, **changes)


def _key(state: UnlockState, key: str) -> Result:
    if state.is_asleep:
        return state, ()
    if key == "erase":
        return _with(state, pin=state.pin[:-1]), ()
    pin = state.pin + key
    if len(pin) < PIN_LENGTH:
        return _with(state, pin=pin, wrong=False, failure=None), ()
    attempt = ask(lambda phone: phone.unlock(pin), lambda unlocking: Answered(unlocking=unlocking))
    return _with(state, pin=pin, trying=True, wrong=False, failure=None), (attempt,)


def _answered(state: UnlockState, unlocking: Unlocking) -> Result:
    if unlocking.is_unlocked:
        return UnlockState(lock=unlocking.state), (Home(),)
    answered = _with(
        state,
        pin="",
        trying=False,
        lock=unlocking.state,
        attempts_left=unlocking.attempts_left,
        until=unlocking.until,
        wrong=unlocking.state == LockState.LOCKED,
    )
    return answered, (Feel(name="refused"),)
