"""What the screens ask of the phone: one service, and the small values it shows them.

No Kivy, no store, no words for people to read: codes, numbers and the records' own text; `mobile.text` finds the words.
Every method may block on the disk (the app calls them on its work thread, one at a time) save those marked *network*,
which the app calls on its network thread meanwhile. Positions are WGS 84 degrees, distances metres, times aware UTC.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Protocol

from shared.model.codes import ContactState, SiteKind, SupportNeed, SyncState
from shared.model.contact import Contact
from shared.model.person import NeedRecorded, Person
from shared.model.position import Position
from shared.model.referral import Referral
from shared.model.shift import Shift
from shared.model.site import Site
from shared.model.value import Id, Value
from shared.model.worker import Worker


class Stage(Enum):
    """Where the phone stands, before any screen is chosen."""

    NOT_ENROLLED = "not_enrolled"
    LOCKED = "locked"
    OPEN = "open"
    WIPED = "wiped"
    KEY_LOST = "key_lost"
    LEASE_EXPIRED = "lease_expired"


class UnlockOutcome(Value, frozen=True, kw_only=True):
    """The answer to a PIN. `tries_left` and `blocked_until` explain a refusal (privacy rule B4)."""

    stage: Stage
    tries_left: int | None = None
    blocked_until: datetime | None = None


class EnrolOutcome(Value, frozen=True, kw_only=True):
    """The answer to a one-time code: `problem` is "" or one of bad_code, pin_too_common, no_network, refused, rooted."""

    problem: str = ""
    match_digits: str = ""
    worker_name: str = ""
    team_name: str = ""


class Fix(Value, frozen=True, kw_only=True):
    """The last thing the location adapter knows."""

    latitude: float
    longitude: float
    accuracy_m: float | None = None
    at: datetime


class SyncStatus(Value, frozen=True, kw_only=True):
    """The line at the foot of every screen. `online` is None while nobody has tried."""

    unsent: int = 0
    needs_look: int = 0
    sending: bool = False
    online: bool | None = None
    last_sent_at: datetime | None = None


class PersonSeen(Value, frozen=True, kw_only=True):
    """A person as a list or a tile shows them."""

    id: Id
    known_as: str
    description: str = ""
    last_seen_at: datetime | None = None
    last_state: ContactState | None = None
    site_id: Id | None = None
    site_name: str = ""
    distance_m: float | None = None
    safety_needs: bool = False


class SiteNear(Value, frozen=True, kw_only=True):
    """A place as a list or the map shows it."""

    id: Id
    name: str
    kind: SiteKind
    latitude: float | None = None
    longitude: float | None = None
    distance_m: float | None = None
    last_visit_at: datetime | None = None


class TonightItem(Value, frozen=True, kw_only=True):
    """One stop of tonight, in walking order. `reason` is a code: referral, next_step, seen_recently, not_seen, look_again."""

    kind: str
    id: Id
    reason: str
    title: str = ""
    detail: str = ""
    person_id: Id | None = None
    site_id: Id | None = None
    distance_m: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    at: datetime | None = None
    due_on: date | None = None


class NewPerson(Value, frozen=True, kw_only=True):
    """Someone met whom nobody knew: what people call them, or how they would be known again."""

    alias: str = ""
    description: str = ""


class NewContact(Value, frozen=True, kw_only=True):
    """What is known the moment the state is chosen. The service adds ids, times, worker, team, shift and night."""

    state: ContactState
    person_ids: tuple[Id, ...] = ()
    new_people: tuple[NewPerson, ...] = ()
    unidentified_people: int = 0
    site_id: Id | None = None
    referral_id: Id | None = None
    position: Position | None = None


class SavedContact(Value, frozen=True, kw_only=True):
    """A contact that is on the disk, with the ids made for someone new."""

    contact: Contact
    new_person_ids: tuple[Id, ...] = ()


class NewVisit(Value, frozen=True, kw_only=True):
    """Somebody looked here. `bedding_present` None: not said."""

    site_id: Id | None = None
    referral_id: Id | None = None
    position: Position | None = None
    people_found: int = 0
    bedding_present: bool | None = None
    note: str = ""


class PossibleMatch(Value, frozen=True, kw_only=True):
    """Somebody that the new person might be. `grounds` are codes: alias, description, place, time."""

    person: PersonSeen
    distance_m: float | None = None
    grounds: tuple[str, ...] = ()


class PersonPage(Value, frozen=True, kw_only=True):
    """One person's page on the phone: their own words first, then what happened, newest first."""

    person: Person
    seen: PersonSeen
    needs: tuple[NeedRecorded, ...] = ()
    contacts: tuple[Contact, ...] = ()
    worker_names: Mapping[Id, str] = {}
    site_names: Mapping[Id, str] = {}


