"""Phones as the protocol knows them: their numbers, scopes and status, and how each of them is doing.

Who carries a phone, and its keys and tokens, are elsewhere. Grants, revocations and wipes are also written to a ledger
outside the database by whoever orders them; replaying it after a restore calls the same functions again.
"""

import json
from collections.abc import Iterable, Mapping

from msgspec import Struct
from sqlalchemy.orm import Session

from server.queries.sync_feed import lock_counter, set_counter
from server.queries.sync_sql import Sql, storable
from server.tables import sync as tables
from shared.model.codes import DeviceStatus
from sync.clock import is_suspect
from sync.server import DeviceState
from sync.wire import Refused

DEVICE_COUNTER = "device"
APP_LENGTH = 80


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
    if not old.gate.is_trusted:
        raise Refused(old.gate.refusal)
    label = Sql(session).rows("select label from sync_device where number = ?", number)[0][0]
    return register_device(session, scopes=old.scopes, label=label, now_ms=now_ms, renewed_from=number)


def get_device(sql: Sql, number: int, *, lock: bool = False) -> DeviceState:
    """A phone's state; with `lock` its row is held to the commit. Raises `Refused` unknown_device."""
    query = "select number, status, acked, acked_id, safe, scopes from sync_device where number = ?"
    row = sql.find(query + " for update" if lock and sql.is_postgres else query, number)
    if row is None:
        raise Refused("unknown_device")
    return DeviceState(
        number=row[0],
        status=DeviceStatus(row[1]),
        acked=row[2],
        acked_id=row[3],
        safe=row[4],
        scopes=frozenset(json.loads(row[5])),
    )


def get_device_state(session: Session, number: int) -> DeviceState:
    """A phone's state. Raises `Refused` unknown_device."""
    return get_device(Sql(session), number)


def set_scopes(session: Session, number: int, scopes: Iterable[str]) -> None:
    """What a phone may follow from now on. A scope that is gone is dropped by the phone at its next pull."""
    Sql(session).run("update sync_device set scopes = ? where number = ?", _pack(scopes), number)


def set_status(session: Session, number: int, status: DeviceStatus) -> None:
    """Whether a phone may speak and listen, from its next request on."""
    Sql(session).run("update sync_device set status = ? where number = ?", status.value, number)


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


def record_push(sql: Sql, number: int, acked: int, acked_id: str) -> None:
    """How far a phone's log is now durable."""
    sql.run("update sync_device set acked = ?, acked_id = ? where number = ?", acked, acked_id, number)


def record_seen(sql: Sql, number: int, *, now_ms: int, phone_ms: int, unsent: int, app: str, rewinds: int = 0) -> None:
    """What a request tells of its phone."""
    sql.run(
        "update sync_device set seen_at_ms = ?, skew_ms = ?, unsent = ?, app = ?, rewinds = rewinds + ? where number = ?",
        now_ms,
        now_ms - phone_ms,
        min(max(unsent, 0), 2**31),
        storable(app, APP_LENGTH),
        rewinds,
        number,
    )


def record_refusal(session: Session, number: int, code: str) -> None:
    """Count a refused push (its own transaction was undone). Only gaps and forks are told apart."""
    column = {"gap": "gaps", "fork": "forks"}.get(code)
    if column is not None:
        Sql(session).run(f"update sync_device set {column} = {column} + 1 where number = ?", number)


def list_device_health(session: Session) -> list[DeviceHealth]:
    """Every phone, the longest unseen first."""
    found = Sql(session).rows(
        "select d.number, d.label, d.status, d.scopes, d.acked, d.safe, d.unsent, "
        "(select count(*) from sync_change c where c.device = d.number and c.reason is not null and c.adopted_as is null), "
        "d.skew_ms, d.rewinds, d.gaps, d.forks, d.app, d.registered_at_ms, d.seen_at_ms, d.wiped_at_ms, d.renewed_from "
        "from sync_device d order by coalesce(d.seen_at_ms, 0), d.number"
    )
    names = DeviceHealth.__struct_fields__
    return [
        DeviceHealth(**{**dict(zip(names, row, strict=True)), "scopes": tuple(json.loads(row[3]))}) for row in found
    ]


def _pack(scopes: Iterable[str]) -> str:
    return json.dumps(sorted(set(scopes)))
