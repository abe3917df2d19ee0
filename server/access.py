"""The one door to a record.

Every read of a personal record and every write passes here: policy decides, the audit line is written in the same
transaction, and whoever may not know that a record exists gets the same answer as if it did not.

What a record says and how it is changed is not here: `server.queries` reads, `server.actions` writes.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import date, datetime
from typing import NoReturn, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.database.context import Context, Kind, acting, enter
from server.database.engine import Database
from server.database.locks import lock_records
from server.problems import NOT_SIGNED_IN, PROVE_AGAIN, Failure, Forbidden, NotFound
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.partnership import workers
from server.queries.partnership.workers import Acting
from server.queries.people import concealment, people, subjects
from server.queries.referrals import duty
from shared.geo.night import DEFAULT_ZONE, outreach_night
from shared.model.person import Person
from shared.model.value import Id
from shared.model.worker import Worker
from shared.policy import Act, Actor, Allow, Deny, Subject, SubjectKind, decide, teams_within
from shared.policy.actions import is_personal, is_seeing
from shared.policy.decide import NOT_HERE, why_no_personal_data
from shared.policy.grid import GRID, Reach
from shared.policy.looks import OPENING, TAKEN_OUT
from shared.rules.busy_hours import HOUR, PROVE_AGAIN_AFTER

Found = TypeVar("Found")
SYSTEM = Subject()
HOME = ZoneInfo(DEFAULT_ZONE)


def day_of(moment: datetime, zone: ZoneInfo = HOME) -> date:
    """The local day of a moment: agreements and training end with one."""
    return moment.astimezone(zone).date()


def of_theirs(actor: Actor) -> Subject:
    """Returns what belongs to the actor's districts and teams together: an inbox, a map of tonight."""
    districts = sorted(actor.district_ids)
    return Subject(
        kind=SubjectKind.DISTRICT, id=districts[0] if len(districts) == 1 else "", district_ids=actor.district_ids,
        team_id=next(iter(sorted(actor.team_ids)), None),
    )  # fmt: skip


STREET = (Act.SEE_PLACE, Act.SEE_MAP, Act.SEE_REFERRALS, Act.SEE_SHIFTS)
_BY_DISTRICT = frozenset({Reach.PATCH, Reach.DISTRICT, Reach.DISTRICT_OR_WORKING})
_BY_AGENCY = frozenset({Reach.PATCH, Reach.WORKING, Reach.DISTRICT_OR_WORKING, Reach.AGENCY})


def context_of(actor: Actor, now: datetime, today: date) -> Context:
    """What the database is told of who asks: as much of the grid as tables can tell. Nothing of anybody for who is behind the
    agreement gate, and for roles that see no person."""
    if why_no_personal_data(actor, today) is not None:
        return Context(kind=Kind.WORKER, worker_id=actor.worker_id)
    granted = [(act, reach) for role in actor.roles for act, reach in GRID.get(role, {}).items() if is_personal(act)]
    reaches = {reach for _, reach in granted}
    street = {reach for act, reach in granted if act in STREET}
    return Context(
        kind=Kind.WORKER,
        worker_id=actor.worker_id,
        own=actor.worker_id if Reach.PATCH in reaches else "",
        agency_id=actor.agency_id if reaches & _BY_AGENCY else "",
        street_agency=actor.agency_id if street & _BY_AGENCY else "",
        districts=actor.district_ids if reaches & _BY_DISTRICT else frozenset(),
        street=actor.district_ids if street & _BY_DISTRICT else frozenset(),
        teams=actor.team_ids if Reach.PATCH in reaches else frozenset(),
        reviews=any(act is Act.REVIEW_ACCESS for act, _ in granted),
        since=subjects.works_since(now),
        today=today,
    )


def find_open_access() -> "Access | None":
    """Who is behind the door just now: what every page of theirs says beside its own matter is read for them."""
    return _BEHIND_THE_DOOR.get()


