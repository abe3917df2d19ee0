"""Who is told of by every door that a referral comes through, and who has moved in somewhere: the rest of a county's year.

StreetLink's file has a module of its own (`server.demo.alerts`). Everything is invented, and comes in as in a real county.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from server.access import Access
from server.actions.people.stays import record_stay
from server.actions.referrals import notices
from server.actions.referrals.public_reports import PublicReport, receive_report
from server.demo.people import Patch, scatter
from server.places.districts import DistrictFinder
from shared.model.codes import AlertSource, StayKind
from shared.model.notice import NoticeKind
from shared.model.value import Id

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


def house(access: Access, district_id: Id, person_ids: Sequence[Id]) -> None:
    """Some have moved in, and one has left again."""
    for person_id, (kind, ago, left) in zip(person_ids, STAYS, strict=False):
        left_on = None if left is None else access.today - timedelta(days=left)
        record_stay(access, person_id, district_id, str(kind), access.today - timedelta(days=ago), left_on)
