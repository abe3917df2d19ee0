"""Whether a phone may be told anything today. What it sends is taken all the same: nothing recorded is stranded on a phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from threading import BoundedSemaphore
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.database.engine import BUSY, BUSY_TIMEOUT_MS
from server.http.services import Services
from server.problems import Failure
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.operation.devices import Enrolment
from server.queries.partnership import workers
from server.queries.sync.devices import Visit
from server.sync_api.identity import Caller, SignedRequest, recognise
from server.sync_api.visits import Visits
from shared.model.codes import DeviceStatus
from shared.policy import Act, Actor, Allow, Subject, decide
from shared.policy.decide import why_no_personal_data
from sync.wire import Refused

RETRY_BUSY_S = 5
RETRY_UNCONFIRMED_S = 10
"""Two people stand beside each other and compare digits: soon enough for them."""
RETRY_AGREEMENT_S = 900
"""An agreement is signed in days, not in seconds."""
TOLD_AT_ONCE = 2
"""Phones of this process; the others wait, and pushes and pages pass them. A page of a feed is work for the interpreter: many at
a time get in each other's way (a hundred first syncs: 13.3 s together, 10.2 s two by two)."""
NO_WORKER = "Whoever carried this phone does not work here any more."
NO_ROLE = "Whoever carries this phone has no role any more that carries one."
NO_TEAM = "Whoever carries this phone does not walk any more with the team that it was enrolled for."

_seats = BoundedSemaphore(TOLD_AT_ONCE)


@dataclass
class Telling:
    """A phone that is told something: read it in `session`, and leave in `visit` what its question says of it."""

    session: Session
    caller: Caller
    visit: Visit | None = None


@contextmanager
def telling(
    services: Services, visits: Visits, signed: SignedRequest, now: datetime, *, is_feed: bool = False
) -> Iterator[Telling]:
    """A transaction that only reads, in which a phone that may be told something today is told it. At its end the question is
    used up, and one that came before is not answered.

    Raises Failure (401) for one that does not prove itself, and `Refused`: `unconfirmed` and `agreement` as `admit` says (of the
    feed of its team, `admit_to_feed`), `busy`
    when the database is not free. A phone that was revoked or is to be wiped gets this far: `sync` tells it so.
    """
    caller: Caller | None = None
    try:
        with _seated(), services.database.reading() as session:
            caller = _know(session, signed, now)
            if caller.enrolment.status == DeviceStatus.OK:
                (admit_to_feed if is_feed else admit)(session, services, caller.enrolment, now)
            told = Telling(session, caller)
            yield told
        visits.note(caller, now, told.visit)
    except Refused as refused:
        if caller is not None and refused.code == "agreement":
            _note_refusal(services, caller.enrolment, now, refused)
        raise
    except BUSY as error:
        raise busy() from error


def _know(session: Session, signed: SignedRequest, now: datetime) -> Caller:
    (caller,) = recognise(session, [signed], now)
    if isinstance(caller, Failure):
        raise caller
    return caller


@contextmanager
def _seated() -> Iterator[None]:
    """One of the few seats. Raises Refused `busy` when none is free in the time that the database is given, too."""
    if not _seats.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
        raise busy()
    try:
        yield
    finally:
        _seats.release()


def busy() -> Refused:
    """The database is not free: the phone may ask again."""
    return Refused("busy", retry_after_s=RETRY_BUSY_S)


def admit(session: Session, services: Services, enrolment: Enrolment, now: datetime) -> Actor:
    """Let a phone be told what its worker may know; returns who that is.

    Raises Refused: `unconfirmed` while nobody has compared its four digits, for whoever used the code may not be whom it was
    meant for (privacy rule B12); `agreement`, with the reason, while its worker may see no person (rule A2), or holds no role
    that carries a phone.
    """
    if enrolment.confirmed_at is None:
        raise Refused("unconfirmed", retry_after_s=RETRY_UNCONFIRMED_S)
    today = now.astimezone(ZoneInfo(services.settings.timezone)).date()
    actor = workers.find_actor(session, enrolment.worker_id, today)
    if actor is None:
        raise _refuse(NO_WORKER)
    reason = _why_nothing(actor, today)
    if reason is not None:
        raise _refuse(reason)
    return actor


def admit_to_feed(session: Session, services: Services, enrolment: Enrolment, now: datetime) -> None:
    """The same, for what a phone keeps: only while its worker walks with the team whose feed it is. What they are told of
    themselves asks `admit` alone: whoever is moved to another team while they are out is searched for all the same."""
    if enrolment.team_id not in admit(session, services, enrolment, now).team_ids:
        raise _refuse(NO_TEAM)


def _why_nothing(actor: Actor, today: date) -> str | None:
    may_carry = isinstance(decide(actor, Act.SYNC, Subject(), today), Allow)
    return why_no_personal_data(actor, today) if may_carry else NO_ROLE


def _refuse(reason: str) -> Refused:
    return Refused("agreement", retry_after_s=RETRY_AGREEMENT_S, detail=reason)


def _note_refusal(services: Services, enrolment: Enrolment, now: datetime, refused: Refused) -> None:
    """Write down that an agreement kept a phone from its people. In a transaction of its own: the refusal ended the other."""
    with services.database.writing() as session:
        worker = workers.find_worker(session, enrolment.worker_id)
        line = AuditLine(
            id=services.new_id(), at=now, actor_id=enrolment.worker_id, agency_id=worker.agency_id if worker else None,
            device_number=enrolment.number, action=str(Act.SYNC), allowed=False, reason=(refused.refusal.detail or "")[:200],
        )  # fmt: skip
        audit.add_lines(session, [line])
