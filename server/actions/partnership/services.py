"""The directory of services: entered, changed, checked and taken out, by whoever may edit it. Who did so last is kept with
each. Which partner receives referrals to one is said by fewer: that partner reads who is referred."""

from hashlib import sha256

import msgspec
from msgspec.structs import replace

from server.access import Access
from server.actions.people.pressing import A_MOMENT
from server.database.locks import lock_records
from server.problems import CONFLICTING, Failure, NotFound
from server.queries.partnership import services
from server.queries.partnership.services import Kept
from shared.model.service import Service
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind

OWN_SOURCE = ""
CHANGED_MEANWHILE = (
    "Somebody else changed this service meanwhile. What you typed is below: load the page again to see theirs."
)


def add_service(access: Access, told: Service, agency_id: Id | None = None) -> Id:
    """Put a service into the directory; one whose button was pressed twice stands there once. Raises Forbidden."""
    access.require(Act.EDIT_SERVICES, purpose="a new service")
    new_id = access.new_id()
    if agency_id is not None:
        _require_receiver(access, agency_id, new_id)
    service = replace(told, id=new_id, changed_at=access.now)
    kept = Kept(
        service=service, source=OWN_SOURCE, reference=new_id, came_with="{}", agency_id=agency_id,
        edited_at=access.now, edited_by=access.actor.worker_id,
    )  # fmt: skip
    lock_records(access.session, [f"service of {access.actor.worker_id}"])
    before = _find_pressed(access, kept)
    if before is not None:
        return before
    services.add_services(access.session, [kept], access.now)
    return new_id


def _find_pressed(access: Access, new: Kept) -> Id | None:
    """The very same service, entered by the same worker a moment ago."""
    lately = services.list_entered_since(access.session, access.actor.worker_id, access.now - A_MOMENT)
    for each in lately:
        said = replace(new.service, id=each.service.id, changed_at=each.service.changed_at)
        if each.source == OWN_SOURCE and each.service == said and each.agency_id == new.agency_id:
            return each.service.id
    return None


def change_service(access: Access, told: Service, based_on: str, agency_id: Id | None = None) -> None:
    """Write what is right, and which partner receives referrals to it; `based_on` is the version that the form showed.
    Raises NotFound, Forbidden, Failure (CONFLICTING)."""
    before = _open(access, told.id)
    if replace(told, changed_at=before.service.changed_at) == before.service and agency_id == before.agency_id:
        return  # pressed twice, or what somebody else has just written, too
    if based_on != version_of(before):
        raise Failure(CONFLICTING, CHANGED_MEANWHILE)
    named = agency_id or before.agency_id
    if agency_id != before.agency_id and named is not None:
        _require_receiver(access, named, told.id)
    _keep(access, replace(before, agency_id=agency_id), told)


def may_say_who_receives(access: Access) -> bool:
    """May the actor name the partner that receives referrals to a service? Who is referred is read there: whoever keeps the
    partners' agreements says so, and nobody for their own service."""
    return access.allows(Act.MANAGE_AGREEMENTS)


def _require_receiver(access: Access, agency_id: Id, service_id: Id) -> None:
    named = Subject(kind=SubjectKind.AGENCY, id=agency_id, owner_agency_id=agency_id)
    access.require(Act.MANAGE_AGREEMENTS, named, purpose="who receives referrals", detail=service_id)


def say_checked(access: Access, service_id: Id) -> None:
    """Somebody made sure today that all of it is so. Raises NotFound, Forbidden."""
    before = _open(access, service_id)
    _keep(access, before, replace(before.service, checked_on=access.today))


def remove_service(access: Access, service_id: Id) -> None:
    """Take out one that was entered here. One of a feed is said to be closed: it would come again. Raises NotFound, Forbidden,
    Failure."""
    before = _open(access, service_id)
    if before.source != OWN_SOURCE:
        raise Failure(CONFLICTING, "It comes from a feed, and would come again: say that it has closed for good.")
    services.delete_service(access.session, service_id)


def version_of(kept: Kept) -> str:
    """By what a form knows whether the service is still as it showed it."""
    return sha256(msgspec.json.encode([kept.service, kept.agency_id])).hexdigest()[:16]


def _open(access: Access, service_id: Id) -> Kept:
    access.require(Act.EDIT_SERVICES, purpose="a service", detail=service_id)
    found = services.find_kept(access.session, service_id, to_change=True)
    if found is None:
        raise NotFound
    return found


def _keep(access: Access, before: Kept, told: Service) -> None:
    service = replace(told, changed_at=access.now)
    kept = replace(before, service=service, edited_at=access.now, edited_by=access.actor.worker_id)
    services.change_service(access.session, kept, access.now)
