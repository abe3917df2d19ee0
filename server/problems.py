"""Everything that may go wrong, as one numbered catalogue (RFC 9457), and the exceptions that name an entry of it.

The first three digits are the HTTP status. A detail says what to do in words a person understands, and never holds a
value from a record. Turning a failure into an answer is `server.problem_answers`' work.
"""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

MEDIA_TYPE = "application/problem+json"


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every failed answer. `type` is the address of a page that explains it."""

    type: str
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str = ""
    errors: tuple[str, ...] = ()


class Kind(Struct, frozen=True):
    """One entry of the catalogue. `number` is for ever; `title` and `advice` may be put better."""

    number: str
    title: str
    advice: str

    @property
    def status(self) -> int:
        """The HTTP status that the number begins with."""
        return int(self.number[:3])

    @property
    def address(self) -> str:
        """Where a person may read about it; the `type` of the answer."""
        return f"/problems/{self.number}"


CATALOGUE: dict[str, Kind] = {}


def _kind(number: str, title: str, advice: str) -> Kind:
    if number in CATALOGUE:
        raise ValueError(f"problem {number} is in the catalogue already")
    CATALOGUE[number] = Kind(number, title, advice)
    return CATALOGUE[number]


UNREADABLE = _kind("400.1", "The request could not be read", "Send what the API page describes.")
INVALID = _kind("400.2", "A value cannot be used", "Mend the fields named in `errors` and send again.")
NOT_SIGNED_IN = _kind("401.1", "Sign in first", "Your session may have ended: sign in again.")
WRONG_PASSWORD = _kind(
    "401.2", "Not signed in", "The e-mail address or the password is not right. Nothing was changed."
)
TOKEN_REFUSED = _kind("401.3", "This phone's token is not valid", "Renew it with the refresh token, or enrol again.")
PROOF_REFUSED = _kind("401.4", "The request is not signed by this phone", "Sign it with the key that was enrolled.")
SECOND_FACTOR_NEEDED = _kind("401.5", "Enter your code", "Type the six digits that your authenticator shows.")
NOT_PROVEN = _kind(
    "401.6", "Not signed in", "Your organisation’s sign-in was not completed. Begin again on the sign-in page."
)
NOT_LINKED = _kind(
    "403.5",
    "This account is not known here",
    "Your organisation knows you, but nobody has tied your account to a worker of this server. Open the link of your invitation, "
    "or ask your administrator.",
)
PROVE_AGAIN = _kind(
    "401.7",
    "Sign in again",
    "You opened very many people’s records in an hour: sign in again, with your code, before the next.",
)
SYSTEM_REFUSED = _kind(
    "401.8",
    "This system’s token is not valid",
    "Ask for a new one with the system’s id and secret: a token lives 15 minutes.",
)
NOT_ALLOWED = _kind("403.1", "Not allowed", "Your role does not include this. Ask your administrator if it should.")
FORGED = _kind("403.2", "The form has expired", "Load the page again and send the form once more. Nothing was changed.")
DEVICE_REVOKED = _kind("403.3", "This phone is revoked", "Send what is unsent; then ask your coordinator.")
NOT_FOUND = _kind("404.1", "There is no such record", "It does not exist, or it is not yours to see.")
NO_SUCH_PAGE = _kind("404.2", "There is no such page", "Check the address.")
WRONG_METHOD = _kind("405.1", "This address does not do that", "Use one of the methods in the Allow header.")
CONFLICTING = _kind("409.1", "It was changed meanwhile", "Load it again and repeat what you meant to change.")
ALREADY_THERE = _kind("409.2", "It is there already", "Nothing was stored twice.")
WEAK_PHONE = _kind(
    "403.4",
    "This phone does not keep apps apart",
    "Enrol a phone that is not rooted, not debugged and no emulator; or let weak phones in by LANTERN_WEAK_PHONES.",
)
CODE_REFUSED = _kind(
    "410.1", "The enrolment code cannot be used", "Ask for a new one: a code lives ten minutes and works once."
)
TOO_SLOW = _kind("408.1", "The request did not arrive", "Send it again on a better line.")
TOO_LARGE = _kind("413.1", "Too much at once", "Send less in one request.")
WRONG_MEDIA_TYPE = _kind("415.1", "The content cannot be read", "Send JSON, or for a form what a browser sends.")
UPGRADE = _kind("426.1", "This app is too old to receive", "Install the new version. What you send still arrives.")
TOO_MANY = _kind("429.1", "Too many tries", "Wait as long as the Retry-After header says.")
FAULT = _kind("500.1", "Something went wrong on our side", "Nothing was stored. It has been noted; please try again.")
UNAVAILABLE = _kind("503.1", "The server is busy or starting", "Try again in a moment. Nothing was stored.")


class Failure(Exception):
    """A request that must be answered with an entry of the catalogue.

    `detail` takes the place of the entry's advice.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        errors: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{kind.number} {kind.title}")
        self.kind = kind
        self.detail = detail or kind.advice
        self.errors = errors
        self.headers = dict(headers or {})

    @property
    def problem(self) -> Problem:
        """The body of the answer."""
        return describe(self.kind, self.detail, self.errors)


class NotFound(Failure):
    """No such record, or one that this actor must not know of: the two are answered with the same bytes (A5)."""

    def __init__(self) -> None:
        super().__init__(NOT_FOUND)


class Forbidden(Failure):
    """Refused for what the actor is, with the reason in words. It says nothing about any record."""

    def __init__(self, reason: str) -> None:
        super().__init__(NOT_ALLOWED, reason)


class Invalid(Failure):
    """Values that cannot be used; each error is a plain sentence."""

    def __init__(self, *errors: str) -> None:
        super().__init__(INVALID, errors=errors)


class InvalidFields(Invalid):
    """Some values cannot be used: `by_field` says which and why, and nothing was written."""

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__(*by_field.values())
        self.by_field = dict(by_field)


def uncut(text: str, longest: int) -> str:
    """The words without the space around them. Raises Invalid where they would have to be cut."""
    words = text.strip()
    if len(words) > longest:
        raise Invalid(f"Use {longest:,} characters or fewer: these are {len(words):,}. Nothing was sent or cut.")
    return words


class TooManyTries(Failure):
    """A rate limit was reached. `retry_after_s` is in seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(TOO_MANY, headers={"retry-after": str(max(1, retry_after_s))})


def describe(kind: Kind, detail: str = "", errors: tuple[str, ...] = ()) -> Problem:
    """The problem that an entry makes."""
    return Problem(type=kind.address, title=kind.title, status=kind.status, detail=detail or kind.advice, errors=errors)
