"""The one object that screens talk to, as a Protocol: `field.FieldService` derives from it (mypy finds what is missing or
differs), and so does a screen test's.

Every call is quick (a few milliseconds; `unlock` and `enrol` take a moment and may be called from a worker thread),
raises only `mobile.store.errors.StoreError` (its `plain` is a sentence to show) or `ValueError` for a draft that
breaks a rule, and after a call that records something has returned, the record survives a power cut. No
implementation lives here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from mobile.field.own_views import ClockState, NightEntry, PlannedShift, ShortForm
from mobile.field.views import (
    CheckInState,
    ConflictChoice,
    ConflictView,
    ContactDraft,
    ContactRecord,
    Enrolling,
    Fix,
    LikelyDuplicate,
    LockState,
    MapItem,
    PersonCard,
    PersonDraft,
    PersonRecord,
    ReferralRecord,
    ShiftSummary,
    SiteCard,
    SiteDraft,
    SiteRecord,
    SyncStatus,
    TonightItem,
    TrayItem,
    Unlocking,
    VisitDraft,
)
from mobile.ports import MapCell
from shared.model.codes import DocumentKind, ReferralState
from shared.model.device import FieldConfig
from shared.model.person import Person
from shared.model.position import Position
from shared.model.quick_entry import QuickEntry
from shared.model.shift import CheckIn, Shift
from shared.model.site import Site
from shared.model.value import Id
from shared.rules.finding_services import Found, Wanted


class Field(Protocol):
    """What a worker can do with this phone."""

    # --- opening the phone -----------------------------------------------------------------------------------------
    @property
    def is_enrolled(self) -> bool:
        """Whether this phone has been enrolled (it may still be locked)."""

    @property
    def may_enrol(self) -> bool:
        """Whether this phone would take a one-time code: it is new, can no longer read, or its tokens are worth nothing."""

    @property
    def lock_state(self) -> LockState:
        """Where the phone stands right now, without asking anybody anything."""

    def enrol(self, code: str, server_url: str, pin: str) -> Enrolling:
        """Enrol with a one-time code (needs the network), and unlock. The PIN has six digits or more and is not a
        common one.
        """

    def refusal_of_pin(self, pin: str) -> str | None:
        """Why this PIN cannot be chosen, as a sentence; None when it can."""

    def unlock(self, pin: str) -> Unlocking:
        """Try a PIN. Five wrong ones block for twenty minutes, ten erase what this phone can read (never what is
        unsent).
        """

    def change_pin(self, old_pin: str, new_pin: str) -> Unlocking:
        """Another PIN for the open phone. Wrong old ones count as tries at the door. Raises ValueError for one that anybody
        guesses.
        """

    def record_quick(self) -> QuickEntry:
        """One person whom nobody knew, bedded down, here: also on a locked or blocked phone, which cannot read it back. Its
        worker confirms it later.
        """

    def take_quick_back(self, entry_id: Id) -> bool:
        """It was a mistake; False once a minute has passed, for then it may have been sent."""

    def lock(self) -> None:
        """Close the store and forget the key."""

    def touched(self) -> None:
        """Somebody used the screen: the idle timer starts again."""

    def paused(self) -> None:
        """The app went to the background; sixty seconds there lock it."""

    def resumed(self) -> None:
        """The app came back to the front; locks now if it was away too long."""

    def screen_went_off(self) -> None:
        """The screen went off: locks at once."""

    def lock_if_due(self) -> bool:
        """Lock if the phone lay idle for five minutes or its lease ended. True when it is locked now. Call it every
        second or so.
        """

    def observe_lock(self, listener: Callable[[LockState], None]) -> Callable[[], None]:
        """Be told when the phone locks or unlocks (clear every widget then). Returns what stops it. May call from
        another thread.
        """

    @property
    def config(self) -> FieldConfig:
        """Whose phone this is: worker, team, colleagues, districts, phrases."""

    # --- the shift -------------------------------------------------------------------------------------------------
    def current_shift(self) -> ShiftSummary | None:
        """The shift that this worker started or joined and has not ended."""

    def forgotten_shift(self) -> ShiftSummary | None:
        """The newest shift of an earlier night that this worker never ended. Nothing new belongs to it."""

    def end_forgotten_shift(self) -> None:
        """I came home from every earlier shift that I never ended."""

    def shifts_to_join(self) -> list[ShiftSummary]:
        """Colleagues' shifts of tonight that are still going."""

    def planned_shift(self) -> PlannedShift | None:
        """What is planned for this worker and not done with: where, with whom, and back when."""

    def start_shift(self, area: str = "", colleague_ids: tuple[Id, ...] = ()) -> Shift:
        """Start a shift now. A colleague named here joins it."""

    def join_shift(self, shift_id: Id) -> ShiftSummary:
        """Join a colleague's shift."""

    def end_shift(self, summary: str = "") -> ShiftSummary:
        """End the current shift, and say what was done on it."""

    def check_in(self, next_due_minutes: int | None = 60, duress: bool = False) -> CheckIn:
        """Say that I am well (under duress: that I am made to), and when I will say so next. Needs a shift."""

    def check_in_state(self) -> CheckInState:
        """The timer, and colleagues whose check-in is late as far as this phone knows."""

    # --- who and what is near --------------------------------------------------------------------------------------
    def where_am_i(self) -> Fix | None:
        """The last fix with its age; None before the first."""

    def tonight(self) -> list[TonightItem]:
        """Referrals and follow-ups in walking order, each with its distance and the reason it is on the list."""

    def people_near(self, position: Position | None = None, limit: int = 12) -> list[PersonCard]:
        """People last seen near a place (default: here), nearest and most recent first; without a place, most recent
        first.
        """

    def search_people(self, text: str, limit: int = 50) -> list[PersonCard]:
        """People whose name, alias or description holds every word of `text` (by its beginning). Empty text: most
        recent first.
        """

    def sites_near(self, position: Position | None = None, limit: int = 50) -> list[SiteCard]:
        """Places by distance; without a position, most recently visited first."""

    def map_items(self, south: float, west: float, north: float, east: float, limit: int = 2_000) -> list[MapItem]:
        """Sites, tonight's referrals and where people were last seen, inside a box of degrees."""

    def likely_cells(self) -> tuple[MapCell, ...]:
        """Squares where people are likely tonight, the likeliest first; none before the server told any."""

    def find_services(self, wanted: Wanted, limit: int = 50) -> list[Found]:
        """Services that fit, the nearest first, with the opening that was asked for, else the one now. `here` is the phone's
        own."""

    def service(self, service_id: Id) -> Found:
        """One service. Raises `NotHere`."""

    def person(self, person_id: Id) -> PersonRecord:
        """One person's whole record. Opening it is written down (rule A6). Raises `NotHere`."""

    def site(self, site_id: Id) -> SiteRecord:
        """One place's whole record. Raises `NotHere`."""

    def referral(self, referral_id: Id) -> ReferralRecord:
        """One referral with what is near it. Raises `NotHere`."""

    def contact(self, contact_id: Id) -> ContactRecord:
        """One contact, corrected and original. Raises `NotHere`."""

    # --- recording -------------------------------------------------------------------------------------------------
    def record_contact(self, draft: ContactDraft) -> Id:
        """Save a contact, with anyone new in it, in one transaction. Durable when it returns. A later, better fix
        improves its pin.
        """

    def refine_contact(self, contact_id: Id, fields: Mapping[str, Any], reason: str = "") -> bool:
        """Correct a saved contact: only the fields that differ are written, the original stays. False when nothing
        differed.
        """

    def keep_words(self, page: str, words: Mapping[str, str]) -> None:
        """Words that are typed and not saved, kept over a lock or a kill; none, and the page is forgotten."""

    def find_words(self, page: str) -> dict[str, str]:
        """What was typed on a page and not saved."""

    def my_night(self) -> list[NightEntry]:
        """What this worker recorded of late, newest first: contacts, struck ones too, and visits."""

    def strike_contact(self, contact_id: Id, reason: str) -> None:
        """It did not happen: kept, and emptied of people and places. Raises `DraftRefused` without a reason, `NotHere`."""

    def restore_contact(self, contact_id: Id) -> None:
        """It did happen: the contact reads again as before it was struck out. Raises `NotHere`."""

    def strike_visit(self, visit_id: Id, reason: str) -> None:
        """A stop was none: kept, and counted for nothing. Raises `DraftRefused` without a reason, `NotHere`."""

    def restore_visit(self, visit_id: Id) -> None:
        """It was one after all. Raises `NotHere`."""

    def record_visit(self, draft: VisitDraft) -> Id:
        """Save a stop where nobody was met."""

    def progress_referral(
        self,
        referral_id: Id,
        state: ReferralState,
        outcome: str = "",
        note: str = "",
        contact_id: Id | None = None,
        visit_id: Id | None = None,
        also_ids: tuple[Id, ...] = (),
    ) -> None:
        """Move a referral on: looked for, found, closed with its outcome; and others of the same place with it."""

    def add_person(self, draft: PersonDraft) -> Person:
        """Describe someone new, without a contact."""

    def patch_person(self, person_id: Id, fields: Mapping[str, Any]) -> bool:
        """Change some fields of a person's description. False when nothing differed."""

    def record_need(self, person_id: Id, need: str, receiving_support: str = "not_known") -> None:
        """A need seen or told now, and whether somebody already helps with it."""

    def short_form(self, person_id: Id) -> ShortForm:
        """What is to ask of one person today, offline: nothing that the record or an answer of late says."""

    def give_answer(self, person_id: Id, key: str, value: str = "", words: str = "", rather_not: bool = False) -> None:
        """Save one answer of the short form. Raises `DraftRefused` for one that says nothing."""

    def say_sharing(self, person_id: Id, agrees: bool) -> None:
        """Whether other services may read the assessment, as they said by word."""

    def add_site(self, draft: SiteDraft) -> Site:
        """Describe a new place."""

    def patch_site(self, site_id: Id, fields: Mapping[str, Any]) -> bool:
        """Change some fields of a place. False when nothing differed."""

    def begin_picture(self, kind: DocumentKind, person_id: Id | None = None, site_id: Id | None = None) -> str:
        """A picture of a document of this person, or of this place, is about to be taken: where the camera shall write it."""

    def finish_picture(self) -> bool:
        """Take up the picture that was asked for: kept with its record until it is sent. False where none was taken."""

    def possible_duplicates(self, draft: PersonDraft, position: Position | None = None) -> list[LikelyDuplicate]:
        """Who this might already be, best first, offline. Never insists."""

    def note_prompt(self, text: str) -> str | None:
        """A question to ask when a note looks as if it held an address, a postcode or a phone number (rule A12); else
        None.
        """

    # --- what is sent and what is not ------------------------------------------------------------------------------
    def unsent(self) -> int:
        """How many records are not yet with the server."""

    def sync_tray(self) -> list[TrayItem]:
        """Every unsent, refused or conflicting item in plain words with what to do, most pressing first."""

    def resolve_conflict(self, conflict: ConflictView, choice: ConflictChoice) -> None:
        """Choose one value; what both people wrote stays in history."""

    def correct_quarantined(self, item_id: Id, fields: Mapping[str, Any]) -> Id:
        """Correct a refused record and send it again as a new one. Returns the new change's id."""

    def dismiss_quarantined(self, item_id: Id) -> None:
        """Leave a refused record as it is: it stays with the server for a supervisor, and leaves the tray."""

    def sync_now(self) -> None:
        """Try at once (by hand, or because the network came back). Returns immediately."""

    def sync_status(self) -> SyncStatus:
        """The line at the top of every screen."""

    def observe_sync(self, listener: Callable[[SyncStatus], None]) -> Callable[[], None]:
        """Be told of progress. Called from the sync thread: hop to your own. Returns what stops it."""

    # --- settings kept on this phone -------------------------------------------------------------------------------
    def setting(self, name: str, default: str = "") -> str:
        """A setting such as `theme`, `language`, `vibration`, `speech` (these four are readable while locked)."""

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting."""

    def now(self) -> datetime:
        """The time, UTC: the phone's clock, mended by what the server said where that clock is wrong."""

    def clock_state(self) -> ClockState:
        """Whether the phone's clock is wrong, and how far."""

    def close(self) -> None:
        """Stop threads, close the store."""
