"""Cases on the districts' MDT lists. Their actions are in `server.queries.cases.case_actions`."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, func, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.database.sql import Sql, moment_of, some_moment_of
from server.database.statements import ids
from server.queries.people.concealment import not_concealed
from server.queries.people.people import read_person
from server.tables.cases.case import case_event, mdt_case
from server.tables.partnership.worker import worker
from server.tables.people.person import person
from shared.model.case import Case
from shared.model.codes import CaseState, EvidenceBasis
from shared.model.person import Person
from shared.model.value import Id, Value

LIVE = (CaseState.CANDIDATE, CaseState.LISTED, CaseState.OPEN)
LIVE_TEXTS = tuple(str(state.value) for state in LIVE)


_CASES = select(mdt_case).where(mdt_case.c.id.in_(ids("case_ids"))).order_by(mdt_case.c.id)


def add_cases(session: Session, new: Sequence[Case]) -> None:
    """Store cases. Where the person has a live one in that district already, that one stands."""
    rows = [
        {
            **msgspec.structs.asdict(each),
            "state": str(each.state.value),
            "basis": None if each.basis is None else str(each.basis.value),
        }
        for each in new
    ]
    bulk.insert_new(session, mdt_case, rows)


def find_case(session: Session, case_id: Id) -> Case | None:
    """The case with this id."""
    row = session.execute(select(mdt_case).where(mdt_case.c.id == case_id)).mappings().first()
    return None if row is None else _read(row)


def list_cases_by_id(session: Session, case_ids: Collection[Id]) -> list[Case]:
    """The cases with these ids, in the order of their ids. Unknown ids are left out."""
    return [_read(row) for row in session.execute(_CASES, {"case_ids": list(case_ids)}).mappings()]


_CASES_AND_PEOPLE = (
    select(mdt_case, *(column.label(f"who_{column.name}") for column in person.c))
    .join(person, person.c.id == mdt_case.c.person_id)
    .where(mdt_case.c.id.in_(ids("case_ids")))
    .order_by(mdt_case.c.id)
)


def list_cases_with_people(session: Session, case_ids: Collection[Id]) -> list[tuple[Case, Person]]:
    """The cases with these ids and whom each is about, in the order of their ids. Unknown ids are left out."""
    return _read_with_people(session, _CASES_AND_PEOPLE, case_ids=list(case_ids))


def _read_with_people(session: Session, query: Select[Any], **asked: Any) -> list[tuple[Case, Person]]:
    rows = session.execute(query, asked).mappings()
    return [
        (
            _read({name: row[name] for name in Case.__struct_fields__}),
            read_person({column.name: row[f"who_{column.name}"] for column in person.c}),
        )
        for row in rows
    ]


_DISCUSSED = (
    select(mdt_case, *(column.label(f"who_{column.name}") for column in person.c))
    .join(person, person.c.id == mdt_case.c.person_id)
    .where(
        mdt_case.c.district_id.in_(ids("district_ids")),
        mdt_case.c.state.in_((CaseState.LISTED.value, CaseState.OPEN.value)),
    )
    .order_by(mdt_case.c.id)
)


def list_discussed(session: Session, district_ids: Collection[Id]) -> list[tuple[Case, Person]]:
    """The cases of these districts that their conferences discuss, and whom each is about."""
    query = _DISCUSSED.where(*not_concealed(session, mdt_case.c.person_id))
    return _read_with_people(session, query, district_ids=list(district_ids))


class UnknownCase(LookupError):
    """There is no case with this id."""


def get_case(session: Session, case_id: Id) -> Case:
    """The case with this id. Raises UnknownCase."""
    found = find_case(session, case_id)
    if found is None:
        raise UnknownCase(case_id)
    return found


def find_live_case(session: Session, person_id: Id, district_id: Id) -> Case | None:
    """The person's case in a district that is neither closed nor declined."""
    condition = (mdt_case.c.person_id == person_id) & (mdt_case.c.district_id == district_id)
    query = select(mdt_case).where(condition, mdt_case.c.state.in_(LIVE_TEXTS))
    row = session.execute(query).mappings().first()
    return None if row is None else _read(row)


def list_cases_of(session: Session, person_ids: Collection[Id]) -> dict[Id, list[Case]]:
    """Every case of these people, in every district, oldest first."""
    found: dict[Id, list[Case]] = defaultdict(list)
    query = select(mdt_case).where(mdt_case.c.person_id.in_(person_ids)).order_by(mdt_case.c.since, mdt_case.c.id)
    for row in session.execute(query).mappings():
        found[row["person_id"]].append(_read(row))
    return found


