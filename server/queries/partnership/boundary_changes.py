"""Plans to change boundaries, which district followed which, and what moves with them.

Whoever plans sees no person: what moves is looked up beyond them, and only counted where it is shown.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.database.sql import Sql
from server.tables.cases.case import mdt_case
from server.tables.conferences.conference import agenda_item, case_conference
from server.tables.maps.snapshot import snapshot
from server.tables.operation.device import device_enrolment
from server.tables.partnership.agency import seat, team_district
from server.tables.partnership.boundary_change import boundary_change, district_successor
from server.tables.partnership.district import district
from server.tables.partnership.worker import worker_district
from server.tables.people.offer import offer, vacancy
from server.tables.referrals.imports import import_batch
from server.tables.referrals.notice import notice
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact, contact_person
from server.tables.street.site import site
from shared.model.codes import ReferralState
from shared.model.value import Id, Value
from shared.rules.case import LIVE

LIVE_TEXTS = [str(state.value) for state in LIVE]
OVER = [str(state) for state in (ReferralState.CLOSED, ReferralState.DUPLICATE_OF, ReferralState.WRONG_AREA)]
Point = tuple[float, float]


class Change(Value, frozen=True, kw_only=True):
    """One plan. `plan` and `told` are JSON."""

    id: Id
    on_day: date
    plan: str
    planned_at: datetime
    planned_by: Id
    applied_at: datetime | None = None
    called_off_at: datetime | None = None
    told: str = ""

    @property
    def is_waiting(self) -> bool:
        """Neither carried out nor called off?"""
        return self.applied_at is None and self.called_off_at is None


# --------------------------------------------------------------------------------------------------------------- plans
def add_change(session: Session, new: Change) -> None:
    """Keep a plan."""
    session.execute(insert(boundary_change), [{name: getattr(new, name) for name in Change.__struct_fields__}])


def find_change(session: Session, change_id: Id) -> Change | None:
    """The plan as it stands."""
    return _read(session, select(boundary_change).where(boundary_change.c.id == change_id))


def lock_change(session: Session, change_id: Id) -> Change | None:
    """The plan, which nobody else carries out meanwhile."""
    return _read(session, select(boundary_change).where(boundary_change.c.id == change_id).with_for_update())


def _read(session: Session, query: Select[Any]) -> Change | None:
    row = session.execute(query).mappings().first()
    return None if row is None else Change(**row)


def list_changes(session: Session) -> list[Change]:
    """Every plan, the newest day first."""
    query = select(boundary_change).order_by(boundary_change.c.on_day.desc(), boundary_change.c.id)
    return [Change(**row) for row in session.execute(query).mappings()]


def set_change(session: Session, change_id: Id, **values: Any) -> None:
    """Set columns of a plan."""
    session.execute(update(boundary_change).where(boundary_change.c.id == change_id).values(**values))


# ------------------------------------------------------------------------------------------------ who followed whom
def list_successors(session: Session) -> dict[Id, list[Id]]:
    """Which districts each ended one became, in the order in which they were named, the last of them only."""
    query = select(district_successor).order_by(district_successor.c.number, district_successor.c.to_id)
    rows = session.execute(query).mappings().all()
    ended = {row["from_id"] for row in rows}
    found: dict[Id, list[Id]] = {}
    for row in rows:
        if row["to_id"] not in ended:
            found.setdefault(row["from_id"], []).append(row["to_id"])
    return found


def list_lineage(session: Session, district_id: Id) -> list[Id]:
    """The district, and those whose whole ground became its own: what was counted there was counted here, under another name."""
    return [district_id, *sorted(with_former(session, [district_id]) - {district_id})]


def with_former(session: Session, district_ids: Collection[Id]) -> frozenset[Id]:
    """These districts, and those that ended whose whole ground lies in these now."""
    here = frozenset(district_ids)
    return here | {old for old, became in list_successors(session).items() if here.issuperset(became)}


def list_divided(session: Session, district_ids: Collection[Id]) -> frozenset[Id]:
    """Those that ended of whose ground a part, and not all of it, lies in these now."""
    here = frozenset(district_ids)
    ended = list_successors(session).items()
    return frozenset(old for old, became in ended if not here.isdisjoint(became) and not here.issuperset(became)) - here


def follow(session: Session, from_ids: Collection[Id], to_ids: Collection[Id], on_day: date) -> None:
    """Keep that these districts became those; what had become one of the first has become one of the second now, and stands where
    that one stood among its parts."""
    query = select(district_successor.c.from_id, district_successor.c.number).where(
        district_successor.c.to_id.in_(sorted(from_ids))
    )
    place = dict.fromkeys(from_ids, 0)
    for old, number in session.execute(query.order_by(district_successor.c.number.desc())):
        place[old] = number
    rows = [
        {"from_id": old, "to_id": new, "on_day": on_day, "number": place[old] + number}
        for old in sorted(place)
        for number, new in enumerate(to_ids)
    ]
    bulk.insert_new(session, district_successor, rows)


# ---------------------------------------------------------------------------------------------------- what moves
@beyond_reader
def list_live_cases_in(session: Session, district_ids: Collection[Id]) -> list[tuple[Id, Id, Id, str]]:
    """Live cases of these districts: (case, person, district, state), the furthest on and the oldest first."""
    query = select(mdt_case.c.id, mdt_case.c.person_id, mdt_case.c.district_id, mdt_case.c.state).where(
        mdt_case.c.district_id.in_(sorted(district_ids)), mdt_case.c.state.in_(LIVE_TEXTS)
    )
    order = {state: number for number, state in enumerate(reversed(LIVE_TEXTS))}
    rows = session.execute(query.order_by(mdt_case.c.since, mdt_case.c.id)).all()
    return sorted(((r.id, r.person_id, r.district_id, r.state) for r in rows), key=lambda each: order[each[3]])


@beyond_reader
def list_last_points(session: Session, person_ids: Collection[Id]) -> dict[Id, Point]:
    """Where each person was last met at a known place."""
    query = (
        select(
            contact_person.c.person_id,
            func.coalesce(contact.c.latitude, site.c.latitude, referral.c.latitude).label("latitude"),
            func.coalesce(contact.c.longitude, site.c.longitude, referral.c.longitude).label("longitude"),
        )
        .join(contact, contact.c.id == contact_person.c.contact_id)
        .outerjoin(site, site.c.id == contact.c.site_id)
        .outerjoin(referral, referral.c.id == contact.c.referral_id)
        .where(contact_person.c.person_id.in_(sorted(person_ids)))
        .order_by(contact.c.seen_at, contact.c.id)
    )
    return {row.person_id: (row.latitude, row.longitude) for row in session.execute(query) if row.latitude is not None}


@beyond_reader
def list_open_referrals(session: Session, district_ids: Collection[Id]) -> dict[Id, Point | None]:
    """Reports of these districts that are not closed, and where each is."""
    query = select(referral.c.id, referral.c.latitude, referral.c.longitude).where(
        referral.c.district_id.in_(sorted(district_ids)), referral.c.state.not_in(OVER)
    )
    return {row.id: None if row.latitude is None else (row.latitude, row.longitude) for row in session.execute(query)}


@beyond_reader
def list_sites_in(session: Session, district_ids: Collection[Id]) -> dict[Id, Point | None]:
    """Places of these districts, and where each is."""
    query = select(site.c.id, site.c.latitude, site.c.longitude).where(site.c.district_id.in_(sorted(district_ids)))
    return {row.id: None if row.latitude is None else (row.latitude, row.longitude) for row in session.execute(query)}


@beyond_reader
def list_waiting_notices(session: Session, district_ids: Collection[Id]) -> list[Id]:
    """Notices to these districts that nobody has answered."""
    query = select(notice.c.id).where(notice.c.district_id.in_(sorted(district_ids)), notice.c.answer.is_(None))
    return list(session.scalars(query.order_by(notice.c.received_at, notice.c.id)))


def list_open_vacancies(session: Session, district_ids: Collection[Id]) -> list[Id]:
    """Beds and homes of these districts that are on the list."""
    query = select(vacancy.c.id).where(vacancy.c.district_id.in_(sorted(district_ids)), vacancy.c.closed_at.is_(None))
    return list(session.scalars(query.order_by(vacancy.c.opened_at, vacancy.c.id)))


@beyond_reader
def list_open_offers(session: Session, district_ids: Collection[Id]) -> list[tuple[Id, Id, bool]]:
    """Offers of these districts that nobody has answered: (offer, person, whether of a place on the list)."""
    query = select(offer.c.id, offer.c.person_id, offer.c.vacancy_id).where(
        offer.c.district_id.in_(sorted(district_ids)), offer.c.answer.is_(None)
    )
    return [(row.id, row.person_id, row.vacancy_id is not None) for row in session.execute(query.order_by(offer.c.id))]


def list_files_of_notices(session: Session, district_ids: Collection[Id]) -> list[Id]:
    """Files of notices for these districts: their refused rows may wait."""
    query = select(import_batch.c.id).where(import_batch.c.district_id.in_(sorted(district_ids)))
    return list(session.scalars(query.order_by(import_batch.c.started_at, import_batch.c.id)))


@beyond_reader
def list_conferences_to_come(session: Session, district_ids: Collection[Id], on_day: datetime) -> list[Id]:
    """Conferences of these districts that are called for that day or later."""
    query = select(case_conference.c.id).where(
        case_conference.c.district_id.in_(sorted(district_ids)),
        case_conference.c.starts_at >= on_day,
        case_conference.c.finished_at.is_(None),
    )
    return list(session.scalars(query.order_by(case_conference.c.starts_at, case_conference.c.id)))


@beyond_reader
def list_snapshots_to_come(session: Session, district_ids: Collection[Id], day: date) -> list[Id]:
    """Plans of snapshot nights from that day on that nobody has signed, one for each night: the first that was made."""
    query = select(snapshot.c.id, snapshot.c.night).where(
        snapshot.c.district_id.in_(sorted(district_ids)), snapshot.c.night >= day, snapshot.c.first_by.is_(None)
    )
    rows = session.execute(query.order_by(snapshot.c.planned_at.desc(), snapshot.c.id.desc())).all()
    return sorted({row.night: row.id for row in rows}.values())


def list_seated(session: Session, district_ids: Collection[Id]) -> list[Id]:
    """Agencies that were asked to the table of one of these districts."""
    query = select(seat.c.agency_id).where(seat.c.district_id.in_(sorted(district_ids))).distinct()
    return sorted(session.scalars(query))


def list_teams_in(session: Session, district_ids: Collection[Id]) -> list[Id]:
    """Teams that walk one of these districts."""
    query = select(team_district.c.team_id).where(team_district.c.district_id.in_(sorted(district_ids))).distinct()
    return sorted(session.scalars(query))


def list_workers_in(session: Session, district_ids: Collection[Id]) -> list[Id]:
    """Workers who act for one of these districts themselves."""
    query = (
        select(worker_district.c.worker_id).where(worker_district.c.district_id.in_(sorted(district_ids))).distinct()
    )
    return sorted(session.scalars(query))


def list_phones_of(session: Session, team_ids: Collection[Id]) -> list[int]:
    """The numbers of phones enrolled for these teams."""
    query = select(device_enrolment.c.number).where(device_enrolment.c.team_id.in_(sorted(team_ids)))
    return sorted(session.scalars(query))


def set_district(session: Session, table: Any, moved: Mapping[Id, Id]) -> None:
    """Say anew in which district each of these rows is."""
    bulk.update_each(session, table, {each: {"district_id": to} for each, to in moved.items()})


def seat_agencies(session: Session, district_id: Id, agency_ids: Collection[Id], now: datetime) -> None:
    """Ask these agencies to a district's table."""
    rows = [{"district_id": district_id, "agency_id": each, "asked_at": now} for each in agency_ids]
    bulk.insert_new(session, seat, rows)


