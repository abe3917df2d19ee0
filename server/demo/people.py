"""Who sleeps rough in the demo county, where, and from when to when: all invented, all from the seed.

On any night about as many people are out in each district as its published snapshot says. Some stay all along, some come
and go. Positions are near real postcodes. Nothing is written here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import cos, exp, radians
from pathlib import Path
from random import Random

import numpy as np

from server.demo import county
from server.demo.county import DemoDistrict, Town
from server.demo.ids import Ids
from server.places.postcodes import load_ground, project_to_ground
from server.places.projection import BRITISH_NATIONAL_GRID, unproject
from shared.model.codes import Gender, PinSource, Quality, ReceivingSupport, SiteKind, SupportNeed
from shared.model.person import Person
from shared.model.position import Position
from shared.model.site import Site
from shared.model.value import Id

TOWN_RADIUS_M = 1_800.0
CROWDING_M = 450.0
"""How sharply sleeping places gather round a town's middle."""
STAYING_SHARE = 0.6
MEAN_STAY_DAYS = 40
METRES_PER_DEGREE = 111_195.0
NEEDS = (
    SupportNeed.MENTAL_HEALTH, SupportNeed.ALCOHOL, SupportNeed.DRUGS, SupportNeed.PHYSICAL_HEALTH, SupportNeed.OFFENDING,
    SupportNeed.DOMESTIC_ABUSE, SupportNeed.CARE_LEAVER, SupportNeed.BUDGETING_DEBT,
)  # fmt: skip


@dataclass(frozen=True)
class Sleeper:
    """An invented person, where they sleep, and the nights from `first` to `last` on which they are out."""

    person: Person
    site: Site
    other_site: Site
    first: date
    last: date
    is_known: bool
    needs: tuple[tuple[SupportNeed, ReceivingSupport], ...] = ()


@dataclass
class Patch:
    """One district's ground: its sites, and who sleeps there."""

    district: DemoDistrict
    sites: list[Site]
    sleepers: list[Sleeper] = field(default_factory=list)


def draw_patches(chance: Random, ids: Ids, first: date, last: date, data: Path, times: int = 1) -> list[Patch]:
    """Every district with its sites and people, from the first night to the last; `times` as many as its snapshot says."""
    patches = []
    for district in (replace(each, people=each.people * times) for each in county.DISTRICTS):
        points = _draw_points(chance, district, max(6, round(1.6 * district.people)), data)
        patch = Patch(district, [_make_site(ids, number, district, point) for number, point in enumerate(points)])
        patch.sleepers = list(_draw_sleepers(chance, ids, patch, first, last))
        patches.append(patch)
    return patches


def scatter(chance: Random, position: Position, metres: float) -> Position:
    """A point near another, as a phone would guess it."""
    north, east = chance.gauss(0, metres), chance.gauss(0, metres)
    latitude = position.latitude + north / METRES_PER_DEGREE
    longitude = position.longitude + east / (METRES_PER_DEGREE * cos(radians(position.latitude)))
    return Position(
        latitude=round(latitude, 6),
        longitude=round(longitude, 6),
        source=PinSource.GPS,
        accuracy_m=round(chance.uniform(4, 18), 1),
        fix_age_s=round(chance.uniform(0, 20), 1),
    )


def _draw_points(chance: Random, district: DemoDistrict, count: int, data: Path) -> list[Position]:
    """Points near real postcodes of a district, thickest round the middle of its towns."""
    ground = load_ground(data)
    ours = ground.code_number == ground.codes.index(district.code)
    east, north = ground.easting_m[ours].astype(float), ground.northing_m[ours].astype(float)
    points = []
    for number in range(count):
        middle = _middle_of(_town_of(district, number))
        distance = np.hypot(east - middle[0], north - middle[1])
        near = np.flatnonzero(distance < TOWN_RADIUS_M)
        weights = [exp(-(metres / CROWDING_M)) for metres in distance[near].tolist()]
        chosen = int(near[chance.choices(range(len(near)), weights)[0]])
        latitude, longitude = unproject(BRITISH_NATIONAL_GRID, [east[chosen]], [north[chosen]])
        points.append(Position(latitude=round(float(latitude[0]), 6), longitude=round(float(longitude[0]), 6)))
    return points


