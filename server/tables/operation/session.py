"""Sign-in sessions and rate limits, in the database so that every server process sees the same ones."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.database.columns import id_of, moment, table_of


class SessionRow(SQLModel, table=True):
    """A signed-in browser. Only the hash of the cookie is kept; a new one is made at every sign-in."""

    __tablename__ = "sign_in_session"

    token_hash: str = Field(primary_key=True, max_length=64)
    worker_id: str = id_of("worker.id", index=True, cascade=True)
    csrf_token: str = Field(max_length=64)
    created_at: datetime = moment()
    last_seen_at: datetime = moment(index=True)
    second_factor_at: datetime | None = moment(optional=True)


class WallPassRow(SQLModel, table=True):
    """A screen that shows who is out, and nothing else, for a night. Only the hash of its cookie is kept."""

    __tablename__ = "wall_pass"

    token_hash: str = Field(primary_key=True, max_length=64)
    worker_id: str = id_of("worker.id", index=True, cascade=True)
    created_at: datetime = moment()
    expires_at: datetime = moment(index=True)


class RateLimitRow(SQLModel, table=True):
    """How often something was tried in a window. `subject` is a hash: no address and no name is kept."""

    __tablename__ = "rate_limit"
    __table_args__ = (Index(None, "window_ends_ms"), CheckConstraint("tries >= 0", name="tries_not_negative"))

    purpose: str = Field(primary_key=True, max_length=40)
    subject: str = Field(primary_key=True, max_length=64)
    window_ends_ms: int = Field(sa_type=BigInteger)
    tries: int = 0


sign_in_session = table_of(SessionRow)
wall_pass = table_of(WallPassRow)
rate_limit = table_of(RateLimitRow)