class CaseMark(Value, frozen=True):
    """As much of a case as tells whether its list knows the person."""

    id: Id
    person_id: Id
    district_id: Id
    state: str
    since: datetime
    closed_at: datetime | None
    outcome: str

    @property
    def is_live(self) -> bool:
        """Neither closed nor declined."""
        return self.state in LIVE_TEXTS


def list_case_marks(session: Session, person_ids: Collection[Id]) -> dict[Id, list[CaseMark]]:
    """The cases of these people, in whatever district, by person."""
    found: dict[Id, list[CaseMark]] = defaultdict(list)
    query = f"select {', '.join(CaseMark.__struct_fields__)} from mdt_case where person_id in ?*"
    for case_id, person_id, district_id, state, since, closed_at, outcome in Sql(session).rows(query, set(person_ids)):
        moments = some_moment_of(since), moment_of(closed_at)
        found[person_id].append(CaseMark(case_id, person_id, district_id, state, *moments, outcome))
    return found


def count_come_between(session: Session, district_ids: Collection[Id], start: datetime, end: datetime) -> int:
    """How many live cases came onto these lists by themselves, from one moment until before another."""
    query = select(func.count()).where(
        mdt_case.c.district_id.in_(district_ids),
        mdt_case.c.state.in_(LIVE_TEXTS),
        mdt_case.c.put_forward_by.is_(None),
        mdt_case.c.since >= start,
        mdt_case.c.since < end,
        *not_concealed(session, mdt_case.c.person_id),
    )
    return int(session.scalar(query) or 0)


_LIVE_CASES = (
    select(mdt_case)
    .where(mdt_case.c.person_id.in_(ids("person_ids")), mdt_case.c.state.in_(LIVE_TEXTS))
    .order_by(mdt_case.c.since, mdt_case.c.id)
)


@beyond_reader
def list_live_cases_of(session: Session, person_ids: Collection[Id]) -> list[Case]:
    """The cases of these records that are neither closed nor declined, in whatever district, the oldest first."""
    return [_read(row) for row in session.execute(_LIVE_CASES, {"person_ids": list(person_ids)}).mappings()]


class PutForward(Value, frozen=True, kw_only=True):
    """Somebody whom an agency put forward, and what became of it: called as the agency called them (empty where that is not
    known), with the reason that it gave."""

    case_id: Id
    told_as: str
    state: CaseState
    put_at: datetime
    why: str
    outcome: str


def list_put_forward_by(
    session: Session, agency_id: Id, district_ids: Collection[Id], *, limit: int, offset: int = 0
) -> tuple[int, list[PutForward]]:
    """Whom an agency's workers put forward in these districts, the newest first: how many there are, and a page of them."""
    began = (case_event.c.case_id == mdt_case.c.id) & (case_event.c.number == 1)
    query = (
        select(mdt_case, case_event.c.reason.label("why"), case_event.c.at.label("put_at"))
        .join(worker, worker.c.id == mdt_case.c.put_forward_by)
        .outerjoin(case_event, began)
        .where(
            worker.c.agency_id == agency_id,
            mdt_case.c.district_id.in_(district_ids),
            *not_concealed(session, mdt_case.c.person_id),
        )
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    shown = query.order_by(mdt_case.c.since.desc(), mdt_case.c.id).limit(limit).offset(offset)
    return total, [
        PutForward(
            case_id=row["id"],
            told_as=row["told_as"] or "",
            state=CaseState(row["state"]),
            put_at=row["put_at"] or row["since"],
            why=row["why"] or "",
            outcome=row["outcome"],
        )
        for row in session.execute(shown).mappings()
    ]


def set_case(session: Session, case_id: Id, **values: Any) -> None:
    """Set some columns of a case. Its state is set by `server.actions.cases.machine` alone."""
    session.execute(update(mdt_case).where(mdt_case.c.id == case_id).values(**values))


def lock_case(session: Session, case_id: Id) -> Case:
    """The case with this id as it is now, for one writer until the transaction ends. Raises UnknownCase."""
    row = session.execute(select(mdt_case).where(mdt_case.c.id == case_id).with_for_update()).mappings().first()
    if row is None:
        raise UnknownCase(case_id)
    return _read(row)


def _read(row: RowMapping | Mapping[str, Any]) -> Case:
    basis = None if row["basis"] is None else EvidenceBasis(row["basis"])
    return Case(**{**row, "state": CaseState(row["state"]), "basis": basis})
