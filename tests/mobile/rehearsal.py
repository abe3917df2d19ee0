"""A phone that remembers nothing: `mobile.field.api.Field` in memory, for tests of looks and of a screen's manners.

The journeys run against the real service and its encrypted store; this one only has to show every screen something to draw, and
to fail on demand.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from mobile.field.api import Field
from mobile.field.asking import SHORT_FORM
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
    OtherReferral,
    PersonCard,
    PersonDraft,
    PersonRecord,
    ReferralRecord,
    ShiftSummary,
    SiteCard,
    SiteDraft,
    SiteRecord,
    SyncPhase,
    SyncStatus,
    TimelineEntry,
    TonightItem,
    TonightKind,
    TrayItem,
    Unlocking,
    VisitDraft,
)
from mobile.ports import MapCell
from mobile.text.moments import wall_time
from shared.model.agency import Team
from shared.model.codes import (
    AlertSource,
    ContactState,
    DocumentKind,
    PinSource,
    ReceivingSupport,
    ReferralState,
    SiteKind,
    SupportNeed,
    SyncState,
)
from shared.model.contact import Contact
from shared.model.device import FieldConfig
from shared.model.person import NeedRecorded, Person
from shared.model.position import Position
from shared.model.quick_entry import QuickEntry
from shared.model.referral import Referral
from shared.model.service import Place, Service, ServiceOffer, ServiceWelcome
from shared.model.shift import CheckIn, Shift
from shared.model.site import Site
from shared.model.worker import Worker
from shared.rules.finding_services import Found, Wanted, find_services, index_services
from shared.rules.reading_hours import read_hours

NOW = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
PIN = "294175"
HERE = (51.6640, -0.3965)


def ago(**parts: float) -> datetime:
    """So long before 02:10."""
    return NOW - timedelta(**parts)


def at(north_m: float = 0.0, east_m: float = 0.0) -> Position:
    """A place so many metres from Aisha."""
    latitude, longitude = HERE[0] + north_m / 111_320, HERE[1] + east_m / 69_000
    return Position(latitude=latitude, longitude=longitude, source=PinSource.GPS, accuracy_m=12.0)


AISHA = Worker(id="w-aisha", name="Aisha Noor", short_name="Aisha N", agency_id="a-outreach")
DEAN = Worker(id="w-dean", name="Dean Walsh", short_name="Dean W", agency_id="a-outreach")
CONFIG = FieldConfig(worker=AISHA, team=Team(id="t-watford", name="Watford Outreach", agency_id="a-outreach"))

STAIRWELL = SiteCard(
    id="s-stairwell", name="Station stairwell", kind=SiteKind.STAIRWELL, position=at(20, 5), distance_m=22.0,
    last_visited_at=ago(hours=4), people_last_seen=2, has_hazards=True,
)  # fmt: skip
SITES = (
    STAIRWELL,
    SiteCard(id="s-shelter", name="Bus shelter, Clarendon Road", kind=SiteKind.BUS_SHELTER, position=at(-140, 90),
             distance_m=166.0, last_visited_at=ago(days=2)),
    SiteCard(id="s-car-park", name="Sutton car park, level 3", kind=SiteKind.CAR_PARK, position=at(260, -190), distance_m=322.0),
    SiteCard(id="s-park", name="Cassiobury bandstand", kind=SiteKind.PARK_OPEN_SPACE, position=at(-420, -610), distance_m=741.0,
             last_visited_at=ago(days=9)),
)  # fmt: skip


def _card(
    index: int, name: str, description: str, place: SiteCard, hours: float, metres: float, worried: bool = False
) -> PersonCard:
    return PersonCard(
        id=f"p-{index}", known_as=name, alias="" if index % 2 else name, description=description,
        last_seen_at=ago(hours=hours), last_state=ContactState.BEDDED_DOWN, last_site_id=place.id, last_place=place.name,
        distance_m=metres, position=place.position, has_safety_needs=worried,
    )  # fmt: skip


PEOPLE = (
    _card(1, "Marek", "Tall, grey beard, army coat, speaks Polish", SITES[0], 30, 22),
    _card(2, "Red", "Red hat, Irish, small dog called Biscuit", SITES[1], 52, 166),
    _card(3, "Sheila", "Sixties, blue trolley, sits upright", SITES[0], 76, 24, worried=True),
    _card(4, "Tomasz", "Twenties, hi-vis jacket, works mornings", SITES[2], 100, 322),
    _card(5, "Big Dave", "Crutches, Watford scarf", SITES[3], 140, 741),
    _card(6, "Amina", "Green scarf, asks for the women's team", SITES[1], 190, 170, worried=True),
)

TONIGHT = (
    TonightItem(kind=TonightKind.REFERRAL, id="r-1", title="Man in doorway, no coat", reason="Referral",
                distance_m=180.0, reported_at=ago(hours=4.5), due_on=date(2026, 11, 24), position=at(120, 130)),
    TonightItem(kind=TonightKind.FOLLOW_UP, id="p-1", person_id="p-1", title="Marek",
                reason="Next step from Friday: bring form for GP", distance_m=22.0, last_seen_at=ago(hours=30)),
    TonightItem(kind=TonightKind.REFERRAL, id="r-2", title="Two people in a tent behind the garages by the canal",
                reason="Referral", distance_m=640.0, reported_at=ago(days=11), due_on=date(2026, 11, 19), is_overdue=True),
    TonightItem(kind=TonightKind.FOLLOW_UP, id="p-3", person_id="p-3", title="Sheila",
                reason="Safety needs: see her every night", distance_m=24.0, last_seen_at=ago(hours=76)),
    TonightItem(kind=TonightKind.FOLLOW_UP, id="p-5", person_id="p-5", title="Big Dave",
                reason="Last seen Sunday, crutches", distance_m=741.0, last_seen_at=ago(hours=140)),
)  # fmt: skip

CONFLICT = ConflictView(
    subject_kind="person", subject_id="p-1", subject_name="Marek", field="description",
    choices=(
        ConflictChoice(value="Station stairwell", text="Station stairwell", who="Aisha N", at=ago(minutes=2), is_mine=True),
        ConflictChoice(value="Bus shelter", text="Bus shelter", who="Dean W", at=ago(hours=2.3)),
    ),
)  # fmt: skip
SERVICES = (
    Service(
        id="sv-shelter", name="Watford night shelter", provider="New Hope", telephone="01923 000000",
        notice="Two beds left at six",
        description="Twelve beds in the hall; supper at eight.", eligibility="Known to the outreach team",
        checked_on=date(2026, 11, 2),
        offers=(ServiceOffer.EMERGENCY_BED, ServiceOffer.FOOD), welcomes=(ServiceWelcome.DOGS, ServiceWelcome.NO_REFERRAL),
        hours=read_hours("every day 20:00-08:00")[0],
        places=(Place(id="pl-1", name="The hall", address="1 High Street", town="Watford", latitude=51.6612, longitude=-0.3985),),
    ),
    Service(
        id="sv-refuge", name="Haven", offers=(ServiceOffer.DOMESTIC_ABUSE,), welcomes=(ServiceWelcome.WOMEN_ONLY,),
        telephone="0808 0000000", hours=read_hours("every day 0:00-24:00")[0], is_secret_address=True,
    ),
    Service(id="sv-gp", name="Meadow surgery", offers=(ServiceOffer.HEALTH_CARE,), hours=read_hours("Mon-Fri 8:30-18:00")[0]),
)  # fmt: skip
TRAY = (
    TrayItem(id="person/p-1/description", state=SyncState.CONFLICT, title="Two people changed where Marek sleeps",
             what_to_do="Choose the one that is right.", at=ago(minutes=2), conflict=CONFLICT),
    TrayItem(id="c-9", state=SyncState.QUARANTINED, title="Contact, Tomasz", at=ago(hours=1),
             correctable_fields={"note": "Rain, rain"}, reason="The note is longer than 10,000 letters.",
             what_to_do="Shorten the note and send it again."),
    TrayItem(id="c-10", state=SyncState.QUEUED, title="Contact, Marek", at=ago(minutes=1)),
    TrayItem(id="c-11", state=SyncState.QUEUED, title="Nobody there, Bus shelter", at=ago(minutes=20)),
    TrayItem(id="c-12", state=SyncState.QUEUED, title="Contact, Sheila", at=ago(minutes=44)),
)  # fmt: skip


class RehearsalField(Field):
    """The service of a phone on a good night, in memory."""

    is_enrolled = True
    may_enrol = False
    lock_state = LockState.UNLOCKED
    config = CONFIG

    def __init__(self, lock_state: LockState = LockState.UNLOCKED, enrolled: bool = True) -> None:
        self.is_enrolled = enrolled
        self.check_ins: list[tuple[int | None, bool]] = []
        self.may_enrol = not enrolled
        self.lock_state = lock_state
        self.settings: dict[str, str] = {}
        self.clock = ClockState()
        self.half_written: dict[str, dict[str, str]] = {}
        self.fix: Fix | None = Fix(position=at(), at=ago(seconds=30), accuracy_m=12.0, age_s=30.0, is_sure=True)
        self.people: tuple[PersonCard, ...] = PEOPLE
        self.cells: tuple[MapCell, ...] = ()
        self.shift: ShiftSummary | None = self._shift()
        self.planned: PlannedShift | None = None
        self.status = SyncStatus(phase=SyncPhase.OFFLINE, not_yet_sent=3, needs_a_look=1)
        self.drafts: list[Any] = []
        self.refinements: list[tuple[str, dict[str, Any]]] = []
        self.fails_with: Exception | None = None
        self.unlocking: Unlocking | None = None
        self.tray_items: tuple[TrayItem, ...] = TRAY
        self.resolved: list[tuple[ConflictView, ConflictChoice]] = []
        self._listeners: list[Callable[[LockState], None]] = []

    def _shift(self) -> ShiftSummary:
        shift = Shift(
            id="sh-1", team_id="t-watford", worker_id="w-aisha", started_at=ago(hours=3), night=date(2026, 11, 20)
        )
        return ShiftSummary(shift=shift, started_by="Aisha N", contacts=7, people=9, visits=4, not_yet_sent=3)

    # --- the door
    def enrol(self, code: str, server_url: str, pin: str) -> Enrolling:
        return Enrolling(enrolled=True, match_digits="4829", worker_name="Aisha N", team_name="Watford Outreach")

    def refusal_of_pin(self, pin: str) -> str | None:
        return "Too easy to guess." if pin in ("123456", "000000") else None

    def unlock(self, pin: str) -> Unlocking:
        if self.unlocking is not None:
            return self.unlocking
        if pin != PIN:
            return Unlocking(state=LockState.LOCKED, attempts_left=4)
        self.lock_state = LockState.UNLOCKED
        return Unlocking(state=LockState.UNLOCKED)

    def record_quick(self) -> QuickEntry:
        if self.fails_with is not None:
            raise self.fails_with
        self.drafts.append("quick")
        return QuickEntry(id="q-1", at=NOW, position=at())

    def take_quick_back(self, entry_id: str) -> bool:
        self.drafts.append(("back", entry_id))
        return True

    def lock(self) -> None:
        self.lock_state = LockState.LOCKED
        for listener in self._listeners:
            listener(self.lock_state)

    def observe_lock(self, listener: Callable[[LockState], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def touched(self) -> None: ...
    def paused(self) -> None: ...
    def resumed(self) -> None: ...
    def lock_if_due(self) -> bool:
        return False

    # --- the shift
    def current_shift(self) -> ShiftSummary | None:
        return self.shift

    def forgotten_shift(self) -> ShiftSummary | None:
        return None

    def end_forgotten_shift(self) -> None:
        pass

    def shifts_to_join(self) -> list[ShiftSummary]:
        return [msgspec.structs.replace(self._shift(), is_mine=False, started_by="Dean W")]

    def planned_shift(self) -> PlannedShift | None:
        return self.planned

    def start_shift(self, area: str = "", colleague_ids: tuple[str, ...] = ()) -> Shift:
        self.shift = self._shift()
        return self.shift.shift

    def join_shift(self, shift_id: str) -> ShiftSummary:
        self.shift = self._shift()
        return self.shift

    def end_shift(self, summary: str = "") -> ShiftSummary:
        ended, self.shift = self._shift(), None
        return ended

    def check_in(self, next_due_minutes: int | None = 60, duress: bool = False) -> CheckIn:
        self.check_ins.append((next_due_minutes, duress))
        return CheckIn(id="ci-1", shift_id="sh-1", worker_id="w-aisha", at=NOW)

    def check_in_state(self) -> CheckInState:
        return CheckInState(shift_id="sh-1", due_at=NOW + timedelta(minutes=35))

    # --- looking
    def where_am_i(self) -> Fix | None:
        return self.fix

    def tonight(self) -> list[TonightItem]:
        return list(TONIGHT)

    def people_near(self, position: Position | None = None, limit: int = 12) -> list[PersonCard]:
        return list(self.people[:limit])

    def search_people(self, text: str, limit: int = 50) -> list[PersonCard]:
        words = text.lower().split()
        return [p for p in self.people if all(w in f"{p.known_as} {p.description}".lower() for w in words)][:limit]

    def find_services(self, wanted: Wanted, limit: int = 50) -> list[Found]:
        return find_services(
            index_services(SERVICES), msgspec.structs.replace(wanted, here=HERE), wall_time(NOW), limit
        )

    def service(self, service_id: str) -> Found:
        return next(each for each in self.find_services(Wanted()) if each.service.id == service_id)

    def sites_near(self, position: Position | None = None, limit: int = 50) -> list[SiteCard]:
        return list(SITES[:limit])

    def map_items(self, south: float, west: float, north: float, east: float, limit: int = 2_000) -> list[MapItem]:
        sites = [_item("site", s.id, s.position, s.name) for s in SITES]
        referrals = [
            _item("referral", "r-1", at(120, 130), "Man in doorway, no coat"),
            _item("referral", "r-2", at(500, 380), "Tent"),
        ]
        return [*sites, *referrals, _item("person", "p-5", at(-60, -220), "Big Dave")]

    def likely_cells(self) -> tuple[MapCell, ...]:
        return self.cells

    def person(self, person_id: str) -> PersonRecord:
        card = next(p for p in self.people if p.id == person_id)
        person = Person(
            id=card.id, name=card.known_as, description=card.description,
            wants_first="Somewhere to leave my bag safely in the day.",
            strengths="Fixes bikes. Looks out for Sheila.", safety_needs="Do not wake by touch.",
        )  # fmt: skip
        needs = tuple(
            NeedRecorded(
                id=f"n-{n}", person_id=card.id, need=n, receiving_support=r, at=ago(days=2), worker_id="w-dean"
            )
            for n, r in (
                (SupportNeed.ALCOHOL, ReceivingSupport.NO),
                (SupportNeed.PHYSICAL_HEALTH, ReceivingSupport.YES),
            )
        )
        timeline = (
            TimelineEntry(
                at=ago(minutes=2),
                what="Bedded down, Station stairwell",
                who="Aisha N",
                contact_id="c-1",
                not_yet_sent=True,
            ),
            TimelineEntry(
                at=ago(hours=30), what="Up and about, Station stairwell", who="Dean W", note="Wants to see a GP."
            ),
            TimelineEntry(at=ago(days=6), what="Bedded down, Bus shelter", who="Aisha N"),
        )
        return PersonRecord(
            person=person,
            warned=person,
            card=card,
            needs=needs,
            timeline=timeline,
            conflicts=(CONFLICT,) if card.id == "p-1" else (),
        )

    def site(self, site_id: str) -> SiteRecord:
        card = next(s for s in SITES if s.id == site_id)
        site = Site(id=card.id, name=card.name, kind=card.kind, position=card.position,
                    access_notes="Enter from the taxi rank side.", hazards="Needles behind the bin. Go in twos.")  # fmt: skip
        return SiteRecord(site=site, card=card, people=self.people[:3], timeline=(
            TimelineEntry(at=ago(hours=4), what="Nobody there, bedding present", who="Dean W"),))  # fmt: skip

    def referral(self, referral_id: str) -> ReferralRecord:
        referral = Referral(
            id=referral_id, number="SL-20418", alert_id="al-1", source=AlertSource.STREETLINK, reported_at=ago(hours=4.5),
            due_on=date(2026, 11, 24), description="Man in doorway, no coat. Looked very cold.", place="Boots, 44 The Parade",
            concerns="Coughing badly.", seen_text="about 9pm", position=at(120, 130), age_group="26 - 50 years old",
            gender="Male", people_count=2,
        )  # fmt: skip
        other = OtherReferral(id="r-7", number="SL-20422", text="Someone asleep by Boots", reported_at=ago(hours=2))
        return ReferralRecord(
            referral=referral,
            state=ReferralState.ASSIGNED,
            distance_m=180.0,
            people_near=self.people[:2],
            others=(other,),
        )

    def contact(self, contact_id: str) -> ContactRecord:
        recorded = ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=("p-1",))
        draft = next((d for d in self.drafts if isinstance(d, ContactDraft)), recorded)
        new = tuple(f"p-new-{i}" for i in range(len(draft.new_people)))
        contact = Contact(id=contact_id, state=draft.state, seen_at=NOW, recorded_at=NOW, night=date(2026, 11, 20),
                          worker_id="w-aisha", team_id="t-watford", person_ids=(*draft.person_ids, *new),
                          site_id=draft.site_id)  # fmt: skip
        return ContactRecord(contact=contact, original=contact, people=self.people[:1])

    # --- recording
    def _record(self, draft: Any) -> str:
        if self.fails_with is not None:
            raise self.fails_with
        self.drafts.append(draft)
        return f"c-{len(self.drafts)}"

    def record_contact(self, draft: ContactDraft) -> str:
        return self._record(draft)

    def change_pin(self, old_pin: str, new_pin: str) -> Unlocking:
        self.drafts.append(("pin", old_pin, new_pin))
        return Unlocking(state=LockState.UNLOCKED)

    def screen_went_off(self) -> None:
        """The glass is dark; the story goes on."""

    def clock_state(self) -> ClockState:
        return self.clock

    def keep_words(self, page: str, words: Mapping[str, str]) -> None:
        self.half_written[page] = {name: text for name, text in words.items() if text}

    def find_words(self, page: str) -> dict[str, str]:
        return self.half_written.get(page, {})

    def my_night(self) -> list[NightEntry]:
        met = NightEntry(
            id="c-1",
            is_contact=True,
            at=ago(minutes=20),
            names=("Marek",),
            state=ContactState.BEDDED_DOWN,
            place="Stairwell",
        )
        struck = NightEntry(
            id="c-2",
            is_contact=True,
            at=ago(minutes=50),
            names=("Red",),
            state=ContactState.BEDDED_DOWN,
            struck="Recorded twice",
        )
        looked = NightEntry(
            id="v-1", is_contact=False, at=ago(hours=1), site_id="s-shelter", place="Bus shelter", found="Nobody here"
        )
        return [met, struck, looked]

    def strike_contact(self, contact_id: str, reason: str) -> None:
        self.drafts.append(("strike", contact_id, reason))

    def restore_contact(self, contact_id: str) -> None:
        self.drafts.append(("restore", contact_id))

    def strike_visit(self, visit_id: str, reason: str) -> None:
        self.drafts.append(("strike", visit_id, reason))

    def restore_visit(self, visit_id: str) -> None:
        self.drafts.append(("restore", visit_id))

    def record_visit(self, draft: VisitDraft) -> str:
        return self._record(draft)

    def refine_contact(self, contact_id: str, fields: Mapping[str, Any], reason: str = "") -> bool:
        if self.fails_with is not None:
            raise self.fails_with
        self.refinements.append((contact_id, dict(fields)))
        return True

    def progress_referral(self, *arguments: Any, **keywords: Any) -> None:
        self.drafts.append(("progress", arguments, keywords))

    def patch_person(self, person_id: str, fields: Mapping[str, Any]) -> bool:
        self.drafts.append(("person", person_id, dict(fields)))
        return True

    def short_form(self, person_id: str) -> ShortForm:
        return ShortForm(
            person_id=person_id, known_as=self.people[0].known_as, questions=SHORT_FORM, asked=len(SHORT_FORM)
        )

    def give_answer(self, person_id: str, key: str, value: str = "", words: str = "", rather_not: bool = False) -> None:
        self._record((key, value, words, rather_not))

    def say_sharing(self, person_id: str, agrees: bool) -> None:
        self._record(("sharing", agrees))

    def patch_site(self, site_id: str, fields: Mapping[str, Any]) -> bool:
        self.drafts.append(("site", site_id, dict(fields)))
        return True

    def add_person(self, draft: PersonDraft) -> Person:
        return Person(id=self._record(draft), alias=draft.alias, description=draft.description)

    def record_need(self, person_id: str, need: str, receiving_support: str = "not_known") -> None:
        self._record((person_id, need, receiving_support))

    def add_site(self, draft: SiteDraft) -> Site:
        return Site(id=self._record(draft), name=draft.name, kind=draft.kind, position=draft.position)

    def begin_picture(self, kind: DocumentKind, person_id: str | None = None, site_id: str | None = None) -> str:
        return f"/pictures/{kind}.jpg"

    def finish_picture(self) -> bool:
        return True

    def possible_duplicates(self, draft: PersonDraft, position: Position | None = None) -> list[LikelyDuplicate]:
        known = f"{draft.alias} {draft.description}".lower()
        return [LikelyDuplicate(person=PEOPLE[1], score=0.8)] if "red" in known else []

    def note_prompt(self, text: str) -> str | None:
        return "Looks like an address." if any(letter.isdigit() for letter in text) else None

    # --- sync
    def unsent(self) -> int:
        return self.status.not_yet_sent

    def sync_tray(self) -> list[TrayItem]:
        return list(self.tray_items)

    def resolve_conflict(self, conflict: ConflictView, choice: ConflictChoice) -> None:
        self.resolved.append((conflict, choice))
        self.tray_items = tuple(item for item in self.tray_items if item.conflict is not conflict)

    def correct_quarantined(self, item_id: str, fields: Mapping[str, Any]) -> str:
        self.tray_items = tuple(item for item in self.tray_items if item.id != item_id)
        return "c-new"

    def dismiss_quarantined(self, item_id: str) -> None:
        self.tray_items = tuple(item for item in self.tray_items if item.id != item_id)

    def sync_now(self) -> None: ...
    def sync_status(self) -> SyncStatus:
        return self.status

    def observe_sync(self, listener: Callable[[SyncStatus], None]) -> Callable[[], None]:
        return lambda: None

    # --- settings
    def setting(self, name: str, default: str = "") -> str:
        return self.settings.get(name, default)

    def set_setting(self, name: str, value: str) -> None:
        self.settings[name] = value

    def now(self) -> datetime:
        return NOW

    def close(self) -> None: ...


def _item(kind: str, key: str, position: Position | None, title: str) -> MapItem:
    place = position or at()
    return MapItem(kind=kind, id=key, latitude=place.latitude, longitude=place.longitude, title=title)


class SilentCues:
    """Counts the signs."""

    def __init__(self) -> None:
        self.buzzes: list[int] = []
        self.said: list[str] = []
        self.notified: list[str] = []

    def buzz(self, milliseconds: int = 60) -> None:
        self.buzzes.append(milliseconds)

    def notify(self, title: str, message: str) -> bool:
        self.notified.append(message)
        return True

    def say(self, text: str, language: str = "en") -> None:
        self.said.append(text)
