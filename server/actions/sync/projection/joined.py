"""What else follows where two records are found to be one person, or not to be after all: no page of their own that was opened
to one of them shows the other, and whoever was only thought to have died lives."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch
from server.database.context import raised
from server.queries.people import health, own_pages, people
from server.queries.people.subjects import list_same_person
from server.queries.sync.store import find_scopes, publish
from shared.model.value import Id
from shared.rules.health import find_death
from sync.authoring import NewChange
from sync.server import AcceptedChange
from sync.wire import SERVER_DEVICE


def settle_joins(session: Session, batch: Batch, new_id: Callable[[], Id]) -> list[AcceptedChange]:
    """End their links; returns the server's own changes, stored and still to be projected."""
    # A page tells of a pair in each scope that knows one of them.
    merges = {(each.from_id, each.into_id): each for each in batch.values("person.merged")}
    new: list[NewChange] = []
    for told in merges.values():
        pair = (told.from_id, told.into_id)
        groups = [list_same_person(session, each) for each in pair]
        # Whoever was given a link to one record was not given the other; where the two are one, they are given another.
        with raised(session):
            own_pages.end_links(session, {each for group in groups for each in group}, batch.received_at)
        if told.undone and told.into_id not in groups[0]:
            for ours, theirs in (groups, groups[::-1]):
                new += _list_living(session, ours, theirs, told.worker_id, batch.received_at, new_id)
    if not new:
        return []
    now_ms = int(batch.received_at.timestamp() * 1000)
    return [AcceptedChange(each, each.hlc, now_ms, SERVER_DEVICE) for each in publish(session, new, now_ms)]


def _list_living(
    session: Session, ours: list[Id], theirs: list[Id], worker_id: Id, at: datetime, new_id: Callable[[], Id]
) -> list[NewChange]:
    """Of whom the other's death alone was told: nobody could strike it out from their page, since no fact of theirs says it."""
    with raised(session):
        died_on = find_death(health.list_facts(session, theirs))
        if died_on is None or find_death(health.list_facts(session, ours)) is not None:
            return []
        dead = [each.id for each in people.list_people(session, ours) if each.died_on == died_on]
    return [
        NewChange(
            id=new_id(), type="person.patched", scope=next(iter(sorted(find_scopes(session, each))), "district:"),
            entity=each, who=worker_id, at_ms=int(at.timestamp() * 1000), sets={"died_on": None},
        )
        for each in dead
    ]  # fmt: skip
