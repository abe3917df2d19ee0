"""The referral inbox: what waits for a team lead, and for each referral what is already known around it: sites with who was
last seen there, other reports that may be the same, contacts near by.

Nearness is asked of an index on (latitude, longitude) with a box, then measured. Which of the near ones say the same thing
is for `shared.rules.duplicates`; whether somebody may read this is decided before, in `server.access`.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from math import cos, radians
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from server.database.positions import read_position
from server.queries.people.concealment import contact_not_concealed, not_concealed
from server.queries.referrals.folded import FOLDED, find_head, list_folded
from server.tables.partnership.agency import team
from server.tables.partnership.district import district
from server.tables.partnership.worker import worker
from server.tables.people.person import person
from server.tables.referrals.referral import alert, referral, referral_progress
from server.tables.street.contact import contact, contact_person
from server.tables.street.site import site
from shared.geo.distance import METRES_PER_DEGREE, near_distance_m
from shared.model.codes import AlertSource, ContactState, ReferralState, SiteKind
from shared.model.person import Person
from shared.model.referral import Referral
from shared.model.value import Id, Value
from shared.rules.likeness import PINLESS_WINDOW_H
from shared.rules.referral import FINAL_STATES

NEAR_M = 250.0
SAME_PLACE_M = 50.0
WINDOW_DAYS = 28
NEAR_LIMIT = 200
WIDEST_LATITUDE = 75.0
"""Boxes are computed for the widest degree of longitude below this latitude; what the box lets in is measured anyway."""


class InboxRow(Value, frozen=True, kw_only=True):
    """A referral with the names of where it lies and who has it."""

    referral: Referral
    district_name: str = ""
    team_name: str = ""
    assigned_to: str = ""
    outcome: str = ""
    contact_consent: bool = False
    promised_on: date | None = None
    """By when whoever told us was promised to hear, where that may be another day than the referral's own."""


class NearSite(Value, frozen=True, kw_only=True):
    """A known site near a referral, and who was last met there. `person_id` is None where nobody was identified."""

    referral_id: Id
    site_id: Id
    name: str
    kind: SiteKind
    distance_m: float
    person_id: Id | None = None
    known_as: str = ""
    last_seen_at: datetime | None = None


class Step(Value, frozen=True, kw_only=True):
    """One step of a referral so far."""

    state: ReferralState
    at: datetime
    by: str
    outcome: str = ""
    note: str = ""


class Assignee(Value, frozen=True, kw_only=True):
    """A team that could take a referral, or one of its workers."""

    team_id: Id
    team_name: str
    worker_id: Id | None = None
    worker_name: str = ""


def count_by_state(session: Session, district_ids: Collection[Id], team_ids: Collection[Id]) -> dict[str, int]:
    """Returns how many referrals of these districts and teams stand in each state."""
    query = select(referral.c.state, func.count()).where(within(district_ids, team_ids)).group_by(referral.c.state)
    return {state: number for state, number in session.execute(query)}  # noqa: C416 - rows are not pairs


def count_late(session: Session, district_ids: Collection[Id], team_ids: Collection[Id], today: date) -> int:
    """Returns how many referrals of these districts and teams are owed an answer whose day has passed."""
    owed = referral.c.state.in_([str(state) for state in PROMISED])
    query = (
        select(func.count())
        .select_from(referral)
        .where(owed, referral.c.due_on < today, within(district_ids, team_ids))
    )
    return session.scalar(query) or 0


def list_inbox(
    session: Session,
    district_ids: Collection[Id],
    team_ids: Collection[Id],
    states: Collection[ReferralState],
    *,
    limit: int = 50,
    offset: int = 0,
) -> list[InboxRow]:
    """Returns referrals of these districts and teams in any of the states: the first due first, those that are over the last."""
    order: tuple[Any, ...] = (referral.c.due_on, referral.c.reported_at, referral.c.id)
    if set(states) <= FINAL_STATES:
        order = (referral.c.closed_at.desc(), referral.c.id)
    query = (
        rows()
        .where(within(district_ids, team_ids), referral.c.state.in_([str(state) for state in states]))
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    )
    return [inbox_row(found) for found in session.execute(query).mappings()]


PROMISED = (ReferralState.RECEIVED, ReferralState.ASSIGNED, ReferralState.LOOKED_FOR, ReferralState.FOUND)
"""The states in which we owe an answer: not while we wait for one."""


