"""The district's MDT case list as its coordinator reads it: one row a case, with all that decides who comes first.

Everything about a person's history is answered from an index on (person, moment) with a bound, so the list costs the
same however long a person has been known. Whether somebody may read it is decided before, in `server.access`.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, ScalarSelect, Select, and_, case, exists, func, or_, select, union_all
from sqlalchemy.orm import Session

from server.tables.case import mdt_case
from server.tables.contact import contact_person
from server.tables.person import person, person_merge, person_need
from server.tables.verification import person_verification
from shared.model.codes import CaseState, ContactState, ReceivingSupport, SupportNeed
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.rules.verification import ROUGH_SLEEPING_STATES

NIGHTS_WINDOW_DAYS = 14
MET_STATES = (*ROUGH_SLEEPING_STATES, ContactState.NOT_BEDDED_DOWN, ContactState.DECLINED_CONTACT)
"""States in which the person themselves was met."""

LIVE_STATES = (CaseState.CANDIDATE, CaseState.LISTED, CaseState.OPEN)


class CaseListView(Value, frozen=True, kw_only=True):
    """What to show and in which order. `states` empty: every state. No personal value is ever in here but `words`."""

    states: tuple[CaseState, ...] = LIVE_STATES
    need: SupportNeed | None = None
    without_date_of_birth: bool = False
    words: str = ""
    sort: str = "verified"


class CaseListRow(Value, frozen=True, kw_only=True):
    """One case with the person's facts that a coordinator weighs. `reason` is the derived verification in words."""

    case_id: Id
    person_id: Id
    known_as: str
    state: CaseState
    since: datetime
    mdt_number: int
    case_reason: str
    verified: bool
    verified_since: datetime | None
    reason: str
    date_of_birth_missing: bool
    last_seen_at: datetime | None
    nights_in_14_days: int
    unsupported_needs: tuple[SupportNeed, ...]


class CaseListCounts(Value, frozen=True, kw_only=True):
    """How many cases stand in each state, and how many live ones came since a moment."""

    by_state: dict[str, int]
    new: int


def count_cases(session: Session, district_id: Id, since: datetime) -> CaseListCounts:
    """Returns the district's counts; `new` counts live cases that began at or after `since`."""
    rows = session.execute(
        select(mdt_case.c.state, func.count()).where(mdt_case.c.district_id == district_id).group_by(mdt_case.c.state)
    )
    new = session.execute(
        select(func.count()).where(
            mdt_case.c.district_id == district_id, mdt_case.c.state.in_(_texts(LIVE_STATES)), mdt_case.c.since >= since
        )
    ).scalar_one()
    return CaseListCounts(by_state=dict(map(tuple, rows)), new=new)


def list_cases(
    session: Session, district_id: Id, view: CaseListView, *, today: date, limit: int = 50, offset: int = 0
) -> list[CaseListRow]:
    """Returns the cases of one district in the order asked for; `today` is the outreach night that the window ends
    with."""
    last_seen, nights, needs = _last_seen(), _nights(today), _unsupported_needs()
    query = (
        select(
            mdt_case, person.c.name, person.c.alias, person.c.description, person.c.date_of_birth,
            person_verification.c.verified, person_verification.c.since.label("verified_since"),
            person_verification.c.reason.label("verification_reason"),
            last_seen.label("last_seen_at"), nights.label("nights"), needs.label("needs"),
        )
        .join_from(mdt_case, person, person.c.id == mdt_case.c.person_id)
        .outerjoin(person_verification, person_verification.c.person_id == mdt_case.c.person_id)
        .where(mdt_case.c.district_id == district_id, *_conditions(view))
    )  # fmt: skip
    ordered = _in_order(query, view.sort, last_seen, nights).limit(limit).offset(offset)
    return [_row(found) for found in session.execute(ordered).mappings()]


def _in_order(
    query: Select[Any],
    sort: str,
    last_seen: ScalarSelect[datetime | None],
    nights: ScalarSelect[int],
) -> Select[Any]:
    waits = (mdt_case.c.state == str(CaseState.CANDIDATE)).desc()
    orders: dict[str, tuple[ColumnElement[Any], ...]] = {
        "verified": (
            waits,
            func.coalesce(person_verification.c.verified, False).desc(),
            person_verification.c.since.desc().nulls_last(),
        ),
        "seen": (last_seen.desc().nulls_last(),),
        "nights": (nights.desc(),),
        "waiting": (mdt_case.c.since.asc(),),
        "name": (func.lower(func.coalesce(func.nullif(person.c.name, ""), person.c.alias)).asc(),),
    }
    return query.order_by(*orders.get(sort, orders["verified"]), mdt_case.c.id)


