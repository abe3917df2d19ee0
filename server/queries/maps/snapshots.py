"""The snapshot nights of districts: their plans, what was told and judged, the sheet as it was signed; and a night's contacts."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.queries.maps.hotspots import find_one_id
from server.queries.people import people
from server.queries.people.concealment import contact_not_concealed, not_concealed
from server.tables.maps.snapshot import snapshot, snapshot_named, snapshot_pair, snapshot_walk
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact, contact_person
from server.tables.street.site import site
from shared.model.codes import ContactState, Gender, SiteKind
from shared.model.position import Position
from shared.model.value import Id, Value
from shared.rules.presentations import age_on
from shared.rules.snapshot import AgeBand, Approach, Described, Exclusion, Named, Sighting, Walk, age_band


class Snapshot(Value, frozen=True, kw_only=True):
    """One night of a district, and who signed what it came to."""

    id: Id
    district_id: Id
    night: date
    approach: Approach
    planned_by: Id
    planned_at: datetime
    partner_agency_id: Id | None = None
    evidence_on: date | None = None
    sheet: str = ""
    first_by: Id | None = None
    first_agency_id: Id | None = None
    first_at: datetime | None = None
    second_by: Id | None = None
    second_agency_id: Id | None = None
    second_at: datetime | None = None


def add_snapshot(session: Session, new: Snapshot) -> None:
    """Keep a plan. Raises IntegrityError where the district has one for that night."""
    session.execute(insert(snapshot), [_plain(new)])


@beyond_reader
def set_signatures(session: Session, changed: Snapshot) -> None:
    """Write the sheet and who signed it."""
    values = {name: value for name, value in _plain(changed).items() if name.startswith(("first", "second", "sheet"))}
    session.execute(update(snapshot).where(snapshot.c.id == changed.id).values(**values))


def list_snapshots(session: Session, district_id: Id) -> list[Snapshot]:
    """The nights of a district, the latest first."""
    return _read(session, snapshot.c.district_id == district_id)


def find_snapshot(session: Session, snapshot_id: Id) -> Snapshot | None:
    """A night that the reader may see, held until the transaction ends."""
    return next(iter(_read(session, snapshot.c.id == snapshot_id, held=True)), None)


@beyond_reader
def list_signed(session: Session) -> list[Snapshot]:
    """The nights that were signed at least once, of any district: sheets are counts, and tell of nobody."""
    return _read(session, snapshot.c.first_by.is_not(None))


def _read(session: Session, condition: Any, *, held: bool = False) -> list[Snapshot]:
    query = select(snapshot).where(condition).order_by(snapshot.c.night.desc(), snapshot.c.id)
    rows = session.execute(query.with_for_update() if held else query).mappings()
    return [Snapshot(**(dict(row) | {"approach": Approach(row["approach"])})) for row in rows]


def _plain(told: Snapshot) -> dict[str, Any]:
    return msgspec.structs.asdict(told) | {"approach": str(told.approach)}


# ----------------------------------------------------------------------------------------- the plan and what was told


def list_walks(session: Session, snapshot_id: Id) -> list[tuple[Id, Walk]]:
    """Who walks where, with the id of each line, the first to set out first."""
    rows = session.execute(
        select(snapshot_walk)
        .where(snapshot_walk.c.snapshot_id == snapshot_id)
        .order_by(snapshot_walk.c.starts_at, snapshot_walk.c.area, snapshot_walk.c.id)
    )
    return [
        (row.id, Walk(area=row.area, team_id=row.team_id, starts_at=row.starts_at, is_second=row.is_second))
        for row in rows
    ]


def add_walk(session: Session, walk_id: Id, snapshot_id: Id, walk: Walk) -> None:
    """A team walks an area."""
    bulk.insert_all(
        session, snapshot_walk, [{"id": walk_id, "snapshot_id": snapshot_id, **msgspec.structs.asdict(walk)}]
    )


def list_named(session: Session, snapshot_id: Id) -> list[Named]:
    """Who was told of, in the order in which they were."""
    rows = session.execute(
        select(snapshot_named)
        .where(snapshot_named.c.snapshot_id == snapshot_id)
        .order_by(snapshot_named.c.recorded_at, snapshot_named.c.id)
    )
    return [
        Named(
            id=row.id, said_by=row.said_by, gender=Gender(row.gender), age=AgeBand(row.age),
            exclusion=None if row.exclusion is None else Exclusion(row.exclusion), same_as=row.same_as,
        )
        for row in rows
    ]  # fmt: skip


def add_named(session: Session, snapshot_id: Id, named: Named, by: Id, now: datetime) -> None:
    """A partner told of somebody. Nothing, where this id was told of before."""
    row = {name: None if value is None else str(value) for name, value in msgspec.structs.asdict(named).items()}
    bulk.insert_new(
        session, snapshot_named, [{**row, "snapshot_id": snapshot_id, "recorded_by": by, "recorded_at": now}]
    )


def drop_line(session: Session, snapshot_id: Id, line_id: Id) -> None:
    """Take back a walk, or somebody who was told of."""
    for table in (snapshot_walk, snapshot_named):
        session.execute(delete(table).where(table.c.snapshot_id == snapshot_id, table.c.id == line_id))


def set_same_as(session: Session, named_ids: Collection[Id], same_as: Id | None) -> None:
    """Say anew whom these are the same as."""
    some = snapshot_named.c.id.in_(sorted(named_ids))
    session.execute(update(snapshot_named).where(some).values(same_as=same_as))


def list_pairs(session: Session, snapshot_id: Id) -> dict[tuple[Id, Id], bool]:
    """Pairs of contacts of which somebody has said whether their strangers are the same."""
    rows = session.execute(select(snapshot_pair).where(snapshot_pair.c.snapshot_id == snapshot_id))
    return {(row.one_id, row.other_id): row.is_same for row in rows}


def set_pair(session: Session, snapshot_id: Id, pair: tuple[Id, Id], is_same: bool, by: Id, now: datetime) -> None:
    """The last word on a pair stands."""
    one, other = sorted(pair)
    row = {
        "snapshot_id": snapshot_id,
        "one_id": one,
        "other_id": other,
        "is_same": is_same,
        "said_by": by,
        "said_at": now,
    }
    bulk.upsert(session, snapshot_pair, [row])


# --------------------------------------------------------------------------------------------------- the night itself


def list_sightings(session: Session, district_id: Id, night: date) -> list[Sighting]:
    """Every contact of the night in the district that the reader may know of."""
    query = (
        select(
            contact.c.id, contact.c.seen_at, contact.c.team_id, contact.c.state, contact.c.unidentified_people,
            func.coalesce(contact.c.latitude, site.c.latitude, referral.c.latitude).label("latitude"),
            func.coalesce(contact.c.longitude, site.c.longitude, referral.c.longitude).label("longitude"), site.c.kind,
        )
        .outerjoin(site, site.c.id == contact.c.site_id)
        .outerjoin(referral, referral.c.id == contact.c.referral_id)
        .where(contact.c.district_id == district_id, contact.c.night == night, *contact_not_concealed(session))
    )  # fmt: skip
    rows = session.execute(query).all()
    met = _list_met(session, [row.id for row in rows])
    return [
        Sighting(
            id=row.id, at=row.seen_at, team_id=row.team_id, state=ContactState(row.state),
            site_kind=SiteKind(row.kind) if row.kind else SiteKind.UNKNOWN, person_ids=met.get(row.id, ()),
            strangers=row.unidentified_people,
            position=None if row.latitude is None else Position(latitude=row.latitude, longitude=row.longitude),
        )
        for row in rows
    ]  # fmt: skip


def _list_met(session: Session, contact_ids: Collection[Id]) -> dict[Id, tuple[Id, ...]]:
    one_id = find_one_id(session)
    met: dict[Id, set[Id]] = defaultdict(set)
    query = select(contact_person.c.contact_id, contact_person.c.person_id).where(
        contact_person.c.contact_id.in_(sorted(contact_ids)), *not_concealed(session, contact_person.c.person_id)
    )
    for contact_id, person_id in session.execute(query) if contact_ids else ():
        met[contact_id].add(one_id.get(person_id, person_id))
    return {contact_id: tuple(sorted(people)) for contact_id, people in met.items()}


def describe(session: Session, person_ids: Collection[Id], night: date) -> Mapping[Id, Described]:
    """What the form asks of these people, by their records."""
    return {
        each.id: Described(
            gender=each.gender,
            age=age_band(age_on(each.date_of_birth, night) if each.date_of_birth else each.approximate_age_years),
        )
        for each in people.list_as_one(session, person_ids)
    }
