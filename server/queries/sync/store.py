"""The server's store for sync: the two doors that phones come through, push and pull, and the way to all the rest.

The rules are in `sync/`; here they are given rows and their decisions are written, inside the caller's transaction
(`Database.writing()`; a pull only reads). Everything slow stands before the feed counter is
taken: in PostgreSQL its row is held from there to the commit, which is what makes the order of numbers the order of
commits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct, structs
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.locks import lock_records
from server.database.sql import Sql
from server.queries.sync import changes, devices, feed
from server.queries.sync.applying import FAILED, Project, apply
from server.queries.sync.changes import (
    StoredBody,
    find_change,
    find_scopes_of_changes,
    get_fields,
    list_changes,
    list_conflicts,
    list_quarantined,
)
from server.queries.sync.devices import (
    DeviceHealth,
    Visit,
    find_seen_ms,
    get_device_state,
    list_acked,
    list_device_health,
    record_pulls,
    record_refusal,
    record_wiped,
    register_device,
    renew_device,
    set_safe,
    set_scopes,
    set_status,
)
from server.queries.sync.orders import (
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
from sync import feeds, server
from sync.apart import plan_apart
from sync.clock import PhoneClock
from sync.past import KnownNumbers, named_devices
from sync.reading import Validate, read_apart
from sync.server import AcceptedChange, DecodedBatch, DeviceState, PushPlan, Record, Stored, record_id
from sync.wire import LIMITS, START, Limits, PullAnswer, PullRequest, PushAnswer, Refused

Account = Callable[[Session, Sequence[Stored]], None]
"""Writes down what became of each change that was stored, in the same transaction."""

__all__ = [
    "Account",
    "Arrival",
    "DeviceHealth",
    "Project",
    "StoredBody",
    "adopt",
    "begin_again",
    "conceal",
    "erase",
    "erase_entities",
    "erase_entity",
    "find_change",
    "find_erased_entities",
    "find_numbers_here",
    "find_scopes",
    "find_scopes_of_changes",
    "find_seen_ms",
    "get_device_state",
    "get_fields",
    "judge_again",
    "list_acked",
    "list_changes",
    "list_conflicts",
    "list_device_health",
    "list_quarantined",
    "list_to_judge_again",
    "move_entity",
    "note_erasures",
    "place_entity",
    "publish",
    "pull",
    "push",
    "push_apart",
    "push_together",
    "record_pulls",
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


class Arrival(Struct, frozen=True):
    """A phone's push as it came: the number of the phone that proved itself, what it sent, when that was received."""

    device: int
    batch: DecodedBatch
    received_at_ms: int


class _Taken(Struct, frozen=True):
    """An arrival that is not refused, and what it comes to."""

    arrival: Arrival
    device: DeviceState
    plan: PushPlan


def push(
    session: Session, device_number: int, batch: DecodedBatch, received_at_ms: int, project: Project
) -> PushAnswer:
    """Take the next changes of a phone's log. Repeating a push stores nothing.

    `project` is told the accepted changes; one that is at fault itself is quarantined and the others stand. Raises `Refused`
    unknown_device, another_device, wipe, revoked, gap or fork, and busy where the server is at fault: then nothing was stored.
    """
    (answered,) = push_together(session, [Arrival(device_number, batch, received_at_ms)], project)
    if isinstance(answered, Refused):
        raise answered
    return answered


def push_together(
    session: Session, arrivals: Sequence[Arrival], project: Project, account: Account | None = None
) -> list[PushAnswer | Refused]:
    """The same for several phones at once, no two of which bring the same change; each is answered, or refused, by itself.

    On PostgreSQL give them in the order of their numbers: each phone's row is held to the commit.
    """
    sql = Sql(session)
    held = devices.hold_devices(sql, {each.device for each in arrivals})
    reasons = changes.find_reasons(sql, {i for each in arrivals for i in _unseen(held.get(each.device), each.batch)})
    past = _find_past(sql, arrivals)
    planned = [_plan(sql, each, held.get(each.device), reasons, past) for each in arrivals]
    taken = [each for each in planned if isinstance(each, _Taken)]
    changes.insert_changes(sql, [stored for each in taken for stored in each.plan.stored])
    taken = _project(session, sql, taken, project)
    if account is not None:
        account(session, [stored for each in taken for stored in each.plan.stored])
    devices.record_pushes(sql, [_visit(each) for each in taken])
    _feed(sql, [each for each in taken if each.plan.stored or each.plan.again])
    return [each if isinstance(each, Refused) else _answer(each) for each in planned]


