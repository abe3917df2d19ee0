"""Passwords:

argon2id, at the cost the settings say (privacy rule C2), a few at a time so that sign-ins cannot eat the memory.

No composition rules and no rotation: length counts, and how soon somebody would guess it.
"""

from base64 import b64encode
from collections.abc import Collection
from threading import BoundedSemaphore

from argon2 import DEFAULT_HASH_LENGTH, DEFAULT_RANDOM_SALT_LENGTH, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION, Type

from server.settings import PasswordCost

TOO_EASY = (
    "This is among the first that somebody would try. Use three or four words that have nothing to do with each other."
)
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
        self._nobody = _hash_of_nobody(cost)

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


def _hash_of_nobody(cost: PasswordCost) -> str:
    """A hash that no password has, at this cost; comparing with it takes as long as with another. Nothing is computed for it."""
    salt, digest = (
        b64encode(bytes(size)).decode().rstrip("=") for size in (DEFAULT_RANDOM_SALT_LENGTH, DEFAULT_HASH_LENGTH)
    )
    spent = f"m={cost.memory_kib},t={cost.passes},p={cost.lanes}"
    return f"$argon2id$v={ARGON2_VERSION}${spent}${salt}${digest}"


OWN_WORDS = (
    "lantern", "outreach", "rough", "sleeper", "sleeping", "homeless", "county", "conference", "coordinator", "council",
    "hertfordshire", "watford", "password", "welcome", "demo", "evening",
)  # fmt: skip
"""What somebody who knows the product would try first."""
READ_OF_ONE = 72
"""How much of a password is judged: zxcvbn takes its time with more, and nobody guesses as much."""
GUESSES_MIN = 10**8
"""zxcvbn's own bar (its score 3) for what a slow hash protects; the hash here is slower than the one it thinks of."""


def why_unusable(password: str, *, has_second_factor: bool = False, known_words: Collection[str] = ()) -> str | None:
    """Why this cannot become a password, or None. Its length counts, and how soon somebody would guess it who tries the 30,000
    commonest, dates, keys in a row, and what they know: the product's words, and `known_words` such as a name."""
    shortest = SHORTEST_WITH_SECOND_FACTOR if has_second_factor else SHORTEST
    if len(password) < shortest:
        return f"Use {shortest} characters or more: three or four words are easy to remember."
    if len(password) > LONGEST:
        return f"Use {LONGEST} characters or fewer."
    if len(set(password)) < 5:
        return "Use more than a few different characters."
    words = [word for each in (*OWN_WORDS, *known_words) for word in each.casefold().split() if len(word) > 2]
    if len(_left_without(password, words)) < SHORTEST_WITH_SECOND_FACTOR:
        return TOO_EASY
    from zxcvbn import zxcvbn  # 12 MB of words, for whoever sets a password

    return TOO_EASY if zxcvbn(password[:READ_OF_ONE], user_inputs=words)["guesses"] < GUESSES_MIN else None


def _left_without(password: str, words: Collection[str]) -> str:
    """The letters and digits that are no such word."""
    left = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, " ")
    return "".join(filter(str.isalnum, left))