class SitePage(Value, frozen=True, kw_only=True):
    """One place: who was last seen here, and when somebody last looked."""

    site: Site
    near: SiteNear
    people: tuple[PersonSeen, ...] = ()


class ReferralPage(Value, frozen=True, kw_only=True):
    """One referral with who and what is known near it."""

    referral: Referral
    distance_m: float | None = None
    people_near: tuple[PersonSeen, ...] = ()
    sites_near: tuple[SiteNear, ...] = ()


class ConflictSide(Value, frozen=True, kw_only=True):
    """One author's value of a field, to be shown as text; `head` names it to the service."""

    head: str
    text: str
    worker_name: str = ""
    at: datetime | None = None
    mine: bool = False


class ConflictField(Value, frozen=True, kw_only=True):
    """One field that two people changed apart from one another. `can_keep_both` is True for text."""

    field: str
    sides: tuple[ConflictSide, ...]
    can_keep_both: bool = False


class TrayItem(Value, frozen=True, kw_only=True):
    """One thing not yet with the server. `kind`: contact, visit, person, site, referral, shift, check_in, need, other.

    `problem` of a quarantined item is a code from the server's catalogue; `problem_text` its own plain sentence.
    """

    id: Id
    kind: str
    state: SyncState
    title: str = ""
    at: datetime | None = None
    problem: str = ""
    problem_text: str = ""
    contact_id: Id | None = None
    conflicts: tuple[ConflictField, ...] = ()


class SyncOutcome(Value, frozen=True, kw_only=True):
    """What one round of sync did. `problem` is "" or: no_network, refused, revoked, too_old, server_error."""

    sent: int = 0
    received: int = 0
    needs_look: int = 0
    problem: str = ""


class ShiftNow(Value, frozen=True, kw_only=True):
    """The shift as the worker left it; `others` are colleagues' shifts that can be joined."""

    worker: Worker
    team_name: str
    shift: Shift | None = None
    with_names: tuple[str, ...] = ()
    others: tuple[tuple[Id, str], ...] = ()
    areas: tuple[str, ...] = ()
    check_in_due_at: datetime | None = None


class ShiftSummary(Value, frozen=True, kw_only=True):
    """What a shift came to, in numbers."""

    contacts: int = 0
    people: int = 0
    visits: int = 0
    visits_nobody: int = 0
    referrals_closed: int = 0
    unsent: int = 0


class MapPlace(Value, frozen=True, kw_only=True):
    """A word on the sketch map. `rank` 0 is drawn first (towns, stations), higher only when zoomed in."""

    name: str
    latitude: float
    longitude: float
    rank: int = 0


class MapCell(Value, frozen=True, kw_only=True):
    """A hotspot cell: its corners as (latitude, longitude) and a class 0 (faint) to 4 (strong)."""

    corners: tuple[tuple[float, float], ...]
    strength: int


class MapPin(Value, frozen=True, kw_only=True):
    """A mark to tap. `kind`: site, referral, follow_up."""

    kind: str
    id: Id
    latitude: float
    longitude: float
    name: str = ""


