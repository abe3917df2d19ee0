"""Check-ins under duress that nobody was told of yet: those that count, and those of phones that were held."""

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database.columns import ID_LENGTH
from server.queries.partnership.workers import list_bearers
from server.queries.sync.changes import StoredBody, list_quarantined
from server.tables.street.alarm import alarm_event
from server.tables.street.shift import check_in, shift
from shared.model.shift import CheckIn
from shared.model.value import NO_JSON, Id, Value

CHECK_IN = "checkin.made"
TEAM_SCOPE = "team:"


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
    calls for help all the same. Whose call it is says the phone, which was enrolled, and not what it wrote."""
    held = [each for each in list_quarantined(session, of_type=CHECK_IN) if _read(each) is not None]
    bearers = list_bearers(session, {each.device for each in held}) if held else {}
    found = {}
    for each in held:
        made = _read(each)
        if made is not None and each.change is not None and each.device in bearers:
            line, team_id = _line_id(each, made), each.change.s.removeprefix(TEAM_SCOPE)
            found[line] = Duress(id=line, worker_id=bearers[each.device][0], team_id=team_id if _is_id(team_id) else "")
    told = set(session.scalars(select(alarm_event.c.id).where(alarm_event.c.id.in_(sorted(found))))) if found else set()
    return [each for known, each in found.items() if known not in told]


def _line_id(held: StoredBody, made: CheckIn) -> Id:
    """The line's id: the check-in's own, so that letting it in calls nobody again."""
    return made.id if _is_id(made.id) else held.id


def _is_id(said: str) -> bool:
    """Could a table hold it? Nobody has looked at what is held."""
    return 0 < len(said) <= ID_LENGTH and said.isascii() and said.isprintable()


def _read(held: StoredBody) -> CheckIn | None:
    """What it says, where it was made under duress."""
    change = held.change
    if change is None or change.erased:
        return None
    try:
        made = msgspec.json.decode(change.p, type=CheckIn)
    except NO_JSON:
        return None
    return made if made.duress else None