class Access:
    """What one actor may do in one transaction. `session` is for queries, once the door has let the actor through."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        now: datetime,
        new_id: Callable[[], Id],
        *,
        worker: Worker | None = None,
        device_number: int | None = None,
        zone: ZoneInfo = HOME,
        refusals: list[AuditLine] | None = None,
        lines: list[AuditLine] | None = None,
        address: str = "",
        may_change: bool = False,
        by: str = "",
    ) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.new_id = new_id
        self.zone = zone
        self.today = day_of(now, zone)
        self.tonight = outreach_night(now, zone.key)
        self._worker = worker
        self.address = address
        self._may_change = may_change
        self._by = by
        self._device_number = device_number
        self._refusals = refusals
        self._lines = lines
        concealment.read_as(session, actor.agency_id)
        subjects.count_relations_from(session, now)
        duty.count_readers_on(session, self.today)
        enter(session, context_of(actor, now, self.today))
        self._has_proof = False
        self._people: dict[Id, tuple[Subject | None, list[Id]]] = {}

    @property
    def worker(self) -> Worker:
        """The worker who acts: their name for the frame of a page."""
        if self._worker is None:
            self._worker = workers.get_worker(self.session, self.actor.worker_id)
        return self._worker

    def allows(self, action: Act, subject: Subject = SYSTEM) -> bool:
        """Would this be allowed? For showing or leaving out a button; writes nothing, grants nothing."""
        return isinstance(decide(self.actor, action, subject, self.today), Allow)

    def teams_within(self, action: Act) -> frozenset[Id]:
        """The actor's teams whose records this reaches: for a list, beside the actor's districts."""
        return teams_within(self.actor, action, self.today)

    def require(self, action: Act, subject: Subject | None = SYSTEM, *, purpose: str = "", detail: str = "") -> Subject:
        """Let the actor through and write the audit line, or raise.

        `subject` None means that no such record was found. Raises NotFound for that, and alike for a record that the
        actor must not know of; Forbidden, with the reason, where the refusal depends on the actor alone; Failure (PROVE_AGAIN)
        for whoever has opened very many people's records.
        """
        if subject is None:
            decision = decide(self.actor, action, SYSTEM, self.today)
            # Whoever may not do this at all hears so, whether or not the record exists; the others hear the same nothing.
            self._refuse(
                action, SYSTEM, decision if isinstance(decision, Deny) else Deny(reason=NOT_HERE, as_missing=True)
            )
        decision = decide(self.actor, action, subject, self.today)
        if isinstance(decision, Deny):
            self._refuse(action, subject, decision)
        if action in OPENING and subject.kind is SubjectKind.PERSON:
            self._ask_for_proof(action, subject)
        if is_personal(action) or subject.kind is not SubjectKind.SYSTEM:
            marked = "by break-glass" if decision.by_break_glass else ""
            self._note([self._line(action, subject, purpose=purpose, reason=marked, detail=detail)])
        if self._may_change and not is_seeing(action):
            # What was allowed is carried out whole: a case leaves this reader's district, a person every agenda, also others'.
            enter(self.session, Context(kind=Kind.POLICY))
        return subject

    def open_person(self, person_id: Id, purpose: str, action: Act = Act.SEE_PERSON) -> Person:
        """The person's record, for a stated purpose. Raises NotFound, Forbidden, or Failure (PROVE_AGAIN)."""
        return self.open_person_with(person_id, purpose, lambda: None, action)[0]

    def open_person_with(
        self, person_id: Id, purpose: str, look: Callable[[], Found], action: Act = Act.SEE_PERSON
    ) -> tuple[Person, Found]:
        """The same, with what else is looked up beyond the reader once they are let through: PostgreSQL is told of the reader
        again when the record itself is read, and not between one look and the next."""
        self._ask_for_proof(action, Subject(kind=SubjectKind.PERSON, id=person_id))
        self.require(action, self.find_person_and_same(person_id)[0], purpose=purpose)
        beside = look()
        found = people.find_person(self.session, person_id)
        if found is None:
            raise NotFound
        return found, beside

    def _ask_for_proof(self, action: Act, subject: Subject) -> None:
        """Whoever opens very many records in an hour, or parts of them, proves again who they are before the next (privacy rule
        C8). Asked once a transaction."""
        if self._device_number is not None or self._lines is None or self._has_proof:
            return
        opened = audit.count_opened_since_proof(self.session, self.actor.worker_id, self.now - HOUR)
        if opened >= PROVE_AGAIN_AFTER:
            self._refuse_unproven(str(action), subject, opened)
        self._has_proof = True

    def _refuse_unproven(self, action: str, subject: Subject, people: int) -> NoReturn:
        reason = f"{people} people in an hour: to prove again who they are"
        if self._refusals is not None:
            self._refusals.append(self._line(action, subject, allowed=False, reason=reason))
        raise Failure(PROVE_AGAIN)

    def note_taken_out(self, person_ids: Collection[Id], purpose: str) -> None:
        """Write down whom a file is about that the reader takes out: each counts as opened (privacy rule C8).

        Raises Failure (PROVE_AGAIN) where they would have opened too many. A file may by itself be about more: whoever has just
        proved who they are, and opened nobody since, takes out one.
        """
        people, hour_ago = set(person_ids), self.now - HOUR
        if self._device_number is None and self._lines is not None:
            lock_records(self.session, [f"taken out by {self.actor.worker_id}"])
            opened = audit.list_opened_since_proof(self.session, self.actor.worker_id, hour_ago)
            fresh = not opened and audit.has_proven(self.session, self.actor.worker_id, hour_ago)
            if len(opened | people) > PROVE_AGAIN_AFTER and not fresh:
                self._refuse_unproven(TAKEN_OUT, SYSTEM, len(opened | people))
        self._note(
            [
                self._line(TAKEN_OUT, Subject(kind=SubjectKind.PERSON, id=each), purpose=purpose)
                for each in sorted(people)
            ]
        )

    def find_person_and_same(self, person_id: Id) -> tuple[Subject | None, list[Id]]:
        """What policy asks of a person, and every id that is the same person; asked once for what one transaction shows.

        Whoever changes in this transaction what policy asks, and then decides by it, asks `subjects` anew.
        """
        if person_id not in self._people:
            self._people[person_id] = subjects.find_person_and_same(self.session, person_id)
        return self._people[person_id]

    def list_open_cases(self, case_ids: Collection[Id]) -> frozenset[Id]:
        """Those of these cases whose person's record this actor may open: where a name may lead on."""
        found = subjects.list_cases(self.session, case_ids)
        return frozenset(each for each, subject in found.items() if self.allows(Act.SEE_PERSON, subject))

    def require_district(self, action: Act, district_id: Id, *, purpose: str = "") -> Subject:
        """Let the actor through to something that belongs to a district: its list, its inbox, its map."""
        return self.require(action, subjects.of_district(district_id), purpose=purpose)

    def note_seen(
        self, kind: SubjectKind, ids: Collection[Id], *, action: Act = Act.SEE_PERSON_LIST, purpose: str = ""
    ) -> None:
        """Write one line for each record that a list has shown: records returned and read events are equal (A6)."""
        self._note([self._line(action, Subject(kind=kind, id=each), purpose=purpose) for each in ids])

    def write_lines(self) -> None:
        """Write what was noted so far. The door does so at the end of its transaction; a page that itself reads the audit
        asks for it before."""
        if self._lines:
            audit.add_lines(self.session, self._lines)
            self._lines.clear()

    def _note(self, lines: list[AuditLine]) -> None:
        """Keep lines for the end of the transaction, where they are one statement; without a door, write them at once."""
        if self._lines is None:
            audit.add_lines(self.session, lines)
        else:
            self._lines.extend(lines)

    def _refuse(self, action: Act, subject: Subject, decision: Deny) -> NoReturn:
        """Keep the refusal, which outlives this transaction, and answer it."""
        if self._refusals is not None:
            reason = f"flagged: {decision.reason}" if decision.flagged else decision.reason
            self._refusals.append(self._line(action, subject, allowed=False, reason=reason))
        raise NotFound if decision.as_missing else Forbidden(decision.reason)

    def _line(
        self,
        action: str,
        subject: Subject,
        *,
        purpose: str = "",
        allowed: bool = True,
        reason: str = "",
        detail: str = "",
    ) -> AuditLine:
        return AuditLine(
            id=self.new_id(),
            at=self.now,
            actor_id=self.actor.worker_id,
            agency_id=self.actor.agency_id,
            device_number=self._device_number,
            action=str(action),
            subject_kind="" if subject.kind is SubjectKind.SYSTEM else str(subject.kind),
            subject_id=subject.id,
            purpose=(f"{self._by}: {purpose}" if self._by else purpose)[:200],
            allowed=allowed,
            reason=reason[:200],
            detail=detail,
            address=self.address,
        )


