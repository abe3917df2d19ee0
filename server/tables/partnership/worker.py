"""Workers: who signs in or carries a phone, with their roles, teams and districts, and the secrets of their sign-in."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import check_one_of, id_key, id_of, moment, table_of
from shared.model.codes import Role


class WorkerRow(SQLModel, table=True):
    """A worker. `email` is what they sign in with, kept in lower case; one without is known but cannot sign in.

    `telephone` is rung and written to when they, or a colleague, are not heard. `emergency_contact` is who to ring for them.
    """

    __tablename__ = "worker"
    __table_args__ = (
        CheckConstraint("name <> ''", name="has_a_name"),
        CheckConstraint("email IS NULL OR email = lower(email)", name="email_in_lower_case"),
    )

    id: str = id_key()
    name: str = Field(max_length=200)
    short_name: str = Field(max_length=80)
    agency_id: str = id_of("agency.id", index=True)
    email: str | None = Field(default=None, max_length=254, unique=True)
    trained_on: date | None = None
    active: bool = True
    telephone: str = Field(default="", max_length=32)
    emergency_contact: str = Field(default="", max_length=200)
    created_at: datetime = moment()


class WorkerRoleRow(SQLModel, table=True):
    """A worker holds a role."""

    __tablename__ = "worker_role"
    __table_args__ = (check_one_of("role", Role),)

    worker_id: str = id_of("worker.id", primary_key=True, cascade=True)
    role: str = Field(primary_key=True, max_length=64)


class WorkerTeamRow(SQLModel, table=True):
    """A worker walks with a team."""

    __tablename__ = "worker_team"

    worker_id: str = id_of("worker.id", primary_key=True, cascade=True)
    team_id: str = id_of("team.id", primary_key=True, index=True)


class WorkerDistrictRow(SQLModel, table=True):
    """A worker acts for a district (a coordinator, a partner agency's member)."""

    __tablename__ = "worker_district"

    worker_id: str = id_of("worker.id", primary_key=True, cascade=True)
    district_id: str = id_of("district.id", primary_key=True, index=True)


class CredentialRow(SQLModel, table=True):
    """What a worker proves themselves with: an argon2id hash, and where it is switched on a second factor."""

    __tablename__ = "credential"
    __table_args__ = (CheckConstraint("password_hash LIKE '$argon2id$%'", name="hash_is_argon2id"),)

    worker_id: str = id_of("worker.id", primary_key=True, cascade=True)
    password_hash: str = Field(max_length=200)
    changed_at: datetime = moment()
    totp_secret: str | None = Field(default=None, max_length=64)
    totp_confirmed_at: datetime | None = moment(optional=True)
    totp_last_step: int | None = None


class RecoveryCodeRow(SQLModel, table=True):
    """A single-use code for the day the second factor is lost, hashed."""

    __tablename__ = "recovery_code"

    code_hash: str = Field(primary_key=True, max_length=64)
    worker_id: str = id_of("worker.id", index=True, cascade=True)
    used_at: datetime | None = moment(optional=True)


class WorkerIdentityRow(SQLModel, table=True):
    """Whom an organisation's own sign-in (OpenID Connect) proves: issuer and subject together, never an e-mail address."""

    __tablename__ = "worker_identity"

    issuer: str = Field(primary_key=True, max_length=400)
    subject: str = Field(primary_key=True, max_length=255)
    worker_id: str = id_of("worker.id", index=True, cascade=True)
    linked_at: datetime = moment()


worker = table_of(WorkerRow)
worker_role = table_of(WorkerRoleRow)
worker_team = table_of(WorkerTeamRow)
worker_district = table_of(WorkerDistrictRow)
worker_identity = table_of(WorkerIdentityRow)
credential = table_of(CredentialRow)
recovery_code = table_of(RecoveryCodeRow)
