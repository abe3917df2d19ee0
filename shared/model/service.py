"""A service that somebody may be told of or referred to: what it offers, whom it takes, where it is and when it is open.

Public knowledge, nothing about anybody. How it is written for others is `server.importers.openreferral`'s (HSDS-UK 3).
"""

from datetime import date, datetime, time
from typing import Annotated

from msgspec import Meta

from shared.model.codes import Code
from shared.model.value import Id, Value

Line = Annotated[str, Meta(max_length=300)]
Words = Annotated[str, Meta(max_length=10_000)]
Age = Annotated[int, Meta(ge=0, le=130)]


class ServiceStatus(Code):
    """Whether a service runs (HSDS 3.0, `service.status`)."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily closed"


class ServiceOffer(Code):
    """What somebody finds there tonight or tomorrow: the directory is looked through by it."""

    EMERGENCY_BED = "emergency_bed"
    DAY_CENTRE = "day_centre"
    FOOD = "food"
    SHOWER_AND_LAUNDRY = "shower_and_laundry"
    HOUSING_ADVICE = "housing_advice"
    HEALTH_CARE = "health_care"
    DENTIST = "dentist"
    MENTAL_HEALTH = "mental_health"
    SUBSTANCE_USE = "substance_use"
    DOMESTIC_ABUSE = "domestic_abuse"
    MONEY_AND_RIGHTS = "money_and_rights"
    WORK_AND_LEARNING = "work_and_learning"
    CARE_FOR_ANIMALS = "care_for_animals"


class ServiceWelcome(Code):
    """Who or what may come: what keeps people away from a service that would otherwise do."""

    DOGS = "dogs"
    COUPLES = "couples"
    WOMEN_ONLY = "women_only"
    MEN_ONLY = "men_only"
    STEP_FREE = "step_free"
    NO_APPOINTMENT = "no_appointment"
    NO_REFERRAL = "no_referral"
    NO_LOCAL_CONNECTION = "no_local_connection"
    FREE_OF_CHARGE = "free_of_charge"


class BankHolidays(Code):
    """What a service does on a bank holiday."""

    NOT_KNOWN = "not_known"
    CLOSED = "closed"
    AS_USUAL = "as_usual"


class Frequency(Code):
    """How often hours come again (RFC 5545, as HSDS-UK allows)."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Hours(Value, frozen=True, kw_only=True):
    """When a service opens, again and again, by the clock on the wall (RFC 5545's rule, as HSDS cuts it down).

    `days` are `MO` to `SU`; of a month also `2MO`, the second Monday, and `-1FR`, the last Friday. `month_days` are 1 to 31, or
    from the end -1 to -31. An hour of closing that is not after that of opening is one of the next day; two alike are a whole
    day.
    """

    opens_at: time
    closes_at: time
    frequency: Frequency = Frequency.WEEKLY
    days: tuple[str, ...] = ()
    month_days: tuple[int, ...] = ()
    interval: Annotated[int, Meta(ge=1, le=53)] = 1
    starts_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Place(Value, frozen=True, kw_only=True):
    """Where a service is given. One without a position is found by its address alone."""

    id: Id
    name: Line = ""
    address: Line = ""
    town: Line = ""
    postcode: Annotated[str, Meta(max_length=20)] = ""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class Service(Value, frozen=True, kw_only=True):
    """One service. `is_secret_address`: of a refuge, say. Its places are for our pages alone: no feed and no phone is told them.

    `hours_note` are hours in words, where no rule says them. `checked_on` is when somebody last made sure that all of this is so.
    `left_feed_on` is the day on which the directory that it came from was first seen without it.
    """

    id: Id
    name: Line
    provider_id: Id = ""
    provider: Line = ""
    status: ServiceStatus = ServiceStatus.ACTIVE
    description: Words = ""
    eligibility: Words = ""
    minimum_age: Age | None = None
    maximum_age: Age | None = None
    offers: tuple[ServiceOffer, ...] = ()
    welcomes: tuple[ServiceWelcome, ...] = ()
    fees: Words = ""
    telephone: Line = ""
    email: Line = ""
    url: Annotated[str, Meta(max_length=1_000)] = ""
    places: tuple[Place, ...] = ()
    is_secret_address: bool = False
    hours: tuple[Hours, ...] = ()
    hours_note: Words = ""
    bank_holidays: BankHolidays = BankHolidays.NOT_KNOWN
    notice: Words = ""
    checked_on: date | None = None
    left_feed_on: date | None = None
    changed_at: datetime | None = None


class ServicePack(Value, frozen=True, kw_only=True):
    """The directory as a phone takes it along."""

    services: tuple[Service, ...] = ()