_BEHIND_THE_DOOR: ContextVar[Access | None] = ContextVar("behind_the_door", default=None)


class Door:
    """Stands where a request arrives: knows who asks, and opens one transaction with them behind the door.

    Use it in the handler itself, so that the transaction begins and ends in one thread:
    `with door.open() as access: ...`. Refusals are written after the transaction has ended, whichever way it did.

    `may_change` is false for a request that only reads: then the database shows no more than the reader's own. `by` names the
    program that asks in the worker's place: it stands in the purpose of every audit line.

    `acting` is the worker as this very request has just found them; it is good for the first transaction. Every other one
    asks anew: a role taken away or an agreement that expired counts at once.
    """

    def __init__(
        self,
        database: Database,
        worker: Worker,
        now: datetime,
        new_id: Callable[[], Id],
        *,
        device_number: int | None = None,
        zone: ZoneInfo = HOME,
        acting: Acting | None = None,
        address: str = "",
        may_change: bool = False,
        by: str = "",
    ) -> None:
        self.database = database
        self.worker = worker
        self.now = now
        self.new_id = new_id
        self._device_number = device_number
        self._zone = zone
        self._acting = acting
        self._address = address
        self._may_change = may_change
        self._by = by

    @contextmanager
    def open(self) -> Iterator[Access]:
        """One writing transaction: the audit line of a read is part of the read."""
        refusals: list[AuditLine] = []
        try:
            with self._acting_first(), self.database.writing() as session:
                access = self._admit(session, refusals)
                entered = _BEHIND_THE_DOOR.set(access)
                try:
                    yield access
                finally:
                    _BEHIND_THE_DOOR.reset(entered)
                access.write_lines()
        finally:
            self._keep(refusals)

    def _acting_first(self) -> AbstractContextManager[None]:
        """Where it is known already who asks, the database is told so at once."""
        if self._acting is None:
            return nullcontext()
        return acting(context_of(self._acting[1], self.now, day_of(self.now, self._zone)))

    def _admit(self, session: Session, refusals: list[AuditLine]) -> Access:
        found, self._acting = self._acting, None
        if found is None:
            found = workers.find_acting(session, self.worker.id, day_of(self.now, self._zone))
        if found is None or not found[0].active:
            raise Failure(NOT_SIGNED_IN)
        fresh, actor = found
        return Access(
            session,
            actor,
            self.now,
            self.new_id,
            worker=fresh,
            device_number=self._device_number,
            zone=self._zone,
            refusals=refusals,
            lines=[],
            address=self._address,
            may_change=self._may_change,
            by=self._by,
        )

    def _keep(self, refusals: list[AuditLine]) -> None:
        if refusals:
            with self.database.writing() as session:
                audit.add_lines(session, refusals)
