"""Services as HSDS-UK 3.0 writes them, so that another directory can read ours. Pure.

A secret address is left out, and with it the place. What the schema cannot hold (an address of the web that is none) is left out
too: what is written validates.
"""

import re
from collections.abc import Sequence
from typing import Any
from uuid import uuid5

import msgspec

from server.importers.openreferral.records import HOLIDAYS, OFFERS, OWN, TAXONOMY, UNKNOWN, WELCOMES, CameWith, as_uuid
from shared.model.service import Frequency, Hours, Place, Service

URI = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:[/?#][!#$%&'()*+,./:;=?@A-Za-z0-9_~-]*)?", re.IGNORECASE
)
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")

Fields = dict[str, Any]


def write_service(service: Service, came_with: CameWith) -> Fields:
    """The whole of a service, as `/services/{id}` answers it."""
    places = () if service.is_secret_address else service.places
    lists: Fields = {
        "schedules": [_schedule(service, at, each) for at, each in enumerate(service.hours)] + _note(service),
        "service_at_locations": [_at_location(service, at, each) for at, each in enumerate(places)],
        "attributes": _attributes(service) + _as_came(service, came_with.attributes),
        "service_areas": _as_came(service, came_with.service_areas),
        "cost_options": _as_came(service, came_with.cost_options),
        "funding": _as_came(service, came_with.funding),
        "phones": [{"id": _name(service, "phone"), "number": service.telephone}] if service.telephone else [],
    }
    return write_line(service) | {name: each for name, each in lists.items() if each}


def write_line(service: Service) -> Fields:
    """A service as one line of `/services`."""
    told: Fields = {
        "id": as_uuid(service.id, ""),
        "name": service.name.strip() or UNKNOWN,
        "status": str(service.status),
        "description": service.description,
        "url": service.url if URI.fullmatch(service.url) else "",
        "email": service.email if EMAIL.fullmatch(service.email) else "",
        "fees": service.fees,
        "minimum_age": service.minimum_age,
        "maximum_age": service.maximum_age,
        "eligibility_description": service.eligibility,
        "assured_date": service.checked_on.isoformat() if service.checked_on else "",
        "alert": service.notice,
        "last_modified": service.changed_at.isoformat(timespec="milliseconds") if service.changed_at else "",
    }
    name = service.provider or UNKNOWN
    provider = {"id": as_uuid(service.provider_id or service.provider or service.id, "provider"), "name": name}
    told["organization"] = provider | {"description": name}
    return {key: each for key, each in told.items() if each not in ("", None)}


def write_page(services: Sequence[Service], number: int, size: int, total: int) -> Fields:
    """One page of `/services`, counted from 1."""
    pages = max(1, -(-total // size))
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": number,
        "size": len(services),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not services,
        "contents": [write_line(each) for each in services],
    }


def _schedule(service: Service, at: int, hours: Hours) -> Fields:
    told: Fields = {
        "id": _name(service, f"schedule {at}"),
        "freq": str(hours.frequency).upper(),
        "interval": hours.interval if hours.interval > 1 else None,
        "byday": ",".join(hours.days),
        "bymonthday": ",".join(map(str, hours.month_days)) if hours.frequency is Frequency.MONTHLY else "",
        "opens_at": f"{hours.opens_at:%H:%M}",
        "closes_at": f"{hours.closes_at:%H:%M}",
        "dtstart": hours.starts_on.isoformat() if hours.starts_on else "",
        "valid_from": hours.valid_from.isoformat() if hours.valid_from else "",
        "valid_to": hours.valid_to.isoformat() if hours.valid_to else "",
    }
    return {key: each for key, each in told.items() if each not in ("", None)}


def _note(service: Service) -> list[Fields]:
    return [{"id": _name(service, "hours in words"), "description": service.hours_note}] if service.hours_note else []


def _at_location(service: Service, at: int, place: Place) -> Fields:
    location: Fields = {
        "id": as_uuid(place.id, service.id) if place.id else _name(service, f"place {at}"),
        "location_type": "physical",
        "name": place.name or place.address or service.name,
    }
    if place.latitude is not None and place.longitude is not None:
        location |= {"latitude": place.latitude, "longitude": place.longitude}
    if place.address or place.town or place.postcode:
        location["addresses"] = [
            {
                "id": _name(service, f"address {at}"),
                "address_1": place.address or UNKNOWN,
                "city": place.town or UNKNOWN,
                "state_province": UNKNOWN,
                "postal_code": place.postcode or UNKNOWN,
                "country": "GB",
                "address_type": "physical",
            }
        ]
    return {"id": _name(service, f"at place {at}"), "location": location}


def _attributes(service: Service) -> list[Fields]:
    """Our own fields that HSDS has no other room for, as terms that we read again."""
    terms = [OFFERS[each] for each in service.offers if each in OFFERS]
    terms += [WELCOMES[each] for each in service.welcomes if each in WELCOMES]
    terms += [HOLIDAYS[each] for each in (service.bank_holidays,) if each in HOLIDAYS]
    return [
        {
            "id": _name(service, term),
            "link_type": "service",
            "taxonomy_term": {
                "id": str(uuid5(OWN, f"term {term}")), "name": term, "description": f"Lantern: {term}", "taxonomy": TAXONOMY,
            },
        }
        for term in terms
    ]  # fmt: skip


def _as_came(service: Service, listed: Sequence[Any] | None) -> list[Fields]:
    """What came with it, with ids that are UUIDs and addresses that are some."""
    return [_conform(msgspec.to_builtins(each), f"{service.id} {at}") for at, each in enumerate(listed or ())]


def _conform(told: Fields, within: str) -> Fields:
    kept = {name: each for name, each in told.items() if each is not None}
    kept["id"] = as_uuid(str(kept.get("id", "")), within)
    if "taxonomy_term" in kept:
        kept["taxonomy_term"] = _conform_term(kept["taxonomy_term"], within)
    return kept


def _conform_term(told: Fields, within: str) -> Fields:
    kept = {name: each for name, each in told.items() if each is not None}
    kept["id"] = as_uuid(str(kept.get("id", "")), f"{within} term")
    kept["name"] = kept.get("name") or UNKNOWN
    kept["description"] = kept.get("description") or kept["name"]
    if "parent_id" in kept:
        kept["parent_id"] = as_uuid(kept["parent_id"], within)
    if not URI.fullmatch(kept.get("term_uri", "")):
        kept.pop("term_uri", None)
    return kept


def _name(service: Service, what: str) -> str:
    return str(uuid5(OWN, f"{service.id} {what}"))
