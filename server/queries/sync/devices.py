"""Phones as the protocol knows them: their numbers, scopes and status, and how each of them is doing.

Who carries a phone, and its keys and tokens, are elsewhere. Grants, revocations and wipes are also written to a ledger
outside the database by whoever orders them; replaying it after a restore calls the same functions again.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.sql import Sql, storable
from server.queries.sync.feed import lock_counter, set_counter
from server.tables.sync import sync as tables
from shared.model.codes import DeviceStatus
from sync.clock import is_suspect
from sync.server import DeviceState
from sync.wire import Refused

DEVICE_COUNTER = "device"
APP_LENGTH = 80
STRICTER = (DeviceStatus.OK, DeviceStatus.REVOKED, DeviceStatus.WIPE_AFTER_PUSH, DeviceStatus.WIPE_NOW)
"""What a phone may be told, each more than the one before."""


class DeviceHealth(Struct, frozen=True, kw_only=True):
    """How one phone is doing, for the administrators' page. Times in milliseconds since 1970, UTC."""

    number: int
    label: str
    status: str
    scopes: tuple[str, ...]
    acked: int
    safe: int
    unsent: int
    held: int
    skew_ms: int
    rewinds: int
    gaps: int
    forks: int
    app: str
    registered_at_ms: int
    seen_at_ms: int | None
    wiped_at_ms: int | None
    renewed_from: int | None

    @property
    def is_clock_suspect(self) -> bool:
        """Is the phone's clock too far from ours to be believed?"""
        return is_suspect(self.skew_ms)


class Visit(Struct, frozen=True, kw_only=True):
    """What a request tells of its phone, and for a push how far the phone's log is durable once it is answered."""

    number: int
    now_ms: int
    phone_ms: int
    unsent: int
    app: str
    acked: int = 0
    acked_id: str = ""
    rewinds: int = 0


def register_device(
    session: Session,
    *,
    scopes: Iterable[str],
    label: str,
    now_ms: int,
    number: int | None = None,
    renewed_from: int | None = None,
) -> int:
    """Give a phone its number in the protocol. With `number` (a replayed ledger) the phone keeps the one it had."""
    sql = Sql(session)
    last = lock_counter(sql, DEVICE_COUNTER)
    given = number if number is not None else last + 1
    set_counter(sql, max(last, given), DEVICE_COUNTER)
    if sql.find("select 1 from sync_device where number = ?", given) is None:
        sql.insert(tables.device, [_new_row(given, scopes, label, now_ms, renewed_from)])
    return given


def _new_row(
    number: int, scopes: Iterable[str], label: str, now_ms: int, renewed_from: int | None
) -> tuple[object, ...]:
    fresh = {
        "number": number,
        "status": DeviceStatus.OK.value,
        "scopes": _pack(scopes),
        "label": label,
        "registered_at_ms": now_ms,
        "renewed_from": renewed_from,
        "acked_id": "",
        "app": "",
        "seen_at_ms": None,
        "wiped_at_ms": None,
    }
    return tuple(fresh.get(column.name, 0) for column in tables.device.columns)


def renew_device(session: Session, number: int, now_ms: int) -> int:
    """A fresh number for a phone that found its number used by a copy of itself. It keeps scopes and label."""
    old = get_device(Sql(session), number)
    if not old.permissions.is_trusted:
        raise Refused(old.permissions.refusal)
    label = Sql(session).rows("select label from sync_device where number = ?", number)[0][0]
    return register_device(session, scopes=old.scopes, label=label, now_ms=now_ms, renewed_from=number)


def list_same_phone(session: Session, number: int) -> list[int]:
    """Every number that one phone, or a copy of it, was given: those it took in another's place, and those taken in its own."""
    return [each for (each,) in Sql(session).rows(_SAME_PHONE, number)]


_SAME_PHONE = """
with recursive same(number) as (
    select number from sync_device where number = ?
    union
    select case when d.number = s.number then d.renewed_from else d.number end
    from same s join sync_device d on d.renewed_from = s.number or (d.number = s.number and d.renewed_from is not null)
)
select number from same order by number
"""


_STATE = "select number, status, acked, acked_id, safe, scopes, apart from sync_device d"


def get_device(sql: Sql, number: int) -> DeviceState:
    """A phone's state. Raises `Refused` unknown_device."""
    row = sql.find(f"{_STATE} where number = ?", number)
    if row is None:
        raise Refused("unknown_device")
    return _state(*row)


def hold_devices(sql: Sql, numbers: Collection[int]) -> dict[int, DeviceState]:
    """The states of these phones, whose rows are held to the commit, in the order of their numbers. Unknown ones are left out."""
    lock = "order by number for update of d" if sql.is_postgres else ""
    query = f"{_STATE} join ?@ asked on number = cast(asked.value as bigint) {lock}"
    return {row[0]: _state(*row) for row in sql.rows(query, sorted(numbers))}


LOST_MAX, LOST_FOR_MS = 500, 30 * 86_400_000
"""After a restore the others may know so many words of a phone that this server lost, until the phone has brought all of them
again: they are believed for a month."""


def find_acknowledged(sql: Sql, named: Collection[int], now_ms: int) -> dict[int, int]:
    """The highest number that anybody can have heard of each of these devices; of unknown ones none.

    What the server itself says, as a device at or below 0, is numbered by one counter.
    """
    counters = dict(sql.rows("select name, value from sync_counter where name in ('server_number', 'server_life')"))
    restored_at_ms = counters.get("server_life", 0) >> 10
    lost = LOST_MAX if restored_at_ms and now_ms < restored_at_ms + LOST_FOR_MS else 0
    found = {number: counters.get("server_number", 0) for number in named if number <= 0}
    query = "select number, acked from sync_device join ?@ asked on number = cast(asked.value as bigint)"
    heard = sql.rows(query, sorted(each for each in named if each > 0))
    return found | {number: acked + lost for number, acked in heard}


