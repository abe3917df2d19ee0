"""The shift tables: who went out, who joined, who went home, and who said they are well."""

from datetime import datetime

from mobile.store.database import Connection
from mobile.store.rows import body_of, from_ms, read_body, to_ms, to_ms_or_none
from shared.model.shift import CheckIn, Shift, ShiftEnded, ShiftJoined
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
    """The newest shift that this worker is on. One of an earlier night that nobody ended is not."""
    shifts = list_unended(connection, worker_id)
    return next((each for each in shifts if not is_forgotten(each.started_at, now)), None)


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
