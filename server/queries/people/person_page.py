"""One person's record as a page shows it: the person, where their case stands, what they need, who works with them, who has
looked, and one timeline of everything that happened.

Each is one query, bounded, answered from an index on (person, moment): the page costs the same however long the history.
Each is built once and handed out again (`server.database.statements`).
Whether somebody may read it is decided before, in `server.access`.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from server.database.columns import UTCDateTime, in_utc
from server.database.statements import Ids, ids
from server.queries.people.told_needs import STANDS
from server.tables.cases.case import case_action, case_event, case_move, case_review, mdt_case
from server.tables.operation.audit import LOOKED_AT, audit
from server.tables.partnership.agency import agency
from server.tables.partnership.district import district
from server.tables.partnership.worker import worker
from server.tables.people.person import person_need
from server.tables.people.verification import person_verification, verification
from server.tables.referrals.referral import referral
from server.tables.street.contact import REFERRED, contact, contact_person
from server.tables.street.site import site
from shared.geo.night import DEFAULT_ZONE, local_day
from shared.model.case import Case
from shared.model.codes import CaseState, CaseStep, EvidenceBasis, ReceivingSupport, ReviewStatus, SupportNeed
from shared.model.value import Id, Value
from shared.rules.verification import ROUGH_SLEEPING_STATES

WORKING_WINDOW_DAYS = 90
TIMELINE_LIMIT = 50
LOOKS_LIMIT = 100
NOT_REACHED = ", not reached"
"""How the number of a review ends whose conference did not reach the case."""


class Standing(Value, frozen=True, kw_only=True):
    """Whether the person is verified now, with the rule's reason in words."""

    verified: bool
    reason: str
    review_status: ReviewStatus = ReviewStatus.UNREVIEWED
    since: datetime | None = None


class CaseStanding(Value, frozen=True, kw_only=True):
    """The person's newest case in one district."""

    case: Case
    district_name: str


class NeedNow(Value, frozen=True, kw_only=True):
    """The newest word on one need."""

    need: SupportNeed
    receiving_support: ReceivingSupport
    at: datetime


class WorksWith(Value, frozen=True, kw_only=True):
    """A worker who has met the person lately."""

    worker_id: Id
    short_name: str
    agency_id: Id
    agency_name: str
    contacts: int
    last_at: datetime


class RecordAccess(Value, frozen=True, kw_only=True):
    """One reading of the record."""

    short_name: str
    agency_name: str
    at: datetime
    purpose: str


class Event(Value, frozen=True, kw_only=True):
    """One thing that happened. What `code`, `place`, `text` and `more` say depends on `kind`; words are for the page."""

    kind: str
    id: Id
    at: datetime
    by: str = ""
    code: str = ""
    place: str = ""
    text: str = ""
    more: str = ""


_STANDING = select(person_verification).where(person_verification.c.person_id == bindparam("person_id"))


def find_standing(session: Session, person_id: Id) -> Standing | None:
    """Returns the derived verification, or None when nothing was derived for this person yet."""
    found = session.execute(_STANDING, {"person_id": person_id}).mappings().first()
    if found is None:
        return None
    return Standing(
        verified=found["verified"],
        reason=found["reason"],
        review_status=ReviewStatus(found["review_status"]),
        since=found["since"],
    )


_LIVE = mdt_case.c.state.in_([str(state) for state in (CaseState.CANDIDATE, CaseState.LISTED, CaseState.OPEN)])
_CASES = (
    select(mdt_case, district.c.name.label("district_name"))
    .join_from(mdt_case, district, district.c.id == mdt_case.c.district_id)
    .where(mdt_case.c.person_id == bindparam("person_id"))
    .order_by(_LIVE.desc(), mdt_case.c.since.desc())
)


def list_cases_of(session: Session, person_id: Id) -> list[CaseStanding]:
    """Returns the person's cases, live ones first, then the newest."""
    return [_case(found) for found in session.execute(_CASES, {"person_id": person_id}).mappings()]


