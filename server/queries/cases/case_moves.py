"""Cases between districts: where their people bed down, which other district was told, and where a case came from."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.database.statements import ids
from server.queries.conferences.conferences import NOTE_SAYS
from server.queries.partnership.boundary_changes import list_successors
from server.queries.people.concealment import without_concealed
from server.tables.cases.case import case_move, case_told, mdt_case
from server.tables.conferences.conference import agenda_item, case_conference, conference_note
from server.tables.partnership.agency import agency
from server.tables.partnership.district import district
from server.tables.partnership.worker import worker, worker_district, worker_role
from server.tables.people.person import person
from server.tables.street.contact import contact_person
from shared.model.case import CaseMove
from shared.model.codes import CaseState, Role
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.rules.home_district import WINDOW_DAYS, Slept
from shared.rules.verification import ROUGH_SLEEPING_STATES

LIVE_TEXTS = tuple(str(state.value) for state in (CaseState.CANDIDATE, CaseState.LISTED, CaseState.OPEN))
ROUGH_TEXTS = sorted(str(state.value) for state in ROUGH_SLEEPING_STATES)


class Told(Value, frozen=True, kw_only=True):
    """A district is told of a case that is another's, since somebody was seen bedded down there too."""

    case_id: Id
    district_id: Id
    nights: int
    last_night: date
    told_at: datetime


class NeighbourCase(Value, frozen=True, kw_only=True):
    """A case of another district, as much of it as a district is told: who, whose list, how it stands, seen when."""

    case_id: Id
    person_id: Id
    known_as: str
    state: CaseState
    since: datetime
    district_id: Id
    district_name: str
    nights: int
    last_night: date


def list_slept(session: Session, groups: Mapping[Id, Collection[Id]], today: date) -> dict[Id, list[Slept]]:
    """Where each person was seen bedded down in the four weeks that end with `today`, by the key of `groups`.

    `groups` gives each person's ids: their own, and those of records found to be the same person.
    """
    bound = today - timedelta(days=WINDOW_DAYS)
    query = (
        select(contact_person.c.person_id, contact_person.c.district_id, contact_person.c.night)
        .distinct()
        .where(
            contact_person.c.person_id.in_({each for group in groups.values() for each in group}),
            contact_person.c.seen_at > datetime.combine(bound, time(), UTC),
            contact_person.c.night > bound,
            contact_person.c.state.in_(ROUGH_TEXTS),
            contact_person.c.district_id.is_not(None),
        )
    )
    by_id: dict[Id, set[tuple[Id, date]]] = defaultdict(set)
    for row in session.execute(query):
        by_id[row.person_id].add((row.district_id, row.night))
    return {
        key: _slept(_where_it_is_now(session, group, {seen for each in group for seen in by_id.get(each, ())}))
        for key, group in groups.items()
    }


def _where_it_is_now(session: Session, group: Collection[Id], seen: set[tuple[Id, date]]) -> set[tuple[Id, date]]:
    """Nights in a district that is no more count for the one that its ground became; of several for the one whose list the
    person is on, else for the first."""
    successors = list_successors(session) if seen else {}
    if not successors.keys() & {district_id for district_id, _ in seen}:
        return seen
    listed = set(
        session.scalars(
            select(mdt_case.c.district_id).where(
                mdt_case.c.person_id.in_(sorted(group)), mdt_case.c.closed_at.is_(None)
            )
        )
    )
    now = {old: next((each for each in became if each in listed), became[0]) for old, became in successors.items()}
    return {(now.get(district_id, district_id), night) for district_id, night in seen}


def list_last_seen(session: Session, groups: Mapping[Id, Collection[Id]]) -> dict[Id, datetime]:
    """When each person was last seen bedded down or about to, by the key of `groups`; whoever never was is left out."""
    query = (
        select(contact_person.c.person_id, func.max(contact_person.c.seen_at).label("last_at"))
        .where(
            contact_person.c.person_id.in_({each for group in groups.values() for each in group}),
            contact_person.c.state.in_(ROUGH_TEXTS),
        )
        .group_by(contact_person.c.person_id)
    )
    by_id = {row.person_id: row.last_at for row in session.execute(query)}
    seen = {key: [by_id[each] for each in group if each in by_id] for key, group in groups.items()}
    return {key: max(found) for key, found in seen.items() if found}