def _state(number: int, status: str, acked: int, acked_id: str, safe: int, scopes: str, apart: int) -> DeviceState:
    return DeviceState(
        number=number,
        status=DeviceStatus(status),
        acked=acked,
        acked_id=acked_id,
        safe=safe,
        scopes=frozenset(json.loads(scopes)),
        apart=apart,
    )


def get_device_state(session: Session, number: int) -> DeviceState:
    """A phone's state. Raises `Refused` unknown_device."""
    return get_device(Sql(session), number)


def set_scopes(session: Session, number: int, scopes: Iterable[str]) -> None:
    """What a phone may follow from now on. A scope that is gone is dropped by the phone at its next pull."""
    Sql(session).run("update sync_device set scopes = ? where number = ?", _pack(scopes), number)


def set_status(session: Session, number: int, status: DeviceStatus) -> bool:
    """Whether a phone may speak and listen, from its next request on. False where it was told more already: a wipe that was
    ordered is taken back by nobody who revokes it later, on a page that is older."""
    milder = [each.value for each in STRICTER[: STRICTER.index(status) + 1]]
    sql = "update sync_device set status = ? where number = ? and status in ?* returning number"
    return bool(Sql(session).rows(sql, status.value, number, milder))


def record_wiped(session: Session, number: int, now_ms: int) -> None:
    """The phone's receipt: it has wiped itself, and is not listened to any more."""
    Sql(session).run(
        "update sync_device set wiped_at_ms = ?, status = ? where number = ?",
        now_ms,
        DeviceStatus.WIPE_NOW.value,
        number,
    )


def set_safe(session: Session, safe: Mapping[int, int]) -> None:
    """For each phone the number that every restorable backup contains (see `sync.safety`)."""
    Sql(session).run_each(
        "update sync_device set safe = ? where number = ?", [(n, number) for number, n in safe.items()]
    )


def list_acked(session: Session) -> dict[int, int]:
    """How far each phone's log is acknowledged: what a backup taken now contains."""
    return dict(Sql(session).rows("select number, acked from sync_device"))


_SEEN = "update sync_device set seen_at_ms = ?, skew_ms = ?, unsent = ?, app = ?"


def record_pushes(sql: Sql, visits: Sequence[Visit]) -> None:
    """How far these phones' logs are durable now, and how the phones are."""
    rows = [(*_seen(each), each.acked, each.acked_id, each.number) for each in visits]
    sql.run_each(f"{_SEEN}, acked = ?, acked_id = ? where number = ?", rows)


def record_apart(sql: Sql, number: int, acked: int, acked_id: str, apart: int) -> None:
    """How far a phone's log is durable, and the highest number that came ahead of others."""
    sql.run(
        "update sync_device set acked = ?, acked_id = ?, apart = case when apart > ? then apart else ? end "
        "where number = ?",
        acked,
        acked_id,
        apart,
        apart,
        number,
    )


def record_pulls(session: Session, visits: Sequence[Visit]) -> None:
    """How phones are that asked for what is new, and how many feeds each had to begin again."""
    rows = [(*_seen(each), each.rewinds, each.number) for each in sorted(visits, key=lambda visit: visit.number)]
    Sql(session).run_each(f"{_SEEN}, rewinds = rewinds + ? where number = ?", rows)


def _seen(visit: Visit) -> tuple[int, int, int, str]:
    unsent = min(max(visit.unsent, 0), 2**31)
    return visit.now_ms, visit.now_ms - visit.phone_ms, unsent, storable(visit.app, APP_LENGTH)


def find_seen_ms(session: Session, number: int) -> int:
    """When a phone last pushed or pulled, which it can only while it is open; 0 where it never did."""
    rows = Sql(session).rows("select seen_at_ms from sync_device where number = ?", number)
    return int(rows[0][0] or 0) if rows else 0


def record_refusal(session: Session, number: int, code: str) -> None:
    """Count a refused push (its own transaction was undone). Only gaps and forks are told apart."""
    column = {"gap": "gaps", "fork": "forks"}.get(code)
    if column is not None:
        Sql(session).run(f"update sync_device set {column} = {column} + 1 where number = ?", number)


@beyond_reader
def list_device_health(session: Session) -> list[DeviceHealth]:
    """Every phone, the longest unseen first. What waits is counted whoever asks: one beyond its reader waits too."""
    found = Sql(session).rows(
        "select d.number, d.label, d.status, d.scopes, d.acked, d.safe, d.unsent, "
        "(select count(*) from sync_change c where c.device = d.number and c.reason is not null "
        "and c.adopted_as is null and c.closed_by is null), "
        "d.skew_ms, d.rewinds, d.gaps, d.forks, d.app, d.registered_at_ms, d.seen_at_ms, d.wiped_at_ms, d.renewed_from "
        "from sync_device d order by coalesce(d.seen_at_ms, 0), d.number"
    )
    names = DeviceHealth.__struct_fields__
    return [
        DeviceHealth(**{**dict(zip(names, row, strict=True)), "scopes": tuple(json.loads(row[3]))}) for row in found
    ]


def _pack(scopes: Iterable[str]) -> str:
    return json.dumps(sorted(set(scopes)))
