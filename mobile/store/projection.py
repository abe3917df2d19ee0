"""From changes to the tables that screens read. Each change is taken once or many times with the same result.

A fact goes into its table; a patch makes its entity's row anew from all the writes of its fields. What a newer app
wrote and this one cannot read is passed over here and kept in the log, so that an upgrade can show it (`rebuild`).
Merging is in `sync.merge`; transactions are the caller's.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from mobile.store import contacts, people, person_facts, pictures, referrals, shifts, sites, tellings, visits
from mobile.store.database import Connection
from mobile.store.rows import to_ms
from shared.model.assessment import AnswerGiven
from shared.model.consent import ConsentSaid
from shared.model.contact import Contact, ContactCorrection
from shared.model.device import RecordRead
from shared.model.document import DocumentAdded
from shared.model.person import PERSON_FIELDS, NeedRecorded, Person, PersonMerged
from shared.model.referral import REFERRAL_FIELDS, Referral, ReferralProgress
from shared.model.shift import CheckIn, Shift, ShiftCalledOff, ShiftEnded, ShiftJoined, ShiftPlanned, Visit, VisitStruck
from shared.model.site import SITE_FIELDS, Site
from shared.model.value import NO_JSON
from shared.model.verification import Verification
from shared.rules.careful import CAREFUL_FIELDS, join_careful
from sync.merge import Field
from sync.wire import Change

log = logging.getLogger(__name__)

FieldsOf = Callable[[str], Mapping[str, Field]]
"""The merged fields of one entity by name, as the sync store tells them."""

TABLES: Final = (
    "person", "person_search", "site", "contact", "contact_person", "contact_correction", "visit", "visit_strike", "referral",
    "referral_progress", "shift", "shift_joined", "shift_ended", "check_in", "need", "person_merged", "verification",
    "record_read", "picture", "answer", "consent", "shift_plan", "shift_called_off",
)  # fmt: skip


class ReadTables:
    """The phone's own tables, told of every change by the sync store inside the same transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._fields_of: FieldsOf = lambda entity: {}

    def ask(self, fields_of: FieldsOf) -> None:
        """Whom to ask for the merged fields of an entity."""
        self._fields_of = fields_of

    def changed(self, applied: Sequence[Change], dropped: Sequence[Change]) -> None:
        """These changes are shown from now on; those are shown no more. Each entity is settled once, after all facts."""
        for change in dropped:
            self._take_back(change)
        for change in applied:
            self._show(change)
        touched = {(change.t, change.e) for change in (*dropped, *applied) if change.is_patch}
        for change_type, entity in sorted(touched, key=str):
            self._settle_entity(change_type, entity)

    def _show(self, change: Change) -> None:
        fact = None if change.is_patch or change.erased else _read_fact(change)
        if fact is None:
            return
        FACTS[change.t].put(self._connection, fact)
        if isinstance(fact, Referral):
            _project_referral(self._connection, fact.id, self._fields_of(fact.id))

    def _take_back(self, change: Change) -> None:
        fact = None if change.is_patch or change.erased else _read_fact(change)
        if fact is not None:
            FACTS[change.t].drop(self._connection, fact)

    def wiped(self) -> None:
        """Everything is to be deleted."""
        for table in TABLES:
            self._connection.execute(f"DELETE FROM {table}")

    def rebuild(self, changes: Iterable[tuple[Change, int]]) -> None:
        """Make every table anew from all changes that this phone shows; pictures follow from none."""
        for table in TABLES:
            if table != "picture":
                self._connection.execute(f"DELETE FROM {table}")
        self.changed([change for change, _ in changes], [])

    def _settle_entity(self, change_type: str, entity: str | None) -> None:
        """Write one person, place or referral as its fields stand now; drop it when no write of it is left."""
        settle = ENTITIES.get(change_type)
        if settle is not None and entity is not None:
            settle(self._connection, entity, self._fields_of(entity))


# ---------------------------------------------------------------------------------------------------------- entities


def _project_person(connection: Connection, person_id: str, fields: Mapping[str, Field]) -> None:
    if not fields:
        people.forget_person(connection, person_id)
        return
    people.put_person(connection, _read_fields(Person, person_id, fields, PERSON_FIELDS), has_conflict(fields))
    people.refresh_last_seen(connection, person_id)


def _project_site(connection: Connection, site_id: str, fields: Mapping[str, Field]) -> None:
    if not fields:
        sites.forget_site(connection, site_id)
        return
    sites.put_site(connection, _read_fields(Site, site_id, fields, SITE_FIELDS), has_conflict(fields))
    sites.refresh_last_visit(connection, site_id)
    for person_id in people.list_last_seen_at(connection, site_id):
        people.refresh_last_seen(connection, person_id)


