"""Workers: who they are, and the facts about one as an actor that policy decides by.

A worker with all that hangs on them is one statement: every request asks for it.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Row,
    ScalarSelect,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from server.database.sql import Sql
from server.queries.partnership.invitations import end_invitations_to
from server.queries.partnership.recipients import is_held
from server.tables.operation.device import device_enrolment
from server.tables.operation.session import sign_in_session
from server.tables.partnership.agency import agency, agreement, team, team_district
from server.tables.partnership.boundary_change import district_successor
from server.tables.partnership.district import district
from server.tables.partnership.worker import credential, worker, worker_district, worker_role, worker_team
from shared.model.agency import Agreement
from shared.model.codes import AgreementKind, Role
from shared.model.value import Id, Value
from shared.model.worker import Worker
from shared.policy.actor import Actor, agreements_valid_until

Acting: TypeAlias = tuple[Worker, Actor]
"""A worker, and what policy knows of them."""


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
    if not worker_ids:
        return {}
    return dict(Sql(session).rows("select id, short_name from worker where id in ?*", set(worker_ids)))


def list_agency_ids(session: Session, worker_ids: Collection[Id]) -> dict[Id, Id]:
    """The agency of each of these workers. Unknown ids are left out."""
    rows = session.execute(select(worker.c.id, worker.c.agency_id).where(worker.c.id.in_(worker_ids)))
    return {row.id: row.agency_id for row in rows}


def _list_workers(session: Session, condition: ColumnElement[bool]) -> list[Worker]:
    rows = session.execute(WORKERS.where(condition).order_by(worker.c.name, worker.c.id))
    return [read_worker(row) for row in rows]


def _gather(
    column: ColumnElement[str], links: FromClause, worker_id: ColumnElement[str], *conditions: ColumnElement[bool]
) -> ScalarSelect[str]:
    """Of a link table from workers: the other side's values of one worker as one text."""
    values = select(func.aggregate_strings(column, SEPARATOR)).select_from(links)
    query = values.where(worker_id == worker.c.id, *conditions)
    return query.correlate(worker).scalar_subquery()


SEPARATOR = "\n"
_WALKED = worker_team.join(team_district, team_district.c.team_id == worker_team.c.team_id)
WORKERS: Select[Any] = select(
    *(worker.c[name] for name in ("id", "name", "short_name", "agency_id", "trained_on", "active")),
    _gather(worker_role.c.role, worker_role, worker_role.c.worker_id, is_held()).label("roles"),
    _gather(worker_team.c.team_id, worker_team, worker_team.c.worker_id).label("team_ids"),
    _gather(worker_district.c.district_id, worker_district, worker_district.c.worker_id).label("district_ids"),
)
"""A worker as `read_worker` takes one, to be narrowed by a condition: with the roles that their agency may hold (A11)."""
ACTING: Select[Any] = WORKERS.add_columns(
    _gather(team_district.c.district_id, _WALKED, worker_team.c.worker_id).label("walked"),
    _gather(
        district_successor.c.from_id,
        district_successor.join(worker_district, worker_district.c.district_id == district_successor.c.to_id),
        worker_district.c.worker_id,
    ).label("before"),
    _gather(
        district_successor.c.from_id,
        _WALKED.join(district_successor, district_successor.c.to_id == team_district.c.district_id),
        worker_team.c.worker_id,
    ).label("walked_before"),
    *(agreement.c[name].label(f"signed_{name}") for name in Agreement.__struct_fields__),
).outerjoin(agreement, agreement.c.agency_id == worker.c.agency_id)
"""A worker as `read_acting` takes one, to be narrowed: with their teams' districts, a row for each agreement of their agency."""
_ACTING = ACTING.where(worker.c.id == bindparam("worker_id"))


def read_worker(row: Row[Any]) -> Worker:
    """A worker from a row of `WORKERS`."""
    return Worker(
        id=row.id,
        name=row.name,
        short_name=row.short_name,
        agency_id=row.agency_id,
        roles=frozenset(Role(role) for role in _apart(row.roles)),
        team_ids=tuple(_apart(row.team_ids)),
        district_ids=tuple(_apart(row.district_ids)),
        trained_on=row.trained_on,
        active=row.active,
    )


def _apart(gathered: str | None) -> list[str]:
    return sorted(gathered.split(SEPARATOR)) if gathered else []


def find_acting(session: Session, worker_id: Id, today: date) -> Acting | None:
    """The worker with this id, and what policy knows of them today."""
    rows = session.execute(_ACTING, {"worker_id": worker_id}).all()
    return read_acting(rows, today) if rows else None


