"""Letting the domain apply accepted changes, and judging whose fault it is where it fails.

What a change itself does wrong sets that change aside. What the server does wrong (a schema that is behind or ahead of the code,
a lost statement, an error in a projection that fails on every change alike) is no verdict on anybody's work: the phone is told
`busy`, keeps what it has and asks again.
"""

import logging
from collections.abc import Callable

from msgspec import MsgspecError, Struct, field
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from server.database.sql import Sql
from server.queries.sync import changes
from sync.past import Withheld
from sync.server import AcceptedChange
from sync.wire import Refused

log = logging.getLogger(__name__)

Project = Callable[[Session, list[AcceptedChange]], None]
"""The domain's projection: what accepted changes mean for its own tables, in the same transaction.

It holds what it derives from (`server.database.locks`), so that two pushes never merge the same field side by side.
"""

RETRY_FAULT_S = 30
GIVE_UP_MS = 60 * 60 * 1000
"""So long a phone tries again for a fault of the server's; then the changes that fail are set aside, and the rest counts."""
FAULT_COUNTER = "fault:"
"""Before the id of the first change of a push that failed, in `sync_counter`: since when (ms)."""
ALIKE_MAX = 8
"""So many changes of one kind that fail alike, and none that passes, are the server's fault: the rest is not tried."""
NOT_NULL = "23502"
FAILED = "could not be applied"
OUR_FAULT = "an error of the server's, which is to be mended: it will be judged again"
"""How the reason ends of a change that the server failed on, while it applied others of its kind."""


class ServerFault(Refused):
    """Busy for a fault of the server's own. `change_id` is the first change of the push, by which its next try is known."""

    def __init__(self, change_id: str) -> None:
        super().__init__("busy", retry_after_s=RETRY_FAULT_S)
        self.change_id = change_id


class _Trial(Struct):
    """What was learnt while a batch was halved: which kinds of change passed, and which failed by no fault of their own."""

    passed: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    doubtful: list[tuple[AcceptedChange, Exception]] = field(default_factory=list)
    first_id: str = ""
    gives_up: bool = False


def note_fault(session: Session, fault: ServerFault, now_ms: int) -> None:
    """Remember since when a push fails (its own transaction was undone)."""
    Sql(session).run(
        "insert into sync_counter (name, value) values (?, ?) on conflict (name) do nothing",
        FAULT_COUNTER + fault.change_id,
        now_ms,
    )


def _gives_up(sql: Sql, first: AcceptedChange) -> bool:
    row = sql.find("select value from sync_counter where name = ?", FAULT_COUNTER + first.change.id)
    return row is not None and first.received_at_ms - row[0] >= GIVE_UP_MS


def apply(session: Session, sql: Sql, accepted: list[AcceptedChange], project: Project) -> dict[str, str]:
    """Let the domain apply changes; those that are at fault themselves are found by halving, and returned with the reason.

    Raises `ServerFault` where the fault is the server's, for an hour, and OperationalError: then nothing of the transaction may
    stand. After that hour what fails is set aside as the server's fault.
    """
    trial = _Trial(first_id=accepted[0].change.id)
    try:
        with sql.savepoint():
            _try(session, sql, accepted, project, trial)
            _raise_doubts(trial)
    except ServerFault:
        if not _gives_up(sql, accepted[0]):
            raise
        trial = _Trial(first_id=trial.first_id, gives_up=True)
        _try(session, sql, accepted, project, trial)
        sql.run("delete from sync_counter where name = ?", FAULT_COUNTER + trial.first_id)
    for change, error in trial.doubtful:
        trial.reasons[change.change.id] = f"{FAILED}: {type(error).__name__}, {OUR_FAULT}"
    return trial.reasons


def _raise_doubts(trial: _Trial) -> None:
    for change, error in trial.doubtful:
        if change.change.t not in trial.passed:
            raise _busy(error, trial) from error


def _try(session: Session, sql: Sql, accepted: list[AcceptedChange], project: Project, trial: _Trial) -> None:
    try:
        with sql.savepoint():
            project(session, accepted)
    except (Refused, PoolTimeout, OperationalError):
        raise
    except Withheld as withheld:
        changes.quarantine_changes(sql, withheld.reasons)
        trial.reasons |= withheld.reasons
        rest = [each for each in accepted if each.change.id not in withheld.reasons]
        if rest:
            _try(session, sql, rest, project, trial)
    except DBAPIError as error:
        if not trial.gives_up and not _is_of_the_change(error):
            raise _busy(error, trial) from error
        _halve(session, sql, accepted, project, trial, error)
    except Exception as error:
        _halve(session, sql, accepted, project, trial, error)
    else:
        trial.passed.update(each.change.t for each in accepted)


def _halve(
    session: Session, sql: Sql, accepted: list[AcceptedChange], project: Project, trial: _Trial, error: Exception
) -> None:
    if len(accepted) > 1:
        middle = len(accepted) // 2
        _try(session, sql, accepted[:middle], project, trial)
        _try(session, sql, accepted[middle:], project, trial)
        return
    (alone,) = accepted
    reason = None if isinstance(error, DBAPIError) and not _is_of_the_change(error) else why_unfit(error)
    if reason is not None:
        trial.reasons[alone.change.id] = reason
        return
    trial.doubtful.append((alone, error))
    alike = [each for each, _ in trial.doubtful if each.change.t == alone.change.t]
    if not trial.gives_up and len(alike) >= ALIKE_MAX and alone.change.t not in trial.passed:
        raise _busy(error, trial) from error


def _is_of_the_change(error: DBAPIError) -> bool:
    """Can what the database refuses be the change's own doing? An empty column cannot: the server fills them."""
    if isinstance(error, IntegrityError):
        return getattr(error.orig, "sqlstate", None) != NOT_NULL and "NOT NULL" not in str(error.orig)
    return isinstance(error, DataError)


def why_unfit(error: Exception) -> str | None:
    """What a change does wrong, in words for its author and a supervisor; None where the server is at fault.

    No word of the database's is repeated: it would quote statements, and people.
    """
    if isinstance(error, IntegrityError):
        return f"{FAILED}: it names something that is not known here, or that stands here already"
    if isinstance(error, DataError):
        return f"{FAILED}: it holds a value that has no room here"
    if isinstance(error, MsgspecError | ValueError):
        return f"{FAILED}: {type(error).__name__}: {error}"
    return None


def _busy(error: Exception, trial: _Trial) -> ServerFault:
    code = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    log.error("a push could not be applied, and will be sent again: %s %s", type(error).__name__, code)
    return ServerFault(trial.first_id)
