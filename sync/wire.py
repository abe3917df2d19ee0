"""Every message that travels between a phone and the server, as values.

Here live the shapes and their limits, and nothing that decides. The module knows no transport: HTTP carries these
messages, the simulator hands them over in memory. Bodies of changes are kept byte for byte as their author wrote them
(`msgspec.Raw`), so that a field which only a newer app knows survives a round trip through an older one.
"""

from hashlib import sha256
from typing import Annotated, Final

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, ValidationError, field, json

from shared.model.value import NO_JSON

SERVER_DEVICE: Final = 0
"""The server itself is a device of the protocol: what a coordinator does that phones must hear is a change of device 0.

A device below 0 is one adopted change, which is nobody's earlier or later word, and so the only word of a device of its own; or
it is the server after a restore, which must not be taken for the server of a past that was lost.
"""

NUMBER_MAX: Final = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""

PUT: Final = "put"
"""Words of a feed. The change is (again) in this feed; its body follows."""
EVICT: Final = "evict"
"""It is in this feed no longer."""
ERASE: Final = "erase"
"""What it said is to be forgotten; its skeleton stays."""
HELD: Final = "held"
"""In private: it was quarantined."""
ELSEWHERE: Final = "elsewhere"
"""In private: it counts, in feeds that its author may not follow."""
CONFIG: Final = "config"
"""In private: settings for this phone."""
UNREAD: Final = "unread"
"""Never sent: what a phone calls a line of a feed whose very shape it cannot read. Its body is the line as it came."""

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._@-]{0,79}$")]
NameOfChange = Annotated[str, Meta(min_length=1, max_length=80)]
"""A `Name` whose letters `read_change` judges, all those of a change at once: one by one they cost more than the rest."""
Number = Annotated[int, Meta(ge=1, le=NUMBER_MAX)]
Milliseconds = Annotated[int, Meta(ge=-(2**53), le=NUMBER_MAX)]
HybridTime = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]

Context = dict[int, int]
"""A version vector for one field: device -> the highest number of that device its author had seen there."""

NULL: Final = Raw(b"null")


class Limits(Struct, frozen=True, kw_only=True):
    """What one request may hold. The server's own numbers; a phone meets them as answer 413 and sends less."""

    changes_max: int = 200
    compressed_bytes_max: int = 256 * 1024
    inflated_bytes_max: int = 8 * 1024 * 1024
    change_bytes_max: int = 64 * 1024
    fields_max: int = 64
    context_devices_max: int = 1_000
    page_rows_max: int = 1_000
    page_bytes_max: int = 4 * 1024 * 1024
    cursors_max: int = 1_000


