"""Finding a service: by words, what it offers, whom it takes and when it is open; the nearest first. The page and the phone
ask alike."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from math import cos, hypot, radians

from shared.model.codes import ServiceOffer, ServiceStatus, ServiceWelcome
from shared.model.service import Service
from shared.model.value import Value
from shared.rules.names import fold, words_of
from shared.rules.opening_hours import Opening, find_opening, find_opening_tonight

METRES_PER_DEGREE = 111_195.0
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
    """A service with its words made ready, so that a search folds nothing."""

    service: Service
    words: str


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
    return [
        Indexed(service=each, words=words_to_find(each))
        for each in services
        if each.status in (ServiceStatus.ACTIVE, ServiceStatus.TEMPORARILY_CLOSED)
    ]


def find_services(services: Sequence[Indexed], wanted: Wanted, now: datetime, limit: int) -> list[Found]:
    """Those that fit, the nearest first; without a place to go from, and where no place is known, by name. `now` is the clock
    on the
    wall."""
    words = words_of(wanted.words)
    fitting = [
        Found(service=each.service, distance_m=distance_to(each.service, wanted.here))
        for each in services
        if all(word in each.words for word in words) and _takes(each.service, wanted)
    ]
    fitting.sort(key=_by_distance)
    found: list[Found] = []
    for each in fitting:
        if len(found) == limit:
            break
        opening = _find_wanted(each.service, wanted, now)
        if opening is not None or wanted.open_when is OpenWhen.ANY:
            found.append(Found(service=each.service, distance_m=each.distance_m, opening=opening))
    return found


def distance_to(service: Service, here: tuple[float, float] | None) -> float | None:
    """Metres to its nearest place; None where that is not known, or for nobody to know."""
    if here is None or service.is_secret_address:
        return None
    east_m = METRES_PER_DEGREE * cos(radians(here[0]))
    known = [
        hypot((each.latitude - here[0]) * METRES_PER_DEGREE, (each.longitude - here[1]) * east_m)
        for each in service.places
        if each.latitude is not None and each.longitude is not None
    ]
    return min(known, default=None)


def is_stale(service: Service, now: datetime) -> bool:
    """Has nobody checked it for half a year, or ever?"""
    return service.checked_on is None or (now.date() - service.checked_on).days > STALE_DAYS


def _takes(service: Service, wanted: Wanted) -> bool:
    return (wanted.offer is None or wanted.offer in service.offers) and wanted.welcomes <= frozenset(service.welcomes)


def _find_wanted(service: Service, wanted: Wanted, now: datetime) -> Opening | None:
    if wanted.open_when is OpenWhen.TONIGHT:
        return find_opening_tonight(service, now)
    return find_opening(service, now)


def _by_distance(found: Found) -> tuple[bool, float, str]:
    return (found.distance_m is None, found.distance_m or 0.0, fold(found.service.name))
