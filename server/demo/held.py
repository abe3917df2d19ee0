"""What the road asks of a filled county: whether it is there, who and where its cast are, and what a square of the map says."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import inspect, literal, select
from sqlalchemy.orm import Session

from server.database.engine import Database
from server.demo import county
from server.hotspots.grid import leaves_of_points
from server.hotspots.tonight import list_likely_cells
from server.queries.maps.boundaries import find_district_by_code
from server.queries.maps.tonight import list_cell_looks
from server.queries.partnership.workers import find_worker_by_email
from server.tables.partnership.agency import agency
from server.tables.partnership.worker import worker
from server.tables.people.person import person
from server.tables.street.contact import contact_person
from server.tables.street.site import site
from shared.model.position import Position
from shared.model.value import Id

WATFORD_CODE = "E07000103"
MAREK = "Marek Nowak"
STAIRWELL = "Watford station stairwell"


@dataclass(frozen=True)
class Square:
    """Of one square of the teams' map: how often somebody was met there in a year, and its forecast (higher is likelier)."""

    times_met: int
    expected: float


class NotFilled(LookupError):
    """The database holds no demo county."""


@dataclass(frozen=True)
class Held:
    """The cast by their ids, and the stairwell by the station."""

    watford_id: Id
    team_id: Id
    aisha_id: Id
    marek_id: Id
    site_id: Id
    site_name: str
    site: Position


def is_filled(session: Session) -> bool:
    """Is the demo county in this database?"""
    return find_worker_by_email(session, f"aisha@{county.EMAIL_HOST}") is not None


def is_somebody_elses(database: Database) -> bool:
    """Does this database hold a county that is no demo's? It is asked as it is: nothing is brought up to date."""
    if not inspect(database.engine).has_table(worker.name):
        return False
    with database.reading() as session:
        of_the_demo = select(literal(1)).where(worker.c.email.like(f"%@{county.EMAIL_HOST}")).limit(1)
        if session.execute(of_the_demo).first():
            return False
        return any(
            session.execute(select(literal(1)).select_from(table).limit(1)).first() for table in (agency, worker)
        )


def find_held(session: Session) -> Held:
    """The cast. Raises NotFilled when the county, or a part of it, is not there."""
    watford = find_district_by_code(session, WATFORD_CODE)
    aisha = find_worker_by_email(session, f"aisha@{county.EMAIL_HOST}")
    marek_id = session.scalar(
        select(person.c.id)
        .join(contact_person, contact_person.c.person_id == person.c.id)
        .where(person.c.name == MAREK)
    )
    stairwell = session.execute(select(site).where(site.c.name == STAIRWELL)).mappings().first()
    if watford is None or aisha is None or marek_id is None or stairwell is None or stairwell["latitude"] is None:
        raise NotFilled("The demo county in this database is not whole: run `lantern demo --fresh`.")
    return Held(
        watford_id=watford.id,
        team_id=aisha.team_ids[0],
        aisha_id=aisha.id,
        marek_id=marek_id,
        site_id=stairwell["id"],
        site_name=stairwell["name"],
        site=Position(latitude=stairwell["latitude"], longitude=stairwell["longitude"]),
    )


def find_square(session: Session, district_id: Id, at: Position, tonight: date, crs: str) -> Square:
    """What the teams' plan of a shift knows of the 125 m square that holds a point, tonight included."""
    (leaf,) = leaves_of_points(crs, np.array([at.latitude]), np.array([at.longitude])).tolist()
    looks = list_cell_looks(session, [district_id], tonight - timedelta(days=365))
    likely = list_likely_cells(looks, tonight, limit=len(looks))
    return Square(
        times_met=sum(look.people for look in looks if look.cell == leaf),
        expected=next((cell.expected for cell in likely if cell.cell == leaf), 0.0),
    )
