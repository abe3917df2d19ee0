"""Forgetting a person for good: in the tables, in the sync log, and on every phone."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from server.queries.people import erasure
from server.queries.street import contacts, looks
from server.queries.sync import store as sync
from shared.model.value import Id


def forget_person(session: Session, person_ids: Sequence[Id], now_ms: int) -> None:
    """Forget these records of one person and the contacts that met them. Forgetting twice changes nothing.

    It sticks to them: whatever a phone brings of them later is erased as it comes.

    The tables come first: erasing holds the feed until the commit.
    """
    met = erasure.list_contacts_of(session, person_ids)
    outings = looks.list_outings(session, person_ids=person_ids)
    erasure.delete_person(session, person_ids)
    looks.renew_looks(session, outings)
    gone = set(met) - contacts.list_contacts(session, met).keys()
    sync.note_erasures(session, [*person_ids, *gone], now_ms)
    sync.erase_entities(session, [*person_ids, *met], now_ms)
