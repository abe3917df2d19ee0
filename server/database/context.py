"""For whom a transaction is: what PostgreSQL is told at its beginning, so that row-level security shows it no other rows.

A context is signed with a key that the database knows and the application's role cannot read there, so whoever runs a statement
of their own cannot take another's. It is set by `set_config(..., true)` and ends with its transaction; without one no row of
anybody is seen. What each kind and relation sees is in the policies (`migrations/versions/`). SQLite has no such wall.
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache, wraps
from hashlib import sha256
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
SETTING: Final = "lantern.context"
KEY: Final = "lantern_context_key"
_STANDS: Final = "lantern_context"
_BLOCK: Final = 64
_UNDOING: Final = "ROLLBACK TO SAVEPOINT"
"""A part that has failed takes this statement and no other."""


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
    whose member. `since`: what was last before it is no relation, but for an open action. `today`: the day of whoever asks.
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
    today: date | None = None

    def spell(self) -> str:
        """As the database reads it: marks with `|` between them. Raises ValueError for an id that could pass for two."""
        named = {"w": self.worker_id, "o": self.own, "a": self.agency_id, "g": self.street_agency}
        marks = [f"k:{self.kind}", *(f"{mark}:{each}" for mark, each in named.items() if each)]
        for mark, listed in (("d", self.districts), ("s", self.street), ("t", self.teams)):
            marks += [f"{mark}:{each}" for each in sorted(listed)]
        marks += ["r:reviews"] if self.reviews else []
        marks += [f"n:{self.since.isoformat()}"] if self.since else []
        marks += [f"y:{self.today}"] if self.today else []
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


class Telling:
    """What PostgreSQL has been told in one transaction, and what it is to be told before the next statement. Told no sooner, so
    that one look beyond the reader after another costs one telling."""

    def __init__(self, key: bytes | None) -> None:
        self.wanted: Context | None = None
        self._told: Context | None = None
        self._key = key

    def before_statement(self, open_cursor: Callable[[], Any]) -> None:
        """Say for whom the next statement is."""
        if self.wanted is not None and self.wanted != self._told:
            with closing(open_cursor()) as cursor:
                tell(cursor, sign(self.wanted.spell(), self._key))
            self._told = self.wanted

    def after_undoing(self) -> None:
        """A savepoint that is undone takes back what was told since."""
        self._told = None


def tell(cursor: Any, signed: str) -> None:
    """Say so to PostgreSQL, until the transaction ends."""
    cursor.execute(f"select set_config('{SETTING}', %s, true)", (signed,))


def begin_acting(session: Session) -> None:
    """Begin a transaction for whoever acts. Only `server.database.engine` calls this."""
    session.info[_STANDS] = Telling(session.info.get(KEY))
    context = _acting.get()
    if context is not None:
        enter(session, context)


def tell_before_statements(engine: Engine) -> None:
    """Let this engine's transactions say for whom they are; what goes past SQLAlchemy asks `find_telling`."""

    def before(connection: Connection, _cursor: Any, statement: str, *_values: Any) -> None:
        telling: Telling | None = connection.info.get(_STANDS)
        if telling is not None and not statement.startswith(_UNDOING):
            telling.before_statement(connection.connection.cursor)

    def undone(connection: Connection, *_savepoint: Any) -> None:
        telling: Telling | None = connection.info.get(_STANDS)
        if telling is not None:
            telling.after_undoing()

    def ended(connection: Connection) -> None:
        if not connection.invalidated:  # the pool forgets of itself what was said to a connection that is gone
            connection.info.pop(_STANDS, None)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "rollback_savepoint", undone)
    event.listen(engine, "commit", ended)
    event.listen(engine, "rollback", ended)


def find_telling(session: Session) -> Telling | None:
    """What a statement of this transaction has to say first, if it goes past SQLAlchemy."""
    telling: Telling | None = session.info.get(_STANDS)
    return telling


def enter(session: Session, context: Context) -> None:
    """From here on the transaction is for this one."""
    telling = find_telling(session)
    if telling is None:
        return
    if telling.wanted is None and session.get_bind().dialect.name == "postgresql":
        session.connection().info[_STANDS] = telling
    telling.wanted = context


READERS: Final = frozenset({Kind.WORKER, Kind.PUBLIC, Kind.SIGN_IN})


@contextmanager
def raised(session: Session, kind: Kind = Kind.POLICY, above: frozenset[Kind] = READERS) -> Iterator[None]:
    """Let what stands within see what a worker's own transaction does not: what policy asks, or what follows from an allowed
    act. What it returns must have passed `decide`. Changes nothing for a transaction that is for none `above`."""
    telling = find_telling(session)
    before = telling.wanted if telling is not None else None
    if telling is None or before is None or before.kind not in above:
        yield
        return
    telling.wanted = Context(kind=kind)
    try:
        yield
    finally:
        telling.wanted = before


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
