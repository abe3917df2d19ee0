"""The shift tables: who is planned to go out, who went out, who joined, who went home, and who said they are well."""

from collections.abc import Collection
from datetime import date, datetime

from mobile.store.database import Connection
from mobile.store.rows import body_of, from_ms, read_body, to_ms, to_ms_or_none
from shared.model.shift import CheckIn, Shift, ShiftCalledOff, ShiftEnded, ShiftJoined, ShiftPlanned
from shared.model.value import Id
from shared.rules.check_ins import is_forgotten


def put_shift(connection: Connection, shift: Shift) -> None:
    """Keep the start of a shift; saying it again changes nothing."""
    connection.execute(
        "INSERT OR IGNORE INTO shift (id, worker_id, started_at, night, body) VALUES (?, ?, ?, ?, ?)",
        (shift.id, shift.worker_id, to_ms(shift.started_at), shift.night.isoformat(), body_of(shift)),
    )


def put_joined(connection: Connection, joined: ShiftJoined) -> None:
    """Keep that a colleague joined."""
    connection.execute(
        "INSERT OR IGNORE INTO shift_joined (id, shift_id, worker_id, at) VALUES (?, ?, ?, ?)",
        (joined.id, joined.shift_id, joined.worker_id, to_ms(joined.at)),
    )


def put_ended(connection: Connection, ended: ShiftEnded) -> None:
    """Keep that a worker went home."""
    connection.execute(
        "INSERT OR IGNORE INTO shift_ended (id, shift_id, worker_id, at, body) VALUES (?, ?, ?, ?, ?)",
        (ended.id, ended.shift_id, ended.worker_id, to_ms(ended.at), body_of(ended)),
    )


def put_check_in(connection: Connection, check_in: CheckIn) -> None:
    """Keep that a worker is well."""
    connection.execute(
        "INSERT OR IGNORE INTO check_in (id, shift_id, worker_id, at, next_due_at, body) VALUES (?, ?, ?, ?, ?, ?)",
        (
            check_in.id,
            check_in.shift_id,
            check_in.worker_id,
            to_ms(check_in.at),
            to_ms_or_none(check_in.next_due_at),
            body_of(check_in),
        ),
    )


def put_plan(connection: Connection, plan: ShiftPlanned) -> None:
    """Keep who is to go out, where to, and back when."""
    connection.execute(
        "INSERT OR IGNORE INTO shift_plan (id, starts_at, back_at, body) VALUES (?, ?, ?, ?)",
        (plan.id, to_ms(plan.starts_at), to_ms(plan.back_at), body_of(plan)),
    )


def put_called_off(connection: Connection, called_off: ShiftCalledOff) -> None:
    """Keep that a plan does not take place, whether or not it is known yet."""
    connection.execute(
        "INSERT OR IGNORE INTO shift_called_off (id, plan_id, at) VALUES (?, ?, ?)",
        (called_off.id, called_off.plan_id, to_ms(called_off.at)),
    )


def list_plans(connection: Connection, worker_id: Id, began_before_ms: int, ends_after_ms: int) -> list[ShiftPlanned]:
    """The plans of this worker that were not called off, begin before and end after these moments; the first to begin first."""
    rows = connection.execute(
        "SELECT body FROM shift_plan WHERE starts_at < ? AND back_at > ? AND NOT EXISTS ("
        " SELECT 1 FROM shift_called_off WHERE shift_called_off.plan_id = shift_plan.id)"
        " ORDER BY starts_at, id",
        (began_before_ms, ends_after_ms),
    )
    plans = [read_body(body, ShiftPlanned) for (body,) in rows]
    return [each for each in plans if worker_id in each.worker_ids]


def find_last_walk(connection: Connection, worker_id: Id) -> datetime | None:
    """When this worker last began or joined a shift."""
    row = connection.execute(
        "SELECT max(at) FROM (SELECT started_at AS at FROM shift WHERE worker_id = :worker"
        " UNION ALL SELECT at FROM shift_joined WHERE worker_id = :worker)",
        {"worker": worker_id},
    ).fetchone()
    return None if row[0] is None else from_ms(row[0])


def list_ends(connection: Connection, worker_id: Id) -> list[tuple[Id, datetime]]:
    """Each shift that this worker said to have come home from, and when; the first first."""
    rows = connection.execute("SELECT shift_id, at FROM shift_ended WHERE worker_id = ? ORDER BY at, id", (worker_id,))
    return [(shift_id, from_ms(at)) for shift_id, at in rows]


def find_last_act(connection: Connection, worker_id: Id, since_ms: int, before_ms: int = 2**62) -> datetime | None:
    """When this worker last checked in, met somebody or looked somewhere since then, and before the other moment."""
    row = connection.execute(
        "SELECT max(at) FROM (SELECT at FROM check_in WHERE worker_id = :worker UNION ALL SELECT seen_at FROM contact"
        " WHERE worker_id = :worker UNION ALL SELECT at FROM visit WHERE worker_id = :worker)"
        " WHERE at >= :since AND at < :before",
        {"worker": worker_id, "since": since_ms, "before": before_ms},
    ).fetchone()
    return None if row[0] is None else from_ms(row[0])


