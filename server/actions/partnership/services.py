"""The directory of services: entered, changed, checked and taken out, by whoever may edit it. Who did so last is kept with
each. Which partner receives referrals to one is said by fewer: that partner reads who is referred."""

from hashlib import sha256

import msgspec
from msgspec.structs import replace

from server.access import Access
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
    """Put a service into the directory. Raises Forbidden."""
    access.require(Act.EDIT_SERVICES, purpose="a new service")
    new_id = access.new_id()
    if agency_id is not None:
        _require_receiver(access, agency_id, new_id)
    service = replace(told, id=new_id, changed_at=access.now)
    kept = Kept(
        service=service, source=OWN_SOURCE, reference=new_id, came_with="{}", agency_id=agency_id,
        edited_at=access.now, edited_by=access.actor.worker_id,
    )  # fmt: skip
    services.add_services(access.session, [kept], access.now)
    return new_id


def change_service(access: Access, told: Service, based_on: str, agency_id: Id | None = None) -> None:
    """Write what is right, and which partner receives referrals to it; `based_on` is the version that the form showed.
    Raises NotFound, Forbidden, Failure (CONFLICTING)."""
    before = _open(access, told.id)
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