def _slept(seen: set[tuple[Id, date]]) -> list[Slept]:
    nights: dict[Id, list[date]] = defaultdict(list)
    for district_id, night in sorted(seen):
        nights[district_id].append(night)
    return [Slept(district_id=each, nights=len(found), last_night=found[-1]) for each, found in nights.items()]


# ------------------------------------------------------------------------------------------------------ telling others


def tell_districts(session: Session, told: Sequence[Told]) -> None:
    """Tell districts of cases that are others'. The newest word on nights counts; the first moment stays."""
    bulk.upsert(session, case_told, [msgspec.structs.asdict(each) for each in told], keep=("told_at",))


def forget_told(session: Session, case_id: Id, district_id: Id) -> None:
    """A district need no longer be told of a case: it is its own now."""
    session.execute(delete(case_told).where(case_told.c.case_id == case_id, case_told.c.district_id == district_id))


_NEIGHBOUR_CASES = (
    select(
        case_told.c.case_id, case_told.c.nights, case_told.c.last_night, mdt_case.c.person_id, mdt_case.c.state,
        mdt_case.c.since, mdt_case.c.district_id, district.c.name.label("district_name"), person.c.name,
        person.c.alias, person.c.description,
    )
    .join(mdt_case, mdt_case.c.id == case_told.c.case_id)
    .join(person, person.c.id == mdt_case.c.person_id)
    .join(district, district.c.id == mdt_case.c.district_id)
    .where(
        case_told.c.district_id == bindparam("told_id"),
        case_told.c.last_night > bindparam("bound"),
        mdt_case.c.district_id != bindparam("told_id"),
        mdt_case.c.state.in_(LIVE_TEXTS),
    )
    .order_by(case_told.c.last_night.desc(), case_told.c.case_id)
)  # fmt: skip
_TOLD_ELSEWHERE = (
    select(case_told, district.c.name)
    .join(district, district.c.id == case_told.c.district_id)
    .where(case_told.c.case_id.in_(ids("case_ids")), case_told.c.last_night > bindparam("bound"))
    .order_by(case_told.c.nights.desc(), case_told.c.last_night.desc(), district.c.name)
)


@beyond_reader
def list_neighbour_cases(session: Session, district_id: Id, today: date) -> list[NeighbourCase]:
    """The live cases of other districts that this district is told of, the person seen last first."""
    asked = {"told_id": district_id, "bound": today - timedelta(days=WINDOW_DAYS)}
    found = []
    shown = without_concealed(session, _NEIGHBOUR_CASES, mdt_case.c.person_id)
    for row in session.execute(shown, asked).mappings():
        named = Person(id=row["person_id"], name=row["name"], alias=row["alias"], description=row["description"])
        fields = {name: row[name] for name in NeighbourCase.__struct_fields__ if name in row}
        found.append(NeighbourCase(**{**fields, "known_as": named.known_as, "state": CaseState(row["state"])}))
    return found


def list_told_elsewhere(session: Session, case_ids: Collection[Id], today: date) -> dict[Id, list[tuple[str, Told]]]:
    """Which other districts are told of these cases now, as (name, told), by case; where most nights were comes first."""
    asked = {"case_ids": list(case_ids), "bound": today - timedelta(days=WINDOW_DAYS)}
    found: dict[Id, list[tuple[str, Told]]] = defaultdict(list)
    for row in session.execute(_TOLD_ELSEWHERE, asked).mappings():
        told = Told(**{name: row[name] for name in Told.__struct_fields__})
        found[told.case_id].append((row["name"], told))
    return found