class MapSketch(Value, frozen=True, kw_only=True):
    """Everything the map draws without a network. Outlines and lines are runs of (latitude, longitude)."""

    outlines: tuple[tuple[tuple[float, float], ...], ...] = ()
    lines: tuple[tuple[tuple[float, float], ...], ...] = ()
    places: tuple[MapPlace, ...] = ()
    cells: tuple[MapCell, ...] = ()
    pins: tuple[MapPin, ...] = ()
    tiles_path: str = ""


class Settings(Value, frozen=True, kw_only=True):
    """How this worker likes the app. Nothing personal: readable before unlock."""

    theme: str = "night"
    language: str = "en"
    vibration: bool = True
    sound: bool = False
    speech: bool = False


class FieldService(Protocol):
    """The one object the screens talk to."""

    lock_after_idle_s: float
    lock_after_background_s: float

    # --- the door
    def stage(self) -> Stage: ...
    def enrol(self, server_url: str, code: str, pin: str) -> EnrolOutcome:
        """*network*"""
    def unlock(self, pin: str) -> UnlockOutcome: ...
    def lock(self) -> None: ...
    def settings(self) -> Settings: ...
    def save_settings(self, settings: Settings) -> None: ...

    # --- the shift
    def shift_now(self) -> ShiftNow: ...
    def start_shift(self, area: str) -> ShiftNow: ...
    def join_shift(self, shift_id: Id) -> ShiftNow: ...
    def shift_summary(self) -> ShiftSummary: ...
    def end_shift(self, summary: str) -> ShiftSummary: ...
    def check_in(self) -> ShiftNow: ...

    # --- looking
    def tonight(self, fix: Fix | None) -> tuple[TonightItem, ...]: ...
    def people_near(self, fix: Fix | None, site_id: Id | None, limit: int) -> tuple[PersonSeen, ...]: ...
    def search_people(self, words: str, limit: int) -> tuple[PersonSeen, ...]: ...
    def sites_near(self, fix: Fix | None, limit: int) -> tuple[SiteNear, ...]: ...
    def open_person(self, person_id: Id) -> PersonPage: ...
    def open_site(self, site_id: Id) -> SitePage: ...
    def open_referral(self, referral_id: Id) -> ReferralPage: ...
    def find_possible_matches(self, person: NewPerson, fix: Fix | None) -> tuple[PossibleMatch, ...]: ...
    def phrases(self) -> tuple[str, ...]:
        """What this team offers and gives, as the coordinator worded it."""
    def map_sketch(self) -> MapSketch: ...

    # --- recording; on the disk (synchronous=FULL) when they return
    def record_contact(self, new: NewContact) -> SavedContact: ...
    def refine_contact(self, contact_id: Id, changes: Mapping[str, Any]) -> None:
        """Add to, or correct, a contact: `changes` are fields of `Contact`. The original is kept."""
    def finish_contact(self, contact_id: Id) -> None:
        """The worker pressed Done: it may be sent."""
    def record_visit(self, new: NewVisit) -> Id: ...
    def answer_match(self, new_person_id: Id, candidate_id: Id, answer: str) -> None:
        """`answer`: yes (they are one person), no, not_sure."""
    def patch_person(self, person_id: Id, changes: Mapping[str, Any]) -> None: ...
    def patch_site(self, site_id: Id, changes: Mapping[str, Any]) -> None: ...
    def record_need(self, person_id: Id, need: SupportNeed, receiving: str) -> None: ...
    def close_referral(self, referral_id: Id, outcome: str, note: str) -> None: ...

    # --- sync
    def sync_status(self) -> SyncStatus: ...
    def sync(self) -> SyncOutcome:
        """*network*"""
    def tray(self) -> tuple[TrayItem, ...]: ...
    def resolve_conflict(self, item_id: Id, field: str, head: str) -> None:
        """Keep the side named `head`, or both with "both"."""
    def resend(self, item_id: Id) -> None: ...


class Location(Protocol):
    """Where the phone is, as far as it knows; never waits."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def last_fix(self) -> Fix | None: ...
