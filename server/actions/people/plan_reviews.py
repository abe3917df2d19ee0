"""Whose plan a service looks at again together with them, and by when: by the clock of the phase in which it leads on somebody,
and as they agreed when its workers last looked. Only what the service wrote itself is read, and when they moved in: nobody's
agreement is asked."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session

from server.access import Access, day_of
from server.queries.cases import caseload
from server.queries.partnership.workers import find_actor
from server.queries.people import health, many_subjects, people, plans, stays
from server.queries.people.concealment import list_concealed
from server.queries.people.subjects import count_relations_from
from server.queries.people.verification import list_groups
from shared.model.case import CaseLead
from shared.model.person import Person
from shared.model.plan import Review
from shared.model.value import Id, Value
from shared.policy import Act, Allow, SubjectKind, decide
from shared.rules.plan import find_next_review, find_phase_end
from shared.rules.stays import list_moves

SOON = timedelta(days=7)
PURPOSE = "plans to look at again"


class DueReview(Value, frozen=True, kw_only=True):
    """A plan that is looked at again within a week, or should have been. `worker_id` is who leads, else who looked last."""

    person_id: Id
    worker_id: Id | None
    on: date


class ShownReview(Value, frozen=True, kw_only=True):
    """The same for a reader who may change that plan."""

    person: Person
    due: DueReview


def list_due(session: Session, agency_id: Id, today: date, zone: ZoneInfo) -> list[DueReview]:
    """A service's, the longest overdue first; of nobody who died, or of whom this transaction's reader may not know."""
    led, reviews = caseload.list_led_by(session, agency_id), plans.list_last_reviews(session, agency_id)
    named = {person_id for person_id, _ in led} | {each.person_id for each in reviews}
    groups = list_groups(session, sorted(named))
    nobody = health.list_dead(session, {each for group in groups.values() for each in group}) | list_concealed(session)
    leads: dict[frozenset[Id], tuple[Id, CaseLead]] = {groups[person_id]: (person_id, lead) for person_id, lead in led}
    looks: dict[frozenset[Id], list[Review]] = defaultdict(list)
    for each in reviews:
        looks[groups[each.person_id]].append(each)
    moved = list_moves(stays.list_stays(session, {each for group in leads for each in group}))
    moves = {
        group: [each.moved_in_on for each in moved if each.person_id in group] for group in leads.keys() | looks.keys()
    }
    due = [
        found
        for group in leads.keys() | looks.keys()
        if not group & nobody and (found := _find_due(leads.get(group), looks[group], moves[group], zone)) is not None
    ]
    return sorted((each for each in due if each.on <= today + SOON), key=lambda each: (each.on, each.person_id))


def _find_due(
    led: tuple[Id, CaseLead] | None, reviews: Iterable[Review], moves: Iterable[date], zone: ZoneInfo
) -> DueReview | None:
    last = max(reviews, key=lambda each: (each.at, each.id), default=None)
    phase_end = find_phase_end(led[1].phase, day_of(led[1].since, zone), moves) if led is not None else None
    on = find_next_review([last] if last is not None else [], phase_end, zone.key)
    if on is None:
        return None
    if led is not None:
        return DueReview(person_id=led[0], worker_id=led[1].worker_id, on=on)
    return DueReview(person_id=last.person_id, worker_id=last.worker_id, on=on) if last is not None else None


def list_to_remind(session: Session, agency_id: Id, now: datetime, today: date, zone: ZoneInfo) -> list[DueReview]:
    """Those of which somebody is written to: nobody who may not open that plan today. Where whoever led or looked may not, or has
    left, it is their service's (`worker_id` None) as long as that works with the person."""
    count_relations_from(session, now)
    due = list_due(session, agency_id, today, zone)
    subjects = many_subjects.list_people(session, {each.person_id for each in due})
    found = []
    for each in due:
        subject = subjects.get(each.person_id)
        actor = find_actor(session, each.worker_id, today) if each.worker_id is not None else None
        if (
            subject is not None
            and actor is not None
            and isinstance(decide(actor, Act.CHANGE_PLAN, subject, today), Allow)
        ):
            found.append(each)
        elif subject is not None and agency_id in subject.working_agency_ids:
            found.append(msgspec.structs.replace(each, worker_id=None))
    return found


def show_due(access: Access) -> list[ShownReview]:
    """Those of the reader's service whose plan the reader may change. Each look is on record."""
    due = list_due(access.session, access.actor.agency_id, access.today, access.zone)
    subjects = many_subjects.list_people(access.session, {each.person_id for each in due})
    may = {person_id for person_id, subject in subjects.items() if access.allows(Act.CHANGE_PLAN, subject)}
    named = {each.id: each for each in people.list_people(access.session, may)}
    access.note_seen(SubjectKind.PERSON, sorted(named), purpose=PURPOSE)
    return [ShownReview(person=named[each.person_id], due=each) for each in due if each.person_id in named]
