"""The facts about a record that a policy decision rests on: whose it is and where, never what it says."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.statements import ids
from server.queries.partnership import agencies, workers
from server.queries.people.concealment import list_hidden
from server.queries.people.verification import list_groups
from server.queries.referrals import duty
from server.tables.cases.case import case_action, mdt_case
from server.tables.operation.device import device_enrolment
from server.tables.partnership.agency import team, team_district
from server.tables.partnership.worker import worker
from server.tables.people.person import person, person_merge
from server.tables.people.verification import person_verification
from server.tables.street.contact import contact, contact_person
from server.tables.street.shift import visit
from server.tables.street.site import site
from shared.model.value import Id
from shared.model.worker import Worker
from shared.policy.subject import Subject, SubjectKind

WORKS_WITH_DAYS = 90
"""So long after the last contact an agency works with somebody, unless an action of its own is open."""


def same_person(people: Select[Any]) -> CTE:
    """Returns (`whose`, `id`): for each of the people that a statement of one column names, every id that was found to be the
    same person, directly or by way of others, their own among them."""
    (named,) = people.selected_columns
    same = people.add_columns(named.label("id")).cte("same", recursive=True)
    whose, known = same.c[0], same.c.id
    other = case((person_merge.c.from_id == known, person_merge.c.into_id), else_=person_merge.c.from_id)
    merged = or_(person_merge.c.from_id == known, person_merge.c.into_id == known)
    return same.union(
        select(whose, other).join_from(same, person_merge, merged).where(person_merge.c.undone.is_(False))
    )


def find_person(session: Session, person_id: Id) -> Subject | None:
    """A person: the districts where they were met or have a case, the agencies that met them or owe them an action."""
    return find_person_and_same(session, person_id)[0]


@beyond_reader
def find_person_and_same(session: Session, person_id: Id) -> tuple[Subject | None, list[Id]]:
    """The same, with every id that is the same person, this one among them."""
    rows = session.execute(_PERSON, {"person_id": person_id, "since": since_of(session)}).all()
    own = next((row for row in rows if row.kind == "record" and row.id == person_id), None)
    same = sorted({row.id for row in rows if row.kind == "same"})
    if own is None:
        return None, same
    return hidden_with(session, person_of(own, rows), [person_id]), same


def person_of(own: Any, rows: Sequence[Any]) -> Subject:
    """From their own record, and all that is known of it and of others that are the same person."""
    return Subject(
        kind=SubjectKind.PERSON,
        id=own.id,
        district_ids=present(row.district_id for row in rows if row.kind != "record" or row is own),
        working_agency_ids=present(row.agency_id for row in rows),
        team_id=own.team_id,
    )


def count_relations_from(session: Session, now: datetime) -> None:
    """From here on this transaction asks who works with somebody as of now: a relation ends."""
    session.info[_WORKS_SINCE] = works_since(now)


def works_since(now: datetime) -> datetime:
    """From when on a contact makes a relation that still holds now."""
    return now - timedelta(days=WORKS_WITH_DAYS)


def since_of(session: Session) -> datetime:
    """Where nobody said what time it is (a job, a terminal), no relation has ended."""
    since: datetime = session.info.get(_WORKS_SINCE, EVER)
    return since


_WORKS_SINCE: Final = "works_since"
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
SINCE: Final = bindparam("since", type_=person.c.created_at.type)


def while_recent(last_at: ColumnElement[Any], agency_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """The agency, where the last time is not longer ago than a relation lasts."""
    return case((last_at >= SINCE, agency_id))


def hidden_with(session: Session, found: Subject, person_ids: Sequence[Id]) -> Subject:
    """The same, hidden where everybody that it is about is hidden (privacy rule A5)."""
    hidden = list_hidden(session)
    if not person_ids or any(each not in hidden for each in person_ids):
        return found
    known_to = frozenset[Id]().union(*(hidden[each] for each in person_ids))
    return msgspec.structs.replace(found, hidden=True, known_to_agency_ids=known_to)


@beyond_reader
def list_same_person(session: Session, person_id: Id) -> list[Id]:
    """The id itself and every id that was found to be the same person, directly or by way of others."""
    return sorted(session.scalars(_SAME, {"person_id": person_id}))


_NAMED = select(bindparam("person_id", type_=String).label("whose"))


def _ask_person() -> CompoundSelect[Any]:
    """All that policy asks of a person, in rows: their records, their teams and cases, who met them and where.

    Each part is answered from an index on the person; who met them, and when last, from one that holds all three.
    """
    same = same_person(_NAMED)
    none = cast(null(), String)

    def part(kind: str, record: Any = none, team_id: Any = none, agency_id: Any = none, district: Any = none) -> Any:
        columns = {"id": record, "team_id": team_id, "agency_id": agency_id, "district_id": district}
        return select(literal(kind).label("kind"), *(column.label(name) for name, column in columns.items()))

    def theirs(person_id: ColumnElement[str]) -> ColumnElement[bool]:
        return person_id.in_(select(same.c.id))

    met = (
        select(contact_person.c.team_id, contact_person.c.district_id, last_met())
        .where(theirs(contact_person.c.person_id))
        .group_by(contact_person.c.team_id, contact_person.c.district_id)
        .subquery("met")
    )
    wrote = while_recent(person.c.created_at, team.c.agency_id)
    owes = and_(case_action.c.case_id == mdt_case.c.id, case_action.c.done_at.is_(None))
    return union_all(
        part("same", same.c.id),
        part("record", person.c.id, person.c.team_id, wrote, person.c.district_id)
        .select_from(person.outerjoin(team, team.c.id == person.c.team_id))
        .where(theirs(person.c.id)),
        part("case", agency_id=case_action.c.agency_id, district=mdt_case.c.district_id)
        .select_from(mdt_case.outerjoin(case_action, owes))
        .where(theirs(mdt_case.c.person_id)),
        part("verified", district=person_verification.c.district_id).where(theirs(person_verification.c.person_id)),
        part("met", agency_id=while_recent(met.c.last_at, team.c.agency_id), district=met.c.district_id).select_from(
            met.outerjoin(team, team.c.id == met.c.team_id)
        ),
    )


def last_met() -> ColumnElement[Any]:
    return func.max(contact_person.c.seen_at).label("last_at")


_PERSON = _ask_person()
_SAME = select(same_person(_NAMED).c.id)


def find_case(session: Session, case_id: Id) -> Subject | None:
    """A case: its district, and the agencies that work with its person."""
    return list_cases(session, [case_id]).get(case_id)


@beyond_reader
def list_cases(session: Session, case_ids: Collection[Id]) -> dict[Id, Subject]:
    """These cases by id, in one question however many. Unknown ids are left out."""
    rows = session.execute(_CASES, {"case_ids": list(case_ids), "since": since_of(session)}).all()
    working: dict[Id, set[Id]] = {}
    for row in rows:
        if row.agency_id is not None:
            working.setdefault(row.whose, set()).add(row.agency_id)
    return {row.case_id: _case(session, row, working.get(row.whose, set())) for row in rows if row.case_id is not None}


def _case(session: Session, row: Any, working_agency_ids: Collection[Id]) -> Subject:
    found = Subject(
        kind=SubjectKind.CASE,
        id=row.case_id,
        district_ids=frozenset({row.district_id}),
        working_agency_ids=frozenset(working_agency_ids),
    )
    return hidden_with(session, found, [row.whose])


def _ask_cases() -> CompoundSelect[Any]:
    """The cases themselves, and in rows of their own the agencies that work with each case's person."""
    named = mdt_case.c.id.in_(ids("case_ids"))
    same = same_person(select(mdt_case.c.person_id.label("whose")).where(named))
    none = cast(null(), String)
    met = (
        select(same.c.whose, contact_person.c.team_id)
        .join_from(same, contact_person, contact_person.c.person_id == same.c.id)
        .group_by(same.c.whose, contact_person.c.team_id)
        .having(func.max(contact_person.c.seen_at) >= SINCE)
        .subquery("met")
    )

    def works(whose: ColumnElement[str], agency_id: ColumnElement[str]) -> Any:
        nothing = (none.label("case_id"), none.label("district_id"))
        return select(whose.label("whose"), *nothing, agency_id.label("agency_id")).distinct()

    return union_all(
        select(
            mdt_case.c.person_id.label("whose"), mdt_case.c.id.label("case_id"), mdt_case.c.district_id,
            none.label("agency_id"),
        ).where(named),
        works(same.c.whose, team.c.agency_id)
        .join_from(same, person, and_(person.c.id == same.c.id, person.c.created_at >= SINCE))
        .join(team, team.c.id == person.c.team_id),
        works(same.c.whose, case_action.c.agency_id)
        .join_from(same, mdt_case, mdt_case.c.person_id == same.c.id)
        .join(case_action, and_(case_action.c.case_id == mdt_case.c.id, case_action.c.done_at.is_(None))),
        works(met.c.whose, team.c.agency_id).join_from(met, team, team.c.id == met.c.team_id),
    )  # fmt: skip


