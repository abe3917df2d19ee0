"""The snapshot night of a district: planned, counted from what teams recorded and partners told, signed by two people of two
organisations. Its date is for those who run it. What was signed never changes.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256

import msgspec

from server.access import Access
from server.database.locks import lock_records
from server.database.sql import storable_words
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.maps import snapshots
from server.queries.maps.snapshots import Snapshot
from server.queries.partnership import agencies, workers
from server.queries.people import subjects
from shared.model.value import Id, Value
from shared.policy import Act, Subject, SubjectKind
from shared.rules.snapshot import Approach, Counted, Named, Sighting, Walk, count_night, is_in_season

LATEST_START = time(6)
LONGEST_WORDS = 2_000
MOST_TOLD = 500


class Night(Value, frozen=True, kw_only=True):
    """A night as it counts now."""

    plan: Snapshot
    walks: tuple[tuple[Id, Walk], ...]
    named: tuple[Named, ...]
    sightings: Mapping[Id, Sighting]
    counted: Counted
    is_independent: bool
    """Is somebody there who is neither of the organisation that planned it nor of a team that walks?"""


class Sheet(Value, frozen=True, kw_only=True):
    """What was signed: the figure, its parts, what does not count, and how it was done."""

    night: date
    approach: Approach
    counted: Counted
    women: str
    hidden: str
    partner: str
    evidence_on: date | None
    walks: tuple[Walk, ...]
    evidence: tuple[tuple[str, bool], ...]
    """What the guidance asks of a figure that is assured, and whether it was so."""


def plan_night(
    access: Access, district_id: Id, night: date, approach: str, partner_id: Id, evidence_on: date | None
) -> Id:
    """Choose the typical night. Raises Invalid."""
    access.require_district(Act.SHARE_TRACKER, district_id, purpose="plan of the snapshot night")
    lock_records(access.session, [district_id])
    wrong = []
    if not is_in_season(night):
        wrong.append("The typical night is between 1 October and 30 November.")
    if approach not in {str(each) for each in Approach}:
        wrong.append("Choose how the figure is found.")
    if partner_id and partner_id not in {each.id for each in agencies.list_agencies(access.session)}:
        wrong.append("Choose the independent partner.")
    if any(each.night == night for each in snapshots.list_snapshots(access.session, district_id)):
        wrong.append("There is a plan for that night already.")
    if wrong:
        raise Invalid(*wrong)
    new = Snapshot(
        id=access.new_id(), district_id=district_id, night=night, approach=Approach(approach),
        planned_by=access.actor.worker_id, planned_at=access.now, partner_agency_id=partner_id or None,
        evidence_on=evidence_on,
    )  # fmt: skip
    snapshots.add_snapshot(access.session, new)
    return new.id


def add_walk(access: Access, snapshot_id: Id, area: str, team_id: Id, starts: str, is_second: bool) -> None:
    """A team walks an area from a clock time after midnight on. Raises Invalid, NotFound, Failure once it is signed."""
    plan = hold(access, snapshot_id)
    area = storable_words(area)
    wrong = []
    if not 0 < len(area) <= 200:
        wrong.append("Say which area, in 200 characters or fewer.")
    team = agencies.find_team(access.session, team_id)
    if team is None or plan.district_id not in team.district_ids:
        wrong.append("Choose a team that walks this district.")
    begins = _after_midnight(access, plan.night, starts)
    if begins is None:
        wrong.append("A count begins after midnight: give a time from 00:00 to 06:00.")
    if wrong or begins is None:
        raise Invalid(*wrong)
    walk = Walk(area=area, team_id=team_id, starts_at=begins, is_second=is_second)
    snapshots.add_walk(access.session, access.new_id(), snapshot_id, walk)


def _after_midnight(access: Access, night: date, clock: str) -> datetime | None:
    """The moment of a clock time in the early morning after a night. An hour that comes twice is the first of them."""
    try:
        at = time.fromisoformat(clock.strip())
    except ValueError:
        return None
    if at > LATEST_START or at.tzinfo is not None:
        return None
    return datetime.combine(night + timedelta(days=1), at, access.zone).astimezone(UTC)


def tell_of(access: Access, snapshot_id: Id, named: Named) -> None:
    """A partner told of somebody, once for each form (`named.id`). Raises Invalid."""
    plan = hold(access, snapshot_id)
    if not 0 < len(named.said_by.strip()) <= 200:
        raise Invalid("Say which partner told of them.")
    known = snapshots.list_named(access.session, snapshot_id)
    if named in known:
        return
    if len(known) >= MOST_TOLD:
        raise Invalid(f"No more than {MOST_TOLD} people can be told of.")
    sightings = {each.id for each in snapshots.list_sightings(access.session, plan.district_id, plan.night)}
    if named.same_as is not None and named.same_as not in sightings | {each.id for each in known}:
        raise Invalid("Choose whom they are the same as.")
    snapshots.add_named(access.session, snapshot_id, named, access.actor.worker_id, access.now)


def drop_line(access: Access, snapshot_id: Id, line_id: Id) -> None:
    """Take back a walk of the plan, or somebody who was told of."""
    hold(access, snapshot_id)
    known = snapshots.list_named(access.session, snapshot_id)
    gone = next((each for each in known if each.id == line_id), None)
    alike = [each.id for each in known if each.same_as == line_id]
    if gone is not None and alike:  # they stay one person
        first, *others = alike
        snapshots.set_same_as(access.session, [first], gone.same_as)
        snapshots.set_same_as(access.session, others, first)
    snapshots.drop_line(access.session, snapshot_id, line_id)


def judge_pair(access: Access, snapshot_id: Id, pair: tuple[Id, Id], is_same: bool) -> None:
    """Say whether the strangers of one contact are those of another, or whom it knew. Raises Invalid for another night's."""
    plan = hold(access, snapshot_id)
    sightings = {each.id for each in snapshots.list_sightings(access.session, plan.district_id, plan.night)}
    if not set(pair) <= sightings or pair[0] == pair[1]:
        raise Invalid("Look again: one of the two is not of this night.")
    snapshots.set_pair(access.session, snapshot_id, pair, is_same, access.actor.worker_id, access.now)