def read_acting(rows: Sequence[Row[Any]], today: date) -> Acting:
    """A worker and what policy knows of them, from the rows of `ACTING`. Their teams' districts count as theirs, and so do those
    whose ground became theirs: what happened there is read under the old name."""
    found = read_worker(rows[0])
    signed = [_read_agreement(row) for row in rows if row.signed_id is not None]
    return found, Actor(
        worker_id=found.id,
        agency_id=found.agency_id,
        roles=found.roles,
        team_ids=frozenset(found.team_ids),
        district_ids=frozenset(found.district_ids).union(
            _apart(rows[0].walked), _apart(rows[0].before), _apart(rows[0].walked_before)
        ),
        agreements_valid_until=agreements_valid_until(signed, today),
        trained_on=found.trained_on,
    )


def _read_agreement(row: Row[Any]) -> Agreement:
    columns = row._mapping
    fields = {name: columns[f"signed_{name}"] for name in Agreement.__struct_fields__}
    return Agreement(**fields | {"kind": AgreementKind(row.signed_kind)})


class Carrier(Value, frozen=True, kw_only=True):
    """Who carries a phone today: what policy knows of them (None: they do not work here any more), and whether somebody
    compared the phone's digits."""

    worker_id: Id
    actor: Actor | None
    confirmed: bool


def list_carriers(session: Session, numbers: Collection[int], today: date) -> dict[int, Carrier]:
    """The workers who carry these phones, by the phone's number; phones that nobody enrolled are left out."""
    rows: dict[int, list[Row[Any]]] = {}
    for row in session.execute(_CARRYING, {"numbers": list(numbers)}):
        rows.setdefault(row.number, []).append(row)
    return {number: _carrier(theirs, today, theirs[0].confirmed_at is not None) for number, theirs in rows.items()}


def list_bearers(session: Session, numbers: Collection[int]) -> dict[int, tuple[Id, Id]]:
    """Who carries these phones, and for which agency, by the phone's number, active or not."""
    query = select(device_enrolment.c.number, worker.c.id, worker.c.agency_id).join(
        worker, worker.c.id == device_enrolment.c.worker_id
    )
    rows = session.execute(query.where(device_enrolment.c.number.in_(numbers)))
    return {row.number: (row.id, row.agency_id) for row in rows}


def find_carrier(session: Session, worker_id: Id, today: date) -> Carrier | None:
    """The same for a worker, as who carries a number of sync that no phone was enrolled under: no wire reaches the server under
    such a number, but a log that is replayed may."""
    rows = session.execute(_ACTING, {"worker_id": worker_id}).all()
    return _carrier(rows, today, confirmed=True) if rows else None


def _carrier(rows: Sequence[Row[Any]], today: date, confirmed: bool) -> Carrier:
    carrier, actor = read_acting(rows, today)
    return Carrier(worker_id=carrier.id, actor=actor if carrier.active else None, confirmed=confirmed)


_CARRYING = (
    ACTING.join(device_enrolment, device_enrolment.c.worker_id == worker.c.id)
    .add_columns(device_enrolment.c.number, device_enrolment.c.confirmed_at)
    .where(device_enrolment.c.number.in_(bindparam("numbers", type_=BigInteger, expanding=True)))
)


def find_actor(session: Session, worker_id: Id, today: date) -> Actor | None:
    """What policy knows of a worker today; None when there is no such active worker."""
    found = find_acting(session, worker_id, today)
    return found[1] if found is not None and found[0].active else None


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


def change_worker(session: Session, changed: Worker, *, email: str | None) -> None:
    """Store a worker anew: the row, and every role, team and district."""
    values = {
        "name": changed.name, "short_name": changed.short_name, "agency_id": changed.agency_id,
        "email": email.strip().lower() if email else None, "trained_on": changed.trained_on, "active": changed.active,
    }  # fmt: skip
    if session.scalar(select(worker.c.email).where(worker.c.id == changed.id)) != values["email"]:
        end_invitations_to(session, changed.id)
    session.execute(update(worker).where(worker.c.id == changed.id).values(**values))
    for link in (worker_role, worker_team, worker_district):
        session.execute(delete(link).where(link.c.worker_id == changed.id))
    _add_links(session, worker_role, "role", changed.id, [str(role.value) for role in changed.roles])
    _add_links(session, worker_team, "team_id", changed.id, changed.team_ids)
    _add_links(session, worker_district, "district_id", changed.id, changed.district_ids)