_CASES = _ask_cases()


@beyond_reader
def list_worked_with(session: Session, agency_id: Id) -> dict[Id, Subject]:
    """Everybody whom an agency works with, under every id that is the same person: met by it or written down, since a relation
    lasts, or owed an action. Of districts nothing is said: this is for what an agency may see wherever somebody is."""
    asked = {"agency_id": agency_id, "since": since_of(session)}
    people = set(session.scalars(_WORKED_WITH, asked))
    groups = list_groups(session, people) if people else {}
    same = people.union(*groups.values())
    found = {
        each: Subject(kind=SubjectKind.PERSON, id=each, working_agency_ids=frozenset({agency_id})) for each in same
    }
    return {each: hidden_with(session, subject, [each]) for each, subject in found.items()}


def _ask_worked_with() -> CompoundSelect[Any]:
    ours, owes = team.c.agency_id == bindparam("agency_id"), case_action.c.agency_id == bindparam("agency_id")
    recent = contact_person.c.seen_at >= SINCE
    return union_all(
        select(contact_person.c.person_id.label("id"))
        .join(team, team.c.id == contact_person.c.team_id)
        .where(ours, recent)
        .distinct(),
        select(person.c.id).join(team, team.c.id == person.c.team_id).where(ours, person.c.created_at >= SINCE),
        select(mdt_case.c.person_id)
        .join(case_action, case_action.c.case_id == mdt_case.c.id)
        .where(owes, case_action.c.done_at.is_(None)),
    )