def _ask_needs(person_ids: Ids) -> Select[Any]:
    later = person_need.alias("later_need")
    newer = or_(later.c.at > person_need.c.at, and_(later.c.at == person_need.c.at, later.c.id > person_need.c.id))
    return select(person_need.c.need, person_need.c.receiving_support, person_need.c.at).where(
        person_need.c.person_id.in_(person_ids),
        STANDS,
        ~exists().where(
            later.c.person_id.in_(person_ids),
            later.c.need == person_need.c.need,
            later.c.is_withdrawn.is_(False),
            newer,
        ),
    )


_NEEDS = _ask_needs(ids("person_ids"))


def list_needs(session: Session, person_ids: Sequence[Id]) -> list[NeedNow]:
    """Returns the newest word on each need, needs without support first."""
    needs = [
        NeedNow(need=SupportNeed(need), receiving_support=ReceivingSupport(support), at=at)
        for need, support, at in session.execute(_NEEDS, {"person_ids": person_ids})
    ]
    order = {ReceivingSupport.NO: 0, ReceivingSupport.NOT_KNOWN: 1}
    return sorted(needs, key=lambda each: (order.get(each.receiving_support, 2), str(each.need)))


_LAST_AT = func.max(contact_person.c.seen_at).label("last_at")
_WORKS_WITH = (
    select(
        worker.c.id, worker.c.short_name, agency.c.id, agency.c.name,
        func.count(func.distinct(contact.c.id)), _LAST_AT,
    )
    .select_from(contact_person)
    .join(contact, contact.c.id == contact_person.c.contact_id)
    .join(worker, worker.c.id == contact.c.worker_id)
    .join(agency, agency.c.id == worker.c.agency_id)
    .where(contact_person.c.person_id.in_(ids("person_ids")), contact_person.c.seen_at >= bindparam("since"))
    .group_by(worker.c.id, worker.c.short_name, agency.c.id, agency.c.name)
    .order_by(_LAST_AT.desc())
)  # fmt: skip


def list_who_works_with(session: Session, person_ids: Sequence[Id], now: datetime) -> list[WorksWith]:
    """Returns the workers who recorded a contact with the person in the last ninety days, the latest first."""
    found = session.execute(_WORKS_WITH, {"person_ids": person_ids, "since": now - timedelta(days=WORKING_WINDOW_DAYS)})
    return [
        WorksWith(worker_id=w, short_name=name, agency_id=a, agency_name=called, contacts=number, last_at=at)
        for w, name, a, called, number, at in found
    ]


