"""The district's MDT case list as its coordinator reads it: one row a case, with all that decides who comes first.

Everything about a person's history is answered from an index on (person, moment) with a bound, so the list costs the
same however long a person has been known. Whether somebody may read it is decided before, in `server.access`.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    RowMapping,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from server.database.statements import ids
from server.queries.cases.case_filters import CaseFilters, list_conditions
from server.queries.cases.case_finding import list_fitting, was_born
from server.queries.people.concealment import without_concealed
from server.queries.people.told_needs import STANDS
from server.tables.cases.case import mdt_case
from server.tables.people.person import person, person_merge, person_need
from server.tables.people.verification import person_verification
from server.tables.street.contact import contact_person
from shared.model.codes import CaseState, ContactState, ReceivingSupport, SupportNeed
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.rules.finding import read_sought
from shared.rules.names import latin, words_of
from shared.rules.verification import ROUGH_SLEEPING_STATES

NIGHTS_WINDOW_DAYS = 14
MET_STATES = (*ROUGH_SLEEPING_STATES, ContactState.NOT_BEDDED_DOWN, ContactState.DECLINED_CONTACT)
"""States in which the person themselves was met."""

SORTS = ("verified", "seen", "nights", "waiting", "name")
LIVE_STATES = (CaseState.CANDIDATE, CaseState.LISTED, CaseState.OPEN)


class CaseListView(Value, frozen=True, kw_only=True):
    """What to show and in which order. `states` empty: every state. No personal value is ever in here but `words`."""

    states: tuple[CaseState, ...] = LIVE_STATES
    need: SupportNeed | None = None
    without_date_of_birth: bool = False
    words: str = ""
    sort: str = "verified"
    filters: CaseFilters = CaseFilters()


class CaseListRow(Value, frozen=True, kw_only=True):
    """One case with the person's facts that a coordinator weighs. `reason` is the derived verification in words, `outcome` how an
    ended case ended, or why it was not taken on."""

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
    date_of_birth: date | None = None
    last_seen_at: datetime | None
    nights_in_14_days: int
    unsupported_needs: tuple[SupportNeed, ...]
    outcome: str = ""


class CaseListCounts(Value, frozen=True, kw_only=True):
    """How many cases stand in each state, and how many live ones came since a moment."""

    by_state: dict[str, int]
    new: int


def _texts(codes: tuple[object, ...] | frozenset[ContactState]) -> list[str]:
    return sorted(str(code) for code in codes)


_IN_DISTRICT = mdt_case.c.district_id == bindparam("district_id")
_COUNTS = select(
    mdt_case.c.state,
    func.count(),
    func.count(case((mdt_case.c.since >= bindparam("since"), 1))),
).where(_IN_DISTRICT).group_by(mdt_case.c.state)  # fmt: skip
_NEW = select(func.count()).where(
    _IN_DISTRICT, mdt_case.c.state.in_(_texts(LIVE_STATES)), mdt_case.c.since >= bindparam("since")
)


def count_cases(session: Session, district_id: Id, since: datetime) -> CaseListCounts:
    """Returns the district's counts; `new` counts live cases that began at or after `since`."""
    shown = without_concealed(session, _COUNTS, mdt_case.c.person_id)
    rows = session.execute(shown, {"district_id": district_id, "since": since}).all()
    live = _texts(LIVE_STATES)
    return CaseListCounts(
        by_state={state: number for state, number, _ in rows}, new=sum(new for state, _, new in rows if state in live)
    )


def count_new(session: Session, district_id: Id, since: datetime) -> int:
    """Returns how many live cases began at or after `since`: what an open page asks again and again."""
    shown = without_concealed(session, _NEW, mdt_case.c.person_id)
    return int(session.execute(shown, {"district_id": district_id, "since": since}).scalar_one())