_WORKED_WITH = _ask_worked_with()


@beyond_reader
def find_contact(session: Session, contact_id: Id) -> Subject | None:
    """A contact: where it happened, whose team and worker made it."""
    columns = (contact.c.district_id, contact.c.team_id, contact.c.worker_id, contact.c.unidentified_people)
    row = session.execute(select(*columns).where(contact.c.id == contact_id)).first()
    if row is None:
        return None
    found = Subject(
        kind=SubjectKind.CONTACT,
        id=contact_id,
        district_ids=present([row.district_id]),
        working_agency_ids=_agencies_of_team(session, row.team_id),
        team_id=row.team_id,
        worker_id=row.worker_id,
    )
    met = select(contact_person.c.person_id).where(contact_person.c.contact_id == contact_id)
    return found if row.unidentified_people else hidden_with(session, found, list(session.scalars(met)))


@beyond_reader
def find_visit(session: Session, visit_id: Id) -> Subject | None:
    """A visit: where it was, whose team and worker made it."""
    columns = (visit.c.district_id, visit.c.team_id, visit.c.worker_id)
    row = session.execute(select(*columns).where(visit.c.id == visit_id)).first()
    if row is None:
        return None
    return Subject(
        kind=SubjectKind.VISIT, id=visit_id, district_ids=present([row.district_id]), team_id=row.team_id,
        working_agency_ids=_agencies_of_team(session, row.team_id), worker_id=row.worker_id,
    )  # fmt: skip


@beyond_reader
def find_site(session: Session, site_id: Id) -> Subject | None:
    """A bedding-down place: its district and the team that keeps it."""
    row = session.execute(select(site.c.district_id, site.c.team_id).where(site.c.id == site_id)).first()
    if row is None:
        return None
    return Subject(kind=SubjectKind.SITE, id=site_id, district_ids=present([row.district_id]), team_id=row.team_id)


def find_referral(session: Session, referral_id: Id) -> Subject | None:
    """A referral: its district and the team it was given to."""
    return duty.list_subjects(session, [referral_id]).get(referral_id)


@beyond_reader
def find_device(session: Session, number: int) -> Subject | None:
    """A phone: the team and agency it belongs to, the districts that team walks, and who carries it."""
    query = (
        select(device_enrolment.c.team_id, device_enrolment.c.worker_id, worker.c.agency_id)
        .join(worker, worker.c.id == device_enrolment.c.worker_id)
        .where(device_enrolment.c.number == number)
    )
    row = session.execute(query).first()
    if row is None:
        return None
    return Subject(
        kind=SubjectKind.DEVICE,
        id=str(number),
        district_ids=_districts_of_team(session, row.team_id),
        owner_agency_id=row.agency_id,
        team_id=row.team_id,
        worker_id=row.worker_id,
    )


@beyond_reader
def find_team(session: Session, team_id: Id) -> Subject | None:
    """What belongs to a team as a whole: its phones, its shifts, its referrals."""
    agency_id = session.scalar(select(team.c.agency_id).where(team.c.id == team_id))
    if agency_id is None:
        return None
    return Subject(
        kind=SubjectKind.SHIFT,
        id=team_id,
        district_ids=_districts_of_team(session, team_id),
        owner_agency_id=agency_id,
        team_id=team_id,
    )


def find_worker(session: Session, worker_id: Id) -> Subject | None:
    """Somebody's account: of their agency, and of the districts where they act or their teams walk."""
    found = workers.find_worker(session, worker_id)
    return None if found is None else list_workers(session, [found])[0][1]


def list_workers(session: Session, found: Sequence[Worker]) -> list[tuple[Worker, Subject]]:
    """These workers, each with their account."""
    walked = agencies.list_districts_walked(session, {team_id for each in found for team_id in each.team_ids})
    of = {each.id: {*each.district_ids, *(at for team_id in each.team_ids for at in walked[team_id])} for each in found}
    return [
        (each, Subject(
            kind=SubjectKind.WORKER, id=each.id, owner_agency_id=each.agency_id, district_ids=frozenset(of[each.id])
        ))
        for each in found
    ]  # fmt: skip


def of_district(district_id: Id) -> Subject:
    """A district's list, map, inbox or conference."""
    return Subject(kind=SubjectKind.DISTRICT, id=district_id, district_ids=frozenset({district_id}))


def _districts_of_team(session: Session, team_id: Id) -> frozenset[Id]:
    return frozenset(session.scalars(select(team_district.c.district_id).where(team_district.c.team_id == team_id)))


def _agencies_of_team(session: Session, team_id: Id) -> frozenset[Id]:
    return frozenset(session.scalars(select(team.c.agency_id).where(team.c.id == team_id)))


def present(ids: Iterable[Id | None]) -> frozenset[Id]:
    return frozenset(each for each in ids if each)
