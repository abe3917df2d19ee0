"""Shifts, who walked them, visits, check-ins, needs, merges of records, referrals' steps:

facts that are stored as they are.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from server.actions.operation.orders import order_merge, order_sharing_ended
from server.actions.operation.outbox import Outbox
from server.actions.referrals.clock import moved_due
from server.actions.sync.projection.batch import Batch, Fact
from server.actions.sync.projection.descriptions import plain
from server.actions.sync.projection.places import Districts, Whereabouts, find_places
from server.database import bulk
from server.database.positions import lay_flat
from server.queries.partnership.workers import list_agency_ids
from server.queries.people.consents import store_said
from server.queries.people.merges import store_merges
from server.queries.people.told_needs import settle_needs
from server.queries.referrals.inbox import find_inbox_row
from server.queries.referrals.referral_steps import list_answered, list_asked, set_due, settle_referrals
from server.queries.street import shifts
from server.queries.street.duress_signs import DuressSign, find_signs, is_duress
from server.queries.street.visits import add_strikes, settle_strikes
from server.queries.sync.store import find_scopes, publish
from server.tables.people.assessment import assessment_answer
from server.tables.people.person import person_need
from server.tables.people.verification import verification
from server.tables.referrals.referral import referral_progress
from server.tables.street.shift import check_in, shift, shift_worker, visit
from shared.model.telling import ConsentAnswer
from shared.model.value import Id
from shared.rules.check_ins import promise_of
from sync.authoring import NewChange

SIGNS = {"check_in": "checkin.made", "contact": "contact.recorded", "visit": "visit.recorded"}
"""What shows that a worker was well, and the fact that tells it."""


def project_shifts(session: Session, batch: Batch) -> None:
    """Store shifts begun, joined and ended. A shift may be ended before the server has heard that it began."""
    started, ended = batch.values("shift.started"), batch.values("shift.ended")
    rows = [{**_columns(each), "ended_at": None, "summary": ""} for each in started]
    bulk.insert_new(session, shift, rows)
    walks = [_walk(fact, fact.value.id) for fact in batch.facts.get("shift.started", ())]
    walks += [_walk(fact, fact.value.shift_id) for fact in batch.facts.get("shift.joined", ())]
    # One who ended it before the server heard that they were on it was on it all the same.
    walks += [_walk(fact, fact.value.shift_id) for fact in batch.facts.get("shift.ended", ())]
    bulk.insert_new(session, shift_worker, walks)
    shifts.end_shifts(session, ended)
    for fact in batch.facts.get("shift.ended", ()):
        shifts.go_home(session, fact.value.worker_id, fact.value.shift_id, fact.happened_at)
    made = batch.facts.get("checkin.made", ())
    signs = find_signs(session, {fact.value.worker_id for fact in made}) if made else {}
    bulk.insert_new(session, check_in, [_check_in(fact, signs.get(fact.value.worker_id)) for fact in made])
    shifts.note_signs_of_life(session, _signs_of_life(batch))
    _take_up_again(session, batch)


def _take_up_again(session: Session, batch: Batch) -> None:
    """Whoever was said to be home by others and then did something is out still."""
    ended = {(each.shift_id, each.worker_id) for each in batch.values("shift.ended")}
    for kind, change_type in SIGNS.items():
        for fact in batch.facts.get(change_type, ()):
            known = (fact.value.shift_id, fact.value.worker_id)
            if fact.value.shift_id is not None and known not in ended:
                shifts.take_up_again(session, *known, fact.happened_at, is_check_in=kind == "check_in")


def _walk(fact: Fact, shift_id: Id) -> dict[str, Any]:
    """A worker on a shift; whoever is named by another has not said so themselves."""
    worker_id = fact.value.worker_id
    named_by = fact.who if fact.who not in (None, worker_id) else None
    return {"shift_id": shift_id, "worker_id": worker_id, "joined_at": fact.happened_at, "named_by": named_by}


def _check_in(fact: Fact, sign: DuressSign | None) -> dict[str, Any]:
    """A check-in with its times by the server's clock, whatever the phone's says; under duress also where it gives its
    worker's own sign."""
    made, heard_at = fact.value, fact.happened_at
    return {
        **_with_flat_position(made),
        "heard_at": heard_at,
        "duress": is_duress(made, sign, heard_at),
        "due_at": promise_of(made.at, made.next_due_at, heard_at),
    }


def _signs_of_life(batch: Batch) -> dict[Id, tuple[datetime, str]]:
    """The last thing that each worker did themselves, and when."""
    newest: dict[Id, tuple[datetime, str]] = {}
    for kind, change_type in SIGNS.items():
        for fact in batch.facts.get(change_type, ()):
            sign = (fact.happened_at, kind)
            newest[fact.value.worker_id] = max(sign, newest.get(fact.value.worker_id, sign))
    return newest