def push_apart(
    session: Session,
    device_number: int,
    records: Sequence[Record],
    received_at_ms: int,
    project: Project,
    account: Account | None = None,
    clock: PhoneClock | None = None,
) -> frozenset[int]:
    """Take records of a phone's log that came sealed, in whatever order and with whatever missing; what is here stays as it is.

    `clock` are the phone's clocks as it hands them in. Of one that came without its phone the clock is taken for right.

    They count, or are quarantined, as in a push, one of a phone that was revoked or is to be wiped always. Returns the numbers
    of those that cannot be taken since their number means another change. Raises `Refused` unknown_device and busy.
    """
    sql = Sql(session)
    device = devices.hold_devices(sql, {device_number}).get(device_number)
    if device is None:
        raise Refused("unknown_device")
    if not records:
        return frozenset()
    first, last = min(each.n for each in records), max(each.n for each in records)
    # What follows on from the last acknowledged number may have come before, and is acknowledged with it.
    numbers = changes.list_numbers(sql, device.number, min(first, device.acked + 1), max(last, device.apart))
    reasons = changes.find_reasons(sql, {record_id(each, device.number) for each in records})
    batch = DecodedBatch(device.number, received_at_ms, "", "", 0, tuple(records))
    past = _find_past(sql, [Arrival(device.number, batch, received_at_ms)])
    known = KnownNumbers(numbers, reasons, past.acknowledged, past.erased)
    plan, clashing = plan_apart(device, records, known, received_at_ms, clock or PhoneClock(received_at_ms))
    changes.insert_changes(sql, plan.stored)
    batch = DecodedBatch(device.number, received_at_ms, "", "", 0, tuple(records))
    taken = _project(session, sql, [_Taken(Arrival(device.number, batch, received_at_ms), device, plan)], project)
    if account is not None:
        account(session, [stored for each in taken for stored in each.plan.stored])
    devices.record_apart(
        sql, device.number, plan.acked, plan.acked_id, max((each.n for each in plan.stored), default=0)
    )
    if plan.stored:
        _feed(sql, taken)
    return clashing


def list_to_judge_again(session: Session) -> list[str]:
    """The changes that were set aside because applying them failed, and of which nobody has decided, in the order they came."""
    return [each.id for each in list_quarantined(session) if (each.reason or "").startswith(FAILED)]


def judge_again(session: Session, change_ids: Sequence[str], validate: Validate, project: Project) -> int:
    """Apply changes that were set aside because applying them failed; returns how many count now. The others stay as they are:
    so do those that somebody has decided on since they were listed.

    Their phones hear of it as if they had been accepted at once. Raises `Refused` busy where the server still fails.
    """
    sql = Sql(session)
    lock_records(session, change_ids)
    held = [each for change_id in change_ids if (each := find_change(session, change_id)) is not None]
    again = [stored for each in held if (stored := _sound_again(sql, each, validate)) is not None]
    changes.insert_writes(sql, again)
    accepted = [
        AcceptedChange(s.change, s.eff, s.received_at_ms, s.device, s.meaning, s.happened_at_ms, s.skew_ms)
        for s in again
        if s.change is not None
    ]
    failed = apply(session, sql, accepted, project) if accepted else {}
    if failed:
        changes.quarantine_changes(sql, failed)
    let_in = [each for each in again if each.id not in failed]
    changes.accept_changes(sql, [each.id for each in let_in])
    if let_in:
        last_seq = feed.lock_counter(sql)
        entities = {s.entity for s in let_in if s.entity}
        placements, concealed = feed.find_placements(sql, entities), feed.find_concealments(sql, entities)
        erased = changes.find_erased(sql, [s.id for s in let_in])
        if erased:
            changes.strip_changes(sql, {s.id: s.body for s in let_in if s.id in erased})
        entries = [
            entry
            for s in let_in
            for entry in feeds.route_again(
                s, placements.get(s.entity or "", frozenset()), erased, concealed.get(s.entity or "")
            )
        ]
        feed.append_superseding(sql, entries, last_seq)
    return len(let_in)


def _sound_again(sql: Sql, held: StoredBody, validate: Validate) -> Stored | None:
    """A change that was set aside as it would be kept if it came now; None where it is still not to be accepted."""
    if held.reason is None or held.adopted_as is not None or held.closed_by is not None:
        return None
    (record,) = read_apart([(held.n, held.body)], held.device, validate=validate)
    device = devices.hold_devices(sql, {held.device}).get(held.device)
    if device is None or record.change is None or record.change.erased:
        return None
    phone = PhoneClock(held.received_at_ms - held.skew_ms)
    stored = server.store_record(device, record, phone, held.received_at_ms, KnownNumbers())
    return structs.replace(stored, eff=held.eff) if stored.is_accepted else None


@beyond_reader
def find_erased_entities(session: Session, entities: Iterable[str]) -> frozenset[str]:
    """Of these entities those of which a change was erased."""
    return changes.find_erased_entities(Sql(session), entities)


@beyond_reader
def note_erasures(session: Session, change_ids: Iterable[str], now_ms: int) -> None:
    """Have these changes, which this transaction stores, erased when they are fed."""
    changes.note_erasures(Sql(session), change_ids, now_ms)


