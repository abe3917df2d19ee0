"""Who was on a district's list in a period, and what became of them: for counting, never for showing.

Everything is by district, so that all of them are asked once. Days are those of the clock here, as in every other count of a
quarter: what happened at half past midnight on 1 July is of July, though it was June by UTC. Everybody is counted once, under
the one id that their records share. Hidden people are counted for nobody who may not know of them.
"""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from server.queries.maps.hotspots import find_one_id
from server.queries.people.concealment import not_concealed
from server.queries.people.told_needs import STANDS
from server.queries.street.looks import pieces
from server.tables.cases.case import mdt_case
from server.tables.people.person import person_need
from server.tables.street.contact import contact_person
from shared.geo.night import DEFAULT_ZONE
from shared.model.codes import CaseState, ReceivingSupport
from shared.model.value import Id
from shared.rules.verification import ROUGH_SLEEPING_STATES

ON_THE_LIST = (CaseState.LISTED.value, CaseState.OPEN.value, CaseState.CLOSED.value)
HERE = ZoneInfo(DEFAULT_ZONE)
ByDistrict = dict[Id, frozenset[Id]]


def list_presented(session: Session, district_id: Id, first: date, last: date) -> list[Id]:
    """The people with a case on the list at some time from the first day to the last, each once, in order."""
    return sorted(list_presented_by_district(session, first, last).get(district_id, frozenset()))


def list_presented_by_district(session: Session, first: date, last: date) -> ByDistrict:
    """The same for every district."""
    began = mdt_case.c.since < _after(last), or_(mdt_case.c.closed_at.is_(None), mdt_case.c.closed_at >= _start(first))
    return _gather(session, _cases().where(*began))


def list_new_by_district(session: Session, first: date, last: date) -> ByDistrict:
    """Those whose case began in the period."""
    return _gather(session, _cases().where(mdt_case.c.since >= _start(first), mdt_case.c.since < _after(last)))


def list_closed_by_district(session: Session, first: date, last: date) -> ByDistrict:
    """Those whose case was closed in the period."""
    closed = mdt_case.c.closed_at >= _start(first), mdt_case.c.closed_at < _after(last)
    return _gather(session, _cases().where(*closed))


def list_seen_rough(session: Session, first: date, last: date) -> frozenset[Id]:
    """The people of the lists who were seen sleeping rough, in whatever district, from one night to another."""
    query = (
        select(contact_person.c.person_id)
        .distinct()
        .where(
            contact_person.c.seen_at >= _start(first) - timedelta(days=1),
            contact_person.c.night >= first,
            contact_person.c.night <= last,
            contact_person.c.state.in_(sorted(str(state.value) for state in ROUGH_SLEEPING_STATES)),
        )
    )
    one_id = find_one_id(session)
    seen = {one_id.get(each, each) for each in session.scalars(query)}
    return frozenset(seen & {one_id.get(each, each) for each in _list_listed(session)})


def list_need_met(session: Session, first: date, last: date) -> frozenset[Id]:
    """The people of whom a need had no support by the last word before the period, and has some by the last word in it."""
    one_id = find_one_id(session)
    listed = {one_id.get(each, each) for each in _list_listed(session)}
    every = listed | {each for each, one in one_id.items() if one in listed}
    told = [
        row for some in pieces(sorted(every)) for row in session.execute(_NEEDS, {"ids": some, "until": _after(last)})
    ]
    before: dict[tuple[Id, str], str] = {}
    within: dict[tuple[Id, str], str] = {}
    for row in sorted(told, key=lambda each: (each.at, each.id)):
        who = one_id.get(row.person_id, row.person_id)
        (before if row.at < _start(first) else within)[who, row.need] = row.receiving_support
    yes, no = str(ReceivingSupport.YES.value), str(ReceivingSupport.NO.value)
    return frozenset(who for (who, need), said in within.items() if said == yes and before.get((who, need)) == no)


_NEEDS = select(
    person_need.c.id, person_need.c.person_id, person_need.c.need, person_need.c.receiving_support, person_need.c.at
).where(person_need.c.person_id.in_(bindparam("ids", expanding=True)), person_need.c.at < bindparam("until"), STANDS)


def _list_listed(session: Session) -> list[Id]:
    return list(session.scalars(select(mdt_case.c.person_id).distinct().where(mdt_case.c.state.in_(ON_THE_LIST))))


def _cases() -> Select[Any]:
    return select(mdt_case.c.district_id, mdt_case.c.person_id).distinct().where(mdt_case.c.state.in_(ON_THE_LIST))


def _gather(session: Session, query: Select[Any]) -> ByDistrict:
    found: dict[Id, set[Id]] = defaultdict(set)
    one_id = find_one_id(session)
    for district_id, person_id in session.execute(query.where(*not_concealed(session, mdt_case.c.person_id))):
        found[district_id].add(one_id.get(person_id, person_id))
    return {district_id: frozenset(people) for district_id, people in found.items()}


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), HERE)


def _after(day: date) -> datetime:
    return _start(day + timedelta(days=1))