def delete_worker(session: Session, worker_id: Id) -> None:
    """Only for one whom nothing names: the database refuses any other."""
    session.execute(delete(worker).where(worker.c.id == worker_id))


def has_begun(session: Session, worker_id: Id) -> bool:
    """Could they have done anything: have they a password or a phone?"""
    has_password = select(credential.c.worker_id).where(credential.c.worker_id == worker_id)
    has_phone = select(device_enrolment.c.worker_id).where(device_enrolment.c.worker_id == worker_id)
    return session.execute(has_password.union_all(has_phone)).first() is not None


def has_administrator(session: Session) -> bool:
    """Is there an active worker who was given the role?"""
    given = select(worker.c.id).join(worker_role, worker_role.c.worker_id == worker.c.id)
    administers = given.where(worker.c.active, worker_role.c.role == str(Role.ADMINISTRATOR.value)).limit(1)
    return session.execute(administers).first() is not None


def list_given_roles(session: Session) -> dict[Id, list[str]]:
    """The roles that each worker was given, whether or not their agency may hold them."""
    given: dict[Id, list[str]] = {}
    for row in session.execute(select(worker_role).order_by(worker_role.c.role)):
        given.setdefault(row.worker_id, []).append(row.role)
    return given


class Reached(NamedTuple):
    """How somebody is rung in need: their own number, and whom else."""

    telephone: str
    emergency_contact: str


def list_telephones(session: Session) -> dict[Id, Reached]:
    """How each worker is rung; empty where nobody has said."""
    rows = session.execute(select(worker.c.id, worker.c.telephone, worker.c.emergency_contact))
    return {row.id: Reached(row.telephone, row.emergency_contact) for row in rows}


def set_telephone(session: Session, worker_id: Id, reached: Reached) -> None:
    session.execute(update(worker).where(worker.c.id == worker_id).values(**reached._asdict()))


def list_emails(session: Session) -> dict[Id, str]:
    """What workers sign in with; those who cannot are left out."""
    rows = session.execute(select(worker.c.id, worker.c.email).where(worker.c.email.is_not(None)))
    return {row.id: row.email for row in rows}


def set_active(session: Session, worker_id: Id, active: bool) -> None:
    """Let a worker in, or keep them out, wherever they are signed in."""
    session.execute(update(worker).where(worker.c.id == worker_id).values(active=active))
    if not active:
        session.execute(delete(sign_in_session).where(sign_in_session.c.worker_id == worker_id))


class Standing(Value, frozen=True, kw_only=True):
    """Whether a worker acts, for whom, and as what: what a restore must not give back to somebody who has left.

    `agency_id` is empty in an order of before it was told.
    """

    active: bool
    agency_id: Id = ""
    roles: tuple[str, ...] = ()
    team_ids: tuple[Id, ...] = ()
    district_ids: tuple[Id, ...] = ()


_LINKS = (
    ("roles", worker_role, "role"),
    ("team_ids", worker_team, "team_id"),
    ("district_ids", worker_district, "district_id"),
)


def get_standing(session: Session, worker_id: Id) -> Standing:
    """How a worker stands now, with every role they were given, agreed or not. Raises NoResultFound for an unknown one."""
    row = session.execute(select(worker.c.active, worker.c.agency_id).where(worker.c.id == worker_id)).one()
    links = {
        name: tuple(sorted(session.scalars(select(link.c[column]).where(link.c.worker_id == worker_id))))
        for name, link, column in _LINKS
    }
    return Standing(active=row.active, agency_id=row.agency_id, **links)


def set_standing(session: Session, worker_id: Id, standing: Standing) -> None:
    """Let a worker stand so, as far as the teams and districts are known; one who is not known stays unknown.

    One who went over to an agency that is not known does not act, until somebody says for whom they do.
    """
    if session.execute(select(worker.c.id).where(worker.c.id == worker_id)).first() is None:
        return
    is_known = session.execute(select(agency.c.id).where(agency.c.id == standing.agency_id)).first() is not None
    if is_known:
        session.execute(update(worker).where(worker.c.id == worker_id).values(agency_id=standing.agency_id))
    set_active(session, worker_id, standing.active and (is_known or not standing.agency_id))
    known: dict[str, set[str]] = {
        "roles": set(standing.roles),
        "team_ids": set(session.scalars(select(team.c.id))),
        "district_ids": set(session.scalars(select(district.c.id))),
    }
    for name, link, column in _LINKS:
        session.execute(delete(link).where(link.c.worker_id == worker_id))
        wanted = [each for each in getattr(standing, name) if each in known[name]]
        _add_links(session, link, column, worker_id, wanted)
