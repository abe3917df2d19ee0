"""The identity of phones: one-time enrolment codes, whose phone it is, its tokens, and the nonces it has used.

What sync knows of a device (its number's log, what is acknowledged, its scopes and status) is in `server.tables.sync.sync`.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, moment, table_of, text

TOKEN_HASH_LENGTH = 64
SHUT = sql("opened_at IS NULL")


class EnrolmentCodeRow(SQLModel, table=True):
    """A one-time code, hashed: at most ten minutes, one use, five tries (privacy rule B12)."""

    __tablename__ = "enrolment_code"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="five_tries"),)

    id: str = id_key()
    lookup: str = Field(max_length=32, unique=True)
    code_hash: str = Field(max_length=TOKEN_HASH_LENGTH)
    worker_id: str = id_of("worker.id", index=True)
    team_id: str = id_of("team.id")
    issued_by: str | None = Field(default=None, max_length=36)
    issued_at: datetime = moment()
    expires_at: datetime = moment()
    tries: int = 0
    used_at: datetime | None = moment(optional=True)
    device_number: int | None = Field(default=None, sa_type=BigInteger)
    match_digits: str | None = Field(default=None, max_length=4)


class DeviceEnrolmentRow(SQLModel, table=True):
    """An enrolled phone: whose it is, and the public key that signs its requests. `number` is its number in sync."""

    __tablename__ = "device_enrolment"
    __table_args__ = (CheckConstraint("number >= 1", name="zero_is_the_server"),)

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    worker_id: str = id_of("worker.id", index=True)
    team_id: str = id_of("team.id", index=True)
    label: str = Field(max_length=200)
    app_version: str = Field(default="", max_length=40)
    signing_key: str = Field(max_length=200)
    enrolled_at: datetime = moment()
    confirmed_at: datetime | None = moment(optional=True)
    last_seen_at: datetime | None = moment(optional=True)
    refused_at: datetime | None = moment(optional=True)
    pin_freed_at: datetime | None = moment(optional=True)
    """When a lead last let its PIN be tried again after five wrong ones."""


class DeviceTokenRow(SQLModel, table=True):
    """One generation of a device's tokens. Only hashes are kept, and the seed from which a lost answer is made again.

    `generation` counts from 1 within a family; using a generation older than the grace allows revokes the whole family.
    """

    __tablename__ = "device_token"
    __table_args__ = (Index(None, "family_id", "generation", unique=True),)

    refresh_hash: str = Field(primary_key=True, max_length=TOKEN_HASH_LENGTH)
    access_hash: str = Field(max_length=TOKEN_HASH_LENGTH, unique=True)
    family_id: str = Field(max_length=36)
    device_number: int = Field(index=True, sa_type=BigInteger)
    generation: int
    issued_at: datetime = moment()
    access_expires_at: datetime = moment()
    family_expires_at: datetime = moment()
    first_used_at: datetime | None = moment(optional=True)
    rotated_at: datetime | None = moment(optional=True)
    revoked_at: datetime | None = moment(optional=True)


class UsedNonceRow(SQLModel, table=True):
    """A nonce that a device has signed with. Kept only as long as its timestamp would still be accepted."""

    __tablename__ = "used_nonce"

    device_number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    nonce: str = Field(primary_key=True, max_length=64)
    expires_ms: int = Field(sa_type=BigInteger, index=True)


class SealedOutboxRow(SQLModel, table=True):
    """A change that a phone could send but no longer read, and that could not be opened at once (privacy rule B5).

    `n` is its number in the phone's log (none: from before it was kept), `verdict` why it is not open yet. It is listed and tried
    again until it is in the record, which `opened_at` tells.
    """

    __tablename__ = "sealed_outbox"
    __table_args__ = (Index("ix_sealed_outbox_shut", "device_number", sqlite_where=SHUT, postgresql_where=SHUT),)

    box_hash: str = Field(primary_key=True, max_length=TOKEN_HASH_LENGTH)
    device_number: int = Field(index=True, sa_type=BigInteger)
    received_at: datetime = moment()
    box: str = text()
    n: int | None = Field(default=None, sa_type=BigInteger)
    opened_at: datetime | None = moment(optional=True)
    verdict: str = Field(default="", max_length=200)


class ServerKeyRow(SQLModel, table=True):
    """A key of the server, where every machine that serves this database finds it.

    `kind` is `sealing` (X25519, phones seal to its public half) or `secret` (signs forms, derives tokens). `held` is the key in
    base64url, wrapped with LANTERN_SECRET where that is set. Of the sealing keys phones are told the newest `current` one; the
    older ones open what was sealed to them, for ever.
    """

    __tablename__ = "server_key"
    __table_args__ = (CheckConstraint("kind IN ('sealing', 'secret')", name="kind_is_known"),)

    id: str = Field(primary_key=True, max_length=TOKEN_HASH_LENGTH)
    kind: str = Field(max_length=20)
    made_at: datetime = moment()
    held: str = text()
    wrapped: bool = False
    current: bool = False


enrolment_code = table_of(EnrolmentCodeRow)
device_enrolment = table_of(DeviceEnrolmentRow)
device_token = table_of(DeviceTokenRow)
used_nonce = table_of(UsedNonceRow)
sealed_outbox = table_of(SealedOutboxRow)
server_key = table_of(ServerKeyRow)
