"""Enrolling a phone with a one-time code (privacy rule B12), and ending its work: revoking and wiping.

A code lives ten minutes, works once and forgives five wrong tries. Grants, revocations and wipes also go to the ledger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs
from sqlalchemy.orm import Session

from server.access import Access, day_of
from server.actions.operation.orders import Ledger, order_confirmed, order_device
from server.actions.operation.tokens import TokenIssuer
from server.actions.sync.judging import judge_again
from server.database.engine import Database
from server.database.locks import lock_records
from server.database.sql import storable_words
from server.problems import CODE_REFUSED, CONFLICTING, WEAK_PHONE, Failure, Invalid, NotFound
from server.queries.operation import audit, devices
from server.queries.operation.audit import AuditLine, LedgerEntry
from server.queries.operation.devices import TRIES_MAX, Enrolment, EnrolmentCode
from server.queries.partnership import agencies, districts, workers
from server.queries.people import subjects
from server.queries.sync import store as sync
from server.queries.sync.devices import list_same_phone
from server.security.keys import Keys
from server.security.signatures import is_key
from server.security.tokens import hash_token, new_code, new_digits, normalise_code, same
from server.settings import Settings
from shared.model.app_state import read_app
from shared.model.codes import DeviceStatus
from shared.model.device import Device, Enrolled, EnrolmentRequest, FieldConfig
from shared.model.value import Id
from shared.policy import Act, Allow, decide
from shared.policy.grid import GRID
from shared.policy.held import UNCONFIRMED
from sync.wire import Renewed

LOOKUP_LENGTH = 6
LABEL_LENGTH = 200

PHRASES_OFFERED = (
    "Hot drink",
    "Food",
    "Blanket or sleeping bag",
    "Emergency bed",
    "Assessment hub",
    "GP appointment",
    "Substance use support",
    "Reconnection",
)


def team_scope(team_id: Id) -> str:
    """The feed that a team's phones follow."""
    return f"team:{team_id}"


@dataclass(frozen=True, kw_only=True)
class IssuedCode:
    """A code to show once, on an authenticated page or at a terminal. Nothing in it lasts."""

    id: Id
    code: str
    expires_at: datetime


def issue_code(access: Access, worker_id: Id, team_id: Id, settings: Settings) -> IssuedCode:
    """Issue a one-time code for a worker of a team. Raises NotFound, Forbidden, or Invalid with what to mend."""
    access.require(Act.ENROL_DEVICE, subjects.find_team(access.session, team_id), purpose="enrolment")
    return make_code(
        access.session, worker_id, team_id, settings, access.now, access.new_id, issued_by=access.actor.worker_id
    )


def make_code(
    session: Session,
    worker_id: Id,
    team_id: Id,
    settings: Settings,
    now: datetime,
    new_id: Callable[[], Id],
    issued_by: Id | None = None,
) -> IssuedCode:
    """Make a code without asking policy: for the command line, whose user holds the whole server anyway."""
    worker = workers.find_worker(session, worker_id)
    if worker is None or not worker.active:
        raise Invalid("This worker is not active. Choose another, or let them in first.")
    if team_id not in worker.team_ids:
        raise Invalid("This worker does not walk with that team. Add them to the team first.")
    if not any(Act.SYNC in GRID.get(role, {}) for role in worker.roles):
        raise Invalid("This worker holds no role that carries a phone, or two agencies have not agreed to it yet.")
    code = new_code()
    plain = normalise_code(code)
    issued = IssuedCode(id=new_id(), code=code, expires_at=now + settings.enrolment_code_life)
    devices.add_code(
        session,
        EnrolmentCode(
            id=issued.id,
            lookup=plain[:LOOKUP_LENGTH],
            code_hash=hash_token(plain),
            worker_id=worker_id,
            team_id=team_id,
            issued_by=issued_by,
            issued_at=now,
            expires_at=issued.expires_at,
        ),
    )
    return issued


