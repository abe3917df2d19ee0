"""One report of somebody sleeping rough, as any source is understood: what every parser of referrals answers with.

Pure values. How a source names its columns is in that source's folder; what becomes of a report is in `referrals.py`.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec

from server.importers.files import Refusal, make_storable
from shared.model.codes import AlertSource

REFERRER_DETAILS = frozenset(
    {
        "first_name", "last_name", "referrer_name", "reporter_name", "your_name", "referrer_email", "reporter_email",
        "email", "your_email", "referrer_phone", "referrer_telephone", "reporter_phone", "phone", "telephone",
        "your_phone", "your_telephone", "device_id", "account_id",
    }
)  # fmt: skip
"""Columns that plainly say who reported: they make no part of what a row without a reference is known by."""
TELLS_REFERRER = frozenset({
    "referrer_name", "reporter_name", "your_name", "your_full_name", "first_name", "last_name", "referrer_email",
    "reporter_email", "your_email", "email", "email_address", "contact_email", "referrer_phone", "referrer_telephone",
    "reporter_phone", "your_phone", "phone", "mobile_number", "your_telephone", "telephone", "mobile",
})  # fmt: skip
"""Columns in which whoever reported may stand."""
KIND_WORDS = frozenset(
    {
        "a", "agency", "ambulance", "and", "anonymous", "app", "business", "by", "charity", "church", "citizen",
        "colleague", "council", "emergency", "enquiry", "family", "fire", "friend", "from", "general", "google",
        "health", "healthcare", "homeless", "homelessness", "hospital", "hostel", "housing", "iphone", "android",
        "local", "authority", "member", "mobile", "neighbour", "nhs", "of", "officer", "online", "or", "organisation",
        "other", "outreach", "passerby", "phone", "police", "professional", "public", "relative", "resident", "self",
        "service", "services", "shop", "sleeper", "social", "staff", "street", "streetlink", "student", "support",
        "system", "team", "telephone", "the", "third", "party", "unknown", "via", "visitor", "voluntary", "volunteer",
        "warden", "web", "website", "worker", "email", "e", "mail", "call", "call's", "portal", "sms", "open311",
        "rough", "person", "sector", "statutory",
    }
)  # fmt: skip
"""Words in which a kind of referrer is said. A cell with any other word may name one, and is kept for 90 days only (A8)."""
MAIL_CHARACTER = r"[^\s@,;:<>()\[\]\"]"
MAIL_LABEL = r"[^\s@,;:<>()\[\]\".]"
MAIL_ADDRESS = re.compile(
    rf"(?<!{MAIL_CHARACTER}){MAIL_CHARACTER}{{1,64}}@{MAIL_LABEL}{{1,63}}(?:\.{MAIL_LABEL}{{1,63}}){{0,8}}\.{MAIL_LABEL}{{2,63}}"
)
"""One address to which a mail can be sent; what else stands in a cell is no part of it."""
EXPONENT = re.compile(r"\d+(?:[.,]\d+)?[eE][+\-]?\d+")
"""What a spreadsheet makes of a long number. Several numbers look so, and none can be told from it again."""


class Referrer(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach whoever reported."""

    name: str = ""
    email: str = ""
    telephone: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What we understood of one row, beside `raw`: the columns that are known to say nothing of who reported.

    `extras` are all other columns: kept apart for 90 days (A8). `number` is the row in the file. `shown_reference` is the
    source's own, where it is no key. `guesses` say in words what was read otherwise than it was written. `point` is
    (latitude, longitude) in WGS 84 degrees. `parent_reference` names the alert that the source itself holds this one to
    repeat. `closed` says that the source has finished with it, `said_open` that it says in so many words that it has not.
    """

    number: int
    source: AlertSource
    reference: str
    raw: Mapping[str, str]
    extras: Mapping[str, str] = msgspec.field(default_factory=dict)
    shown_reference: str = ""
    guesses: tuple[str, ...] = ()
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
    said_open: bool = False
    closed_at: datetime | None = None
    referrer: Referrer | None = None


@dataclass(frozen=True)
class Reading:
    """What a parser needs besides the bytes: the zone of times without one, and the moment it is now."""

    zone: str
    now: datetime


Meanings = Mapping[str, str]
"""What the columns of a file mean, as somebody said it: a noun for each heading, "" for one that is left as it is."""
Mends = Mapping[int, Mapping[str, str]]
"""Cells that somebody mended before the file was brought in: by row number and heading."""
Parser = Callable[[bytes, Reading], "list[Report | Refusal]"]


def make_reference(given: str, cells: Mapping[str, str]) -> str:
    """The source's own reference, else one made of everything the row says: the same row is the same report.

    A number that a spreadsheet wrote with an exponent is no reference: many numbers look so.
    """
    if given and not EXPONENT.fullmatch(given):
        return given
    return "sha256:" + hash_cells({name: text for name, text in cells.items() if name not in REFERRER_DETAILS})


def hash_cells(cells: Mapping[str, str]) -> str:
    """128 bits of everything that these cells say."""
    return hash_storable({name: make_storable(value) for name, value in cells.items() if value})


def hash_storable(cells: Mapping[str, str]) -> str:
    """The same of cells that a database can hold as they are: a report's own, which is asked of every row."""
    text = msgspec.json.encode(sorted(each for each in cells.items() if each[1]))
    return hashlib.sha256(text).hexdigest()[:32]


def split_raw(cells: Mapping[str, str], kept: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The row as it was received, less empty cells: what may be kept, and what may say who reported (privacy rule A8)."""
    storable = {
        name: text if text.isascii() and "\x00" not in text else make_storable(text)
        for name, text in cells.items()
        if text
    }
    return (
        {name: text for name, text in storable.items() if name in kept},
        {name: text for name, text in storable.items() if name not in kept},
    )


@lru_cache(maxsize=1024)
def names_a_kind(text: str) -> bool:
    """Does a cell about the referrer say what kind of person it was, and no more? "Member of the public" does."""
    words = re.findall(r"[a-z0-9']+", text.casefold())
    return bool(words) and all(word in KIND_WORDS for word in words)


def find_referrer(cells: Mapping[str, str], *, has_own_name: bool = True) -> Referrer | None:
    """Who reported, where the row says so. `has_own_name`: do first and last name mean the referrer, not the person met?"""

    told = {name for name in TELLS_REFERRER & cells.keys() if cells[name]}
    if not told:
        return None

    def first(*names: str) -> str:
        return next((cells[name] for name in names if name in told), "")

    name = first("referrer_name", "reporter_name", "your_name", "your_full_name")
    if not name and has_own_name:
        name = " ".join(filter(None, (cells.get("first_name", ""), cells.get("last_name", ""))))
    email = first("referrer_email", "reporter_email", "your_email", "email", "email_address", "contact_email")
    telephone = first("referrer_phone", "referrer_telephone", "reporter_phone", "your_phone", "phone", "mobile_number")
    telephone = telephone or first("your_telephone", "telephone", "mobile")
    address = MAIL_ADDRESS.search(email)
    email = address[0] if address else ""
    if not (name or email or telephone):
        return None
    return Referrer(name=name[:200], email=email[:254], telephone=telephone[:60])


def join_words(*parts: str, between: str = ", ") -> str:
    """The parts that say something, each once, in their order."""
    return between.join(dict.fromkeys(part for part in parts if part))