def list_broken_promises(session: Session, since: date, today: date) -> dict[Id, date]:
    """The referrals whose answer was due from `since` on and before today and is still owed, each with the day that it was
    promised by: open, or folded into one that is. Whoever raised a folded one was promised its own day, and a later one of its
    head is told on their page."""
    due = (referral.c.due_on >= since, referral.c.due_on < today)
    owed = [str(state) for state in PROMISED]
    query = select(referral.c.id, referral.c.due_on).where(referral.c.state.in_(owed), *due)
    late: dict[Id, date] = {referral_id: due_on for referral_id, due_on in session.execute(query)}  # noqa: C416 - rows are not pairs
    head_of = list_folded(session, list(late))
    below = select(referral.c.id, referral.c.due_on).where(referral.c.id.in_(head_of.keys() - late.keys()))
    later = {own: late[head_of[own]] for own, due_on in session.execute(below) if due_on <= late[head_of[own]]}
    folded = select(referral.c.id, referral.c.due_on).where(referral.c.state == FOLDED, *due)
    for referral_id, due_on in session.execute(folded).all():
        head = session.scalar(select(referral.c.state).where(referral.c.id == find_head(session, referral_id)))
        if head in owed:
            late[referral_id] = due_on
    return late | later


def find_inbox_row(session: Session, referral_id: Id) -> InboxRow | None:
    """Returns one referral, or None."""
    found = session.execute(rows().where(referral.c.id == referral_id)).mappings().first()
    return None if found is None else inbox_row(found)


def find_standing(session: Session, referral_id: Id) -> InboxRow | None:
    """Where a report stands for whoever told us: as the one that it was folded into does, with the later of both days."""
    head_id = find_head(session, referral_id)
    found = find_inbox_row(session, head_id)
    own = found if head_id == referral_id else find_inbox_row(session, referral_id)
    if found is None or own is None:
        return found
    return msgspec.structs.replace(found, promised_on=max(own.referral.due_on, found.referral.due_on))


def list_steps(session: Session, referral_id: Id) -> list[Step]:
    """Returns what has happened to a referral, the oldest first."""
    query = (
        select(referral_progress, worker.c.short_name)
        .outerjoin(worker, worker.c.id == referral_progress.c.worker_id)
        .where(referral_progress.c.referral_id == referral_id)
        .order_by(referral_progress.c.at, referral_progress.c.id)
    )
    return [
        Step(
            state=ReferralState(found["state"]), at=found["at"], by=found["short_name"] or "",
            outcome=found["outcome"], note=found["note"],
        )
        for found in session.execute(query).mappings()
    ]  # fmt: skip


def list_near_sites(session: Session, referral_ids: Sequence[Id]) -> list[NearSite]:
    """Returns the known sites within 250 m of each referral, the nearest first, with the latest person met at each."""
    query = (
        select(
            referral.c.id.label("referral_id"), referral.c.latitude.label("from_latitude"),
            referral.c.longitude.label("from_longitude"), site.c.id.label("site_id"), site.c.name.label("site_name"), site.c.kind,
            site.c.latitude, site.c.longitude, site.c.pin_source, site.c.accuracy_m, site.c.fix_age_s,
            site.c.moved_from_latitude, site.c.moved_from_longitude, _last_met(session).label("met_id"),
        )
        .select_from(referral)
        .join(site, _in_box(referral, site))
        .where(referral.c.id.in_(referral_ids), site.c.in_use.is_(True))
        .limit(NEAR_LIMIT * max(1, len(referral_ids)))
    )  # fmt: skip
    # Bounded first: by a contact that has still to be looked up PostgreSQL would read everybody met, under row-level security.
    sites = query.subquery("near")
    here = and_(contact_person.c.contact_id == sites.c.met_id, *not_concealed(session, contact_person.c.person_id))
    query = (
        select(
            *sites.c,
            contact_person.c.person_id,
            contact_person.c.seen_at,
            person.c.name,
            person.c.alias,
            person.c.description,
        )
        .select_from(sites)
        .outerjoin(contact_person, here)
        .outerjoin(person, person.c.id == contact_person.c.person_id)
    )
    near = [_near_site(found) for found in session.execute(query).mappings()]
    return sorted(
        (each for each in near if each.distance_m <= NEAR_M), key=lambda each: (each.referral_id, each.distance_m)
    )


def list_near_referrals(session: Session, of: Sequence[Referral]) -> dict[Id, list[Referral]]:
    """Returns for each referral the others that may be the same report: within 250 m in 28 days, or, where one of the two has
    no point, of the same district in four days.
    """
    return {
        each.id: [*([] if each.position is None else _near_by(session, each)), *_of_these_days(session, each)]
        for each in of
    }


def list_assignees(session: Session, district_id: Id | None) -> list[Assignee]:
    """Returns the teams that walk a district, each followed by its active workers."""
    from server.tables.partnership.agency import team_district
    from server.tables.partnership.worker import worker_team

    query = (
        select(team.c.id, team.c.name, worker.c.id, worker.c.short_name)
        .select_from(team_district)
        .join(team, team.c.id == team_district.c.team_id)
        .outerjoin(worker_team, worker_team.c.team_id == team.c.id)
        .outerjoin(worker, and_(worker.c.id == worker_team.c.worker_id, worker.c.active.is_(True)))
        .where(team_district.c.district_id == district_id)
        .order_by(team.c.name, team.c.id, worker.c.short_name)
    )
    found: list[Assignee] = []
    for team_id, team_name, worker_id, worker_name in session.execute(query):
        if not found or found[-1].team_id != team_id:
            found.append(Assignee(team_id=team_id, team_name=team_name))
        if worker_id is not None:
            found.append(Assignee(team_id=team_id, team_name=team_name, worker_id=worker_id, worker_name=worker_name))
    return found


