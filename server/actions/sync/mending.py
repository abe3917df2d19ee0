"""A held change whose field cannot be so, corrected by whoever decides on it: validation, times and policy are asked again of
what it then says. What came stays as it came, held, and names the change that took its place.

Only a field that says something is corrected here: a time, a day, a number, a code, words. What a change names (an id) is not.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import NoneType
from typing import Any, Final, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Raw, structs

from server.actions.sync.projection.times import why_no_life, why_wrong
from server.actions.sync.validation import FACTS, PATCHES, validate
from shared.model.contact import Contact
from shared.model.value import NO_JSON, Value
from sync.wire import Change

TEXT_LONGEST: Final = 500
"""So much of what came is shown, and as much is taken."""
INNER: Final = "fields"
"""Where a correction keeps the fields of the contact that it corrects."""


class Fault(Value, frozen=True, kw_only=True):
    """A field that keeps a change from being let in: what it says as it came, and what is to be typed (`date`, `datetime-local`
    or `text`)."""

    field: str
    value: str
    kind: str


def list_faults(change: Change, now: datetime, zone: str) -> list[Fault]:
    """The fields of a held change that cannot be so, each by itself; none where nothing could be corrected."""
    kinds = _kinds_of(change)
    said = _read(change)
    return [
        Fault(field=name, value=_words(said[name]), kind=_input(kinds[name]))
        for name in sorted(said)
        if name in kinds and not _names_a_record(name) and _is_wrong(change, name, said[name], kinds[name], now, zone)
    ]


def mend(change: Change, told: Mapping[str, str], zone: str) -> Change:
    """The change with these fields as somebody typed them. Raises ValueError for a field or a text that cannot be."""
    kinds, said = _kinds_of(change), _read(change)
    values = dict(said)
    for name, text in told.items():
        if name not in kinds or name not in said or _names_a_record(name) or len(text) > TEXT_LONGEST:
            raise ValueError(name)
        values[name] = _typed(kinds[name], text.strip(), zone)
    return _with(change, values)


def people_named(change: Change) -> set[str]:
    """The people whom a change names, as far as it can be read."""
    said = _read(change)
    named = {change.e} if change.t == "person.patched" else set()
    for field in ("person_id", "person_ids", "from_id", "into_id"):
        value = said.get(field)
        named |= {each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)}
    return {each for each in named if each}


def _kinds_of(change: Change) -> dict[str, Any]:
    """The type of each field that the change may say."""
    if change.t == "contact.corrected":
        return get_type_hints(Contact, include_extras=True)
    kind = FACTS.get(change.t) or PATCHES.get(change.t)
    return {} if kind is None else get_type_hints(kind, include_extras=True)


def _read(change: Change) -> dict[str, Any]:
    """What the change says, field by field, as far as it is JSON at all."""
    try:
        if change.set_ is not None:
            return {name: msgspec.json.decode(value) for name, (value, _) in change.set_.items()}
        said = msgspec.json.decode(change.p)
    except NO_JSON:
        return {}
    inner = said.get(INNER) if isinstance(said, dict) and change.t == "contact.corrected" else said
    return inner if isinstance(inner, dict) else {}


def _with(change: Change, values: Mapping[str, Any]) -> Change:
    if change.set_ is not None:
        told = {name: (Raw(msgspec.json.encode(values[name])), seen) for name, (_, seen) in change.set_.items()}
        return structs.replace(change, set_=told)
    whole = {**msgspec.json.decode(change.p), INNER: values} if change.t == "contact.corrected" else values
    return structs.replace(change, p=Raw(msgspec.json.encode(whole)))


def _is_wrong(change: Change, name: str, value: Any, kind: Any, now: datetime, zone: str) -> bool:
    """Would this field alone keep the change from being let in?"""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return True
    if isinstance(value, str) and "\0" in value:
        return True
    if change.set_ is not None:
        alone = structs.replace(change, set_={name: change.set_[name]})
        return why_no_life(alone, now) is not None
    return _is_time(kind) and _why_not(change, now, zone) is not None


def _why_not(change: Change, now: datetime, zone: str) -> str | None:
    """Why the times of a fact cannot be."""
    judged = validate(change)
    if isinstance(judged, str):
        return judged
    return why_wrong(judged.meaning, now, zone) if judged.meaning is not None else None


def _names_a_record(name: str) -> bool:
    return name == "id" or name.endswith(("_id", "_ids"))


def _bare(kind: Any) -> Any:
    """The type without its bounds and without "or nothing"."""
    arguments = [each for each in get_args(kind) if each is not NoneType]
    is_wrapped = hasattr(kind, "__metadata__") or NoneType in get_args(kind)
    return _bare(arguments[0]) if is_wrapped and arguments else kind


def _is_time(kind: Any) -> bool:
    return _bare(kind) in {date, datetime}


def _input(kind: Any) -> str:
    return {date: "date", datetime: "datetime-local"}.get(_bare(kind), "text")


def _typed(kind: Any, text: str, zone: str) -> Any:
    """What somebody typed, as the field holds it. Nothing typed is nothing said, where that may be."""
    bare = _bare(kind)
    if not text:
        return "" if bare is str else None
    if bare is datetime:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).isoformat()
    if bare is date:
        return date.fromisoformat(text).isoformat()
    if bare in {int, float}:
        return bare(text)
    return text


def _words(value: Any) -> str:
    return value[:TEXT_LONGEST] if isinstance(value, str) else msgspec.json.encode(value).decode()[:TEXT_LONGEST]
