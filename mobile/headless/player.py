"""Plays a script's steps on a `FieldService`, and writes down what came of each. No files, no arguments, no clock of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from mobile.device.ports import RawFix
from mobile.field.drafts import DraftRefused
from mobile.field.service import FieldService
from mobile.field.views import ContactDraft, PersonDraft, SiteDraft, SyncStatus, VisitDraft
from mobile.headless import script as steps
from mobile.headless.script import AnyStep, NewPerson, NewSite, Pin, Script, Step
from mobile.store.errors import StoreError
from shared.model.position import Position
from shared.model.value import Id


class Switches(Struct, kw_only=True):
    """What a script may change of the world around the phone."""

    set_clock: Callable[[datetime], None]
    set_online: Callable[[bool], None]
    fix: Callable[[RawFix], None]
    now_ms: Callable[[], int]


class UnknownName(ValueError):
    """A step names a record that no earlier step made and this phone does not hold."""


class Player:
    """One script on one phone."""

    def __init__(self, field: FieldService, switches: Switches, pin: str) -> None:
        self._field, self._switches, self._pin = field, switches, pin
        self._names: dict[str, Id] = {}

    def play(self, script: Script) -> list[dict[str, Any]]:
        """Every step's result. A step that the phone refuses tells its `error` and the next one is played."""
        return [self._play_one(step) for step in script.steps]

    def _play_one(self, step: AnyStep) -> dict[str, Any]:
        told: dict[str, Any] = {"do": step.__struct_config__.tag}
        try:
            told |= PLAYS[type(step)](self, step) or {}
        except (DraftRefused, UnknownName) as error:
            told["error"] = str(error)
        except StoreError as error:
            told["error"] = f"{error.plain} {error.what_to_do}"
        if step.name:
            told["as"] = step.name
            self._names[step.name] = str(told.get("id", ""))
        return told

    # --- the shift

    def start_shift(self, step: steps.StartShift) -> dict[str, Any]:
        return {"id": self._field.start_shift(step.area).id}

    def end_shift(self, step: steps.EndShift) -> dict[str, Any]:
        summary = self._field.end_shift(step.summary)
        return {"contacts": summary.contacts, "people": summary.people, "visits": summary.visits}

    def check_in(self, step: steps.CheckInStep) -> dict[str, Any]:
        return {"id": self._field.check_in(step.next_due_minutes).id}

    # --- recording

    def contact(self, step: steps.ContactStep) -> dict[str, Any]:
        new_people = ((step.new_person,) if step.new_person else ()) + step.new_people
        known = ((step.person,) if step.person else ()) + step.people
        contact_id = self._field.record_contact(
            ContactDraft(
                state=step.state,
                seen_at=step.seen_at,
                person_ids=tuple(self._person(name) for name in known),
                new_people=tuple(_person_draft(one) for one in new_people),
                unidentified_people=step.unidentified_people,
                site_id=self._site(step.site) if step.site else None,
                new_site=_site_draft(step.new_site) if step.new_site else None,
                position=_position(step.position),
                referral_id=self._referral(step.referral) if step.referral else None,
                needs=step.needs,
                offered=step.offered,
                given=step.given,
                safety_needs=step.safety_needs,
                strengths=step.strengths,
                next_step=step.next_step,
                note=step.note,
            )
        )
        contact = self._field.contact(contact_id).contact
        for one, person_id in zip(new_people, contact.person_ids[len(known) :], strict=True):
            self._names |= {one.called: person_id} if one.called else {}
        if step.new_site is not None and step.new_site.called and contact.site_id is not None:
            self._names[step.new_site.called] = contact.site_id
        return {"id": contact_id, "person_ids": list(contact.person_ids), "site_id": contact.site_id}

    def refine(self, step: steps.Refine) -> dict[str, Any]:
        contact_id = self._names.get(step.contact, step.contact)
        return {"id": contact_id, "changed": self._field.refine_contact(contact_id, step.fields)}

    def visit(self, step: steps.VisitStep) -> dict[str, Any]:
        draft = VisitDraft(
            site_id=self._site(step.site) if step.site else None,
            referral_id=self._referral(step.referral) if step.referral else None,
            position=_position(step.position),
            people_found=step.people_found,
            bedding_present=step.bedding_present,
            note=step.note,
        )
        return {"id": self._field.record_visit(draft)}

    def referral(self, step: steps.ReferralStep) -> dict[str, Any]:
        referral_id = self._referral(step.referral)
        self._field.progress_referral(referral_id, step.state, step.outcome, step.note)
        return {"id": referral_id, "state": str(self._field.referral(referral_id).state)}

    def patch_person(self, step: steps.PatchPerson) -> dict[str, Any]:
        person_id = self._person(step.person)
        return {"id": person_id, "changed": self._field.patch_person(person_id, step.fields)}

    def patch_site(self, step: steps.PatchSite) -> dict[str, Any]:
        site_id = self._site(step.site)
        return {"id": site_id, "changed": self._field.patch_site(site_id, step.fields)}

    def need(self, step: steps.NeedStep) -> dict[str, Any]:
        person_id = self._person(step.person)
        self._field.record_need(person_id, step.need, step.receiving_support)
        return {"id": person_id}

    def open_person(self, step: steps.OpenPerson) -> dict[str, Any]:
        record = self._field.person(self._person(step.person))
        return {"id": record.person.id, "known_as": record.card.known_as, "timeline": len(record.timeline)}

    # --- the world around it

    def place(self, step: steps.Place) -> dict[str, Any]:
        self._switches.fix(
            RawFix(
                latitude=step.latitude,
                longitude=step.longitude,
                accuracy_m=step.accuracy_m,
                at_ms=self._switches.now_ms(),
            )
        )
        return {}

    def clock(self, step: steps.SetClock) -> dict[str, Any]:
        self._switches.set_clock(step.at)
        return {"at": step.at.isoformat()}

    def offline(self, step: Step) -> dict[str, Any]:
        self._switches.set_online(False)
        return {}

    def online(self, step: Step) -> dict[str, Any]:
        self._switches.set_online(True)
        return {}

    def sync(self, step: Step) -> dict[str, Any]:
        return say_sync(self._field.sync_once())

    def lock(self, step: Step) -> dict[str, Any]:
        self._field.lock()
        return {"state": str(self._field.lock_state)}

    def unlock(self, step: steps.Unlock) -> dict[str, Any]:
        answer = self._field.unlock(step.pin or self._pin)
        return {"state": str(answer.state), "message": answer.message}

    def tell(self, step: Step) -> dict[str, Any]:
        return tell(self._field)

    # --- names

    def _person(self, name: str) -> Id:
        if name in self._names:
            return self._names[name]
        found = [card for card in self._field.search_people(name, 20) if name in (card.known_as, card.alias)]
        return found[0].id if found else self._checked(name, lambda i: self._field.person(i).person.id)

    def _site(self, name: str) -> Id:
        if name in self._names:
            return self._names[name]
        found = [card for card in self._field.sites_near(None, 500) if card.name == name]
        return found[0].id if found else self._checked(name, lambda i: self._field.site(i).site.id)

    def _referral(self, name: str) -> Id:
        items = [item for item in self._field.tonight() if str(item.kind) == "referral"]
        if name == "first" and items:
            return items[0].id
        by_number = {self._field.referral(item.id).referral.number: item.id for item in items}
        return by_number.get(name) or self._checked(name, lambda i: self._field.referral(i).referral.id)

    def _checked(self, name: str, find: Callable[[Id], Id]) -> Id:
        try:
            return find(name)
        except StoreError as error:
            raise UnknownName(f"Nothing on this phone is called {name!r}.") from error