@beyond_reader
def find_numbers_here(session: Session, device_number: int, numbers: Sequence[int]) -> set[int]:
    """Under which of these numbers a change of a phone is stored, whatever became of it."""
    if not numbers:
        return set()
    stored = changes.list_numbers(Sql(session), device_number, min(numbers), max(numbers))
    return {n for n in numbers if n in stored}


def _unseen(device: DeviceState | None, batch: DecodedBatch) -> list[str]:
    """The ids of what was not acknowledged before."""
    if device is None:
        return []
    return [record_id(r, device.number) for r in server.fresh_records(device.acked, batch) if not r.is_hole]


class _Past(Struct, frozen=True):
    """What these pushes may claim of the past: numbers heard of each device, erasures that were ordered."""

    acknowledged: Mapping[int, int]
    erased: frozenset[str]


def _find_past(sql: Sql, arrivals: Sequence[Arrival]) -> _Past:
    """Asked only of what the pushes name: most name nothing."""
    named = {device for each in arrivals for device in named_devices(each.batch)}
    erased = {r.key for each in arrivals for r in each.batch.records if r.change is not None and r.change.erased}
    acknowledged = devices.find_acknowledged(sql, named, arrivals[0].received_at_ms) if named else {}
    return _Past(acknowledged, changes.find_erased(sql, erased) if erased else frozenset())


def _plan(
    sql: Sql, arrival: Arrival, device: DeviceState | None, reasons: Mapping[str, str | None], past: _Past
) -> _Taken | Refused:
    if device is None:
        return Refused("unknown_device")
    numbers = changes.find_numbers(sql, device.number, device.acked, device.apart, arrival.batch)
    known = KnownNumbers(numbers, reasons, past.acknowledged, past.erased)
    try:
        return _Taken(arrival, device, server.plan_push(device, arrival.batch, known, arrival.received_at_ms))
    except Refused as refused:
        return refused


def _project(session: Session, sql: Sql, taken: list[_Taken], project: Project) -> list[_Taken]:
    accepted = [change for each in taken for change in each.plan.accepted]
    reasons = apply(session, sql, accepted, project) if accepted else {}
    if reasons:
        changes.quarantine_changes(sql, reasons)
    changes.fold_writes(sql, {each.change.e for each in accepted if each.change.is_patch and each.change.e})
    if not reasons:
        return taken
    return [structs.replace(each, plan=server.quarantine(each.plan, reasons)) for each in taken]


def _feed(sql: Sql, taken: Sequence[_Taken]) -> None:
    """The serialised tail: from here to the commit these pushes hold the counter."""
    if not taken:
        return
    last_seq = feed.lock_counter(sql)
    stored = [one for each in taken for one in each.plan.stored]
    entities = {s.entity for s in stored if s.entity}
    erased = changes.find_erased(sql, [*(s.id for s in stored), *(i for each in taken for i in each.plan.again)])
    if erased:
        changes.strip_changes(sql, {s.id: s.body for s in stored if s.id in erased})
    placements, concealed = feed.find_placements(sql, entities), feed.find_concealments(sql, entities)
    entries = [
        entry
        for each in taken
        for entry in feeds.route_all(each.plan, each.device.number, placements, erased, concealed)
    ]
    feed.append(sql, entries, last_seq)


def _visit(taken: _Taken) -> Visit:
    """What a push tells of its phone."""
    batch, plan = taken.arrival.batch, taken.plan
    return Visit(
        number=taken.device.number,
        now_ms=taken.arrival.received_at_ms,
        phone_ms=batch.now_ms,
        unsent=batch.unsent,
        app=batch.app,
        acked=plan.acked,
        acked_id=plan.acked_id,
    )


def _answer(taken: _Taken) -> PushAnswer:
    return server.push_answer(taken.plan, taken.device.number, taken.arrival.received_at_ms)


def pull(
    session: Session,
    device_number: int,
    request: PullRequest,
    now_ms: int,
    *,
    minimum_app: str = "",
    limits: Limits = LIMITS,
) -> PullAnswer:
    """A page of what a phone may follow. Nothing is written: that the phone was here is `record_pulls`'s to say.

    Raises `Refused` unknown_device, another_device, wipe, revoked, malformed, upgrade.
    """
    sql = Sql(session)
    device = devices.get_device(sql, device_number)
    server.check_pull(device, request, minimum_app, limits)
    page = server.start_page(device, request, limits)
    followings = [_follow(sql, scope, request) for scope in server.visible_scopes(device)]
    for following in followings:
        page.add(following, feed.read_on(sql, following.scope, following.cursor.seq, page.rows_left + 1))
    return server.pull_answer(device, request, followings, page, now_ms)


def _follow(sql: Sql, scope: str, request: PullRequest) -> server.Following:
    cursor = request.cursors.get(scope, START)
    at_cursor = feed.find_cursor(sql, scope, cursor.seq) if cursor.seq else None
    return server.check_cursor(scope, cursor, at_cursor)
