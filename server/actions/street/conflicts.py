"""Settling a field that two people changed: one side is kept, as a new change of device 0 that has seen both."""

from server.access import Access
from server.database.locks import take_turns
from server.problems import CONFLICTING, Failure
from server.queries.people import subjects
from server.queries.street.conflicts import Conflict, find_conflict
from server.queries.sync.store import Project, find_scopes, publish
from shared.model.value import Id
from shared.policy import Act, Subject
from sync.authoring import NewChange
from sync.server import AcceptedChange
from sync.wire import SERVER_DEVICE

ACTS = {"person": Act.EDIT_PERSON, "site": Act.EDIT_SITE, "referral": Act.ASSIGN_REFERRAL}


def find_subject(access: Access, conflict: Conflict) -> Subject | None:
    """Returns the record as policy sees it."""
    finders = {"person": subjects.find_person, "site": subjects.find_site, "referral": subjects.find_referral}
    return finders[conflict.kind](access.session, conflict.entity_id)


def keep_side(access: Access, project: Project, entity_id: Id, field: str, change_id: Id) -> None:
    """Keeps what one change wrote. Raises Failure where somebody else has settled it meanwhile."""
    found = find_conflict(access.session, entity_id, field)
    side = next((each for each in found.sides if each.change_id == change_id), None) if found else None
    if found is None or side is None:
        raise Failure(CONFLICTING, "Somebody else has settled this meanwhile.")
    access.require(ACTS[found.kind], find_subject(access, found), purpose="settle", detail=field)
    now_ms = int(access.now.timestamp() * 1000)
    new = NewChange(
        id=access.new_id(), type=f"{found.kind}.patched", scope=sorted(find_scopes(access.session, entity_id))[0],
        entity=entity_id, who=access.actor.worker_id, at_ms=now_ms, sets={field: side.value},
    )  # fmt: skip
    take_turns(access.session, [entity_id])
    (change,) = publish(access.session, [new], now_ms)
    project(access.session, [AcceptedChange(change, change.hlc, now_ms, SERVER_DEVICE)])
