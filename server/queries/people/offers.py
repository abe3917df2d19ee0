"""Places that wait, offers, homes that were asked about, and nights of severe weather."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.queries.people.concealment import not_concealed
from server.queries.people.verification import list_groups
from server.tables.cases.case import mdt_case
from server.tables.people.offer import cold_nights, home_asked, offer, vacancy
from server.tables.people.stay import stay
from server.tables.street.contact import contact_person
from shared.model.codes import CaseState, StayKind, SupportNeed
from shared.model.offer import Answer, HomeAsked, Offer, StillThere, Takes, Vacancy, WhyRefused
from shared.model.value import Id, Value
from shared.rules.verification import ROUGH_SLEEPING_STATES

BEDS_MAX = 5_000
"""On a night of severe weather, in one district."""


# ------------------------------------------------------------------------------------------------------------- places
def add_vacancy(session: Session, new: Vacancy) -> None:
    """Keep a place that waits."""
    row = msgspec.structs.asdict(new) | {
        "kind": str(new.kind), "takes": str(new.takes), "supports": msgspec.json.encode(new.supports).decode(),
    }  # fmt: skip
    session.execute(insert(vacancy), [row])


def find_vacancy(session: Session, vacancy_id: Id) -> Vacancy | None:
    """The place, which nobody else gives away meanwhile."""
    row = session.execute(select(vacancy).where(vacancy.c.id == vacancy_id).with_for_update()).mappings().first()
    return None if row is None else _read_vacancy(row)


def list_vacancies(session: Session, district_ids: Collection[Id]) -> list[Vacancy]:
    """Places of these districts that wait, the newest first."""
    query = select(vacancy).where(vacancy.c.district_id.in_(sorted(district_ids)), vacancy.c.closed_at.is_(None))
    rows = session.execute(query.order_by(vacancy.c.opened_at.desc(), vacancy.c.id)).mappings()
    return [_read_vacancy(row) for row in rows]


def set_vacancy(session: Session, vacancy_id: Id, **values: Any) -> None:
    """Set columns of a place."""
    session.execute(update(vacancy).where(vacancy.c.id == vacancy_id).values(**values))


def _read_vacancy(row: Any) -> Vacancy:
    supports = tuple(SupportNeed(each) for each in msgspec.json.decode(row["supports"]))
    return Vacancy(**dict(row) | {"kind": StayKind(row["kind"]), "takes": Takes(row["takes"]), "supports": supports})


def list_waiting(session: Session, district_id: Id) -> list[tuple[Id, datetime]]:
    """Who is on the list: (person, since when), the longest first."""
    query = select(mdt_case.c.person_id, mdt_case.c.since).where(
        mdt_case.c.district_id == district_id,
        mdt_case.c.state.in_([str(CaseState.LISTED), str(CaseState.OPEN)]),
        *not_concealed(session, mdt_case.c.person_id),
    )
    return [(row.person_id, row.since) for row in session.execute(query.order_by(mdt_case.c.since, mdt_case.c.id))]


def list_housed(session: Session, person_ids: Collection[Id]) -> set[Id]:
    """Which of these records have a stay that goes on."""
    query = select(stay.c.person_id).where(
        stay.c.person_id.in_(sorted(person_ids)), stay.c.left_on.is_(None), stay.c.struck_at.is_(None)
    )
    return set(session.scalars(query))


# ------------------------------------------------------------------------------------------------------------- offers
def add_offer(session: Session, new: Offer) -> None:
    """Keep an offer."""
    session.execute(insert(offer), [msgspec.structs.asdict(new) | {"kind": str(new.kind)}])


def list_offers(session: Session, person_ids: Collection[Id]) -> list[Offer]:
    """Those made to one person under all their records, the newest first."""
    query = select(offer).where(offer.c.person_id.in_(sorted(person_ids)))
    rows = session.execute(query.order_by(offer.c.offered_on.desc(), offer.c.recorded_at.desc())).mappings()
    return [_read_offer(row) for row in rows]


def list_offers_of(session: Session, vacancy_ids: Collection[Id]) -> list[Offer]:
    """Those of these places, the newest first."""
    query = select(offer).where(offer.c.vacancy_id.in_(sorted(vacancy_ids)), *not_concealed(session, offer.c.person_id))
    return [_read_offer(row) for row in session.execute(query.order_by(offer.c.recorded_at.desc())).mappings()]


def answer_offer(session: Session, offer_id: Id, answer: Answer, on: date, why: WhyRefused | None, by: Id) -> bool:
    """Keep what they said; False where that was said before."""
    values = {
        "answer": str(answer), "answered_on": on, "why_refused": None if why is None else str(why), "answered_by": by,
    }  # fmt: skip
    waits = (offer.c.id == offer_id) & offer.c.answer.is_(None)
    return bool(getattr(session.execute(update(offer).where(waits).values(**values)), "rowcount", 0))


def _read_offer(row: Any) -> Offer:
    said = {
        "kind": StayKind(row["kind"]), "answer": Answer(row["answer"]) if row["answer"] else None,
        "why_refused": WhyRefused(row["why_refused"]) if row["why_refused"] else None,
    }  # fmt: skip
    return Offer(**dict(row) | said)


# -------------------------------------------------------------------------------------------------------------- homes
def add_asked(session: Session, asked: HomeAsked) -> bool:
    """Keep an answer; False where it was asked at that time before."""
    already = (
        select(func.count())
        .select_from(home_asked)
        .where(home_asked.c.stay_id == asked.stay_id, home_asked.c.months == asked.months)
    )
    if session.scalar(already):
        return False
    bulk.insert_new(session, home_asked, [msgspec.structs.asdict(asked) | {"answer": str(asked.answer)}])
    return True


def list_asked(session: Session, stay_ids: Collection[Id]) -> list[HomeAsked]:
    """What was asked of these homes."""
    rows = session.execute(select(home_asked).where(home_asked.c.stay_id.in_(sorted(stay_ids)))).mappings()
    return [HomeAsked(**dict(row) | {"answer": StillThere(row["answer"])}) for row in rows]


# ----------------------------------------------------------------------------------------------- nights of severe weather
class ColdNights(Value, frozen=True, kw_only=True):
    """From when to when a district lets everybody in, how many beds there are, and whom to ring."""

    id: Id
    district_id: Id
    opened_at: datetime
    opened_by: Id
    why: str = ""
    beds: int = 0
    phones: str = ""
    closed_at: datetime | None = None
    closed_by: Id | None = None


class ColdCount(Value, frozen=True, kw_only=True):
    """What came of them: people met sleeping rough in the district meanwhile, who was offered a bed, and who of them accepted
    or refused one on some night; each counted once, also under two records that were joined."""

    met: int
    offered: int
    accepted: int
    refused: int


def open_cold_nights(session: Session, new: ColdNights) -> bool:
    """Open; False where they are open already."""
    if find_cold_nights(session, new.district_id) is not None:
        return False
    session.execute(insert(cold_nights), [msgspec.structs.asdict(new)])
    return True


def close_cold_nights(session: Session, nights_id: Id, at: datetime, by: Id) -> bool:
    """Close; False where somebody has."""
    waits = (cold_nights.c.id == nights_id) & cold_nights.c.closed_at.is_(None)
    return bool(
        getattr(session.execute(update(cold_nights).where(waits).values(closed_at=at, closed_by=by)), "rowcount", 0)
    )


def set_cold_nights(session: Session, nights_id: Id, *, beds: int, phones: str) -> None:
    """How many beds there are, and whom to ring."""
    session.execute(update(cold_nights).where(cold_nights.c.id == nights_id).values(beds=beds, phones=phones))


def find_cold_nights(session: Session, district_id: Id) -> ColdNights | None:
    """Those that are open in a district."""
    query = select(cold_nights).where(cold_nights.c.district_id == district_id, cold_nights.c.closed_at.is_(None))
    row = session.execute(query).mappings().first()
    return None if row is None else ColdNights(**row)


def list_cold_nights(session: Session, district_ids: Collection[Id], over: int) -> list[ColdNights]:
    """Those of these districts: all that are open, and so many that are `over`; the newest of each first."""
    query = select(cold_nights).where(cold_nights.c.district_id.in_(sorted(district_ids)))
    ordered = query.order_by(cold_nights.c.opened_at.desc(), cold_nights.c.id)
    is_open = cold_nights.c.closed_at.is_(None)
    both = ordered.where(is_open), ordered.where(~is_open).limit(over)
    return [ColdNights(**row) for each in both for row in session.execute(each).mappings()]


def count_cold_nights(session: Session, nights: ColdNights, first: date, last: date) -> ColdCount:
    """What came of them, on the days from the first to the last."""
    rough = [str(state) for state in ROUGH_SLEEPING_STATES]
    met = select(contact_person.c.person_id).distinct().where(
        contact_person.c.district_id == nights.district_id, contact_person.c.night.between(first, last),
        contact_person.c.state.in_(rough), *not_concealed(session, contact_person.c.person_id),
    )  # fmt: skip
    made = select(offer.c.person_id, offer.c.answer).distinct().where(
        offer.c.district_id == nights.district_id, offer.c.kind == str(StayKind.NIGHT_SHELTER),
        offer.c.offered_on.between(first, last), *not_concealed(session, offer.c.person_id),
    )  # fmt: skip
    seen = set(session.scalars(met))
    said = [(row.person_id, row.answer) for row in session.execute(made)]
    groups = list_groups(session, {*seen, *(person_id for person_id, _ in said)})

    def count(records: Iterable[Id]) -> int:
        return len({groups[each] for each in records})

    return ColdCount(
        met=count(seen), offered=count(each for each, _ in said),
        accepted=count(each for each, answer in said if answer == Answer.ACCEPTED),
        refused=count(each for each, answer in said if answer == Answer.REFUSED),
    )  # fmt: skip
