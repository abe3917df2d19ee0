"""What a contact or a visit does to the report that it answers: the steps that lead to looked for, or found."""

from datetime import timedelta

from server.access import Access
from server.queries.referrals import inbox
from shared.model.codes import ReferralState
from shared.model.referral import ReferralProgress
from shared.model.value import Id
from shared.rules.referral import FINAL_STATES, steps_between

MOMENT = timedelta(milliseconds=1)
"""Steps taken at once keep their order by it."""


def steps_to(access: Access, referral_id: Id, state: ReferralState, **why: Id) -> list[ReferralProgress]:
    """The steps from where a referral stands, the last with `why`; none where it stands there, is over, or cannot get there."""
    row = inbox.find_inbox_row(access.session, referral_id)
    if row is None or row.referral.state == state or row.referral.state in FINAL_STATES:
        return []
    newest = max((each.at for each in inbox.list_steps(access.session, referral_id)), default=access.now - MOMENT)
    first = max(access.now, newest + MOMENT)
    way = steps_between(row.referral.state, state)
    return [
        ReferralProgress(
            id=access.new_id(), referral_id=referral_id, state=each, at=first + place * MOMENT,
            worker_id=access.actor.worker_id, **(why if place == len(way) - 1 else {}),
        )
        for place, each in enumerate(way)
    ]  # fmt: skip