def _project_referral(connection: Connection, referral_id: str, fields: Mapping[str, Field]) -> None:
    row = referrals.find_referral(connection, referral_id)
    if row is None:
        return
    known = {name: field for name, field in fields.items() if name in REFERRAL_FIELDS}
    plain = msgspec.to_builtins(row.referral) | _shown(known)
    referrals.put_referral(connection, msgspec.convert(plain, Referral), has_conflict(fields))
    referrals.apply_progress(connection, referral_id)


ENTITIES: Final[dict[str, Callable[[Connection, str, Mapping[str, Field]], None]]] = {
    "person.patched": _project_person,
    "site.patched": _project_site,
    "referral.patched": _project_referral,
}


def has_conflict(fields: Mapping[str, Field]) -> bool:
    """Did two people write any of these fields unseen by one another?"""
    return any(field.is_conflict for field in fields.values())


def _shown(fields: Mapping[str, Field]) -> dict[str, Any]:
    return {name: _say_shown(name, field) for name, field in fields.items()}


def _say_shown(name: str, field: Field) -> Any:
    """The value that is shown; of what keeps people safe every side, until it is settled."""
    if name in CAREFUL_FIELDS and field.is_conflict:
        return join_careful(msgspec.json.decode(head.value) for head in field.heads)
    return msgspec.json.decode(field.shown.value)


def _read_fields(kind: type[Any], entity_id: str, fields: Mapping[str, Field], known: tuple[str, ...]) -> Any:
    """The entity from its shown values. A value this app cannot read is left out rather than losing the others."""
    shown = _shown({name: field for name, field in fields.items() if name in known})
    try:
        return msgspec.convert({"id": entity_id, **shown}, kind)
    except msgspec.ValidationError:
        readable = {name: value for name, value in shown.items() if _is_readable(kind, entity_id, name, value)}
        return msgspec.convert({"id": entity_id, **readable}, kind)


def _is_readable(kind: type[Any], entity_id: str, name: str, value: object) -> bool:
    try:
        msgspec.convert({"id": entity_id, name: value}, kind)
    except msgspec.ValidationError:
        log.info("a value of %s is of a newer kind; kept, not shown", name)
        return False
    return True


# ------------------------------------------------------------------------------------------------------------- facts


def _read_fact(change: Change) -> Any:
    """The fact that a change carries; None for one of a newer kind."""
    known = FACTS.get(change.t)
    if known is None:
        return None
    try:
        return msgspec.json.decode(change.p, type=known.kind)
    except NO_JSON:
        log.info("a %s of a newer kind; kept, not shown", change.t)
        return None


def _put_contact(connection: Connection, contact: Contact) -> None:
    if contacts.put_contact(connection, contact) and not contacts.is_corrected(connection, contact.id):
        _tell_of_new(connection, contact)
    else:
        _settle_contact(connection, contact.id)


def _tell_of_new(connection: Connection, contact: Contact) -> None:
    """A contact nobody has corrected can only move "last seen" forwards: no need to look at all the earlier ones."""
    for person_id in dict.fromkeys(contact.person_ids):
        people.note_contact(connection, person_id, contact.id, to_ms(contact.seen_at))
    if contact.site_id is not None:
        sites.refresh_last_visit(connection, contact.site_id)


def _drop_contact(connection: Connection, contact: Contact) -> None:
    row = contacts.find_contact(connection, contact.id)
    contacts.drop_contact(connection, contact.id)
    _tell_those_named(connection, *((contact,) if row is None else (contact, row.contact)))


def _put_correction(connection: Connection, correction: ContactCorrection) -> None:
    contacts.put_correction(connection, correction)
    _settle_contact(connection, correction.contact_id)


def _drop_correction(connection: Connection, correction: ContactCorrection) -> None:
    contacts.drop_correction(connection, correction.id)
    _settle_contact(connection, correction.contact_id)


def _settle_contact(connection: Connection, contact_id: str) -> None:
    before, after = contacts.apply_corrections(connection, contact_id)
    for referral_id in referrals.list_answered(connection, "contact_id", contact_id):
        referrals.apply_progress(connection, referral_id)
    if before is not None and after is not None:
        _tell_those_named(connection, before, after)


def _tell_those_named(connection: Connection, *told: Contact) -> None:
    """The people and places of a contact, as it was and as it is, take anew when they were last seen."""
    for person_id in {person_id for contact in told for person_id in contact.person_ids}:
        people.refresh_last_seen(connection, person_id)
    for site_id in {contact.site_id for contact in told if contact.site_id is not None}:
        sites.refresh_last_visit(connection, site_id)