def count_to_decide(session: Session, district_ids: Collection[Id]) -> dict[Id, int]:
    """How many candidates wait for a decision, by district; none of a district where nobody does."""
    waiting = (mdt_case.c.district_id.in_(sorted(district_ids)), mdt_case.c.state == str(CaseState.CANDIDATE))
    counted = select(mdt_case.c.district_id, func.count()).where(*waiting).group_by(mdt_case.c.district_id)
    rows = session.execute(without_concealed(session, counted, mdt_case.c.person_id)).all()
    return {row[0]: row[1] for row in rows}


def list_cases(
    session: Session, district_id: Id, view: CaseListView, *, today: date, limit: int = 50, offset: int = 0
) -> list[CaseListRow]:
    """Returns the cases of one district in the order asked for; `today` is the outreach night that the window ends
    with."""
    return list_page(session, district_id, view, today=today, limit=limit, offset=offset).rows


class Page(Value, frozen=True):
    """Some rows of a view, and how many it has on all its pages together."""

    total: int
    rows: list[CaseListRow]


def list_page(
    session: Session, district_id: Id, view: CaseListView, *, today: date, limit: int = 50, offset: int = 0
) -> Page:
    """The same, with how many there are: whoever looks for somebody is answered by one reading of the names."""
    shape, asked = _shape_of(view, today), _ask(district_id, view, today)
    named = without_concealed(session, _names(shape), mdt_case.c.person_id)
    if shape.sort != "name" and not shape.sought:
        total = int(session.scalar(select(func.count()).select_from(named.subquery()), asked) or 0)
        return Page(total, _read_rows(session, shape, asked, limit, offset))
    rows = session.execute(named, asked)
    names = list_fitting(session, rows, asked, read_sought(view.words, today)) if shape.sought else list(rows)
    if shape.sort == "name":
        names.sort(key=lambda row: (*_name_key(row), row.id))
        names_shown, offset = names[offset : offset + limit], 0
    else:
        names_shown = names
    found = [row.id for row in names_shown]
    shown = _read_rows(session, msgspec.structs.replace(shape, sought=True), {**asked, "found": found}, limit, offset)
    if shape.sort == "name":
        place = {case_id: number for number, case_id in enumerate(found)}
        shown.sort(key=lambda row: place[row.case_id])
    return Page(len(names), shown)


def _read_rows(session: Session, shape: "_Shape", asked: dict[str, Any], limit: int, offset: int) -> list[CaseListRow]:
    shown = without_concealed(session, _cases(shape), mdt_case.c.person_id)
    return [_row(row) for row in session.execute(shown, {**asked, "most": limit, "skipped": offset}).mappings()]


class _Shape(Value, frozen=True, kw_only=True):
    """What tells one kind of view from another; no value of a filter, and no word, is in it."""

    states: tuple[CaseState, ...]
    has_need: bool
    undated: bool
    sought: bool
    born: bool
    filters: frozenset[str]
    sort: str


def _shape_of(view: CaseListView, today: date) -> _Shape:
    return _Shape(
        states=view.states, has_need=view.need is not None, undated=view.without_date_of_birth,
        sought=bool(view.words.strip()), born=read_sought(view.words, today).born is not None,
        filters=view.filters.names, sort=view.sort if view.sort in SORTS else SORTS[0],
    )  # fmt: skip


def _ask(district_id: Id, view: CaseListView, today: date) -> dict[str, Any]:
    after = today - timedelta(days=NIGHTS_WINDOW_DAYS)
    return {
        "district_id": district_id, "need": str(view.need), "after": after,
        "seen_after": datetime.combine(after, time(), UTC), "born": read_sought(view.words, today).born,
        **view.filters.asked(today),
    }  # fmt: skip


