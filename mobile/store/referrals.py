"""The referral tables: each referral as it stands, and the steps it took."""

from typing import Any

from msgspec import Struct, structs

from mobile.store.contacts import list_corrections
from mobile.store.database import Connection
from mobile.store.rows import body_of, read_body, to_ms
from mobile.store.visits import list_struck
from shared.model.codes import ReferralState
from shared.model.referral import Referral, ReferralProgress
from shared.model.value import Id
from shared.rules.corrections import struck_because
from shared.rules.referral import THERE

STILL_OPEN = ("received", "needs_information", "assigned", "looked_for", "found")


class ReferralRow(Struct, frozen=True):
    """A referral as it stands: `referral.state` is the one its last step reached."""

    referral: Referral
    outcome: str
    has_conflict: bool


def put_referral(connection: Connection, referral: Referral, has_conflict: bool = False) -> None:
    """Write a referral as the server sent it with its patches; `apply_progress` then brings its state up to date."""
    place = referral.position
    connection.execute(
        "INSERT INTO referral (id, number, state, reported_at, due_on, team_id, latitude, longitude, body, has_conflict)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET team_id = excluded.team_id,"
        " due_on = excluded.due_on, latitude = excluded.latitude, longitude = excluded.longitude, body = excluded.body,"
        " has_conflict = excluded.has_conflict",
        (
            referral.id,
            referral.number,
            str(referral.state),
            to_ms(referral.reported_at),
            referral.due_on.isoformat(),
            referral.team_id,
            place.latitude if place else None,
            place.longitude if place else None,
            body_of(referral),
            has_conflict,
        ),
    )


def put_progress(connection: Connection, progress: ReferralProgress) -> None:
    """Keep a step, also one whose referral has not arrived yet."""
    connection.execute(
        "INSERT OR IGNORE INTO referral_progress (id, referral_id, at, body) VALUES (?, ?, ?, ?)",
        (progress.id, progress.referral_id, to_ms(progress.at), body_of(progress)),
    )


def apply_progress(connection: Connection, referral_id: Id) -> None:
    """The last step by time (ties by id) that stands is where the referral stands; without one, where it was received."""
    steps = [step for step in list_progress(connection, referral_id) if _stands(connection, step)]
    if steps:
        said = (str(steps[0].state), steps[0].outcome, referral_id)
        connection.execute("UPDATE referral SET state = ?, outcome = ? WHERE id = ?", said)
    else:
        connection.execute(
            "UPDATE referral SET state = coalesce(json_extract(body, '$.state'), 'received'), outcome = '' WHERE id = ?",
            (referral_id,),
        )


def _stands(connection: Connection, step: ReferralProgress) -> bool:
    """Was somebody there? Not where the contact or the visit by which the step was taken is struck out."""
    if step.state not in THERE:
        return True
    by_contact = step.contact_id is not None and struck_because(list_corrections(connection, step.contact_id))
    return not by_contact and not (step.visit_id is not None and list_struck(connection, (step.visit_id,)))


def list_answered(connection: Connection, column: str, known_id: Id) -> list[Id]:
    """The referrals that took a step because of a contact (`contact_id`) or a visit (`visit_id`)."""
    rows = connection.execute(
        "SELECT DISTINCT referral_id FROM referral_progress WHERE json_extract(body, '$.' || ?) = ?", (column, known_id)
    )
    return [referral_id for (referral_id,) in rows]


def find_referral(connection: Connection, referral_id: Id) -> ReferralRow | None:
    """One referral by id."""
    row = connection.execute(
        "SELECT body, state, outcome, has_conflict FROM referral WHERE id = ?", (referral_id,)
    ).fetchone()
    return _referral_row(row) if row else None


def list_open(connection: Connection, limit: int = 500) -> list[ReferralRow]:
    """Referrals that nobody has closed, the ones due first first."""
    marks = ", ".join("?" * len(STILL_OPEN))
    rows = connection.execute(
        f"SELECT body, state, outcome, has_conflict FROM referral WHERE state IN ({marks})"
        " ORDER BY due_on, reported_at, id LIMIT ?",
        (*STILL_OPEN, limit),
    )
    return [_referral_row(row) for row in rows]


def list_progress(connection: Connection, referral_id: Id) -> list[ReferralProgress]:
    """The steps of a referral, newest first."""
    rows = connection.execute(
        "SELECT body FROM referral_progress WHERE referral_id = ? ORDER BY at DESC, id DESC", (referral_id,)
    )
    return [read_body(body, ReferralProgress) for (body,) in rows]


def _referral_row(row: Any) -> ReferralRow:
    referral = structs.replace(read_body(row[0], Referral), state=ReferralState(row[1]))
    return ReferralRow(referral, row[2], bool(row[3]))


def newest_progress_at(connection: Connection, referral_id: Id) -> int | None:
    """When a referral last took a step as far as this phone knows, in ms."""
    row = connection.execute("SELECT max(at) FROM referral_progress WHERE referral_id = ?", (referral_id,)).fetchone()
    return None if row[0] is None else int(row[0])


def drop_progress(connection: Connection, progress: ReferralProgress) -> None:
    """A step that counts no more; the others are then applied."""
    connection.execute("DELETE FROM referral_progress WHERE id = ?", (progress.id,))


def count_progressed(connection: Connection, worker_id: Id, since_ms: int) -> int:
    """How many referrals this worker has moved on since then."""
    row = connection.execute(
        "SELECT count(DISTINCT referral_id) FROM referral_progress WHERE at >= ?"
        " AND json_extract(body, '$.worker_id') = ?",
        (since_ms, worker_id),
    ).fetchone()
    return int(row[0])
