"""What screens are told, and what they hand back: small frozen Structs in plain words. No behaviour, no Kivy, no SQL
lives here.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.model.alarm import OwnAlarm
from shared.model.codes import Code, ContactState, Gender, ReferralState, SiteKind, SyncState
from shared.model.contact import Contact, NeedSeen
from shared.model.person import NeedRecorded, Person
from shared.model.position import Position
from shared.model.referral import Referral
from shared.model.shift import CheckIn, Shift
from shared.model.site import Site
from shared.model.value import Id, Value

# ------------------------------------------------------------------------------------------- unlocking and enrolling


class LockState(Code):
    """Why a screen can, or cannot, show anything."""

    NOT_ENROLLED = "not_enrolled"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    BLOCKED = "blocked"
    LEASE_EXPIRED = "lease_expired"
    REVOKED = "revoked"
    ERASED = "erased"
    KEYSTORE_LOST = "keystore_lost"
    STORE_DAMAGED = "store_damaged"


class Unlocking(Value, frozen=True, kw_only=True):
    """What came of a PIN. `message` is a whole sentence to show; `until` is when a block ends."""

    state: LockState
    message: str = ""
    attempts_left: int | None = None
    until: datetime | None = None

    @property
    def is_unlocked(self) -> bool:
        """True when the store is open and screens may read it."""
        return self.state == LockState.UNLOCKED


class Enrolling(Value, frozen=True, kw_only=True):
    """What came of an enrolment code. On success the four digits must match the coordinator's screen."""

    enrolled: bool
    message: str = ""
    match_digits: str = ""
    worker_name: str = ""
    team_name: str = ""


# ------------------------------------------------------------------------------------------------------- what is near


class PersonCard(Value, frozen=True, kw_only=True):
    """A person on a list or a tile. Distances are metres from the worker; None when either place is not known."""

    id: Id
    known_as: str
    alias: str = ""
    description: str = ""
    last_seen_at: datetime | None = None
    last_state: ContactState | None = None
    last_site_id: Id | None = None
    last_place: str = ""
    distance_m: float | None = None
    position: Position | None = None
    has_safety_needs: bool = False
    has_conflict: bool = False
    not_yet_sent: bool = False


class SiteCard(Value, frozen=True, kw_only=True):
    """A bedding-down place on a list."""

    id: Id
    name: str
    kind: SiteKind = SiteKind.UNKNOWN
    position: Position | None = None
    distance_m: float | None = None
    last_visited_at: datetime | None = None
    people_last_seen: int = 0
    has_hazards: bool = False
    in_use: bool = True


class TonightKind(Code):
    """Why a stop is on tonight's list."""

    REFERRAL = "referral"
    FOLLOW_UP = "follow_up"
    PLACE = "place"
    """Ground that was planned: to look at, whoever may be there."""


class TonightItem(Value, frozen=True, kw_only=True):
    """A stop of tonight's walk, in walking order. `reason` is a whole sentence; `id` is the referral's or the person's."""

    kind: TonightKind
    id: Id
    title: str
    reason: str
    about: str = ""
    place: str = ""
    position: Position | None = None
    distance_m: float | None = None
    leg_m: float | None = None
    """Metres from the stop before it on the list (from the worker for the first)."""
    reported_at: datetime | None = None
    last_seen_at: datetime | None = None
    due_on: date | None = None
    is_overdue: bool = False
    person_id: Id | None = None
    site_id: Id | None = None
    state: ReferralState | None = None
    given_to: str = ""


class LikelyDuplicate(Value, frozen=True, kw_only=True):
    """Someone who may be the person just described: "Could this be 'Red', seen 40 m away?". Not sure is a good answer."""

    person: PersonCard
    score: float
    reasons: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------------------ whole records


class TimelineEntry(Value, frozen=True, kw_only=True):
    """One line of what happened to a person or at a site, newest first; `said` is `what` in codes, each with its kind."""

    at: datetime
    what: str
    said: tuple[tuple[str, str], ...] = ()
    who: str = ""
    contact_id: Id | None = None
    visit_id: Id | None = None
    note: str = ""
    not_yet_sent: bool = False


