"""Between Structs and rows: JSON bodies, and times as integer milliseconds. No table is known here."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

Struct = TypeVar("Struct")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

encode = msgspec.json.Encoder().encode


def body_of(value: Any) -> str:
    """The Struct as JSON text."""
    return encode(value).decode()


def read_body(text: str, kind: type[Struct]) -> Struct:
    """The Struct of a JSON text."""
    return msgspec.json.decode(text.encode(), type=kind)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970, exactly, also for years no clock should show."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def to_ms_or_none(at: datetime | None) -> int | None:
    """As `to_ms`, for a time that may be missing."""
    return None if at is None else to_ms(at)


def from_ms(ms: int) -> datetime:
    """The aware UTC time of these milliseconds."""
    return EPOCH + timedelta(milliseconds=ms)


def from_ms_or_none(ms: int | None) -> datetime | None:
    """As `from_ms`, for a time that may be missing."""
    return None if ms is None else from_ms(ms)


def just_after(ms: int) -> datetime:
    """One millisecond later: where order must not depend on a clock that was set back."""
    return from_ms(ms + 1)
