"""From rows of the store to what a list, a tile or a timeline shows. Values in, values out."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from mobile.field import wording
from mobile.field.views import PersonCard, SiteCard, TimelineEntry
from mobile.store.contacts import ContactRow
from mobile.store.people import PersonRow
from mobile.store.rows import from_ms_or_none
from mobile.store.sites import SiteRow
from shared.geo.distance import near_distance_m
from shared.model.codes import PinSource
from shared.model.contact import Contact
from shared.model.position import Position
from shared.model.referral import ReferralProgress
from shared.model.shift import Visit
from shared.model.value import Id

NameOf = Callable[[Id], str]


def person_card(row: PersonRow, place: str, here: Position | None, unsent: Collection[Id]) -> PersonCard:
    """A person's tile. `place` is the name of the site where they were last seen."""
    position = position_of(row.place)
    return PersonCard(
        id=row.id,
        known_as=row.known_as,
        alias=row.person.alias,
        description=row.person.description,
        last_seen_at=from_ms_or_none(row.last_seen_at),
        last_state=row.last_state,
        last_site_id=row.last_site_id,
        last_place=place,
        distance_m=row.distance_m if row.distance_m is not None else distance_m(here, position),
        position=position,
        has_safety_needs=row.has_safety_needs,
        has_conflict=row.has_conflict,
        not_yet_sent=row.id in unsent,
    )


def site_card(row: SiteRow, here: Position | None) -> SiteCard:
    """A place's line."""
    site = row.site
    return SiteCard(
        id=site.id,
        name=wording.say_site(site.name, site.kind),
        kind=site.kind,
        position=site.position,
        distance_m=row.distance_m if row.distance_m is not None else distance_m(here, site.position),
        last_visited_at=from_ms_or_none(row.last_visited_at),
        people_last_seen=row.people_last_seen,
        has_hazards=bool(site.hazards),
        in_use=site.in_use,
    )


def contact_entry(row: ContactRow, name_of: NameOf, unsent: Collection[Id]) -> TimelineEntry:
    """A contact on a timeline."""
    contact = row.contact
    return TimelineEntry(
        at=contact.seen_at,
        what=wording.say_state(contact.state),
        said=(("contact_state", str(contact.state)),),
        who=name_of(contact.worker_id),
        contact_id=contact.id,
        note=_words_of(contact),
        not_yet_sent=contact.id in unsent,
    )


def _words_of(contact: Contact) -> str:
    next_step = f"Next: {contact.next_step}" if contact.next_step else ""
    return "\n".join(text for text in (contact.note, next_step) if text)


def visit_entry(visit: Visit, name_of: NameOf, unsent: Collection[Id]) -> TimelineEntry:
    """A visit on a timeline."""
    return TimelineEntry(
        at=visit.at,
        what=say_visit(visit),
        said=visit_codes(visit),
        who=name_of(visit.worker_id),
        visit_id=visit.id,
        note=visit.note,
        not_yet_sent=visit.id in unsent,
    )


def say_visit(visit: Visit) -> str:
    """What a visit found, in words."""
    if visit.people_found:
        return f"Looked here: {wording.say_count(visit.people_found, 'person', 'people')}"
    bedding = {True: ", bedding present", False: ", no bedding", None: ""}[visit.bedding_present]
    return f"Nobody here{bedding}"


def visit_codes(visit: Visit) -> tuple[tuple[str, str], ...]:
    """The same in codes: nobody, and whether bedding was there. A visit that found people is told in words alone."""
    if visit.people_found:
        return ()
    bedding = {True: "there", False: "none", None: ""}[visit.bedding_present]
    return (("found", "nobody"), *((("bedding", bedding),) if bedding else ()))


def progress_entry(step: ReferralProgress, name_of: NameOf) -> TimelineEntry:
    """A step of a referral on a timeline."""
    what = wording.say_code(step.state).capitalize()
    return TimelineEntry(
        at=step.at,
        what=f"{what}: {step.outcome}" if step.outcome else what,
        said=() if step.outcome else (("referral_state", str(step.state)),),
        who=name_of(step.worker_id),
        note=step.note,
    )


def newest_first(entries: Iterable[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """A timeline in its order."""
    return tuple(sorted(entries, key=_moment, reverse=True))


def _moment(entry: TimelineEntry) -> datetime:
    return entry.at


def position_of(place: tuple[float, float] | None) -> Position | None:
    """A stored place as a position of no known source."""
    return None if place is None else Position(latitude=place[0], longitude=place[1], source=PinSource.NONE)


def distance_m(here: Position | None, there: Position | None) -> float | None:
    """Metres, when both are known."""
    return None if here is None or there is None else near_distance_m(here, there)
