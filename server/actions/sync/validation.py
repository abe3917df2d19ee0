"""Whether a pushed change says something this server can use.

A reason is told to the phone and to supervisors, who may mend and adopt the change; it never repeats what was
written. Nothing is looked up here: it runs before any transaction.

A field or a code that only a newer app knows is no fault: it is kept as it came.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, get_type_hints

import msgspec
from msgspec import Struct

from shared.model.assessment import AnswerGiven
from shared.model.consent import ConsentSaid
from shared.model.contact import CORRECTABLE_FIELDS, Contact, ContactCorrection
from shared.model.device import RecordRead
from shared.model.document import DocumentAdded
from shared.model.person import NeedRecorded, Person, PersonMerged
from shared.model.position import Position
from shared.model.referral import ReferralProgress
from shared.model.shift import CheckIn, Shift, ShiftEnded, ShiftJoined, Visit, VisitStruck
from shared.model.site import Site
from shared.model.value import NO_JSON, Id, Value
from shared.model.verification import Verification
from shared.policy.immigration import without_immigration
from sync.reading import SOUND, Sound
from sync.wire import Change
from sync.withholding import withhold

ID_LENGTH_MAX: Final = 36

FACTS: Final[dict[str, type[Struct]]] = {
    "contact.recorded": Contact,
    "contact.corrected": ContactCorrection,
    "visit.recorded": Visit,
    "visit.struck": VisitStruck,
    "shift.started": Shift,
    "shift.joined": ShiftJoined,
    "shift.ended": ShiftEnded,
    "checkin.made": CheckIn,
    "verification.recorded": Verification,
    "need.recorded": NeedRecorded,
    "person.merged": PersonMerged,
    "referral.progressed": ReferralProgress,
    "record.read": RecordRead,
    "attachment.added": DocumentAdded,
    "consent.said": ConsentSaid,
    "answer.given": AnswerGiven,
}
"""The facts that a phone may record, and the Struct of each one's payload."""


class ReferralFields(Value, frozen=True, kw_only=True):
    """The fields of a referral that a patch may set."""

    id: Id
    team_id: Id | None = None
    assigned_worker_id: Id | None = None
    position: Position | None = None
    place: str = ""


PATCHES: Final[dict[str, type[Struct]]] = {
    "person.patched": Person,
    "site.patched": Site,
    "referral.patched": ReferralFields,
}
"""The patches that a phone may make, and the Struct whose fields each may set."""

_DECODERS: Final = {name: msgspec.json.Decoder(kind) for name, kind in FACTS.items()}
_FIELD_DECODERS: Final[dict[str, Mapping[str, Any]]] = {
    name: {
        field: msgspec.json.Decoder(hint)
        for field, hint in get_type_hints(kind, include_extras=True).items()
        if field in kind.__struct_fields__ and field != "id"
    }
    for name, kind in PATCHES.items()
}
_CONTACT_FIELDS: Final = {
    field: hint for field, hint in get_type_hints(Contact, include_extras=True).items() if field in CORRECTABLE_FIELDS
}


def read_fact(change: Change) -> Any:
    """The fact that a change carries. Raises msgspec.ValidationError."""
    return _DECODERS[change.t].decode(change.p)


def read_field(change_type: str, field: str, value: bytes) -> Any:
    """The value of a patched field, typed.

    Raises KeyError for an unknown field, msgspec.ValidationError for a wrong value.
    """
    return _FIELD_DECODERS[change_type][field].decode(value)


def validate(change: Change) -> Sound | str:
    """The fact that a change carries, or why it must be quarantined, in words a supervisor understands.

    What tells of immigration status is not kept (privacy rule A10): the rest of the change is.
    """
    try:
        left = withhold(change, without_immigration)
    except NO_JSON as error:
        return f"cannot be read: {_place(error)}"
    if left is change:
        return _judge(change)
    if left.erased:
        return Sound(kept=left)
    judged = _judge(left)
    return judged if isinstance(judged, str) else Sound(judged.meaning, left)


