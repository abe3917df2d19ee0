"""Reading pushes: who sends each, and what. Nothing is written, and no turn is needed for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.actions.sync.validation import validate
from server.database.engine import BUSY, Database
from server.problems import Failure
from server.sync_api.admission import busy
from server.sync_api.identity import Caller, SignedRequest, recognise
from sync.reading import DecodedBatch, decode_batch


@dataclass(frozen=True, kw_only=True)
class UnreadPush:
    """A push as it came. `open_body` gives its plain body, or raises Refused."""

    signed: SignedRequest
    open_body: Callable[[], bytes]
    now: datetime

    @property
    def size(self) -> int:
        """What came over the wire, in bytes."""
        return len(self.signed.body)


@dataclass(frozen=True, kw_only=True)
class ReadPush:
    """Its phone, whose signature is good, and its records."""

    caller: Caller
    batch: DecodedBatch


def read_pushes(database: Database, unread: Sequence[UnreadPush]) -> list[ReadPush | Exception]:
    """Each of these read, or why it cannot be: Failure (401), or `Refused` malformed, too_large, too_many, or `busy`."""
    try:
        with database.glancing() as session:
            callers = recognise(session, [each.signed for each in unread], unread[0].now)
    except BUSY:
        return [busy() for _ in unread]
    return [_read(each, caller) for each, caller in zip(unread, callers, strict=True)]


def _read(unread: UnreadPush, caller: Caller | Failure) -> ReadPush | Exception:
    """One of them. Whatever is the matter with it is no other's."""
    if isinstance(caller, Failure):
        return caller
    try:
        return ReadPush(caller=caller, batch=decode_batch(unread.open_body(), validate=validate))
    except Exception as error:
        return error