@dataclass(frozen=True)
class Enroller:
    """Turns a good code into an enrolled phone."""

    database: Database
    settings: Settings
    keys: Keys
    issuer: TokenIssuer
    ledger: Ledger

    def enrol(self, request: EnrolmentRequest, now: datetime, new_id: Callable[[], Id]) -> Enrolled:
        """Enrol a phone.

        Raises Failure (CODE_REFUSED) for a code that is wrong, used or too old, (WEAK_PHONE) for a phone that says it does
        not keep apps apart (privacy rule B10), and Invalid for a bad key.
        """
        _, weaknesses = read_app(request.app_version)
        if weaknesses and not self.settings.weak_phones:
            raise Failure(WEAK_PHONE)
        if not is_key(request.signing_key):
            raise Invalid("signing_key: a P-256 public key in base64url is needed.")
        plain = normalise_code(request.code)
        today = day_of(now, ZoneInfo(self.settings.timezone))
        with self.database.writing() as session:
            code = _hold_code(session, plain[:LOOKUP_LENGTH])
            if code is None or not _is_good(code, plain, now):
                self._count_wrong_try(session, code, plain)
            elif _is_still_meant(session, code, today):
                return self._admit(session, code, request, now, new_id)
        raise Failure(CODE_REFUSED)

    def _count_wrong_try(self, session: Session, code: EnrolmentCode | None, plain: str) -> None:
        """A wrong try counts against the code it was aimed at; the count stands, since this transaction commits."""
        if code is not None and not same(code.code_hash, hash_token(plain)):
            devices.count_code_try(session, code.id)

    def _admit(
        self, session: Session, code: EnrolmentCode, request: EnrolmentRequest, now: datetime, new_id: Callable[[], Id]
    ) -> Enrolled:
        now_ms = int(now.timestamp() * 1000)
        label = request.label.strip()[:LABEL_LENGTH] or "Phone"
        number = sync.register_device(session, scopes=[team_scope(code.team_id)], label=label, now_ms=now_ms)
        digits = new_digits()
        if not devices.use_code(session, code.id, now, number, digits):
            raise Failure(CODE_REFUSED)
        enrolment = Enrolment(
            number=number,
            worker_id=code.worker_id,
            team_id=code.team_id,
            label=label,
            app_version=request.app_version[:40],
            signing_key=request.signing_key,
            enrolled_at=now,
            # A code from the command line: its user holds the server and both screens.
            confirmed_at=now if code.issued_by is None else None,
        )
        devices.add_enrolment(session, enrolment)
        audit.add_lines(session, [_enrolled_line(enrolment, code, new_id())])
        family_id = new_id()
        ends = now + self.settings.refresh_token_life
        self.ledger.write(session, _grant(enrolment, family_id, ends, new_id()))
        return Enrolled(
            device=describe_device(enrolment),
            tokens=self.issuer.issue(session, number, now, family_id),
            config=make_config(session, enrolment, self.settings),
            sealing_key=self.keys.sealing_public,
            match_digits=digits,
        )


def _hold_code(session: Session, lookup: str) -> EnrolmentCode | None:
    """The code that begins so, as it stands once nobody else lets its worker go: who leaves meanwhile ends it."""
    code = devices.find_code(session, lookup)
    if code is None:
        return None
    lock_records(session, [code.worker_id, *([code.issued_by] if code.issued_by else [])])
    return devices.find_code(session, lookup)


def _is_still_meant(session: Session, code: EnrolmentCode, today: date) -> bool:
    """Would the code be made today? Its worker may have left, walk with another team or hold no role that carries a phone; and so
    may whoever made it have no word in this any more. An agreement that lapsed does not count: such a phone is told nothing."""
    carrier = workers.find_actor(session, code.worker_id, today)
    if carrier is None or code.team_id not in carrier.team_ids:
        return False
    if not any(Act.SYNC in GRID.get(role, {}) for role in carrier.roles):
        return False
    if code.issued_by is None:
        return True
    issuer, team = workers.find_actor(session, code.issued_by, today), subjects.find_team(session, code.team_id)
    return issuer is not None and team is not None and isinstance(decide(issuer, Act.ENROL_DEVICE, team, today), Allow)


def _is_good(code: EnrolmentCode, plain: str, now: datetime) -> bool:
    is_open = code.used_at is None and now <= code.expires_at and code.tries < TRIES_MAX
    return same(code.code_hash, hash_token(plain)) and is_open


def describe_device(enrolment: Enrolment) -> Device:
    """The phone as it is told about itself and shown on pages."""
    return Device(
        number=enrolment.number,
        worker_id=enrolment.worker_id,
        team_id=enrolment.team_id,
        label=enrolment.label,
        enrolled_at=enrolment.enrolled_at,
        status=DeviceStatus(enrolment.status),
        last_seen_at=enrolment.last_seen_at,
    )