def _judge(change: Change) -> Sound | str:
    if change.t in FACTS:
        return _judge_fact(change)
    if change.t in PATCHES:
        return _why_no_patch(change) or SOUND
    return "a kind of change that this server does not know yet"


def _judge_fact(change: Change) -> Sound | str:
    if change.is_patch:
        return "a fact may not be written as a patch"
    payload = bytes(change.p)
    if _holds_nul(payload):
        return "holds a character that cannot be stored"
    try:
        fact = _DECODERS[change.t].decode(payload)
    except NO_JSON as error:
        return f"cannot be read: {_place(error)}"
    return _why_unusable(fact) or Sound(fact)


def _holds_nul(encoded: bytes) -> bool:
    """Does a text in this JSON hold the one character that PostgreSQL cannot keep? One without a backslash holds none."""
    return b"\\" in encoded and b"\\u0000" in encoded


class _Checks(Struct, frozen=True):
    """Which fields of a fact hold a moment, an id, or several ids."""

    moments: tuple[str, ...]
    ids: tuple[str, ...]
    id_lists: tuple[str, ...]


def _checks_of(kind: type[Struct]) -> _Checks:
    hints = get_type_hints(kind)
    return _Checks(
        moments=tuple(name for name in kind.__struct_fields__ if hints[name] in (datetime, datetime | None)),
        ids=tuple(name for name in kind.__struct_fields__ if name == "id" or name.endswith("_id")),
        id_lists=tuple(name for name in kind.__struct_fields__ if name.endswith("_ids")),
    )


_CHECKS: Final = {kind: _checks_of(kind) for kind in FACTS.values()}


def moments_of(kind: type[Struct]) -> tuple[str, ...]:
    """The fields of a fact that hold a moment."""
    return _CHECKS[kind].moments


def _why_unusable(fact: Any) -> str | None:
    checks = _CHECKS[type(fact)]
    for field in checks.moments:
        value = getattr(fact, field)
        if value is not None and value.tzinfo is None:
            return f"{field}: a time without its zone"
    for field in checks.ids:
        value = getattr(fact, field)
        if value is not None and not _is_id(value):
            return f"{field}: not an id"
    for field in checks.id_lists:
        if not all(map(_is_id, getattr(fact, field))):
            return f"{field}: not ids"
    if isinstance(fact, ContactCorrection):
        return _why_no_correction(fact)
    if isinstance(fact, DocumentAdded | ConsentSaid | AnswerGiven):
        return fact.why_unusable
    if isinstance(fact, PersonMerged) and fact.from_id == fact.into_id:
        return "a record cannot be merged into itself"
    return None


def _why_no_correction(correction: ContactCorrection) -> str | None:
    for field, value in correction.fields.items():
        if field in _CONTACT_FIELDS:
            try:
                msgspec.convert(value, _CONTACT_FIELDS[field])
            except msgspec.ValidationError as error:
                return f"{field} cannot be read: {_place(error)}"
    return None


def _why_no_patch(change: Change) -> str | None:
    if change.e is None or not _is_id(change.e):
        return "a patch that names no entity"
    if change.set_ is None:
        return "a patch that sets nothing"
    decoders = _FIELD_DECODERS[change.t]
    for field, (value, _) in change.set_.items():
        if _holds_nul(bytes(value)):
            return f"{field}: holds a character that cannot be stored"
        if field in decoders:
            try:
                decoders[field].decode(value)
            except NO_JSON as error:
                return f"{field} cannot be read: {_place(error)}"
    return None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= ID_LENGTH_MAX


def _place(error: BaseException) -> str:
    """Where and what was expected, without the value: msgspec quotes a bad code between single quotes."""
    words = str(error)
    return words if "'" not in words else words.split("'", maxsplit=1)[0] + "…" + words.rsplit("'", 1)[1]
