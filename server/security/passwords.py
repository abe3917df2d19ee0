"""Passwords:

argon2id, at the cost the settings say (privacy rule C2), a few at a time so that sign-ins cannot eat the memory.

No composition rules and no rotation: length is what counts.
"""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from server.settings import PasswordCost

SHORTEST = 15
SHORTEST_WITH_SECOND_FACTOR = 8
LONGEST = 256
AT_ONCE = 4
"""Hashes computed at the same time in one process: at 64 MiB each, a quarter of a gibibyte at most."""


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, cost: PasswordCost) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes, type=Type.ID
        )
        self._turns = BoundedSemaphore(AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The hash to keep. Never keep the password."""
        with self._turns:
            return self._hasher.hash(password)

    def matches(self, kept_hash: str | None, password: str) -> bool:
        """Is this the password?

        Takes as long when there is no hash to compare with, so that nobody learns who exists.
        """
        with self._turns:
            try:
                self._hasher.verify(kept_hash or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return kept_hash is not None

    def is_outdated(self, kept_hash: str) -> bool:
        """Was it made at another cost than today's? Then hash it again at the next good sign-in."""
        return self._hasher.check_needs_rehash(kept_hash)


def why_unusable(password: str, *, has_second_factor: bool = False) -> str | None:
    """Why this cannot become a password, or None. Only its length counts, and that it is not one thing repeated."""
    shortest = SHORTEST_WITH_SECOND_FACTOR if has_second_factor else SHORTEST
    if len(password) < shortest:
        return f"Use {shortest} characters or more: three or four words are easy to remember."
    if len(password) > LONGEST:
        return f"Use {LONGEST} characters or fewer."
    if len(set(password)) < 5:
        return "Use more than a few different characters."
    return None
