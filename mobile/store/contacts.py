"""The contact tables: each contact as its corrections leave it, beside the original, and who was met in it."""

from typing import Any

from msgspec import Struct

from mobile.store.database import Connection
from mobile.store.rows import body_of, read_body, to_ms
from shared.model.contact import Contact, ContactCorrection
from shared.model.value import Id
from shared.rules.corrections import corrected


class ContactRow(Struct, frozen=True):
    """A contact as it reads today, and as it was first saved."""

    contact: Contact
    original: Contact
    corrections: int


def put_contact(connection: Connection, contact: Contact) -> bool:
    """Keep a contact as it was recorded; False, and nothing changes, when it is here already.

    `original` stays empty while nothing was corrected: most contacts never are, and a row half as long keeps a save short.
    """
    place = contact.position
    inserted = connection.execute(
        "INSERT INTO contact (id, seen_at, night, state, worker_id, shift_id, site_id, referral_id, latitude, longitude,"
        " next_step, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (
            contact.id,
            to_ms(contact.seen_at),
            contact.night.isoformat(),
            str(contact.state),
            contact.worker_id,
            contact.shift_id,
            contact.site_id,
            contact.referral_id,
            place.latitude if place else None,
            place.longitude if place else None,
            contact.next_step,
            body_of(contact),
        ),
    )
    if inserted.rowcount:
        _put_people(connection, contact)
    return bool(inserted.rowcount)


def _put_people(connection: Connection, contact: Contact) -> None:
    seen_at = to_ms(contact.seen_at)
    connection.executemany(
        "INSERT OR IGNORE INTO contact_person (person_id, contact_id, seen_at) VALUES (?, ?, ?)",
        [(person_id, contact.id, seen_at) for person_id in contact.person_ids],
    )


def put_correction(connection: Connection, correction: ContactCorrection) -> None:
    """Keep a correction, also one whose contact has not arrived yet."""
    connection.execute(
        "INSERT OR IGNORE INTO contact_correction (id, contact_id, at, body) VALUES (?, ?, ?, ?)",
        (correction.id, correction.contact_id, to_ms(correction.at), body_of(correction)),
    )


def is_corrected(connection: Connection, contact_id: Id) -> bool:
    """Is any correction of this contact here?"""
    query = "SELECT 1 FROM contact_correction WHERE contact_id = ? LIMIT 1"
    return connection.execute(query, (contact_id,)).fetchone() is not None


def apply_corrections(connection: Connection, contact_id: Id) -> tuple[Contact | None, Contact | None]:
    """Write the contact as all its corrections leave it. Returns it before and after; (None, None) while it is not here."""
    row = find_contact(connection, contact_id)
    if row is None:
        return None, None
    words = list_corrections(connection, contact_id)
    now = corrected(row.original, words)
    _write_corrected(connection, now, row.original if words else None, len(words))
    return row.contact, now


def _write_corrected(connection: Connection, contact: Contact, original: Contact | None, corrections: int) -> None:
    place = contact.position
    connection.execute(
        "UPDATE contact SET seen_at = ?, night = ?, state = ?, shift_id = ?, site_id = ?, referral_id = ?, latitude = ?,"
        " longitude = ?, next_step = ?, body = ?, original = ?, corrections = ? WHERE id = ?",
        (
            to_ms(contact.seen_at),
            contact.night.isoformat(),
            str(contact.state),
            contact.shift_id,
            contact.site_id,
            contact.referral_id,
            place.latitude if place else None,
            place.longitude if place else None,
            contact.next_step,
            body_of(contact),
            None if original is None else body_of(original),
            corrections,
            contact.id,
        ),
    )
    connection.execute("DELETE FROM contact_person WHERE contact_id = ?", (contact.id,))
    _put_people(connection, contact)


def find_contact(connection: Connection, contact_id: Id) -> ContactRow | None:
    """One contact by id."""
    row = connection.execute("SELECT body, original, corrections FROM contact WHERE id = ?", (contact_id,)).fetchone()
    return _contact_row(row) if row else None


def list_of_people(connection: Connection, person_ids: tuple[Id, ...], limit: int = 200) -> list[ContactRow]:
    """Contacts that name any of these ids, newest first."""
    marks = ", ".join("?" * len(person_ids))
    rows = connection.execute(
        "SELECT DISTINCT contact.body, contact.original, contact.corrections, contact.seen_at, contact.id FROM contact"
        " JOIN contact_person ON contact_person.contact_id = contact.id"
        f" WHERE contact_person.person_id IN ({marks}) ORDER BY contact.seen_at DESC, contact.id DESC LIMIT ?",
        (*person_ids, limit),
    )
    return [_contact_row(row) for row in rows]


def list_at_site(connection: Connection, site_id: Id, limit: int = 100) -> list[ContactRow]:
    """Contacts at a place, newest first."""
    rows = connection.execute(
        "SELECT body, original, corrections FROM contact WHERE site_id = ? ORDER BY seen_at DESC, id DESC LIMIT ?",
        (site_id, limit),
    )
    return [_contact_row(row) for row in rows]


def list_of_worker(connection: Connection, worker_id: Id, since_ms: int) -> list[ContactRow]:
    """Contacts that a worker recorded of what was seen since then, newest first."""
    rows = connection.execute(
        "SELECT body, original, corrections FROM contact WHERE worker_id = ? AND seen_at >= ?"
        " ORDER BY seen_at DESC, id DESC",
        (worker_id, since_ms),
    )
    return [_contact_row(row) for row in rows]


def list_corrections(connection: Connection, contact_id: Id) -> list[ContactCorrection]:
    """Every word on a contact after the first."""
    rows = connection.execute("SELECT body FROM contact_correction WHERE contact_id = ?", (contact_id,))
    return [read_body(body, ContactCorrection) for (body,) in rows]


def list_of_referral(connection: Connection, referral_id: Id) -> list[ContactRow]:
    """Contacts made because of a referral, newest first."""
    rows = connection.execute(
        "SELECT body, original, corrections FROM contact WHERE referral_id = ? ORDER BY seen_at DESC", (referral_id,)
    )
    return [_contact_row(row) for row in rows]


def list_of_shift(connection: Connection, shift_id: Id) -> list[ContactRow]:
    """Contacts of a shift, oldest first."""
    rows = connection.execute(
        "SELECT body, original, corrections FROM contact WHERE shift_id = ? ORDER BY seen_at, id", (shift_id,)
    )
    return [_contact_row(row) for row in rows]


def _contact_row(row: Any) -> ContactRow:
    contact = read_body(row[0], Contact)
    return ContactRow(contact, contact if row[1] is None else read_body(row[1], Contact), row[2])


def newest_correction_at(connection: Connection, contact_id: Id) -> int | None:
    """When a contact was last corrected as far as this phone knows, in ms."""
    row = connection.execute("SELECT max(at) FROM contact_correction WHERE contact_id = ?", (contact_id,)).fetchone()
    return None if row[0] is None else int(row[0])


def drop_contact(connection: Connection, contact_id: Id) -> None:
    """A contact that this phone may show no more; its corrections stay until they go themselves."""
    connection.execute("DELETE FROM contact WHERE id = ?", (contact_id,))
    connection.execute("DELETE FROM contact_person WHERE contact_id = ?", (contact_id,))


def drop_correction(connection: Connection, correction_id: Id) -> None:
    """A correction that counts no more."""
    connection.execute("DELETE FROM contact_correction WHERE id = ?", (correction_id,))
