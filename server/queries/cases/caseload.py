"""Who leads on which case, in which phase of support, and what a phase weighs in a district."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.statements import ids
from server.queries.conferences.seats import list_seats
from server.queries.people.concealment import not_concealed
from server.tables.cases.case import case_lead, caseload_weight, mdt_case
from server.tables.partnership.agency import agency
from server.tables.partnership.worker import worker
from server.tables.people.person import person
from shared.model.case import CaseLead
from shared.model.codes import CaseState, SupportPhase
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.rules.caseload import CTI_WEIGHTS

ON_THE_LIST = (CaseState.LISTED.value, CaseState.OPEN.value)


class LeadShown(Value, frozen=True, kw_only=True):
    """Who leads on a case, with the names that a page shows. `worker_name` is empty until somebody is named."""

    lead: CaseLead
    agency_name: str
    worker_name: str = ""


class LedCase(Value, frozen=True, kw_only=True):
    """A current case of a district and who leads on it, if anybody does."""

    case_id: Id
    person_id: Id
    known_as: str
    state: CaseState
    lead: LeadShown | None = None


class Weight(Value, frozen=True, kw_only=True):
    """What a phase weighs in a district from a moment on."""

    id: Id
    district_id: Id
    phase: SupportPhase
    weight: float
    at: datetime
    worker_id: Id


def set_lead(session: Session, new: CaseLead) -> None:
    """Let somebody lead on a case from now on; who led before stays on record, with when it ended."""
    before = case_lead.c.case_id == new.case_id, case_lead.c.ended_at.is_(None)
    session.execute(update(case_lead).where(*before).values(ended_at=new.since))
    session.execute(insert(case_lead), [{**msgspec.structs.asdict(new), "phase": str(new.phase)}])


def list_leads(session: Session, case_ids: Collection[Id]) -> dict[Id, LeadShown]:
    """Who leads on these cases now, by case."""
    rows = session.execute(_leads_now(), {"case_ids": list(case_ids)}).mappings()
    return {row["case_id"]: _lead(row) for row in rows}


@beyond_reader
def list_led_by(session: Session, agency_id: Id) -> list[tuple[Id, CaseLead]]:
    """The people whose current case a service leads on, with that lead. The caller asks policy of each."""
    query = (
        select(mdt_case.c.person_id, *(case_lead.c[name] for name in CaseLead.__struct_fields__))
        .join(mdt_case, mdt_case.c.id == case_lead.c.case_id)
        .where(case_lead.c.agency_id == agency_id, case_lead.c.ended_at.is_(None), mdt_case.c.state.in_(ON_THE_LIST))
    )
    return [(row["person_id"], _read_lead(row)) for row in session.execute(query).mappings()]


def list_leads_ever(session: Session, case_id: Id) -> list[LeadShown]:
    """Everyone who has led on a case, the newest first."""
    query = _leads().where(case_lead.c.case_id == case_id).order_by(case_lead.c.since.desc(), case_lead.c.id)
    return [_lead(row) for row in session.execute(query).mappings()]


def list_led_cases(session: Session, district_id: Id) -> list[LedCase]:
    """The cases of a district's list, led or not, by the person's name."""
    query = (
        select(
            mdt_case.c.id, mdt_case.c.state, mdt_case.c.person_id, person.c.name, person.c.alias, person.c.description
        )
        .join(person, person.c.id == mdt_case.c.person_id)
        .where(
            mdt_case.c.district_id == district_id,
            mdt_case.c.state.in_(ON_THE_LIST),
            *not_concealed(session, mdt_case.c.person_id),
        )
        .order_by(person.c.name, person.c.alias, mdt_case.c.id)
    )
    rows = session.execute(query).mappings().all()
    leads = list_leads(session, [row["id"] for row in rows])
    return [
        LedCase(
            case_id=row["id"],
            person_id=row["person_id"],
            known_as=Person(id="", name=row["name"], alias=row["alias"], description=row["description"]).known_as,
            state=CaseState(row["state"]),
            lead=leads.get(row["id"]),
        )
        for row in rows
    ]


def list_possible_leads(session: Session, district_id: Id) -> list[tuple[Id, str]]:
    """The active workers of the agencies with a seat in a district, as (id, "Aisha N, Beacon Outreach"), by agency."""
    seated = [each.id for each in list_seats(session, district_id)]
    query = (
        select(worker.c.id, worker.c.short_name, agency.c.name)
        .join(agency, agency.c.id == worker.c.agency_id)
        .where(worker.c.agency_id.in_(seated), worker.c.active)
        .order_by(agency.c.name, worker.c.short_name)
    )
    return [(row.id, f"{row.short_name}, {row.name}") for row in session.execute(query)]


def list_weights(session: Session, district_id: Id) -> Mapping[SupportPhase, float]:
    """What each phase weighs in a district now: the standard, but for what its coordinator has set."""
    query = select(caseload_weight).where(caseload_weight.c.district_id == district_id)
    newest = session.execute(query.order_by(caseload_weight.c.at, caseload_weight.c.id)).mappings()
    return {**CTI_WEIGHTS, **{SupportPhase(row["phase"]): row["weight"] for row in newest}}


def list_weights_ever(session: Session, district_id: Id) -> list[Weight]:
    """What a district's coordinator has set, the newest first."""
    query = select(caseload_weight).where(caseload_weight.c.district_id == district_id)
    rows = session.execute(query.order_by(caseload_weight.c.at.desc(), caseload_weight.c.id)).mappings()
    return [Weight(**{**row, "phase": SupportPhase(row["phase"])}) for row in rows]


def add_weight(session: Session, new: Weight) -> None:
    """Keep what a phase weighs from now on."""
    session.execute(insert(caseload_weight), [{**msgspec.structs.asdict(new), "phase": str(new.phase)}])


def _leads() -> Select[Any]:
    return (
        select(case_lead, agency.c.name.label("agency_name"), worker.c.short_name, worker.c.active)
        .join(agency, agency.c.id == case_lead.c.agency_id)
        .outerjoin(worker, worker.c.id == case_lead.c.worker_id)
    )


@cache
def _leads_now() -> Select[Any]:
    return _leads().where(case_lead.c.case_id.in_(ids("case_ids")), case_lead.c.ended_at.is_(None))


def _lead(row: RowMapping) -> LeadShown:
    name = row["short_name"] or ""
    if name and not row["active"]:
        name = f"{name} (has left)"
    return LeadShown(lead=_read_lead(row), agency_name=row["agency_name"], worker_name=name)


def _read_lead(row: RowMapping) -> CaseLead:
    return CaseLead(**{name: row[name] for name in CaseLead.__struct_fields__} | {"phase": SupportPhase(row["phase"])})
