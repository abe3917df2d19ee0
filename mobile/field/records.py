"""Whole records as a screen shows them: person, place, referral, contact. Opening a person is written down (rule A6)."""

from collections.abc import Sequence

from mobile.field import cards
from mobile.field.journal import Journal
from mobile.field.nearby import Nearby, place_names
from mobile.field.tray import Tray
from mobile.field.views import (
    ContactRecord,
    OtherReferral,
    PersonRecord,
    ReferralRecord,
    SiteRecord,
    TimelineEntry,
)
from mobile.opening.context import Context
from mobile.store import contacts, outbox, people, person_facts, referrals, sites, visits
from mobile.store.database import Connection
from mobile.store.errors import NotHere
from mobile.store.record import Record
from mobile.store.referrals import ReferralRow
from mobile.store.rows import to_ms
from shared.geo.distance import near_distance_m
from shared.model.device import RecordRead
from shared.model.referral import Referral
from shared.model.value import Id
from shared.rules.careful import with_joined
from shared.rules.corrections import struck_because

READ_AGAIN_AFTER_MS = 15 * 60_000
"""Opening the same record again within this time is the same look at it."""
ONE_PLACE_M = 50.0
OTHERS_MAX = 8
"""More than a thumb will tick on one page."""


class Records:
    """Everything this phone holds about one thing."""

    def __init__(self, context: Context, journal: Journal, record: Record, nearby: Nearby, tray: Tray) -> None:
        self._context, self._journal, self._record = context, journal, record
        self._nearby, self._tray = nearby, tray

    def person(self, person_id: Id) -> PersonRecord:
        """One person under all their ids. Raises `NotHere`."""
        with self._context.store.reading() as connection:
            ids = people.list_aliases(connection, person_id)
            row = people.find_person(connection, ids[0]) or people.find_person(connection, person_id)
            if row is None:
                raise NotHere
            unsent = self._journal.unsent_ids(connection)
            place = place_names(connection, [row]).get(row.last_site_id or "", "")
            others = [one.person for one in people.list_people(connection, ids) if one.id != row.id]
            record = PersonRecord(
                person=row.person,
                warned=with_joined(row.person, others),
                card=cards.person_card(row, place, self._nearby.here(), unsent),
                needs=tuple(people.list_needs(connection, ids)),
                timeline=self._contacts(connection, contacts.list_of_people(connection, ids), unsent),
                conflicts=self._tray.conflicts_of("person", row.id, row.known_as),
                merged_ids=tuple(i for i in ids if i != row.id),
            )
        self._note_read(record.person.id)
        return record

    def _note_read(self, person_id: Id) -> None:
        now = self._context.clock.now()
        with self._journal.writing() as entry:
            last = person_facts.find_last_read(entry.connection, person_id)
            if last is not None and 0 <= to_ms(now) - last < READ_AGAIN_AFTER_MS:
                return
            read = RecordRead(
                id=self._context.new_id(),
                subject_kind="person",
                subject_id=person_id,
                worker_id=self._context.worker_id,
                at=now,
            )
            entry.fact("record.read", read, person_id)

    def site(self, site_id: Id) -> SiteRecord:
        """One place, who was last seen there, and who looked. Raises `NotHere`."""
        here = self._nearby.here()
        with self._context.store.reading() as connection:
            row = sites.find_site(connection, site_id)
            if row is None:
                raise NotHere
            unsent = self._journal.unsent_ids(connection)
            card = cards.site_card(row, here)
            seen = people.list_people(connection, tuple(people.list_last_seen_at(connection, site_id)))
            met = self._contacts(connection, contacts.list_at_site(connection, site_id), unsent)
            looked = [
                cards.visit_entry(v, self._context.name_of, unsent) for v in visits.list_at_site(connection, site_id)
            ]
            return SiteRecord(
                site=row.site,
                card=card,
                people=tuple(cards.person_card(one, card.name, here, unsent) for one in seen),
                timeline=cards.newest_first([*met, *looked]),
                conflicts=self._tray.conflicts_of("site", site_id, card.name),
            )

    def referral(self, referral_id: Id) -> ReferralRecord:
        """One referral, its steps, and who and what is known near it. Raises `NotHere`."""
        with self._context.store.reading() as connection:
            row = referrals.find_referral(connection, referral_id)
            if row is None:
                raise NotHere
            unsent = self._journal.unsent_ids(connection)
            name_of = self._context.name_of
            steps = [cards.progress_entry(s, name_of) for s in referrals.list_progress(connection, referral_id)]
            met = self._contacts(connection, contacts.list_of_referral(connection, referral_id), unsent)
            looked = [cards.visit_entry(v, name_of, unsent) for v in visits.list_of_referral(connection, referral_id)]
            others = _of_one_place(row.referral, referrals.list_open(connection))
        place = row.referral.position
        return ReferralRecord(
            referral=row.referral,
            state=row.referral.state,
            outcome=row.outcome,
            distance_m=cards.distance_m(self._nearby.here(), place),
            people_near=tuple(self._nearby.people_near(place, 6)) if place else (),
            sites_near=tuple(self._nearby.sites_near(place, 3)) if place else (),
            others=others,
            given_to=name_of(row.referral.assigned_worker_id) if row.referral.assigned_worker_id else "",
            timeline=cards.newest_first([*steps, *met, *looked]),
        )

    def contact(self, contact_id: Id) -> ContactRecord:
        """One contact as it reads and as it was first saved. Raises `NotHere`."""
        here = self._nearby.here()
        with self._context.store.reading() as connection:
            row = contacts.find_contact(connection, contact_id)
            if row is None:
                raise NotHere
            unsent = self._journal.unsent_ids(connection)
            met = people.list_people(connection, row.contact.person_ids)
            places = place_names(connection, met)
            return ContactRecord(
                contact=row.contact,
                original=row.original,
                corrections=row.corrections,
                struck=struck_because(contacts.list_corrections(connection, contact_id)),
                state=self._tray.state_of_contact(outbox.list_changes_about(connection, contact_id)),
                people=tuple(
                    cards.person_card(one, places.get(one.last_site_id or "", ""), here, unsent) for one in met
                ),
            )

    def _contacts(
        self, connection: Connection, rows: list[contacts.ContactRow], unsent: frozenset[Id]
    ) -> tuple[TimelineEntry, ...]:
        return cards.newest_first(cards.contact_entry(row, self._context.name_of, unsent) for row in rows)


def _of_one_place(referral: Referral, rows: Sequence[ReferralRow]) -> tuple[OtherReferral, ...]:
    """The other open referrals of the same place, the newest first: near enough for one doorway, or in the same words."""
    found = [row.referral for row in rows if row.referral.id != referral.id and _is_one_place(referral, row.referral)]
    return tuple(
        OtherReferral(
            id=each.id, number=each.number, text=(each.description or each.concerns or each.place)[:160],
            reported_at=each.reported_at,
        )
        for each in sorted(found, key=lambda each: each.reported_at, reverse=True)[:OTHERS_MAX]
    )  # fmt: skip


def _is_one_place(one: Referral, other: Referral) -> bool:
    if one.position is not None and other.position is not None:
        return near_distance_m(one.position, other.position) <= ONE_PLACE_M
    words = " ".join(one.place.casefold().split())
    return bool(words) and words == " ".join(other.place.casefold().split())
