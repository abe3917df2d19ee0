"""Agencies, the agreements they signed, and their teams with the districts those walk."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import RowMapping, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from server.database.sql import Sql
from server.database.statements import ids
from server.tables.partnership.agency import agency, agreement, team, team_district
from shared.model.agency import Agency, Agreement, Team
from shared.model.codes import AgencyKind, AgreementKind
from shared.model.value import Id

_AGENCY = select(agency).where(agency.c.id == bindparam("agency_id"))
_AGENCIES = select(agency).order_by(agency.c.name)
_EVERY_AGREEMENT = select(agreement).order_by(agreement.c.signed_on.desc())
_AGREEMENTS = _EVERY_AGREEMENT.where(agreement.c.agency_id == bindparam("agency_id"))


def add_agency(session: Session, new: Agency) -> None:
    """Store an agency."""
    session.execute(insert(agency), [{"id": new.id, "name": new.name, "kind": str(new.kind.value)}])


def change_agency(session: Session, changed: Agency) -> None:
    session.execute(
        update(agency).where(agency.c.id == changed.id).values(name=changed.name, kind=str(changed.kind.value))
    )


def delete_agency(session: Session, agency_id: Id) -> None:
    """Only for one that nothing names: the database refuses any other."""
    session.execute(delete(agency).where(agency.c.id == agency_id))


def find_agency(session: Session, agency_id: Id) -> Agency | None:
    """The agency with this id."""
    row = session.execute(_AGENCY, {"agency_id": agency_id}).mappings().first()
    return None if row is None else read_agency(row)


def list_agencies(session: Session) -> list[Agency]:
    """Every agency, by name."""
    return [read_agency(row) for row in session.execute(_AGENCIES).mappings()]


def read_agency(row: RowMapping) -> Agency:
    """An agency from a row of its table."""
    return Agency(id=row["id"], name=row["name"], kind=AgencyKind(row["kind"]))


def add_agreement(session: Session, new: Agreement) -> None:
    """Store a signed agreement. Earlier versions stay."""
    session.execute(
        insert(agreement),
        [
            {
                "id": new.id,
                "agency_id": new.agency_id,
                "kind": str(new.kind.value),
                "version": new.version,
                "signatory": new.signatory,
                "signed_on": new.signed_on,
                "expires_on": new.expires_on,
            }
        ],
    )


def change_agreement(session: Session, changed: Agreement) -> None:
    values = {name: getattr(changed, name) for name in ("version", "signatory", "signed_on", "expires_on")}
    session.execute(update(agreement).where(agreement.c.id == changed.id).values(**values))


def delete_agreement(session: Session, agreement_id: Id) -> None:
    session.execute(delete(agreement).where(agreement.c.id == agreement_id))


def find_agreement(session: Session, agreement_id: Id) -> Agreement | None:
    """The agreement with this id."""
    row = session.execute(_EVERY_AGREEMENT.where(agreement.c.id == agreement_id)).mappings().first()
    return None if row is None else _read_agreement(row)


def list_agreements(session: Session, agency_id: Id) -> list[Agreement]:
    """What an agency signed, newest first."""
    rows = session.execute(_AGREEMENTS, {"agency_id": agency_id}).mappings()
    return [_read_agreement(row) for row in rows]


def list_every_agreement(session: Session) -> dict[Id, list[Agreement]]:
    """What every agency signed, by agency, newest first. Agencies that signed nothing are left out."""
    found: dict[Id, list[Agreement]] = defaultdict(list)
    for row in session.execute(_EVERY_AGREEMENT).mappings():
        found[row["agency_id"]].append(_read_agreement(row))
    return dict(found)


def _read_agreement(row: RowMapping) -> Agreement:
    return Agreement(**{**row, "kind": AgreementKind(row["kind"])})


def add_team(session: Session, new: Team) -> None:
    """Store a team with the districts it walks."""
    session.execute(insert(team), [{"id": new.id, "agency_id": new.agency_id, "name": new.name}])
    if new.district_ids:
        session.execute(insert(team_district), [{"team_id": new.id, "district_id": each} for each in new.district_ids])


def rename_team(session: Session, team_id: Id, name: str) -> None:
    session.execute(update(team).where(team.c.id == team_id).values(name=name))


def delete_team(session: Session, team_id: Id) -> None:
    """Only for one that nothing names: the database refuses any other."""
    session.execute(delete(team).where(team.c.id == team_id))


def find_team(session: Session, team_id: Id) -> Team | None:
    """The team with this id."""
    return next((each for each in list_teams(session) if each.id == team_id), None)


def list_teams(session: Session) -> list[Team]:
    """Every team with its districts, by name."""
    walked: dict[Id, list[Id]] = defaultdict(list)
    for row in session.execute(_WALKED):
        walked[row.team_id].append(row.district_id)
    rows = session.execute(_TEAMS)
    return [Team(id=row.id, agency_id=row.agency_id, name=row.name, district_ids=tuple(walked[row.id])) for row in rows]


_TEAMS = select(team).order_by(team.c.name)
_WALKED = select(team_district).order_by(team_district.c.district_id)


def list_team_ids(session: Session, own: Collection[Id], district_ids: Collection[Id]) -> list[Id]:
    """The ids of these teams and of those that walk one of these districts, by the teams' names."""
    return list(session.scalars(_IDS, {"own": sorted(own), "districts": sorted(district_ids)}))


_OF_DISTRICTS = select(team_district.c.team_id).where(team_district.c.district_id.in_(ids("districts")))
_IDS = (
    select(team.c.id).where(team.c.id.in_(ids("own")) | team.c.id.in_(_OF_DISTRICTS)).order_by(team.c.name, team.c.id)
)


def list_districts_walked(session: Session, team_ids: Collection[Id]) -> dict[Id, list[Id]]:
    """The districts that each of these teams walks."""
    walked: dict[Id, list[Id]] = defaultdict(list)
    query = "select team_id, district_id from team_district where team_id in ?*"
    for team_id, district_id in Sql(session).rows(query, set(team_ids)):
        walked[team_id].append(district_id)
    return walked


def list_teams_of_district(session: Session, district_id: Id) -> list[Team]:
    """The teams that walk a district, by name."""
    return [each for each in list_teams(session) if district_id in each.district_ids]


def set_team_districts(session: Session, team_id: Id, district_ids: Collection[Id]) -> None:
    """Say anew which districts a team walks."""
    session.execute(delete(team_district).where(team_district.c.team_id == team_id))
    if district_ids:
        session.execute(insert(team_district), [{"team_id": team_id, "district_id": each} for each in district_ids])