def look_at(access: Access, snapshot_id: Id) -> Night:
    """A night as it counts now. Raises NotFound, Forbidden."""
    plan = _find(access, snapshot_id)
    session = access.session
    walks = snapshots.list_walks(session, snapshot_id)
    named = snapshots.list_named(session, snapshot_id)
    sightings = snapshots.list_sightings(session, plan.district_id, plan.night)
    access.note_seen(
        SubjectKind.PERSON,
        sorted({person for each in sightings for person in each.person_ids}),
        purpose="snapshot night",
    )
    people = {person for each in sightings for person in each.person_ids}
    pairs = snapshots.list_pairs(session, snapshot_id)
    counted = count_night(
        plan.approach, [walk for _, walk in walks], sightings, named, snapshots.describe(session, people, plan.night),
        [pair for pair, is_same in pairs.items() if is_same], [pair for pair, is_same in pairs.items() if not is_same],
    )  # fmt: skip
    teams = {each.id: each.agency_id for each in agencies.list_teams(session)}
    planner = workers.find_worker(session, plan.planned_by)
    involved = {planner.agency_id if planner else None, *(teams.get(walk.team_id) for _, walk in walks)}
    is_independent = plan.partner_agency_id is not None and plan.partner_agency_id not in involved
    return Night(
        plan=plan, walks=tuple(walks), named=tuple(named), sightings={each.id: each for each in sightings},
        counted=counted, is_independent=is_independent,
    )  # fmt: skip


def list_evidence(night: Night) -> tuple[tuple[str, bool], ...]:
    """What the guidance asks of a figure that is assured, and whether it is so."""
    counted, walks = night.counted, night.walks
    is_walked = night.plan.approach is not Approach.ESTIMATE
    asked = [
        ("An independent partner takes part: neither of the council nor of a team that walks", night.is_independent),
        ("One night alone, between 1 October and 30 November", is_in_season(night.plan.night)),
    ]
    if is_walked:
        asked += [
            ("Teams and areas were planned, each from after midnight on", bool(walks)),
            ("In every area somebody was met after the start", not counted.not_walked and bool(walks)),
            ("An area was walked a second time by others", any(walk.is_second for _, walk in walks)),
        ]
    if night.plan.approach is not Approach.COUNT:
        asked += [
            ("Partners met over the evidence", night.plan.evidence_on is not None),
            ("Two partners or more told of people", len({each.said_by.casefold() for each in night.named}) > 1),
        ]
    return (*asked, ("Nobody may have been counted twice unasked", not counted.doubtful))


