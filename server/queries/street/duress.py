"""Check-ins under duress that nobody was told of yet: those that count, and those of phones that were held."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.queries.street.duress_signs import find_signs, is_duress
from server.queries.street.held_check_ins import list_held_check_ins
from server.tables.street.alarm import alarm_event
from server.tables.street.shift import check_in, shift
from shared.model.value import Id, Value


class Duress(Value, frozen=True, kw_only=True):
    """A check-in under duress that nobody was told of yet. `team_id` is of its shift, else what its phone says, or empty."""

    id: Id
    worker_id: Id
    team_id: Id


def list_unheard_duress(session: Session) -> list[Duress]:
    """The check-ins under duress that are in no alarm's log, the oldest first. The line that tells one has its id."""
    known = select(alarm_event.c.id).where(alarm_event.c.id == check_in.c.id).exists()
    query = (
        select(check_in.c.id, check_in.c.worker_id, shift.c.team_id)
        .outerjoin(shift, shift.c.id == check_in.c.shift_id)
        .where(check_in.c.duress, ~known)
        .order_by(check_in.c.at, check_in.c.id)
    )
    stored = [Duress(id=row.id, worker_id=row.worker_id, team_id=row.team_id or "") for row in session.execute(query)]
    return [*stored, *_list_held(session)]


def _list_held(session: Session) -> list[Duress]:
    """The same of those that wait for somebody's decision: a worker who was moved to another team today, or whose clock is wrong,
    calls for help all the same. Letting it in calls nobody again: the line has the check-in's own id."""
    held = list_held_check_ins(session)
    signs = find_signs(session, {each.worker_id for each in held}) if held else {}
    found = {
        each.id: Duress(id=each.id, worker_id=each.worker_id, team_id=each.team_id)
        for each in held
        if is_duress(each.made, signs.get(each.worker_id), each.heard_at)
    }
    told = set(session.scalars(select(alarm_event.c.id).where(alarm_event.c.id.in_(sorted(found))))) if found else set()
    return [each for known, each in found.items() if known not in told]
