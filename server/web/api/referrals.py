"""Referrals of a partner's system: sent under the system's own reference, and what became of each."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from server.access import Access, Door
from server.actions.referrals.answers import say_answer
from server.actions.referrals.public_reports import PublicReport, receive_report, reference_of
from server.database.context import beyond_reader
from server.http.services import Services
from server.http.systems import system_of
from server.places.districts import CurrentDistricts
from server.places.postcodes import find_position
from server.problems import Invalid, NotFound
from server.queries.partnership.systems import PartnerSystem, Scope
from server.queries.referrals.folded import find_head
from server.queries.referrals.inbox import InboxRow, find_inbox_row
from server.queries.referrals.referrals import find_referral_ids
from server.web.api.shape import BASE, Told, reading, writing
from shared.model.codes import AlertSource, PinSource
from shared.model.position import Position
from shared.policy import Act, Subject, SubjectKind
from shared.rules.referral import FINAL_STATES

Reference = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[!-.0-~]+(/[!-.0-~]+)*$")]
"""With slashes, as a council writes them, but as the way of an address can hold them: between parts."""
Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=4000)]
AnySystem = Request[object, object, State]


class SentPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """A point, WGS 84."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class SentReferral(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody sleeping rough. `reference` is your own: the same one again is the same referral, and
    what it says otherwise then waits for the team to take it over. Say where by one of `place`,
    `postcode` and `position` at least. Whoever told you may hear what became of it, where you send their `email`; their name,
    number and address are deleted after 90 days."""

    reference: Reference
    place: Annotated[str, Meta(max_length=1000)] = ""
    postcode: Annotated[str, Meta(max_length=10)] = ""
    position: SentPlace | None = None
    seen: Short = ""
    appearance: Long = ""
    concerns: Long = ""
    people: Annotated[int, Meta(ge=1, le=500)] | None = None
    name: Short = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    telephone: Annotated[str, Meta(max_length=60)] = ""


class ToldReferral(Told, frozen=True, kw_only=True):
    """Where a referral stands: one true sentence, and never a word of the person. `number` is what our teams know it by."""

    reference: str
    number: str
    is_open: bool
    answer: str
    due_on: date
    district: str


@post(f"{BASE}/referrals", status_code=201, **writing(Act.SIGNED_IN, Scope.REFERRALS))
def send_referral(
    request: AnySystem, door: NamedDependency[Door], services: NamedDependency[Services], data: JSONBody[SentReferral]
) -> ToldReferral:
    """Send one. It is in the inbox of the district's team when this is answered, and on the phones of those out at night."""
    system = system_of(request)
    with door.open() as access:
        access.require(Act.SIGNED_IN)
        report = _read(data, system)
        finder = _districts(services.settings.data).get_finder(access.session, access.today)
        receive_report(access.session, report, finder, access.now, access.new_id)
        return _tell(access, system, data.reference)


@get(f"{BASE}/referrals/{{reference:path}}", **reading(Act.SIGNED_IN, Scope.REFERRALS, 404))
def show_referral(request: AnySystem, door: NamedDependency[Door], reference: FromPath[str]) -> ToldReferral:
    """What became of one that this system sent."""
    with door.open() as access:
        return _tell(access, system_of(request), reference.removeprefix("/"))


def _tell(access: Access, system: PartnerSystem, reference: str) -> ToldReferral:
    """Raises NotFound for one that this system has not sent."""
    number = reference_of(_key(system, reference))
    sent = _find_sent(access.session, number)
    if sent is None:
        raise NotFound
    own, head = sent
    access.require(Act.SIGNED_IN, Subject(kind=SubjectKind.REFERRAL, id=own.referral.id), purpose="its own referral")
    return ToldReferral(
        reference=reference, number=number, is_open=head.referral.state not in FINAL_STATES, answer=say_answer(head),
        due_on=own.referral.due_on, district=own.district_name,
    )  # fmt: skip


@beyond_reader
def _find_sent(session: Session, number: str) -> tuple[InboxRow, InboxRow] | None:
    """The referral that we know by a number made of a system and its reference, and the one that it was folded into, or itself:
    whoever sent it is told of it wherever it lies."""
    referral_id = find_referral_ids(session, AlertSource.PARTNER_SYSTEM, [number]).get(number)
    own = find_inbox_row(session, referral_id) if referral_id else None
    if own is None:
        return None
    return own, find_inbox_row(session, find_head(session, own.referral.id)) or own


def _key(system: PartnerSystem, reference: str) -> str:
    return f"system {system.id} {reference}"


def _read(sent: SentReferral, system: PartnerSystem) -> PublicReport:
    """Raises Invalid with every fault."""
    postcode, place = sent.postcode.strip(), sent.place.strip()
    texts = (place, postcode, sent.seen, sent.appearance, sent.concerns, sent.name, sent.email, sent.telephone)
    is_known = not postcode or find_position(postcode) is not None
    errors = [
        *([] if place or postcode or sent.position else ["place: say where, by place, postcode or position."]),
        *([] if is_known else ["postcode: it is not known. Leave it out, and say the place in words."]),
        *([] if not sent.email or "@" in sent.email.strip("@") else ["email: it is no address."]),
        *([] if not any("\0" in each for each in texts) else ["A text holds a NUL, which cannot be kept."]),
    ]
    if errors:
        raise Invalid(*errors)
    where = sent.position
    return PublicReport(
        key=_key(system, sent.reference), source=AlertSource.PARTNER_SYSTEM, place=place, postcode=postcode,
        position=None if where is None else _place(where),
        seen_text=sent.seen.strip(), appearance=sent.appearance.strip(), concerns=sent.concerns.strip(),
        people_count=sent.people, email=sent.email.strip(), name=sent.name.strip(), telephone=sent.telephone.strip(),
    )  # fmt: skip


def _place(sent: SentPlace) -> Position:
    return Position(latitude=sent.latitude, longitude=sent.longitude, source=PinSource.REFERRAL)


@cache
def _districts(data: Path) -> CurrentDistricts:
    return CurrentDistricts(data)
