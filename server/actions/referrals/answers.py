"""What whoever told us is told: kind, true, and giving nobody away. One set of sentences for our page, our mails and Open311."""

from datetime import date

from sqlalchemy.orm import Session

from server.access import Access
from server.problems import NotFound
from server.queries.operation import outbox
from server.queries.people import subjects
from server.queries.referrals import referrals
from server.queries.referrals.folded import find_head
from server.queries.referrals.inbox import InboxRow, find_inbox_row
from server.security.tokens import derive, same
from shared.model.codes import ReferralState
from shared.model.value import Id
from shared.policy import Act
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


def path_of(alert_id: Id, secret: bytes) -> str:
    """Where the link in a mail leads: to the answer to this one report. It follows from the server's secret, and is not kept."""
    return f"/report/answer/{alert_id}.{derive(secret, 'answer', alert_id)}"


def find_answered(session: Session, token: str, secret: bytes, today: date) -> InboxRow | None:
    """The referral that a mail's link tells of, or the one that it was folded into; None for no such link, and when the
    address that it was sent to is forgotten."""
    alert_id, _, proof = token.partition(".")
    if not same(proof, derive(secret, "answer", alert_id)):
        return None
    found = referrals.find_told(session, alert_id, today)
    return None if found is None else find_inbox_row(session, find_head(session, found))


def send_again(access: Access, referral_id: Id, mail_id: Id) -> None:
    """Let an answer that could not be sent be tried again. Raises NotFound for a mail about anything else."""
    access.require(Act.PROGRESS_REFERRAL, subjects.find_referral(access.session, referral_id), detail="answer again")
    posted = outbox.find_posted(access.session, mail_id)
    if posted is None or posted.mail.about_id != referral_id or posted.mail.alert_id is None:
        raise NotFound
    if not outbox.try_again(access.session, mail_id, access.now):
        raise NotFound
