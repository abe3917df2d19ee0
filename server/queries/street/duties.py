"""Who hears of an alarm, by step: colleagues who are out, whoever leads the team now, their deputy, the manager on duty.

Whoever was set for a post has it until another is set: a hand-over is a row, and nothing is forgotten.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.partnership.agency import team, team_district
from server.tables.partnership.worker import worker, worker_district, worker_role, worker_team
from server.tables.street.alarm import duty
from shared.model.alarm import AlarmStep
from shared.model.codes import Role
from shared.model.value import Id, Value
from shared.policy import Act
from shared.policy.grid import GRID

ANSWERING = sorted(str(role) for role, reaches in GRID.items() if Act.SEE_SHIFTS in reaches)
"""Whose roles open the link that they are sent at night."""
POSTS = (AlarmStep.LEAD, AlarmStep.DEPUTY, AlarmStep.MANAGER)


class Duty(Value, frozen=True, kw_only=True):
    """Somebody holds a post of a team from `since` on."""

    id: Id
    team_id: Id
    post: AlarmStep
    worker_id: Id
    since: datetime
    set_by: Id | None = None


class Reachable(Value, frozen=True, kw_only=True):
    """Somebody who can be told: by e-mail, by telephone, or both."""

    worker_id: Id
    name: str
    email: str | None
    telephone: str
    emergency_contact: str
    agency_id: Id


def set_duty(session: Session, new: Duty) -> None:
    """From now on this worker holds the post."""
    bulk.insert_all(session, duty, [{
        "id": new.id, "team_id": new.team_id, "post": str(new.post), "worker_id": new.worker_id, "since": new.since,
        "set_by": new.set_by,
    }])  # fmt: skip


def find_duties(session: Session, team_id: Id) -> dict[AlarmStep, Duty]:
    """Who was last set for each post of a team, and is still active."""
    query = select(duty).join(worker, worker.c.id == duty.c.worker_id).where(duty.c.team_id == team_id, worker.c.active)
    rows = session.execute(query.order_by(duty.c.since, duty.c.id))
    return {
        AlarmStep(row.post): Duty(
            id=row.id, team_id=row.team_id, post=AlarmStep(row.post), worker_id=row.worker_id, since=row.since,
            set_by=row.set_by,
        )
        for row in rows
    }  # fmt: skip


def list_eligible(session: Session, team_id: Id) -> set[Id]:
    """Who may be set for a post of a team: the active workers of its agency who may open an alarm, and who coordinates where it
    walks."""
    agency_id = session.scalar(select(team.c.agency_id).where(team.c.id == team_id))
    query = select(worker.c.id).join(worker_role, worker_role.c.worker_id == worker.c.id)
    own = session.scalars(
        query.where(worker.c.agency_id == agency_id, worker.c.active, worker_role.c.role.in_(ANSWERING))
    )
    return set(own) | set(list_holders(session, team_id)[AlarmStep.MANAGER])


def list_holders(session: Session, team_id: Id, away: Collection[Id] = ()) -> dict[AlarmStep, list[Id]]:
    """The workers of each post of a team: whoever was set, else who leads the team, who else leads in its agency, and who
    coordinates where it walks. None of those who are `away`: while whoever was set is on leave, or once they work for another
    agency, it is as if nobody had been."""
    duties = find_duties(session, team_id)
    agency_id = session.scalar(select(team.c.agency_id).where(team.c.id == team_id))
    leads = [each for each in _list_with_role(session, Role.TEAM_LEAD) if each not in away]
    own = set(session.scalars(select(worker_team.c.worker_id).where(worker_team.c.team_id == team_id)))
    asked = {*leads, *(held.worker_id for held in duties.values())}
    here = {each.worker_id for each in list_reachable(session, asked) if each.agency_id == agency_id}
    near = here & set(leads)
    walked = select(team_district.c.district_id).where(team_district.c.team_id == team_id)
    acting = set(session.scalars(select(worker_district.c.worker_id).where(worker_district.c.district_id.in_(walked))))
    coordinators = (set(_list_with_role(session, Role.COORDINATOR)) & acting) - set(away)
    may_hold = (here | coordinators) - set(away)
    set_for = {post: held.worker_id for post, held in duties.items() if held.worker_id in may_hold}
    lead = [set_for[AlarmStep.LEAD]] if AlarmStep.LEAD in set_for else sorted(near & own)
    usual = {
        AlarmStep.LEAD: lead,
        AlarmStep.DEPUTY: sorted(near - set(lead)),
        AlarmStep.MANAGER: sorted(coordinators),
    }
    return usual | {post: [held] for post, held in set_for.items()}


def _list_with_role(session: Session, role: Role) -> list[Id]:
    query = select(worker_role.c.worker_id).join(worker, worker.c.id == worker_role.c.worker_id)
    return list(session.scalars(query.where(worker_role.c.role == str(role), worker.c.active)))


def list_team(session: Session, team_id: Id) -> list[Id]:
    """The active workers of a team."""
    query = select(worker_team.c.worker_id).join(worker, worker.c.id == worker_team.c.worker_id)
    return list(session.scalars(query.where(worker_team.c.team_id == team_id, worker.c.active)))


def list_of_agency(session: Session, worker_id: Id) -> list[Id]:
    """The active workers of the agency that a worker is of."""
    agency_id = select(worker.c.agency_id).where(worker.c.id == worker_id).scalar_subquery()
    return list(session.scalars(select(worker.c.id).where(worker.c.agency_id == agency_id, worker.c.active)))


def list_administrators(session: Session) -> list[Id]:
    """The active workers who administer this server."""
    return _list_with_role(session, Role.ADMINISTRATOR)


def list_reachable(session: Session, worker_ids: Iterable[Id], *, also_left: bool = False) -> list[Reachable]:
    """Those of these workers who are active, with how they are reached, by id; `also_left`: whoever was let go too, who may be
    looked for still."""
    columns = (
        worker.c.id, worker.c.name, worker.c.email, worker.c.telephone, worker.c.emergency_contact, worker.c.agency_id,
    )  # fmt: skip
    asked: Collection[Id] = sorted(set(worker_ids))
    query = select(*columns).where(worker.c.id.in_(asked)).order_by(worker.c.id)
    rows = session.execute(query if also_left else query.where(worker.c.active))
    return [
        Reachable(
            worker_id=row.id, name=row.name, email=row.email, telephone=row.telephone,
            emergency_contact=row.emergency_contact, agency_id=row.agency_id,
        )
        for row in rows
    ]  # fmt: skip