LIMITS: Final = Limits()


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One thing that happened, written once and never altered.

    `id` is for ever; (`dev`, `n`) is its dot: the n-th change of that device, without gaps. `hlc` is the author's hybrid
    time, `s` the scope it was recorded in, `e` the entity it is about. `at` (wall clock, ms), `up` (uptime, ms) and `boot`
    let people's times be mended when a clock was wrong; `off` is how far (ms) the wall clock was ahead where the phone knew it,
    and had mended `at`, and all that the change says of times, by that. A fact carries `p`; a patch `set`: field -> [value, what
    its author had seen]. `adopts` names the quarantined change that a supervisor let in by this one. `erased` marks a
    skeleton: the payload is gone for good, the dot and what it had seen remain.
    """

    id: NameOfChange
    dev: Annotated[int, Meta(ge=-NUMBER_MAX, le=NUMBER_MAX)]
    n: Number
    hlc: HybridTime
    t: NameOfChange
    tv: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    s: NameOfChange
    e: NameOfChange | None = None
    who: NameOfChange | None = None
    at: Milliseconds = 0
    up: Milliseconds | None = None
    boot: NameOfChange | None = None
    off: Annotated[int, Meta(ge=-NUMBER_MAX, le=NUMBER_MAX)] = 0
    adopts: NameOfChange | None = None
    erased: bool = False
    p: Raw = NULL
    set_: dict[Name, tuple[Raw, Context]] | None = field(name="set", default=None)

    @property
    def is_patch(self) -> bool:
        return self.set_ is not None


class Hole(Struct, frozen=True, kw_only=True):
    """A number whose change the phone was told to forget: it keeps the log without gaps and stores nothing."""

    n: Number
    hole: bool


class PushRequest(Struct, frozen=True, kw_only=True):
    """The next changes of a phone's log, each still raw, so that one bad record cannot spoil its neighbours.

    `prior` is the id of the change before the first of them, empty when there is none or it was forgotten: by it the
    server notices that a copy of this phone has meanwhile gone another way. `up` and `boot` are the phone's uptime as it
    sends, and which boot that is: how long ago a change was made is then known whatever its clock says.
    """

    device: int
    now: Milliseconds
    prior: str = ""
    app: str = ""
    unsent: int = 0
    up: Milliseconds | UnsetType = UNSET
    boot: NameOfChange | UnsetType = UNSET
    events: list[Raw]


class PushAnswer(Struct, frozen=True, kw_only=True):
    """Everything up to `acked` is durable on the server; `acked_id` proves that both mean the same change by that number."""

    device: int
    acked: int
    acked_id: str
    server_now: int


class Cursor(Struct, frozen=True, array_like=True):
    """How far one feed was followed: the last sequence, how many rows led there, and the hash of them all."""

    seq: Annotated[int, Meta(ge=0, le=NUMBER_MAX)] = 0
    count: Annotated[int, Meta(ge=0, le=NUMBER_MAX)] = 0
    hash: Hash = "0" * 16


START: Final = Cursor()


class PullRequest(Struct, frozen=True, kw_only=True):
    """`trim` spares the phone the bodies of its own changes; it may be asked only while the phone's log is whole."""

    device: int
    cursors: dict[str, Cursor] = {}
    limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 500
    trim: bool = False
    app: str = ""
    now: Milliseconds = 0
    unsent: int = 0


class Row(Struct, frozen=True, array_like=True):
    """One line of a feed. `body` is the change itself for `put`, a note for `held`, settings for `config`, else null."""

    scope: str
    seq: int
    id: str
    op: str
    eff: int
    body: Raw = NULL


class PullAnswer(Struct, frozen=True, kw_only=True):
    """A page of the feeds that this phone may follow. `frm` repeats the question, so that a late answer is known as late.

    Changes numbered up to `safe` are in every backup the server could be restored from: only those may a phone forget.
    """

    device: int
    rows: list[Row]
    next: dict[str, Cursor]
    more: bool
    rewind: list[str]
    scopes: list[str]
    acked: int
    acked_id: str
    safe: int
    frm: dict[str, Cursor]
    trim: bool
    server_now: int


class _RawPage(Struct, frozen=True, kw_only=True):
    """A page whose lines are not read yet, one of which is of a shape that this app does not know."""

    rows: list[Raw]


class _RestOfPage(PullAnswer, frozen=True, kw_only=True):
    """The same page but for its lines."""

    rows: Raw  # type: ignore[assignment]


class Held(Struct, frozen=True, kw_only=True):
    """Why a change of this phone was quarantined: the body of a `held` row in its private feed."""

    n: int
    reason: str


class Receipt(Struct, frozen=True, kw_only=True):
    """The phone's last word: it has wiped itself."""

    device: int
    now: Milliseconds


class Renewed(Struct, frozen=True, kw_only=True):
    """The fresh number for a phone that found its own number used by another copy of itself."""

    device: int


