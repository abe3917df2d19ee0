"""What a worker recorded, newest first, and striking out what did not happen. A struck contact is kept, as are its words: the
correction empties it of people, place and needs, so that nobody is verified by it and no place counts as looked at, and says why.
"""

from datetime import timedelta

from mobile.field import cards, drafts
from mobile.field.drafts import DraftRefused
from mobile.field.journal import Journal
from mobile.field.nearby import place_names_of
from mobile.field.own_views import NightEntry
from mobile.field.recording import Recording
from mobile.opening.context import Context
from mobile.store import contacts, people, visits
from mobile.store.contacts import ContactRow
from mobile.store.database import Connection
from mobile.store.errors import NotHere
from mobile.store.rows import just_after, to_ms
from shared.model.contact import CORRECTABLE_FIELDS
from shared.model.shift import Visit, VisitStruck
from shared.model.value import Id
from shared.rules.corrections import EMPTIED, PUT_BACK, STRUCK, before_struck, corrected, struck_because

MINE_FOR = timedelta(hours=36)
"""What a worker writes up or puts right belongs to this night or the last."""


class Amending:
    """One worker's own records."""

    def __init__(self, context: Context, journal: Journal, recording: Recording) -> None:
        self._context, self._journal, self._recording = context, journal, recording

    def mine(self) -> list[NightEntry]:
        """Contacts and visits that this worker recorded of late, newest first, the struck ones too."""
        since_ms = to_ms(self._context.clock.now() - MINE_FOR)
        with self._context.store.reading() as connection:
            met = contacts.list_of_worker(connection, self._context.worker_id, since_ms)
            looked = visits.list_of_worker(connection, self._context.worker_id, since_ms)
            site_ids = {one.contact.site_id for one in met} | {one.site_id for one in looked}
            places = place_names_of(connection, {site_id for site_id in site_ids if site_id is not None})
            unsent = self._journal.unsent_ids(connection)
            entries = [self._met(connection, one, places, unsent) for one in met]
            struck = visits.list_struck(connection, tuple(one.id for one in looked))
        entries += [_looked(one, places, unsent, struck.get(one.id, "")) for one in looked]
        return sorted(entries, key=lambda entry: (entry.at, entry.id), reverse=True)

    def _met(self, connection: Connection, row: ContactRow, places: dict[Id, str], unsent: frozenset[Id]) -> NightEntry:
        contact = row.contact
        struck = struck_because(contacts.list_corrections(connection, contact.id)) if row.corrections else ""
        told = row.original if struck else contact
        names = [one.known_as for one in people.list_people(connection, told.person_ids)]
        return NightEntry(
            id=contact.id,
            is_contact=True,
            at=contact.seen_at,
            names=tuple(names),
            unidentified=told.unidentified_people,
            state=told.state,
            place=places.get(contact.site_id or "", ""),
            note=told.note,
            struck=struck,
            not_yet_sent=contact.id in unsent,
        )

    def strike(self, contact_id: Id, reason: str) -> None:
        """Say that a contact did not happen. Raises `DraftRefused` without a reason, `NotHere`."""
        if not reason.strip():
            raise DraftRefused("Say in a word why it did not happen.")
        self._recording.refine_contact(contact_id, EMPTIED, STRUCK + reason.strip())

    def restore(self, contact_id: Id) -> None:
        """It did happen after all: the contact reads again as it did before it was struck out. Raises `NotHere`."""
        with self._context.store.reading() as connection:
            row = contacts.find_contact(connection, contact_id)
            words = contacts.list_corrections(connection, contact_id)
        if row is None:
            raise NotHere
        before = corrected(row.original, before_struck(words))
        fields = {name: getattr(before, name) for name in CORRECTABLE_FIELDS}
        self._recording.refine_contact(contact_id, fields, PUT_BACK)

    def strike_visit(self, visit_id: Id, reason: str) -> None:
        """Say that a stop was none. Raises `DraftRefused` without a reason, `NotHere`."""
        if not reason.strip():
            raise DraftRefused("Say in a word why it did not happen.")
        self._say_of_visit(visit_id, reason.strip(), is_struck=True)

    def restore_visit(self, visit_id: Id) -> None:
        """It was one after all. Raises `NotHere`."""
        self._say_of_visit(visit_id, PUT_BACK, is_struck=False)

    def _say_of_visit(self, visit_id: Id, reason: str, *, is_struck: bool) -> None:
        with self._journal.writing() as entry:
            if visits.find_visit(entry.connection, visit_id) is None:
                raise NotHere
            now, newest = self._context.clock.now(), visits.newest_word_at(entry.connection, visit_id)
            word = VisitStruck(
                id=self._context.new_id(),
                visit_id=visit_id,
                at=now if newest is None or to_ms(now) > newest else just_after(newest),
                worker_id=self._context.worker_id,
                reason=reason,
                is_struck=is_struck,
            )
            entry.fact("visit.struck", drafts.checked(word), visit_id)


def _looked(visit: Visit, places: dict[Id, str], unsent: frozenset[Id], struck: str) -> NightEntry:
    return NightEntry(
        id=visit.id,
        is_contact=False,
        at=visit.at,
        place=places.get(visit.site_id or "", ""),
        site_id=visit.site_id,
        note=visit.note,
        found=cards.say_visit(visit),
        bedding=dict(cards.visit_codes(visit)).get("bedding", ""),
        struck=struck,
        not_yet_sent=visit.id in unsent,
    )
