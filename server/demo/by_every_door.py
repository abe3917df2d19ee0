"""Who is told of by every door that a referral comes through, who was referred on, and who has moved in somewhere: the rest of a
county's year.

StreetLink's file has a module of its own (`server.demo.alerts`). Everything is invented, and comes in as in a real county.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from server.access import Access
from server.actions.people import doors, plans
from server.actions.people.plans import Written
from server.actions.people.stays import record_stay
from server.actions.referrals import notices
from server.actions.referrals.public_reports import PublicReport, receive_report
from server.demo.people import Patch, scatter
from server.places.districts import DistrictFinder
from server.queries.partnership import services
from server.queries.partnership.services import Kept
from shared.model.codes import AlertSource, StayKind
from shared.model.door import DoorFact, DoorKind
from shared.model.notice import NoticeKind
from shared.model.service import Service, ServiceOffer
from shared.model.value import Id
from shared.rules.reading_hours import read_hours

REPORTS = (
    (AlertSource.COUNCIL_FORM, "behind the library, under the stairs", "woman, long grey coat, two bags"),
    (AlertSource.EMAIL, "by the ticket machines", "young man, green hood, no bag"),
    (AlertSource.PARTNER_SYSTEM, "the canal path, second bridge", "a couple with a brown dog"),
    (AlertSource.OPEN311, "car park, level 3", "somebody in a red sleeping bag"),
    (AlertSource.SPREADSHEET, "church porch", "older man with a stick"),
)
"""By each way in but StreetLink's: the source, where, and how they would be known."""
NOTICES = (
    (NoticeKind.HOSPITAL_DISCHARGE, "Watford General, ward 4", "Ray Nolan", 2),
    (NoticeKind.PRISON_RELEASE, "HMP The Mount", "Lee Fisher", 9),
    (NoticeKind.DUTY_TO_REFER, "Jobcentre Plus, Watford", "Gemma Cole", 0),
)
"""Who comes out of an institution: by which door, from where, their name, and in how many days."""
SERVICES = (
    ("Alcohol and drug clinic", "CGL Spectrum", (ServiceOffer.SUBSTANCE_USE,), "Mon-Fri 9:00-17:00", "Walk in before eleven"),
    ("Night shelter", "Watford churches", (ServiceOffer.EMERGENCY_BED, ServiceOffer.FOOD), "every day 20:00-08:00", ""),
)  # fmt: skip
"""Name, whose it is, what it offers, when, and what to know today."""
REFERRED = ("Says yes to a first talk. Mornings are best.", "Asked for it himself after the conference.")
STAYS = (
    (StayKind.SUPPORTED_HOUSING, 48, None),
    (StayKind.PRIVATE_TENANCY, 70, None),
    (StayKind.TEMPORARY_ACCOMMODATION, 60, 12),
)
"""The kind of place, how many days ago they moved in, and how many days ago they left."""


def send_reports(
    session: Session, patch: Patch, finder: DistrictFinder, now: datetime, chance: Random, new_id: Callable[[], Id]
) -> None:
    """One report by each way in, at a place of the district."""
    for number, (source, place, appearance) in enumerate(REPORTS):
        site = patch.sites[number % len(patch.sites)]
        report = PublicReport(
            key=f"demo {source}", source=source, place=place, appearance=appearance, seen_text="about 22:30",
            position=scatter(chance, site.position, 30) if site.position else None,
        )  # fmt: skip
        receive_report(session, report, finder, now - timedelta(hours=3 + 7 * number), new_id)


def send_notices(session: Session, district_id: Id, now: datetime, new_id: Callable[[], Id]) -> None:
    """A hospital, a prison and an office each say who will have nowhere to go."""
    for kind, institution, name, days in NOTICES:
        told = notices.Told(
            key=f"demo {kind}", kind=str(kind), district_id=district_id, institution=institution, name=name,
            expected_on=now.date() + timedelta(days=days) if days else None,
            words="No address to go to. Happy for outreach to meet them.", sender_name="Duty worker",
            sender_reach="01632 960 000",
        )  # fmt: skip
        notices.receive(session, told, now - timedelta(hours=20), now.date(), new_id)


def open_services(
    session: Session, agency_ids: Mapping[str, Id], now: datetime, new_id: Callable[[], Id]
) -> dict[str, Id]:
    """A small directory, by name: a partner receives referrals to one of its services here."""
    made = {}
    kept = []
    for name, provider, offers, hours, notice in SERVICES:
        service = Service(
            id=new_id(), name=name, provider=provider, offers=offers, hours=read_hours(hours)[0], notice=notice,
            checked_on=now.date(), changed_at=now,
        )  # fmt: skip
        made[name] = service.id
        kept.append(
            Kept(service=service, source="", reference=service.id, came_with="{}", agency_id=agency_ids.get(provider))
        )
    services.add_services(session, kept, now)
    return made


def refer(access: Access, person_ids: Sequence[Id], service_id: Id) -> None:
    """Each was asked first, and is referred to a service whose answer is still to come."""
    for person_id, words in zip(person_ids, REFERRED, strict=False):
        told = DoorFact(
            id="", person_id=person_id, kind=DoorKind.REFERRED, on=access.today, words=words, agency_id="",
            service_id=service_id, recorded_at=access.now, recorded_by="",
        )  # fmt: skip
        doors.record(access, told)


def plan(access: Access, person_id: Id) -> None:
    """A plan in somebody's words, which is looked at again in a few days."""
    words = Written(words="A room with a door that I can close", works="Up early, and never misses a meeting")
    plans.set_goal(access, person_id, words)
    plans.review_plan(access, person_id, "Wants to see the room first", access.today + timedelta(days=4))


def house(access: Access, district_id: Id, person_ids: Sequence[Id]) -> None:
    """Some have moved in, and one has left again."""
    for person_id, (kind, ago, left) in zip(person_ids, STAYS, strict=False):
        left_on = None if left is None else access.today - timedelta(days=left)
        record_stay(access, person_id, district_id, str(kind), access.today - timedelta(days=ago), left_on)