class Refusal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal on the wire. Which of the details are present depends on `refused` (see `REFUSALS`)."""

    refused: str
    need: int | None = None
    n: int | None = None
    after_push: bool = False
    minimum: str | None = None
    retry_after_s: int | None = None
    detail: str | None = None


REFUSALS: Final[dict[str, int]] = {
    "malformed": 400,
    "unknown_device": 401,
    "another_device": 403,
    "unconfirmed": 403,
    "agreement": 403,
    "wipe": 403,
    "revoked": 403,
    "gap": 409,
    "fork": 409,
    "too_large": 413,
    "too_many": 413,
    "upgrade": 426,
    "slow_down": 429,
    "busy": 503,
}
"""Every way the server may say no, with the HTTP status that carries it. Nothing else is ever refused: see README, I1."""


class Refused(Exception):
    """The server's no, to be answered with `status` and `refusal`. `code` is a key of `REFUSALS`."""

    def __init__(self, code: str, **details: str | int | bool) -> None:
        super().__init__(f"{code} {details}" if details else code)
        self.code = code
        self.status = REFUSALS[code]
        self.refusal = Refusal(refused=code, **details)  # type: ignore[arg-type]


encode = json.Encoder().encode
_decode_change = json.Decoder(Change).decode
read_hole = json.Decoder(Hole).decode
read_push_request = json.Decoder(PushRequest).decode
read_push_answer = json.Decoder(PushAnswer).decode
read_pull_request = json.Decoder(PullRequest).decode
_decode_pull_answer = json.Decoder(PullAnswer).decode
_decode_row = json.Decoder(Row).decode
read_refusal = json.Decoder(Refusal).decode
read_held = json.Decoder(Held).decode
read_renewed = json.Decoder(Renewed).decode
read_receipt = json.Decoder(Receipt).decode

_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SIGNS: Final = b":._@-"
_KINDS: Final = bytes(
    ord("a") if code in _LETTERS else ord("-") if code in _SIGNS else ord(" ") if code == ord(" ") else ord("!")
    for code in range(256)
)


def read_change(body: bytes | Raw) -> Change:
    """A change from its bytes. Raises what `NO_JSON` names."""
    change = _decode_change(body)
    said = (change.id, change.t, change.s, change.e, change.who, change.boot, change.adopts)
    names = [name for name in said if name is not None]
    kinds = " ".join(["", *names]).encode(errors="replace").translate(_KINDS)
    if b"!" in kinds or b" -" in kinds or kinds.count(b" ") != len(names):
        raise ValidationError("Expected names of letters, digits and :._@-, each beginning with a letter or a digit")
    return change


def read_pull_answer(body: bytes) -> PullAnswer:
    """A page. A line that cannot be read spoils no other: it stands in the page as `UNREAD`. Raises msgspec.MsgspecError where
    what frames the lines cannot be read, such as the sign-in page of a café's Wi-Fi."""
    try:
        return _decode_pull_answer(body)
    except NO_JSON:
        lines = json.decode(body, type=_RawPage).rows
        rest = json.decode(body, type=_RestOfPage)
    told = {name: getattr(rest, name) for name in rest.__struct_fields__ if name != "rows"}
    return PullAnswer(**told, rows=[read_row(line) for line in lines])


def read_row(line: bytes | Raw) -> Row:
    """One line of a feed; `UNREAD` where its shape is not known."""
    try:
        return _decode_row(line)
    except NO_JSON:
        scope, change_id = _named_in(line)
        return Row(scope, 0, change_id or f"line:{sha256(bytes(line)).hexdigest()[:32]}", UNREAD, 0, Raw(bytes(line)))


def _named_in(line: bytes | Raw) -> tuple[str, str]:
    """The feed and the change that a line speaks of, as far as that can be read: by them it is forgotten when it must be."""
    try:
        scope, _, change_id, *_ = json.decode(line, type=list[object])
    except NO_JSON:
        return "", ""
    known = isinstance(scope, str) and isinstance(change_id, str)
    return (str(scope), str(change_id)) if known else ("", "")


def is_null(value: Raw) -> bool:
    """Is this encoded value JSON's null?"""
    return bytes(value) == b"null"


def private_scope(device: int) -> str:
    """The feed that only one phone follows: verdicts, settings, and what moved away under its hands."""
    return f"dev:{device}"