def _put_visit(connection: Connection, visit: Visit) -> None:
    visits.put_visit(connection, visit)
    visits.settle_visit(connection, visit.id)
    if visit.site_id is not None:
        sites.refresh_last_visit(connection, visit.site_id)


def _drop_visit(connection: Connection, visit: Visit) -> None:
    visits.drop_visit(connection, visit.id)
    if visit.site_id is not None:
        sites.refresh_last_visit(connection, visit.site_id)


def _put_strike(connection: Connection, strike: VisitStruck) -> None:
    visits.put_strike(connection, strike)
    _settle_visit(connection, strike.visit_id)


def _drop_strike(connection: Connection, strike: VisitStruck) -> None:
    visits.drop_strike(connection, strike.id)
    _settle_visit(connection, strike.visit_id)


def _settle_visit(connection: Connection, visit_id: str) -> None:
    visits.settle_visit(connection, visit_id)
    for referral_id in referrals.list_answered(connection, "visit_id", visit_id):
        referrals.apply_progress(connection, referral_id)
    found = visits.find_visit(connection, visit_id)
    if found is not None and found.site_id is not None:
        sites.refresh_last_visit(connection, found.site_id)


def _put_referral(connection: Connection, referral: Referral) -> None:
    referrals.put_referral(connection, referral)
    referrals.apply_progress(connection, referral.id)


def _put_progress(connection: Connection, progress: ReferralProgress) -> None:
    referrals.put_progress(connection, progress)
    referrals.apply_progress(connection, progress.referral_id)


def _drop_progress(connection: Connection, progress: ReferralProgress) -> None:
    referrals.drop_progress(connection, progress)
    referrals.apply_progress(connection, progress.referral_id)


def _put_merged(connection: Connection, merged: PersonMerged) -> None:
    person_facts.put_merged(connection, merged)
    people.renew_joined(connection, (merged.from_id, merged.into_id))


def _drop_merged(connection: Connection, merged: PersonMerged) -> None:
    person_facts.drop_merged(connection, merged.id)
    people.renew_joined(connection, (merged.from_id, merged.into_id))


def _put_nowhere(_connection: Connection, _added: DocumentAdded) -> None:
    """No phone shows a document; that of its own is kept with its bytes until it is sent."""


def _drop_document(connection: Connection, added: DocumentAdded) -> None:
    pictures.drop_document(connection, added.id)


def _drop_from(table: str) -> Callable[[Connection, Any], None]:
    def drop(connection: Connection, fact: Any) -> None:
        connection.execute(f"DELETE FROM {table} WHERE id = ?", (fact.id,))

    return drop


class FactKind(msgspec.Struct, frozen=True):
    """How one type of fact is read, shown and taken back."""

    kind: type[Any]
    put: Callable[[Connection, Any], None]
    drop: Callable[[Connection, Any], None]


FACTS: Final[dict[str, FactKind]] = {
    "contact.recorded": FactKind(Contact, _put_contact, _drop_contact),
    "contact.corrected": FactKind(ContactCorrection, _put_correction, _drop_correction),
    "visit.recorded": FactKind(Visit, _put_visit, _drop_visit),
    "visit.struck": FactKind(VisitStruck, _put_strike, _drop_strike),
    "shift.started": FactKind(Shift, shifts.put_shift, _drop_from("shift")),
    "shift.joined": FactKind(ShiftJoined, shifts.put_joined, _drop_from("shift_joined")),
    "shift.ended": FactKind(ShiftEnded, shifts.put_ended, _drop_from("shift_ended")),
    "shift.planned": FactKind(ShiftPlanned, shifts.put_plan, _drop_from("shift_plan")),
    "shift.called_off": FactKind(ShiftCalledOff, shifts.put_called_off, _drop_from("shift_called_off")),
    "checkin.made": FactKind(CheckIn, shifts.put_check_in, _drop_from("check_in")),
    "need.recorded": FactKind(NeedRecorded, person_facts.put_need, _drop_from("need")),
    "answer.given": FactKind(AnswerGiven, tellings.put_answer, _drop_from("answer")),
    "consent.said": FactKind(ConsentSaid, tellings.put_consent, _drop_from("consent")),
    "person.merged": FactKind(PersonMerged, _put_merged, _drop_merged),
    "verification.recorded": FactKind(Verification, person_facts.put_verification, _drop_from("verification")),
    "referral.received": FactKind(Referral, _put_referral, _drop_from("referral")),
    "referral.progressed": FactKind(ReferralProgress, _put_progress, _drop_progress),
    "attachment.added": FactKind(DocumentAdded, _put_nowhere, _drop_document),
    "record.read": FactKind(RecordRead, person_facts.put_read, _drop_from("record_read")),
}
"""Every fact that this phone shows, and where it goes. A fact of another type stays in the log alone."""
