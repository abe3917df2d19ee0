"""Somebody leaves: from one press on they are signed out everywhere, their phones hear that they are revoked, and what those
still send is held; whatever they handed out or were sent before (a link to somebody's own page, an invitation, a code for a
phone) opens nothing any more, also where they are let in again. What they recorded stays."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from server.access import Access
from server.actions.operation.orders import order_device, order_worker
from server.actions.street.alarms import ONE_WATCH
from server.database.context import beyond_reader
from server.database.locks import lock_records
from server.problems import CONFLICTING, Failure, NotFound
from server.queries.cases import saved_views
from server.queries.operation import devices, sessions
from server.queries.partnership import county, invitations, workers
from server.queries.people import own_pages
from server.queries.referrals import desk_filters
from server.queries.street import alarms, duress_signs
from server.queries.sync import store as sync
from shared.model.alarm import AlarmEvent, AlarmEventKind
from shared.model.codes import DeviceStatus
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind

NOBODY_ADMINISTERS = "Nobody could administer Lantern then: make somebody else an administrator first."


def let_go(session: Session, worker_id: Id, now: datetime, new_id: Callable[[], Id]) -> int:
    """Keep a worker out; returns how many of their phones were revoked by it."""
    # Records before rows. A phone that enrols or a sign-in that opens just now is there to be ended, or finds them let go.
    lock_records(session, [worker_id, ONE_WATCH])
    _give_alarms_up(session, worker_id, now, new_id)
    workers.set_active(session, worker_id, False)
    sessions.end_sessions_of(session, worker_id)
    desk_filters.drop_all_of(session, worker_id)
    saved_views.remove_all_of(session, worker_id)
    duress_signs.drop_sign(session, worker_id)
    own_pages.end_links_made_by(session, worker_id, now)  # in whose hands they are nobody knows
    devices.end_codes_of(session, worker_id)
    invitations.end_invitations_of(session, worker_id)
    theirs = devices.list_working_phones(session, worker_id)
    for number in theirs:
        sync.set_status(session, number, DeviceStatus.REVOKED)
        order_device(session, number, DeviceStatus.REVOKED, now, new_id())
    order_worker(session, worker_id, now, new_id())
    return len(theirs)


@beyond_reader
def _give_alarms_up(session: Session, worker_id: Id, now: datetime, new_id: Callable[[], Id]) -> None:
    """Whom they had said that they look for is looked for by nobody now. The watch is held."""
    lock_records(session, [each.id for each in alarms.list_open_alarms(session)])
    alarms.add_events(
        session,
        [
            AlarmEvent(id=new_id(), alarm_id=each.id, at=now, kind=AlarmEventKind.GIVEN_UP, worker_id=worker_id)
            for each in alarms.list_open_alarms(session)
            if each.taken is not None and each.taken.worker_id == worker_id
        ],
    )


def dismiss(access: Access, worker_id: Id) -> None:
    """The same, by an administrator on a page. Raises NotFound, and Failure for whoever would lock themselves out,
    or the last administrator: of two who let one another go at one moment the second finds that the first has."""
    county.hold_county(access.session)
    found = workers.find_worker(access.session, worker_id)
    if found is None:
        raise NotFound
    access.require(Act.MANAGE_WORKERS, Subject(kind=SubjectKind.WORKER, id=worker_id), purpose="leaves")
    if worker_id == access.actor.worker_id:
        raise Failure(CONFLICTING, "You cannot let yourself go: another administrator can.")
    let_go(access.session, worker_id, access.now, access.new_id)
    if not workers.has_administrator(access.session):
        raise Failure(CONFLICTING, NOBODY_ADMINISTERS)
