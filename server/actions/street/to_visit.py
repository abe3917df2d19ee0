"""What is worth going to tonight, as the actor may know it: their teams' open referrals and whom they met lately, in an order
that one can walk. The same rules as on a phone; nothing is stored but that it was read.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import count

from server.access import Access, of_theirs
from server.actions.street.contacts import list_own_teams
from server.queries.people import people
from server.queries.referrals import duty, inbox
from server.queries.street import lately_met
from server.queries.street.lately_met import FollowUp
from shared.model.codes import ReferralState
from shared.model.person import Person
from shared.model.referral import Referral
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.walking_order import (
    FOLLOW_UP_DAYS,
    FOLLOW_UPS_MIN,
    STOPS_MAX,
    OrderedStop,
    Stop,
    StopKind,
    walking_order,
)

ASKED_AT_ONCE = 200
OPEN = (
    ReferralState.RECEIVED, ReferralState.NEEDS_INFORMATION, ReferralState.ASSIGNED, ReferralState.LOOKED_FOR,
    ReferralState.FOUND,
)  # fmt: skip


class StopTonight(Value, frozen=True, kw_only=True):
    """Where to go: `id` is the referral's or the person's. `safety` is what to know before going up to them."""

    kind: str
    id: Id
    title: str
    reason: str
    safety: str = ""


def list_stops(access: Access, purpose: str) -> list[StopTonight]:
    """The stops in walking order; each person and referral that is told is in the audit. Raises Forbidden."""
    access.require(Act.SEE_REFERRALS, of_theirs(access.actor), purpose=purpose)
    team_ids = [team.id for team in list_own_teams(access)]
    walked = {each for team in list_own_teams(access) for each in team.district_ids}
    referrals = {each.id: each for each in list_open_referrals(access, team_ids)}
    met = _list_people(access, team_ids, walked, max(STOPS_MAX - len(referrals), FOLLOW_UPS_MIN))
    people_met = {person.id: person for person, _ in met}
    access.note_seen(SubjectKind.REFERRAL, sorted(referrals), action=Act.SEE_REFERRAL, purpose=purpose)
    access.note_seen(SubjectKind.PERSON, sorted(people_met), purpose=purpose)
    stops = [_referral_stop(each) for each in referrals.values()] + [_follow_up_stop(*each) for each in met]
    return [
        _say_referral(each, referrals[each.stop.id])
        if each.stop.kind is StopKind.REFERRAL
        else _say_person(each, people_met[each.stop.id])
        for each in walking_order(stops, None, access.now, access.zone.key)
    ]


def list_open_referrals(access: Access, team_ids: Sequence[Id]) -> list[Referral]:
    """The open reports of these teams that the actor may see, the first due first. Policy is asked before the list is cut."""
    shown: list[Referral] = []
    for begin in count(0, ASKED_AT_ONCE):
        found = inbox.list_inbox(access.session, [], team_ids, OPEN, limit=ASKED_AT_ONCE, offset=begin)
        facts = duty.list_subjects(access.session, [row.referral.id for row in found])
        told = [(row.referral, facts.get(row.referral.id)) for row in found]
        shown += [each for each, subject in told if subject and access.allows(Act.SEE_REFERRAL, subject)]
        if len(found) < ASKED_AT_ONCE or len(shown) >= STOPS_MAX:
            break
    return shown[:STOPS_MAX]


def _list_people(
    access: Access, team_ids: Sequence[Id], district_ids: Collection[Id], most: int
) -> list[tuple[Person, FollowUp]]:
    """Whom to go back to: each person once, by the newest contact under any of their records, and nobody who has died."""
    since = access.tonight - timedelta(days=FOLLOW_UP_DAYS)
    newest = lately_met.list_follow_ups(access.session, team_ids, district_ids, since, access.tonight, STOPS_MAX * 2)
    listed = people.list_people(access.session, [each.person_id for each in newest])
    listed = people.with_joined_safety(access.session, listed)
    by_id = {each.id: each for each in listed if each.died_on is None}
    told: list[tuple[Person, FollowUp]] = []
    seen: set[Id] = set()
    for each in newest:
        subject, same = access.find_person_and_same(each.person_id)
        known = {each.person_id, *same}
        if len(told) >= most or known & seen or subject is None or not access.allows(Act.SEE_PERSON, subject):
            continue
        seen |= known
        if each.person_id in by_id and lately_met.is_last_met(access.session, known, each.seen_at):
            told.append((by_id[each.person_id], each))
    return told


def _referral_stop(referral: Referral) -> Stop:
    about = (referral.description or referral.place or referral.concerns)[:160]
    return Stop(
        id=referral.id, kind=StopKind.REFERRAL, position=referral.position, about=about, since=referral.reported_at,
        due_on=referral.due_on,
    )  # fmt: skip


def _follow_up_stop(person: Person, met: FollowUp) -> Stop:
    where = f"{person.known_as}, {met.place}" if met.place else person.known_as
    about = f"{where}. {met.next_step}" if met.next_step else where
    return Stop(id=person.id, kind=StopKind.FOLLOW_UP, position=met.position, about=about, since=met.seen_at)


def _say_referral(stop: OrderedStop, referral: Referral) -> StopTonight:
    title = referral.place or referral.description[:80] or f"Referral {referral.number}"
    return StopTonight(kind=str(StopKind.REFERRAL.value), id=referral.id, title=title, reason=stop.reason)


def _say_person(stop: OrderedStop, person: Person) -> StopTonight:
    return StopTonight(
        kind=str(StopKind.FOLLOW_UP.value), id=person.id, title=person.known_as, reason=stop.reason,
        safety=person.safety_needs,
    )  # fmt: skip