def replace_worker_districts(session: Session, worker_id: Id, ended: Collection[Id], begun: Collection[Id]) -> None:
    """Let a worker act for the new districts in the place of those that ended."""
    theirs = worker_district.c.worker_id == worker_id
    session.execute(worker_district.delete().where(theirs, worker_district.c.district_id.in_(sorted(ended))))
    bulk.insert_new(session, worker_district, [{"worker_id": worker_id, "district_id": each} for each in begun])


def take_strangers_off(session: Session, conference_ids: Collection[Id], now: datetime, reason: str) -> None:
    """Take cases off agendas of another district than their own."""
    if not conference_ids:
        return
    elsewhere = (
        select(agenda_item.c.id)
        .join(case_conference, case_conference.c.id == agenda_item.c.conference_id)
        .join(mdt_case, mdt_case.c.id == agenda_item.c.case_id)
        .where(
            agenda_item.c.conference_id.in_(sorted(conference_ids)),
            agenda_item.c.off_at.is_(None),
            mdt_case.c.district_id != case_conference.c.district_id,
        )
    )
    ids = list(session.scalars(elsewhere))
    session.execute(update(agenda_item).where(agenda_item.c.id.in_(ids)).values(off_at=now, off_reason=reason))


def list_points_since(
    session: Session, table: Any, district_ids: Collection[Id], night: date
) -> dict[Id, Point | None]:
    """Contacts or visits of these districts from that night on, and where each was: from before the change was carried out."""
    query = (
        select(
            table.c.id,
            func.coalesce(table.c.latitude, site.c.latitude, referral.c.latitude).label("latitude"),
            func.coalesce(table.c.longitude, site.c.longitude, referral.c.longitude).label("longitude"),
        )
        .outerjoin(site, site.c.id == table.c.site_id)
        .outerjoin(referral, referral.c.id == table.c.referral_id)
        .where(table.c.district_id.in_(sorted(district_ids)), table.c.night >= night)
    )
    return {row.id: None if row.latitude is None else (row.latitude, row.longitude) for row in session.execute(query)}


