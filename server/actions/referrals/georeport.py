"""Reports that partners' systems send by Open311 (GeoReport v2), and what they may ask of them.

A key asks of its own reports alone. Whoever knows the number of a report, sixty bits that nobody can guess, may ask where that
one stands, as on our own page. What is answered is what its sender said, and one true sentence: never a word of the person.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from server.actions.referrals.answers import say_answer
from server.actions.referrals.public_reports import PublicReport, receive_report, reference_of
from server.database.locks import lock_records
from server.places.districts import DistrictFinder
from server.places.postcodes import POSTCODE, find_position
from server.queries.referrals import georeport
from server.queries.referrals.folded import find_head
from server.queries.referrals.georeport import Asked
from server.queries.referrals.inbox import find_inbox_row
from server.queries.referrals.referral_steps import find_newest
from server.queries.referrals.referrals import find_referral_ids
from shared.model.codes import AlertSource, PinSource
from shared.model.position import Position
from shared.model.value import Id, Value

WITHIN = timedelta(hours=1)
SERVICE_CODE = "rough-sleeping"
LONGEST = {
    "description": 10_000, "address_string": 1000, "attribute[seen]": 200, "attribute[concerns]": 10_000, "first_name": 100,
    "last_name": 100, "phone": 60,
}  # fmt: skip
"""In characters; whatever is longer is refused, for nothing is cut unseen."""
MOST_PEOPLE = 500
LONGEST_NUMBER = 9
"""Digits."""


class Fault(Value, frozen=True, kw_only=True):
    """One error as GeoReport tells it."""

    code: int
    description: str


class ReportRefused(Exception):
    """A request that cannot be taken: every fault at once."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults


class Sent(Value, frozen=True, kw_only=True):
    """A report as it was read from a form. `earlier_key` is what it would have had an hour before."""

    report: PublicReport
    key_id: Id
    earlier_key: str


def read_request(sent: Mapping[str, str], key_id: Id, now: datetime) -> Sent:
    """A POSTed service request. Raises Refused, with every fault. The same, sent again within the hour, is the same report."""
    faults: list[Fault] = []
    code = sent.get("service_code", "").strip()
    if not code:
        faults.append(Fault(code=400, description="service_code was not provided"))
    elif code != SERVICE_CODE:
        faults.append(Fault(code=404, description="service_code was not found"))
    position = _read_position(sent, faults)
    place = sent.get("address_string", "").strip()
    for name, longest in LONGEST.items():
        if len(sent.get(name, "").strip()) > longest:
            faults.append(Fault(code=400, description=f"{name} is longer than {longest} characters"))
    if position is None and not place and not faults:
        faults.append(Fault(code=400, description="lat and long, or address_string, were not provided"))
    people = _read_people(sent.get("attribute[people]", "").strip(), faults)
    email = sent.get("email", "").strip()
    if email and ("@" not in email or len(email) > 254):
        faults.append(Fault(code=400, description="email is no e-mail address"))
    if faults:
        raise ReportRefused(*faults)
    postcode = next((found[0] for found in POSTCODE.finditer(place) if find_position(found[0])), "")
    words = "\x1f".join(f"{name}={text}" for name, text in sorted(sent.items()))
    keys = [f"{key_id} {hour:%Y-%m-%dT%H} {hashlib.sha256(words.encode()).hexdigest()}" for hour in (now, now - WITHIN)]
    report = PublicReport(
        key=keys[0], source=AlertSource.OPEN311,
        place=place, postcode=postcode, position=position, seen_text=_take(sent, "attribute[seen]"),
        appearance=_take(sent, "description"), concerns=_take(sent, "attribute[concerns]"),
        people_count=people, email=email, telephone=_take(sent, "phone"),
        name=" ".join(filter(None, (_take(sent, each) for each in ("first_name", "last_name")))),
    )  # fmt: skip
    return Sent(report=report, key_id=key_id, earlier_key=keys[1])


def take_request(session: Session, sent: Sent, finder: DistrictFinder, now: datetime, new_id: Callable[[], Id]) -> str:
    """Store a report; returns its number. The same within the hour is one, on whichever side of the clock's hour it comes."""
    lock_records(session, [reference_of(sent.report.key), reference_of(sent.earlier_key)])
    earlier = georeport.list_asked(session, references=[reference_of(sent.earlier_key)])
    if earlier and now - earlier[0].row.referral.reported_at < WITHIN:
        return reference_of(sent.earlier_key)
    reference = receive_report(session, sent.report, finder, now, new_id).reference
    if not georeport.list_asked(session, references=[reference]):
        referral_id = find_referral_ids(session, AlertSource.OPEN311, [reference])[reference]
        assert referral_id is not None
        georeport.add_request(session, referral_id, reference, sent.key_id, now)
    return reference


def say_standing(session: Session, asked: Asked) -> tuple[str, datetime]:
    """Where a report stands, in one sentence, and when that last changed; of one that was folded into another, where that one
    does, and by that one too."""
    head_id = find_head(session, asked.row.referral.id)
    if head_id == asked.row.referral.id:
        return say_answer(asked.row), asked.updated_at
    newest = find_newest(session, head_id)
    updated_at = asked.updated_at if newest is None else max(asked.updated_at, newest.at)
    return say_answer(find_inbox_row(session, head_id) or asked.row), updated_at


def _take(sent: Mapping[str, str], name: str) -> str:
    return sent.get(name, "").strip()


def _read_position(sent: Mapping[str, str], faults: list[Fault]) -> Position | None:
    latitude, longitude = sent.get("lat", "").strip(), sent.get("long", "").strip()
    if not latitude and not longitude:
        return None
    try:
        where = float(latitude), float(longitude)
    except ValueError:
        where = (999.0, 999.0)
    if not (-90 <= where[0] <= 90 and -180 <= where[1] <= 180):
        faults.append(Fault(code=400, description="lat and long are no WGS 84 degrees"))
        return None
    if where == (0.0, 0.0):
        return None
    return Position(latitude=where[0], longitude=where[1], source=PinSource.REFERRAL)


def _read_people(text: str, faults: list[Fault]) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER and 1 <= int(text) <= MOST_PEOPLE):
        faults.append(Fault(code=400, description=f"attribute[people] is no whole number from 1 to {MOST_PEOPLE}"))
        return None
    return int(text)
