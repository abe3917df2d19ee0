"""HSDS-UK 3.0, as much of it as we understand: the names are the standard's own.

What is not here is passed over, contacts among it: they name members of staff. What is here and of no use to a worker at night
(areas, costs, funding, terms of other taxonomies) is kept as it came, and written again.
"""

from uuid import UUID, uuid5

from shared.model.service import BankHolidays, ServiceOffer, ServiceWelcome
from shared.model.value import Value

OWN = UUID("6f1c1d2a-6c51-5d55-9f0e-3c1b6f0c9a4e")
"""Names of ours are made of this, and of what is named."""
TAXONOMY = "Lantern"
"""The terms that say what our own fields say, and that we read again."""
UNKNOWN = "Not given"
"""For what the schema asks for and nobody told."""


class Term(Value, frozen=True, kw_only=True):
    id: str = ""
    name: str = ""
    description: str = ""
    parent_id: str | None = None
    taxonomy: str | None = None
    term_uri: str | None = None


class Attribute(Value, frozen=True, kw_only=True):
    id: str = ""
    link_type: str | None = None
    taxonomy_term: Term | None = None


class Schedule(Value, frozen=True, kw_only=True):
    id: str = ""
    valid_from: str | None = None
    valid_to: str | None = None
    dtstart: str | None = None
    freq: str | None = None
    interval: int | None = None
    byday: str | None = None
    bymonthday: str | None = None
    description: str | None = None
    opens_at: str | None = None
    closes_at: str | None = None


class Area(Value, frozen=True, kw_only=True):
    id: str = ""
    name: str | None = None
    extent: str | None = None
    extent_type: str | None = None
    uri: str | None = None
    service_area: str | None = None


class Cost(Value, frozen=True, kw_only=True):
    id: str = ""
    valid_from: str | None = None
    valid_to: str | None = None
    option: str | None = None
    amount: float | None = None
    amount_description: str | None = None


class Funding(Value, frozen=True, kw_only=True):
    id: str = ""
    source: str | None = None


class Address(Value, frozen=True, kw_only=True):
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    region: str | None = None
    state_province: str | None = None
    postal_code: str | None = None


class Location(Value, frozen=True, kw_only=True):
    id: str = ""
    name: str | None = None
    location_type: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    addresses: list[Address] | None = None


class AtLocation(Value, frozen=True, kw_only=True):
    id: str = ""
    location: Location | None = None


class Phone(Value, frozen=True, kw_only=True):
    number: str | None = None


class Contact(Value, frozen=True, kw_only=True):
    """Of a contact the number alone is read: who answers is nobody's to keep."""

    phones: list[Phone] | None = None


class Organization(Value, frozen=True, kw_only=True):
    id: str = ""
    name: str | None = None
    description: str | None = None


class HsdsService(Value, frozen=True, kw_only=True):
    """A service, whole or as one line of a list."""

    id: str
    name: str
    status: str = "active"
    organization_id: str | None = None
    description: str | None = None
    url: str | None = None
    email: str | None = None
    fees: str | None = None
    minimum_age: float | None = None
    maximum_age: float | None = None
    eligibility_description: str | None = None
    assured_date: str | None = None
    alert: str | None = None
    last_modified: str | None = None
    organization: Organization | None = None
    schedules: list[Schedule] | None = None
    service_areas: list[Area] | None = None
    service_at_locations: list[AtLocation] | None = None
    cost_options: list[Cost] | None = None
    funding: list[Funding] | None = None
    phones: list[Phone] | None = None
    contacts: list[Contact] | None = None
    attributes: list[Attribute] | None = None


class CameWith(Value, frozen=True, kw_only=True):
    """What came with a service that no page shows; it is written again as it came."""

    service_areas: list[Area] | None = None
    cost_options: list[Cost] | None = None
    funding: list[Funding] | None = None
    attributes: list[Attribute] | None = None


OFFERS = {each: str(each).replace("_", " ") for each in ServiceOffer}
WELCOMES = {each: str(each).replace("_", " ") for each in ServiceWelcome}
HOLIDAYS = {BankHolidays.CLOSED: "closed on bank holidays", BankHolidays.AS_USUAL: "open on bank holidays as usual"}
"""Our own fields as terms of our taxonomy: HSDS has no others for them."""


def as_uuid(said: str, within: str) -> str:
    """The id itself where it is a UUID; else one that is always the same for this id of this feed."""
    try:
        return str(UUID(said))
    except ValueError:
        return str(uuid5(OWN, f"{within} {said}"))
