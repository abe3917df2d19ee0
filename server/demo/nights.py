"""The nights that were: which teams went out, where they looked, whom they met and where nobody was. From the seed alone.

Every district is walked three times a week; each round looks at most of its sites, also where nobody is, since that is
the denominator of every hotspot. Everything is said through a phone's log. Nothing is written here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from server.demo.ids import Ids
from server.demo.people import Patch, Sleeper, scatter
from server.demo.phones import PastPhone
from shared.model.codes import ContactState
from shared.model.contact import Contact, NeedSeen
from shared.model.person import PERSON_FIELDS, Person
from shared.model.shift import Shift, ShiftEnded, Visit
from shared.model.site import SITE_FIELDS, Site
from shared.model.value import Id, Value

LONDON = ZoneInfo("Europe/London")
WALKED_ON = ({0, 2, 4}, {1, 3, 5}, {0, 3, 6})
"""Weekdays on which a district is walked, by its place in the list."""
FULL_DAYS = 90
LOOKED_AT_SHARE = 0.8
AT_HOME_SHARE = 0.75
ELSEWHERE_SHARE = 0.1
MET_STATES = (ContactState.BEDDED_DOWN, ContactState.ABOUT_TO_BED_DOWN, ContactState.NOT_BEDDED_DOWN)
OFFERS = ("Hot drink", "Food", "Blanket or sleeping bag", "Emergency bed", "Assessment hub", "GP appointment")
NOTES = (
    "", "", "", "Talked for a while, in good spirits.", "Cold and tired, did not want to talk.", "Asked about the hub's hours.",
    "Will meet us at the library on Thursday.", "Cough is worse; agreed to see the nurse.",
)  # fmt: skip


@dataclass
class Round:
    """One team's night in one district, as its phone recorded it."""

    night: date
    ended_at: datetime
    phone: PastPhone


@dataclass
class Memory:
    """Whom and which places phones have described already."""

    people: set[Id] = field(default_factory=set)
    sites: set[Id] = field(default_factory=set)


def walk_nights(
    chance: Random,
    ids: Ids,
    patches: Sequence[Patch],
    phones: Mapping[str, Sequence[PastPhone]],
    first: date,
    last: date,
) -> Iterator[Round]:
    """Each round in the order of nights; its changes wait in its phone until they are pushed."""
    memory = Memory()
    for days in range((last - first).days + 1):
        night = first + timedelta(days=days)
        for number, patch in enumerate(patches):
            if _is_walked(number, night, last):
                phone = chance.choice(phones[patch.district.team])
                yield _walk(chance, ids, patch, phone, night, memory)


def _is_walked(number: int, night: date, last: date) -> bool:
    """Three nights a week in the last ninety days, two before."""
    days = WALKED_ON[number % len(WALKED_ON)]
    return night.weekday() in (days if (last - night).days < FULL_DAYS else sorted(days)[:2])


def describe(phone: PastPhone, change_type: str, value: Value, names: Sequence[str], at: datetime) -> None:
    """Say everything of a new person or place that is not the default."""
    said = msgspec.to_builtins(value)
    identity = said.pop("id")
    phone.say_patch(change_type, identity, {name: said[name] for name in names if name in said} or {names[0]: ""}, at)


def _walk(chance: Random, ids: Ids, patch: Patch, phone: PastPhone, night: date, memory: Memory) -> Round:
    at = datetime.combine(night, time(22, chance.randrange(60)), LONDON).astimezone(UTC)
    ids.at(at)
    shift = Shift(
        id=ids(), team_id=phone.team_id, worker_id=phone.worker_id, started_at=at, night=night, area=patch.district.name
    )
    phone.say_fact("shift.started", shift, at)
    where = _who_is_where(chance, patch, night)
    for site in patch.sites:
        if chance.random() < LOOKED_AT_SHARE:
            at += timedelta(minutes=chance.randint(8, 25))
            _look(chance, ids, phone, shift, site, where.get(site.id, []), at, memory)
    at += timedelta(minutes=10)
    phone.say_fact("shift.ended", ShiftEnded(id=ids(), shift_id=shift.id, worker_id=phone.worker_id, at=at), at)
    return Round(night, at + timedelta(minutes=5), phone)


def _who_is_where(chance: Random, patch: Patch, night: date) -> dict[Id, list[Sleeper]]:
    where: dict[Id, list[Sleeper]] = {}
    for sleeper in patch.sleepers:
        if sleeper.first <= night <= sleeper.last:
            lot = chance.random()
            if lot < AT_HOME_SHARE:
                where.setdefault(sleeper.site.id, []).append(sleeper)
            elif lot < AT_HOME_SHARE + ELSEWHERE_SHARE:
                where.setdefault(sleeper.other_site.id, []).append(sleeper)
    return where


def _look(
    chance: Random,
    ids: Ids,
    phone: PastPhone,
    shift: Shift,
    site: Site,
    there: Sequence[Sleeper],
    at: datetime,
    memory: Memory,
) -> None:
    """One stop: everybody there is met, or nobody is and that is recorded."""
    if site.id not in memory.sites:
        memory.sites.add(site.id)
        describe(phone, "site.patched", site, SITE_FIELDS, at)
    visit = Visit(
        id=ids(),
        shift_id=shift.id,
        team_id=shift.team_id,
        worker_id=shift.worker_id,
        at=at,
        night=shift.night,
        site_id=site.id,
        position=scatter(chance, site.position, 12) if site.position else None,
        people_found=len(there),
        bedding_present=bool(there) or chance.random() < 0.3,
    )
    phone.say_fact("visit.recorded", visit, at)
    for sleeper in there:
        _meet(chance, ids, phone, shift, site, sleeper, at, memory)


def _meet(
    chance: Random,
    ids: Ids,
    phone: PastPhone,
    shift: Shift,
    site: Site,
    sleeper: Sleeper,
    at: datetime,
    memory: Memory,
) -> None:
    if sleeper.is_known and sleeper.person.id not in memory.people:
        memory.people.add(sleeper.person.id)
        describe(phone, "person.patched", sleeper.person, PERSON_FIELDS, at)
    phone.say_fact(
        "contact.recorded",
        make_contact(
            ids(),
            phone,
            shift,
            at,
            state=chance.choices(MET_STATES, (80, 12, 8))[0],
            person=sleeper.person if sleeper.is_known else None,
            site=site,
            needs=tuple(NeedSeen(need=need, receiving_support=support) for need, support in sleeper.needs),
            offered=tuple(chance.sample(OFFERS, chance.choice((0, 1, 1, 2)))),
            note=chance.choice(NOTES),
            chance=chance,
        ),
        at,
    )


def make_contact(
    contact_id: Id,
    phone: PastPhone,
    shift: Shift,
    at: datetime,
    *,
    state: ContactState,
    person: Person | None,
    site: Site,
    chance: Random,
    needs: tuple[NeedSeen, ...] = (),
    offered: tuple[str, ...] = (),
    note: str = "",
) -> Contact:
    """A contact as the phone of this shift would record it."""
    return Contact(
        id=contact_id,
        state=state,
        seen_at=at,
        recorded_at=at,
        night=shift.night,
        worker_id=phone.worker_id,
        team_id=phone.team_id,
        shift_id=shift.id,
        person_ids=(person.id,) if person else (),
        unidentified_people=0 if person else 1,
        site_id=site.id,
        position=scatter(chance, site.position, 8) if site.position else None,
        needs=needs,
        offered=offered,
        note=note,
    )
