"""What the order of a district's cases rests on:

the facts of each case, the toolkit's general data, a coordinator's places.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, union_all, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.statements import ids
from server.queries.cases.case_list import CaseListRow, CaseListView, list_cases
from server.queries.people.concealment import not_concealed
from server.queries.people.housing_needs import list_unmet
from server.queries.people.told_needs import STANDS
from server.tables.cases.case import mdt_case
from server.tables.cases.priority import case_general, priority_override
from server.tables.people.person import person_merge, person_need
from shared.model.codes import CaseState, ReceivingSupport, SupportNeed
from shared.model.contact import NeedSeen
from shared.model.value import Id, Value
from shared.rules.prioritisation import CaseFacts, Override

ON_THE_LIST = (CaseState.LISTED, CaseState.OPEN)
MOST_CASES = 2000


class CaseGeneral(Value, frozen=True, kw_only=True):
    """The tracker's General Data of a case."""

    case_id: Id
    temporarily_housed: bool = False
    receiving_support: bool = False
    eviction_risk: bool = False
    clinically_extremely_vulnerable: bool = False
    evicted: bool = False
    assessed_for_move_on: bool = False


GENERAL_FIELDS = tuple(name for name in CaseGeneral.__struct_fields__ if name != "case_id")


class ListedCase(Value, frozen=True, kw_only=True):
    """A case of the list with all that its place rests on."""

    row: CaseListRow
    general: CaseGeneral
    needs: tuple[NeedSeen, ...]
    need_with_housing: bool = False

    @property
    def facts(self) -> CaseFacts:
        """The facts as the rule takes them."""
        general = {name: getattr(self.general, name) for name in GENERAL_FIELDS}
        return CaseFacts(
            case_id=self.row.case_id,
            since=self.row.since,
            verified=self.row.verified,
            verification_reason=self.row.reason,
            needs=self.needs,
            need_with_housing=self.need_with_housing,
            nights_in_14_days=self.row.nights_in_14_days,
            date_of_birth_missing=self.row.date_of_birth_missing,
            **general,
        )


def list_listed_cases(
    session: Session, district_id: Id, today: date, states: tuple[CaseState, ...] = ON_THE_LIST
) -> list[ListedCase]:
    """The cases of a district's list with their facts. `today` is the outreach night that the fortnight ends with."""
    view = CaseListView(states=states, sort="waiting")
    rows = list_cases(session, district_id, view, today=today, limit=MOST_CASES)
    general = list_general(session, [row.case_id for row in rows])
    needs = list_newest_needs(session, [row.person_id for row in rows])
    with_housing = list_unmet(session, [row.person_id for row in rows])
    return [
        ListedCase(
            row=row,
            general=general.get(row.case_id, CaseGeneral(case_id=row.case_id)),
            needs=needs.get(row.person_id, ()),
            need_with_housing=row.person_id in with_housing,
        )
        for row in rows
    ]


_WHOSE = ids("person_ids")
_TOLD = (person_need.c.need, person_need.c.receiving_support, person_need.c.at, person_need.c.id)
_NEEDS = union_all(
    select(person_need.c.person_id, *_TOLD).where(person_need.c.person_id.in_(_WHOSE), STANDS),
    select(person_merge.c.into_id, *_TOLD)
    .join_from(person_need, person_merge, person_merge.c.from_id == person_need.c.person_id)
    .where(person_merge.c.into_id.in_(_WHOSE), person_merge.c.undone.is_(False), STANDS),
).order_by("at", "id")


def list_newest_needs(session: Session, person_ids: Collection[Id]) -> dict[Id, tuple[NeedSeen, ...]]:
    """The needs of each of these people as last told, under whichever of their records, in the order of their codes."""
    newest: dict[Id, dict[str, str]] = {}
    for row in session.execute(_NEEDS, {"person_ids": list(person_ids)}):
        newest.setdefault(row.person_id, {})[row.need] = row.receiving_support
    return {
        person_id: tuple(
            NeedSeen(need=SupportNeed(need), receiving_support=ReceivingSupport(said[need])) for need in sorted(said)
        )
        for person_id, said in newest.items()
    }


def list_general(session: Session, case_ids: Collection[Id]) -> dict[Id, CaseGeneral]:
    """The general data of these cases, by case. Cases without any are left out."""
    query = select(case_general).where(case_general.c.case_id.in_(case_ids))
    return {
        row["case_id"]: CaseGeneral(case_id=row["case_id"], **{name: bool(row[name]) for name in GENERAL_FIELDS})
        for row in session.execute(query).mappings()
    }


def change_general(session: Session, case_id: Id, changed: Mapping[str, bool], now: datetime, worker_id: Id) -> None:
    """Store some fields of a case's general data; the others stay as somebody else may have just stored them."""
    values: dict[str, Any] = {**changed, "changed_at": now, "changed_by": worker_id}
    fresh = dict.fromkeys(GENERAL_FIELDS, False) | {"case_id": case_id, "changed_at": now, "changed_by": worker_id}
    bulk.insert_new(session, case_general, [fresh])
    session.execute(update(case_general).where(case_general.c.case_id == case_id).values(**values))


def list_overrides(session: Session, district_id: Id) -> list[Override]:
    """The coordinator's own places that hold in a district, the oldest first."""
    query = (
        select(priority_override)
        .join(mdt_case, mdt_case.c.id == priority_override.c.case_id)
        .where(mdt_case.c.district_id == district_id, priority_override.c.lifted_at.is_(None))
        .where(*not_concealed(session, mdt_case.c.person_id))
        .order_by(priority_override.c.at, priority_override.c.id)
    )
    return [
        Override(
            case_id=row["case_id"], rank=row["rank"], reason=row["reason"], worker_id=row["worker_id"], at=row["at"]
        )
        for row in session.execute(query).mappings()
    ]


def add_override(session: Session, override_id: Id, override: Override) -> None:
    """Keep a coordinator's own place for a case."""
    values = {name: getattr(override, name) for name in Override.__struct_fields__}
    session.execute(insert(priority_override), [{"id": override_id, "lifted_at": None, "lifted_by": None, **values}])


def lift_overrides(session: Session, case_id: Id, now: datetime, worker_id: Id) -> None:
    """Let the rule place a case again. What was placed and why stays on record."""
    session.execute(
        update(priority_override)
        .where(priority_override.c.case_id == case_id, priority_override.c.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=worker_id)
    )
