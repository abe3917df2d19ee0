"""Whose word a change is: a phone speaks for the worker who carries it, never in a colleague's name.

The signature of a request proves which phone spoke; the worker named in a record is what people will believe.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch
from server.queries.operation.devices import find_owners
from sync.server import AcceptedChange

NAMES_ANOTHER = frozenset({"shift.joined"})
"""Facts whose worker may be a colleague: whoever starts a shift may name who comes along."""


class NotTheirWord(ValueError):
    """A phone recorded something in the name of somebody who does not carry it."""


def check_authors(session: Session, accepted: Sequence[AcceptedChange], batch: Batch) -> None:
    """Raises NotTheirWord for a change in another's name. The server itself (device 0) speaks for whoever asked it."""
    owners = find_owners(session, {each.device for each in accepted if each.device > 0})
    said = {(each.device, each.change.who) for each in accepted}
    for change_type, facts in batch.facts.items():
        if change_type not in NAMES_ANOTHER:
            said.update((fact.device, getattr(fact.value, "worker_id", None)) for fact in facts)
    for device, author in said:
        owner = owners.get(device)
        if owner is not None and author is not None and author != owner:
            raise NotTheirWord("recorded in the name of a worker who does not carry this phone")
