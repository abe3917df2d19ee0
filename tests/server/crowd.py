"""Thousands of phones for the storm: a hundred and more teams, every phone carried by a worker of its own and really enrolled.

No request is made here; what the phones do is the benchmark's.
"""

import sqlite3
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from msgspec import structs

from server.actions.operation.enrolment import make_code, team_scope
from server.app import make_id, utc_now
from server.http.services import Services
from server.queries.partnership import agencies, workers
from server.queries.sync import store as sync
from shared.model.agency import Team
from shared.model.device import Enrolled, EnrolmentRequest
from shared.model.worker import Worker
from tests.server.cast import Cast, make_cast
from tests.server.phone import Phone
from tests.server.walker import APP, Walker

PHONES_A_TEAM = 10
TLS = ssl.create_default_context()
"""Made once: making it costs as much as a hundred requests."""


@dataclass(frozen=True)
class Carried:
    """An enrolled phone that sleeps in somebody's pocket."""

    enrolled: Enrolled
    key: EllipticCurvePrivateKey

    def wake(self, address: str, timeout_s: float, connection: sqlite3.Connection | None = None) -> Walker:
        """The phone with an empty store (in memory unless told where) and a connection of its own."""
        http = httpx.Client(base_url=address, timeout=timeout_s, trust_env=False, verify=TLS)
        walker = Walker(address, lambda: datetime.now(UTC), make_id, connection=connection, http=http)
        walker.phone.key = self.key
        walker.take_up(self.enrolled)
        return walker


def make_teams(services: Services, count: int) -> tuple[Cast, list[Team]]:
    """The cast, and so many teams beside it, each with ten workers."""
    cast = make_cast(services.database, utc_now(), make_id)
    teams = []
    for number in range(count):
        team = Team(id=make_id(), agency_id=cast.outreach.id, name=f"Team {number}", district_ids=(cast.watford.id,))
        with services.database.writing() as session:
            agencies.add_team(session, team)
            for place in range(PHONES_A_TEAM):
                worker = like_aisha(cast, team, f"Worker {number} {place}")
                workers.add_worker(session, worker, email=None, now=utc_now())
        teams.append(team)
    return cast, teams


def like_aisha(cast: Cast, team: Team, name: str) -> Worker:
    """Somebody as Aisha is, in another team."""
    return structs.replace(cast.aisha, id=make_id(), name=name, short_name=name, team_ids=(team.id,))


def carry(services: Services, team: Team, count: int) -> list[Carried]:
    """So many phones of a team, enrolled as the server enrols them; each by another of its workers, in turn."""
    with services.database.reading() as session:
        people = workers.list_workers_of_team(session, team.id)
    return [_enrol(services, people[n % len(people)].id, team) for n in range(count)]


def _enrol(services: Services, worker_id: str, team: Team) -> Carried:
    phone = Phone(None, utc_now, make_id)
    with services.database.writing() as session:
        code = make_code(session, worker_id, team.id, services.settings, utc_now(), make_id).code
    request = EnrolmentRequest(code=code, label="Storm", app_version=APP, signing_key=phone.signing_key)
    return Carried(services.enroller.enrol(request, utc_now(), make_id), phone.key)


def follow_teams(services: Services, carried: Carried, teams: list[Team]) -> None:
    """Let one phone hear these teams."""
    with services.database.writing() as session:
        sync.set_scopes(session, carried.enrolled.device.number, [team_scope(team.id) for team in teams])
