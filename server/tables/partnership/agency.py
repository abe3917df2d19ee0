"""Agencies, their teams, the districts those walk, and the agreements they signed."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, check_one_of, code, id_key, id_of, loose_id, moment, table_of
from shared.model.codes import AgencyKind, AgreementKind


class AgencyRow(SQLModel, table=True):
    """An organisation. `mail_address` is its shared mailbox; without one its members are written to."""

    __tablename__ = "agency"
    __table_args__ = (CheckConstraint("name <> ''", name="has_a_name"), *check_code("kind"))

    id: str = id_key()
    name: str = Field(max_length=200)
    kind: str = code(AgencyKind.OTHER)
    mail_address: str | None = Field(default=None, max_length=254)


class TeamRow(SQLModel, table=True):
    """An outreach team."""

    __tablename__ = "team"
    __table_args__ = (CheckConstraint("name <> ''", name="has_a_name"),)

    id: str = id_key()
    agency_id: str = id_of("agency.id", index=True)
    name: str = Field(max_length=200)


class TeamDistrictRow(SQLModel, table=True):
    """A team walks a district."""

    __tablename__ = "team_district"

    team_id: str = id_of("team.id", primary_key=True, cascade=True)
    district_id: str = id_of("district.id", primary_key=True, index=True)


class AgreementRow(SQLModel, table=True):
    """A signed Terms of Reference or Information Sharing Agreement."""

    __tablename__ = "agreement"
    __table_args__ = (
        check_one_of("kind", AgreementKind),
        CheckConstraint("expires_on >= signed_on", name="expires_after_signing"),
    )

    id: str = id_key()
    agency_id: str = id_of("agency.id", index=True)
    kind: str = code()
    version: str = Field(max_length=40)
    signatory: str = Field(max_length=200)
    signed_on: date
    expires_on: date


class AgreementTextRow(SQLModel, table=True):
    """What is signed: one version of the text, as a PDF. It names nobody, so it is not sealed as a person's papers are."""

    __tablename__ = "agreement_text"
    __table_args__ = (check_one_of("kind", AgreementKind), UniqueConstraint("kind", "version"))

    id: str = id_key()
    kind: str = code()
    version: str = Field(max_length=40)
    size: int = Field(sa_type=BigInteger)
    content: bytes = Field(sa_type=LargeBinary)
    kept_at: datetime = moment()
    kept_by: str | None = loose_id(optional=True)


class SeatRow(SQLModel, table=True):
    """An agency that acts for no district in particular was asked to a district's table, by whom and since when."""

    __tablename__ = "seat"

    district_id: str = id_of("district.id", primary_key=True)
    agency_id: str = id_of("agency.id", primary_key=True)
    asked_at: datetime = moment()
    asked_by: str | None = loose_id(optional=True)


class RepresentativeRow(SQLModel, table=True):
    """Who speaks for an agency at a district's table, and who instead of them, as the agency says."""

    __tablename__ = "representative"

    district_id: str = id_of("district.id", primary_key=True)
    agency_id: str = id_of("agency.id", primary_key=True)
    name: str = Field(default="", max_length=200)
    deputy: str = Field(default="", max_length=200)
    said_at: datetime = moment()
    said_by: str = loose_id()


seat = table_of(SeatRow)
representative = table_of(RepresentativeRow)
agency = table_of(AgencyRow)
team = table_of(TeamRow)
team_district = table_of(TeamDistrictRow)
agreement = table_of(AgreementRow)
agreement_text = table_of(AgreementTextRow)