def name_figure(night: Night) -> str:
    """A name for all that a night comes to: another one, where any number of it is."""
    told = msgspec.structs.replace(night.counted, doubtful=())
    return sha256(msgspec.json.encode((told, list_evidence(night)))).hexdigest()[:16]


def sign(access: Access, snapshot_id: Id, women: str, hidden: str, seen: str) -> None:
    """Freeze the night as it counts now, with the first signature. `seen` names the figure that was looked at (`name_figure`).

    Raises Invalid, also where it counts otherwise now; Failure once it is signed.
    """
    hold(access, snapshot_id)
    night = look_at(access, snapshot_id)
    women, hidden = storable_words(women), storable_words(hidden)
    over = datetime.combine(night.plan.night + timedelta(days=1), LATEST_START, access.zone)
    wrong = []
    if access.now < over:
        wrong.append("The night is not over.")
    if night.counted.doubtful:
        wrong.append("Say of each pair first whether they are the same people.")
    if seen != name_figure(night):
        wrong.append(
            f"What the night comes to has changed since you saw it: {night.counted.total} now. Look again, then sign."
        )
    if not women or not hidden or len(women) + len(hidden) > LONGEST_WORDS:
        wrong.append("Say how women, and people who sleep hidden, were looked and asked for.")
    if wrong:
        raise Invalid(*wrong)
    names = {each.id: each.name for each in agencies.list_agencies(access.session)}
    sheet = Sheet(
        night=night.plan.night, approach=night.plan.approach, counted=night.counted,
        women=women, hidden=hidden, partner=names.get(night.plan.partner_agency_id or "", ""),
        evidence_on=night.plan.evidence_on, walks=tuple(walk for _, walk in night.walks), evidence=list_evidence(night),
    )  # fmt: skip
    # Ids of contacts and of those told of are no part of what was signed.
    told = msgspec.structs.replace(sheet, counted=msgspec.structs.replace(sheet.counted, doubtful=(), told_of=()))
    signed = msgspec.structs.replace(
        night.plan, sheet=msgspec.json.encode(told).decode(), first_by=access.actor.worker_id,
        first_agency_id=access.actor.agency_id, first_at=access.now,
    )  # fmt: skip
    snapshots.set_signatures(access.session, signed)


def sign_second(access: Access, snapshot_id: Id) -> None:
    """The second signature, of another organisation. Raises NotFound, Invalid, Failure where two have signed."""
    access.require(
        Act.APPROVE_PUBLICATION, Subject(kind=SubjectKind.SYSTEM, id=snapshot_id), purpose="sign the snapshot night",
        detail=snapshot_id,
    )  # fmt: skip
    lock_records(access.session, [snapshot_id])  # two who sign at once do so one after the other
    found = next((each for each in snapshots.list_signed(access.session) if each.id == snapshot_id), None)
    if found is None:
        raise NotFound
    if found.second_by is not None:
        raise Failure(CONFLICTING, "Two organisations have signed this already.")
    if found.first_agency_id == access.actor.agency_id:
        raise Invalid("Your organisation has signed. Somebody of another organisation has to sign as well.")
    if found.first_by == access.actor.worker_id:
        raise Invalid("You have signed this for another organisation. Somebody else has to sign as well.")
    snapshots.set_signatures(access.session, msgspec.structs.replace(
        found, second_by=access.actor.worker_id, second_agency_id=access.actor.agency_id, second_at=access.now
    ))  # fmt: skip


def read_sheet(signed: Snapshot) -> Sheet:
    """What was signed."""
    return msgspec.json.decode(signed.sheet, type=Sheet)


def _find(access: Access, snapshot_id: Id) -> Snapshot:
    found = snapshots.find_snapshot(access.session, snapshot_id)
    of = None if found is None else subjects.of_district(found.district_id)
    access.require(Act.SHARE_TRACKER, of, purpose="snapshot night")
    if found is None:
        raise NotFound
    return found


def hold(access: Access, snapshot_id: Id) -> Snapshot:
    """A night that may still be changed. Raises NotFound, Forbidden, Failure once it is signed."""
    plan = _find(access, snapshot_id)
    if plan.first_by is not None:
        raise Failure(CONFLICTING, "This night was signed: it does not change any more.")
    return plan
