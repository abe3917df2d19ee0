"""One report of somebody sleeping rough, as any source is understood: what every parser of referrals answers with.

Pure values. How a source names its columns is in that source's folder; what becomes of a report is in `referrals.py`.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from server.importers.files import Refusal, make_storable
from shared.model.codes import AlertSource

REFERRER_DETAILS = frozenset(
    {
        "first_name",
        "last_name",
        "referrer_name",
        "reporter_name",
        "your_name",
        "referrer_email",
        "reporter_email",
        "email",
        "your_email",
        "referrer_phone",
        "referrer_telephone",
        "reporter_phone",
        "phone",
        "telephone",
        "your_phone",
        "your_telephone",
        "device_id",
        "account_id",
    }
)
"""Columns that say who reported. They are kept apart from the alert, on the server only, and deleted in time (A8)."""


class Referrer(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach whoever reported."""

    name: str = ""
    email: str = ""
    telephone: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What we understood of one row, beside `raw`: every column as it was received, less the referrer's own details.

    `number` is the row in the file. `point` is (latitude, longitude) in WGS 84 degrees. `parent_reference` names the
    alert that the source itself holds this one to repeat. `closed` says that the source has finished with it.
    """

    number: int
    source: AlertSource
    reference: str
    raw: Mapping[str, str]
    reported_at: datetime | None = None
    seen_at: datetime | None = None
    seen_text: str = ""
    point: tuple[float, float] | None = None
    postcode: str = ""
    place: str = ""
    district_name: str = ""
    appearance: str = ""
    concerns: str = ""
    age_group: str = ""
    gender: str = ""
    people_count: int | None = None
    referrer_type: str = ""
    contact_consent: bool = False
    outcome_text: str = ""
    parent_reference: str = ""
    closed: bool = False
    closed_at: datetime | None = None
    referrer: Referrer | None = None


@dataclass(frozen=True)
class Reading:
    """What a parser needs besides the bytes: the zone of times without one, and the moment it is now."""

    zone: str
    now: datetime


Parser = Callable[[bytes, Reading], "list[Report | Refusal]"]


def make_reference(given: str, raw: Mapping[str, str]) -> str:
    """The source's own reference, else one made of everything the row says: the same row is the same report."""
    if given:
        return given
    text = msgspec.json.encode(sorted((name, value) for name, value in raw.items() if value))
    return "sha256:" + hashlib.sha256(text).hexdigest()[:32]


def keep_raw(cells: Mapping[str, str]) -> dict[str, str]:
    """The row as it was received, less who reported it and empty cells."""
    return {name: make_storable(text) for name, text in cells.items() if text and name not in REFERRER_DETAILS}


def find_referrer(cells: Mapping[str, str]) -> Referrer | None:
    """Who reported, where the row says so."""

    def first(*names: str) -> str:
        return next((cells[name] for name in names if cells.get(name)), "")

    name = first("referrer_name", "reporter_name", "your_name")
    name = name or " ".join(filter(None, (cells.get("first_name", ""), cells.get("last_name", ""))))
    email = first("referrer_email", "reporter_email", "your_email", "email")
    telephone = first("referrer_phone", "referrer_telephone", "reporter_phone", "your_phone", "phone")
    telephone = telephone or first("your_telephone", "telephone")
    if not (name or email or telephone):
        return None
    return Referrer(name=name[:200], email=email[:254], telephone=telephone[:60])


def join_words(*parts: str, between: str = ", ") -> str:
    """The parts that say something, each once, in their order."""
    return between.join(dict.fromkeys(part for part in parts if part))
