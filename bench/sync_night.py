"""What phones bring home from a night, written by the phone's own code: drafts become facts, the phone's store numbers
them and composes the push, and it is squeezed as the phone squeezes it.

Contacts of about 1 KB: nearly all with a pin, most with somebody the team knows, some with needs, all with a note. Only
the store's encryption is left out: it changes no byte on the wire.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec
from msgspec import Raw

from mobile.field import drafts
from mobile.field.views import ContactDraft, PersonDraft
from mobile.store.sync import SyncStore
from shared.model.codes import ContactState, PinSource, ReceivingSupport, SupportNeed
from shared.model.contact import Contact, NeedSeen
from shared.model.device import Enrolled
from shared.model.position import Position
from shared.model.value import Id
from sync.authoring import NewChange
from sync.encoding import deflate_gzip
from sync.wire import encode

APP = "1.0.0"
WATFORD = (51.6565, -0.3963)
STATES = [ContactState.BEDDED_DOWN] * 5 + [ContactState.ABOUT_TO_BED_DOWN] * 2 + [ContactState.NOT_BEDDED_DOWN] * 3
NEEDS = [SupportNeed.ALCOHOL, SupportNeed.DRUGS, SupportNeed.MENTAL_HEALTH, SupportNeed.PHYSICAL_HEALTH]
GIVEN = ["Blanket", "Hot drink", "Food", "Socks", "Sleeping bag"]
OFFERED = ["A bed at the night shelter", "Day centre in the morning", "A lift to A&E", "Call with housing options"]
WORDS = [
    "bedded", "down", "by", "the", "station", "stairs", "spoke", "for", "ten", "minutes", "would", "like", "a",
    "place", "with", "his", "dog", "cold", "wet", "blanket", "soup", "tomorrow", "doctor", "chest", "cough", "seen",
    "earlier", "underpass", "friend", "moved", "on", "left", "belongings", "asked", "about", "hostel", "waiting",
    "list", "court", "date", "phone", "charged", "support", "worker", "Tuesday", "nine", "not", "well", "tonight",
    "declined", "accepted", "gloves", "tea", "bus", "shelter",
]  # fmt: skip


class Night:
    """One phone, and what its worker records."""

    def __init__(self, enrolled: Enrolled, began: datetime, new_id: Callable[[], Id]) -> None:
        self.number = enrolled.device.number
        self._config = enrolled.config
        self._now = began
        self._new_id = new_id
        self._chance = Random(self.number)
        self.store = SyncStore(sqlite3.connect(":memory:", isolation_level=None))
        self.store.enrol(self.number, (f"team:{self._config.team.id}",))

    def meet(self, count: int) -> list[Id]:
        """Describe people who are new to the team; returns their ids."""
        return [self._describe(self._new_id()) for _ in range(count)]

    def walk(self, known: Sequence[Id], count: int) -> None:
        """Record contacts, a few minutes apart, with people the team knows."""
        for _ in range(count):
            self._now += timedelta(minutes=self._chance.uniform(1, 4))
            self._record(self._draft(known))

    def push_body(self, batch: int) -> bytes:
        """The next push, as it goes on the wire."""
        return deflate_gzip(self.plain_push(batch))

    def plain_push(self, batch: int) -> bytes:
        """The next push before it is squeezed."""
        request = self.store.next_push(batch, self._ms(), APP)
        assert request is not None
        assert len(request.events) == batch, "cut by its size"
        return encode(request)

    def _describe(self, person_id: Id) -> Id:
        draft = PersonDraft(
            alias=" ".join(self._chance.sample(WORDS, 2)), description=" ".join(self._chance.sample(WORDS, 6))
        )
        self._say("person.patched", person_id, sets=drafts.patch_of(drafts.person_of(draft, person_id)))
        return person_id

    def _draft(self, known: Sequence[Id]) -> ContactDraft:
        chance = self._chance
        met = (chance.choice(known),) if chance.random() < 0.8 else ()
        needs = chance.sample(NEEDS, chance.choice((1, 2))) if chance.random() < 0.2 else []
        return ContactDraft(
            state=chance.choice(STATES),
            seen_at=self._now,
            person_ids=met,
            unidentified_people=0 if met else 1,
            position=self._pin() if chance.random() < 0.95 else None,
            needs=tuple(NeedSeen(need=need, receiving_support=ReceivingSupport.NO) for need in needs),
            offered=tuple(chance.sample(OFFERED, chance.choice((0, 1)))),
            given=tuple(chance.sample(GIVEN, chance.choice((0, 1, 2)))),
            note=" ".join(chance.choices(WORDS, k=50)),
        )

    def _pin(self) -> Position:
        chance = self._chance
        return Position(
            latitude=round(WATFORD[0] + chance.gauss(0, 0.008), 6),
            longitude=round(WATFORD[1] + chance.gauss(0, 0.012), 6),
            source=PinSource.GPS,
            accuracy_m=round(chance.uniform(4, 25), 1),
            fix_age_s=round(chance.uniform(0, 20), 1),
        )

    def _record(self, draft: ContactDraft) -> None:
        contact: Contact = drafts.contact_of(
            draft,
            contact_id=self._new_id(),
            person_ids=draft.person_ids,
            site_id=draft.site_id,
            position=draft.position,
            now=self._now,
            worker_id=self._config.worker.id,
            team_id=self._config.team.id,
            shift_id=None,
        )
        self._say("contact.recorded", contact.id, payload=Raw(msgspec.json.encode(contact)))

    def _say(self, change_type: str, entity: Id, **what: Any) -> None:
        new = NewChange(
            id=self._new_id(),
            type=change_type,
            scope=f"team:{self._config.team.id}",
            entity=entity,
            who=self._config.worker.id,
            at_ms=self._ms(),
            up_ms=self._ms() % 10_000_000,
            boot="b1",
            **what,
        )
        self.store.record(new, self._ms())

    def _ms(self) -> int:
        return int(self._now.timestamp() * 1000)