def place_contacts(session: Session, moved: Mapping[Id, Id]) -> None:
    """Say anew in which district each of these contacts was, and so who was met there."""
    set_district(session, contact, moved)
    rows = {each: {"district_id": to} for each, to in moved.items()}
    bulk.update_each(session, contact_person, rows, key="contact_id")


def list_met_at(session: Session, contact_ids: Collection[Id]) -> list[Id]:
    """Who was met at these contacts."""
    query = select(contact_person.c.person_id).where(contact_person.c.contact_id.in_(sorted(contact_ids))).distinct()
    return sorted(session.scalars(query))


@beyond_reader
def count_people(session: Session, district_ids: Collection[Id]) -> int:
    """How many records of people were met in these districts."""
    met = contact_person.c.district_id.in_(sorted(district_ids))
    query = select(func.count(contact_person.c.person_id.distinct())).where(met)
    return int(session.scalar(query) or 0)


def end_district(session: Session, district_id: Id, last_day: date) -> None:
    """The last day on which a district stands."""
    session.execute(update(district).where(district.c.id == district_id).values(valid_to=last_day))


def list_change_days(session: Session) -> list[date]:
    """The days from which on other districts stand than the day before."""
    rows = Sql(session).rows(
        "select valid_from, valid_to from district where valid_from is not null or valid_to is not null"
    )
    return sorted({day for row in rows for day in _days(*row)})


def _days(begins: Any, ends: Any) -> list[date]:
    found = []
    if begins is not None:
        found.append(begins if isinstance(begins, date) else date.fromisoformat(begins))
    if ends is not None:
        last = ends if isinstance(ends, date) else date.fromisoformat(ends)
        found.append(date.fromordinal(last.toordinal() + 1))
    return found
