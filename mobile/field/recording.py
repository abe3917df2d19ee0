"""What a worker records: contacts, corrections, visits, people, places, needs, steps of referrals. Each is one
transaction of the journal, durable when it returns. Drafts are judged in `drafts`, who sees them decided elsewhere.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import structs

from mobile.device.location import is_fresh, position_of
from mobile.field import drafts
from mobile.field.drafts import DraftRefused
from mobile.field.journal import Entry, Journal
from mobile.field.views import ContactDraft, PersonDraft, SiteDraft, VisitDraft
from mobile.opening.context import Context
from mobile.store import contacts, people, referrals, shifts, sites
from mobile.store.database import Connection
from mobile.store.errors import NotHere
from mobile.store.rows import just_after, to_ms
from shared.geo.distance import near_distance_m
from shared.model.codes import ContactState, ReceivingSupport, ReferralState, SupportNeed
from shared.model.contact import Contact, ContactCorrection
from shared.model.person import NeedRecorded, Person
from shared.model.position import Position
from shared.model.referral import ReferralProgress
from shared.model.site import Site
from shared.model.value import Id
from shared.rules.corrections import PUT_BACK, STRUCK, newly_told, struck_because
from shared.rules.referral import FINAL_STATES, steps_between

SAME_PLACE_M = 60.0
"""A pin further than this from a place, and further than GPS may err, is not of that place."""

KEEP = "keep"
"""In place of a site's id: the place stays as it is."""

NOBODY_MET = frozenset({ContactState.NOT_FOUND, ContactState.BEDDING_SEEN_NO_PERSON})


