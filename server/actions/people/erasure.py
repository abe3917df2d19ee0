"""Forgetting a person for good: in the tables, in the sync log, and on every phone."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from server.actions.operation.orders import PERSON_ERASED, order_erasure
from server.actions.sync.projection.holding import hold_people
from server.queries.operation import audit
from server.queries.people import assessments, erasure
from server.queries.street import looks
from server.queries.sync import store as sync
from shared.model.value import Id


def forget_person(session: Session, person_ids: Sequence[Id], now_ms: int) -> None:
    """Forget these records of one person and the contacts that met them. Forgetting twice changes nothing.

    It sticks to them: whatever a phone brings of them later is erased as it comes.

    The tables come first: erasing holds the feed until the commit.
    """
    hold_people(session, person_ids)
    met = [*erasure.list_contacts_of(session, person_ids), *assessments.list_answer_ids(session, person_ids)]
    outings = looks.list_outings(session, person_ids=person_ids)
    erasure.delete_person(session, person_ids)
    looks.renew_looks(session, outings)
    order_erasure(session, person_ids, now_ms)
    sync.erase_entities(session, [*person_ids, *met], now_ms)


def erase_what_came_since(session: Session, now_ms: int) -> int:
    """Erase what phones have brought of erased people and was set aside, read by nobody; returns how many changes that were."""
    return len(sync.erase_entities(session, audit.find_subjects(session, PERSON_ERASED), now_ms))
