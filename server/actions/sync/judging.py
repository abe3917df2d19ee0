"""Held changes judged anew, as their own phone's, once the one reason that held them is gone: the digits were compared, or the
server's fault is mended. The wall, the times and the tables are asked as at the push; what still may not stand stays held, and
says why."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from server.actions.sync.projection.holding import hold_subjects
from server.actions.sync.validation import validate
from server.database.sql import Sql
from server.queries.sync import changes, orders
from server.queries.sync.applying import OUR_FAULT, why_unfit
from server.queries.sync.changes import StoredBody
from server.queries.sync.orders import Carried
from server.queries.sync.store import Project
from shared.model.value import Id
from sync.past import Withheld
from sync.wire import Refused

AT_ONCE = 500


def judge_faults_again(session: Session, project: Project, now: datetime, new_id: Callable[[], Id]) -> int:
    """What the server itself failed on; returns how many count now."""
    held = changes.list_quarantined_for(session, OUR_FAULT, AT_ONCE)
    return judge_again(session, project, held, by="", now=now, new_id=new_id)


def judge_again(
    session: Session, project: Project, held: Collection[StoredBody], *, by: Id, now: datetime, new_id: Callable[[], Id]
) -> int:
    """Let in, in the order in which they came and in their author's name, those that may stand today; returns how many. `by` is
    whoever took the reason away ("": the server)."""
    let_in = 0
    hold_subjects(session, [each.change for each in held if each.change is not None], [each.id for each in held])
    for stored in held:
        reason = _try(session, project, stored, by, now, new_id())
        if reason is None:
            let_in += 1
        elif reason != stored.reason:
            changes.quarantine_changes(Sql(session), {stored.id: reason})
    return let_in


def _try(session: Session, project: Project, stored: StoredBody, by: Id, now: datetime, new_id: Id) -> str | None:
    """Let a change in; returns why it stays held, None when it does not."""
    change, kept = stored.change, stored.reason or ""
    judged = validate(change) if change is not None and not change.erased else kept
    if isinstance(judged, str) or change is None:
        return judged if isinstance(judged, str) else kept
    carried = Carried(device=stored.device, meaning=judged.meaning)
    now_ms = int(now.timestamp() * 1000)
    try:
        with Sql(session).savepoint():
            adopted = orders.adopt(
                session,
                stored.id,
                by=by,
                new_id=new_id,
                now_ms=now_ms,
                project=project,
                said=judged.kept,
                carried=carried,
            )
    except Withheld as withheld:
        return withheld.reasons.get(new_id, kept)
    except (Refused, OperationalError):
        raise
    except Exception as error:
        return why_unfit(error) or kept
    return None if adopted is not None else kept
