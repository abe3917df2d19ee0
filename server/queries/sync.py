"""The server's store for sync: the two doors that phones come through, push and pull, and the way to all the rest.

The rules are in `sync/`; here they are given rows and their decisions are written, inside the caller's transaction
(`Database.writing()`: a pull too notes that its phone was seen). Everything slow stands before the feed counter is
taken: in PostgreSQL its row is held from there to the commit, which is what makes the order of numbers the order of
commits.
"""

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from server.queries import sync_changes as changes
from server.queries import sync_devices as devices
from server.queries import sync_feed as feed
from server.queries.sync_changes import (
    FieldConflict,
    StoredBody,
    find_change,
    get_fields,
    list_changes,
    list_conflicts,
    list_quarantined,
)
from server.queries.sync_devices import (
    DeviceHealth,
    get_device_state,
    list_acked,
    list_device_health,
    record_refusal,
    record_wiped,
    register_device,
    renew_device,
    set_safe,
    set_scopes,
    set_status,
)
from server.queries.sync_orders import (
    Project,
    adopt,
    begin_again,
    conceal,
    erase,
    erase_entities,
    erase_entity,
    find_scopes,
    move_entity,
    place_entity,
    publish,
    reveal,
    set_config,
)
from server.queries.sync_sql import Sql
from sync import feeds, server
from sync.server import AcceptedChange, DecodedBatch, DeviceState, PushPlan
from sync.wire import LIMITS, START, Limits, PullAnswer, PullRequest, PushAnswer

__all__ = [
    "DeviceHealth",
    "FieldConflict",
    "Project",
    "StoredBody",
    "adopt",
    "begin_again",
    "conceal",
    "erase",
    "erase_entities",
    "erase_entity",
    "find_change",
    "find_scopes",
    "get_device_state",
    "get_fields",
    "list_acked",
    "list_changes",
    "list_conflicts",
    "list_device_health",
    "list_quarantined",
    "move_entity",
    "place_entity",
    "publish",
    "pull",
    "push",
    "record_refusal",
    "record_wiped",
    "register_device",
    "renew_device",
    "reveal",
    "set_config",
    "set_safe",
    "set_scopes",
    "set_status",
]


def push(
    session: Session, device_number: int, batch: DecodedBatch, received_at_ms: int, project: Project
) -> PushAnswer:
    """Take the next changes of a phone's log. Repeating a push stores nothing.

    `project` is told the accepted changes; one that it fails on is quarantined and the others stand. Raises `Refused`
    unknown_device, another_device, wipe, revoked, gap or fork: then nothing was stored.
    """
    sql = Sql(session)
    device = devices.get_device(sql, device_number, lock=True)
    known = changes.find_known(sql, device_number, device.acked, batch)
    plan = server.plan_push(device, batch, known, received_at_ms)
    changes.insert_changes(sql, plan.stored)
    plan = _project(session, sql, plan, project)
    devices.record_push(sql, device_number, plan.acked, plan.acked_id)
    devices.record_seen(
        sql, device_number, now_ms=received_at_ms, phone_ms=batch.now_ms, unsent=batch.unsent, app=batch.app
    )
    if plan.stored or plan.again:
        _feed(sql, device, plan)
    return server.push_answer(plan, device_number, received_at_ms)


def _project(session: Session, sql: Sql, plan: PushPlan, project: Project) -> PushPlan:
    accepted = plan.accepted
    if not accepted:
        return plan
    reasons = _apply(session, sql, accepted, project)
    changes.quarantine_changes(sql, reasons)
    return server.quarantine(plan, reasons)


def _apply(session: Session, sql: Sql, accepted: list[AcceptedChange], project: Project) -> dict[str, str]:
    """Let the domain apply changes; those it fails on are found by halving and returned with the reason."""
    try:
        with sql.savepoint():
            project(session, accepted)
    except OperationalError:
        raise
    except Exception as error:
        if len(accepted) == 1:
            return {accepted[0].change.id: f"could not be applied: {type(error).__name__}: {error}"}
        middle = len(accepted) // 2
        return _apply(session, sql, accepted[:middle], project) | _apply(session, sql, accepted[middle:], project)
    return {}


def _feed(sql: Sql, device: DeviceState, plan: PushPlan) -> None:
    """The serialised tail: from here to the commit this push holds the counter."""
    last_seq = feed.lock_counter(sql)
    erased = changes.find_erased(sql, [*(s.id for s in plan.stored), *plan.again])
    if erased:
        changes.strip_changes(sql, {s.id: s.body for s in plan.stored if s.id in erased})
    entities = {s.entity for s in plan.stored if s.entity}
    placements, concealed = feed.find_placements(sql, entities), feed.find_concealments(sql, entities)
    feed.append(sql, feeds.route_all(plan, device.number, placements, erased, concealed), last_seq)


def pull(
    session: Session,
    device_number: int,
    request: PullRequest,
    now_ms: int,
    *,
    minimum_app: str = "",
    limits: Limits = LIMITS,
) -> PullAnswer:
    """A page of what a phone may follow.

    Raises `Refused` unknown_device, another_device, wipe, revoked, malformed, upgrade.
    """
    sql = Sql(session)
    device = devices.get_device(sql, device_number)
    server.check_pull(device, request, minimum_app, limits)
    page = server.start_page(device, request, limits)
    followings = [_follow(sql, scope, request) for scope in server.visible_scopes(device)]
    for following in followings:
        page.add(following, feed.read_on(sql, following.scope, following.cursor.seq, page.rows_left + 1))
    rewinds = sum(following.is_rewound for following in followings)
    devices.record_seen(
        sql,
        device_number,
        now_ms=now_ms,
        phone_ms=request.now,
        unsent=request.unsent,
        app=request.app,
        rewinds=rewinds,
    )
    return server.pull_answer(device, request, followings, page, now_ms)


def _follow(sql: Sql, scope: str, request: PullRequest) -> server.Following:
    cursor = request.cursors.get(scope, START)
    at_cursor = feed.find_cursor(sql, scope, cursor.seq) if cursor.seq else None
    return server.check_cursor(scope, cursor, at_cursor)
