"""The visit table: each stop where somebody looked."""

from mobile.store.database import Connection
from mobile.store.rows import body_of, read_body, to_ms
from shared.model.shift import Visit
from shared.model.value import Id


def put_visit(connection: Connection, visit: Visit) -> None:
    """Keep a visit; saying it again changes nothing."""
    connection.execute(
        "INSERT OR IGNORE INTO visit (id, at, shift_id, site_id, referral_id, worker_id, people_found, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            visit.id,
            to_ms(visit.at),
            visit.shift_id,
            visit.site_id,
            visit.referral_id,
            visit.worker_id,
            visit.people_found,
            body_of(visit),
        ),
    )


def list_at_site(connection: Connection, site_id: Id, limit: int = 100) -> list[Visit]:
    """Visits to a place, newest first."""
    rows = connection.execute("SELECT body FROM visit WHERE site_id = ? ORDER BY at DESC LIMIT ?", (site_id, limit))
    return [read_body(body, Visit) for (body,) in rows]


def list_of_shift(connection: Connection, shift_id: Id) -> list[Visit]:
    """Visits of a shift, oldest first."""
    rows = connection.execute("SELECT body FROM visit WHERE shift_id = ? ORDER BY at, id", (shift_id,))
    return [read_body(body, Visit) for (body,) in rows]


def list_of_worker(connection: Connection, worker_id: Id, since_ms: int) -> list[Visit]:
    """Visits that a worker made since then, newest first."""
    rows = connection.execute(
        "SELECT body FROM visit WHERE worker_id = ? AND at >= ? ORDER BY at DESC, id DESC", (worker_id, since_ms)
    )
    return [read_body(body, Visit) for (body,) in rows]


def list_of_referral(connection: Connection, referral_id: Id) -> list[Visit]:
    """Visits made because of a referral, newest first."""
    rows = connection.execute("SELECT body FROM visit WHERE referral_id = ? ORDER BY at DESC", (referral_id,))
    return [read_body(body, Visit) for (body,) in rows]


def drop_visit(connection: Connection, visit_id: Id) -> None:
    """A visit that this phone may show no more."""
    connection.execute("DELETE FROM visit WHERE id = ?", (visit_id,))