class ConflictChoice(Value, frozen=True, kw_only=True):
    """One of the values that two people wrote. `value` goes back unchanged to `resolve_conflict`."""

    value: Any
    text: str
    who: str
    at: datetime | None = None
    is_mine: bool = False


class ConflictView(Value, frozen=True, kw_only=True):
    """Two people changed one field of one record without seeing one another's word."""

    subject_kind: str
    """`person`, `site` or `referral`."""
    subject_id: Id
    subject_name: str
    field: str
    choices: tuple[ConflictChoice, ...]


class PersonRecord(Value, frozen=True, kw_only=True):
    """Everything this phone holds about one person. `warned` is the person with what their joined records warn of."""

    person: Person
    warned: Person
    card: PersonCard
    needs: tuple[NeedRecorded, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    conflicts: tuple[ConflictView, ...] = ()
    merged_ids: tuple[Id, ...] = ()


class SiteRecord(Value, frozen=True, kw_only=True):
    """Everything this phone holds about one place."""

    site: Site
    card: SiteCard
    people: tuple[PersonCard, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    conflicts: tuple[ConflictView, ...] = ()


class OtherReferral(Value, frozen=True, kw_only=True):
    """An open referral of the same place: what is found there may answer it, too, if the worker says so."""

    id: Id
    number: str
    text: str
    reported_at: datetime


class ReferralRecord(Value, frozen=True, kw_only=True):
    """A referral with where it stands and what is near it."""

    referral: Referral
    state: ReferralState
    outcome: str = ""
    distance_m: float | None = None
    people_near: tuple[PersonCard, ...] = ()
    sites_near: tuple[SiteCard, ...] = ()
    others: tuple[OtherReferral, ...] = ()
    given_to: str = ""
    timeline: tuple[TimelineEntry, ...] = ()


class ContactRecord(Value, frozen=True, kw_only=True):
    """A contact as it reads today (`contact`), and as it was first saved (`original`)."""

    contact: Contact
    original: Contact
    corrections: int = 0
    struck: str = ""
    """Why it was struck out; empty for a contact that stands."""
    state: SyncState = SyncState.QUEUED
    people: tuple[PersonCard, ...] = ()


# -------------------------------------------------------------------------------------------- what a worker hands over


class PersonDraft(Value, frozen=True, kw_only=True):
    """Someone new: what people call them, or how you would know them again."""

    name: str = ""
    alias: str = ""
    description: str = ""
    approximate_age_years: int | None = None
    gender: Gender = Gender.NOT_KNOWN


class SiteDraft(Value, frozen=True, kw_only=True):
    """A new place, met on the walk. Without a position the phone's last fix is used."""

    name: str = ""
    kind: SiteKind = SiteKind.UNKNOWN
    position: Position | None = None
    access_notes: str = ""
    hazards: str = ""


class ContactDraft(Value, frozen=True, kw_only=True):
    """A contact about to be saved. Only the state is required; `position` None means: use the phone's last fix, if any."""

    state: ContactState
    seen_at: datetime | None = None
    person_ids: tuple[Id, ...] = ()
    new_people: tuple[PersonDraft, ...] = ()
    unidentified_people: int = 0
    site_id: Id | None = None
    site_is_chosen: bool = False
    """The worker said that it was here; else the place was suggested, and a better fix may mend it."""
    new_site: SiteDraft | None = None
    position: Position | None = None
    referral_id: Id | None = None
    also_ids: tuple[Id, ...] = ()
    """Other referrals of the place that this contact answers."""
    colleague_ids: tuple[Id, ...] = ()
    needs: tuple[NeedSeen, ...] = ()
    offered: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    safety_needs: str = ""
    strengths: str = ""
    next_step: str = ""
    note: str = ""


class VisitDraft(Value, frozen=True, kw_only=True):
    """A stop where nobody was met. It counts: it is how the map knows somebody looked."""

    site_id: Id | None = None
    position: Position | None = None
    referral_id: Id | None = None
    also_ids: tuple[Id, ...] = ()
    people_found: int = 0
    bedding_present: bool | None = None
    note: str = ""


# ----------------------------------------------------------------------------------------------------- shift and safety


class ShiftSummary(Value, frozen=True, kw_only=True):
    """A shift as its worker left it."""

    shift: Shift
    is_mine: bool = True
    joined: bool = False
    started_by: str = ""
    contacts: int = 0
    people: int = 0
    visits: int = 0
    referrals_progressed: int = 0
    not_yet_sent: int = 0


class CheckInState(Value, frozen=True, kw_only=True):
    """The lone-working timer. `message` says honestly whether anybody else can know of a missed check-in."""

    shift_id: Id | None = None
    last: CheckIn | None = None
    due_at: datetime | None = None
    is_overdue: bool = False
    others_overdue: tuple[str, ...] = ()
    is_sent: bool = False
    """Does the server hold my newest check-in, so that somebody else would notice?"""
    along_with: str = ""
    """Who took me along, while I did nothing by my own hand: then nobody waits for a word of mine."""
    search: OwnAlarm | None = None
    """Once I am overdue and the phone has asked: who searches for me."""
    message: str = ""


# ----------------------------------------------------------------------------------------------------------------- sync


class TrayItem(Value, frozen=True, kw_only=True):
    """One unsent, refused or conflicting item in plain words. `correctable_fields`: a refused record's texts as written."""

    id: Id
    """The change's id; for a conflict, `<kind>/<record id>/<field>`."""
    state: SyncState
    title: str
    said: tuple[tuple[str, str], ...] = ()
    """`title` in codes, each with its kind; what people call somebody or something is `named`."""
    what_to_do: str = ""
    reason: str = ""
    at: datetime | None = None
    subject_kind: str = ""
    subject_id: Id | None = None
    conflict: ConflictView | None = None
    correctable_fields: Mapping[str, str] = {}


class SyncPhase(Code):
    """What the sync thread is doing."""

    IDLE = "idle"
    SENDING = "sending"
    FETCHING = "fetching"
    WAITING = "waiting"
    OFFLINE = "offline"
    FAILED = "failed"
    REVOKED = "revoked"
    LOCKED = "locked"


class SyncStatus(Value, frozen=True, kw_only=True):
    """The one line at the top of every screen. `message` is ready to show: "3 not yet sent · kept safe on this phone"."""

    phase: SyncPhase = SyncPhase.IDLE
    message: str = ""
    not_yet_sent: int = 0
    needs_a_look: int = 0
    needs_newer_app: int = 0
    """Of how many records something came that only a newer app can read; it is kept."""
    sent: int = 0
    received: int = 0
    problem: str = ""
    """What stands in the way of syncing, in a sentence; empty while nothing does, or while it is only the network."""
    trouble: str = ""
    """The same by its code, for a catalogue: `must_enrol`, `upgrade`, `store`, or what the server called it."""
    last_synced_at: datetime | None = None
    next_try_at: datetime | None = None
    lease_until: datetime | None = None
    seal_failed: bool = False
    """What is unsent lies on this phone alone: there was no room to seal it for the server, and a wipe would lose it."""


class Fix(Value, frozen=True, kw_only=True):
    """Where the phone believes it is. `age_s` is counted from the moment the fix was made to the moment it was asked for."""

    position: Position
    at: datetime
    accuracy_m: float | None = None
    age_s: float = 0.0
    is_stale: bool = False
    is_sure: bool = False
    """Fresh and fine enough to name a place by: younger than two minutes and better than 50 m."""


class MapItem(Value, frozen=True, kw_only=True):
    """A point that the map draws: a site, a referral, or where a person was last seen."""

    kind: str
    """`site`, `referral` or `person`."""
    id: Id
    latitude: float
    longitude: float
    title: str = ""