def project_visits(session: Session, batch: Batch, districts: Districts, crs: str) -> None:
    """Store visits with where they were: the denominator of every hotspot."""
    visits = batch.values("visit.recorded")
    asked = [Whereabouts(each.position, each.site_id, each.referral_id, each.team_id, each.night) for each in visits]
    places = find_places(session, asked, districts, crs)
    rows = [
        {**_with_flat_position(each), "district_id": place.district_id, "cell": place.cell}
        for each, place in zip(visits, places, strict=True)
    ]
    bulk.insert_new(session, visit, rows)
    strikes = batch.values("visit.struck")
    add_strikes(session, strikes)
    settle_strikes(session, {each.id for each in visits} | {each.visit_id for each in strikes})


def project_needs(session: Session, batch: Batch) -> None:
    """Store needs seen or told. A contact of which an earlier batch told may have been corrected since."""
    told = batch.values("need.recorded")
    bulk.insert_new(session, person_need, [_columns(each) for each in told])
    fresh = {each.id for each in batch.values("contact.recorded")}
    settle_needs(session, {each.contact_id for each in told if each.contact_id is not None} - fresh)


def project_consents(session: Session, batch: Batch) -> None:
    """Store what people said about sharing. A no outlives a restore."""
    said = batch.values("consent.said")
    for each in said:
        if each.answer is not ConsentAnswer.AGREED:
            order_sharing_ended(session, each, batch.received_at)
    store_said(session, said)


def project_answers(session: Session, batch: Batch) -> None:
    """Store what people answered, with whose worker asked."""
    given = batch.values("answer.given")
    agency_ids = list_agency_ids(session, {each.worker_id for each in given}) if given else {}
    rows = [{**_columns(each), "agency_id": agency_ids.get(each.worker_id)} for each in given]
    bulk.insert_new(session, assessment_answer, rows)


def project_verifications(session: Session, batch: Batch) -> set[Id]:
    """Store judgements; returns the people they are about."""
    judgements = batch.values("verification.recorded")
    bulk.insert_new(session, verification, [_columns(each) for each in judgements])
    return {each.person_id for each in judgements}


def project_merges(session: Session, batch: Batch) -> set[Id]:
    """Store which records are one person, or are not after all; returns all of their ids."""
    merges = batch.values("person.merged")
    for each in merges:
        order_merge(session, each, batch.received_at)
    return store_merges(session, merges)


def project_referral_steps(session: Session, batch: Batch, new_id: Callable[[], Id]) -> set[Id]:
    """Store referrals' steps, leave each referral where its newest step left it, and answer whoever raised it; returns those
    whose promised day has moved."""
    steps = batch.values("referral.progressed")
    if not steps:
        return set()
    ids = {each.referral_id for each in steps}
    asked = list_asked(session, ids)
    resumed = {
        each: moved_due(session, each, due_on, min(step.at for step in steps if step.referral_id == each))
        for each, due_on in asked.items()
    }
    bulk.insert_new(session, referral_progress, [_columns(each) for each in steps])
    settle_referrals(session, ids)
    moved = {each for each in asked.keys() - list_asked(session, asked) if resumed[each] != asked[each]}
    for each in moved:
        set_due(session, each, resumed[each])
    Outbox(session, batch.received_at, new_id).answer_referrers(steps)
    return moved


def tell_moved_days(session: Session, batch: Batch, moved: set[Id], new_id: Callable[[], Id]) -> None:
    """Let the phones that know these referrals hear by when an outcome is promised now."""
    now_ms = int(batch.received_at.timestamp() * 1000)
    rows = [row for each in sorted(moved) if (row := find_inbox_row(session, each)) is not None]
    changes = [
        NewChange(
            id=new_id(), type="referral.received", scope=scope, entity=row.referral.id, at_ms=now_ms,
            payload=msgspec.Raw(msgspec.json.encode(row.referral)),
        )
        for row in rows
        for scope in sorted(find_scopes(session, row.referral.id))
    ]  # fmt: skip
    if changes:
        publish(session, changes, now_ms)


def settle_answered(session: Session, batch: Batch) -> None:
    """Leave the referrals that a contact or a visit had answered where they stand without it, or with it again."""
    corrected = {each.contact_id for each in batch.values("contact.corrected")}
    settle_referrals(
        session, list_answered(session, corrected, {each.visit_id for each in batch.values("visit.struck")})
    )


def _columns(fact: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in msgspec.structs.asdict(fact).items()}


def _with_flat_position(fact: Any) -> dict[str, Any]:
    columns = _columns(fact)
    flat = lay_flat(columns.pop("position"))
    return columns | flat
