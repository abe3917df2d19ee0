"""The wall on the phones' road: what of a batch policy would not allow, asked once for all of it before anything is projected.

The actor is the worker who carries the phone today; `shared.policy.changes` names what each change asks; the records are those
that exist, and those that earlier changes of the batch begin. Nothing is written here. The server's own changes (device 0 and
below) were asked about where they were made.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from sqlalchemy.orm import Session

from server.access import day_of
from server.actions.sync.projection.batch import team_of, to_moment
from server.actions.sync.validation import FACTS, read_fact
from server.database.context import beyond_reader
from server.queries.partnership.workers import Carrier, find_carrier, list_carriers
from server.queries.people.concealment import list_hidden
from server.queries.people.consents import is_said
from server.queries.people.identity import has_one_died, in_order, list_judgements, standing
from server.queries.people.merges import is_told
from server.queries.people.subjects import WORKS_WITH_DAYS
from server.queries.sync.touched import Touched, list_people, list_touched
from shared.model.value import Id
from shared.policy import Act, Actor, Deny, Subject, SubjectKind, decide
from shared.policy import held as words
from shared.policy.changes import CHANGE_RULES, TEAM_FIELDS, Demand, demands
from shared.policy.decide import why_no_personal_data
from sync.server import AcceptedChange
from sync.wire import Change

NAMES_ANOTHER: Final = frozenset({"shift.joined"})
"""Facts whose worker may be a colleague: whoever starts a shift may name who comes along."""
OF_A_SHIFT: Final = frozenset({"shift.ended", "shift.joined", "checkin.made"})

TABLE_OF: Final = {
    "contact.recorded": "contact",
    "contact.corrected": "contact_correction",
    "visit.recorded": "visit",
    "visit.struck": "visit_strike",
    "shift.started": "shift",
    "checkin.made": "check_in",
    "verification.recorded": "verification",
    "need.recorded": "person_need",
    "consent.said": "consent",
    "answer.given": "assessment_answer",
    "person.merged": "person_merge",
    "referral.progressed": "referral_progress",
    "attachment.added": "document",
}
"""Where a fact's own id may be taken."""

PLACED: Final = ("person", "site", "referral", "contact")
"""What an entity may be, besides a fact itself: the feed follows such a record, and its fields are merged by that id alone."""

BEGINS: Final = {
    "contact.recorded": SubjectKind.CONTACT,
    "visit.recorded": SubjectKind.VISIT,
    "shift.started": SubjectKind.SHIFT,
}


class Claim(Struct, frozen=True):
    """One change of a phone with what it says (a fact's fields, or those that a patch sets) and asks."""

    change: Change
    device: int
    team_id: Id | None
    values: Mapping[str, Any]
    demands: tuple[Demand, ...]

    @property
    def own_id(self) -> Id | None:
        """The id that a fact gives a new record."""
        value = self.values.get("id")
        return value if self.change.t in TABLE_OF and isinstance(value, str) else None


class Verdicts(Struct, frozen=True):
    """Which changes are held, with the reason; where each phone's worker walks."""

    reasons: dict[Id, str]
    walked: dict[int, frozenset[Id]]


@beyond_reader
def judge(session: Session, accepted: Sequence[AcceptedChange], timezone: str) -> Verdicts:
    """What policy holds of a batch, in the order in which it came."""
    claims = [_claim(each) for each in accepted if each.device > 0 and not each.change.erased]
    if not claims:
        return Verdicts({}, {})
    now = to_moment(accepted[0].received_at_ms)
    today = day_of(now, ZoneInfo(timezone))
    carriers = list_carriers(session, {each.device for each in claims}, today)
    for each in claims:
        if each.device not in carriers and each.change.who is not None:
            replayed = find_carrier(session, each.change.who, today)
            carriers |= {each.device: replayed} if replayed is not None else {}
    judge_ = _Judge(session, carriers, claims, now, today)
    reasons = {each.change.id: why for each in claims if (why := judge_.why_not(each)) is not None}
    walked = {number: each.actor.district_ids for number, each in carriers.items() if each.actor is not None}
    return Verdicts(reasons, walked)


