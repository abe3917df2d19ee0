"""What the server keeps for sync:

every change for ever, the feeds that phones follow, and what is known of each phone.

The rules are in `sync/`; what a change means is elsewhere. Times are whole milliseconds, as on the wire. A change's
`body` is what its author sent, byte for byte. Hashes are 16 hex digits, since neither database has an unsigned 64-bit
number.
"""

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from server.database.columns import table_of, text

NAME_LENGTH = 80
HASH_LENGTH = 16
KEY_ORDERED = {"sqlite_with_rowid": False}
"""SQLite keeps such a table in the order of its key and nowhere else; PostgreSQL does not know the difference."""

SET_ASIDE = sql("reason IS NOT NULL AND adopted_as IS NULL")
"""What waits for a supervisor: few of many, found without reading the others."""

OPERATIONS = ("put", "evict", "erase", "held", "elsewhere", "config")


class SyncCounterRow(SQLModel, table=True):
    """A number that only rises. A writer holds the row to its commit, so that numbers are in the order of commits."""

    __tablename__ = "sync_counter"
    __table_args__ = KEY_ORDERED

    name: str = Field(primary_key=True, max_length=NAME_LENGTH)
    value: int = Field(sa_type=BigInteger)


class SyncDeviceRow(SQLModel, table=True):
    """A phone in the protocol: how far its log is acknowledged, what it may follow, and how it is doing.

    `scopes` is a JSON list. `safe` is the number contained in every backup the server could be restored from. `apart` is the
    highest number that came ahead of others, sealed.
    """

    __tablename__ = "sync_device"
    __table_args__ = (
        CheckConstraint("number >= 1", name="zero_is_the_server"),
        CheckConstraint("safe >= 0 AND acked >= 0", name="numbers_count_up"),
    )

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    status: str = Field(default="ok", max_length=NAME_LENGTH)
    acked: int = Field(default=0, sa_type=BigInteger)
    acked_id: str = Field(default="", max_length=NAME_LENGTH)
    safe: int = Field(default=0, sa_type=BigInteger)
    scopes: str = text("[]")
    label: str = Field(default="", max_length=200)
    renewed_from: int | None = Field(default=None, sa_type=BigInteger)
    registered_at_ms: int = Field(default=0, sa_type=BigInteger)
    seen_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    skew_ms: int = Field(default=0, sa_type=BigInteger)
    unsent: int = Field(default=0, sa_type=BigInteger)
    app: str = Field(default="", max_length=NAME_LENGTH)
    rewinds: int = 0
    gaps: int = 0
    forks: int = 0
    apart: int = Field(default=0, sa_type=BigInteger)
    wiped_at_ms: int | None = Field(default=None, sa_type=BigInteger)


class SyncChangeRow(SQLModel, table=True):
    """One change, kept for ever. `reason` is why it is quarantined; empty means that it counts. Whoever decided on it let it in
    (`adopted_as`) or set it aside (`closed_by`). By `skew_ms` the server's clock was ahead of the times it says."""

    __tablename__ = "sync_change"
    __table_args__ = (
        Index(None, "device", "n", unique=True),
        Index(None, "entity"),
        Index("ix_sync_change_aside", "device", sqlite_where=SET_ASIDE, postgresql_where=SET_ASIDE),
        CheckConstraint("n >= 1", name="numbers_count_up"),
    )

    id: str = Field(primary_key=True, max_length=NAME_LENGTH)
    device: int = Field(sa_type=BigInteger)
    n: int = Field(sa_type=BigInteger)
    eff: int = Field(sa_type=BigInteger)
    entity: str | None = Field(default=None, max_length=NAME_LENGTH)
    scope: str = Field(max_length=NAME_LENGTH)
    type: str = Field(max_length=NAME_LENGTH)
    received_at_ms: int = Field(sa_type=BigInteger)
    reason: str | None = Field(default=None, max_length=500)
    adopted_as: str | None = Field(default=None, max_length=NAME_LENGTH)
    adopted_by: str | None = Field(default=None, max_length=NAME_LENGTH)
    closed_by: str | None = Field(default=None, max_length=NAME_LENGTH)
    closed_at_ms: int | None = Field(default=None, sa_type=BigInteger)
    closed_why: str | None = Field(default=None, max_length=500)
    body: bytes = Field(sa_type=LargeBinary)
    skew_ms: int = Field(default=0, sa_type=BigInteger)


