"""What a case study is filled from, and the names and places that must not be in it."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.queries.people.told_needs import STANDS
from server.tables.cases.case import case_action, case_lead, case_review
from server.tables.partnership.agency import agency
from server.tables.partnership.district import district
from server.tables.partnership.worker import worker
from server.tables.people.person import person, person_need
from server.tables.street.contact import contact, contact_person
from server.tables.street.site import site
from shared.model.codes import AgencyKind, ReceivingSupport, SupportNeed
from shared.model.value import Id
from shared.rules.case_study import StudiedNeed
from shared.rules.verification import ROUGH_SLEEPING_STATES


def find_nights(session: Session, person_ids: Collection[Id]) -> tuple[date | None, date | None, int]:
    """The first night on which somebody was met at all, the last on which they slept rough, and on how many they did."""
    theirs = contact_person.c.person_id.in_(person_ids)
    first = session.execute(select(func.min(contact_person.c.night)).where(theirs)).scalar_one()
    rough = contact_person.c.state.in_(sorted(str(state.value) for state in ROUGH_SLEEPING_STATES))
    row = session.execute(
        select(func.max(contact_person.c.night), func.count(func.distinct(contact_person.c.night))).where(theirs, rough)
    ).one()
    return first, row[0], row[1]


def list_studied_needs(session: Session, person_ids: Collection[Id]) -> list[StudiedNeed]:
    """Each need with the first and the last word on whether somebody helps, in the order of their codes."""
    theirs = person_need.c.person_id.in_(person_ids)
    query = select(person_need.c.need, person_need.c.receiving_support).where(theirs, STANDS)
    told: dict[str, list[str]] = {}
    for need, support in session.execute(query.order_by(person_need.c.at, person_need.c.id)):
        told.setdefault(need, []).append(support)
    counted = sorted(need for need in told if need not in {SupportNeed.NONE.value, SupportNeed.NOT_KNOWN.value})
    return [
        StudiedNeed(
            need=SupportNeed(need), first=ReceivingSupport(told[need][0]), last=ReceivingSupport(told[need][-1])
        )
        for need in counted
    ]


def count_reviews(session: Session, case_id: Id) -> int:
    """At how many MDTs the case was discussed."""
    return int(
        session.execute(
            select(func.count()).where(case_review.c.case_id == case_id, case_review.c.reached)
        ).scalar_one()
    )


def list_action_kinds(session: Session, case_id: Id) -> list[tuple[AgencyKind, bool]]:
    """The kind of agency that each action was agreed with, and whether it is done."""
    query = (
        select(agency.c.kind, case_action.c.done_at)
        .join(agency, agency.c.id == case_action.c.agency_id)
        .where(case_action.c.case_id == case_id)
        .order_by(case_action.c.agreed_at, case_action.c.id)
    )
    return [(AgencyKind(kind), done_at is not None) for kind, done_at in session.execute(query)]


def find_lead_kind(session: Session, case_id: Id) -> AgencyKind | None:
    """The kind of agency that leads, or led last."""
    query = (
        select(agency.c.kind)
        .join(case_lead, case_lead.c.agency_id == agency.c.id)
        .where(case_lead.c.case_id == case_id)
        .order_by(case_lead.c.since.desc())
        .limit(1)
    )
    kind = session.scalar(query)
    return None if kind is None else AgencyKind(kind)


@beyond_reader
def list_names(session: Session, person_ids: Collection[Id]) -> set[str]:
    """Names that a case study must not hold: the person's own, and those of everyone who works anywhere here."""
    own = session.execute(select(person.c.name, person.c.alias).where(person.c.id.in_(person_ids)))
    names = {name for row in own for name in row if name}
    return names | set(session.scalars(select(worker.c.name)))


@beyond_reader
def list_places(session: Session, person_ids: Collection[Id]) -> set[str]:
    """Places that a case study must not hold: where the person was met, and the districts."""
    met = (
        select(site.c.name)
        .distinct()
        .join(contact, contact.c.site_id == site.c.id)
        .join(contact_person, contact_person.c.contact_id == contact.c.id)
        .where(contact_person.c.person_id.in_(person_ids), site.c.name != "")
    )
    return set(session.scalars(met)) | set(session.scalars(select(district.c.name)))