class Recording:
    """Writes of one unlocked phone."""

    def __init__(self, context: Context, journal: Journal) -> None:
        self._context, self._journal = context, journal

    # --- contacts

    def record_contact(self, draft: ContactDraft) -> Contact:
        """Save a contact with everyone and everything new in it, in one transaction. Raises `DraftRefused`, `StoreError`."""
        now = self._context.clock.now()
        new_people = [drafts.person_of(one, self._context.new_id()) for one in draft.new_people]
        new_site = self._new_site(draft.new_site, draft.position or self._pin())
        with self._journal.writing() as entry:
            position = draft.position or self._pin_at(entry.connection, draft.site_id)
            contact = drafts.contact_of(
                draft,
                contact_id=self._context.new_id(),
                person_ids=(*draft.person_ids, *(person.id for person in new_people)),
                site_id=draft.site_id or (new_site.id if new_site else None),
                position=position,
                now=now,
                worker_id=self._context.worker_id,
                team_id=self._context.config.team.id,
                shift_id=self._shift_id(entry.connection),
            )
            for person in new_people:
                entry.patch("person.patched", person.id, drafts.patch_of(person))
            if new_site is not None:
                entry.patch("site.patched", new_site.id, drafts.patch_of(new_site))
            entry.fact("contact.recorded", contact, contact.id)
            self._note_needs(entry, contact)
            if contact.referral_id is not None:
                reached = ReferralState.LOOKED_FOR if contact.state in NOBODY_MET else ReferralState.FOUND
                self._reach(entry, contact.referral_id, reached, contact_id=contact.id)
                self._answer_too(entry, draft.also_ids, reached, contact_id=contact.id)
        return contact

    def _note_needs(self, entry: Entry, contact: Contact) -> None:
        """A need told by one identified person is also theirs; with several nobody knows whose it is."""
        if len(contact.person_ids) != 1:
            return
        for seen in contact.needs:
            need = NeedRecorded(
                id=self._context.new_id(),
                person_id=contact.person_ids[0],
                need=seen.need,
                receiving_support=seen.receiving_support,
                at=contact.seen_at,
                worker_id=self._context.worker_id,  # who says so now: the contact that is put right may be a colleague's
                contact_id=contact.id,
            )
            entry.fact("need.recorded", need, need.person_id)

    def refine_contact(self, contact_id: Id, fields: Mapping[str, Any], reason: str = "") -> bool:
        """Write a correction with only the fields that differ. False when none does. Raises `DraftRefused`, `NotHere`."""
        with self._journal.writing() as entry:
            row = contacts.find_contact(entry.connection, contact_id)
            if row is None:
                raise NotHere
            if not reason.startswith((STRUCK, PUT_BACK)) and self._is_struck(entry.connection, row):
                raise DraftRefused("This was struck out. Say first that it did happen.")
            changed = drafts.differing_contact(row.contact, self._of_one_place(entry.connection, row.contact, fields))
            if not changed:
                return False
            correction = ContactCorrection(
                id=self._context.new_id(),
                contact_id=contact_id,
                at=self._after_earlier(entry.connection, contact_id),
                worker_id=self._context.worker_id,
                fields=changed,
                reason=reason,
            )
            entry.fact("contact.corrected", drafts.checked(correction), contact_id)
            if changed.keys() & {"needs", "person_ids"}:
                after = drafts.read(structs.asdict(row.contact) | dict(changed), Contact)
                self._note_needs(entry, structs.replace(after, needs=newly_told(row.contact, after)))
        return True

    @staticmethod
    def _is_struck(connection: Connection, row: contacts.ContactRow) -> bool:
        """The newest word on a contact says whether it is: another one would put it back unsaid."""
        return bool(row.corrections and struck_because(contacts.list_corrections(connection, row.contact.id)))

    def _of_one_place(self, connection: Connection, before: Contact, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """A place that is put right takes its pin along, and a pin its place: a record names one place, the newest word."""
        if ("site_id" in fields) == ("position" in fields):
            return fields
        site_id = fields.get("site_id", before.site_id)
        pin = fields.get("position", before.position)
        row = sites.find_site(connection, site_id) if site_id is not None else None
        if row is None or is_same_place(pin, row.site.position):
            return fields
        return {**fields, "position": None} if "site_id" in fields else {**fields, "site_id": None}

    def improve_pin(self, contact_id: Id, found: Position, site_id: Id | None) -> None:
        """A better fix came: the pin, and the place that the worse one had suggested, are both put right. With `KEEP` the place
        is the worker's own: a pin that says another one is left out.
        """
        fields: dict[str, Any] = {"position": found}
        if site_id != KEEP:
            fields["site_id"] = site_id
        elif not self._agrees(contact_id, found):
            return
        with suppress(DraftRefused):  # struck out meanwhile
            self.refine_contact(contact_id, fields, reason="a better GPS fix")

    def _agrees(self, contact_id: Id, found: Position) -> bool:
        with self._context.store.reading() as connection:
            row = contacts.find_contact(connection, contact_id)
            place = sites.find_site(connection, row.contact.site_id) if row and row.contact.site_id else None
        return place is None or is_same_place(found, place.site.position)

    def _after_earlier(self, connection: Connection, contact_id: Id) -> Any:
        """Now, yet after every correction known here: the last word wins although a clock was set back."""
        now = self._context.clock.now()
        newest = contacts.newest_correction_at(connection, contact_id)
        return now if newest is None or to_ms(now) > newest else just_after(newest)

    # --- visits and referrals

    def record_visit(self, draft: VisitDraft) -> Id:
        """Save a stop where nobody was met. Raises `DraftRefused`, `StoreError`."""
        with self._journal.writing() as entry:
            visit = drafts.visit_of(
                draft,
                visit_id=self._context.new_id(),
                position=draft.position or self._pin_at(entry.connection, draft.site_id),
                now=self._context.clock.now(),
                worker_id=self._context.worker_id,
                team_id=self._context.config.team.id,
                shift_id=self._shift_id(entry.connection),
            )
            entry.fact("visit.recorded", visit, visit.id)
            if visit.referral_id is not None:
                self._reach(entry, visit.referral_id, ReferralState.LOOKED_FOR, visit_id=visit.id)
                self._answer_too(entry, draft.also_ids, ReferralState.LOOKED_FOR, visit_id=visit.id)
        return visit.id

    def progress_referral(self, step: ReferralProgress, also_ids: Sequence[Id] = ()) -> None:
        """Move a referral on, through the states between where there are some, and with it others of the place that can go there.

        Raises `DraftRefused`, `NotHere` for the one.
        """
        with self._journal.writing() as entry:
            row = referrals.find_referral(entry.connection, step.referral_id)
            if row is None:
                raise NotHere
            self._walk(entry, row.referral.state, step)
            said = {name: getattr(step, name) for name in ("outcome", "note", "contact_id", "visit_id")}
            self._answer_too(entry, also_ids, step.state, **said)

    def _answer_too(self, entry: Entry, also_ids: Sequence[Id], state: ReferralState, **why: Any) -> None:
        """Move the other referrals of the place with it that are open still."""
        for answered in dict.fromkeys(also_ids):
            self._reach(entry, answered, state, **why)

    def _reach(self, entry: Entry, referral_id: Id, state: ReferralState, **why: Any) -> None:
        """Move a referral to a state if it can still get there; recording a contact never fails over it. What is over is not
        opened by the way; each time that somebody looked is a step.
        """
        row = referrals.find_referral(entry.connection, referral_id)
        if row is None or row.referral.state in FINAL_STATES:
            return
        if row.referral.state == state and why.get("visit_id") is None:
            return
        try:
            self._walk(entry, row.referral.state, self.step(referral_id, state, **why))
        except DraftRefused:
            return

    def step(self, referral_id: Id, state: ReferralState, **details: Any) -> ReferralProgress:
        """A step of a referral, taken now by this worker."""
        return ReferralProgress(
            id=self._context.new_id(),
            referral_id=referral_id,
            state=state,
            at=self._context.clock.now(),
            worker_id=self._context.worker_id,
            **details,
        )

    def _walk(self, entry: Entry, before: ReferralState, last: ReferralProgress) -> None:
        way = steps_between(before, last.state)
        if not way:
            raise DraftRefused("This referral can no longer be changed that way.")
        newest = referrals.newest_progress_at(entry.connection, last.referral_id)
        at = last.at if newest is None or to_ms(last.at) > newest else just_after(newest)
        for number, state in enumerate(way):
            step = structs.replace(last, at=just_after(to_ms(at) + number - 1))
            if number < len(way) - 1:
                step = self.step(last.referral_id, state)
                step = structs.replace(step, at=just_after(to_ms(at) + number - 1))
            entry.fact("referral.progressed", drafts.checked(step), last.referral_id)

    # --- people

    def add_person(self, draft: PersonDraft) -> Person:
        """Describe someone new. Raises `DraftRefused`."""
        person = drafts.person_of(draft, self._context.new_id())
        with self._journal.writing() as entry:
            entry.patch("person.patched", person.id, drafts.patch_of(person))
        return person

    def patch_person(self, person_id: Id, fields: Mapping[str, Any]) -> bool:
        """Change some fields of a description. Raises `DraftRefused`, `NotHere`."""
        with self._journal.writing() as entry:
            row = people.find_person(entry.connection, person_id)
            if row is None:
                raise NotHere
            changed = drafts.differing_person(row.person, fields)
            if changed:
                entry.patch("person.patched", person_id, changed)
        return bool(changed)

    def record_need(self, person_id: Id, need: SupportNeed, receiving_support: ReceivingSupport) -> None:
        """A need seen or told now."""
        recorded = NeedRecorded(
            id=self._context.new_id(),
            person_id=person_id,
            need=need,
            receiving_support=receiving_support,
            at=self._context.clock.now(),
            worker_id=self._context.worker_id,
        )
        with self._journal.writing() as entry:
            entry.fact("need.recorded", recorded, person_id)

    # --- places

    def add_site(self, draft: SiteDraft) -> Site:
        """Describe a new place. Raises `DraftRefused`."""
        site = drafts.site_of(draft, self._context.new_id(), self._pin())
        with self._journal.writing() as entry:
            entry.patch("site.patched", site.id, drafts.patch_of(site))
        return site

    def patch_site(self, site_id: Id, fields: Mapping[str, Any]) -> bool:
        """Change some fields of a place. Raises `DraftRefused`, `NotHere`."""
        with self._journal.writing() as entry:
            row = sites.find_site(entry.connection, site_id)
            if row is None:
                raise NotHere
            changed = drafts.differing_site(row.site, fields)
            if changed:
                entry.patch("site.patched", site_id, changed)
        return bool(changed)

    # --- where and when

    def _pin(self) -> Position | None:
        """The last fix as a pin with its age and accuracy, unless it is old: better no pin than a wrong one."""
        fix, uptime_ms = self._context.whereabouts.last(), self._context.clock.uptime_ms()
        return position_of(fix, uptime_ms) if fix is not None and is_fresh(fix, uptime_ms) else None

    def _pin_at(self, connection: Connection, site_id: Id | None) -> Position | None:
        """The pin of something that was seen at a place; none where GPS says another place: a record names one."""
        pin = self._pin()
        row = sites.find_site(connection, site_id) if site_id is not None else None
        return pin if row is None or is_same_place(pin, row.site.position) else None

    def _new_site(self, draft: SiteDraft | None, position: Position | None) -> Site | None:
        return None if draft is None else drafts.site_of(draft, self._context.new_id(), position)

    def _shift_id(self, connection: Connection) -> Id | None:
        shift = shifts.find_current(connection, self._context.worker_id, self._context.clock.now())
        return None if shift is None else shift.id


def is_same_place(pin: Position | None, place: Position | None) -> bool:
    """Can a pin be of this place, as far as its accuracy tells? What is not known does not disagree."""
    if pin is None or place is None:
        return True
    return near_distance_m(pin, place) <= max(SAME_PLACE_M, pin.accuracy_m or 0.0)
