"""Services out of HSDS-UK 3.0: one, a list, or a page of a feed. Bytes in; services and refusals out, in their order. Pure.

A service of which something cannot be read is taken without it where it does not mislead, and a remark says so: hours that are
no rule become words. What has no name, or lies nowhere on earth, is refused.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, TypeVar

import msgspec

from server.importers.files import Refusal, UnusableFile, UnusableRow, decode_text, make_storable
from server.importers.openreferral.records import (
    HOLIDAYS,
    OFFERS,
    TAXONOMY,
    UNKNOWN,
    WELCOMES,
    Attribute,
    CameWith,
    HsdsService,
    Location,
    Schedule,
    as_uuid,
)
from shared.model.service import (
    BankHolidays,
    Frequency,
    Hours,
    Place,
    Service,
    ServiceOffer,
    ServiceStatus,
    ServiceWelcome,
)
from shared.model.value import NO_JSON
from shared.rules.opening_hours import find_faults

RAW_CHARACTERS = 2_000
MOST_NUMBER = 10**15
REFERENCE_CHARACTERS = 200
LONGEST, LONGEST_URL = 10_000, 1_000
MOST_AGE = 130
OUR_TERMS = frozenset({*OFFERS.values(), *WELCOMES.values(), *HOLIDAYS.values()})
TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE)
"""A suffix for the zone is passed over: hours of a service are those of the clock on its wall, in summer and in winter."""
Coded = TypeVar("Coded", ServiceOffer, ServiceWelcome, BankHolidays)


@dataclass(frozen=True)
class Read:
    """A service as it was understood. `reference` is its own id in the feed; `remarks` say what was not taken over."""

    number: int
    reference: str
    service: Service
    came_with: CameWith
    remarks: tuple[str, ...] = ()


def parse(data: bytes, source: str) -> tuple[list[Read | Refusal], frozenset[str] | None]:
    """The services of a file, and the ids that it names where it is a whole directory: a list, or a page that is the only one.
    Raises UnusableFile."""
    whole = _open(data)
    items = _list(whole)
    is_page = isinstance(whole, dict) and "contents" in whole
    is_whole = isinstance(whole, list) or (is_page and whole.get("page_number", 1) == 1 and is_last_page(whole))
    rows = [understand(number, each, source) for number, each in enumerate(items, start=1)]
    return rows, list_references(items) if is_whole else None


def list_items(data: bytes) -> list[Any]:
    """Each service as it stands, not yet understood. Raises UnusableFile."""
    return _list(_open(data))


def list_references(items: Iterable[Any]) -> frozenset[str]:
    """The ids of services as a feed names them, also of those that cannot be used."""
    named = (each.get("id") for each in items if isinstance(each, dict))
    return frozenset(_reference(str(each)) for each in named if each is not None)


def is_last_page(told: dict[str, Any]) -> bool:
    """Is this page of a feed its last? One that does not say so is."""
    number, pages = told.get("page_number"), told.get("total_pages")
    if "last_page" in told or not (isinstance(number, int) and isinstance(pages, int)):
        return bool(told.get("last_page", True))
    return number >= pages


def _reference(said: str) -> str:
    return said.strip()[:REFERENCE_CHARACTERS]


def _open(data: bytes) -> Any:
    try:
        return _clean(json.loads(decode_text(data).lstrip("\ufeff")))
    except NO_JSON as error:
        raise UnusableFile(
            "The file is not JSON: services come as Open Referral UK (HSDS 3). Was it cut off?"
        ) from error


def _list(whole: Any) -> list[Any]:
    if isinstance(whole, dict):
        listed = next((whole[name] for name in ("contents", "services") if isinstance(whole.get(name), list)), None)
        whole = listed if listed is not None else [whole]
    if not isinstance(whole, list):
        raise UnusableFile("The file is JSON and holds no services: an Open Referral UK service or a list is wanted.")
    if whole and not any(isinstance(each, dict) and "name" in each and "id" in each for each in whole):
        raise UnusableFile("Nothing in the file is a service of Open Referral UK (HSDS 3): each has an id and a name.")
    return whole


def _clean(value: Any) -> Any:
    """The same JSON with what no database holds made visible, and numbers without end as none: one service has such, not the
    file."""
    if isinstance(value, str):
        return make_storable(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {make_storable(name): _clean(each) for name, each in value.items()}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return None if is_number and not abs(value) < MOST_NUMBER else value


def understand(number: int, item: Any, source: str) -> Read | Refusal:
    """One service, or why it cannot be used."""
    try:
        return _read(number, msgspec.convert(item, type=HsdsService, strict=False), source)
    except (msgspec.ValidationError, RecursionError) as error:
        return _refuse(number, f"It is not as Open Referral UK writes a service: {error}.", item)
    except UnusableRow as error:
        return _refuse(number, str(error), item)


def _refuse(number: int, reason: str, item: Any) -> Refusal:
    return Refusal(number, reason, json.dumps(item, ensure_ascii=False)[:RAW_CHARACTERS])


def _read(number: int, told: HsdsService, source: str) -> Read:
    name = _text(told.name, 300)
    if not (name and told.id.strip()):
        raise UnusableRow("The service lacks its name or its id.")
    remarks = _list_cut(told)
    hours, note = _read_hours(told.schedules or [], remarks)
    provider = told.organization
    provider_id = (provider.id if provider else "") or told.organization_id or ""
    terms = [each.taxonomy_term for each in told.attributes or [] if each.taxonomy_term]
    ours = {term.name.casefold() for term in terms if term.taxonomy == TAXONOMY}
    service = Service(
        id=as_uuid(told.id.strip(), source),
        name=name,
        provider_id=as_uuid(provider_id, source) if provider_id else "",
        provider=_text(provider.name if provider else "", 300),
        status=_read_status(told.status),
        description=_text(told.description),
        eligibility=_text(told.eligibility_description),
        minimum_age=_read_age(told.minimum_age, remarks),
        maximum_age=_read_age(told.maximum_age, remarks),
        offers=_coded(OFFERS, ours),
        welcomes=_coded(WELCOMES, ours),
        fees=_text(told.fees),
        telephone=_text(_find_number(told), 300),
        email=_text(told.email, 300),
        url=_text(told.url, LONGEST_URL),
        places=_read_places(told, source),
        hours=tuple(hours),
        hours_note=_text(note),
        bank_holidays=next(iter(_coded(HOLIDAYS, ours)), BankHolidays.NOT_KNOWN),
        notice=_text(told.alert),
        checked_on=_read_day(told.assured_date, "the day it was last checked", remarks),
        changed_at=_read_moment(told.last_modified),
    )
    return Read(number, _reference(told.id), service, _keep(told), tuple(remarks))


def _list_cut(told: HsdsService) -> list[str]:
    """What is longer than we keep: its beginning is taken, and nobody is left to think that it is the whole."""
    fields = (
        ("name", told.name, 300), ("description", told.description, LONGEST), ("url", told.url, LONGEST_URL),
        ("eligibility_description", told.eligibility_description, LONGEST), ("fees", told.fees, LONGEST),
        ("email", told.email, 300), ("alert", told.alert, LONGEST),
    )  # fmt: skip
    return [
        f"Its {name.replace('_', ' ')} is longer than {longest:,} characters: the rest was left out."
        for name, text, longest in fields
        if len((text or "").strip()) > longest
    ]


def _keep(told: HsdsService) -> CameWith:
    others = [each for each in told.attributes or [] if not _is_ours(each)]
    return CameWith(
        service_areas=told.service_areas,
        cost_options=told.cost_options,
        funding=told.funding,
        attributes=others or None,
    )


def _is_ours(attribute: Attribute) -> bool:
    term = attribute.taxonomy_term
    return term is not None and term.taxonomy == TAXONOMY and term.name.casefold() in OUR_TERMS


def _coded(words: dict[Coded, str], said: set[str]) -> tuple[Coded, ...]:
    return tuple(each for each, name in words.items() if name in said)


def _read_status(said: str) -> ServiceStatus:
    found = next((each for each in ServiceStatus if str(each) == said.strip().casefold()), None)
    if found is None:
        raise UnusableRow(f"The status “{said[:40]}” is none of active, inactive, defunct and temporarily closed.")
    return found


def _find_number(told: HsdsService) -> str:
    phones = [*(told.phones or []), *(phone for each in told.contacts or [] for phone in each.phones or [])]
    return next((each.number for each in phones if each.number), "")


# --------------------------------------------------------------------------------------------------------------- places
def _read_places(told: HsdsService, source: str) -> tuple[Place, ...]:
    found = [each.location for each in told.service_at_locations or [] if each.location]
    return tuple(_read_place(each, source) for each in found if each.location_type != "virtual")


def _read_place(told: Location, source: str) -> Place:
    latitude, longitude = told.latitude, told.longitude
    if (latitude is None) != (longitude is None):
        raise UnusableRow("A place has a latitude without a longitude, or the other way round.")
    if latitude is not None and longitude is not None and not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise UnusableRow(f"A place lies nowhere on earth: latitude {latitude:g}, longitude {longitude:g}.")
    address = next(iter(told.addresses or []), None)
    lines = (address.address_1, address.address_2) if address else ()
    return Place(
        id=as_uuid(told.id, source) if told.id else "",
        name=_text(told.name, 300),
        address=_text(", ".join(line for each in lines if (line := _known(each))), 300),
        town=_text(_known(address.city if address else ""), 300),
        postcode=_text(_known(address.postal_code if address else ""), 20),
        latitude=latitude,
        longitude=longitude,
    )


def _known(said: str | None) -> str:
    text = (said or "").strip()
    return "" if text == UNKNOWN else text


# ---------------------------------------------------------------------------------------------------------------- hours
def _read_hours(schedules: list[Schedule], remarks: list[str]) -> tuple[list[Hours], str]:
    """The hours that are rules, and in words those that are not."""
    read, words = [], []
    for each in schedules:
        if each.description and each.description.strip():
            words.append(each.description.strip())
        if not (each.opens_at or each.closes_at or each.freq or each.byday):
            continue
        try:
            read.append(_read_schedule(each))
        except (UnusableRow, msgspec.ValidationError) as error:
            remarks.append(f"Some hours were not understood: {error}")
    return read, "\n".join(dict.fromkeys(words))


def _read_schedule(told: Schedule) -> Hours:
    if not (told.opens_at and told.closes_at):
        raise UnusableRow("They say no hour of opening, or none of closing.")
    frequency = next((each for each in Frequency if str(each) == (told.freq or "weekly").strip().casefold()), None)
    if frequency is None:
        raise UnusableRow(f"They come again {str(told.freq)[:20]}, and only weekly and monthly are understood.")
    hours = Hours(
        opens_at=_read_time(told.opens_at),
        closes_at=_read_time(told.closes_at),
        frequency=frequency,
        days=tuple(_split((told.byday or "").upper())),
        month_days=_read_month_days(told.bymonthday) if frequency is Frequency.MONTHLY else (),
        interval=1 if told.interval is None else told.interval,
        starts_on=_parse_day(told.dtstart),
        valid_from=_parse_day(told.valid_from),
        valid_to=_parse_day(told.valid_to),
    )
    wrong = find_faults(hours) + ([] if 1 <= hours.interval <= 53 else ["They come again in an impossible interval."])
    if wrong:
        raise UnusableRow(" ".join(wrong))
    return hours


def _read_time(said: str) -> time:
    found = TIME.fullmatch(said.strip())
    hour, minute = (int(found[1]), int(found[2])) if found else (99, 0)
    if (hour, minute) == (24, 0):
        return time(0)
    if hour > 23 or minute > 59:
        raise UnusableRow(f"“{said[:20]}” is no time of the day.")
    return time(hour, minute)


def _read_month_days(said: str | None) -> tuple[int, ...]:
    try:
        return tuple(int(each) for each in _split(said or ""))
    except ValueError as error:
        raise UnusableRow("A day of the month is no number.") from error


def _split(said: str) -> list[str]:
    return [each.strip() for each in said.split(",") if each.strip()]


# ----------------------------------------------------------------------------------------------------------- small things
def _text(said: str | None, longest: int = LONGEST) -> str:
    return make_storable((said or "").strip())[:longest].strip()


def _read_age(said: float | None, remarks: list[str]) -> int | None:
    if said is None:
        return None
    if not 0 <= said <= MOST_AGE:
        remarks.append(f"An age of {said:g} was left out.")
        return None
    return int(said)


def _parse_day(said: str | None) -> date | None:
    if not (said and said.strip()):
        return None
    try:
        return date.fromisoformat(said.strip()[:10])
    except ValueError as error:
        raise UnusableRow(f"“{said[:20]}” is no day such as 2026-11-20.") from error


def _read_day(said: str | None, which: str, remarks: list[str]) -> date | None:
    try:
        return _parse_day(said)
    except UnusableRow:
        remarks.append(f"“{str(said)[:20]}” as {which} was left out.")
        return None


def _read_moment(said: str | None) -> datetime | None:
    """When the feed says that it was changed; a time without a zone tells nothing."""
    try:
        found = datetime.fromisoformat((said or "").strip())
    except ValueError:
        return None
    return found if found.tzinfo else None
