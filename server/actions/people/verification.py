"""A coordinator's judgement on whether somebody sleeps rough: a fact of device 0, so that phones hear it, and projected as a
phone's facts are. What follows from it (the standing, the case list) is derived there.
"""

import msgspec

from server.access import Access
from server.actions.sync.saying import say
from server.problems import Invalid
from server.queries.people import subjects
from server.queries.referrals import referrals
from server.queries.sync.store import Project, find_scopes
from shared.model.codes import EvidenceBasis, ReviewStatus
from shared.model.value import Id
from shared.model.verification import Verification
from shared.policy import Act
from sync.authoring import NewChange

JUDGEMENTS = frozenset({ReviewStatus.CONFIRMED, ReviewStatus.NOT_CONFIRMED})


def judge_verification(
    access: Access,
    project: Project,
    person_id: Id,
    district_id: Id,
    judgement: ReviewStatus,
    basis: EvidenceBasis,
    reason: str,
) -> Verification:
    """Confirms, or does not confirm, that a person sleeps rough. Raises Invalid without a reason or for another status."""
    access.require(Act.JUDGE_VERIFICATION, subjects.find_person(access.session, person_id), purpose="verification")
    access.require_district(Act.JUDGE_VERIFICATION, district_id)
    if judgement not in JUDGEMENTS:
        raise Invalid("Choose whether you confirm it.")
    if not reason.strip():
        raise Invalid("Say why, in a few words: partners will read it.")
    fact = Verification(
        id=access.new_id(), person_id=person_id, basis=basis, review_status=judgement, district_id=district_id,
        at=access.now, worker_id=access.actor.worker_id, reason=reason.strip(),
    )  # fmt: skip
    _publish(access, project, fact)
    return fact


def _publish(access: Access, project: Project, fact: Verification) -> None:
    """One change, heard where the person is heard, and what it means for the tables. The feed is held from here on."""
    now_ms = int(access.now.timestamp() * 1000)
    new = NewChange(
        id=access.new_id(), type="verification.recorded", scope=_scope(access, fact), entity=fact.person_id,
        who=access.actor.worker_id, at_ms=now_ms, payload=msgspec.Raw(msgspec.json.encode(fact)),
    )  # fmt: skip
    say(access.session, project, [new], access.now)


def _scope(access: Access, fact: Verification) -> str:
    """Where the person's record is heard already, else the feed of the team that walks the district, else of nobody."""
    known = sorted(find_scopes(access.session, fact.person_id))
    if known:
        return known[0]
    team_id = referrals.list_team_of_districts(access.session).get(fact.district_id or "")
    return f"team:{team_id}" if team_id else f"district:{fact.district_id}"
