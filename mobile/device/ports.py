"""The ports: what Lantern asks of a phone's hardware, as Protocols. No adapter, no plyer, no Java lives here."""

from collections.abc import Callable
from typing import Protocol

from shared.model.app_state import Weakness
from shared.model.value import Value


class KeystoreLost(Exception):
    """The hardware keystore no longer holds Lantern's key: a restored backup, a cleared credential store (rule B13)."""


class Keystore(Protocol):
    """Two keys that never leave the hardware: one half of the key to the store, and the key that signs requests."""

    @property
    def level(self) -> str:
        """Where the keys live: `strongbox`, `tee`, or `software` on a desktop."""

    @property
    def is_ready(self) -> bool:
        """Whether both keys exist."""

    def make_keys(self) -> None:
        """Make both keys anew; earlier ones are gone for good."""

    def hmac(self, message: bytes) -> bytes:
        """HMAC-SHA256 under the unlocking key, 32 bytes. Raises `KeystoreLost`."""

    def public_key(self) -> bytes:
        """The signing key's public half: an uncompressed P-256 point, 65 bytes. Raises `KeystoreLost`."""

    def sign(self, message: bytes) -> bytes:
        """ECDSA over SHA-256: r and s, 32 bytes each. Raises `KeystoreLost`."""

    def forget_unlocking_key(self) -> None:
        """Crypto-shred: whatever was wrapped under it can never be read again. The signing key stays, to send what is
        sealed.
        """

    def forget_signing_key(self) -> None:
        """The last step of a wipe, once nothing is left to send."""


class RawFix(Value, frozen=True, kw_only=True):
    """One answer of a location source. `at_ms` is the wall clock when it came, milliseconds since 1970; `uptime_ms` when the fix
    was made by the clock that nobody can set, milliseconds since boot, where the source says so.
    """

    latitude: float
    longitude: float
    accuracy_m: float | None = None
    at_ms: int
    uptime_ms: int | None = None
    source: str = "gps"


class Location(Protocol):
    """A source of fixes. `on_fix` may be called from any thread, or not at all."""

    def start(self, on_fix: Callable[[RawFix], None]) -> None:
        """Begin listening. Without permission or hardware nothing happens, and nothing is raised."""

    def stop(self) -> None:
        """Stop listening; may be called twice."""


class Cues(Protocol):
    """What a worker feels and hears. Never raises: a phone without a motor stays silent."""

    def buzz(self, milliseconds: int = 60) -> None:
        """A short vibration."""

    def notify(self, title: str, message: str) -> bool:
        """A notification. Never give it anything personal (rule B7). False when the phone would not show it."""

    def say(self, text: str, language: str = "en") -> None:
        """Speak aloud, in the language of this code."""


class Alarm(Protocol):
    """Rings once, also while the screen is off, as long as the app lives."""

    def set(self, in_ms: int, ring: Callable[[], None]) -> None:
        """Call `ring` after so many milliseconds, on any thread; an earlier alarm is forgotten. Never raises."""

    def cancel(self) -> None:
        """No alarm. Never raises."""


class Guard(Protocol):
    """Rings for a check-in when the phone has ended the app itself. Never raises."""

    def watch(self, in_ms: int, title: str, words: str, meanwhile: str) -> None:
        """Ring after so many milliseconds, and again until it is told otherwise; the words name nobody. `meanwhile` stands on the
        phone's screen until then.
        """

    def end(self) -> None:
        """Nothing to ring for any more."""


Edges = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""


class Outside(Protocol):
    """What lies around the app: the phone's bars over its window, its dialler, its map. Never raises."""

    @property
    def is_there(self) -> bool:
        """Whether there is a dialler and a map to hand something to."""

    def edges(self) -> Edges:
        """How far the phone's bars and notch reach over the window."""

    def watch_back(self, went: Callable[[], None]) -> None:
        """Be told of the Back gesture, on any thread, where the phone does not send it as a key."""

    def leave(self) -> None:
        """Back from the first screen: out of the app."""

    def dial(self, number: str) -> None:
        """Put a number into the dialler; the worker presses call."""

    def show_on_map(self, latitude: float, longitude: float) -> None:
        """Open the phone's map app at a place, and tell it nothing else."""


class Camera(Protocol):
    """The phone's own camera app. Never raises: a phone without one takes no picture."""

    @property
    def is_there(self) -> bool:
        """Whether there is one to hand a picture to."""

    def take(self, path: str, on_taken: Callable[[], None]) -> None:
        """Have a picture written to `path`; `on_taken` may be called on any thread, or never: somebody went back."""


class Links(Protocol):
    """Links that other apps open Lantern with: the phone's camera, after it read an enrolment page's picture."""

    def start(self, on_link: Callable[[str], None]) -> None:
        """Tell of the link that the app was started with, once, and of each that comes later. Any text may come, from any
        app, on any thread. Never raises."""


class Integrity(Protocol):
    """Whether this phone still keeps apps apart (rule B10)."""

    def find(self) -> frozenset[Weakness]:
        """What weakens it, just now; nothing where it cannot be told."""


class Battery(Protocol):
    """How much is left."""

    def percent(self) -> int | None:
        """0 to 100; None when the phone does not say."""


class Uptime(Protocol):
    """The clock that nobody can set: milliseconds since this boot, sleep included, and which boot it is."""

    def milliseconds(self) -> int:
        """Since boot, sleep included."""

    def boot(self) -> str:
        """A name of this boot; another after every restart of the phone."""