@lru_cache(maxsize=256)
def _cases(shape: _Shape) -> Select[Any]:
    """The statement of one kind of view. What a view looks for is a parameter: no personal value is kept here."""
    last_seen, nights, needs = _last_seen(), _nights(), _unsupported_needs()
    query = (
        select(
            mdt_case, person.c.name, person.c.alias, person.c.description, person.c.date_of_birth,
            person_verification.c.verified, person_verification.c.since.label("verified_since"),
            person_verification.c.reason.label("verification_reason"),
            last_seen.label("last_seen_at"), nights.label("nights"), needs.label("needs"),
        )
        .join_from(mdt_case, person, person.c.id == mdt_case.c.person_id)
        .outerjoin(person_verification, person_verification.c.person_id == mdt_case.c.person_id)
        .where(*_conditions(shape))
    )  # fmt: skip
    if shape.sought:
        query = query.where(mdt_case.c.id.in_(ids("found")))
    ordered = _in_order(query, shape.sort, last_seen, nights)
    return ordered.limit(bindparam("most", type_=Integer)).offset(bindparam("skipped", type_=Integer))


@lru_cache(maxsize=256)
def _names(shape: _Shape) -> Select[Any]:
    """Who is in a view, and no more of them than what they are called and when they were born."""
    return (
        select(
            mdt_case.c.id,
            person.c.name,
            person.c.alias,
            person.c.description,
            person.c.date_of_birth,
            mdt_case.c.person_id,
        )
        .join_from(mdt_case, person, person.c.id == mdt_case.c.person_id)
        .outerjoin(person_verification, person_verification.c.person_id == mdt_case.c.person_id)
        .where(*_conditions(shape))
    )


def _conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    found = [_IN_DISTRICT, *list_conditions(shape.filters)]
    if shape.states:
        found.append(mdt_case.c.state.in_(_texts(shape.states)))
    if shape.undated:
        found.append(person.c.date_of_birth.is_(None))
    if shape.has_need:
        found.append(exists(_newest_needs().where(person_need.c.need == bindparam("need"))))
    if shape.born:
        found.append(was_born())
    return found


def _name_key(row: Any) -> tuple[bool, str]:
    """Names as people expect them in a list: Łukasz among the L, Élodie among the E; whoever has none comes last."""
    called = Person(id="", name=row.name, alias=row.alias, description=row.description).known_as
    return not (row.name or row.alias), " ".join(words_of(latin(called)))


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
        "name": (),
    }
    return query.order_by(*orders[sort], mdt_case.c.id)


def _persons() -> Select[tuple[str]]:
    """The ids of the same person: their own, and those of records merged into it."""
    merged = select(person_merge.c.from_id).where(
        person_merge.c.into_id == mdt_case.c.person_id, person_merge.c.undone.is_(False)
    )
    return merged.correlate(mdt_case)


def _records() -> CompoundSelect[tuple[str]]:
    """Their own record with those, each by its index."""
    return union_all(select(mdt_case.c.person_id).correlate(mdt_case), _persons())


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


def _nights() -> ScalarSelect[int]:
    """Distinct outreach nights bedded down or about to, of the last fourteen.

    Own and merged records apart, and bounded by the moment too: each is answered from the index however long a
    history is.
    """
    slept = (
        contact_person.c.state.in_(_texts(ROUGH_SLEEPING_STATES)),
        contact_person.c.night > bindparam("after"),
        contact_person.c.seen_at > bindparam("seen_after"),
    )
    own = select(contact_person.c.night).where(contact_person.c.person_id == mdt_case.c.person_id, *slept)
    merged = select(contact_person.c.night).where(contact_person.c.person_id.in_(_persons()), *slept)
    both = union_all(own.correlate(mdt_case), merged.correlate(mdt_case)).subquery("slept")
    return select(func.count(func.distinct(both.c.night))).scalar_subquery()


def _newest_needs() -> Select[tuple[str]]:
    """The needs whose newest word, under whichever of their records, is that nobody helps with them."""
    later = person_need.alias("later_need")
    return (
        select(person_need.c.need)
        .where(
            person_need.c.person_id.in_(_records()),
            person_need.c.receiving_support == str(ReceivingSupport.NO),
            STANDS,
            ~exists().where(
                later.c.person_id.in_(_records()),
                later.c.is_withdrawn.is_(False),
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
        date_of_birth=row["date_of_birth"],
        last_seen_at=row["last_seen_at"],
        nights_in_14_days=row["nights"],
        unsupported_needs=tuple(needs),
        outcome=row["outcome"],
    )