def list_whom_to_ask(session: Session, district_ids: Collection[Id]) -> dict[Id, list[str]]:
    """The coordinators of districts, as "Rowan P, Three Rivers Housing", by district."""
    query = (
        select(worker_district.c.district_id, worker.c.short_name, agency.c.name)
        .join(worker, worker.c.id == worker_district.c.worker_id)
        .join(worker_role, worker_role.c.worker_id == worker.c.id)
        .join(agency, agency.c.id == worker.c.agency_id)
        .where(
            worker_district.c.district_id.in_(district_ids),
            worker_role.c.role == str(Role.COORDINATOR.value),
            worker.c.active,
        )
        .order_by(worker.c.short_name)
    )
    found: dict[Id, list[str]] = defaultdict(list)
    for district_id, short_name, agency_name in session.execute(query):
        found[district_id].append(f"{short_name}, {agency_name}")
    return found


# -------------------------------------------------------------------------------------------------------------- moving


def add_move(session: Session, new: CaseMove) -> None:
    """Keep that a case went from one district to another."""
    session.execute(insert(case_move), [msgspec.structs.asdict(new)])


_MOVES = select(case_move).where(case_move.c.case_id.in_(ids("case_ids"))).order_by(case_move.c.at, case_move.c.id)


def list_moves(session: Session, case_ids: Collection[Id]) -> dict[Id, list[CaseMove]]:
    """Where these cases went, by case, the first move first."""
    found: dict[Id, list[CaseMove]] = defaultdict(list)
    for row in session.execute(_MOVES, {"case_ids": list(case_ids)}).mappings():
        found[row["case_id"]].append(CaseMove(**row))
    return found


@beyond_reader
def list_parts_moved_to(session: Session, from_id: Id, part_ids: Collection[Id]) -> dict[Id, Id]:
    """To which of these districts the case of each person of a district that ended went first: to sort what is counted."""
    query = (
        select(mdt_case.c.person_id, case_move.c.to_district_id)
        .join(case_move, case_move.c.case_id == mdt_case.c.id)
        .where(
            case_move.c.to_district_id.in_(sorted(part_ids)),
            case_move.c.case_id.in_(select(case_move.c.case_id).where(case_move.c.from_district_id == from_id)),
        )
        .order_by(case_move.c.at.desc(), case_move.c.id)
    )
    return {person_id: part for person_id, part in session.execute(query)}  # noqa: C416 - rows are not pairs


_COME = (
    select(func.count(func.distinct(mdt_case.c.id)))
    .join(case_move, case_move.c.case_id == mdt_case.c.id)
    .where(
        case_move.c.to_district_id == bindparam("to_id"),
        mdt_case.c.district_id == bindparam("to_id"),
        mdt_case.c.state.in_(LIVE_TEXTS),
        case_move.c.at >= bindparam("since"),
    )
)


def count_come(session: Session, district_id: Id, since: datetime) -> int:
    """How many live cases came from another district at or after a moment, and are still here."""
    shown = without_concealed(session, _COME, mdt_case.c.person_id)
    return int(session.execute(shown, {"to_id": district_id, "since": since}).scalar_one())


def find_discussion(session: Session, case_id: Id) -> datetime | None:
    """When the unfinished conference begins at which something stands typed about a case; None when there is none."""
    query = (
        select(func.min(case_conference.c.starts_at))
        .join(agenda_item, agenda_item.c.conference_id == case_conference.c.id)
        .join(conference_note, conference_note.c.agenda_item_id == agenda_item.c.id)
        .where(
            agenda_item.c.case_id == case_id,
            agenda_item.c.off_at.is_(None),
            case_conference.c.finished_at.is_(None),
            NOTE_SAYS,
        )
    )
    starts_at: datetime | None = session.execute(query).scalar_one()
    return starts_at


def list_teams_met(session: Session, person_ids: Collection[Id], today: date) -> list[Id]:
    """The teams that met any of these records in the last four weeks, in order."""
    bound = datetime.combine(today - timedelta(days=WINDOW_DAYS), time(), UTC)
    query = (
        select(contact_person.c.team_id)
        .distinct()
        .where(
            contact_person.c.person_id.in_(person_ids),
            contact_person.c.seen_at > bound,
            contact_person.c.team_id.is_not(None),
        )
        .order_by(contact_person.c.team_id)
    )
    return [str(team_id) for team_id in session.scalars(query)]
