"""For whom a transaction is: what PostgreSQL is told at its beginning, so that row-level security shows it no other rows.

A context is signed with a key that the database knows and the application's role cannot read there, so whoever runs a statement
of their own cannot take another's. It is set by `set_config(..., true)` and ends with its transaction; without one no row of
anybody is seen. What each kind and relation sees is in the policies (`migrations/versions/`). SQLite has no such wall.
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache, wraps
from hashlib import sha256
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
SETTING: Final = "lantern.context"
KEY: Final = "lantern_context_key"
_STANDS: Final = "lantern_context"
_BLOCK: Final = 64


class Kind(StrEnum):
    """What a transaction is for. A worker's sees by relation; of the others each table names those that see all of it."""

    WORKER = "worker"
    PUBLIC = "public"
    """A page that nobody signed in for: an alert and what became of it."""
    SIGN_IN = "sign_in"
    """Who somebody is: accounts and sessions, and nobody on the street."""
    POLICY = "policy"
    """Inside a worker's transaction: what the door asks before it decides, and what follows from what it allowed."""
    SYNC = "sync"
    """Phones: what they bring and fetch, each change judged by policy. Not notes, not immigration, no account."""
    JOB = "job"
    COMMAND = "command"
    MIGRATION = "migration"
    BACKUP = "backup"


@dataclass(frozen=True, kw_only=True)
class Context:
    """Whom a transaction is for. Empty for who may see nobody today: `own`, themselves as whoever made a row; `districts`, where
    they may know people; `street`, where they see places and alerts, and `street_agency`, whose teams' contacts; `teams`, as
    whose member. `since`: what was last before it is no relation, but for an open action.
    """

    kind: Kind
    worker_id: str = ""
    own: str = ""
    agency_id: str = ""
    street_agency: str = ""
    districts: frozenset[str] = frozenset()
    street: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    reviews: bool = False
    since: datetime | None = None

    def spell(self) -> str:
        """As the database reads it: marks with `|` between them. Raises ValueError for an id that could pass for two."""
        named = {"w": self.worker_id, "o": self.own, "a": self.agency_id, "g": self.street_agency}
        marks = [f"k:{self.kind}", *(f"{mark}:{each}" for mark, each in named.items() if each)]
        for mark, listed in (("d", self.districts), ("s", self.street), ("t", self.teams)):
            marks += [f"{mark}:{each}" for each in sorted(listed)]
        marks += ["r:reviews"] if self.reviews else []
        marks += [f"n:{self.since.isoformat()}"] if self.since else []
        if any("|" in each or "~" in each for each in marks):
            raise ValueError("An id holds a mark of the context.")
        return "|".join(marks)


_acting: ContextVar[Context | None] = ContextVar("lantern_acting", default=None)


@contextmanager
def acting(context: Context | Kind) -> Iterator[None]:
    """Transactions that begin within are for this one. Each entrance says so once: a request, a job, a command."""
    before = _acting.set(Context(kind=context) if isinstance(context, Kind) else context)
    try:
        yield
    finally:
        _acting.reset(before)


def begin_acting(session: Session) -> None:
    """Tell a transaction that has just begun whom it is for. Only `server.database.engine` calls this."""
    context = _acting.get()
    if context is not None:
        enter(session, context)


def enter(session: Session, context: Context) -> None:
    """From here on the transaction is for this one."""
    if session.info.get(_STANDS) == context:
        return
    session.info[_STANDS] = context
    if session.get_bind().dialect.name == "postgresql":
        tell(session, context)


def tell(session: Session, context: Context) -> None:
    """Say so to PostgreSQL."""
    value = sign(context.spell(), session.info.get(KEY))
    session.connection().exec_driver_sql(f"select set_config('{SETTING}', %s, true)", (value,))


READERS: Final = frozenset({Kind.WORKER, Kind.PUBLIC, Kind.SIGN_IN})


@contextmanager
def raised(session: Session, kind: Kind = Kind.POLICY, above: frozenset[Kind] = READERS) -> Iterator[None]:
    """Let what stands within see what a worker's own transaction does not: what policy asks, or what follows from an allowed
    act. What it returns must have passed `decide`. Changes nothing for a transaction that is for none `above`."""
    before: Context | None = session.info.get(_STANDS)
    if before is None or before.kind not in above:
        yield
        return
    enter(session, Context(kind=kind))
    try:
        yield
    except BaseException:
        with suppress(DBAPIError):  # a transaction that has failed takes no more statements, and ends with its context
            enter(session, before)
        raise
    enter(session, before)


def beyond_reader(do: Callable[Concatenate[Session, Asked], Answer]) -> Callable[Concatenate[Session, Asked], Answer]:
    """A function of a session that sees what its reader's transaction does not: see `raised`."""

    @wraps(do)
    def do_so(session: Session, /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        with raised(session):
            return do(session, *args, **kwargs)

    return do_so


@lru_cache(maxsize=512)
def sign(spelled: str, key: bytes | None) -> str:
    """A context as the database believes it; without a key, as it believes its owner's alone."""
    return f"{spelled}~{hmac.new(key, spelled.encode(), sha256).hexdigest() if key else ''}"


def pads(key: bytes) -> tuple[bytes, bytes]:
    """The inner and the outer block of HMAC-SHA256 (RFC 2104), with which the database checks a signature."""
    padded = key.ljust(_BLOCK, b"\0")
    return bytes(each ^ 0x36 for each in padded), bytes(each ^ 0x5C for each in padded)
