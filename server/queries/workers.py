"""Workers: who they are, and the facts about one as an actor that policy decides by."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, Table, insert, select, update
from sqlalchemy.orm import Session

from server.queries.agencies import list_agreements
from server.tables.agency import team_district
from server.tables.worker import worker, worker_district, worker_role, worker_team
from shared.model.codes import Role
from shared.model.value import Id
from shared.model.worker import Worker
from shared.policy.actor import Actor, agreements_valid_until


class UnknownWorker(LookupError):
    """There is no worker with this id."""


def find_worker(session: Session, worker_id: Id) -> Worker | None:
    """The worker with this id, active or not."""
    found = _list_workers(session, worker.c.id == worker_id)
    return found[0] if found else None


def find_worker_by_email(session: Session, email: str) -> Worker | None:
    """The worker who signs in with this address. Capitals do not matter."""
    found = _list_workers(session, worker.c.email == email.strip().lower())
    return found[0] if found else None


def get_worker(session: Session, worker_id: Id) -> Worker:
    """The worker with this id. Raises UnknownWorker."""
    found = find_worker(session, worker_id)
    if found is None:
        raise UnknownWorker(worker_id)
    return found


def list_workers(session: Session) -> list[Worker]:
    """Every worker, by name."""
    return _list_workers(session, worker.c.id.is_not(None))


def list_workers_of_team(session: Session, team_id: Id) -> list[Worker]:
    """The active workers of a team, by name."""
    members = select(worker_team.c.worker_id).where(worker_team.c.team_id == team_id)
    return _list_workers(session, worker.c.id.in_(members) & worker.c.active)


def list_short_names(session: Session, worker_ids: Collection[Id]) -> dict[Id, str]:
    """What other people's screens show, by id. Unknown ids are left out."""
    rows = session.execute(select(worker.c.id, worker.c.short_name).where(worker.c.id.in_(worker_ids)))
    return {row.id: row.short_name for row in rows}


def _list_workers(session: Session, condition: ColumnElement[bool]) -> list[Worker]:
    rows = session.execute(select(worker).where(condition).order_by(worker.c.name, worker.c.id)).mappings().all()
    ids = [row["id"] for row in rows]
    roles = _grouped(session, worker_role, "role", ids)
    teams = _grouped(session, worker_team, "team_id", ids)
    districts = _grouped(session, worker_district, "district_id", ids)
    return [
        Worker(
            id=row["id"],
            name=row["name"],
            short_name=row["short_name"],
            agency_id=row["agency_id"],
            roles=frozenset(Role(role) for role in roles[row["id"]]),
            team_ids=tuple(teams[row["id"]]),
            district_ids=tuple(districts[row["id"]]),
            trained_on=row["trained_on"],
            active=row["active"],
        )
        for row in rows
    ]


def _grouped(session: Session, link: Table, column: str, worker_ids: list[Id]) -> dict[Id, list[str]]:
    """Of a link table from workers: the other side's values by worker, in order."""
    query = select(link.c.worker_id, link.c[column]).where(link.c.worker_id.in_(worker_ids)).order_by(link.c[column])
    grouped: dict[Id, list[str]] = defaultdict(list)
    for worker_id, value in session.execute(query):
        grouped[worker_id].append(value)
    return grouped


def find_actor(session: Session, worker_id: Id, today: date) -> Actor | None:
    """What policy knows of a worker today; None when there is no such active worker."""
    found = find_worker(session, worker_id)
    return make_actor(session, found, today) if found is not None and found.active else None


def make_actor(session: Session, of: Worker, today: date) -> Actor:
    """What policy knows of this worker today. Their teams' districts count as theirs."""
    walked = select(team_district.c.district_id).where(team_district.c.team_id.in_(of.team_ids))
    return Actor(
        worker_id=of.id,
        agency_id=of.agency_id,
        roles=of.roles,
        team_ids=frozenset(of.team_ids),
        district_ids=frozenset(of.district_ids) | frozenset(session.scalars(walked)),
        agreements_valid_until=agreements_valid_until(list_agreements(session, of.agency_id), today),
        trained_on=of.trained_on,
    )


def add_worker(session: Session, new: Worker, *, email: str | None, now: datetime) -> None:
    """Store a worker with roles, teams and districts. `email` makes it possible to sign in, once a password is set."""
    session.execute(
        insert(worker),
        [
            {
                "id": new.id,
                "name": new.name,
                "short_name": new.short_name,
                "agency_id": new.agency_id,
                "email": email.strip().lower() if email else None,
                "trained_on": new.trained_on,
                "active": new.active,
                "created_at": now,
            }
        ],
    )
    _add_links(session, worker_role, "role", new.id, [str(role.value) for role in new.roles])
    _add_links(session, worker_team, "team_id", new.id, new.team_ids)
    _add_links(session, worker_district, "district_id", new.id, new.district_ids)


def _add_links(session: Session, link: Table, column: str, worker_id: Id, values: Collection[str]) -> None:
    if values:
        session.execute(insert(link), [{"worker_id": worker_id, column: value} for value in values])


def set_active(session: Session, worker_id: Id, active: bool) -> None:
    """Let a worker in, or keep them out."""
    session.execute(update(worker).where(worker.c.id == worker_id).values(active=active))
