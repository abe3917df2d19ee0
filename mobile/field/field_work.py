"""The half of `api.Field` that needs an open store: each call goes to the session's service of that name. Decides nothing.

Raises `StoreLocked` while the phone is locked. The door, the sync and the settings are `field.FieldService`'s.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from mobile.field.api import Field
from mobile.field.own_views import NightEntry, PlannedShift, ShortForm
from mobile.field.views import (
    CheckInState,
    ConflictChoice,
    ConflictView,
    ContactDraft,
    ContactRecord,
    LikelyDuplicate,
    MapItem,
    PersonCard,
    PersonDraft,
    PersonRecord,
    ReferralRecord,
    ShiftSummary,
    SiteCard,
    SiteDraft,
    SiteRecord,
    TonightItem,
    TrayItem,
    VisitDraft,
)
from mobile.opening.session import Session
from mobile.ports import MapCell
from mobile.syncing import cell_fetch, own_alarm
from shared.model.codes import DocumentKind, ReceivingSupport, ReferralState, SupportNeed
from shared.model.device import FieldConfig
from shared.model.person import Person
from shared.model.position import Position
from shared.model.shift import CheckIn, Shift
from shared.model.site import Site
from shared.model.value import Id
from shared.rules.finding_services import Found, Wanted


class FieldWork(Field):
    """The part of `api.Field` that needs an open store."""

    @property
    def _open(self) -> Session:
        raise NotImplementedError

    def _recount(self) -> None:
        raise NotImplementedError

    @property
    def config(self) -> FieldConfig:
        return self._open.context.config

    # --- the shift

    def current_shift(self) -> ShiftSummary | None:
        return self._open.shifts.current()

    def forgotten_shift(self) -> ShiftSummary | None:
        return self._open.shifts.forgotten()

    def end_forgotten_shift(self) -> None:
        self._open.shifts.end_forgotten()

    def shifts_to_join(self) -> list[ShiftSummary]:
        return self._open.shifts.joinable()

    def planned_shift(self) -> PlannedShift | None:
        return self._open.shifts.planned()

    def start_shift(self, area: str = "", colleague_ids: tuple[Id, ...] = ()) -> Shift:
        return self._open.shifts.start(area, colleague_ids)

    def join_shift(self, shift_id: Id) -> ShiftSummary:
        return self._open.shifts.join(shift_id)

    def end_shift(self, summary: str = "") -> ShiftSummary:
        return self._open.shifts.end(summary)

    def check_in(self, next_due_minutes: int | None = 60, duress: bool = False) -> CheckIn:
        return self._open.shifts.check_in(next_due_minutes, duress)

    def check_in_state(self) -> CheckInState:
        state = self._open.shifts.check_in_state()
        is_asked = state.is_overdue and state.is_sent
        search = own_alarm.find(self._open.record.store, state.due_at) if is_asked else None
        return msgspec.structs.replace(state, search=search)

    # --- who and what is near

    def tonight(self) -> list[TonightItem]:
        planned = self._open.shifts.planned()
        return self._open.nearby.tonight(planned.plan.stops if planned is not None else ())

    def people_near(self, position: Position | None = None, limit: int = 12) -> list[PersonCard]:
        return self._open.nearby.people_near(position, limit)

    def search_people(self, text: str, limit: int = 50) -> list[PersonCard]:
        return self._open.nearby.search_people(text, limit)

    def sites_near(self, position: Position | None = None, limit: int = 50) -> list[SiteCard]:
        return self._open.nearby.sites_near(position, limit)

    def map_items(self, south: float, west: float, north: float, east: float, limit: int = 2_000) -> list[MapItem]:
        return self._open.nearby.map_items(south, west, north, east, limit)

    def likely_cells(self) -> tuple[MapCell, ...]:
        return cell_fetch.find_cells(self._open.record.store)

    def find_services(self, wanted: Wanted, limit: int = 50) -> list[Found]:
        return self._open.directory.find(wanted, self._open.nearby.here(), self._open.context.clock.now(), limit)

    def service(self, service_id: Id) -> Found:
        return self._open.directory.get(service_id, self._open.nearby.here(), self._open.context.clock.now())

    def person(self, person_id: Id) -> PersonRecord:
        return self._open.records.person(person_id)

    def site(self, site_id: Id) -> SiteRecord:
        return self._open.records.site(site_id)

    def referral(self, referral_id: Id) -> ReferralRecord:
        return self._open.records.referral(referral_id)

    def contact(self, contact_id: Id) -> ContactRecord:
        return self._open.records.contact(contact_id)

    # --- recording

    def record_contact(self, draft: ContactDraft) -> Id:
        session = self._open
        session.context.whereabouts.wake()
        contact = session.recording.record_contact(draft)
        session.pins.saved(contact, site_is_chosen=draft.site_is_chosen)
        return contact.id

    def refine_contact(self, contact_id: Id, fields: Mapping[str, Any], reason: str = "") -> bool:
        if "position" in fields or "site_id" in fields:
            self._open.pins.chosen_by_hand(contact_id, pin="position" in fields)
        return self._open.recording.refine_contact(contact_id, fields, reason)

    def keep_words(self, page: str, words: Mapping[str, str]) -> None:
        self._open.half_written.keep(page, words)

    def find_words(self, page: str) -> dict[str, str]:
        return self._open.half_written.find(page)

    def my_night(self) -> list[NightEntry]:
        return self._open.amending.mine()

    def strike_contact(self, contact_id: Id, reason: str) -> None:
        self._open.pins.chosen_by_hand(contact_id, pin=True)
        self._open.amending.strike(contact_id, reason)

    def restore_contact(self, contact_id: Id) -> None:
        self._open.amending.restore(contact_id)

    def strike_visit(self, visit_id: Id, reason: str) -> None:
        self._open.amending.strike_visit(visit_id, reason)

    def restore_visit(self, visit_id: Id) -> None:
        self._open.amending.restore_visit(visit_id)

    def record_visit(self, draft: VisitDraft) -> Id:
        return self._open.recording.record_visit(draft)

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
        recording = self._open.recording
        details = {"outcome": outcome, "note": note, "contact_id": contact_id, "visit_id": visit_id}
        recording.progress_referral(recording.step(referral_id, state, **details), also_ids)

    def add_person(self, draft: PersonDraft) -> Person:
        return self._open.recording.add_person(draft)

    def patch_person(self, person_id: Id, fields: Mapping[str, Any]) -> bool:
        return self._open.recording.patch_person(person_id, fields)

    def record_need(self, person_id: Id, need: str, receiving_support: str = "not_known") -> None:
        self._open.recording.record_need(person_id, SupportNeed(need), ReceivingSupport(receiving_support))

    def short_form(self, person_id: Id) -> ShortForm:
        return self._open.asking.short_form(person_id)

    def give_answer(self, person_id: Id, key: str, value: str = "", words: str = "", rather_not: bool = False) -> None:
        self._open.asking.give_answer(person_id, key, value, words, rather_not)

    def say_sharing(self, person_id: Id, agrees: bool) -> None:
        self._open.asking.say_sharing(person_id, agrees)

    def add_site(self, draft: SiteDraft) -> Site:
        return self._open.recording.add_site(draft)

    def patch_site(self, site_id: Id, fields: Mapping[str, Any]) -> bool:
        return self._open.recording.patch_site(site_id, fields)

    def begin_picture(self, kind: DocumentKind, person_id: Id | None = None, site_id: Id | None = None) -> str:
        return self._open.pictures.begin(kind, person_id, site_id)

    def finish_picture(self) -> bool:
        return self._open.pictures.finish()

    def possible_duplicates(self, draft: PersonDraft, position: Position | None = None) -> list[LikelyDuplicate]:
        return self._open.nearby.possible_duplicates(draft, position)

    def note_prompt(self, text: str) -> str | None:
        return self._open.nearby.note_prompt(text)

    # --- the tray

    def sync_tray(self) -> list[TrayItem]:
        return self._open.tray.items()

    def resolve_conflict(self, conflict: ConflictView, choice: ConflictChoice) -> None:
        self._open.tray.resolve(conflict, choice)
        self._recount()

    def correct_quarantined(self, item_id: Id, fields: Mapping[str, Any]) -> Id:
        new_id = self._open.tray.correct(item_id, fields)
        self._recount()
        return new_id

    def dismiss_quarantined(self, item_id: Id) -> None:
        self._open.tray.dismiss(item_id)
        self._recount()
