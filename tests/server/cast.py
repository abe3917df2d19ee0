"""The cast of journeys.md in a real database: two districts, an outreach team, the people who work there, their agreements."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from server.actions.partnership.recipients import found_partnership
from server.database.engine import Database
from server.queries.maps import boundaries
from server.queries.maps.boundaries import Boundary
from server.queries.operation import sessions
from server.queries.partnership import agencies, districts, workers
from server.queries.people import identity
from server.security.passwords import Passwords
from server.settings import PasswordCost, Settings
from server.tables.partnership.worker import worker_role
from shared.model.agency import Agency, Agreement, Team
from shared.model.codes import AgencyKind, AgreementKind, IdentityWord, Role
from shared.model.district import District
from shared.model.worker import Worker
from tests.worlds import register

CHEAP = PasswordCost(memory_kib=64, passes=1)
PASSWORD = "correct horse battery staple"
WATFORD = (51.6565, -0.3963)
"""In the middle of Watford."""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Aisha and Dean walk with the team, Tom leads it; Priya coordinates Watford, Carol Dacorum; Helen commissions."""

    watford: District
    dacorum: District
    outreach: Agency
    council: Agency
    team: Team
    other_team: Team
    aisha: Worker
    dean: Worker
    tom: Worker
    priya: Worker
    carol: Worker
    helen: Worker
    olu: Worker


def say_same(database: Database, one: str, other: str, by: Worker, now: datetime, new_id: Callable[[], str]) -> None:
    """Somebody has said at a desk that two records are one person: whoever says so next joins them."""
    low, high = identity.in_order(one, other)
    with database.writing() as session:
        identity.add_judgement(session, identity.Judgement(
            id=new_id(), one_id=low, other_id=high, said=IdentityWord.SAME, at=now, worker_id=by.id, saw_one=True,
            saw_other=True,
        ))  # fmt: skip


def make_settings(database_url: str, data: Path, **others: object) -> Settings:
    settings = Settings(data=data, database=database_url, password_cost=CHEAP)
    return replace(settings, **others)  # type: ignore[arg-type]


@register
def cast(database: Database, now: datetime, new_id: Callable[[], str]) -> Cast:
    """The world of the server's tests."""
    return make_cast(database, now, new_id)


def make_cast(database: Database, now: datetime, new_id: Callable[[], str]) -> Cast:
    watford = District(id=new_id(), code="E07000103", name="Watford")
    dacorum = District(id=new_id(), code="E07000096", name="Dacorum")
    outreach = Agency(id=new_id(), name="New Hope", kind=AgencyKind.OUTREACH)
    council = Agency(id=new_id(), name="Watford Housing", kind=AgencyKind.HOUSING)
    team = Team(id=new_id(), agency_id=outreach.id, name="Watford outreach", district_ids=(watford.id,))
    other_team = Team(id=new_id(), agency_id=outreach.id, name="Dacorum outreach", district_ids=(dacorum.id,))

    def worker(
        name: str, role: Role, agency: Agency, *, teams: tuple[Team, ...] = (), of: tuple[District, ...] = ()
    ) -> Worker:
        first, last = name.split()
        return Worker(
            id=new_id(),
            name=name,
            short_name=f"{first} {last[0]}",
            agency_id=agency.id,
            roles=frozenset({role}),
            team_ids=tuple(each.id for each in teams),
            district_ids=tuple(each.id for each in of),
            trained_on=now.date() - timedelta(days=80),
        )

    cast = Cast(
        watford=watford,
        dacorum=dacorum,
        outreach=outreach,
        council=council,
        team=team,
        other_team=other_team,
        aisha=worker("Aisha Noor", Role.WORKER, outreach, teams=(team,)),
        dean=worker("Dean Hall", Role.WORKER, outreach, teams=(team,)),
        tom=worker("Tom Bright", Role.TEAM_LEAD, outreach, teams=(team,)),
        priya=worker("Priya Shah", Role.COORDINATOR, council, of=(watford,)),
        carol=worker("Carol Finch", Role.COORDINATOR, council, of=(dacorum,)),
        helen=worker("Helen Ward", Role.COMMISSIONER, council),
        olu=worker("Olu Ade", Role.ADMINISTRATOR, council),
    )
    _store(database, cast, now, new_id)
    return cast


def _store(database: Database, cast: Cast, now: datetime, new_id: Callable[[], str]) -> None:
    password_hash = Passwords(CHEAP).hash(PASSWORD)
    with database.writing() as session:
        for district, (south, west) in ((cast.watford, (51.6, -0.5)), (cast.dacorum, (51.7, -0.6))):
            districts.add_district(session, district)
            boundaries.save_boundary(session, _square(district, south, west), now)
        for agency in (cast.outreach, cast.council):
            agencies.add_agency(session, agency)
            for kind in AgreementKind:
                agreement = Agreement(
                    id=new_id(),
                    agency_id=agency.id,
                    kind=kind,
                    version="1",
                    signatory="The director",
                    signed_on=now.date() - timedelta(days=290),
                    expires_on=now.date() + timedelta(days=70),
                )
                agencies.add_agreement(session, agreement)
        for team in (cast.team, cast.other_team):
            agencies.add_team(session, team)
        for each in (cast.aisha, cast.dean, cast.tom, cast.priya, cast.carol, cast.helen, cast.olu):
            workers.add_worker(session, each, email=email_of(each), now=now)
            sessions.set_password_hash(session, each.id, password_hash, now)
        found_partnership(session, now, new_id)


def add_role(session: Session, worker_id: str, role: Role) -> None:
    """Give somebody one more role."""
    session.execute(worker_role.insert(), [{"worker_id": worker_id, "role": role.value}])


def email_of(worker: Worker) -> str:
    return f"{worker.name.split()[0].lower()}@example.org"


def _square(district: District, south: float, west: float) -> Boundary:
    """A tenth of a degree of latitude and a fifth of longitude: the cast's districts are squares."""
    north, east = south + 0.1, west + 0.2
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    geojson = json.dumps({"type": "Polygon", "coordinates": [ring]})
    return Boundary(district_id=district.id, geojson=geojson, west=west, south=south, east=east, north=north)
