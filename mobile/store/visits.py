"""The visit table: each stop where somebody looked."""

from mobile.store.database import Connection
from mobile.store.rows import body_of, read_body, to_ms
from shared.model.shift import Visit, VisitStruck
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
    rows = connection.execute(
        "SELECT body FROM visit WHERE site_id = ? AND is_struck = 0 ORDER BY at DESC LIMIT ?", (site_id, limit)
    )
    return [read_body(body, Visit) for (body,) in rows]


def list_of_shift(connection: Connection, shift_id: Id) -> list[Visit]:
    """Visits of a shift, oldest first."""
    rows = connection.execute(
        "SELECT body FROM visit WHERE shift_id = ? AND is_struck = 0 ORDER BY at, id", (shift_id,)
    )
    return [read_body(body, Visit) for (body,) in rows]


def list_of_worker(connection: Connection, worker_id: Id, since_ms: int) -> list[Visit]:
    """Visits that a worker made since then, newest first, the struck ones too."""
    rows = connection.execute(
        "SELECT body FROM visit WHERE worker_id = ? AND at >= ? ORDER BY at DESC, id DESC", (worker_id, since_ms)
    )
    return [read_body(body, Visit) for (body,) in rows]


def list_of_referral(connection: Connection, referral_id: Id) -> list[Visit]:
    """Visits made because of a referral, newest first."""
    rows = connection.execute(
        "SELECT body FROM visit WHERE referral_id = ? AND is_struck = 0 ORDER BY at DESC", (referral_id,)
    )
    return [read_body(body, Visit) for (body,) in rows]


def find_visit(connection: Connection, visit_id: Id) -> Visit | None:
    """One visit, struck out or not."""
    row = connection.execute("SELECT body FROM visit WHERE id = ?", (visit_id,)).fetchone()
    return None if row is None else read_body(row[0], Visit)


def list_struck(connection: Connection, visit_ids: tuple[Id, ...]) -> dict[Id, str]:
    """Those of these visits that are struck out, each with the reason of the newest word on it."""
    marks = ", ".join("?" * len(visit_ids))
    rows = connection.execute(
        f"SELECT visit_id, is_struck, reason FROM visit_strike WHERE visit_id IN ({marks}) ORDER BY at, id", visit_ids
    )
    newest = {visit_id: (bool(is_struck), reason) for visit_id, is_struck, reason in rows}
    return {visit_id: reason for visit_id, (is_struck, reason) in newest.items() if is_struck}


def newest_word_at(connection: Connection, visit_id: Id) -> int | None:
    """When the newest word on a visit was said, in ms."""
    row = connection.execute("SELECT max(at) FROM visit_strike WHERE visit_id = ?", (visit_id,)).fetchone()
    return None if row[0] is None else int(row[0])


def put_strike(connection: Connection, strike: VisitStruck) -> None:
    """Keep a word on a visit, which may come later."""
    connection.execute(
        "INSERT OR IGNORE INTO visit_strike (id, visit_id, at, is_struck, reason) VALUES (?, ?, ?, ?, ?)",
        (strike.id, strike.visit_id, to_ms(strike.at), int(strike.is_struck), strike.reason),
    )


def drop_strike(connection: Connection, strike_id: Id) -> None:
    """A word that this phone may show no more."""
    connection.execute("DELETE FROM visit_strike WHERE id = ?", (strike_id,))


def settle_visit(connection: Connection, visit_id: Id) -> None:
    """Leave a visit as the newest word on it says."""
    struck = visit_id in list_struck(connection, (visit_id,))
    connection.execute("UPDATE visit SET is_struck = ? WHERE id = ?", (int(struck), visit_id))


def drop_visit(connection: Connection, visit_id: Id) -> None:
    """A visit that this phone may show no more."""
    connection.execute("DELETE FROM visit WHERE id = ?", (visit_id,))