def _town_of(district: DemoDistrict, number: int) -> Town:
    """The first town has most of the places; every third is in one of the others."""
    return district.towns[0 if number % 3 else number // 3 % len(district.towns)]


def _middle_of(town: Town) -> tuple[float, float]:
    easting, northing = project_to_ground([town.latitude], [town.longitude])
    return float(easting[0]), float(northing[0])


def _make_site(ids: Ids, number: int, district: DemoDistrict, point: Position) -> Site:
    words, kind = county.PLACES[number % len(county.PLACES)]
    town = _town_of(district, number).name
    again = number // len(county.PLACES)
    name = f"{town} {words}" + (f" {again + 1}" if again else "")
    position = Position(latitude=point.latitude, longitude=point.longitude, source=PinSource.MAP_TAP)
    return Site(id=ids(), name=name, kind=SiteKind(kind), position=position)


def _draw_sleepers(chance: Random, ids: Ids, patch: Patch, first: date, last: date) -> list[Sleeper]:
    """Those who stay all along, and enough who come and go to keep the district's number."""
    staying = round(STAYING_SHARE * patch.district.people)
    nights = (last - first).days
    sleepers = [_draw_sleeper(chance, ids, patch.sites, first, last) for _ in range(staying)]
    for _ in range(patch.district.people - staying):
        day = -chance.randrange(MEAN_STAY_DAYS)
        while day < nights:
            stay = 1 + int(chance.expovariate(1 / MEAN_STAY_DAYS))
            if day + stay > 0:
                begins = first + timedelta(days=max(day, 0))
                ends = first + timedelta(days=min(day + stay, nights))
                sleepers.append(_draw_sleeper(chance, ids, patch.sites, begins, ends))
            day += stay
    return sleepers


def _draw_sleeper(chance: Random, ids: Ids, sites: Sequence[Site], first: date, last: date) -> Sleeper:
    popular = [1 / (1 + number) for number in range(len(sites))]
    site, other = chance.choices(sites, popular, k=2)
    return Sleeper(
        person=_draw_person(chance, ids(), last),
        site=site,
        other_site=other,
        first=first,
        last=last,
        is_known=chance.random() < 0.85,
        needs=tuple(
            (
                need,
                chance.choice(
                    (ReceivingSupport.YES, ReceivingSupport.NO, ReceivingSupport.NO, ReceivingSupport.NOT_KNOWN)
                ),
            )
            for need in chance.sample(NEEDS, chance.choice((0, 1, 1, 2, 2, 3)))
        ),
    )


def _draw_person(chance: Random, person_id: Id, today: date) -> Person:
    is_named = chance.random() < 0.7
    age = int(chance.triangular(19, 68, 38))
    has_birthday = is_named and chance.random() < 0.6
    return Person(
        id=person_id,
        name=f"{chance.choice(county.FIRST_NAMES)} {chance.choice(county.LAST_NAMES)}" if is_named else "",
        name_quality=Quality.FULL if is_named else Quality.PARTIAL_OR_ALIAS,
        alias="" if is_named and chance.random() < 0.7 else chance.choice(county.ALIASES),
        description=chance.choice(county.DESCRIPTIONS),
        date_of_birth=date(today.year - age, chance.randint(1, 12), chance.randint(1, 28)) if has_birthday else None,
        dob_quality=Quality.FULL if has_birthday else Quality.NOT_COLLECTED,
        approximate_age_years=None if has_birthday else age // 5 * 5,
        gender=chance.choices((Gender.MALE, Gender.FEMALE, Gender.NOT_KNOWN), (75, 20, 5))[0],
        wants_first=chance.choice(county.WANTS) if chance.random() < 0.4 else "",
    )


def make_marek(person_id: Id) -> Person:
    """Marek, whom Watford knows by day: nobody has yet seen him bedded down, and his date of birth is missing."""
    return Person(
        id=person_id,
        name="Marek Nowak",
        name_quality=Quality.FULL,
        alias="Marek",
        description="tall, grey beard, blue rucksack",
        approximate_age_years=45,
        gender=Gender.MALE,
        wants_first="A room with a door that locks",
        strengths="Trained welder; knows every bus driver in town by name",
    )
