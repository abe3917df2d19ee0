"""What a shift script may say. One JSON object: `{"pin": "271828", "steps": [{"do": "start_shift", "area": "Town"},
...]}`.

Every step has `do`; the other members are those of the Struct of that name below. `person`, `site`, `referral` and
`contact` name a record by what an earlier step called it with `as`, by its id, by what it is known as, or by a
referral's number. Nothing is done here.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from shared.model.codes import ContactState, Gender, PinSource, ReferralState, SiteKind
from shared.model.contact import NeedSeen
from shared.model.position import Latitude, Longitude

DEFAULT_PIN = "271828"


class Step(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """One thing to do. `name` (`as` in JSON) is what later steps may call the record it made."""

    name: str = field(name="as", default="")


class StartShift(Step, tag="start_shift", frozen=True, kw_only=True):
    """Go out."""

    area: str = ""


class EndShift(Step, tag="end_shift", frozen=True, kw_only=True):
    """Go home."""

    summary: str = ""


class CheckInStep(Step, tag="check_in", frozen=True, kw_only=True):
    """Say that all is well."""

    next_due_minutes: int | None = 60


class Place(Step, tag="place", frozen=True, kw_only=True):
    """GPS says where the worker is."""

    latitude: Latitude
    longitude: Longitude
    accuracy_m: float = 8.0


class SetClock(Step, tag="clock", frozen=True, kw_only=True):
    """The phone's clock shows this from now on, and runs on from there."""

    at: datetime


class NewPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Someone new in a contact."""

    name: str = ""
    alias: str = ""
    description: str = ""
    approximate_age_years: int | None = None
    gender: Gender = Gender.NOT_KNOWN
    called: str = field(name="as", default="")


class Pin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place put on the map by hand."""

    latitude: Latitude
    longitude: Longitude
    source: PinSource = PinSource.MAP_TAP
    accuracy_m: float | None = None


class NewSite(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new place in a contact."""

    name: str = ""
    kind: SiteKind = SiteKind.UNKNOWN
    position: Pin | None = None
    access_notes: str = ""
    hazards: str = ""
    called: str = field(name="as", default="")


class ContactStep(Step, tag="contact", frozen=True, kw_only=True):
    """Meet people, or look for them."""

    state: ContactState
    person: str = ""
    people: tuple[str, ...] = ()
    new_person: NewPerson | None = None
    new_people: tuple[NewPerson, ...] = ()
    unidentified_people: int = 0
    site: str = ""
    new_site: NewSite | None = None
    referral: str = ""
    position: Pin | None = None
    seen_at: datetime | None = None
    needs: tuple[NeedSeen, ...] = ()
    offered: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    safety_needs: str = ""
    strengths: str = ""
    next_step: str = ""
    note: str = ""


class Refine(Step, tag="refine", frozen=True, kw_only=True):
    """Correct a contact."""

    contact: str
    fields: dict[str, Any]


class VisitStep(Step, tag="visit", frozen=True, kw_only=True):
    """Look where nobody is."""

    site: str = ""
    referral: str = ""
    position: Pin | None = None
    people_found: int = 0
    bedding_present: bool | None = None
    note: str = ""


class ReferralStep(Step, tag="referral", frozen=True, kw_only=True):
    """Move a referral on."""

    referral: str
    state: ReferralState
    outcome: str = ""
    note: str = ""


class PatchPerson(Step, tag="patch_person", frozen=True, kw_only=True):
    """Describe someone better."""

    person: str
    fields: dict[str, Any]


class PatchSite(Step, tag="patch_site", frozen=True, kw_only=True):
    """Describe a place better."""

    site: str
    fields: dict[str, Any]


class NeedStep(Step, tag="need", frozen=True, kw_only=True):
    """A need told."""

    person: str
    need: str
    receiving_support: str = "not_known"


class OpenPerson(Step, tag="open_person", frozen=True, kw_only=True):
    """Read a person's record (it is written down)."""

    person: str


class Sync(Step, tag="sync", frozen=True, kw_only=True):
    """Sync now."""


class Offline(Step, tag="offline", frozen=True, kw_only=True):
    """The network is gone from now on."""


class Online(Step, tag="online", frozen=True, kw_only=True):
    """The network is back."""


class Lock(Step, tag="lock", frozen=True, kw_only=True):
    """Lock the phone."""


class Unlock(Step, tag="unlock", frozen=True, kw_only=True):
    """Unlock it with a PIN, or the script's own."""

    pin: str = ""


class Tell(Step, tag="tell", frozen=True, kw_only=True):
    """Say what is unsent, what is near and what tonight holds."""


AnyStep = (
    StartShift | EndShift | CheckInStep | Place | SetClock | ContactStep | Refine | VisitStep | ReferralStep | PatchPerson
    | PatchSite | NeedStep | OpenPerson | Sync | Offline | Online | Lock | Unlock | Tell
)  # fmt: skip


class Script(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole shift."""

    steps: tuple[AnyStep, ...]
    pin: str = DEFAULT_PIN
    label: str | UnsetType = UNSET


def read_script(raw: bytes) -> Script:
    """A script from JSON. Raises `msgspec.ValidationError` with what is wrong and where."""
    return msgspec.json.decode(raw, type=Script)