def read_referral(found: Any) -> Referral:
    """Returns the referral that a row of its table holds."""
    plain = {name: found[name] for name in Referral.__struct_fields__ if name not in {"position", "state", "source"}}
    return Referral(
        **plain,
        position=read_position(found),
        state=ReferralState(found["state"]),
        source=AlertSource(found["source"]),
    )


def rows() -> Select[Any]:
    """Referrals with the names of where they lie and who has them, for `inbox_row` to read."""
    return (
        select(
            referral, district.c.name.label("district_name"), team.c.name.label("team_name"),
            worker.c.short_name.label("assigned_to"), alert.c.contact_consent,
        )
        .select_from(referral)
        .outerjoin(district, district.c.id == referral.c.district_id)
        .outerjoin(team, team.c.id == referral.c.team_id)
        .outerjoin(worker, worker.c.id == referral.c.assigned_worker_id)
        .outerjoin(alert, alert.c.id == referral.c.alert_id)
    )  # fmt: skip


def inbox_row(found: Any) -> InboxRow:
    """The referral that a row of `rows` holds."""
    return InboxRow(
        referral=read_referral(found),
        district_name=found["district_name"] or "",
        team_name=found["team_name"] or "",
        assigned_to=found["assigned_to"] or "",
        outcome=found["outcome"],
        contact_consent=bool(found["contact_consent"]),
    )


def within(district_ids: Collection[Id], team_ids: Collection[Id]) -> ColumnElement[bool]:
    """A referral of one of these districts or teams."""
    return or_(referral.c.district_id.in_(sorted(district_ids)), referral.c.team_id.in_(sorted(team_ids)))


def _in_box(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether `other` may lie within 250 m: a box that is too wide east to west away from the equator, never too narrow."""
    north = NEAR_M / METRES_PER_DEGREE
    east = north / cos(radians(WIDEST_LATITUDE))
    return and_(
        other.c.latitude.between(one.c.latitude - north, one.c.latitude + north),
        other.c.longitude.between(one.c.longitude - east, one.c.longitude + east),
    )


def _last_met(session: Session) -> ColumnElement[str]:
    """The newest contact at a site in which somebody was met."""
    met = [
        str(state) for state in (ContactState.BEDDED_DOWN, ContactState.ABOUT_TO_BED_DOWN, ContactState.NOT_BEDDED_DOWN)
    ]
    return (
        select(contact.c.id)
        .where(contact.c.site_id == site.c.id, contact.c.state.in_(met), *contact_not_concealed(session))
        .order_by(contact.c.seen_at.desc())
        .limit(1)
        .correlate(site)
        .scalar_subquery()
    )


def _near_site(found: Any) -> NearSite:
    here = read_position(found)
    there = read_position({**found, "latitude": found["from_latitude"], "longitude": found["from_longitude"]})
    assert here is not None and there is not None
    met = found["person_id"]
    named = Person(
        id=met or "", name=found["name"] or "", alias=found["alias"] or "", description=found["description"] or ""
    )
    return NearSite(
        referral_id=found["referral_id"],
        site_id=found["site_id"],
        name=found["site_name"],
        kind=SiteKind(found["kind"]),
        distance_m=near_distance_m(here, there),
        person_id=met,
        known_as=named.known_as if met else "",
        last_seen_at=found["seen_at"],
    )


def _near_by(session: Session, of: Referral) -> list[Referral]:
    apart = timedelta(days=WINDOW_DAYS)
    assert of.position is not None
    north = NEAR_M / METRES_PER_DEGREE
    east = north / cos(radians(min(abs(of.position.latitude), WIDEST_LATITUDE)))
    query = (
        select(referral)
        .where(
            referral.c.id != of.id,
            referral.c.latitude.between(of.position.latitude - north, of.position.latitude + north),
            referral.c.longitude.between(of.position.longitude - east, of.position.longitude + east),
            referral.c.reported_at.between(of.reported_at - apart, of.reported_at + apart),
        )
        .order_by(referral.c.reported_at.desc())
        .limit(NEAR_LIMIT)
    )
    return [read_referral(found) for found in session.execute(query).mappings()]


def _of_these_days(session: Session, of: Referral) -> list[Referral]:
    """Those that can be compared by their words alone: without a point, or all of them where this one has none."""
    apart = timedelta(hours=PINLESS_WINDOW_H)
    pinless = [referral.c.latitude.is_(None)] if of.position is not None else []
    query = (
        select(referral)
        .where(
            referral.c.id != of.id, referral.c.district_id == of.district_id,
            referral.c.reported_at.between(of.reported_at - apart, of.reported_at + apart), *pinless,
        )
        .order_by(referral.c.reported_at.desc())
        .limit(NEAR_LIMIT)
    )  # fmt: skip
    return [read_referral(found) for found in session.execute(query).mappings()]
