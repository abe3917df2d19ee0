"""Finding and deleting what this phone need not hold any longer: others' old facts, referrals that are over, and people beyond
the number it may carry.

Deletes rows of sync's tables and of the read tables together, inside the caller's transaction. What counts as old is
told.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from mobile.store import people, sites, tellings
from mobile.store.database import Connection
from mobile.store.referrals import STILL_OPEN
from shared.model.value import Id

OF_OTHERS: Final = "NOT EXISTS (SELECT 1 FROM sync_log WHERE sync_log.id = sync_change.id)"

AGEING: Final = {
    "contact.recorded": "contact",
    "contact.corrected": "contact_correction",
    "visit.recorded": "visit",
    "visit.struck": "visit_strike",
    "shift.started": "shift",
    "shift.joined": "shift_joined",
    "shift.ended": "shift_ended",
    "shift.planned": "shift_plan",
    "shift.called_off": "shift_called_off",
    "checkin.made": "check_in",
    "record.read": "record_read",
}
"""Facts that age, and the table each is shown in. Needs, verifications and merges stay while their subject does, and a referral
while it is open."""


def list_old_facts(connection: Connection, before_ms: int) -> list[tuple[Id, str, Id]]:
    """Others' facts that were recorded before then: (change id, table, fact id)."""
    marks = ", ".join("?" * len(AGEING))
    rows = connection.execute(
        "SELECT id, json_extract(CAST(body AS TEXT), '$.t'), json_extract(CAST(body AS TEXT), '$.p.id')"
        f" FROM sync_change WHERE is_shown = 1 AND body IS NOT NULL AND {OF_OTHERS}"
        " AND json_extract(CAST(body AS TEXT), '$.at') < ?"
        f" AND json_extract(CAST(body AS TEXT), '$.t') IN ({marks})",
        (before_ms, *AGEING),
    )
    return [(change_id, AGEING[change_type], fact_id) for change_id, change_type, fact_id in rows]


def list_people_beyond(connection: Connection, people_max: int) -> list[Id]:
    """Who is too many: those least lately seen, save those this phone itself wrote about."""
    rows = connection.execute(
        "SELECT id FROM person WHERE NOT EXISTS (SELECT 1 FROM sync_write JOIN sync_log ON sync_log.id = sync_write.id"
        " WHERE sync_write.entity = person.id)"
        " ORDER BY last_seen_at IS NULL, last_seen_at DESC, id DESC LIMIT -1 OFFSET ?",
        (people_max,),
    )
    return [person_id for (person_id,) in rows]


def list_closed_referrals(connection: Connection, before_ms: int) -> list[Id]:
    """The referrals that were over before then, save those that this phone itself moved on and no backup holds yet. One that is
    opened again comes anew, without the steps before."""
    marks = ", ".join("?" * len(STILL_OPEN))
    rows = connection.execute(
        f"SELECT id FROM referral WHERE state NOT IN ({marks}) AND reported_at < ? AND NOT EXISTS ("
        " SELECT 1 FROM referral_progress AS step WHERE step.referral_id = referral.id AND step.at >= ?)",
        (*STILL_OPEN, before_ms, before_ms),
    )
    own = {
        entity
        for (entity,) in connection.execute("SELECT DISTINCT json_extract(CAST(body AS TEXT), '$.e') FROM sync_log")
    }
    return [referral_id for (referral_id,) in rows if referral_id not in own]


def let_referrals_go(connection: Connection, referral_ids: Sequence[Id]) -> int:
    """Delete these referrals, and each step that they took."""
    if not referral_ids:
        return 0
    ids = msgspec.json.encode(referral_ids).decode()
    rows = connection.execute(
        "SELECT id FROM sync_change WHERE body IS NOT NULL"
        " AND (json_extract(CAST(body AS TEXT), '$.e') IN (SELECT value FROM json_each(:ids))"
        " OR json_extract(CAST(body AS TEXT), '$.t') = 'referral.progressed'"
        " AND json_extract(CAST(body AS TEXT), '$.p.referral_id') IN (SELECT value FROM json_each(:ids)))",
        {"ids": ids},
    ).fetchall()
    for (change_id,) in rows:
        _forget_change(connection, change_id)
    connection.execute("DELETE FROM referral WHERE id IN (SELECT value FROM json_each(?))", (ids,))
    connection.execute("DELETE FROM referral_progress WHERE referral_id IN (SELECT value FROM json_each(?))", (ids,))
    return len(rows)


def let_go(connection: Connection, facts: Sequence[tuple[Id, str, Id]], person_ids: Sequence[Id]) -> int:
    """Delete these facts and people; whoever was named in them takes anew when they were last seen."""
    named = _named_in(connection, [fact_id for _, table, fact_id in facts if table == "contact"])
    for change_id, table, fact_id in facts:
        connection.execute(f"DELETE FROM {table} WHERE id = ?", (fact_id,))
        _forget_change(connection, change_id)
    for person_id in named[0]:
        people.refresh_last_seen(connection, person_id)
    for site_id in named[1]:
        sites.refresh_last_visit(connection, site_id)
    return len(facts) + sum(_let_person_go(connection, person_id) for person_id in person_ids)


def _named_in(connection: Connection, contact_ids: Sequence[Id]) -> tuple[set[Id], set[Id]]:
    people_named: set[Id] = set()
    sites_named: set[Id] = set()
    for contact_id in contact_ids:
        people_named |= {
            p for (p,) in connection.execute("SELECT person_id FROM contact_person WHERE contact_id = ?", (contact_id,))
        }
        sites_named |= {
            s for (s,) in connection.execute("SELECT site_id FROM contact WHERE id = ?", (contact_id,)) if s
        }
        connection.execute("DELETE FROM contact_person WHERE contact_id = ?", (contact_id,))
    return people_named, sites_named


def _let_person_go(connection: Connection, person_id: Id) -> int:
    rows = connection.execute("SELECT DISTINCT id FROM sync_write WHERE entity = ?", (person_id,)).fetchall()
    for (change_id,) in rows:
        _forget_change(connection, change_id)
    for answer_id in tellings.list_answer_ids(connection, person_id):
        _forget_told(connection, answer_id)
    people.forget_person(connection, person_id)
    connection.execute("DELETE FROM answer WHERE person_id = ?", (person_id,))
    connection.execute("DELETE FROM consent WHERE person_id = ?", (person_id,))
    connection.execute("DELETE FROM need WHERE person_id = ?", (person_id,))
    connection.execute("DELETE FROM verification WHERE person_id = ?", (person_id,))
    return len(rows)


def _forget_told(connection: Connection, answer_id: Id) -> None:
    """An answer travels under its own id: the changes of others that say it."""
    found = connection.execute(
        f"SELECT id FROM sync_change WHERE json_extract(CAST(body AS TEXT), '$.e') = ? AND {OF_OTHERS}", (answer_id,)
    )
    for (change_id,) in found.fetchall():
        _forget_change(connection, change_id)


def _forget_change(connection: Connection, change_id: Id) -> None:
    connection.execute("DELETE FROM sync_change WHERE id = ?", (change_id,))
    connection.execute("DELETE FROM sync_word WHERE id = ?", (change_id,))
    connection.execute("DELETE FROM sync_write WHERE id = ?", (change_id,))