def list_looked_at(connection: Connection, night: date) -> list[tuple[float, float]]:
    """Where anybody whom this phone knows of looked or met somebody on a night: (latitude, longitude)."""
    rows = connection.execute(
        "SELECT latitude, longitude FROM contact WHERE night = :night AND latitude IS NOT NULL"
        " UNION ALL SELECT coalesce(json_extract(visit.body, '$.position.latitude'), site.latitude),"
        " coalesce(json_extract(visit.body, '$.position.longitude'), site.longitude) FROM visit"
        " LEFT JOIN site ON site.id = visit.site_id"
        " WHERE json_extract(visit.body, '$.night') = :night AND visit.is_struck = 0",
        {"night": night.isoformat()},
    )
    return [(latitude, longitude) for latitude, longitude in rows if latitude is not None]


def list_unended(connection: Connection, worker_id: Id) -> list[Shift]:
    """The shifts that this worker started or joined and has not ended, the newest first."""
    rows = connection.execute(
        "SELECT shift.body FROM shift WHERE (shift.worker_id = :worker OR EXISTS ("
        " SELECT 1 FROM shift_joined WHERE shift_joined.shift_id = shift.id AND shift_joined.worker_id = :worker))"
        " AND NOT EXISTS (SELECT 1 FROM shift_ended WHERE shift_ended.shift_id = shift.id"
        " AND shift_ended.worker_id = :worker) ORDER BY shift.started_at DESC, shift.id DESC",
        {"worker": worker_id},
    )
    return [read_body(body, Shift) for (body,) in rows]


def find_current(connection: Connection, worker_id: Id, now: datetime) -> Shift | None:
    """The newest shift that this worker is on."""
    return next(iter(list_current(connection, worker_id, now)), None)


def list_current(connection: Connection, worker_id: Id, now: datetime) -> list[Shift]:
    """The shifts that this worker is on, the newest first. One of an earlier night that nobody ended is none."""
    return [each for each in list_unended(connection, worker_id) if not is_forgotten(each.started_at, now)]


def find_joined_at(connection: Connection, shift_id: Id, worker_id: Id) -> datetime | None:
    """When this worker first joined a shift; None for whoever began it."""
    row = connection.execute(
        "SELECT min(at) FROM shift_joined WHERE shift_id = ? AND worker_id = ?", (shift_id, worker_id)
    ).fetchone()
    return None if row is None or row[0] is None else from_ms(row[0])


def find_shift(connection: Connection, shift_id: Id) -> Shift | None:
    """One shift by id."""
    row = connection.execute("SELECT body FROM shift WHERE id = ?", (shift_id,)).fetchone()
    return read_body(row[0], Shift) if row else None


def list_joinable(connection: Connection, worker_id: Id, since_ms: int) -> list[Shift]:
    """Colleagues' shifts begun since then, not ended by who began them, not yet joined by this worker; newest first."""
    rows = connection.execute(
        "SELECT shift.body FROM shift WHERE shift.worker_id <> :worker AND shift.started_at >= :since"
        " AND NOT EXISTS (SELECT 1 FROM shift_ended WHERE shift_ended.shift_id = shift.id"
        " AND shift_ended.worker_id = shift.worker_id)"
        " AND NOT EXISTS (SELECT 1 FROM shift_joined WHERE shift_joined.shift_id = shift.id"
        " AND shift_joined.worker_id = :worker) ORDER BY shift.started_at DESC",
        {"worker": worker_id, "since": since_ms},
    )
    return [read_body(body, Shift) for (body,) in rows]


def list_workers(connection: Connection, shift_id: Id) -> tuple[Id, ...]:
    """Who is on a shift and has not gone home: who began it, then who joined."""
    rows = connection.execute(
        "SELECT worker_id FROM ("
        " SELECT worker_id, started_at AS at FROM shift WHERE id = :shift"
        " UNION SELECT worker_id, at FROM shift_joined WHERE shift_id = :shift)"
        " WHERE worker_id NOT IN (SELECT worker_id FROM shift_ended WHERE shift_id = :shift) GROUP BY worker_id"
        " ORDER BY min(at)",
        {"shift": shift_id},
    )
    return tuple(worker_id for (worker_id,) in rows)


def list_newest_check_ins(connection: Connection, shift_id: Id) -> list[CheckIn]:
    """The newest check-in of each worker on a shift."""
    rows = connection.execute(
        "SELECT body FROM check_in AS newest WHERE shift_id = ? AND NOT EXISTS (SELECT 1 FROM check_in AS later"
        " WHERE later.shift_id = newest.shift_id AND later.worker_id = newest.worker_id"
        " AND (later.at, later.id) > (newest.at, newest.id))",
        (shift_id,),
    )
    return [read_body(body, CheckIn) for (body,) in rows]


def find_newest_check_in(connection: Connection, worker_id: Id, shift_ids: Collection[Id]) -> CheckIn | None:
    """The newest check-in of one worker on any of these shifts."""
    said = [each for shift_id in shift_ids for each in list_newest_check_ins(connection, shift_id)]
    return max(
        (each for each in said if each.worker_id == worker_id), key=lambda each: (each.at, each.id), default=None
    )