@beyond_reader
def why_not_for(session: Session, actor: Actor, claim: Claim, now: datetime, today: date) -> str | None:
    """Why this actor may not let a held change in, by the records that it names; None when they may."""
    nobody: Mapping[int, Carrier] = {claim.device: Carrier(worker_id=actor.worker_id, actor=actor, confirmed=True)}
    return _Judge(session, nobody, [claim], now, today).why_not_by_records(claim, actor)


def _claim(accepted: AcceptedChange) -> Claim:
    return claim_of(accepted.change, accepted.device, accepted.meaning)


def claim_of(change: Change, device: int, meaning: Any = None) -> Claim:
    """What a change says and asks. `meaning` is a fact that was read already."""
    values: Mapping[str, Any]
    if change.set_ is not None:
        wanted = TEAM_FIELDS.get(change.t)
        values = {
            name: msgspec.json.decode(value) if name == wanted else None for name, (value, _) in change.set_.items()
        }
    else:
        told = meaning if meaning is not None or change.t not in FACTS else read_fact(change)
        values = msgspec.structs.asdict(told) if told is not None else {}
        if change.t == "contact.corrected":
            values = {**values["fields"], **values}
    rule = CHANGE_RULES.get(change.t)
    asked = tuple(demands(change.t, values, change.e)) if rule is not None else ()
    return Claim(change, device, team_of(change.s), values, asked)