class SyncFeedRow(SQLModel, table=True):
    """One row of a feed, with the count and hash of the feed up to it. A row that is not `live` is not sent again."""

    __tablename__ = "sync_feed"
    __table_args__ = (
        Index(None, "change_id"),
        CheckConstraint(f"op IN {OPERATIONS}", name="op_is_known"),
        KEY_ORDERED,
    )

    scope: str = Field(primary_key=True, max_length=NAME_LENGTH)
    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    change_id: str = Field(max_length=NAME_LENGTH)
    op: str = Field(max_length=10)
    count: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=HASH_LENGTH)
    live: bool = True


class SyncHeadRow(SQLModel, table=True):
    """The last row of each feed, so that the next one can be numbered at once."""

    __tablename__ = "sync_head"
    __table_args__ = KEY_ORDERED

    scope: str = Field(primary_key=True, max_length=NAME_LENGTH)
    seq: int = Field(sa_type=BigInteger)
    count: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=HASH_LENGTH)


class SyncWriteRow(SQLModel, table=True):
    """One write of one field of one entity, with what its author had seen. `value` and `ctx` are encoded JSON."""

    __tablename__ = "sync_write"
    __table_args__ = (Index(None, "change_id"), KEY_ORDERED)

    entity: str = Field(primary_key=True, max_length=NAME_LENGTH)
    field: str = Field(primary_key=True, max_length=NAME_LENGTH)
    change_id: str = Field(primary_key=True, max_length=NAME_LENGTH)
    eff: int = Field(sa_type=BigInteger)
    device: int = Field(sa_type=BigInteger)
    n: int = Field(sa_type=BigInteger)
    value: bytes = Field(sa_type=LargeBinary)
    ctx: bytes = Field(sa_type=LargeBinary)
    erased: bool = False


class SyncPlacementRow(SQLModel, table=True):
    """A scope that an entity was placed in by the server.

    An entity without a row is heard where each change was made.
    """

    __tablename__ = "sync_placement"
    __table_args__ = KEY_ORDERED

    entity: str = Field(primary_key=True, max_length=NAME_LENGTH)
    scope: str = Field(primary_key=True, max_length=NAME_LENGTH)


class SyncConcealmentRow(SQLModel, table=True):
    """A scope in which a concealed entity may be heard; of one that nobody may hear there is a row for the empty scope."""

    __tablename__ = "sync_concealment"
    __table_args__ = KEY_ORDERED

    entity: str = Field(primary_key=True, max_length=NAME_LENGTH)
    scope: str = Field(primary_key=True, max_length=NAME_LENGTH)


class SyncErasureRow(SQLModel, table=True):
    """A change that was ordered to be erased, known here or not: it may come back after a restore."""

    __tablename__ = "sync_erasure"

    change_id: str = Field(primary_key=True, max_length=NAME_LENGTH)
    at_ms: int = Field(sa_type=BigInteger)


class SyncBlobRow(SQLModel, table=True):
    """An attachment's bytes, named by their SHA-256, and how many of them have arrived."""

    __tablename__ = "sync_blob"
    __table_args__ = (CheckConstraint("received >= 0 AND received <= size", name="received_within_size"),)

    sha256: str = Field(primary_key=True, max_length=64)
    size: int = Field(sa_type=BigInteger)
    received: int = Field(default=0, sa_type=BigInteger)
    begun_at_ms: int = Field(default=0, sa_type=BigInteger)
    device: int | None = Field(default=None, sa_type=BigInteger)


class SyncBlobPartRow(SQLModel, table=True):
    """One piece of an attachment as it arrived."""

    __tablename__ = "sync_blob_part"

    sha256: str = Field(primary_key=True, max_length=64)
    start: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    bytes_: bytes = Field(sa_type=LargeBinary, sa_column_kwargs={"name": "bytes"})


counter = table_of(SyncCounterRow)
device = table_of(SyncDeviceRow)
change = table_of(SyncChangeRow)
feed = table_of(SyncFeedRow)
head = table_of(SyncHeadRow)
write = table_of(SyncWriteRow)
placement = table_of(SyncPlacementRow)
concealment = table_of(SyncConcealmentRow)
erasure = table_of(SyncErasureRow)
blob = table_of(SyncBlobRow)
blob_part = table_of(SyncBlobPartRow)