_LOOKS = (
    select(worker.c.short_name, agency.c.name, audit.c.at, audit.c.purpose)
    .select_from(audit)
    .join(worker, worker.c.id == audit.c.actor_id)
    .join(agency, agency.c.id == worker.c.agency_id)
    .where(audit.c.subject_id.in_(ids("person_ids")), LOOKED_AT, audit.c.allowed.is_(True))
    .order_by(audit.c.at.desc(), audit.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)


def list_record_accesses(
    session: Session, person_ids: Sequence[Id], limit: int = LOOKS_LIMIT, zone: str = DEFAULT_ZONE
) -> tuple[list[RecordAccess], bool]:
    """Who has read the record, one line a worker and day, the latest first (A6); and whether `limit` cut any."""
    found = session.execute(_LOOKS, {"person_ids": person_ids, "most": limit})
    looks = [RecordAccess(short_name=name, agency_name=called, at=at, purpose=why) for name, called, at, why in found]
    return _without_repeats(looks, zone), len(looks) == limit


def _without_repeats(looks: list[RecordAccess], zone: str) -> list[RecordAccess]:
    """Of one worker's looks on one day only the latest: who looked is what matters, every look stays in the audit log."""
    newest: dict[tuple[str, str, date], RecordAccess] = {}
    for look in looks:
        newest.setdefault((look.short_name, look.agency_name, local_day(look.at, zone)), look)
    return list(newest.values())


def list_events(
    session: Session, person_ids: Sequence[Id], before: datetime, before_id: Id = "", limit: int = TIMELINE_LIMIT
) -> list[Event]:
    """Returns what happened before a moment, the newest first, at most `limit` events.

    `before_id` is the event where the page above ended: several things may have happened at one moment.

    Each kind gives its own newest `limit` events at most, so no kind's whole history is ever read.
    """
    asked = {"person_ids": person_ids, "before": before, "before_id": before_id, "most": limit}
    return [_event(found) for found in session.execute(_events(), asked).mappings()]


@cache
def _events() -> Select[Any]:
    person_ids = ids("person_ids")
    kinds = [
        _newest(each)
        for each in (
            _contacts(person_ids), _verifications(person_ids), _cases(person_ids), _reviews(person_ids),
            _actions(person_ids), _referrals(person_ids), _moves(person_ids),
        )
    ]  # fmt: skip
    together: CompoundSelect[Any] = union_all(*kinds)
    events = together.subquery("event")
    return (
        select(events, worker.c.short_name)
        .outerjoin(worker, worker.c.id == events.c.worker_id)
        .order_by(events.c.at.desc(), events.c.id.desc())
        .limit(bindparam("most", type_=Integer))
    )


def _newest(kind: Select[Any]) -> Select[Any]:
    at, identity = kind.selected_columns["at"], kind.selected_columns["id"]
    before, before_id = bindparam("before", type_=UTCDateTime), bindparam("before_id", type_=String)
    earlier = or_(at < before, and_(at == before, identity < before_id))
    bounded = kind.where(at <= before, earlier).order_by(at.desc(), identity.desc())
    return select(bounded.limit(bindparam("most", type_=Integer)).subquery())


def _columns(kind: str, **columns: Any) -> list[Any]:
    """The one shape of every part of the union; a missing text is empty, a missing worker is none."""
    texts = [columns.get(name, literal("")).label(name) for name in ("code", "place", "text", "more")]
    worker_id = columns.get("worker_id", cast(null(), String))
    return [
        literal(kind).label("kind"), columns["id"].label("id"), columns["at"].label("at"), worker_id.label("worker_id"),
        *texts,
    ]  # fmt: skip


def _contacts(person_ids: Ids) -> Select[Any]:
    place = func.coalesce(site.c.name, "")
    shown = _columns(
        "contact", id=contact.c.id, at=contact_person.c.seen_at, worker_id=contact.c.worker_id,
        code=contact_person.c.state, place=place, text=contact.c.note, more=contact.c.next_step,
    )  # fmt: skip
    return (
        select(*shown)
        .select_from(contact_person)
        .join(contact, contact.c.id == contact_person.c.contact_id)
        .outerjoin(site, site.c.id == contact.c.site_id)
        .where(contact_person.c.person_id.in_(person_ids))
    )


def _verifications(person_ids: Ids) -> Select[Any]:
    shown = _columns(
        "verification", id=verification.c.id, at=verification.c.at, worker_id=verification.c.worker_id,
        code=verification.c.review_status, more=verification.c.basis, text=verification.c.reason,
    )  # fmt: skip
    return select(*shown).where(verification.c.person_id.in_(person_ids))


def _cases(person_ids: Ids) -> Select[Any]:
    """Each step of a case on the day it was taken, by whom. Reviews and moves between districts are told for themselves."""
    shown = _columns(
        "case", id=case_event.c.id, at=case_event.c.at, worker_id=case_event.c.worker_id, code=case_event.c.step,
        place=district.c.name, text=case_event.c.reason,
    )  # fmt: skip
    joined = (
        select(*shown)
        .select_from(case_event)
        .join(mdt_case, mdt_case.c.id == case_event.c.case_id)
        .join(district, district.c.id == case_event.c.district_id)
    )
    told_elsewhere = [str(CaseStep.DISCUSSED), str(CaseStep.MOVED)]
    return joined.where(mdt_case.c.person_id.in_(person_ids), case_event.c.step.not_in(told_elsewhere))


def _moves(person_ids: Ids) -> Select[Any]:
    """A case went to another district: `place` is where it went, `code` where it was."""
    was, goes = district.alias("was"), district.alias("goes")
    shown = _columns(
        "move", id=case_move.c.id, at=case_move.c.at, worker_id=case_move.c.worker_id, code=was.c.name,
        place=goes.c.name, text=case_move.c.reason,
    )  # fmt: skip
    return (
        select(*shown)
        .select_from(case_move)
        .join(mdt_case, mdt_case.c.id == case_move.c.case_id)
        .join(was, was.c.id == case_move.c.from_district_id)
        .join(goes, goes.c.id == case_move.c.to_district_id)
        .where(mdt_case.c.person_id.in_(person_ids))
    )


def _reviews(person_ids: Ids) -> Select[Any]:
    shown = _columns(
        "review", id=case_review.c.id, at=case_review.c.at,
        code=cast(case_review.c.mdt_number, String) + case((case_review.c.reached, ""), else_=NOT_REACHED),
        text=case_review.c.notes, more=case_review.c.outcome,
    )  # fmt: skip
    joined = select(*shown).join_from(case_review, mdt_case, mdt_case.c.id == case_review.c.case_id)
    return joined.where(mdt_case.c.person_id.in_(person_ids))


def _actions(person_ids: Ids) -> Select[Any]:
    shown = _columns(
        "action", id=case_action.c.id, at=case_action.c.agreed_at, worker_id=case_action.c.agreed_by,
        code=cast(case_action.c.due_on, String), place=agency.c.name, text=case_action.c.text,
        more=case_action.c.done_note,
    )  # fmt: skip
    return (
        select(*shown)
        .select_from(case_action)
        .join(mdt_case, mdt_case.c.id == case_action.c.case_id)
        .join(agency, agency.c.id == case_action.c.agency_id)
        .where(mdt_case.c.person_id.in_(person_ids))
    )


def _referrals(person_ids: Ids) -> Select[Any]:
    """Referrals that ended in meeting this person."""
    met = select(contact_person.c.referral_id).where(contact_person.c.person_id.in_(person_ids), REFERRED)
    shown = _columns(
        "referral", id=referral.c.id, at=referral.c.reported_at, code=referral.c.state, place=referral.c.place,
        text=referral.c.description, more=referral.c.number,
    )  # fmt: skip
    return select(*shown).where(referral.c.id.in_(met))


def _event(found: Any) -> Event:
    return Event(
        kind=found["kind"], id=found["id"], at=in_utc(found["at"]), by=found["short_name"] or "", code=found["code"],
        place=found["place"] or "", text=found["text"] or "", more=found["more"] or "",
    )  # fmt: skip


def _case(found: Any) -> CaseStanding:
    basis = None if found["basis"] is None else EvidenceBasis(found["basis"])
    fields = {name: found[name] for name in Case.__struct_fields__} | {
        "state": CaseState(found["state"]),
        "basis": basis,
    }
    return CaseStanding(case=Case(**fields), district_name=found["district_name"])


_NIGHTS = select(func.count(func.distinct(contact_person.c.night))).where(
    contact_person.c.person_id.in_(ids("person_ids")),
    contact_person.c.state.in_([str(state) for state in ROUGH_SLEEPING_STATES]),
    contact_person.c.night > bindparam("after"),
    contact_person.c.seen_at > bindparam("seen_after"),
)


def count_nights(session: Session, person_ids: Sequence[Id], today: date, window_days: int = 14) -> int:
    """Returns on how many distinct outreach nights of the window, which ends with `today`, the person was seen rough.

    A night's contacts are made on its day or the next, so the moment bounds the search too: its index answers.
    """
    after = today - timedelta(days=window_days)
    asked = {"person_ids": person_ids, "after": after, "seen_after": datetime.combine(after, time(), UTC)}
    return session.execute(_NIGHTS, asked).scalar_one()