class _Judge:
    """Decides claims one after another; what one begins, the next may name."""

    def __init__(
        self, session: Session, carriers: Mapping[int, Carrier], claims: Sequence[Claim], now: datetime, today: date
    ) -> None:
        self._session, self._carriers, self._today = session, carriers, today
        self._since = now - timedelta(days=WORKS_WITH_DAYS)
        self._touched: Touched = list_touched(session, _named(claims))
        self._begun: dict[tuple[SubjectKind, Id], Subject] = {}
        self._used: set[tuple[str, Id]] = set()
        self._decided: dict[tuple[Id, Act, Subject], str | None] = {}
        self._own: dict[tuple[Id, Id | None], Subject] = {}
        self._people = self._ask_people(claims)

    def _ask_people(self, claims: Sequence[Claim]) -> dict[Id, Subject]:
        """The people whom their own record does not open to the writer already."""
        unsettled = set()
        for each in claims:
            carrier = self._carriers.get(each.device)
            if carrier is None or carrier.actor is None:
                continue
            for demand in each.demands:
                if demand.kind is SubjectKind.PERSON:
                    known = self._touched.subjects.get((str(demand.kind), demand.id))
                    if known is None or self._why(carrier.actor, demand.act, known) is not None:
                        unsettled.add(demand.id)
        return list_people(self._session, unsettled, self._since) if unsettled else {}

    def why_not(self, claim: Claim) -> str | None:
        """Why a change is held; None, and remembered, when it may stand."""
        carrier = self._carriers.get(claim.device)
        if carrier is None or carrier.actor is None:
            return words.NO_WORKER
        if not carrier.confirmed:
            return words.UNCONFIRMED
        if claim.change.t == "record.read":
            return self._why_not_theirs(claim, carrier) or self._why_not_named(claim)
        reason = (
            self._why_not_theirs(claim, carrier)
            or self._why_not_own_work(claim, carrier.actor)
            or self.why_not_by_records(claim, carrier.actor)
            or self._why_not_on_shift(claim, carrier)
        )
        if reason is None:
            self._remember(claim, carrier.actor)
        return reason

    def why_not_by_records(self, claim: Claim, actor: Actor) -> str | None:
        """The part that is about what a change names, whoever answers for it."""
        rule = CHANGE_RULES.get(claim.change.t)
        return (
            (self._why(actor, rule.act, self._own_work(claim, actor)) if rule is not None else None)
            or self._why_taken(claim)
            or self._why_not_named(claim)
            or self._why_denied(claim, actor)
            or self._why_not_joined(claim, actor)
            or self._why_hiding(claim)
        )

    def _why_not_theirs(self, claim: Claim, carrier: Carrier) -> str | None:
        author = None if claim.change.t in NAMES_ANOTHER else claim.values.get("worker_id")
        named = {each for each in (claim.change.who, author) if each is not None} or {None}
        return words.OTHER_NAME if named - {carrier.worker_id} else None

    def _why_not_own_work(self, claim: Claim, actor: Actor) -> str | None:
        """The team of a change, and that which a fact names, is one the worker walks with."""
        teams = {
            claim.team_id,
            claim.values.get("team_id", claim.team_id) if claim.change.set_ is None else claim.team_id,
        }
        return None if teams <= actor.team_ids else words.OTHER_TEAM

    def _why_taken(self, claim: Claim) -> str | None:
        own_id = claim.own_id
        if own_id is None:
            return None
        key = (TABLE_OF[claim.change.t], own_id)
        is_taken = key in self._touched.subjects or key in self._used
        return words.TAKEN_ID if is_taken and not self._is_repeated(claim, own_id) else None

    def _is_repeated(self, claim: Claim, own_id: Id) -> bool:
        """After a restore a merge, or a no, stands again before its phone sends it again: the ledger had it (privacy rule A9)."""
        told = claim.values
        if claim.change.t == "consent.said":
            return is_said(self._session, own_id, told)
        if claim.change.t != "person.merged":
            return False
        return is_told(self._session, own_id, told["from_id"], told["into_id"], told["worker_id"])

    def _why_not_named(self, claim: Claim) -> str | None:
        """A change is heard wherever its entity is placed, and fields are merged by its id: it may not stand under a record
        that it does not name as what that is."""
        entity = claim.change.e
        asked = {(str(each.kind), each.id) for each in claim.demands}
        there = [(kind, entity) for kind in PLACED if entity is not None and (kind, entity) in self._touched.subjects]
        if claim.change.t == "record.read":
            return words.OTHER_ENTITY if there and entity != claim.values.get("subject_id") else None
        return words.OTHER_ENTITY if set(there) - asked else None

    def _why_denied(self, claim: Claim, actor: Actor) -> str | None:
        for demand in claim.demands:
            why = self._why(actor, demand.act, self._subject(demand, claim, actor))
            if why is not None:
                return why
        handed_to = claim.values.get(TEAM_FIELDS.get(claim.change.t, ""))
        if handed_to is None:
            return None
        team = self._touched.subjects.get(("team", str(handed_to)))
        return words.NOT_KNOWN if team is None else self._why(actor, Act.ASSIGN_REFERRAL, team)

    def _subject(self, demand: Demand, claim: Claim, actor: Actor) -> Subject:
        """The record as it is, or as an earlier change of the batch began it, or as this change would begin it."""
        if demand.kind is SubjectKind.DISTRICT:
            return Subject(kind=SubjectKind.DISTRICT, id=demand.id, district_ids=frozenset({demand.id}))
        known = self._touched.subjects.get((str(demand.kind), demand.id))
        if demand.kind is SubjectKind.PERSON:
            wider = self._people.get(demand.id)
            known = wider if wider is not None else known
        return known or self._begun.get((demand.kind, demand.id)) or self._own_work(claim, actor)

    def _why_not_on_shift(self, claim: Claim, carrier: Carrier) -> str | None:
        """A shift that is known is ended, joined and checked in on by those who walk it; colleagues are of its team."""
        if claim.change.t not in OF_A_SHIFT or carrier.actor is None:
            return None
        worker_id, shift_id = claim.values["worker_id"], claim.values["shift_id"]
        known = self._touched.subjects.get(("shift", shift_id))
        walkers = self._touched.linked.get(("walker", shift_id), frozenset())
        if claim.change.t == "shift.joined":
            teams = self._touched.linked.get(("member", worker_id), frozenset())
            return None if worker_id == carrier.worker_id or teams & carrier.actor.team_ids else words.OTHER_SHIFT
        if known is None or known.worker_id == worker_id or worker_id in walkers:
            return None
        return None if ("walks:" + worker_id, shift_id) in self._used else words.OTHER_SHIFT

    def _why_not_joined(self, claim: Claim, actor: Actor) -> str | None:
        """Two records become one once two have looked: a phone's word may be the second, and is never the first. Who lives is
        joined with nobody who died."""
        if claim.change.t != "person.merged" or claim.values.get("undone"):
            return None
        pair = in_order(claim.values["from_id"], claim.values["into_id"])
        said = standing(list_judgements(self._session, pair).get(pair, []))
        if all(each.worker_id == actor.worker_id for each in said):
            return words.FIRST_WORD
        return words.ONE_DIED if has_one_died(self._session, pair) else None

    def _why_hiding(self, claim: Claim) -> str | None:
        """Hiding follows a merge: two records of which other services may know become one for neither."""
        if claim.change.t != "person.merged" or claim.values.get("undone"):
            return None
        hidden = list_hidden(self._session)
        one, other = (hidden.get(claim.values[name]) for name in ("from_id", "into_id"))
        return None if one == other else words.HIDES

    def _own_work(self, claim: Claim, actor: Actor) -> Subject:
        """What the change's own team records, as policy sees it: nobody else's yet, whatever its id will be."""
        key = (actor.worker_id, claim.team_id)
        if key not in self._own:
            self._own[key] = Subject(
                kind=SubjectKind.CONTACT,
                district_ids=actor.district_ids,
                working_agency_ids=frozenset({actor.agency_id}),
                owner_agency_id=actor.agency_id,
                team_id=claim.team_id,
                worker_id=actor.worker_id,
            )
        return self._own[key]

    def _why(self, actor: Actor, act: Act, subject: Subject) -> str | None:
        """Why policy says no, in the words for a held change. A batch asks the same of the same record again and again."""
        key = (actor.worker_id, act, subject)
        if key not in self._decided:
            self._decided[key] = _why(actor, act, subject, self._today)
        return self._decided[key]

    def _remember(self, claim: Claim, actor: Actor) -> None:
        if claim.own_id is not None:
            self._used.add((TABLE_OF[claim.change.t], claim.own_id))
        if claim.change.t == "shift.joined":
            self._used.add(("walks:" + claim.values["worker_id"], claim.values["shift_id"]))
        mine = self._own_work(claim, actor)
        kind = BEGINS.get(claim.change.t)
        if kind is not None and claim.own_id is not None:
            self._begun.setdefault((kind, claim.own_id), mine)
        for demand in claim.demands:
            key = (str(demand.kind), demand.id)
            if key not in self._touched.subjects and demand.id not in self._people:
                self._begun.setdefault((demand.kind, demand.id), mine)


