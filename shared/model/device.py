"""A phone: how it is enrolled, what the server tells it about its work, and what it says of records read offline."""

from datetime import datetime

from shared.model.agency import Team
from shared.model.codes import DeviceStatus
from shared.model.district import District
from shared.model.value import Id, Value
from shared.model.worker import Worker


class Device(Value, frozen=True, kw_only=True):
    """An enrolled phone. `number` is its small integer in the sync protocol; 0 is the server itself."""

    number: int
    worker_id: Id
    team_id: Id
    label: str
    enrolled_at: datetime
    status: DeviceStatus = DeviceStatus.OK
    last_seen_at: datetime | None = None


class EnrolmentRequest(Value, frozen=True, kw_only=True):
    """What a phone sends with its one-time code. Keys are base64url: P-256 for signing requests (uncompressed point)."""

    code: str
    label: str
    app_version: str
    signing_key: str


class Tokens(Value, frozen=True, kw_only=True):
    """A short-lived access token and the refresh token that follows it (privacy rule C5)."""

    access: str
    access_expires_at: datetime
    refresh: str


class Renewal(Value, frozen=True, kw_only=True):
    """Which phone asks for new tokens (its number in sync)."""

    device: int


class FieldConfig(Value, frozen=True, kw_only=True):
    """What a phone must know to work a shift: whose it is, with whom, where, and how long it may stay offline."""

    worker: Worker
    team: Team
    colleagues: tuple[Worker, ...] = ()
    districts: tuple[District, ...] = ()
    lease_hours: int = 72
    shred_after_days: int = 14
    minimum_app_version: str = "0.1.0"
    phrases_offered: tuple[str, ...] = ()


class Enrolled(Value, frozen=True, kw_only=True):
    """The server's answer to a good code. `sealing_key` is the server's X25519 public key (base64url, privacy rule B5)."""

    device: Device
    tokens: Tokens
    config: FieldConfig
    sealing_key: str
    match_digits: str
    """Four digits that the coordinator's screen shows too (privacy rule B12)."""


class RecordRead(Value, frozen=True, kw_only=True):
    """Somebody opened a personal record on a phone, offline perhaps (privacy rule A6)."""

    id: Id
    subject_kind: str
    subject_id: Id
    worker_id: Id
    at: datetime
    purpose: str = "outreach"
