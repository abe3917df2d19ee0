"""Who is verified, derived again for the people whom a batch touched, and the MDT list that follows from it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.access import day_of
from server.actions.cases.arrivals import put_forward_verified, take_back_candidates
from server.database.locks import lock_records
from server.queries.partnership import workers
from server.queries.people import verification as facts
from server.queries.people.verification import Evidence, PersonStatus
from shared.model.codes import ReviewStatus
from shared.model.value import Id
from shared.model.verification import Verification
from shared.rules.verification import VerificationStatus, verification_status


def derive_verification(
    session: Session,
    person_ids: Collection[Id],
    held: Collection[Id],
    now: datetime,
    new_id: Callable[[], Id],
    timezone: str,
    parted: Collection[Id] = (),
) -> None:
    """Derive and store the status of these people; whoever is verified comes to their district's list by themselves.

    `held` are the records whose turn it is already (`server.database.locks`), `parted` those found to be two people after all.
    """
    if not person_ids:
        return
    groups = _hold_groups(session, person_ids, set(held))
    everyone = {each for group in groups.values() for each in group}
    judged = facts.list_judgements(session, everyone)
    evidence = facts.list_evidence(session, everyone, judged)
    names, sites = _names(session, evidence, judged)
    today = day_of(now, ZoneInfo(timezone))
    statuses = [
        _derive(each, group, evidence, judged, names, sites, today, timezone)
        for each in sorted(everyone)
        for group in [groups.get(each) or next(g for g in groups.values() if each in g)]
    ]
    facts.store_statuses(session, statuses)
    canonical = facts.list_canonical(session, everyone)
    same = {each: group for group in groups.values() for each in group}
    take_back_candidates(session, {same[each] for each in parted if each in same}, now, new_id)
    put_forward_verified(session, [each for each in statuses if each.person_id in canonical], same, now, today, new_id)


def _hold_groups(session: Session, person_ids: Collection[Id], held: set[Id]) -> dict[Id, frozenset[Id]]:
    """The groups of these people, everyone in them held: a merge may have made them larger while we waited."""
    while True:
        groups = facts.list_groups(session, person_ids)
        everyone = {each for group in groups.values() for each in group}
        if everyone <= held:
            return groups
        lock_records(session, everyone - held)
        held |= everyone


def _names(
    session: Session, evidence: Mapping[Id, Sequence[Evidence]], judged: Mapping[Id, Sequence[Verification]]
) -> tuple[dict[Id, str], dict[Id, str]]:
    """What reasons call the workers and the sites."""
    contacts = [each.contact for found in evidence.values() for each in found]
    judges = {each.worker_id for verdicts in judged.values() for each in verdicts}
    names = workers.list_short_names(session, judges | {each.worker_id for each in contacts})
    return names, facts.list_site_names(session, {each.site_id for each in contacts if each.site_id})


def _derive(
    person_id: Id,
    group: frozenset[Id],
    evidence: Mapping[Id, Sequence[Evidence]],
    judged: Mapping[Id, Sequence[Verification]],
    names: Mapping[Id, str],
    sites: Mapping[Id, str],
    today: date,
    timezone: str,
) -> PersonStatus:
    theirs = [each for same in group for each in evidence.get(same, ())]
    verdicts = [each for same in group for each in judged.get(same, ())]
    status = verification_status(
        [each.contact for each in theirs],
        verdicts,
        worker_names=names,
        site_names=sites,
        today=today,
        zone=timezone,
    )
    return _as_row(person_id, status, theirs, verdicts)


def _as_row(
    person_id: Id, status: VerificationStatus, theirs: Sequence[Evidence], verdicts: Sequence[Verification]
) -> PersonStatus:
    by = next((each for each in verdicts if each.id == status.verification_id), None)
    seen = next((each for each in theirs if each.contact.id == status.contact_id), None)
    newest = max(theirs, key=lambda each: (each.contact.seen_at, each.contact.id), default=None)
    where = (by.district_id if by else None) or (seen.district_id if seen else None)
    return PersonStatus(
        person_id=person_id,
        verified=status.is_verified,
        basis=status.basis,
        review_status=by.review_status if by else ReviewStatus.UNREVIEWED,
        since=status.since,
        contact_id=status.contact_id,
        worker_id=by.worker_id if by else (seen.contact.worker_id if seen else None),
        district_id=where or (newest.district_id if newest else None),
        reason=status.reason,
    )