def _why(actor: Actor, act: Act, subject: Subject, today: date) -> str | None:
    decision = decide(actor, act, subject, today)
    if not isinstance(decision, Deny):
        return None
    if decision.as_missing:
        return words.NOT_KNOWN
    return words.NEEDS_SOMEBODY_ELSE.get(act, decision.reason) if _has_agreement(actor, today) else decision.reason


def _has_agreement(actor: Actor, today: date) -> bool:
    return why_no_personal_data(actor, today) is None


def _named(claims: Sequence[Claim]) -> dict[str, set[Id]]:
    """Every record that these changes name, by the kind to look it up as."""
    named: dict[str, set[Id]] = defaultdict(set)
    for each in claims:
        for demand in each.demands:
            if demand.kind is not SubjectKind.DISTRICT:
                named[str(demand.kind)].add(demand.id)
        if each.change.e is not None:
            for kind in PLACED:
                named[kind].add(each.change.e)
        if each.own_id is not None:
            named[TABLE_OF[each.change.t]].add(each.own_id)
        if each.change.t in OF_A_SHIFT:
            named["walker"].add(each.values["shift_id"])
        if each.change.t == "shift.joined" and each.values["worker_id"] != each.change.who:
            named["member"].add(each.values["worker_id"])
        handed_to = each.values.get(TEAM_FIELDS.get(each.change.t, ""))
        if isinstance(handed_to, str):
            named["team"].add(handed_to)
    return named
