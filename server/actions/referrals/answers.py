"""What whoever told us is told: kind, true, and giving nobody away. One set of sentences for our page, our mails and Open311."""

from server.queries.referrals.inbox import InboxRow
from shared.model.codes import ReferralState
from shared.rules.referral import normalise_outcome, reply_to_referrer

ANSWERS = {
    ReferralState.RECEIVED: "We have your report. A team leader reads every one.",
    ReferralState.NEEDS_INFORMATION: "We could not find the place from what we have. If you remember more, please tell us again.",
    ReferralState.ASSIGNED: "Our outreach team has your report and will look.",
    ReferralState.LOOKED_FOR: "Our team has looked, and is still looking.",
    ReferralState.FOUND: "Our team found the person you told us about. We can’t share more, to protect them.",
    ReferralState.DUPLICATE_OF: "Somebody else told us of the same person or place. Our team has it.",
    ReferralState.WRONG_AREA: (
        "The place is in none of the areas that our teams walk. Our duty desk has your report and looks for who can take it. "
        "Please tell the council of that area, too."
    ),
}


def say_answer(found: InboxRow) -> str:
    """Returns what the reporter is told."""
    outcome = normalise_outcome(found.outcome) if found.outcome else None
    if outcome is not None:
        return reply_to_referrer(outcome)
    return ANSWERS.get(found.referral.state, ANSWERS[ReferralState.RECEIVED])