def _conditions(view: CaseListView) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if view.states:
        conditions.append(mdt_case.c.state.in_(_texts(view.states)))
    if view.without_date_of_birth:
        conditions.append(person.c.date_of_birth.is_(None))
    if view.need is not None:
        conditions.append(exists(_newest_needs().where(person_need.c.need == str(view.need))))
    if view.words:
        conditions.append(_speaks_of(view.words))
    return conditions


def _speaks_of(words: str) -> ColumnElement[bool]:
    """Every word is found in the name, the alias or the description, whatever its capitals."""
    columns = (person.c.name, person.c.alias, person.c.description)
    return and_(
        *(
            or_(*(func.lower(column).contains(word, autoescape=True) for column in columns))
            for word in words.lower().split()
        )
    )


def _persons() -> Select[tuple[str]]:
    """The ids of the same person: their own, and those of records merged into it."""
    merged = select(person_merge.c.from_id).where(
        person_merge.c.into_id == mdt_case.c.person_id, person_merge.c.undone.is_(False)
    )
    return merged.correlate(mdt_case)


def _last_seen() -> ScalarSelect[datetime | None]:
    """Own and merged records apart, so that the index answers each with its newest row."""
    met = contact_person.c.state.in_(_texts(MET_STATES))
    own = (
        select(contact_person.c.seen_at)
        .where(contact_person.c.person_id == mdt_case.c.person_id, met)
        .order_by(contact_person.c.seen_at.desc())
        .limit(1)
    )
    merged = (
        select(contact_person.c.seen_at)
        .where(contact_person.c.person_id.in_(_persons()), met)
        .order_by(contact_person.c.seen_at.desc())
        .limit(1)
    )
    own_at, merged_at = own.correlate(mdt_case).scalar_subquery(), merged.correlate(mdt_case).scalar_subquery()
    newest = func.coalesce(_later(own_at, merged_at), own_at, merged_at)
    return select(newest).correlate(mdt_case).scalar_subquery()


def _later(one: ScalarSelect[datetime], other: ScalarSelect[datetime]) -> ColumnElement[datetime | None]:
    """The later of two moments; none where either is missing, on both databases."""
    return case((one >= other, one), (other > one, other), else_=None)


def _nights(today: date) -> ScalarSelect[int]:
    """Distinct outreach nights bedded down or about to, of the last fourteen.

    Own and merged records apart, and bounded by the moment too: each is answered from the index however long a
    history is.
    """
    bound = datetime.combine(today - timedelta(days=NIGHTS_WINDOW_DAYS), time(), UTC)
    slept = (
        contact_person.c.state.in_(_texts(ROUGH_SLEEPING_STATES)),
        contact_person.c.night > today - timedelta(days=NIGHTS_WINDOW_DAYS),
        contact_person.c.seen_at > bound,
    )
    own = select(contact_person.c.night).where(contact_person.c.person_id == mdt_case.c.person_id, *slept)
    merged = select(contact_person.c.night).where(contact_person.c.person_id.in_(_persons()), *slept)
    both = union_all(own.correlate(mdt_case), merged.correlate(mdt_case)).subquery("slept")
    return select(func.count(func.distinct(both.c.night))).scalar_subquery()


def _newest_needs() -> Select[tuple[str]]:
    """The needs whose newest word is that nobody helps with them."""
    later = person_need.alias("later_need")
    return (
        select(person_need.c.need)
        .where(
            person_need.c.person_id == mdt_case.c.person_id,
            person_need.c.receiving_support == str(ReceivingSupport.NO),
            ~exists().where(
                later.c.person_id == person_need.c.person_id,
                later.c.need == person_need.c.need,
                or_(later.c.at > person_need.c.at, and_(later.c.at == person_need.c.at, later.c.id > person_need.c.id)),
            ),
        )
        .correlate(mdt_case)
    )


def _unsupported_needs() -> ScalarSelect[str]:
    needs = _newest_needs().subquery("unsupported")
    return select(func.aggregate_strings(needs.c.need, ",")).scalar_subquery()


def _row(row: RowMapping) -> CaseListRow:
    needs = sorted(SupportNeed(need) for need in (row["needs"] or "").split(",") if need)
    named = Person(id=row["person_id"], name=row["name"], alias=row["alias"], description=row["description"])
    return CaseListRow(
        case_id=row["id"],
        person_id=row["person_id"],
        known_as=named.known_as,
        state=CaseState(row["state"]),
        since=row["since"],
        mdt_number=row["mdt_number"],
        case_reason=row["reason"],
        verified=bool(row["verified"]),
        verified_since=row["verified_since"],
        reason=row["verification_reason"] or row["reason"],
        date_of_birth_missing=row["date_of_birth"] is None,
        last_seen_at=row["last_seen_at"],
        nights_in_14_days=row["nights"],
        unsupported_needs=tuple(needs),
    )


def _texts(codes: tuple[object, ...] | frozenset[ContactState]) -> list[str]:
    return sorted(str(code) for code in codes)
