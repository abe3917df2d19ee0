"""Finding a service: by words, what it offers, whom it takes and when it is open; the nearest first. The page and the phone
ask alike."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum
from heapq import heapify, heappop
from math import cos, hypot, inf, radians

from shared.geo.distance import METRES_PER_DEGREE
from shared.model.service import Service, ServiceOffer, ServiceStatus, ServiceWelcome
from shared.model.value import Value
from shared.rules.names import fold, words_of
from shared.rules.opening_hours import (
    Opening,
    find_opening,
    find_opening_tonight,
    may_be_open,
    spans_of_week,
    tonight_of,
)

SENT_TO = frozenset({ServiceStatus.ACTIVE, ServiceStatus.TEMPORARILY_CLOSED})
"""Services that somebody may be sent to, now or later."""
STALE_DAYS = 180
"""Not checked for so long: ring before anybody walks there."""


class OpenWhen(Enum):
    """When it shall be open."""

    ANY = ""
    NOW = "now"
    TONIGHT = "tonight"


class Wanted(Value, frozen=True, kw_only=True):
    """What is looked for. `here` is (latitude, longitude)."""

    words: str = ""
    offer: ServiceOffer | None = None
    welcomes: frozenset[ServiceWelcome] = frozenset()
    open_when: OpenWhen = OpenWhen.ANY
    here: tuple[float, float] | None = None


class Indexed(Value, frozen=True, kw_only=True):
    """A service made ready, so that a search of thousands folds no word and counts no day: its words, its name folded, where
    it is, and
    from when to when it may be open in any week, in minutes from Monday (`spans_of_week`)."""

    service: Service
    words: str
    name: str
    points: tuple[tuple[float, float], ...]
    week: tuple[tuple[int, int], ...]


class Found(Value, frozen=True, kw_only=True):
    """A service that fits: how far it is (metres, None where nobody knows), and the opening that was asked for, else the one
    now."""

    service: Service
    distance_m: float | None = None
    opening: Opening | None = None


def words_to_find(service: Service) -> str:
    """All words by which it is found, folded."""
    codes = [str(each).replace("_", " ") for each in (*service.offers, *service.welcomes)]
    places = [text for each in service.places for text in (each.name, each.address, each.town, each.postcode)]
    said = (service.name, service.provider, service.description, service.eligibility, *codes)
    return " ".join(words_of(" ".join((*said, *(() if service.is_secret_address else places)))))


def index_services(services: Iterable[Service]) -> list[Indexed]:
    """Every service that somebody may be sent to, ready to be searched."""
    return [index_service(each, words_to_find(each)) for each in services if each.status in SENT_TO]


def index_service(service: Service, words: str) -> Indexed:
    """One service, whose words are made ready already. No place of a secret one is known."""
    known = () if service.is_secret_address else service.places
    points = tuple(
        (each.latitude, each.longitude) for each in known if each.latitude is not None and each.longitude is not None
    )
    return Indexed(
        service=service, words=words, name=fold(service.name), points=points, week=spans_of_week(service.hours)
    )


def find_services(services: Sequence[Indexed], wanted: Wanted, now: datetime, limit: int) -> list[Found]:
    """Those that fit, the nearest first; without a place to go from, and where no place is known, by name. `now` is the clock
    on the
    wall."""
    span = _span_of(wanted.open_when, now)
    fitting = list(_list_fitting(services, wanted, span))
    heapify(fitting)  # of thousands that fit, the nearest few alone are put in order
    found: list[Found] = []
    while fitting and len(found) < limit:
        distance_m, _, place = heappop(fitting)
        service = services[place].service
        opening = _find_wanted(service, wanted, now)
        if opening is not None or span is None:
            found.append(Found(service=service, distance_m=None if distance_m == inf else distance_m, opening=opening))
    return found


def _list_fitting(
    services: Sequence[Indexed], wanted: Wanted, span: tuple[datetime, datetime] | None
) -> Iterator[tuple[float, str, int]]:
    """Of each that fits its distance, its name and its place among all. Thousands are gone through while somebody waits: nothing
    is worked out twice, and the cheapest question is asked first."""
    words, offer, welcomes = words_of(wanted.words), wanted.offer, tuple(wanted.welcomes)
    measure = _measure_from(wanted.here)
    weeks: dict[tuple[tuple[int, int], ...], bool] = {}
    for place, each in enumerate(services):
        # Asked of a tuple by identity: to hash a code costs more than all the rest.
        if offer is not None and offer not in each.service.offers:
            continue
        if welcomes and not all(code in each.service.welcomes for code in welcomes):
            continue
        if span is not None:
            may = weeks.get(each.week)
            if may is None:
                may = weeks[each.week] = may_be_open(each.week, *span)
            if not may:
                continue
        said = each.words
        for word in words:
            if word not in said:
                break
        else:
            yield measure(each.points), each.name, place


def _measure_from(here: tuple[float, float] | None) -> Callable[[Sequence[tuple[float, float]]], float]:
    """How to tell the metres to the nearest of some places; infinite where nobody knows. A flat earth is right over a county."""
    if here is None:
        return lambda _: inf
    south, west = here
    north_m, east_m = METRES_PER_DEGREE, METRES_PER_DEGREE * cos(radians(south))

    def measure(points: Sequence[tuple[float, float]]) -> float:
        nearest = inf
        for latitude, longitude in points:
            metres = hypot((latitude - south) * north_m, (longitude - west) * east_m)
            nearest = min(nearest, metres)
        return nearest

    return measure


def _span_of(when: OpenWhen, now: datetime) -> tuple[datetime, datetime] | None:
    if when is OpenWhen.ANY:
        return None
    return (now, now + timedelta(minutes=1)) if when is OpenWhen.NOW else tonight_of(now)


def is_stale(service: Service, now: datetime) -> bool:
    """Has nobody checked it for half a year, or ever, or since its own directory no longer names it?"""
    return has_left_feed(service) or service.checked_on is None or (now.date() - service.checked_on).days > STALE_DAYS


def has_left_feed(service: Service) -> bool:
    """Is it gone from the directory that it came from, and has nobody made sure since that it is there all the same?"""
    left = service.left_feed_on
    return left is not None and (service.checked_on is None or service.checked_on < left)


def _find_wanted(service: Service, wanted: Wanted, now: datetime) -> Opening | None:
    return find_opening_tonight(service, now) if wanted.open_when is OpenWhen.TONIGHT else find_opening(service, now)