PLAYS: dict[type[Step], Callable[[Any, Any], dict[str, Any]]] = {
    steps.StartShift: Player.start_shift,
    steps.EndShift: Player.end_shift,
    steps.CheckInStep: Player.check_in,
    steps.Place: Player.place,
    steps.SetClock: Player.clock,
    steps.ContactStep: Player.contact,
    steps.Refine: Player.refine,
    steps.VisitStep: Player.visit,
    steps.ReferralStep: Player.referral,
    steps.PatchPerson: Player.patch_person,
    steps.PatchSite: Player.patch_site,
    steps.NeedStep: Player.need,
    steps.OpenPerson: Player.open_person,
    steps.Sync: Player.sync,
    steps.Offline: Player.offline,
    steps.Online: Player.online,
    steps.Lock: Player.lock,
    steps.Unlock: Player.unlock,
    steps.Tell: Player.tell,
}


def tell(field: FieldService) -> dict[str, Any]:
    """What is unsent, and what tonight holds."""
    return {
        "unsent": field.unsent(),
        "tray": [
            {"id": item.id, "state": str(item.state), "title": item.title, "reason": item.reason}
            for item in field.sync_tray()
        ],
        "tonight": [{"kind": str(i.kind), "id": i.id, "title": i.title, "reason": i.reason} for i in field.tonight()],
        "people": len(field.search_people("", 10_000)),
        "sites": len(field.sites_near(None, 10_000)),
    }


def say_sync(status: SyncStatus) -> dict[str, Any]:
    """What a sync came to."""
    return {
        "phase": str(status.phase),
        "sent": status.sent,
        "received": status.received,
        "not_yet_sent": status.not_yet_sent,
        "needs_a_look": status.needs_a_look,
        "message": status.message,
    }


def _person_draft(new: NewPerson) -> PersonDraft:
    return PersonDraft(
        name=new.name,
        alias=new.alias,
        description=new.description,
        approximate_age_years=new.approximate_age_years,
        gender=new.gender,
    )


def _site_draft(new: NewSite) -> SiteDraft:
    return SiteDraft(
        name=new.name,
        kind=new.kind,
        position=_position(new.position),
        access_notes=new.access_notes,
        hazards=new.hazards,
    )


def _position(pin: Pin | None) -> Position | None:
    if pin is None:
        return None
    return Position(latitude=pin.latitude, longitude=pin.longitude, source=pin.source, accuracy_m=pin.accuracy_m)
