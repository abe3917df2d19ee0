"""The facts about a record that a policy decision rests on: whose it is and where, never what it says."""

from collections.abc import Iterable

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from server.tables.agency import team, team_district
from server.tables.case import case_action, mdt_case
from server.tables.contact import contact, contact_person
from server.tables.device import device_enrolment
from server.tables.person import person, person_merge
from server.tables.referral import referral
from server.tables.site import site
from server.tables.verification import person_verification
from server.tables.worker import worker
from shared.model.value import Id
from shared.policy.subject import Subject, SubjectKind


def find_person(session: Session, person_id: Id) -> Subject | None:
    """A person: the districts where they were met or have a case, the agencies that met them or owe them an action."""
    row = session.execute(select(person.c.district_id, person.c.team_id).where(person.c.id == person_id)).first()
    if row is None:
        return None
    same = list_same_person(session, person_id)
    return Subject(
        kind=SubjectKind.PERSON,
        id=person_id,
        district_ids=_present([row.district_id, *session.scalars(_districts_of(same))]),
        working_agency_ids=_present(session.scalars(_agencies_of(same))),
        team_id=row.team_id,
    )


def list_same_person(session: Session, person_id: Id) -> list[Id]:
    """The id itself and every id that was found to be the same person, directly or by way of others."""
    known, fresh = {person_id}, {person_id}
    while fresh:
        query = select(person_merge.c.from_id, person_merge.c.into_id).where(
            person_merge.c.undone.is_(False), person_merge.c.from_id.in_(fresh) | person_merge.c.into_id.in_(fresh)
        )
        fresh = {each for row in session.execute(query) for each in row} - known
        known |= fresh
    return sorted(known)


def _districts_of(person_ids: list[Id]) -> Select[tuple[str]]:
    both = union(
        select(mdt_case.c.district_id).where(mdt_case.c.person_id.in_(person_ids)),
        select(person_verification.c.district_id).where(person_verification.c.person_id.in_(person_ids)),
        select(contact_person.c.district_id).where(contact_person.c.person_id.in_(person_ids)),
    ).subquery()
    return select(both.c.district_id)


def _agencies_of(person_ids: list[Id]) -> Select[tuple[str]]:
    met = (
        select(team.c.agency_id)
        .join(contact, contact.c.team_id == team.c.id)
        .join(contact_person, contact_person.c.contact_id == contact.c.id)
        .where(contact_person.c.person_id.in_(person_ids))
    )
    first = select(team.c.agency_id).join(person, person.c.team_id == team.c.id).where(person.c.id.in_(person_ids))
    owes = (
        select(case_action.c.agency_id)
        .join(mdt_case, mdt_case.c.id == case_action.c.case_id)
        .where(mdt_case.c.person_id.in_(person_ids))
    )
    every = union(met, first, owes).subquery()
    return select(every.c.agency_id)


def find_case(session: Session, case_id: Id) -> Subject | None:
    """A case: its district, and the agencies that work with its person."""
    row = session.execute(select(mdt_case.c.person_id, mdt_case.c.district_id).where(mdt_case.c.id == case_id)).first()
    if row is None:
        return None
    same = list_same_person(session, row.person_id)
    return Subject(
        kind=SubjectKind.CASE,
        id=case_id,
        district_ids=frozenset({row.district_id}),
        working_agency_ids=_present(session.scalars(_agencies_of(same))),
    )


def find_contact(session: Session, contact_id: Id) -> Subject | None:
    """A contact: where it happened, whose team and worker made it."""
    row = session.execute(
        select(contact.c.district_id, contact.c.team_id, contact.c.worker_id).where(contact.c.id == contact_id)
    ).first()
    if row is None:
        return None
    return Subject(
        kind=SubjectKind.CONTACT,
        id=contact_id,
        district_ids=_present([row.district_id]),
        working_agency_ids=_agencies_of_team(session, row.team_id),
        team_id=row.team_id,
        worker_id=row.worker_id,
    )


def find_site(session: Session, site_id: Id) -> Subject | None:
    """A bedding-down place: its district and the team that keeps it."""
    row = session.execute(select(site.c.district_id, site.c.team_id).where(site.c.id == site_id)).first()
    if row is None:
        return None
    return Subject(kind=SubjectKind.SITE, id=site_id, district_ids=_present([row.district_id]), team_id=row.team_id)


def find_referral(session: Session, referral_id: Id) -> Subject | None:
    """A referral: its district and the team it was given to."""
    row = session.execute(
        select(referral.c.district_id, referral.c.team_id).where(referral.c.id == referral_id)
    ).first()
    if row is None:
        return None
    return Subject(
        kind=SubjectKind.REFERRAL, id=referral_id, district_ids=_present([row.district_id]), team_id=row.team_id
    )


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


def of_district(district_id: Id) -> Subject:
    """A district's list, map, inbox or conference."""
    return Subject(kind=SubjectKind.DISTRICT, id=district_id, district_ids=frozenset({district_id}))


def _districts_of_team(session: Session, team_id: Id) -> frozenset[Id]:
    return frozenset(session.scalars(select(team_district.c.district_id).where(team_district.c.team_id == team_id)))


def _agencies_of_team(session: Session, team_id: Id) -> frozenset[Id]:
    return frozenset(session.scalars(select(team.c.agency_id).where(team.c.id == team_id)))


def _present(ids: Iterable[Id | None]) -> frozenset[Id]:
    return frozenset(each for each in ids if each)