def make_config(session: Session, enrolment: Enrolment, settings: Settings) -> FieldConfig:
    """What a phone must know to work a shift."""
    worker = workers.get_worker(session, enrolment.worker_id)
    team = agencies.find_team(session, enrolment.team_id)
    if team is None:
        raise NotFound
    colleagues = [each for each in workers.list_workers_of_team(session, team.id) if each.id != worker.id]
    walked = [each for each in districts.list_districts(session) if each.id in team.district_ids]
    return FieldConfig(
        worker=worker,
        team=team,
        colleagues=tuple(colleagues),
        districts=tuple(walked),
        minimum_app_version=settings.minimum_app_version,
        phrases_offered=PHRASES_OFFERED,
    )


def confirm_device(access: Access, number: int, project: sync.Project) -> None:
    """The digits on both screens are the same. What was held for that reason alone is judged now, as its worker's."""
    access.require(Act.ENROL_DEVICE, subjects.find_device(access.session, number), purpose="digits compared")
    devices.confirm_enrolment(access.session, number, access.now)
    order_confirmed(access.session, number, access.now, access.new_id())
    waiting = [each for each in sync.list_quarantined(access.session, number) if each.reason == UNCONFIRMED]
    judge_again(access.session, project, waiting, by=access.actor.worker_id, now=access.now, new_id=access.new_id)


def free_pin(access: Access, number: int) -> None:
    """After five wrong PINs: let them be tried again at once. The phone hears it when it hands over what is sealed; the five
    tries before it erases what can be read are all that are left. Raises NotFound or Forbidden."""
    access.require(Act.ENROL_DEVICE, subjects.find_device(access.session, number), purpose="PIN may be tried again")
    devices.free_pin(access.session, number, access.now)


def name_device(access: Access, number: int, label: str) -> None:
    """What a phone is called on its pages, so that two of one worker are told apart. Raises NotFound, Forbidden, Invalid."""
    access.require(Act.ENROL_DEVICE, subjects.find_device(access.session, number), purpose="phone named")
    words = " ".join(storable_words(label).split())
    if not 0 < len(words) <= LABEL_LENGTH:
        raise Invalid(f"Give it a name of {LABEL_LENGTH} characters or fewer.")
    devices.name_device(access.session, number, words)


def renew_number(
    session: Session, enrolment: Enrolment, ledger: Ledger, now: datetime, new_id: Callable[[], Id]
) -> Renewed:
    """Give a phone a fresh number in sync; its enrolment and tokens follow, and the ledger hears of it.

    Raises sync's Refused for a revoked phone.
    """
    number = sync.renew_device(session, enrolment.number, int(now.timestamp() * 1000))
    devices.renumber(session, enrolment.number, number)
    ledger.write(session, _renewal(structs.replace(enrolment, number=number), enrolment.number, now, new_id()))
    return Renewed(device=number)


def stop_device(access: Access, number: int, status: DeviceStatus) -> None:
    """Revoke or wipe a phone, under every number that it was given: it hears so on its next request. Raises NotFound,
    Forbidden, and Failure where it was told more already."""
    access.require(Act.WIPE_DEVICE, subjects.find_device(access.session, number), detail=str(status))
    for each in list_same_phone(access.session, number):
        if not sync.set_status(access.session, each, status):
            raise Failure(CONFLICTING, "It was told to wipe itself already, and that stands. Look at its page again.")
        order_device(access.session, each, status, access.now, access.new_id())


def _enrolled_line(enrolment: Enrolment, code: EnrolmentCode, line_id: Id) -> AuditLine:
    return AuditLine(
        id=line_id,
        at=enrolment.enrolled_at,
        actor_id=enrolment.worker_id,
        device_number=enrolment.number,
        action=str(Act.ENROL_DEVICE),
        subject_kind="device",
        subject_id=str(enrolment.number),
        detail=f"code {code.id}",
    )


def _grant(enrolment: Enrolment, family_id: Id, ends: datetime, entry_id: Id) -> LedgerEntry:
    """With the family of its tokens and the end of it, so that a restored server knows them again."""
    return LedgerEntry(
        id=entry_id,
        at=enrolment.enrolled_at,
        kind="device_enrolled",
        subject_id=str(enrolment.number),
        detail=_write_down(enrolment) | {"family_id": family_id, "family_expires_at": ends.isoformat()},
    )


def _renewal(renewed: Enrolment, old: int, now: datetime, entry_id: Id) -> LedgerEntry:
    return LedgerEntry(
        id=entry_id,
        at=now,
        kind="device_renewed",
        subject_id=str(renewed.number),
        detail=_write_down(renewed) | {"renewed_from": str(old)},
    )


def _write_down(enrolment: Enrolment) -> dict[str, str]:
    """An enrolment as the ledger keeps it."""
    return {name: str(value) for name, value in msgspec.to_builtins(enrolment).items() if value is not None}
